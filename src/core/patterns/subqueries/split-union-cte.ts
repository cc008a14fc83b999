import type { Query, QueryBody, Select } from '../../sql/ast.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, CteDefinition, Source } from '../../sql/query-model.ts';
import type { TextEdit } from '../../sql/text.ts';
import { editing, type RewriteEdits } from '../../sql/writing/edits.ts';
import { joinFragments, parenthesized, sql, verbatim } from '../../sql/writing/fragment.ts';
import { identifier, inventName } from '../../sql/writing/identifiers.ts';
import { indentAt, tokensWithin } from '../../sql/writing/ranges.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { decidedBy } from './use-filters-into-cte.ts';

/** A use of the CTE, the one branch that its filter leaves, and that filter. */
interface BranchUse {
  readonly source: Source;
  readonly branch: number;
  readonly filters: readonly Conjunct[];
}

/**
 * Matches a CTE of UNION ALL whose branches are told apart by a constant column (`'s' AS sale_type`), when every use asks for one of
 * them (TPC-DS queries 4, 11 and 74).
 *
 * Each use reads the rows of all branches and keeps those of one. With a CTE for each branch a use reads its own.
 */
export const splitUnionCte: Pattern = {
  id: 'split-union-cte',
  title: 'CTE of UNION ALL of which each use reads one branch: a CTE for each',
  category: 'subqueries',
  engines: allEngines(
    'when several uses read one branch, so that it stays stored and gets smaller; a branch that is then read once is planned together with its use, for better or worse (1.6 times with two uses of each branch, 0.28 times with one whose plan was misjudged, on PostgreSQL 15)',
  ),
  severity: 'hint',
  description:
    'The rows of all branches are stored together, and each use passes over those of the other branches. A CTE for each branch is smaller, and one that is read once need not be stored at all.',
  source: 'TPC-DS specification, queries 4, 11 and 74 (year_total)',
  precondition:
    'UNION ALL of selects with a different literal each in one column; every use compares that column with one of the literals in its WHERE; all branches have the same column types.',
  example: {
    schema:
      'CREATE TABLE store (id int PRIMARY KEY, customer int NOT NULL, amount int NOT NULL); CREATE TABLE web (id int PRIMARY KEY, customer int NOT NULL, amount int NOT NULL);',
    before: `WITH sales AS (
  SELECT customer, amount, 's' AS kind FROM store
  UNION ALL
  SELECT customer, amount, 'w' AS kind FROM web
)
SELECT a.customer
FROM sales a
JOIN sales b ON b.customer = a.customer
WHERE a.kind = 's' AND b.kind = 'w' AND b.amount > a.amount;`,
    after: `WITH sales AS (
  SELECT customer, amount, 's' AS kind FROM store
), sales_w (customer, amount, kind) AS (
  SELECT customer, amount, 'w' AS kind FROM web
)
SELECT a.customer
FROM sales a
JOIN sales_w b ON b.customer = a.customer
WHERE b.amount > a.amount;`,
  },
  rewrites: true,
  needs: ['cte', 'setOperation'],
  *find(statement) {
    for (const cte of statement.ctes) {
      if (!cte.query || cte.recursive || cte.uses.length < 2) continue;
      const branches = statement.blocksOfQuery(cte.query);
      if (branches.length < 2 || !isUnionAll(cte.query.body, branches)) continue;
      const uses = cte.uses.map((use) => branchOf(statement, cte, branches, use));
      if (uses.includes(null)) continue;
      const known = uses.filter((use) => use !== null);
      if (new Set(known.map((use) => use.branch)).size < branches.length) continue;
      yield matchOf(statement, cte, branches, known);
    }
  },
};

/** Bare selects with UNION ALL between them, no parentheses. */
function isUnionAll(body: QueryBody, branches: readonly Block[]): boolean {
  const selects: Select[] = [];
  const collect = (part: QueryBody): boolean => {
    if (part.kind === 'select') return selects.push(part) > 0;
    return (
      part.kind === 'setOperation' &&
      part.operator === 'UNION' &&
      part.all &&
      collect(part.left) &&
      collect(part.right)
    );
  };
  return collect(body) && selects.length === branches.length;
}

/** The branch that a use reads: its filter is true for one and false for all others. */
function branchOf(
  statement: AnalyzedStatement,
  cte: CteDefinition,
  branches: readonly Block[],
  use: Source,
): BranchUse | null {
  if (use.nullSupplied || use.block.kind !== 'select' || use.node.kind !== 'table') return null;
  for (const conjunct of use.block.where) {
    if (conjunct.sources.length !== 1 || conjunct.sources[0] !== use) continue;
    const decided = branches.map((branch) => decidedBy(statement, cte, branch, use, conjunct.expression));
    const branch = decided.indexOf('true');
    if (branch < 0 || decided.some((one, i) => i !== branch && one !== 'false')) continue;
    return { source: use, branch, filters: [conjunct] };
  }
  return null;
}

