import type { Index, Table } from '../../catalog/catalog.ts';
import type { AnalyzedStatement, Conjunct, ResolvedColumn } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { conjunctAdvice } from '../advice-patterns.ts';
import { allEngines } from '../engines.ts';
import { comparisonsOf } from './comparison.ts';
import { isRowConstant } from './indexed-column.ts';
import { MOST_COMPARED, quote } from './positive.ts';

/** `b = 1` beside an index on (a, b) */
export const laterIndexColumn = conjunctAdvice(
  {
    id: 'later-index-column',
    needs: ['where', 'operator ='],
    title: 'Equality on a column that an index does not begin with',
    category: 'predicates',
    industries: ['saas', 'e-commerce'],
    engines: allEngines(
      'The table is large and few rows have the value. (PostgreSQL 18 and MySQL 8 can skip through few values of the first column.)',
    ),
    severity: 'info',
    description:
      'An index is ordered by its first column: the rows with one value of a later column are all over it, so all of it is read. An index that begins with the column, or a condition on the first one, makes it a search.',
    source: 'https://use-the-index-luke.com/sql/where-clause/the-equals-operator/concatenated-keys',
    precondition:
      'A column is compared by = with a constant; indexes have it, but none begins with it, and no condition of the same WHERE is on the first column of one of them.',
    example: {
      schema:
        'CREATE TABLE items (order_id integer, product_id integer, PRIMARY KEY (order_id, product_id));',
      before: 'SELECT * FROM items WHERE product_id = 17',
    },
  },
  ({ expression, block, place }, statement) => {
    if (block.where.length > MOST_COMPARED) return null;
    const column = place === 'where' ? equalColumn(statement, expression) : null;
    const table = column?.table;
    if (!column || !table) return null;
    const orders = ordersOf(table);
    if (orders.some(([first]) => first === column.name)) return null;
    const later = orders.find((order) => order.includes(column.name));
    const all = [...block.where, ...block.joins.flatMap((join) => join.on)];
    const [first] = later ?? [];
    if (!first || orders.some(([leading]) => isMentioned(statement, all, column, leading))) return null;
    return `The index on (${later?.join(', ')}) begins with ${first}: it is not searched for ${quote(statement, expression)}. One that begins with ${column.name} is.`;
  },
);

/** Columns of keys and full b-tree indexes, in order. */
function ordersOf(table: Table): readonly (readonly string[])[] {
  const isOrdered = (index: Index): boolean =>
    index.valid && index.predicate === null && !/^(gin|gist|brin|hash|spgist)$/.test(index.method);
  return [
    ...table.keys.map((key) => key.columns),
    ...table.indexes.filter(isOrdered).map((index) => index.columns.flatMap((key) => key.column ?? [])),
  ];
}

function equalColumn(
  statement: AnalyzedStatement,
  expression: Conjunct['expression'],
): ResolvedColumn | null {
  if (expression.kind !== 'binary' || expression.operator !== '=') return null;
  const comparison = comparisonsOf(expression, (side) => side.kind === 'column')?.[0];
  if (comparison?.left.kind !== 'column' || !isRowConstant(comparison.right)) return null;
  return statement.resolve(comparison.left);
}

/** Some condition is on that column of the same source. */
function isMentioned(
  statement: AnalyzedStatement,
  conjuncts: readonly Conjunct[],
  { source }: ResolvedColumn,
  name: string | undefined,
): boolean {
  return conjuncts.some(({ expression }) => {
    const operands =
      expression.kind === 'binary'
        ? [expression.left, expression.right]
        : expression.kind === 'in' || expression.kind === 'between' || expression.kind === 'like'
          ? [expression.operand]
          : [];
    return operands.map(unwrapParens).some((operand) => {
      const column = operand.kind === 'column' ? statement.resolve(operand) : null;
      return column?.source === source && column.name === name;
    });
  });
}
