import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  isAtMostOneRow,
  keyCoveredByEquality,
  keysOf,
  rowsAreUnique,
} from '../../../src/core/sql/properties/keys.ts';
import { isNotNull, isNotNullExpression } from '../../../src/core/sql/properties/not-null.ts';
import { rejectsNull } from '../../../src/core/sql/properties/null-rejection.ts';
import { isTotalOrder } from '../../../src/core/sql/properties/order.ts';
import { canRaise } from '../../../src/core/sql/properties/raising.ts';
import { sameExpression } from '../../../src/core/sql/properties/same-expression.ts';
import { sameEqualitySemantics, typeOf } from '../../../src/core/sql/properties/types.ts';
import { isUncorrelated, isUnused, referencesTo } from '../../../src/core/sql/properties/usage.ts';
import { areDisjoint, isEmptySet, valuesOf } from '../../../src/core/sql/properties/value-sets.ts';
import { dependsOnRowOrder, volatilityOf } from '../../../src/core/sql/properties/volatility.ts';
import {
  analyzed,
  blockIn,
  conjunctNamed,
  expressionOf,
  queryOf,
  rootOf,
  selected,
  sourceNamed,
} from './analyzed.ts';

describe('volatility', () => {
  const cases: readonly (readonly [expression: string, expected: string])[] = [
    ["lower(name) || 'x'", 'immutable'],
    ['credit * 2', 'immutable'],
    ['count(*)', 'immutable'],
    ['row_number() OVER (ORDER BY id)', 'immutable'],
    ['now()', 'stable'],
    ['current_date - 7', 'stable'],
    ["to_char(created_at, 'YYYY')", 'stable'],
    ['(SELECT max(id) FROM orders)', 'stable'],
    ["'2024-01-01'::date", 'stable'],
    ['random()', 'volatile'],
    ["nextval('s')", 'volatile'],
    ['clock_timestamp()', 'volatile'],
    ['gen_random_uuid()', 'volatile'],
    ['unheard_of(id)', 'volatile'],
    ['other_schema.lower(name)', 'volatile'],
    ['pure(id)', 'immutable'],
    ['many()', 'stable'],
    ['(SELECT id FROM orders LIMIT 1 FOR UPDATE)', 'volatile'],
    ['(SELECT random())', 'volatile'],
    ['(SELECT 1 FROM orders TABLESAMPLE system (1))', 'volatile'],
  ];
  for (const [text, expected] of cases) {
    test(`${text} is ${expected}`, () => {
      const [expression, statement] = expressionOf(text);
      assert.equal(volatilityOf(expression, statement), expected);
    });
  }

  test('a data-modifying CTE makes a query volatile', () => {
    const statement = analyzed('WITH d AS (DELETE FROM orders RETURNING id) SELECT * FROM d');
    assert.equal(volatilityOf(queryOf(statement), statement), 'volatile');
  });

  test('a view is as volatile as its definition', () => {
    const schema = `CREATE TABLE t (a int); CREATE VIEW calm AS SELECT a FROM t;
      CREATE VIEW wild AS SELECT random() AS r FROM t; CREATE VIEW over_it AS SELECT r FROM wild;`;
    const of = (view: string): string => {
      const statement = analyzed(`SELECT * FROM ${view}`, 'postgresql', schema);
      return volatilityOf(queryOf(statement), statement);
    };
    assert.deepEqual([of('calm'), of('wild'), of('over_it')], ['stable', 'volatile', 'volatile']);
  });

  test('array_agg depends on the order of rows unless it says which', () => {
    const depends = (text: string): boolean => dependsOnRowOrder(expressionOf(text)[0]);
    assert.equal(depends('array_agg(id)'), true);
    assert.equal(depends('array_agg(id ORDER BY id)'), false);
    assert.equal(depends('sum(id)'), false);
    assert.equal(depends('(SELECT id FROM orders LIMIT 1)'), true);
  });
});

