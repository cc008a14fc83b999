import type { Column } from '../../catalog/catalog.ts';
import type { Expression, Query } from '../../sql/ast.ts';
import { type Constant, certainlyDifferent, constantOf } from '../../sql/properties/constant-values.ts';
import { differentIn, textEqualityOf } from '../../sql/properties/letter-collations.ts';
import type { AnalyzedStatement, Block, Conjunct } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { comparisonsOf } from '../predicates/comparison.ts';
import { isPlainBranch, plainText, sameSource, unionAllBranches } from './branches.ts';

/** The same table read once for each value of a column → read once with CASE. */
export const unionAllToOneScan: Pattern = {
  id: 'union-all-to-one-scan',
  title: 'UNION ALL of the same table with different values',
  category: 'set-operations',
  industries: ['analytics', 'e-commerce'],
  engines: allEngines('No index on the column makes each branch cheap by itself.'),
  severity: 'warning',
  description:
    'Each branch reads the whole table for its own value. One branch with a list of the values reads it once.',
  source: 'measured: 2 to 4 times on PostgreSQL 18, once per branch that is saved',
  precondition:
    'The branches read one table under one name, with the same conditions but for `column = literal`, whose literals are certainly different; what they select is the same or a literal in each branch.',
  example: {
    schema: 'CREATE TABLE events (event_id bigint PRIMARY KEY, kind text NOT NULL, path text);',
    before:
      "SELECT event_id, 'looked' AS step FROM events WHERE path LIKE '/shop%' AND kind = 'view' UNION ALL SELECT event_id, 'bought' FROM events WHERE path LIKE '/shop%' AND kind = 'checkout'",
    after:
      "SELECT event_id, CASE kind WHEN 'view' THEN 'looked' WHEN 'checkout' THEN 'bought' END AS step FROM events WHERE path LIKE '/shop%' AND kind IN ('view', 'checkout')",
  },
  rewrites: true,
  needs: ['setOperation'],
  *find(statement) {
    const seen = new Set<Query>();
    for (const block of statement.blocks) {
      if (!block.setBranch || seen.has(block.query)) continue;
      seen.add(block.query);
      const branches = unionAllBranches(statement, block.query);
      const merged = branches && !block.query.limit ? mergeOf(statement, branches) : null;
      if (!branches || !merged) continue;
      const table = branches[0]?.sources[0]?.table?.name ?? '';
      const edits = () => {
        const text = merged.text();
        return text && editing(statement).replace(block.query.body, text).done();
      };
      const message = `${table} is read ${branches.length} times, once for each value of ${merged.column}. One branch with a list reads it once.`;
      yield offer(
        block.query.body,
        message,
        edits,
        `A row of ${table} has one value of ${merged.column}: it is in one branch at most.`,
      );
    }
  },
};

interface Merged {
  readonly column: string;
  readonly text: () => Fragment | null;
}

function mergeOf(statement: AnalyzedStatement, branches: readonly Block[]): Merged | null {
  const [first] = branches;
  if (!first || !branches.every((branch) => isPlainBranch(statement, branch) && sameSource(first, branch)))
    return null;
  const filters = branches.map((branch) => filterOf(statement, branch, first));
  const [filter] = filters;
  if (!filter || filters.includes(null)) return null;
  const known = filters.filter((one) => one !== null);
  if (!known.every((one) => one.column === filter.column && one.rest === filter.rest)) return null;
  const { described } = filter;
  const differs = (x: Constant, y: Constant) =>
    described ? differentIn(described, statement.dialect, x, y) : certainlyDifferent(x, y);
  const differ = known.every((x, i) => known.slice(i + 1).every((y) => differs(x.value, y.value)));
  const items = differ ? itemsOf(statement, branches, known) : null;
  if (!items) return null;
  const text = (): Fragment | null => {
    const values = joinFragments(known.map((one) => source(statement, one.literal)));
    return new QueryCopy(statement, first)
      .selectList(items)
      .replaceConjunct(filter.conjunct, sql`${source(statement, filter.operand)} IN (${values})`)
      .done();
  };
  return { column: filter.column, text };
}

interface Filter {
  readonly conjunct: Conjunct;
  readonly column: string;
  readonly described: Column | null;
  readonly operand: Expression;
  readonly literal: Expression;
  readonly value: Constant;
  /** the other conditions, as text */
  readonly rest: string;
}

/** The condition that differs from the first branch's, which must be the only one. */
function filterOf(statement: AnalyzedStatement, branch: Block, first: Block): Filter | null {
  const others = (branch === first ? statement.blocksOfQuery(branch.query)[1] : first)?.where ?? [];
  const known = new Set(others.map((conjunct) => plainText(statement, conjunct.expression)));
  const own = branch.where.filter((conjunct) => !known.has(plainText(statement, conjunct.expression)));
  const [conjunct] = own;
  if (own.length !== 1 || !conjunct || conjunct.expression.kind !== 'binary') return null;
  const comparison = comparisonsOf(conjunct.expression, (side) => side.kind === 'column')?.[0];
  if (comparison?.operator !== '=' || comparison.left.kind !== 'column') return null;
  const column = statement.resolve(comparison.left);
  const type = column?.sourceColumn?.type;
  if (!column || !type) return null;
  const { column: described } = column;
  const bytewise = described ? textEqualityOf(described, statement.dialect) !== null : type.deterministic;
  if (type.family === 'text' && !bytewise) return null;
  const value = constantOf(comparison.right, type.family, statement);
  if (!value) return null;
  const rest = branch.where
    .filter((one) => one !== conjunct)
    .map((one) => plainText(statement, one.expression));
  return {
    conjunct,
    column: column.name,
    described,
    operand: comparison.left,
    literal: comparison.right,
    value,
    rest: rest.sort().join(' AND '),
  };
}

/** The select list of the one branch: what is the same stays, literals become a CASE. */
function itemsOf(
  statement: AnalyzedStatement,
  branches: readonly Block[],
  filters: readonly Filter[],
): Fragment | null {
  const [first] = branches;
  const [filter] = filters;
  if (
    !first ||
    !filter ||
    branches.some((branch) => branch.select.items.length !== first.select.items.length)
  )
    return null;
  const items = first.select.items.map((item, at) => {
    const expressions = branches.map((branch) => branch.select.items[at]?.expression);
    const texts = expressions.map((expression) => (expression ? plainText(statement, expression) : ''));
    if (texts.every((text) => text === texts[0])) return source(statement, item);
    if (!item.alias || !areLiterals(expressions)) return null;
    const cases = filters.map(
      (one, i) =>
        sql`WHEN ${source(statement, one.literal)} THEN ${source(statement, expressions[i] ?? one.literal)}`,
    );
    return sql`CASE ${source(statement, filter.operand)} ${joinFragments(cases, sql` `)} END AS ${source(statement, item.alias)}`;
  });
  return items.includes(null) ? null : joinFragments(items.filter((item) => item !== null));
}

/** Literals of one type: all strings, or all whole numbers that fit into an integer. */
function areLiterals(expressions: readonly (Expression | undefined)[]): boolean {
  const kinds = expressions.map((e) => {
    if (e?.kind !== 'literal') return null;
    if (e.type === 'string') return 'string';
    return e.type === 'number' && /^\d{1,9}$/.test(e.value) ? 'integer' : null;
  });
  return kinds[0] !== null && kinds.every((kind) => kind === kinds[0]);
}
