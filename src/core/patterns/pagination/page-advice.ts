/** Pages that cost more the further one turns them. */
import type { Expression } from '../../sql/ast.ts';
import { isTotalOrder } from '../../sql/properties/order.ts';
import { isUncorrelated } from '../../sql/properties/usage.ts';
import type { AnalyzedStatement, Block, ResolvedColumn } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { orderByRange } from '../../sql/writing/ranges.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** A page has fewer rows; more at once are worked off by a job. */
const BATCH = 500;

/** `ORDER BY placed_at, id LIMIT 20 OFFSET 40` */
export const keysetPaging: Pattern = {
  id: 'keyset-paging',
  title: 'Pages by OFFSET: remember the last row instead',
  category: 'pagination',
  industries: ['saas', 'e-commerce'],
  engines: allEngines(
    'There are many pages, an index has the columns of ORDER BY, and the reader goes from page to page.',
  ),
  severity: 'info',
  description:
    'Every page reads all pages before it, and a row that comes or goes in between moves all the others: one is shown twice, or never. A condition on the last row of the page before begins where it ended. It changes what the application sends, so it is no rewrite.',
  source:
    'https://use-the-index-luke.com/no-offset; measured 199 times on PostgreSQL 15 and 56 times on MariaDB 10.11 at offset 150,000',
  precondition: 'A query with OFFSET is ordered by columns that are NOT NULL and leave no ties.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, placed_at timestamp NOT NULL);',
    before: 'SELECT o.id, o.placed_at FROM orders o ORDER BY o.placed_at DESC, o.id DESC LIMIT 20 OFFSET 40',
    after: null,
  },
  rewrites: false,
  needs: ['limit'],
  *find(statement) {
    for (const block of statement.blocks) {
      const { limit } = block.query;
      if (!limit?.offset || !limit.count || isZero(limit.offset) || block.query.body !== block.select)
        continue;
      const columns = block.orderBy.map((item) => columnOf(statement, block, item.expression));
      if (
        columns.length === 0 ||
        columns.some((column) => !column?.notNull) ||
        !isTotalOrder(block, statement)
      )
        continue;
      const condition = behind(statement, block);
      yield advice(
        limit.offsetRange ?? limit,
        `Every page reads the pages before it. With the last row of the page before, ask for ${condition} and leave OFFSET out.`,
      );
    }
  },
};

function isZero(offset: Expression): boolean {
  const e = unwrapParens(offset);
  return e.kind === 'literal' && /^0+$/.test(e.value);
}

function columnOf(statement: AnalyzedStatement, block: Block, expression: Expression): ResolvedColumn | null {
  const e = unwrapParens(expression);
  const column = e.kind === 'column' ? statement.resolve(e) : null;
  return column?.source.block === block ? column : null;
}

/** The condition for the rows behind the last one: `(a, b) < (:last_a, :last_b)`, or spelled out. */
function behind(statement: AnalyzedStatement, block: Block): string {
  const items = block.orderBy.map((item) => ({
    text: statement.text.slice(item.expression.start, item.expression.end),
    last: `:last_${columnOf(statement, block, item.expression)?.name ?? 'value'}`,
    operator: item.direction === 'desc' ? '<' : '>',
  }));
  const [first] = items;
  const uniform = items.every((item) => item.operator === first?.operator);
  if (items.length === 1 && first) return `${first.text} ${first.operator} ${first.last}`;
  // only PostgreSQL reads a comparison of rows as a range of an index
  if (uniform && first && statement.dialect === 'postgresql')
    return `(${items.map((item) => item.text).join(', ')}) ${first.operator} (${items.map((item) => item.last).join(', ')})`;
  const ways = items.map((item, at) =>
    [
      ...items.slice(0, at).map((before) => `${before.text} = ${before.last}`),
      `${item.text} ${item.operator} ${item.last}`,
    ].join(' AND '),
  );
  const range = first ? `${first.text} ${first.operator}= ${first.last} AND ` : '';
  return `${range}(${ways.map((way, at) => (at === 0 ? way : `(${way})`)).join(' OR ')})`;
}