describe('errors', () => {
  const cases: readonly (readonly [expression: string, raises: boolean])[] = [
    ['credit > 5', false],
    ['credit / 2', false],
    ['credit / id', true],
    ['id / 0', true],
    ['id + 1', true],
    ['credit + 1', false],
    ["created_at + interval '1 day'", false],
    ["now() - interval '7 days'", false],
    ['name::int', true],
    ["'2024-01-31'::date", false],
    ["'2024-02-31'::date", true],
    ["'abc'::int", true],
    ['id::bigint', false],
    ['id::numeric', false],
    ['id::smallint', true],
    ['credit::int', true],
    ['id::text', false],
    ['created_at::date', false],
    ['CAST(name AS text)', false],
    ['(SELECT id FROM orders)', true],
    ['(SELECT max(id) FROM orders)', false],
    ['(SELECT total FROM orders o WHERE o.id = c.id)', false],
    ['(ARRAY[1,2])[id]', false],
    ["name LIKE 'a%'", false],
    ['name LIKE email', true],
    ["date_trunc('month', created_at)", false],
    ['date_trunc(name, created_at)', true],
    ['unheard_of(id)', true],
    ['CASE WHEN id <> 0 THEN 1 / id END', true],
    ['lower(name)', false],
    ['sqrt(credit)', true],
    ['sum(credit)', false],
    ['EXTRACT(year FROM created_at)', false],
  ];
  for (const [text, raises] of cases) {
    test(`${text} ${raises ? 'may raise' : 'does not raise'}`, () => {
      const [expression, statement] = expressionOf(text);
      assert.equal(canRaise(expression, statement), raises);
    });
  }
});

