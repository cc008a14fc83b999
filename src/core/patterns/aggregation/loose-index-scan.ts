/** Distinct values and extremes of few groups, read by jumps through an index. */
import type { TypeFamily } from '../../catalog/catalog.ts';
import type { FunctionCall, SelectItem } from '../../sql/ast.ts';
import { orderedOutput } from '../../sql/properties/order.ts';
import type { AnalyzedStatement, Block, ResolvedColumn, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { columnOf, identifier, inventName } from '../../sql/writing/identifiers.ts';
import { postgresqlOnly } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { columnIn, isPlainlyGrouped, soleArgument } from './aggregates.ts';

/** A jump through the index costs about as much as reading this many entries in a row. */
const ROWS_A_JUMP = 50;

/** Families whose equal values are one value, and which an index orders. */
const ORDERED: ReadonlySet<TypeFamily> = new Set<TypeFamily>([
  'integer',
  'text',
  'date',
  'timestamp',
  'timestamptz',
  'uuid',
  'enum',
]);

const PAYS =
  'The column has few distinct values in many rows and an index begins with it: as many jumps as there are values, instead of all rows.';

/** `SELECT DISTINCT kind FROM events` → recursive CTE that jumps from value to value. */
export const distinctToLooseScan: Pattern = {
  id: 'distinct-to-loose-index-scan',
  title: 'DISTINCT of an indexed column with few values: jump from value to value',
  category: 'aggregation',
  industries: ['analytics', 'time-series', 'saas'],
  engines: postgresqlOnly(PAYS),
  severity: 'info',
  description:
    'All rows are read to find a handful of values. An index knows the next larger value at once, but PostgreSQL does not jump by itself (MySQL, MariaDB and Oracle do); a recursive CTE makes it.',
  source: 'https://wiki.postgresql.org/wiki/Loose_indexscan; measured 37 times on PostgreSQL 15',
  precondition:
    'One table without conditions, one column that a B-tree index begins with, of a type whose equal values are the same; its NULL is looked for by itself. With statistics: fewer than one distinct value in 50 rows.',
  example: {
    schema: 'CREATE TABLE events (id int PRIMARY KEY, kind text NOT NULL); CREATE INDEX ON events (kind);',
    before: 'SELECT DISTINCT e.kind FROM events e',
    after:
      'WITH RECURSIVE distinct_kind AS ((SELECT e.kind FROM events e ORDER BY e.kind LIMIT 1) UNION ALL SELECT (SELECT e.kind FROM events e WHERE e.kind > distinct_kind.kind ORDER BY e.kind LIMIT 1) FROM distinct_kind WHERE distinct_kind.kind IS NOT NULL) SELECT distinct_kind.kind FROM distinct_kind WHERE distinct_kind.kind IS NOT NULL',
  },
  rewrites: true,
  needs: [['distinct', 'groupBy']],
  *find(statement) {
    for (const block of statement.blocks) {
      const [item, ...more] = block.select.items;
      const distinct = block.select.distinct === 'distinct' && !block.grouped;
      const grouped = block.select.distinct === null && isPlainlyGrouped(block) && block.groupBy.length === 1;
      if (!item || more.length > 0 || (!distinct && !grouped) || block.aggregates.length > 0) continue;
      const key = keyOf(statement, block, columnIn(statement, item.expression));
      if (!key || (grouped && columnIn(statement, block.groupBy[0])?.name !== key.column.name)) continue;
      yield distinctMatch(statement, block, item, key);
    }
  },
};

/** `SELECT g, max(x) FROM t GROUP BY g` → the groups by jumps, and for each its max. */
export const groupExtremeToLooseScan: Pattern = {
  id: 'group-extreme-to-loose-index-scan',
  title: 'max() or min() of few groups with an index on group and value: one look-up a group',
  category: 'aggregation',
  industries: ['time-series', 'saas'],
  engines: postgresqlOnly(
    'There are few groups with many rows each, and an index on (group, value): two look-ups a group, instead of all rows.',
  ),
  severity: 'warning',
  description:
    'All rows are read to keep one value of each group. In an index on group and value it is the first or last entry of the group, and the next group is a jump away.',
  source: 'https://wiki.postgresql.org/wiki/Loose_indexscan; measured 90 times on PostgreSQL 15',
  precondition:
    'One table without conditions, grouped by one NOT NULL column; min and max only, each of a column that stands behind the group in a B-tree index. With statistics: fewer than one group in 50 rows.',
  example: {
    schema:
      'CREATE TABLE readings (id int PRIMARY KEY, device_id int NOT NULL, taken_at timestamp); CREATE INDEX ON readings (device_id, taken_at);',
    before: 'SELECT r.device_id, max(r.taken_at) AS latest FROM readings r GROUP BY r.device_id',
    after:
      'WITH RECURSIVE distinct_device_id AS ((SELECT r.device_id FROM readings r ORDER BY r.device_id LIMIT 1) UNION ALL SELECT (SELECT r.device_id FROM readings r WHERE r.device_id > distinct_device_id.device_id ORDER BY r.device_id LIMIT 1) FROM distinct_device_id WHERE distinct_device_id.device_id IS NOT NULL) SELECT distinct_device_id.device_id, (SELECT max(r.taken_at) FROM readings r WHERE r.device_id = distinct_device_id.device_id) AS latest FROM distinct_device_id WHERE distinct_device_id.device_id IS NOT NULL',
  },
  rewrites: true,
  needs: ['aggregate', 'groupBy', ['calls min', 'calls max']],
  *find(statement) {
    for (const block of statement.blocks) {
      if (!isPlainlyGrouped(block) || block.groupBy.length !== 1 || block.aggregates.length === 0) continue;
      const key = keyOf(statement, block, columnIn(statement, block.groupBy[0]));
      if (key && block.select.distinct === null) {
        const match = extremeMatch(statement, block, key);
        if (match) yield match;
      }
    }
  },
};

interface Key {
  readonly table: Source;
  readonly column: ResolvedColumn;
}

/** The column when the block reads one table and nothing else, and an index begins with the column. */
function keyOf(statement: AnalyzedStatement, block: Block, column: ResolvedColumn | null): Key | null {
  const [table, ...more] = block.sources;
  const { select, query } = block;
  if (!table || more.length > 0 || column?.source !== table || !table.table || table.node.kind !== 'table')
    return null;
  const plain =
    query.body === select &&
    query.with === null &&
    query.locking.length === 0 &&
    query.trailing.length === 0 &&
    select.where === null &&
    select.having === null &&
    select.into === null &&
    block.windows.length === 0 &&
    block.children.length === 0 &&
    block.resolved &&
    table.node.modifiers.length === 0 &&
    query.orderBy.every((item) => orderedOutput(item, block, statement) !== null && !item.using);
  const kind = table.table.kind === 'table' || table.table.kind === 'materializedView';
  const type = column.sourceColumn?.type;
  if (!plain || !kind || !type?.deterministic || !ORDERED.has(type.family)) return null;
  return isIndexed(table, column.name) && hasFewValues(table, column) ? { table, column } : null;
}

/** A whole B-tree index that begins with the columns. */
function isIndexed({ table }: Source, ...columns: readonly string[]): boolean {
  return (table?.indexes ?? []).some(
    (index) =>
      index.valid &&
      index.method === 'btree' &&
      index.predicate === null &&
      columns.every((name, at) => index.columns[at]?.column === name),
  );
}

/** Where statistics say so; without them it is for the planner to price. */
function hasFewValues({ table }: Source, { column }: ResolvedColumn): boolean {
  const distinct = column?.statistics?.distinct;
  const rows = table?.rows ?? null;
  const unique = table?.keys.some((key) => key.columns.length === 1 && key.columns[0] === column?.name);
  if (unique) return false;
  return distinct === undefined || rows === null || distinct * ROWS_A_JUMP < rows;
}

function distinctMatch(statement: AnalyzedStatement, block: Block, item: SelectItem, key: Key): Match {
  const { column, table } = key;
  const message = `All rows of ${table.table?.name} are read for the distinct values of ${column.name}. The index can be jumped through from one to the next.`;
  const jumps = jumpsOf(statement, key);
  const alias = item.alias ? sql` AS ${source(statement, item.alias)}` : sql``;
  const own = columnOf(table, column.name, statement.dialect);
  const rows = sql`${jumps.cte}
    SELECT ${jumps.value}${alias} FROM ${jumps.name} WHERE ${jumps.value} IS NOT NULL`;
  // a query that is grouped or distinct shows the NULL as a value of its own
  const whole = column.notNull
    ? rows
    : sql`${rows}
      UNION ALL
      (SELECT ${own} FROM ${source(statement, table.node)} WHERE ${own} IS NULL LIMIT 1)`;
  const edits = () => editing(statement).replace(block.select, whole).done();
  return offer(
    block.select.clauses.select,
    message,
    edits,
    `The index on ${column.name} knows the next larger value.`,
  );
}

interface Jumps {
  readonly cte: Fragment;
  readonly name: Fragment;
  readonly value: Fragment;
}

/** WITH RECURSIVE, one row for each value and a NULL behind the last. */
function jumpsOf(statement: AnalyzedStatement, { table, column }: Key): Jumps {
  const { dialect } = statement;
  const name = identifier(inventName(statement, `distinct_${column.name}`), dialect);
  const value = joinFragments([name, identifier(column.name, dialect)], verbatim('.'));
  const own = columnOf(table, column.name, dialect);
  const from = source(statement, table.node);
  const cte = sql`WITH RECURSIVE ${name} AS (
      (SELECT ${own} FROM ${from} ORDER BY ${own} LIMIT 1)
      UNION ALL
      SELECT (SELECT ${own} FROM ${from} WHERE ${own} > ${value} ORDER BY ${own} LIMIT 1)
      FROM ${name}
      WHERE ${value} IS NOT NULL
    )`;
  return { cte, name, value };
}

function extremeMatch(statement: AnalyzedStatement, block: Block, key: Key): Match | null {
  const { column, table } = key;
  const [first] = block.aggregates;
  const extremes = block.aggregates.map((call) => extremeOf(statement, call, key));
  if (!first || extremes.includes(null)) return null;
  const message = `All rows of ${table.table?.name} are read for one value of each ${column.name}. The index has it at the group’s end.`;
  if (!column.notNull)
    return blocked(first, message, `${column.name} may be NULL: that group would be missed.`);
  const jumps = jumpsOf(statement, key);
  const items = block.select.items.map((item) => itemOf(statement, block, item, key, jumps));
  if (items.includes(null)) return blocked(first, message, 'Something else is computed of the groups.');
  const list = joinFragments(items.filter((item) => item !== null));
  const edits = () =>
    editing(statement)
      .replace(
        block.select,
        sql`${jumps.cte}
      SELECT ${list} FROM ${jumps.name} WHERE ${jumps.value} IS NOT NULL`,
      )
      .done();
  return offer(
    first,
    message,
    edits,
    `${column.name} is NOT NULL, and the index knows its next larger value.`,
    'Every group has its own extreme.',
  );
}

/** min or max of a column that stands behind the group in an index. */
function extremeOf(
  statement: AnalyzedStatement,
  call: FunctionCall,
  { table, column }: Key,
): ResolvedColumn | null {
  if (!['min', 'max'].includes(call.function) || call.filter || call.distinct || call.over) return null;
  const value = columnIn(statement, soleArgument(call));
  return value?.source === table && isIndexed(table, column.name, value.name) ? value : null;
}

function itemOf(
  statement: AnalyzedStatement,
  block: Block,
  item: SelectItem,
  { table, column }: Key,
  jumps: Jumps,
): Fragment | null {
  const e = unwrapParens(item.expression);
  const alias = item.alias ? sql` AS ${source(statement, item.alias)}` : sql``;
  if (columnIn(statement, e)?.name === column.name) return sql`${jumps.value}${alias}`;
  if (e.kind !== 'call' || !block.aggregates.includes(e)) return null;
  const own = columnOf(table, column.name, statement.dialect);
  return sql`(SELECT ${source(statement, e)} FROM ${source(statement, table.node)} WHERE ${own} = ${jumps.value})${alias}`;
}
