import type { Catalog, Table } from '../../catalog/catalog.ts';
import type { Expression } from '../../sql/ast.ts';
import { nodesOfKind } from '../../sql/properties/nodes.ts';
import type { AnalyzedStatement, WriteBlock } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** What columns are called that hold what is left of something. */
const LEFT = /(stock|quantity|qty|available|inventory|on_hand|balance|credits?|remaining|seats|tickets)/i;
/** What columns are called that say how much there may be. */
const LIMIT = /^(max|limit)_|_(limit|max|quota)$/i;

interface Step {
  readonly column: string;
  readonly operator: string;
  readonly value: Expression;
}

/** `SET column = column ± amount`. */
function stepsOf({ statement: node }: WriteBlock): Step[] {
  if (node.kind !== 'update') return [];
  return node.assignments.flatMap(({ targets, value, operator }) => {
    const column = targets.length === 1 ? targets[0]?.parts.at(-1)?.name : undefined;
    const e = unwrapParens(value);
    if (column && (operator === '-=' || operator === '+='))
      return [{ column, operator: operator[0] ?? '', value }];
    if (!column || e.kind !== 'binary' || (e.operator !== '-' && e.operator !== '+')) return [];
    const left = unwrapParens(e.left);
    return left.kind === 'column' && left.parts.at(-1)?.name === column
      ? [{ column, operator: e.operator, value: e.right }]
      : [];
  });
}

/** WHERE, or a CHECK of the table, mentions the column. */
function isGuarded(write: WriteBlock, column: string): boolean {
  const { table } = write.target ?? { table: null };
  const mentions = new RegExp(`\\b${column}\\b`, 'i');
  if (table?.checks.some((check) => mentions.test(check.expression))) return true;
  let guarded = false;
  const where = write.statement.kind === 'update' ? write.statement.where : null;
  if (where) {
    walk(where, (node) => {
      if (node.kind === 'column' && node.parts.at(-1)?.name === column) guarded = true;
    });
  }
  return guarded;
}

/** `UPDATE stock SET quantity = quantity - 1 WHERE product_id = 7` */
export const unguardedDecrement: Pattern = {
  id: 'stock-decrement-without-guard',
  title: 'Stock that may fall below zero',
  category: 'writes',
  industries: ['e-commerce'],
  engines: allEngines('never faster: it is about selling what is not there'),
  severity: 'info',
  description:
    'Two orders at the same time may both have seen one piece left. With `AND quantity >= 1` in the same statement only one of them changes a row, and the other one sees that none was; a CHECK keeps it true for every statement.',
  source: 'Kleppmann, "Designing Data-Intensive Applications", 2017, ch. 7: lost updates and write skew',
  precondition:
    'A column whose name says that it holds what is left is made smaller, and neither WHERE nor a CHECK of the catalog mentions it.',
  example: {
    schema: 'CREATE TABLE stock (product_id int PRIMARY KEY, quantity int NOT NULL);',
    before: 'UPDATE stock SET quantity = quantity - 1 WHERE product_id = 7',
    after: null,
  },
  rewrites: false,
  needs: ['write'],
  *find(statement) {
    for (const write of statement.writes) {
      const { table } = write.target ?? { table: null };
      if (!table) continue;
      for (const { column, operator } of stepsOf(write)) {
        if (operator !== '-' || !LEFT.test(column) || isGuarded(write, column)) continue;
        yield advice(
          write.statement.kind === 'update' ? write.statement.target : write.statement,
          `${column} may fall below zero when two sessions take from it. Add AND ${column} >= the amount to WHERE and look at the row count, or a CHECK to ${table.name}.`,
        );
      }
    }
  },
};