describe('NULL', () => {
  const cases: readonly (readonly [expression: string, notNull: boolean])[] = [
    ['id', true],
    ['name', false],
    ['id + 1', true],
    ['id + parent_id', false],
    ['coalesce(name, email)', true],
    ['coalesce(name, phone)', false],
    ['count(name)', true],
    ['sum(credit)', false],
    ['CASE WHEN id > 1 THEN 1 ELSE 2 END', true],
    ['CASE WHEN id > 1 THEN 1 END', false],
    ['name IS NULL', true],
    ['id = parent_id', false],
    ['concat(name, phone)', true],
    ['lower(email)', true],
    ["substring(email, 'x')", false],
    ['nullif(id, 1)', false],
    ['NULL', false],
    ['now()', true],
    ['(SELECT count(*) FROM orders)', true],
    ['(SELECT count(*) FROM orders GROUP BY id)', false],
    ['(SELECT count(*) FROM orders HAVING false)', false],
    ['(SELECT max(id) FROM orders)', false],
    ['EXISTS (SELECT 1)', true],
    ['id IN (SELECT customer_id FROM orders)', true],
    ['id IN (SELECT qty FROM orders)', false],
    ['id IN (1, NULL)', false],
    ['row_number() OVER ()', true],
    ['lag(id) OVER ()', false],
    ['id::text', true],
    ['created_at::date', true],
    ["seen_at AT TIME ZONE 'UTC'", false],
  ];
  for (const [text, notNull] of cases) {
    test(`${text} ${notNull ? 'cannot' : 'can'} be NULL`, () => {
      const [expression, statement] = expressionOf(text);
      assert.equal(isNotNullExpression(expression, statement), notNull);
    });
  }

  const implied: readonly (readonly [sql: string, notNull: boolean])[] = [
    ['SELECT name FROM customers WHERE name IS NOT NULL', true],
    ["SELECT name FROM customers WHERE name = 'x'", true],
    ["SELECT name FROM customers c WHERE c.name LIKE 'x%'", true],
    ['SELECT name FROM customers WHERE name IN (phone, email)', true],
    ["SELECT name FROM customers WHERE name = 'x' OR id = 1", false],
    ["SELECT name FROM customers WHERE name = 'x' OR name = 'y'", true],
    ['SELECT name FROM customers WHERE NOT (name IS NULL)', true],
    ['SELECT name FROM customers WHERE name IS NOT DISTINCT FROM email', true],
    ['SELECT name FROM customers WHERE name IS NOT DISTINCT FROM phone', false],
    ["SELECT name FROM customers WHERE coalesce(name, '') = ''", false],
    ['SELECT name FROM customers WHERE name NOT IN (SELECT note FROM orders)', false],
    ['SELECT name FROM customers WHERE name IN (SELECT note FROM orders)', true],
    ['SELECT o.qty FROM customers c JOIN orders o ON o.qty = c.id', true],
    ['SELECT o.qty FROM customers c LEFT JOIN orders o ON o.qty = c.id', false],
    ['SELECT o.id FROM customers c LEFT JOIN orders o ON o.qty = c.id WHERE o.qty > 1', false],
    [
      'SELECT o.qty FROM customers c LEFT JOIN (orders o JOIN items i ON i.line = o.qty) ON c.id = o.customer_id',
      false,
    ],
    ['SELECT name FROM customers WHERE name > phone GROUP BY ROLLUP (name)', false],
    ['SELECT name FROM customers WHERE (name > phone) IS TRUE', true],
    ['SELECT name FROM customers WHERE name BETWEEN phone AND email', true],
    ['SELECT phone FROM customers WHERE name BETWEEN phone AND email', true],
    ['SELECT phone FROM customers WHERE name NOT BETWEEN phone AND email', false],
    ["SELECT name FROM customers WHERE name || 'x' = 'ax'", false],
  ];
  for (const [sql, notNull] of implied) {
    test(`in ${sql} the output ${notNull ? 'cannot' : 'can'} be NULL`, () => {
      const statement = analyzed(sql);
      assert.equal(isNotNull(selected(statement), rootOf(statement), statement), notNull);
    });
  }

  const rejecting: readonly (readonly [predicate: string, rejects: boolean])[] = [
    ['o.qty > 1', true],
    ['o.qty = c.id', true],
    ['o.qty IS NULL', false],
    ['o.qty IS NOT NULL', true],
    ['NOT (o.qty IS NULL)', true],
    ['coalesce(o.qty, 0) = 0', false],
    ['o.qty > 1 OR c.id = 1', false],
    ['(o.qty > 1 OR o.id = 1)', true],
    ['o.qty IN (1, 2)', true],
    ['o.qty NOT IN (1, 2)', true],
    ['o.qty NOT IN (SELECT line FROM items)', false],
    ['NOT (o.qty > 1)', true],
    ['lower(o.note) = c.name', true],
    ['o.qty IS DISTINCT FROM 1', false],
    ['o.qty IS NOT DISTINCT FROM 1', true],
    ['(o.qty > 1) IS NOT TRUE', false],
    ['EXISTS (SELECT 1 FROM items i WHERE i.line = o.qty)', false],
    ['o.qty > ALL (SELECT line FROM items)', false],
    ['o.qty = ANY (SELECT line FROM items)', true],
    ['CASE WHEN o.qty IS NULL THEN 1 ELSE 0 END = 1', false],
    ['c.id = 1', false],
  ];
  for (const [predicate, rejects] of rejecting) {
    test(`${predicate} ${rejects ? 'drops' : 'may keep'} the rows that the outer join fills up`, () => {
      const statement = analyzed(
        `SELECT 1 FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE ${predicate}`,
      );
      const [conjunct] = rootOf(statement).where;
      assert.ok(conjunct);
      assert.equal(rejectsNull(conjunct, sourceNamed(statement, 'o'), statement), rejects);
    });
  }
});

