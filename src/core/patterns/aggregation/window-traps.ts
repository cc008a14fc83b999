/** Window functions that do not do what they look like. */
import type { FunctionCall, Window } from '../../sql/ast.ts';
import { containsKind } from '../../sql/properties/usage.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { windowEngines } from './window-engines.ts';

/** Functions whose result is a matter of the order of the rows alone. */
const BY_ORDER = new Set(['row_number', 'lag', 'lead', 'first_value', 'last_value', 'nth_value', 'ntile']);

/** `row_number() OVER (PARTITION BY k)` */
export const rowNumberWithoutOrder: Pattern = {
  id: 'row-number-without-order',
  title: 'row_number(), lag(), first_value() without ORDER BY',
  category: 'aggregation',
  engines: windowEngines('It is a question of results, not of speed.'),
  severity: 'warning',
  description:
    'Without ORDER BY in the window any row is the first, and another one the next time. ORDER BY (SELECT NULL) only silences SQL Server.',
  source:
    'https://www.postgresql.org/docs/current/tutorial-window.html; https://learn.microsoft.com/sql/t-sql/functions/row-number-transact-sql',
  precondition: 'The window has no ORDER BY, or one without any column.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before: 'SELECT o.id, row_number() OVER (PARTITION BY o.customer_id) AS n FROM orders o',
    after: null,
  },
  rewrites: false,
  needs: ['window call'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const call of block.windows) {
        const window = windowOf(call, block.select.windows);
        if (!window || window.base || !BY_ORDER.has(call.function)) continue;
        if (window.orderBy.some((item) => containsKind(item, 'column'))) continue;
        yield advice(
          call,
          `Without ORDER BY in its window ${call.function}() takes the rows in any order. Order by columns that leave no ties.`,
        );
      }
    }
  },
};

/** The window that a call is made over: its own, or the one of WINDOW that it names. */
function windowOf(
  { over }: FunctionCall,
  named: readonly { readonly name: { readonly name: string }; readonly window: Window }[],
): Window | null {
  if (over?.kind === 'window') return over;
  return named.find((one) => one.name.name === over?.name)?.window ?? null;
}

/** `last_value(x) OVER (ORDER BY y)` */
export const lastValueDefaultFrame: Pattern = {
  id: 'last-value-default-frame',
  title: 'last_value() with the default frame is the current row',
  category: 'aggregation',
  industries: ['analytics', 'time-series'],
  engines: windowEngines('It is a question of results, not of speed.'),
  severity: 'warning',
  description:
    'A window with ORDER BY ends at the current row unless a frame says otherwise, so last_value() gives the current row (or one that ties with it), and nth_value() is NULL before the n-th row.',
  source: 'https://www.postgresql.org/docs/current/functions-window.html',
  precondition: 'last_value or nth_value over a window with ORDER BY and without a frame.',
  example: {
    schema: 'CREATE TABLE prices (id int PRIMARY KEY, day date, price numeric);',
    before: 'SELECT p.day, last_value(p.price) OVER (ORDER BY p.day) AS latest FROM prices p',
    after: null,
  },
  rewrites: false,
  needs: ['window call'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const call of block.windows) {
        const window = windowOf(call, block.select.windows);
        if (call.function !== 'last_value' && call.function !== 'nth_value') continue;
        if (!window || window.frame || window.base || window.orderBy.length === 0) continue;
        yield advice(
          call,
          `The frame ends at the current row: ${call.function}() does not see the rows behind it. Is ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING meant?`,
        );
      }
    }
  },
};

/** `SELECT …, count(*) OVER () … LIMIT 20` */
export const countOverPage: Pattern = {
  id: 'count-over-for-paging',
  title: 'count(*) OVER () for the number of all rows of a page',
  category: 'aggregation',
  industries: ['saas', 'e-commerce'],
  engines: windowEngines('The page could be read from an index: counting reads all rows first.'),
  severity: 'info',
  description:
    'The page has a few rows, but for the total every row that matches is read and kept before the first comes back. Ask for one row more than a page to know whether there is a next one; count apart, less often, or estimate.',
  source: 'https://use-the-index-luke.com/sql/partial-results/window-functions',
  precondition:
    'count(*) over an empty window stands in the select list of a query with LIMIT, FETCH or TOP.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total numeric);',
    before: 'SELECT o.id, count(*) OVER () AS all_rows FROM orders o ORDER BY o.id LIMIT 20',
    after: null,
  },
  rewrites: false,
  needs: ['window call', 'few rows'],
  *find(statement) {
    for (const block of statement.blocks) {
      const { query, select } = block;
      if (query.body !== select || (!query.limit?.countRange && !select.top)) continue;
      for (const call of block.windows) {
        const { over } = call;
        const whole =
          over?.kind === 'window' && !over.base && over.partitionBy.length + over.orderBy.length === 0;
        if (call.function !== 'count' || !whole) continue;
        if (!select.items.some((item) => unwrapParens(item.expression) === call)) continue;
        yield advice(
          call,
          'For the number of all rows every one of them is read before the page comes back. Ask for one row more than the page, or count apart.',
        );
      }
    }
  },
};
