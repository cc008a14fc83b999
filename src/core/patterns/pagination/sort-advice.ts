/** Sorts that no index can give. */

import type { Table } from '../../catalog/catalog.ts';
import type { OrderItem } from '../../sql/ast.ts';
import { containsKind } from '../../sql/properties/usage.ts';
import type { AnalyzedStatement, Block, ResolvedColumn } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { orderByRange } from '../../sql/writing/ranges.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

const RANDOM = new Set(['random', 'rand', 'newid', 'gen_random_uuid', 'uuid']);

/** `ORDER BY random()` */
export const orderByRandom: Pattern = {
  id: 'order-by-random',
  title: 'ORDER BY a random number',
  category: 'pagination',
  industries: ['e-commerce'],
  engines: allEngines('The table is large: all of it is read and sorted for a few rows.'),
  severity: 'warning',
  description:
    'A number is drawn for every row and all rows are sorted by it. TABLESAMPLE reads some pages only; a random key and the rows behind it come by an index; both draw with other chances than the sort, so it is no rewrite.',
  source:
    'https://www.postgresql.org/docs/current/sql-select.html#SQL-FROM (TABLESAMPLE); Karwin, "SQL Antipatterns", 2010; soar CLA.002',
  precondition: 'An item of ORDER BY calls random(), rand(), newid() or a random UUID without a column.',
  example: {
    schema: 'CREATE TABLE products (id int PRIMARY KEY, name text);',
    before: 'SELECT p.id, p.name FROM products p ORDER BY random() LIMIT 5',
    after: null,
  },
  rewrites: false,
  needs: ['orderItem'],
  *find(statement) {
    for (const block of statement.blocks) {
      const item = block.orderBy.find(({ expression }) => isRandom(expression));
      if (item)
        yield advice(
          item,
          'All rows are read and sorted by a random number. TABLESAMPLE, or a random key and the rows behind it, reads only a few.',
        );
    }
  },
};

function isRandom(expression: OrderItem['expression']): boolean {
  let random = false;
  walk(expression, (node) => {
    if (node.kind === 'call' && RANDOM.has(node.function)) random = true;
    return node.kind !== 'query';
  });
  return random && !containsKind(expression, 'column');
}

/** The query stops after a few rows: then an index in the order of ORDER BY would pay. */
function isLimited({ query, select }: Block): boolean {
  return (
    query.body === select &&
    ((query.limit?.countRange !== undefined && query.limit.countRange !== null) || select.top !== null)
  );
}

/** The table's column that an item of ORDER BY is. */
function columnOfItem(statement: AnalyzedStatement, block: Block, item: OrderItem): ResolvedColumn | null {
  const e = unwrapParens(item.expression);
  if (e.kind !== 'column') return null;
  const expression = statement.outputOf(e)?.expression ?? e;
  const inner = unwrapParens(expression);
  const column = inner.kind === 'column' ? statement.resolve(inner) : null;
  return column?.source.block === block && column.table ? column : null;
}

/** `ORDER BY a.x, b.y LIMIT 20` */
export const orderByTwoTables: Pattern = {
  id: 'order-by-two-tables',
  title: 'LIMIT over an ORDER BY of several tables',
  category: 'pagination',
  industries: ['saas', 'e-commerce'],
  engines: allEngines(
    'Many rows are joined: no index has columns of two tables, so all of them are joined and sorted.',
  ),
  severity: 'info',
  description:
    'No index has the columns of two tables, so every row is joined and sorted for the first few. Order by one table, or keep a copy of the other column in it.',
  source: 'https://use-the-index-luke.com/sql/sorting-grouping/indexed-order-by; soar CLA.006',
  precondition: 'ORDER BY of a query with LIMIT, FETCH or TOP has columns of several tables.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int, day date);',
    before:
      'SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY c.name, o.day LIMIT 20',
    after: null,
  },
  rewrites: false,
  needs: ['orderItem', 'several sources', 'few rows'],
  *find(statement) {
    for (const block of statement.blocks) {
      const range = orderByRange(statement, block.query);
      if (!range || !isLimited(block) || block.grouped) continue;
      const sources = new Set(block.orderBy.map((item) => columnOfItem(statement, block, item)?.source));
      sources.delete(undefined);
      if (sources.size > 1)
        yield advice(
          range,
          `Columns of ${[...sources].map((source) => source?.alias).join(' and ')} are in no one index: all rows are joined and sorted for the first few.`,
        );
    }
  },
};