describe('keys', () => {
  const keys = (sql: string, alias: string): string[] => {
    const statement = analyzed(sql);
    return keysOf(sourceNamed(statement, alias), statement).map(
      (k) => k.columns.join() + (k.nullSafe ? '' : '?'),
    );
  };

  test('a table has its keys, with those that NULLs slip through marked', () => {
    assert.deepEqual(keys('SELECT 1 FROM customers c', 'c'), ['id', 'email', 'phone?']);
    assert.deepEqual(keys('SELECT 1 FROM tags t', 't'), ['a,b?']);
    assert.deepEqual(keys('SELECT 1 FROM slots s', 's'), ['m']);
    assert.deepEqual(keys('SELECT 1 FROM customers c (x, y)', 'c'), ['x', 'y', 'phone?']);
  });

  test('a derived table has keys by DISTINCT, GROUP BY, UNION and from inside', () => {
    assert.deepEqual(keys('SELECT 1 FROM (SELECT DISTINCT qty, note FROM orders) d', 'd'), ['qty,note']);
    assert.deepEqual(keys('SELECT 1 FROM (SELECT qty AS q, count(*) AS n FROM orders GROUP BY 1) d', 'd'), [
      'q',
    ]);
    assert.deepEqual(keys('SELECT 1 FROM (SELECT count(*) AS n FROM orders GROUP BY qty) d', 'd'), []);
    assert.deepEqual(keys('SELECT 1 FROM (SELECT qty FROM orders UNION SELECT line FROM items) d', 'd'), [
      'qty',
    ]);
    assert.deepEqual(
      keys('SELECT 1 FROM (SELECT qty FROM orders UNION ALL SELECT line FROM items) d', 'd'),
      [],
    );
    assert.deepEqual(keys('SELECT 1 FROM (SELECT qty, id FROM orders) d', 'd'), ['id']);
    assert.deepEqual(keys('SELECT 1 FROM (SELECT max(id) AS m FROM orders) d', 'd'), ['']);
    assert.deepEqual(
      keys(
        'SELECT 1 FROM (SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id) d',
        'd',
      ),
      ['id'],
    );
    assert.deepEqual(
      keys('SELECT 1 FROM (SELECT o.id, c.name FROM orders o JOIN customers c ON c.name = o.note) d', 'd'),
      [],
    );
    assert.deepEqual(keys('SELECT 1 FROM (SELECT id, unnest(ARRAY[1,2]) AS u FROM orders) d', 'd'), []);
    assert.deepEqual(keys('SELECT 1 FROM (SELECT qty FROM orders GROUP BY ROLLUP (qty)) d', 'd'), []);
  });

  test('a recursive CTE has none', () => {
    assert.deepEqual(
      keys(
        'WITH RECURSIVE r AS (SELECT id FROM customers UNION ALL SELECT id + 1 FROM r) SELECT 1 FROM r',
        'r',
      ),
      [],
    );
  });

  const unique: readonly (readonly [sql: string, unique: boolean])[] = [
    ['SELECT id, name FROM customers', true],
    ['SELECT name FROM customers', false],
    ['SELECT phone FROM customers', false],
    ['SELECT phone FROM customers WHERE phone IS NOT NULL', true],
    ['SELECT email FROM customers', true],
    ['SELECT a, b FROM tags WHERE a > 1', false],
    ['SELECT a, b FROM tags WHERE a > 1 AND b < 5', true],
    ['SELECT m FROM slots', true],
    ['SELECT n FROM slots', false],
    ['SELECT a, b FROM tags', false],
    ['SELECT order_id FROM items WHERE line = 1', true],
    ['SELECT order_id FROM items WHERE line > 1', false],
    ['SELECT order_id FROM items WHERE line = $1', true],
    ['SELECT order_id FROM items WHERE line = order_id', true],
    ['SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id', true],
    ['SELECT c.id FROM orders o JOIN customers c ON c.id = o.customer_id', false],
    ['SELECT o.id FROM orders o, customers c', false],
    ['SELECT o.id, c.id FROM orders o, customers c', true],
    ['SELECT o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id', true],
    ['SELECT o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id AND c.name IS NOT NULL', true],
    ['SELECT o.id FROM orders o LEFT JOIN customers c ON c.name = o.note', false],
    ['SELECT o.id FROM orders o LEFT JOIN customers c ON c.phone = o.note', true],
    ['SELECT o.id FROM orders o JOIN customers c ON c.phone = o.note', true],
    ['SELECT c.id FROM orders o RIGHT JOIN customers c ON c.id = o.customer_id', false],
    ['SELECT o.id FROM orders o FULL JOIN customers c ON c.id = o.customer_id', false],
    ['SELECT DISTINCT name FROM customers', true],
    ['SELECT status, count(*) FROM orders GROUP BY status', true],
    ['SELECT count(*) FROM orders GROUP BY status', false],
    ['SELECT count(*) FROM orders', true],
    ['SELECT id, unnest(ARRAY[1, 1]) FROM orders', false],
    ['SELECT id, unheard_of(id) FROM orders', false],
    ['SELECT id, many() FROM orders', false],
    ['SELECT id, pure(id::int) FROM orders', true],
    ['SELECT id FROM nowhere', false],
    ['SELECT * FROM orders', true],
    [
      'SELECT o.id FROM orders o JOIN (SELECT customer_id FROM orders GROUP BY customer_id) g ON g.customer_id = o.customer_id',
      true,
    ],
    ['SELECT o.id FROM orders o CROSS JOIN (SELECT max(order_id) AS m FROM items) g', true],
    ['SELECT o.id FROM orders o LEFT JOIN (SELECT max(order_id) AS m FROM items) g ON true', true],
    ['SELECT c.email FROM customers c JOIN orders o ON o.id = c.id', true],
    ['SELECT c.name FROM customers c WHERE c.id = 5', true],
    ['SELECT c.name FROM customers c WHERE c.id IN (5, 6)', false],
    ['SELECT 1', true],
    ['SELECT generate_series(1, 3)', false],
  ];
  for (const [sql, expected] of unique) {
    test(`${sql} ${expected ? 'has no equal rows' : 'may have equal rows'}`, () => {
      const statement = analyzed(sql);
      assert.equal(rowsAreUnique(rootOf(statement), statement), expected);
    });
  }

  const single: readonly (readonly [query: string, one: boolean])[] = [
    ['SELECT max(id) FROM orders', true],
    ['SELECT max(id) FROM orders GROUP BY status', false],
    ['SELECT id FROM orders LIMIT 1', true],
    ['SELECT id FROM orders FETCH FIRST 1 ROW WITH TIES', false],
    ['SELECT total FROM orders o WHERE o.id = c.id', true],
    ['SELECT total FROM orders o WHERE o.customer_id = c.id', false],
    ['SELECT price FROM items WHERE order_id = c.id AND line = 1', true],
    ['SELECT price FROM items WHERE order_id = c.id', false],
    ['SELECT c.id', true],
    ['VALUES (1)', true],
    ['VALUES (1), (2)', false],
    ['SELECT 1 UNION SELECT 2', false],
    ['SELECT n FROM slots WHERE n = 1', false],
    ['SELECT id FROM orders WHERE id = 1 OR id = 2', false],
    ['SELECT id FROM customers x WHERE x.email = c.email', true],
    ['SELECT o.id FROM orders o JOIN items i USING (id)', false],
    [
      'SELECT x.id FROM customers x JOIN (SELECT DISTINCT id FROM customers) y USING (id) WHERE y.id = 1',
      true,
    ],
    [
      'SELECT l.m FROM customers x, LATERAL (SELECT max(o.customer_id) AS m FROM orders o WHERE o.customer_id = x.id) l WHERE x.id = l.m',
      false,
    ],
    ['SELECT id FROM customers x WHERE x.id = c.credit', true],
  ];
  for (const [query, one] of single) {
    test(`(${query}) gives ${one ? 'at most one row' : 'maybe several rows'}`, () => {
      const [expression, statement] = expressionOf(`(${query})`);
      assert.equal(expression.kind, 'subquery');
      if (expression.kind === 'subquery') assert.equal(isAtMostOneRow(expression.query, statement), one);
    });
  }

  test('a key is covered by equality with values from elsewhere only', () => {
    const covered = (on: string): string | null => {
      const statement = analyzed(`SELECT 1 FROM orders o JOIN customers c ON ${on}`);
      const [join] = rootOf(statement).joins;
      return keyCoveredByEquality(sourceNamed(statement, 'c'), join?.on ?? [], statement)?.reason ?? null;
    };
    assert.equal(covered('c.id = o.customer_id'), 'customers_pkey');
    assert.equal(covered('o.note = c.phone AND c.name > o.note'), 'customers_phone_key');
    assert.equal(covered('c.id = c.parent_id'), null);
    assert.equal(covered('c.id > o.customer_id'), null);
    assert.equal(covered('c.id = o.customer_id OR c.id = 1'), null);
    assert.equal(covered('c.id = random()'), null);
  });

  test('MySQL: text compared with a number matches several keys', () => {
    const statement = analyzed('SELECT 1 FROM customers c WHERE c.email = 5', 'mysql');
    assert.equal(keyCoveredByEquality(sourceNamed(statement, 'c'), rootOf(statement).where, statement), null);
  });
});

