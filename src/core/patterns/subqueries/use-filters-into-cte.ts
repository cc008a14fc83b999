import type { TypeFamily } from '../../catalog/catalog.ts';
import type { Expression } from '../../sql/ast.ts';
import {
  type Constant,
  certainlyDifferent,
  compareConstants,
  constantOf,
} from '../../sql/properties/constant-values.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, CteDefinition, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, parenthesized, source, sql } from '../../sql/writing/fragment.ts';
import { rebase } from '../../sql/writing/rebase.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { plainText } from './shared-shape.ts';

/** What one use asks of the rows of the CTE. */
interface Use {
  readonly source: Source;
  readonly filters: readonly Conjunct[];
}

/** What a filter says inside of a branch: nothing new, never, or a condition. */
type Inside = 'true' | 'false' | Fragment;

/**
 * Matches a CTE whose every use filters it, as in TPC-DS queries 4, 11, 31 and 74 (`year_total`).
 *
 * A CTE that is read several times is computed as a whole. Rows that no use accepts need not be computed: the filters of the uses, with
 * OR between them, can be applied inside, in each branch of a UNION ALL. Constant columns (`'s' AS sale_type`) decide at once
 * which uses a branch can serve.
 */
export const useFiltersIntoCte: Pattern = {
  id: 'use-filters-into-cte',
  title: 'CTE that every use filters: apply the filters inside too',
  category: 'subqueries',
  engines: allEngines(
    'when the filters leave a small part of the rows and the CTE is stored (PostgreSQL when it is read twice or more, MySQL and MariaDB when it groups)',
  ),
  severity: 'warning',
  description:
    'The CTE is computed as a whole, and each use keeps a part of it. Rows that no use keeps are computed for nothing: scanned, joined, grouped and stored.',
  source:
    'Levy, Mumick and Sagiv, "Query optimization by predicate move-around", VLDB 1994; measured 91 and 106 times on PostgreSQL 15',
  precondition:
    'Every use of the CTE has a filter on it alone in its WHERE; the filters are deterministic and mention plain or grouped columns; the CTE has no LIMIT or window function.',
  example: {
    schema:
      'CREATE TABLE sales (id int PRIMARY KEY, customer_id int NOT NULL, year int NOT NULL, amount int NOT NULL);',
    before: `WITH year_total AS (
  SELECT s.customer_id, s.year, sum(s.amount) AS total FROM sales s GROUP BY s.customer_id, s.year
)
SELECT a.customer_id
FROM year_total a
JOIN year_total b ON b.customer_id = a.customer_id
WHERE a.year = 2001 AND b.year = 2002 AND b.total > a.total;`,
    after: `WITH year_total AS (
  SELECT s.customer_id, s.year, sum(s.amount) AS total FROM sales s WHERE s.year = 2001 OR s.year = 2002 GROUP BY s.customer_id, s.year
)
SELECT a.customer_id
FROM year_total a
JOIN year_total b ON b.customer_id = a.customer_id
WHERE a.year = 2001 AND b.year = 2002 AND b.total > a.total;`,
  },
  rewrites: true,
  needs: ['cte'],
  *find(statement) {
    for (const cte of statement.ctes) {
      if (!cte.query || cte.recursive || (cte.uses.length < 2 && cte.node.materialized !== true)) continue;
      const uses = cte.uses.map((use) => ({ source: use, filters: filtersOf(statement, use) }));
      if (uses.length === 0 || uses.some((use) => use.filters.length === 0)) continue;
      const match = matchOf(statement, cte, uses);
      if (match) yield match;
    }
  },
};

/** Conjuncts of WHERE that mention the use alone, and constants. */
function filtersOf(statement: AnalyzedStatement, use: Source): Conjunct[] {
  if (use.nullSupplied || use.block.kind !== 'select') return [];
  return use.block.where.filter(
    (conjunct) =>
      conjunct.sources.length === 1 &&
      conjunct.sources[0] === use &&
      conjunct.resolved &&
      !conjunct.correlated &&
      !conjunct.hasSubquery &&
      isDeterministic(conjunct.expression, statement),
  );
}