/** `ORDER BY a ASC, b DESC LIMIT 20` without such an index */
export const mixedDirections: Pattern = {
  id: 'mixed-sort-directions',
  title: 'LIMIT over ascending and descending columns without an index in that order',
  category: 'pagination',
  engines: [
    {
      dialect: 'postgresql',
      pays: 'Many rows: an index with the same directions gives the first ones at once.',
    },
    {
      dialect: 'mysql',
      from: 8,
      pays: 'Many rows: an index with the same directions gives the first ones at once.',
    },
    { dialect: 'mariadb', from: 10, pays: 'Many rows; descending columns of indexes are there since 10.8.' },
    { dialect: 'tsql', pays: 'Many rows: an index with the same directions gives the first ones at once.' },
  ],
  severity: 'hint',
  description:
    'An index can be read forwards and backwards, but not both at once: for mixed directions its columns must be declared with them, or all rows are sorted.',
  source:
    'https://www.postgresql.org/docs/current/indexes-ordering.html; https://dev.mysql.com/doc/refman/8.4/en/descending-indexes.html; soar KEY.008',
  precondition:
    'ORDER BY of a query with LIMIT, FETCH or TOP has columns of one table in both directions, and no index begins with them in these (or the opposite) directions.',
  example: {
    schema:
      'CREATE TABLE scores (id int PRIMARY KEY, points int, day date); CREATE INDEX ON scores (points, day);',
    before: 'SELECT s.id FROM scores s ORDER BY s.points DESC, s.day LIMIT 10',
    after: null,
  },
  rewrites: false,
  needs: ['orderItem', 'few rows'],
  *find(statement) {
    for (const block of statement.blocks) {
      const range = orderByRange(statement, block.query);
      if (!range || !isLimited(block) || block.grouped || block.orderBy.length < 2) continue;
      const columns = block.orderBy.map((item) => columnOfItem(statement, block, item));
      const [first] = columns;
      const descending = block.orderBy.map((item) => item.direction === 'desc');
      if (!first?.table || columns.some((column) => column?.source !== first.source)) continue;
      if (new Set(descending).size < 2) continue;
      const names = columns.map((column) => column?.name ?? '');
      if (!hasIndex(first.table, names, descending))
        yield advice(
          range,
          `No index has ${names.map((name, at) => `${name}${descending[at] ? ' DESC' : ''}`).join(', ')}: all rows are sorted for the first few.`,
        );
    }
  },
};

/** An index that gives the order forwards or backwards. */
function hasIndex(table: Table, names: readonly string[], descending: readonly boolean[]): boolean {
  return table.indexes.some((index) => {
    const keys = index.columns.slice(0, names.length);
    if (!names.every((name, at) => keys[at]?.column === name)) return false;
    const flipped = keys[0]?.descending !== descending[0];
    return keys.every((key, at) => (key.descending !== descending[at]) === flipped);
  });
}

/** `ORDER BY lower(name) LIMIT 20` */
export const orderByExpression: Pattern = {
  id: 'order-by-expression',
  title: 'LIMIT over an ORDER BY of an expression',
  category: 'pagination',
  engines: allEngines(
    'Many rows: an index on the expression, or on a generated column, gives the first ones at once.',
  ),
  severity: 'hint',
  description:
    'No index on the column gives the order of the expression: it is computed for every row and all rows are sorted for the first few.',
  source: 'https://www.postgresql.org/docs/current/indexes-expressional.html; soar CLA.009',
  precondition:
    'The first item of ORDER BY of a query with LIMIT, FETCH or TOP is a call, CASE, cast or arithmetic over a column of a table.',
  example: {
    schema: 'CREATE TABLE users (id int PRIMARY KEY, name text);',
    before: 'SELECT u.id FROM users u ORDER BY lower(u.name) LIMIT 20',
    after: null,
  },
  rewrites: false,
  needs: ['orderItem', 'few rows', ['call', 'cast', 'binary', 'case']],
  *find(statement) {
    for (const block of statement.blocks) {
      const [item] = block.orderBy;
      if (!item || !isLimited(block) || block.grouped || !block.sources.some((source) => source.table))
        continue;
      const e = unwrapParens(item.expression);
      const meant = e.kind === 'column' ? (statement.outputOf(e)?.expression ?? e) : e;
      const computed = ['call', 'cast', 'binary', 'case'].includes(unwrapParens(meant).kind);
      if (!computed || !containsKind(meant, 'column') || containsKind(meant, 'query')) continue;
      // a window function has no index
      if (block.windows.some((call) => meant.start <= call.start && call.end <= meant.end)) continue;
      yield advice(
        item,
        `${statement.text.slice(meant.start, meant.end)} is computed for every row, and all rows are sorted for the first few. An index on the expression gives them at once.`,
      );
    }
  },
};