describe('order', () => {
  const cases: readonly (readonly [sql: string, total: boolean])[] = [
    ['SELECT * FROM orders ORDER BY id', true],
    ['SELECT * FROM orders ORDER BY placed_on', false],
    ['SELECT * FROM orders ORDER BY placed_on, id', true],
    ['SELECT id AS x FROM orders ORDER BY x', true],
    ['SELECT id FROM orders ORDER BY 1', true],
    ['SELECT id FROM orders ORDER BY lower(status)', false],
    ['SELECT phone FROM customers ORDER BY phone', false],
    ['SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id', true],
    ['SELECT o.id FROM orders o JOIN items i ON i.order_id = o.id ORDER BY o.id', false],
    ['SELECT o.id FROM orders o JOIN items i ON i.order_id = o.id ORDER BY o.id, i.line', true],
    ['SELECT status, count(*) FROM orders GROUP BY status ORDER BY 2', false],
    ['SELECT status, count(*) FROM orders GROUP BY status ORDER BY 2, 1', true],
    ['SELECT DISTINCT status, qty FROM orders ORDER BY status', false],
    ['SELECT DISTINCT status, qty FROM orders ORDER BY qty, status', true],
    ['SELECT * FROM orders', false],
  ];
  for (const [sql, total] of cases) {
    test(`${sql} ${total ? 'leaves no ties' : 'may leave ties'}`, () => {
      const statement = analyzed(sql);
      assert.equal(isTotalOrder(rootOf(statement), statement), total);
    });
  }
});