function matchOf(statement: AnalyzedStatement, cte: CteDefinition, uses: readonly Use[]): Match | null {
  const { query, node } = cte;
  if (!query) return null;
  const message = `Every use of ${node.name.text} filters it, but it is computed as a whole. Apply the filters inside, so that rows which no use keeps are not computed.`;
  const branches = statement.blocksOfQuery(query);
  const why = obstacle(statement, cte, branches);
  if (why !== null) return blocked(node.name, message, why);
  const edits = editing(statement);
  let pushed = false;
  let raises = false;
  for (const branch of branches) {
    const inside = insideOf(statement, cte, branch, uses);
    const missing = inside.conditions.filter((condition) => !isThere(statement, branch, condition));
    if (missing.length === 0) continue;
    pushed = true;
    raises ||= inside.pushed.some((one) => canRaise(one, statement));
    for (const condition of missing) edits.addConjunct(branch, condition);
  }
  if (!pushed) return null;
  const give = raises ? offerToTest : offer;
  return give(node.name, message, () => edits.done(), `every use of ${node.name.text} drops the other rows`);
}

function obstacle(
  statement: AnalyzedStatement,
  cte: CteDefinition,
  branches: readonly Block[],
): string | null {
  const { query, node } = cte;
  if (!query || branches.length === 0) return 'it is no SELECT';
  if (query.limit !== null || query.with !== null || query.locking.length > 0 || query.trailing.length > 0)
    return 'it limits or locks its rows';
  if (statement.writes.length > 0) return 'the statement changes data';
  if (!isDeterministic(query, statement)) return 'it calls a volatile function';
  if (!isUnion(query.body)) return 'its branches do more than add their rows';
  if (node.columns.length > 0 && branches.some((branch) => branch.outputs.length < node.columns.length))
    return 'its columns are not known';
  for (const branch of branches) {
    const { select } = branch;
    const plain =
      branch.resolved &&
      branch.outputsComplete &&
      branch.outerReferences.length === 0 &&
      branch.windows.length === 0 &&
      select.top === null &&
      (select.distinct === null || typeof select.distinct === 'string') &&
      (select.groupBy?.sets.length ?? 0) === 0 &&
      (!branch.grouped || (select.groupBy?.items.length ?? 0) > 0) &&
      branch.query.limit === null;
    if (!plain) return 'it ranks, limits or aggregates all of its rows';
  }
  return null;
}

/** A SELECT, or selects put together by UNION. */
function isUnion(body: NonNullable<CteDefinition['query']>['body']): boolean {
  if (body.kind === 'select') return true;
  return (
    body.kind === 'setOperation' && body.operator === 'UNION' && isUnion(body.left) && isUnion(body.right)
  );
}

/**
 * The filters of all uses, said of a branch, with OR between them.
 *
 * @returns conditions that are all to hold; none when a use may need every row
 */
function insideOf(
  statement: AnalyzedStatement,
  cte: CteDefinition,
  branch: Block,
  uses: readonly Use[],
): { readonly conditions: readonly Fragment[]; readonly pushed: readonly Expression[] } {
  const alternatives: Fragment[][] = [];
  const pushed: Expression[] = [];
  for (const use of uses) {
    const parts: Fragment[] = [];
    let never = false;
    for (const { expression } of use.filters) {
      const said = saidOf(statement, cte, branch, use.source, expression);
      // what cannot be said inside is said by the use alone
      if (said === null || said === 'true') continue;
      if (said === 'false') never = true;
      else {
        pushed.push(expression);
        parts.push(expression.kind === 'binary' && expression.operator === 'OR' ? parenthesized(said) : said);
      }
    }
    if (never) continue;
    if (parts.length === 0) return { conditions: [], pushed: [] };
    const text = textOf(parts);
    if (!alternatives.some((other) => textOf(other) === text)) alternatives.push(parts);
  }
  const [only] = alternatives;
  if (!only) return { conditions: [sql`1 = 0`], pushed };
  if (alternatives.length === 1) return { conditions: only, pushed };
  const wholes = alternatives.map((parts) => {
    const whole = joinFragments(parts, sql` AND `);
    return parts.length > 1 ? parenthesized(whole) : whole;
  });
  return { conditions: [joinFragments(wholes, sql` OR `)], pushed };
}

function textOf(parts: readonly Fragment[]): string {
  return plainText(joinFragments(parts, sql` AND `));
}

/** A filter of a use in the words of a branch; null when its columns are not plain there. */
function saidOf(
  statement: AnalyzedStatement,
  cte: CteDefinition,
  branch: Block,
  use: Source,
  filter: Expression,
): Inside | null {
  const decided = decidedBy(statement, cte, branch, use, filter);
  if (decided) return decided;
  return rebase(statement, filter, (column) => {
    const at = column.source === use ? positionOf(use, column.name) : -1;
    const output = branch.outputs[at];
    const e = output?.expression ? unwrapParens(output.expression) : null;
    if (e?.kind !== 'column' || !isPassedOn(statement, cte, branch, at, e)) return null;
    return source(statement, e);
  });
}

