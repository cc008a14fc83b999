/** Which indexes are thought of for a statement, and which are not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Catalog, ColumnStatistics } from '../../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { candidatesOf } from '../../../src/core/indexes/candidates.ts';
import { workloadFromTexts } from '../../../src/core/indexes/workload.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import type { Dialect } from '../../../src/core/sql/dialect.ts';

const DDL = `
  CREATE TABLE customers (id int PRIMARY KEY, email varchar(100), note text, active boolean);
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, status varchar(10), day date, total int, data json, body text);`;

const DISTINCT: Readonly<Record<string, number>> = {
  customer_id: 5000,
  status: 5,
  day: 400,
  total: 900,
  email: 9000,
};

function catalogOf(more = '', rows: number | null = 100_000, dialect: Dialect = 'postgresql'): Catalog {
  const catalog = catalogFromDdl(DDL + more, dialect);
  const statistics = (name: string): ColumnStatistics | null =>
    DISTINCT[name] === undefined
      ? null
      : {
          ...{ nullFraction: 0, distinct: DISTINCT[name], correlation: 0, averageWidth: 8 },
          ...{ mostCommon: [], histogram: [] },
        };
  return {
    ...catalog,
    tables: catalog.tables.map((table) => ({
      ...table,
      rows,
      columns: table.columns.map((column) => ({ ...column, statistics: statistics(column.name) })),
    })),
  };
}

/** 'orders (customer_id, day DESC)' */
function thoughtOf(sql: string, catalog = catalogOf()): string[] {
  return candidatesOf([analyzeStatement(sql, catalog)]).candidates.map(
    ({ table, keys }) =>
      `${table.name} (${keys.map(({ column, expression, descending }) => `${column ?? expression}${descending ? ' DESC' : ''}`).join(', ')})`,
  );
}

function leftOut(sql: string, catalog = catalogOf()): string[] {
  return candidatesOf([analyzeStatement(sql, catalog)]).left.map(({ reason }) => reason);
}

describe('an index that could serve', () => {
  const CASES: readonly (readonly [string, string, string])[] = [
    [
      'has equalities, the most selective first, then one range',
      "SELECT * FROM orders WHERE status = 'open' AND total > 5 AND customer_id = 7 AND day < '2024-01-01'",
      'orders (customer_id, status, total)',
    ],
    [
      'takes parameters like constants',
      'SELECT * FROM orders WHERE customer_id = $1',
      'orders (customer_id)',
    ],
    [
      'has the wanted order behind the equalities',
      "SELECT * FROM orders WHERE status = 'open' ORDER BY day DESC, total",
      'orders (status, day DESC, total)',
    ],
    [
      'goes up where all of the order goes down',
      "SELECT * FROM orders WHERE status = 'open' ORDER BY day DESC LIMIT 5",
      'orders (status, day)',
    ],
    [
      'serves an order alone when few rows are wanted',
      'SELECT * FROM orders ORDER BY day LIMIT 5',
      'orders (day)',
    ],
    [
      'serves a join from the other side',
      'SELECT 1 FROM customers c JOIN orders o ON o.customer_id = c.id',
      'orders (customer_id)',
    ],
    [
      'serves a correlated subquery',
      'SELECT (SELECT max(o.total) FROM orders o WHERE o.customer_id = c.id) FROM customers c',
      'orders (customer_id)',
    ],
    ['serves an UPDATE', 'UPDATE orders SET total = 0 WHERE customer_id = 3', 'orders (customer_id)'],
    ['serves a DELETE', "DELETE FROM orders WHERE day < '2020-01-01'", 'orders (day)'],
    ['serves a list', 'SELECT * FROM orders WHERE customer_id IN (1, 2, 3)', 'orders (customer_id)'],
    ['serves an array', 'SELECT * FROM orders WHERE customer_id = ANY($1)', 'orders (customer_id)'],
    [
      'is on lower(x) where that is compared',
      "SELECT * FROM customers WHERE lower(email) = lower('A')",
      'customers (lower(email))',
    ],
    [
      'serves the side that an outer join fills with NULLs',
      'SELECT 1 FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND o.day = $1',
      'orders (customer_id, day)',
    ],
    ['serves a test for NULL', 'SELECT * FROM orders WHERE day IS NULL', 'orders (day)'],
  ];
  for (const [what, sql, index] of CASES) {
    test(what, () => assert.ok(thoughtOf(sql).includes(index), thoughtOf(sql).join('; ')));
  }
});