describe('types', () => {
  const cases: readonly (readonly [expression: string, type: string | null])[] = [
    ['id', 'integer'],
    ['credit', 'numeric(10,2)'],
    ['credit * 2', 'numeric'],
    ['id + 1', 'integer'],
    ['id + 3000000000', 'bigint'],
    ['count(*)', 'bigint'],
    ['sum(id)', 'bigint'],
    ['sum(id::bigint)', 'numeric'],
    ['avg(id)', 'numeric'],
    ['max(created_at)', 'timestamp without time zone'],
    ['created_at::date', 'date'],
    ['created_at::date + 1', 'date'],
    ["created_at::date + interval '1 day'", 'timestamp without time zone'],
    ['now()', 'timestamp with time zone'],
    ['now() - seen_at', 'interval'],
    ["date_trunc('day', created_at)", 'timestamp without time zone'],
    ["date_trunc('day', created_at::date)", 'timestamp with time zone'],
    ['lower(email)', 'text'],
    ["'x'", null],
    ['$1', null],
    ['coalesce(name, $1)', null],
    ["coalesce(name, 'x')", 'text'],
    ['CASE WHEN true THEN id ELSE NULL END', 'integer'],
    ['id = 1', 'boolean'],
    ['1.5', 'numeric'],
    ['CAST(id AS varchar(5))', 'character varying(5)'],
    ["seen_at AT TIME ZONE 'UTC'", 'timestamp without time zone'],
    ['(SELECT max(total) FROM orders)', 'numeric'],
    ['unheard_of(1)', null],
    ['row_number() OVER ()', 'bigint'],
    ["name || 'x'", 'text'],
    ["DATE '2024-01-01'", 'date'],
  ];
  for (const [text, type] of cases) {
    test(`${text} is of type ${type ?? 'unknown'}`, () => {
      const [expression, statement] = expressionOf(text);
      assert.equal(typeOf(expression, statement)?.text ?? null, type);
    });
  }

  test('only types that compare alike have the same equality', () => {
    const same = (a: string, b: string): boolean => {
      const statement = analyzed(`SELECT ${a}, ${b} FROM customers c, orders o`);
      return sameEqualitySemantics(
        typeOf(selected(statement), statement),
        typeOf(selected(statement, 1), statement),
      );
    };
    assert.equal(same('c.id', 'o.id'), true);
    assert.equal(same('c.name', 'o.note'), true);
    assert.equal(same('c.id', 'o.total'), false);
    assert.equal(same('c.country', 'c.name'), false);
    assert.equal(same('c.name', 'o.note COLLATE "some"'), false);
    assert.equal(same('c.id', '$1'), false);
    assert.equal(same('c.created_at', 'c.seen_at'), false);
  });
});