function positionOf(use: Source, name: string): number {
  return use.columns?.findIndex((column) => column.name === name) ?? -1;
}

/** The column comes through unchanged: of a table, grouped by where the branch groups, of one type in all branches. */
function isPassedOn(
  statement: AnalyzedStatement,
  cte: CteDefinition,
  branch: Block,
  at: number,
  column: Expression,
): boolean {
  if (branch.grouped && !branch.groupBy.some((by) => sameExpression(by, column, statement))) return false;
  const own = branch.outputs[at]?.type;
  const branches = cte.query ? statement.blocksOfQuery(cte.query) : [];
  const merges =
    branch.grouped || branches.some((other) => other.select.distinct === 'distinct') || !isAll(cte);
  // of a single table's column nothing is compared before the filter
  if (branches.length === 1 && !merges) return true;
  if (!own?.text || !own.deterministic || (merges && !IDENTICAL.has(own.family))) return false;
  return branches.every((other) => other.outputs[at]?.type?.text === own.text);
}

/** Families in which equal values are the same value: it does not matter which of them a group shows. */
const IDENTICAL: ReadonlySet<TypeFamily> = new Set<TypeFamily>([
  'integer',
  'boolean',
  'date',
  'timestamp',
  'timestamptz',
  'uuid',
  'text',
  'char',
]);

function isAll({ query }: CteDefinition): boolean {
  const keepsAll = (body: NonNullable<CteDefinition['query']>['body']): boolean =>
    body.kind !== 'setOperation' || (body.all && keepsAll(body.left) && keepsAll(body.right));
  return query !== null && keepsAll(query.body);
}

/** `sale_type = 's'` where every branch has a string in the place of sale_type: whether it holds in this one. */
export function decidedBy(
  statement: AnalyzedStatement,
  cte: CteDefinition,
  branch: Block,
  use: Source,
  filter: Expression,
): 'true' | 'false' | null {
  if (filter.kind !== 'binary' || filter.operator !== '=') return null;
  const sides = [unwrapParens(filter.left), unwrapParens(filter.right)];
  const column = sides.find((side) => side.kind === 'column');
  const literal = sides.find((side) => side.kind === 'literal');
  const meant = column?.kind === 'column' ? statement.resolve(column) : null;
  if (meant?.source !== use || literal?.kind !== 'literal') return null;
  const at = positionOf(use, meant.name);
  const constants = (cte.query ? statement.blocksOfQuery(cte.query) : []).map(
    (b) => b.outputs[at]?.expression,
  );
  const own = branch.outputs[at]?.expression;
  // one type for all branches, so that the comparison is the same in each: strings, or whole numbers
  const family = familyOf(constants);
  if (!own || !family) return null;
  const a = constantOf(unwrapParens(own), family, statement);
  const b = constantOf(literal, family, statement);
  if (!a || !b || (family === 'integer') !== (literal.type === 'number')) return null;
  if (compareConstants(a, b) === 0) return 'true';
  return certainlyDifferent(a, b) && areApart(statement, a, b) ? 'false' : null;
}

function familyOf(constants: readonly (Expression | null | undefined)[]): 'text' | 'integer' | null {
  const kinds = constants.map((one) => {
    const e = one ? unwrapParens(one) : null;
    if (e?.kind !== 'literal') return null;
    if (e.type === 'string') return 'text';
    return e.type === 'number' && /^\d{1,9}$/.test(e.value) ? 'integer' : null;
  });
  const [first] = kinds;
  return first && kinds.every((kind) => kind === first) ? first : null;
}

/** Outside of PostgreSQL, texts that differ in case, accents or blanks at the end may be equal. */
function areApart({ dialect }: AnalyzedStatement, a: Constant, b: Constant): boolean {
  if (dialect === 'postgresql' || a.kind !== 'text' || b.kind !== 'text') return true;
  const plain = /^[\x21-\x7e]*$/;
  return plain.test(a.value) && plain.test(b.value) && a.value.toLowerCase() !== b.value.toLowerCase();
}

/** The condition stands in the branch already. */
function isThere(statement: AnalyzedStatement, branch: Block, condition: Fragment): boolean {
  const bare = (fragment: Fragment): string => plainText(fragment).replace(/^\((.*)\)$/, '$1');
  const wanted = bare(condition);
  return branch.where.some(({ range }) => bare(source(statement, range)) === wanted);
}
