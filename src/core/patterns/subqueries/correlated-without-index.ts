import type { Table } from '../../catalog/catalog.ts';
import { equalitiesOf } from '../../sql/properties/equalities.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { correlationOf } from '../correlation.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** Below this many rows (estimated) a scan for each outer row does little harm. */
const SMALL = 500;

/** A correlated subquery whose table has no index that its conditions could use: a scan for each outer row. */
export const correlatedWithoutIndex: Pattern = {
  id: 'correlated-without-index',
  title: 'Correlated subquery without an index for it',
  category: 'subqueries',
  engines: allEngines(
    'always when the table is large: the index takes the place of a scan for each outer row',
  ),
  severity: 'warning',
  description:
    'The subquery runs for each outer row, and no index of its table begins with a column that it compares: the whole table is read each time.',
  source: 'https://use-the-index-luke.com/sql/where-clause/the-equals-operator',
  precondition:
    'A scalar subquery over one table of the catalog is correlated by an equality, and no index or key begins with a column that is compared by equality.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total int);',
    before:
      'SELECT c.id, (SELECT max(o.total) FROM orders o WHERE o.customer_id = c.id) AS most FROM customers c;',
    after: null,
  },
  rewrites: false,
  needs: ['as scalar'],
  *find(statement) {
    for (const block of statement.blocks) {
      const missing = block.role === 'scalar' ? missingIndex(statement, block) : null;
      if (!missing) continue;
      const { table, columns } = missing;
      yield advice(
        block.holder ?? block.select,
        `This reads all of ${table.name} for each outer row: no index begins with ${columns.join(' or ')}. Create one on ${table.name} (${columns.join(', ')}), or compute the value once for each key and join it.`,
      );
    }
  },
};

function missingIndex(
  statement: AnalyzedStatement,
  block: Block,
): { readonly table: Table; readonly columns: readonly string[] } | null {
  const [source, ...more] = block.sources;
  const table = source?.table;
  if (!source || !table || more.length > 0 || source.kind !== 'table') return null;
  if (table.kind !== 'table' && table.kind !== 'partitioned') return null;
  if (table.rows !== null && table.rows < SMALL) return null;
  const correlation = correlationOf(statement, block);
  if (!correlation || correlation.keys.length === 0) return null;
  // a key that is an expression may have an index on that expression
  if (correlation.keys.some((key) => key.inner.kind !== 'column')) return null;
  const compared = block.where.flatMap((conjunct) =>
    equalitiesOf(conjunct, statement).filter((one) => one.column.source === source),
  );
  const columns = [
    ...new Set([
      ...correlation.keys.flatMap((key) =>
        key.inner.kind === 'column' ? (statement.resolve(key.inner)?.name ?? []) : [],
      ),
      ...compared.map((one) => one.column.name),
    ]),
  ];
  const serves = (first: string | null | undefined): boolean => first != null && columns.includes(first);
  const indexed =
    table.indexes.some((index) => index.valid && serves(index.columns[0]?.column)) ||
    table.keys.some((key) => serves(key.columns[0])) ||
    table.partitionKey.some((column) => serves(column));
  return indexed ? null : { table, columns };
}