describe('sets of values', () => {
  const disjoint = (a: string, b: string, column = 'status'): boolean => {
    const statement = analyzed(
      `SELECT ${column} FROM orders WHERE ${a} UNION SELECT ${column} FROM orders WHERE ${b}`,
    );
    const [first, second] = statement.blocks;
    const [x, y] = [first?.select.items[0]?.expression, second?.select.items[0]?.expression];
    assert.ok(first && second && x && y);
    return areDisjoint(first.where, x, second.where, y, statement);
  };
  const cases: readonly (readonly [a: string, b: string, column: string, disjoint: boolean])[] = [
    ["status = 'a'", "status = 'b'", 'status', true],
    ["status = 'a'", "status = 'a'", 'status', false],
    ["status = 'a'", "status <> 'a'", 'status', true],
    ["status IN ('a', 'b')", "status IN ('c')", 'status', true],
    ["status IN ('a', 'b')", "status IN ('b', 'c')", 'status', false],
    ["status IN ('a', 'b')", "status NOT IN ('a', 'b', 'c')", 'status', true],
    ["status < 'b'", "status > 'c'", 'status', false],
    ["status = 'a'", "'b' = status", 'status', true],
    ["status = 'a'", "note = 'b'", 'status', false],
    ['qty < 5', 'qty > 5', 'qty', true],
    ['qty <= 5', 'qty >= 5', 'qty', false],
    ['qty < 5', 'qty >= 5', 'qty', true],
    ['qty IS NULL', 'qty > 1', 'qty', true],
    ['qty IS NULL', 'qty IS NULL', 'qty', false],
    ['qty IS NULL', 'qty IS NOT NULL', 'qty', true],
    ['qty BETWEEN 1 AND 3', 'qty BETWEEN 4 AND 6', 'qty', true],
    ['qty BETWEEN 1 AND 4', 'qty BETWEEN 4 AND 6', 'qty', false],
    ['total = 1.50', 'total = 1.5', 'total', false],
    ['total = 1.50', "total = '1.6'", 'total', true],
    ["placed_on < '2024-01-01'", "placed_on >= DATE '2024-01-01'", 'placed_on', true],
    ["placed_on = '2024-01-01'", "placed_on = '01/02/2024'", 'placed_on', false],
    ['qty = $1', 'qty = $2', 'qty', false],
    ['qty > 5 AND qty < 3', 'qty > 0', 'qty', false],
  ];
  for (const [a, b, column, expected] of cases) {
    test(`${a} and ${b} ${expected ? 'have nothing in common' : 'may overlap'}`, () => {
      assert.equal(disjoint(a, b, column), expected);
    });
  }

  test('contradictions leave no value', () => {
    const empty = (where: string): boolean => {
      const statement = analyzed(`SELECT qty FROM orders WHERE ${where}`);
      return isEmptySet(valuesOf(selected(statement), rootOf(statement).where, statement));
    };
    assert.equal(empty('qty > 5 AND qty < 3'), true);
    assert.equal(empty('qty = 1 AND qty = 2'), true);
    assert.equal(empty('qty BETWEEN 5 AND 4'), true);
    assert.equal(empty('qty > 5 AND qty <= 5'), true);
    assert.equal(empty('qty >= 5 AND qty <= 5'), false);
  });
});

