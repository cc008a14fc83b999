import type { Column, Table } from '../../catalog/catalog.ts';
import type { Insert, Query } from '../../sql/ast.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, parenthesized, sql } from '../../sql/writing/fragment.ts';
import { identifier } from '../../sql/writing/identifiers.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** `INSERT INTO t VALUES (…)`: which column gets which value depends on the order in which the columns were made. */
export const insertWithoutColumns: Pattern = {
  id: 'insert-without-columns',
  title: 'INSERT without a list of columns',
  category: 'writes',
  engines: allEngines('never: it keeps the statement right when a column is added or moved'),
  severity: 'info',
  description:
    'The values are assigned by the position of the columns. A column that is added, dropped or created in another order makes the statement fail, or writes values into the wrong columns without an error.',
  source: 'Karwin, "SQL Antipatterns", 2010: implicit columns',
  precondition: 'The columns of the table and their order are in the catalog, and no star brings the values.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total numeric(10,2));',
    before: 'INSERT INTO orders VALUES (1, 7, 19.90)',
    after: 'INSERT INTO orders (id, customer_id, total) VALUES (1, 7, 19.90)',
  },
  rewrites: true,
  styleOnly: true,
  needs: ['write', 'insert'],
  *find(statement) {
    for (const { statement: node, target } of statement.writes) {
      if (node.kind !== 'insert' || node.columns.length > 0 || !node.source) continue;
      const name = node.target.name.at(-1)?.name ?? 'the table';
      const message = `The values go to the columns of ${name} by position. Name the columns.`;
      const listed = target?.table
        ? listOf(statement, node, node.source, target.table)
        : 'the table is not known';
      if (typeof listed === 'string') {
        yield blocked(node.target, message, listed);
        continue;
      }
      const names = joinFragments(listed.map((column) => identifier(column.name, statement.dialect)));
      const edits = () =>
        editing(statement)
          .insert(node.target.end, sql` ${parenthesized(names)}`)
          .done();
      yield offer(node.target, message, edits, `the columns of ${name} stand in this order`);
    }
  },
};

/** The columns that get the values, or why they cannot be told. */
function listOf(
  statement: AnalyzedStatement,
  node: Insert,
  query: Query,
  table: Table,
): readonly Column[] | string {
  if (node.target.modifiers.length > 0) return 'a hint follows the table';
  if (table.kind !== 'table' && table.kind !== 'partitioned') return 'it is no table';
  const width = widthOf(statement, query);
  if (width === null) return 'a star brings the values, so their number follows the other table';
  if (
    statement.dialect === 'tsql' &&
    table.columns.some((c) => c.generated !== null || /^(timestamp|rowversion)$/.test(c.type))
  )
    return 'SQL Server leaves columns out that it fills itself';
  const fits =
    statement.dialect === 'postgresql' ? width <= table.columns.length : width === table.columns.length;
  return fits ? table.columns.slice(0, width) : 'the number of values is not that of the columns';
}

/** How many values each row has; null where a star brings them or rows differ. */
function widthOf(statement: AnalyzedStatement, query: Query): number | null {
  const { body } = query;
  if (body.kind === 'values') {
    const widths = new Set(body.rows.map((row) => row.items.length));
    return widths.size === 1 ? (body.rows[0]?.items.length ?? null) : null;
  }
  const [block] = statement.blocksOfQuery(query);
  if (!block || block.select.items.some((item) => item.expression.kind === 'star')) return null;
  return block.select.items.length;
}

/** `INSERT INTO t (…) SELECT … ORDER BY …`: a table has no order, so the sort is for nothing. */
export const insertSelectOrder: Pattern = {
  id: 'order-by-in-insert-select',
  title: 'ORDER BY in INSERT … SELECT',
  category: 'writes',
  engines: allEngines(
    'when many rows are inserted: the sort is left out. Keep it where the rows shall lie in that order on disk (BRIN, later range scans).',
  ),
  severity: 'hint',
  description:
    'Rows of a table have no order: whoever reads them must sort them again. The sort before the INSERT costs memory and time, and spills to disk for many rows.',
  source: 'ISO/IEC 9075-2, 4.15.2: tables are multisets; PostgreSQL manual, 7.5 Sorting Rows',
  precondition:
    'No LIMIT, no ON CONFLICT, no RETURNING, no trigger, nothing volatile, and every column that is left out has neither a default nor a key, so that no number is handed out in the order of the rows.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total int); CREATE TABLE archive (id int, total int);',
    before: 'INSERT INTO archive (id, total) SELECT id, total FROM orders ORDER BY total',
    after: 'INSERT INTO archive (id, total) SELECT id, total FROM orders',
  },
  rewrites: true,
  needs: ['write', 'insert', 'orderItem'],
  *find(statement) {
    for (const { statement: node, target } of statement.writes) {
      const query = node.kind === 'insert' ? node.source : null;
      const [first] = query?.orderBy ?? [];
      const last = query?.orderBy.at(-1);
      if (node.kind !== 'insert' || !query || !first || !last || query.body.kind !== 'select') continue;
      const { distinct, top } = query.body;
      if (query.limit || top || (distinct !== null && typeof distinct === 'object')) continue;
      const range = { start: first.start, end: last.end };
      const message = 'A table has no order: the sort before the INSERT serves nobody who reads it.';
      const obstacle = orderObstacle(statement, node, query, target?.table ?? null);
      yield obstacle === null
        ? offer(
            range,
            message,
            () => editing(statement).removeOrderBy(query).done(),
            'no column is filled in the order of the rows',
          )
        : blocked(range, message, obstacle);
    }
  },
};

function orderObstacle(
  statement: AnalyzedStatement,
  node: Insert,
  query: Query,
  table: Table | null,
): string | null {
  if (!table) return 'the table is not known';
  if (node.conflict || node.verb === 'REPLACE' || node.rest.length > 0)
    return 'the order decides which of two rows with one key wins';
  if (node.returning.length > 0) return 'the rows that are returned would come in another order';
  if (table.hasTriggers) return 'a trigger may see the order';
  if (!isDeterministic(query, statement)) return 'a volatile function is called in the order of the rows';
  const given =
    node.columns.length > 0 ? node.columns.map((one) => one.name) : table.columns.map((one) => one.name);
  const keyed = new Set(table.keys.flatMap((key) => key.columns));
  const filled = table.columns.find(
    (one) => !given.includes(one.name) && (one.hasDefault || one.generated !== null || keyed.has(one.name)),
  );
  if (filled) return `${filled.name} may be numbered in the order of the rows`;
  const identity = table.columns.find((one) => one.generated === 'identity');
  return identity && node.columns.length === 0
    ? `${identity.name} may be numbered in the order of the rows`
    : null;
}
