import type { Expression, FunctionCall } from '../../sql/ast.ts';
import { keysOf } from '../../sql/properties/keys.ts';
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import { contains } from '../../sql/text.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { sql } from '../../sql/writing/fragment.ts';
import { columnOf } from '../../sql/writing/identifiers.ts';
import { postgresqlOnly } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { isPlainSelect } from '../subquery-shape.ts';

interface Latest {
  readonly block: Block;
  readonly table: Source;
  readonly derived: Source;
  readonly key: string;
  readonly time: string;
  readonly newest: boolean;
}

/**
 * `readings r JOIN (SELECT device_id, max(at) AS at FROM readings GROUP BY device_id) m ON m.device_id = r.device_id AND
 * m.at = r.at`: the last row of every device. DISTINCT ON takes it in one pass in the order of the key.
 */
export const latestByGroupedJoin: Pattern = {
  id: 'latest-row-by-grouped-join',
  title: 'Latest row per group by a join with its maximum: DISTINCT ON',
  category: 'joins',
  industries: ['time-series'],
  engines: postgresqlOnly(
    'with an index on (group, time) or few rows per group: one pass instead of two and a join. With few groups of many rows, a LATERAL query per group is faster still.',
  ),
  severity: 'info',
  description:
    'The table is read twice: once for the newest time of every group, and once to find the rows of these times again. In the order of group and time the first row of each group is the one.',
  source: 'https://www.postgresql.org/docs/current/sql-select.html#SQL-DISTINCT',
  precondition:
    'Both read the same table without conditions, group and time are NOT NULL and together a unique key, and nothing else is joined, sorted or limited.',
  example: {
    schema:
      'CREATE TABLE readings (device_id int NOT NULL, at timestamp NOT NULL, value int, PRIMARY KEY (device_id, at));',
    before:
      'SELECT r.device_id, r.value FROM readings r JOIN (SELECT device_id, max(at) AS at FROM readings GROUP BY device_id) m ON m.device_id = r.device_id AND m.at = r.at',
    after:
      'SELECT DISTINCT ON (r.device_id) r.device_id, r.value FROM readings r ORDER BY r.device_id, r.at DESC',
  },
  rewrites: true,
  needs: ['derived', 'join step'],
  *find(statement) {
    for (const block of statement.blocks) {
      const latest = latestOf(statement, block);
      if (latest) yield matchOf(statement, latest);
    }
  },
};

function latestOf(statement: AnalyzedStatement, block: Block): Latest | null {
  const table = block.sources.find((one) => one.kind === 'table');
  const derived = block.sources.find((one) => one.kind === 'derived' && !one.lateral);
  const [join, ...more] = block.joins;
  if (
    !table?.table ||
    !derived?.query ||
    block.sources.length !== 2 ||
    join?.type !== 'inner' ||
    more.length > 0
  )
    return null;
  const [inner, ...branches] = statement.blocksOfQuery(derived.query);
  const [group, ...groups] = inner?.groupBy ?? [];
  const [own] = inner?.sources ?? [];
  if (
    !inner ||
    branches.length > 0 ||
    groups.length > 0 ||
    inner.sources.length !== 1 ||
    own?.table !== table.table ||
    own.node.kind !== 'table' ||
    own.node.modifiers.length > 0 ||
    own.node.only
  )
    return null;
  const key = columnOfTable(statement, group, own);
  const outputs = inner.outputs.map(({ expression }) => (expression ? unwrapParens(expression) : null));
  const extreme = outputs.find(
    (one): one is FunctionCall => one?.kind === 'call' && (one.function === 'max' || one.function === 'min'),
  );
  const time = extreme ? columnOfTable(statement, extreme.args[0]?.value, own) : null;
  if (!key || !time || !extreme || outputs.length !== 2 || extreme.over || extreme.filter || extreme.distinct)
    return null;
  if (
    !isPlainSelect({ ...inner, grouped: false }) ||
    inner.where.length > 0 ||
    inner.select.distinct !== null
  )
    return null;
  const named = (wanted: 'key' | 'time'): string | null =>
    inner.outputs.find((_, i) => (outputs[i] === extreme) === (wanted === 'time'))?.name ?? null;
  const ties = (name: string | null, column: string): boolean =>
    join.on.some(({ expression }) => {
      if (expression.kind !== 'binary' || expression.operator !== '=') return false;
      const sides = [expression.left, expression.right].map((side) =>
        side.kind === 'column' ? statement.resolve(side) : null,
      );
      return (
        sides.some((one) => one?.source === derived && one.name === name) &&
        sides.some((one) => one?.source === table && one.name === column)
      );
    });
  if (join.on.length !== 2 || !ties(named('key'), key) || !ties(named('time'), time)) return null;
  return { block, table, derived, key, time, newest: extreme.function === 'max' };
}

function columnOfTable(
  statement: AnalyzedStatement,
  expression: Expression | undefined,
  table: Source | undefined,
): string | null {
  const e = expression ? unwrapParens(expression) : null;
  const column = e?.kind === 'column' ? statement.resolve(e) : null;
  return column && column.source === table ? column.name : null;
}

function matchOf(statement: AnalyzedStatement, latest: Latest): Match {
  const { block, table, derived, key, time, newest } = latest;
  const message = `${table.alias} is read twice to find the ${newest ? 'last' : 'first'} row of every ${key}. DISTINCT ON (${key}) in the order of ${time} reads it once.`;
  const obstacle = obstacleOf(statement, latest);
  if (obstacle !== null) return blocked(derived.node, message, obstacle);
  const { dialect } = statement;
  const edits = editing(statement).removeSource(derived);
  for (const reference of block.references) {
    const meaning = statement.resolve(reference);
    const inJoin = block.joins.some((join) => join.on.some((one) => contains(one.range, reference)));
    if (meaning?.source !== derived || inJoin) continue;
    edits.fail();
  }
  const column = columnOf(table, key, dialect);
  const order = newest
    ? sql`${column}, ${columnOf(table, time, dialect)} DESC`
    : sql`${column}, ${columnOf(table, time, dialect)}`;
  edits
    .insert(block.select.clauses.select.end, sql` DISTINCT ON (${column})`)
    .insert(block.query.end, sql` ORDER BY ${order}`);
  return offer(derived.node, message, () => edits.done(), `(${key}, ${time}) is a unique key and NOT NULL`);
}

function obstacleOf(
  statement: AnalyzedStatement,
  { block, table, derived, key, time }: Latest,
): string | null {
  if (!isPlainSelect(block) || block.setBranch || block.select.distinct !== null)
    return 'the query does more than to find the rows';
  if (block.where.length > 0) return 'a condition would be asked before the last row is found';
  if (
    block.select.items.some(
      ({ expression }) => expression.kind === 'star' && expression.qualifier.length === 0,
    )
  )
    return 'the star brings the columns of both';
  const columns = [key, time].map((name) => table.columns?.find((one) => one.name === name));
  if (columns.some((one) => !one?.notNull || !one.type?.deterministic))
    return `${key} or ${time} may be NULL, or equal without being the same`;
  const unique = keysOf(table, statement).some((one) =>
    one.columns.every((name) => name === key || name === time),
  );
  if (!unique) return 'several rows may have the same time';
  if (
    derived.nullSupplied ||
    table.node.kind !== 'table' ||
    table.node.modifiers.length > 0 ||
    table.node.only
  )
    return 'the table is read in an unusual way';
  return block.children.length > 1 ? 'a subquery stands beside it' : null;
}