describe('sameness and use', () => {
  test('expressions are the same whatever their parentheses, case and qualification', () => {
    const same = (a: string, b: string): boolean => {
      const statement = analyzed(`SELECT ${a}, ${b} FROM customers c JOIN orders o ON true`);
      return sameExpression(selected(statement), selected(statement, 1), statement);
    };
    assert.equal(same('LOWER(c.name)', 'lower( (name) )'), true);
    assert.equal(same('c.id', 'o.id'), false);
    assert.equal(same('c.id + 1', 'c.id + 2'), false);
    assert.equal(same('$1', '$1'), true);
    assert.equal(same('$1', '$2'), false);
    assert.equal(same('CAST(c.id AS bigint)', 'c.id::int8'), false);
    assert.equal(same('CAST(c.id AS bigint)', 'c.id::bigint'), true);
    assert.equal(
      same(
        '(SELECT max(i.line) FROM items i WHERE i.order_id = o.id)',
        '(SELECT max(line) FROM items i WHERE order_id = o.id)',
      ),
      true,
    );
    assert.equal(
      same(
        '(SELECT max(i.line) FROM items i WHERE i.order_id = o.id)',
        '(SELECT max(i.line) FROM items i WHERE i.order_id = c.id)',
      ),
      false,
    );
  });

  test('a source is unused only when every name is known to mean something else', () => {
    const unused = (sql: string): boolean => {
      const statement = analyzed(sql);
      const on = rootOf(statement).joins.flatMap((join) => (join.node?.on ? [join.node.on] : []));
      return isUnused(sourceNamed(statement, 'c'), statement, on);
    };
    const join = 'FROM orders o LEFT JOIN customers c ON c.id = o.customer_id';
    assert.equal(unused(`SELECT o.id ${join}`), true);
    assert.equal(unused(`SELECT o.id, email ${join}`), false);
    assert.equal(unused(`SELECT * ${join}`), false);
    assert.equal(unused(`SELECT o.* ${join}`), true);
    assert.equal(unused(`SELECT o.id, nothing ${join}`), false);
    assert.equal(unused(`SELECT count(c.*) ${join}`), false);
    assert.equal(unused(`SELECT (SELECT max(i.line) FROM items i WHERE i.order_id = c.id) ${join}`), false);
    assert.equal(unused(`SELECT o.id ${join} ORDER BY c.name`), false);
  });

  test('references are found in every clause', () => {
    const statement = analyzed(
      'SELECT c.id FROM customers c WHERE c.id > 1 GROUP BY c.id HAVING max(c.credit) > 1 ORDER BY count(c.name)',
    );
    assert.equal(referencesTo(sourceNamed(statement, 'c'), statement)?.length, 5);
  });

  test('a subquery is uncorrelated only when all its names are known', () => {
    const uncorrelated = (subquery: string): boolean =>
      isUncorrelated(blockIn(analyzed(`SELECT 1 FROM customers c WHERE EXISTS (${subquery})`), 'exists'));
    assert.equal(uncorrelated('SELECT 1 FROM orders'), true);
    assert.equal(uncorrelated('SELECT 1 FROM orders WHERE customer_id = c.id'), false);
    assert.equal(uncorrelated('SELECT 1 FROM nowhere WHERE email = 1'), false);
  });

  test('a conjunct is found by its text', () => {
    const statement = analyzed('SELECT 1 FROM orders GROUP BY status HAVING count(*) > 1');
    assert.equal(conjunctNamed(statement, 'count(*) > 1').place, 'having');
  });
});