function matchOf(
  statement: AnalyzedStatement,
  cte: CteDefinition,
  branches: readonly Block[],
  uses: readonly BranchUse[],
): Match {
  const { node } = cte;
  const message = `Each use of ${node.name.text} keeps the rows of one branch and passes over the others. Make a CTE of each branch.`;
  const why = obstacle(statement, cte, branches);
  if (why !== null) return blocked(node.name, message, why);
  const edits = () => editsOf(statement, cte, branches, uses);
  return offer(
    node.name,
    message,
    edits,
    'the literal column tells the branches apart, and each use asks for one',
  );
}

function obstacle(
  statement: AnalyzedStatement,
  { query, node }: CteDefinition,
  branches: readonly Block[],
): string | null {
  if (!query) return 'it is no SELECT';
  if (query.limit !== null || query.orderBy.length > 0 || query.with !== null || query.locking.length > 0)
    return 'it sorts, limits or locks its rows';
  if (query.trailing.length > 0 || node.clauses.length > 0 || statement.writes.length > 0)
    return 'the statement is not plain';
  if (!isDeterministic(query, statement)) return 'it calls a volatile function';
  if (branches.some((branch) => !branch.outputsComplete || !branch.resolved)) return 'a name is not known';
  const [first] = branches;
  const alike = first?.outputs.every((output, at) =>
    branches.every((branch) => {
      const other = branch.outputs[at];
      if (output.type?.text != null) return other?.type?.text === output.type.text;
      // literals of strings have no type of their own; decidedBy has seen that all of them are
      return (
        output.expression?.kind === 'literal' &&
        other?.expression?.kind === 'literal' &&
        isString(output) &&
        isString(other)
      );
    }),
  );
  if (!alike) return 'the branches may have different column types';
  if (node.columns.length === 0 && first?.outputs.some((output) => output.name === null))
    return 'a column has no name';
  return null;
}

function isString(output: Block['outputs'][number]): boolean {
  return output.expression?.kind === 'literal' && output.expression.type === 'string';
}

function editsOf(
  statement: AnalyzedStatement,
  cte: CteDefinition,
  branches: readonly Block[],
  uses: readonly BranchUse[],
): TextEdit[] | null {
  const { dialect } = statement;
  const { node } = cte;
  const query: Query | null = cte.query;
  const [first] = branches;
  if (!query || !first) return null;
  const names: string[] = [];
  for (const [at, branch] of branches.entries()) {
    const literal = branch.outputs.find((output) => isString(output))?.expression;
    const suffix = literal?.kind === 'literal' && literal.value.length <= 12 ? literal.value : String(at + 1);
    names.push(at === 0 ? node.name.name : inventName(statement, `${node.name.name}_${suffix}`, names));
  }
  const columns =
    node.columns.length > 0
      ? node.columns.map((column) => verbatim(column.text))
      : first.outputs.map((output) => identifier(output.name ?? '', dialect));
  const list = parenthesized(joinFragments(columns));
  const fence =
    node.materialized === null ? sql`` : node.materialized ? sql`MATERIALIZED ` : sql`NOT MATERIALIZED `;
  const edits = editing(statement);
  for (const [at, branch] of branches.entries()) {
    const previous = branches[at - 1];
    if (!previous) continue;
    const words = tokensWithin(statement.tokens, {
      start: previous.select.end,
      end: branch.select.start,
    }).filter((token) => token.upper === 'UNION' || token.upper === 'ALL');
    const [union] = words;
    const all = words.at(-1);
    if (!union || !all || words.length !== 2) return null;
    const gap = { start: previous.select.end, end: branch.select.start };
    const breaks = statement.text.slice(gap.start, gap.end).includes('\n');
    const [before, after] = breaks
      ? [
          verbatim(newline(statement, edits, node.start)),
          verbatim(newline(statement, edits, branch.select.start)),
        ]
      : [verbatim(''), verbatim('')];
    edits.replace(gap, sql`${before}), ${identifier(names[at] ?? '', dialect)} ${list} AS ${fence}(${after}`);
  }
  for (const { source, branch, filters } of uses) {
    if (source.node.kind !== 'table') return null;
    const name = source.node.name.at(-1);
    if (!name) return null;
    if (branch > 0) {
      const written = identifier(names[branch] ?? '', dialect);
      const aliased = source.node.alias ? written : sql`${written} AS ${verbatim(name.text)}`;
      edits.replace(name, aliased);
    }
    for (const filter of filters) edits.removeConjunct(filter);
  }
  return edits.done();
}

/** A line break with the indentation of the line that an offset lies in. */
function newline(statement: AnalyzedStatement, edits: RewriteEdits, at: number): string {
  return edits.style.newline + indentAt(statement.text, at);
}
