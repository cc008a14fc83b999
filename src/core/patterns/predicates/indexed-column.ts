/** Columns that a search could find by an index or a partition, and expressions that have an index of their own. */
import type { Table } from '../../catalog/catalog.ts';
import type { ColumnRef, Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement, ResolvedColumn } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';

/** A column of a table, with what makes a plain comparison on it fast. */
export interface SearchableColumn {
  readonly reference: ColumnRef;
  readonly resolved: ResolvedColumn;
  readonly table: Table;
  /** 'partition': no index, but a plain comparison leaves partitions out */
  readonly by: 'index' | 'partition';
  /** name of the index or of the partitioned table */
  readonly name: string;
}

/**
 * The column that an expression is, when a comparison on it can use an index or leave out partitions.
 *
 * @returns null for another expression, an unknown column, and one that no usable index begins with
 */
export function searchableColumn(
  statement: AnalyzedStatement,
  expression: Expression,
): SearchableColumn | null {
  const reference = unwrapParens(expression);
  if (reference.kind !== 'column') return null;
  const resolved = statement.resolve(reference);
  const table = resolved?.table;
  if (!resolved?.column || !table) return null;
  const { name } = resolved.column;
  const index = table.indexes.find(
    (one) => one.valid && one.predicate === null && one.columns[0]?.column === name,
  );
  if (index) return { reference, resolved, table, by: 'index', name: index.name };
  const key = table.keys.find((one) => one.columns[0] === name);
  if (key) return { reference, resolved, table, by: 'index', name: key.name };
  return table.partitionKey.includes(name)
    ? { reference, resolved, table, by: 'partition', name: table.name }
    : null;
}

/** Does the table have an index on an expression over that column with that function (or cast)? Then it serves as it is. */
export function hasExpressionIndex(column: SearchableColumn, fragment: string): boolean {
  const name = column.resolved.name;
  return column.table.indexes.some((index) =>
    index.columns.some(
      ({ expression }) =>
        expression?.toLowerCase().includes(fragment.toLowerCase()) &&
        new RegExp(`\\b${name}\\b`).test(expression),
    ),
  );
}

/** What a plain comparison on the column would use, for a message. */
export function serving(column: SearchableColumn): string {
  return column.by === 'index' ? `index ${column.name}` : `the partitions of ${column.name}`;
}

const CONSTANT_CALLS = new Set([
  'now',
  'current_date',
  'current_timestamp',
  'transaction_timestamp',
  'statement_timestamp',
  'localtimestamp',
  'date_trunc',
  'make_date',
  'make_timestamp',
  'make_timestamptz',
  'make_interval',
  'to_date',
]);

/** The same value for every row of one execution: no column, no subquery, no volatile function. */
export function isRowConstant(expression: Expression): boolean {
  let constant = true;
  walk(expression, (node) => {
    switch (node.kind) {
      case 'literal':
      case 'typedLiteral':
      case 'placeholder':
      case 'cast':
      case 'paren':
      case 'unary':
      case 'binary':
      case 'atTimeZone':
      case 'argument':
      case 'identifier':
      case 'type':
        return true;
      case 'call':
        constant &&= CONSTANT_CALLS.has(node.function) && node.name.length === 1 && node.over === null;
        return constant;
      default:
        constant = false;
        return false;
    }
  });
  return constant;
}