describe('no index is thought of', () => {
  const CASES: readonly (readonly [string, string])[] = [
    [
      'for conditions of an outer join on the side that it keeps',
      "SELECT 1 FROM customers c LEFT JOIN orders o ON o.id = c.id AND c.email = 'x'",
    ],
    ['for other calls', "SELECT * FROM customers WHERE substr(email, 1) = 'x'"],
    ['for an expression over the column', 'SELECT * FROM orders WHERE total + 1 = 5'],
    ['for a column compared with itself', 'SELECT * FROM orders WHERE total = total'],
    ['for other columns of the same row', 'SELECT * FROM orders WHERE total = customer_id'],
    ['for inequality', 'SELECT * FROM orders WHERE total <> 5'],
    ['below OR', 'SELECT * FROM orders WHERE total = 5 OR customer_id = 3'],
    ['for NOT IN', 'SELECT * FROM orders WHERE total NOT IN (1, 2)'],
    ['for JSON and texts of any length', "SELECT * FROM orders WHERE body = 'x'"],
    ['for a text that is compared with a number', 'SELECT * FROM customers WHERE email = 5'],
    ['for columns that are only selected', 'SELECT total, day FROM orders'],
    ['for an order without a limit', 'SELECT * FROM orders ORDER BY day'],
    ['for an order of groups', 'SELECT day FROM orders GROUP BY day ORDER BY day LIMIT 3'],
    ['for another order of NULLs', 'SELECT * FROM orders ORDER BY day NULLS FIRST LIMIT 3'],
    ['for a row that the primary key finds', 'SELECT * FROM orders WHERE id = 5 AND total = 3'],
    ['for a flag', 'SELECT * FROM customers WHERE active = true'],
    ['for a name that is not known', 'SELECT * FROM orders WHERE nothing = 5'],
  ];
  for (const [what, sql] of CASES) test(what, () => assert.deepEqual(thoughtOf(sql), []));

  test('that is there already, also as the beginning of another one', () => {
    const sql = 'SELECT * FROM orders WHERE customer_id = 7 AND day = $1';
    for (const index of ['(customer_id, day)', '(day, customer_id)', '(day, customer_id, total)']) {
      const thought = thoughtOf(sql, catalogOf(`CREATE INDEX i ON orders ${index}`));
      assert.ok(!thought.includes('orders (customer_id, day)'), thought.join());
    }
    const used = candidatesOf([
      analyzeStatement(sql, catalogOf('CREATE INDEX i ON orders (day, customer_id)')),
    ]);
    assert.ok(
      used.serving.some(({ index }) => index.name === 'i'),
      'it is in use',
    );
    const ordered = "SELECT * FROM orders WHERE status = 'x' ORDER BY day DESC LIMIT 3";
    const backwards = catalogOf('CREATE INDEX i ON orders (status, day DESC)');
    assert.ok(!thoughtOf(ordered, backwards).includes('orders (status, day)'));
    assert.ok(
      thoughtOf(ordered, catalogOf('CREATE INDEX i ON orders (day, status)')).includes(
        'orders (status, day)',
      ),
    );
  });

  test('on an expression that has one, as the server prints it', () => {
    const sql = "SELECT * FROM customers WHERE lower(email) = 'x'";
    assert.deepEqual(thoughtOf(sql, catalogOf('CREATE INDEX i ON customers (lower((email)::text))')), []);
    assert.deepEqual(thoughtOf(sql, catalogOf('CREATE INDEX i ON customers (upper((email)::text))')), [
      'customers (lower(email))',
    ]);
    assert.deepEqual(thoughtOf(sql, catalogOf('', 100_000, 'mariadb')), []);
    assert.deepEqual(
      thoughtOf(sql, catalogOf("CREATE FUNCTION lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1'")),
      [],
    );
  });

  test('but a partial, hash or covering one serves less', () => {
    const sql = "SELECT * FROM orders WHERE day < '2024-01-01'";
    assert.deepEqual(thoughtOf(sql, catalogOf('CREATE INDEX i ON orders (day) WHERE total > 5')), [
      'orders (day)',
    ]);
    assert.deepEqual(thoughtOf(sql, catalogOf('CREATE INDEX i ON orders USING hash (day)')), [
      'orders (day)',
    ]);
    assert.deepEqual(thoughtOf(sql, catalogOf('CREATE INDEX i ON orders (total) INCLUDE (day)')), [
      'orders (day)',
    ]);
  });

  test('beside one of the same columns that is switched off or broken, and it is said', () => {
    const catalog = catalogOf('CREATE INDEX i ON orders (day)');
    const tables = catalog.tables.map((table) => ({
      ...table,
      indexes: table.indexes.map((index) => ({ ...index, valid: index.name !== 'i' })),
    }));
    const sql = "SELECT * FROM orders WHERE day < '2024-01-01'";
    assert.deepEqual(thoughtOf(sql, { ...catalog, tables }), []);
    assert.match(leftOut(sql, { ...catalog, tables })[0] ?? '', /i has these columns, but is not in use/);
  });

  test('for small tables and for those of which nothing is known, and it is said', () => {
    const sql = 'SELECT * FROM orders WHERE customer_id = 7';
    assert.deepEqual(thoughtOf(sql, catalogOf('', 80)), []);
    assert.match(leftOut(sql, catalogOf('', 80))[0] ?? '', /orders has 80 rows/);
    assert.match(leftOut(sql, catalogOf('', null))[0] ?? '', /analyze/);
  });

  test('for text without a length on MariaDB', () => {
    const sql = "SELECT * FROM customers WHERE note = 'x'";
    assert.deepEqual(thoughtOf(sql, catalogOf('', 100_000, 'mariadb')), []);
  });
});

describe('a workload', () => {
  const catalog = catalogOf();
  test('has its weights from comments, and statements of one shape count together', async () => {
    const { statements, skipped } = await workloadFromTexts(
      [
        '-- the busiest one\n-- calls: 120\nSELECT * FROM orders WHERE id = 1;\nSELECT * FROM orders WHERE id = 2;',
        '/* x */ SELECT 1;\nCREATE TABLE secret (a int);',
      ],
      catalog,
    );
    assert.deepEqual(
      statements.map(({ text, calls }) => [text, calls]),
      [
        ['SELECT * FROM orders WHERE id = 1', 121],
        ['SELECT 1', 1],
      ],
    );
    assert.match(skipped[0]?.reason ?? '', /no query/);
  });
});
