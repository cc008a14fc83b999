import type { ColumnRef, FunctionCall } from '../../sql/ast.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, ResolvedColumn } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, lineBreak, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { identifier, inventName } from '../../sql/writing/identifiers.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/** The one aggregate and what the statement refers to, when the shape fits. */
interface Shape {
  readonly aggregate: FunctionCall;
  readonly value: ResolvedColumn;
  readonly keys: readonly ResolvedColumn[];
}

/**
 * Matches `SELECT k, count(DISTINCT x) FROM … GROUP BY k` with no other aggregate.
 *
 * count(DISTINCT) sorts the values of each group; a DISTINCT subquery can hash all of them in one go (and in parallel).
 * The rewrite counts x, not *: a NULL is not counted by either.
 */
export const countDistinctSubquery: Pattern = {
  id: 'count-distinct-subquery',
  title: 'count(DISTINCT x) per group: make distinct first, then count',
  category: 'aggregation',
  engines: allEngines(
    'when groups are large and hold few distinct values; a global count(DISTINCT) loses on MariaDB',
  ),
  severity: 'info',
  description:
    'The values of every group are sorted to count the distinct ones. Distinct pairs of key and value come from one hash pass, and counting them is cheap.',
  source: 'Measured 1.5 times on PostgreSQL 15, 5.3 on MariaDB 10.11',
  precondition:
    'Only columns, no other aggregate, and every column that is used is a grouping column or the counted one; equality of both is that of bytes.',
  example: {
    schema: 'CREATE TABLE events (id int PRIMARY KEY, kind text NOT NULL, path text);',
    before: 'SELECT e.kind, count(DISTINCT e.path) AS pages FROM events e GROUP BY e.kind;',
    after:
      'SELECT distinct_rows.kind, count(distinct_rows.path) AS pages FROM (SELECT DISTINCT e.kind, e.path FROM events e) distinct_rows GROUP BY distinct_rows.kind;',
  },
  rewrites: true,
  needs: ['aggregate', 'groupBy', 'distinct call'],
  *find(statement) {
    for (const block of statement.blocks) {
      const shape = shapeOf(statement, block);
      if (shape) yield matchOf(statement, block, shape);
    }
  },
};

function shapeOf(statement: AnalyzedStatement, block: Block): Shape | null {
  const [aggregate, ...others] = block.aggregates;
  if (!aggregate || others.length > 0 || aggregate.function !== 'count' || !aggregate.distinct) return null;
  if (aggregate.filter || aggregate.args.length !== 1 || block.groupBy.length === 0) return null;
  if (
    (block.select.groupBy?.sets.length ?? 1) > 0 ||
    block.windows.length > 0 ||
    block.select.distinct !== null
  )
    return null;
  if (!block.resolved || block.children.length > 0 || isLocked(block)) return null;
  const value = columnOf(statement, aggregate.args[0]?.value);
  const keys = block.groupBy.map((key) => columnOf(statement, key));
  if (!value || value.source.block !== block || keys.some((key) => key?.source.block !== block)) return null;
  return { aggregate, value, keys: keys.filter((key) => key !== null) };
}

function columnOf(
  statement: AnalyzedStatement,
  expression: Parameters<typeof unwrapParens>[0] | undefined,
): ResolvedColumn | null {
  const inner = expression && unwrapParens(expression);
  return inner?.kind === 'column' ? statement.resolve(inner) : null;
}

function matchOf(statement: AnalyzedStatement, block: Block, shape: Shape): Match {
  const { aggregate, value } = shape;
  return offer(
    { start: aggregate.start, end: aggregate.end },
    `The values of ${value.name} are sorted in every group. Distinct pairs of key and value from one pass are cheaper to count.`,
    () =>
      obstacle(statement, block, shape) ??
      editsFor(statement, block, shape) ??
      'a part of the block would be lost',
    'a NULL is counted by neither, and each distinct pair is counted once',
  );
}

function obstacle(statement: AnalyzedStatement, block: Block, { value, keys }: Shape): string | null {
  const columns = [value, ...keys];
  if (columns.some((column) => !typeOf(column.reference, statement)?.deterministic))
    return 'equality of a column is not that of its bytes';
  const names = columns.map((column) => column.name);
  if (new Set(names).size < names.length) return 'two columns have the same name';
  const used = outsideReferences(statement, block);
  const known = used.every(
    (ref) =>
      columns.some(
        (column) =>
          statement.resolve(ref)?.source === column.source && statement.resolve(ref)?.name === column.name,
      ) || statement.outputOf(ref),
  );
  if (!known) return 'another column is used';
  if (block.where.some((conjunct) => !isDeterministic(conjunct.expression, statement)))
    return 'a volatile function is called';
  return block.select.items.some((item) => item.expression.kind === 'star')
    ? 'all columns are selected'
    : null;
}

/** References in the select list, GROUP BY, HAVING and ORDER BY. */
function outsideReferences(statement: AnalyzedStatement, block: Block): ColumnRef[] {
  const { from, where } = block.select.clauses;
  return block.references.filter(
    (ref) =>
      !(from && from.start <= ref.start && ref.end <= from.end) &&
      !(where && where.start <= ref.start && ref.end <= where.end) &&
      statement.resolve(ref) !== null,
  );
}

function editsFor(statement: AnalyzedStatement, block: Block, { aggregate, value, keys }: Shape) {
  const { from, where } = block.select.clauses;
  if (!from) return null;
  const { dialect } = statement;
  const alias = identifier(inventName(statement, 'distinct_rows'), dialect);
  const columns = joinFragments([...keys, value].map((column) => source(statement, column.reference)));
  const edits = editing(statement).replace(
    { start: from.start, end: where?.end ?? from.end },
    sql`FROM (
      SELECT DISTINCT ${columns}
      ${source(statement, from)}${where ? sql`${lineBreak()}${source(statement, where)}` : verbatim('')}
    ) ${alias}`,
  );
  for (const ref of outsideReferences(statement, block)) {
    if (statement.outputOf(ref)) continue;
    if (ref.start >= aggregate.start && ref.end <= aggregate.end) continue;
    const name = statement.resolve(ref)?.name;
    if (name !== undefined)
      edits.replace(ref, joinFragments([alias, identifier(name, dialect)], verbatim('.')));
  }
  const counted = joinFragments([alias, identifier(value.name, dialect)], verbatim('.'));
  edits.replace(aggregate, sql`count(${counted})`);
  return edits.done();
}