/** `UPDATE coupons SET uses = uses + 1 WHERE code = 'X'` where coupons has max_uses. */
export const unguardedLimit: Pattern = {
  id: 'limit-column-not-checked',
  title: 'Counter that ignores the limit beside it',
  category: 'writes',
  industries: ['e-commerce'],
  engines: allEngines('never faster: it is about coupons that are used too often'),
  severity: 'info',
  description:
    'The table has a limit for the counter, and the statement counts up without asking for it: a check in a query before lets two sessions through. `AND uses < max_uses` in the same statement lets one through.',
  source: 'Kleppmann, "Designing Data-Intensive Applications", 2017, ch. 7: lost updates and write skew',
  precondition:
    'A column is counted up in a table with exactly one column named as a limit, which neither WHERE nor a CHECK mentions.',
  example: {
    schema: 'CREATE TABLE coupons (code varchar(20) PRIMARY KEY, uses int NOT NULL, max_uses int NOT NULL);',
    before: "UPDATE coupons SET uses = uses + 1 WHERE code = 'SPRING'",
    after: null,
  },
  rewrites: false,
  needs: ['write'],
  *find(statement) {
    for (const write of statement.writes) {
      const limits = write.target?.table?.columns.filter((one) => LIMIT.test(one.name)) ?? [];
      const [limit] = limits;
      if (!limit || limits.length > 1) continue;
      for (const { column, operator } of stepsOf(write)) {
        if (
          operator !== '+' ||
          column === limit.name ||
          isGuarded(write, limit.name) ||
          write.statement.kind !== 'update'
        )
          continue;
        const named = limit.name.replace(LIMIT, '');
        // max_uses is the limit of uses, not of every number beside it
        if (named !== '' && !column.includes(named.replace(/s$/, '')) && !named.includes(column)) continue;
        yield advice(
          write.statement.target,
          `${column} is counted up without asking for ${limit.name}. Add AND ${column} < ${limit.name} to WHERE and look at the row count.`,
        );
      }
    }
  },
};

/** `sum(i.quantity * p.price)` where order_items has a price of its own. */
export const currentPriceOfOrder: Pattern = {
  id: 'order-total-from-current-price',
  title: 'Total of an order by the current price of the product',
  category: 'joins',
  industries: ['e-commerce'],
  engines: allEngines('a join less; above all the total stays what was paid'),
  severity: 'info',
  description:
    'The line of the order has its own price, the one that was agreed. Computed with the price of the product, the total of an old order changes with every new price.',
  source: 'Silverston, "The Data Model Resource Book", 2001: order item price',
  precondition:
    'A product of a quantity and a price takes the price from a table that the line refers to by a foreign key, and the line has a price column itself.',
  example: {
    schema: `CREATE TABLE products (id int PRIMARY KEY, price decimal(10,2));
CREATE TABLE order_items (order_id int, product_id int REFERENCES products (id), quantity int, unit_price decimal(10,2), PRIMARY KEY (order_id, product_id));`,
    before:
      'SELECT i.order_id, sum(i.quantity * p.price) FROM order_items i JOIN products p ON p.id = i.product_id GROUP BY i.order_id',
    after: null,
  },
  rewrites: false,
  needs: ['operator *'],
  *find(statement) {
    if (!hasPricedChild(statement.catalog)) return;
    for (const place of nodesOfKind(statement, 'binary')) {
      if (place.operator !== '*') continue;
      for (const [a, b] of [
        [place.left, place.right],
        [place.right, place.left],
      ] as const) {
        const [amount, price] = [columnOf(statement, a), columnOf(statement, b)];
        if (!amount?.table || !price?.table || amount.table === price.table) continue;
        if (!/(quantity|qty|amount|pieces|units)/i.test(amount.name) || !/price/i.test(price.name)) continue;
        const own = amount.table.columns.find((one) => /price/i.test(one.name));
        if (!own || !refersTo(amount.table, price.table)) continue;
        yield advice(
          b,
          `${amount.table.name} has ${own.name}, the price that was agreed; ${price.table.name}.${price.name} is the price of today.`,
        );
      }
    }
  },
};

function columnOf(statement: AnalyzedStatement, expression: Expression) {
  const e = unwrapParens(expression);
  return e.kind === 'column' ? statement.resolve(e) : null;
}

/** Some table has a price of its own and refers to another one. */
function hasPricedChild(catalog: Catalog): boolean {
  const known = PRICED.get(catalog);
  if (known !== undefined) return known;
  const priced = catalog.tables.some(
    (table) => table.foreignKeys.length > 0 && table.columns.some((one) => /price/i.test(one.name)),
  );
  PRICED.set(catalog, priced);
  return priced;
}

const PRICED = new WeakMap<Catalog, boolean>();

function refersTo(child: Table, parent: Table): boolean {
  return child.foreignKeys.some(
    ({ references }) => references.table === parent.name && references.schema === parent.schema,
  );
}