const LONG = /^(tiny|medium|long)?(text|blob)\b/i;

/** MySQL's `ORDER BY description` of a TEXT column */
export const sortByLongText: Pattern = {
  id: 'sort-by-long-text',
  title: 'ORDER BY of a TEXT or BLOB column',
  category: 'pagination',
  engines: (['mysql', 'mariadb'] as const).map((dialect) => ({
    dialect,
    pays: 'Many rows: with a VARCHAR, or the first characters, the sort stays in memory.',
  })),
  severity: 'info',
  description:
    'Only the first max_sort_length bytes are compared, and rows with such columns are sorted by pointers or on disk: temporary tables with TEXT or BLOB may not stay in memory.',
  source:
    'https://dev.mysql.com/doc/refman/8.4/en/order-by-optimization.html; https://dev.mysql.com/doc/refman/8.4/en/blob.html',
  precondition: 'An item of ORDER BY is a column whose type is TEXT or BLOB of any length.',
  example: {
    schema: 'CREATE TABLE posts (id int PRIMARY KEY, body text);',
    before: 'SELECT p.id FROM posts p ORDER BY p.body',
    after: null,
  },
  rewrites: false,
  needs: ['orderItem'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const item of block.orderBy) {
        const column = columnOfItem(statement, block, item)?.column;
        if (column && LONG.test(column.type))
          yield advice(
            item,
            `${column.name} is ${column.type}: only its first max_sort_length bytes are compared, and the sort may go to disk.`,
          );
      }
    }
  },
};

/** MySQL's `UPDATE … ORDER BY …` */
export const orderByInWrite: Pattern = {
  id: 'order-by-in-write',
  title: 'ORDER BY in UPDATE or DELETE',
  category: 'pagination',
  engines: (['mysql', 'mariadb'] as const).map((dialect) => ({
    dialect,
    pays: 'Without LIMIT all rows are sorted, mostly for nothing.',
  })),
  severity: 'info',
  description:
    'Without LIMIT all matching rows are written anyway, and sorting them first only matters where a unique key would be violated in between. With LIMIT, and an ORDER BY that leaves ties, a replica may write other rows.',
  source:
    'https://dev.mysql.com/doc/refman/8.4/en/update.html; https://dev.mysql.com/doc/refman/8.4/en/replication-features-limit.html; soar RES.004',
  precondition: 'UPDATE or DELETE has ORDER BY.',
  example: {
    schema: 'CREATE TABLE jobs (id int PRIMARY KEY, state int, made_on date);',
    before: 'DELETE FROM jobs WHERE state = 3 ORDER BY made_on',
    after: null,
  },
  rewrites: false,
  needs: ['write', 'orderItem'],
  *find(statement) {
    for (const { statement: write } of statement.writes) {
      if ((write.kind !== 'update' && write.kind !== 'delete') || write.orderBy.length === 0) continue;
      const [first] = write.orderBy;
      const last = write.orderBy.at(-1);
      if (!first || !last) continue;
      const range = { start: first.start, end: last.end };
      const verb = write.kind === 'update' ? 'updated' : 'deleted';
      yield advice(
        range,
        write.limit
          ? `Which rows are ${verb} depends on ties of ${statement.text.slice(range.start, range.end)}: a replica may choose others. End with a unique key.`
          : `All matching rows are ${verb} anyway: the sort is for nothing, unless a unique key would be violated on the way.`,
      );
    }
  },
};