/** `SELECT …, (SELECT count(*) FROM t) AS total … LIMIT 20` */
export const countBesidePage: Pattern = {
  id: 'count-beside-page',
  title: 'The number of all rows with every page',
  category: 'pagination',
  industries: ['saas', 'e-commerce'],
  engines: allEngines('The page comes from an index in no time, and the count reads all rows.'),
  severity: 'info',
  description:
    'The count costs more than the page and is the same on all of them. Ask for one row more than a page to know whether there is a next one; count once, or estimate.',
  source:
    'https://use-the-index-luke.com/sql/partial-results/fetch-next-page; https://wiki.postgresql.org/wiki/Count_estimate',
  precondition:
    'An uncorrelated subquery that counts stands in the select list of a query with LIMIT, FETCH or TOP.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total numeric);',
    before: 'SELECT o.id, (SELECT count(*) FROM orders) AS all_rows FROM orders o ORDER BY o.id LIMIT 20',
    after: null,
  },
  rewrites: false,
  needs: ['few rows', 'subquery'],
  *find(statement) {
    for (const block of statement.blocks) {
      const { query, select } = block;
      if (query.body !== select || (!query.limit?.countRange && !select.top)) continue;
      for (const item of select.items) {
        const e = unwrapParens(item.expression);
        const inner = e.kind === 'subquery' ? statement.blocksOfQuery(e.query)[0] : undefined;
        const [call] = inner?.aggregates ?? [];
        const counts = inner && call?.function === 'count' && !inner.select.groupBy && isUncorrelated(inner);
        if (counts)
          yield advice(
            item,
            'All rows are counted for every page. Ask for one row more than the page, or count once.',
          );
      }
    }
  },
};

/** `… ORDER BY id LIMIT 1000 OFFSET ?` in a job */
export const offsetInBatches: Pattern = {
  id: 'offset-in-batches',
  title: 'A job that works off a table by OFFSET',
  category: 'pagination',
  industries: ['analytics', 'saas'],
  engines: allEngines('The table has many batches: all of them together read half the square of its rows.'),
  severity: 'warning',
  description:
    'Batch n reads all batches before it, and when the job changes what it selects by, rows slip into the part that is skipped and are never worked on. Windows of the key (from the last one, or by ranges of ids) read each row once.',
  source:
    'https://use-the-index-luke.com/no-offset; https://docs.gitlab.com/development/database/iterating_tables_in_batches/',
  precondition: 'LIMIT is a number of 500 or more, and OFFSET a parameter or a number other than 0.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total numeric);',
    before: 'SELECT o.id, o.total FROM orders o ORDER BY o.id LIMIT 5000 OFFSET 20000',
    after: null,
  },
  rewrites: false,
  needs: ['limit'],
  *find(statement) {
    for (const block of statement.blocks) {
      const { limit } = block.query;
      const count = limit?.count ? unwrapParens(limit.count) : null;
      if (!limit?.offset || isZero(limit.offset) || count?.kind !== 'literal' || Number(count.value) < BATCH)
        continue;
      yield advice(
        limit,
        `Each batch of ${count.value} reads all the batches before it. Go on behind the last key: WHERE key > :last ORDER BY key, without OFFSET.`,
      );
    }
  },
};

/** MySQL's SQL_CALC_FOUND_ROWS */
export const calcFoundRows: Pattern = {
  id: 'sql-calc-found-rows',
  title: 'SQL_CALC_FOUND_ROWS',
  category: 'pagination',
  engines: (['mysql', 'mariadb'] as const).map((dialect) => ({
    dialect,
    pays: 'An index gives the page in order: without the words the query may stop after it.',
  })),
  severity: 'warning',
  description:
    'LIMIT no longer stops the query: all rows are found and counted. MySQL deprecated it in 8.0.17; a second query with count(*) may use another index and needs no sort. The two may see different rows outside of one transaction, so it is no rewrite.',
  source:
    'https://dev.mysql.com/doc/refman/8.4/en/information-functions.html#function_found-rows; soar KWR.001',
  precondition: 'The words stand behind SELECT.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total decimal(10, 2));',
    before: 'SELECT SQL_CALC_FOUND_ROWS o.id FROM orders o ORDER BY o.id LIMIT 20',
    after: null,
  },
  rewrites: false,
  *find(statement) {
    for (const token of statement.tokens) {
      if (token.upper !== 'SQL_CALC_FOUND_ROWS' || token.kind !== 'word') continue;
      const block = statement.blocks.find(
        ({ select }) => select.start <= token.start && token.end <= select.end,
      );
      const range = (block && orderByRange(statement, block.query)) ?? token;
      yield advice(
        token,
        range === token
          ? 'All rows are found, not only those of the page. Count them by a second query with count(*).'
          : 'All rows are found and sorted, not only those of the page. Count them by a second query with count(*), which needs no sort.',
      );
    }
  },
};
