import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyzed, blockIn, conjunctNamed, meanings, rootOf, sourceNamed } from './analyzed.ts';

/** Statement, and what each reference means in the order of the text. */
const REFERENCES: readonly (readonly [about: string, sql: string, meanings: readonly string[]])[] = [
  ['an unqualified name of one table', 'SELECT email FROM customers', ['email → customers.email']],
  ['an alias hides the table name', 'SELECT customers.id FROM customers c', ['customers.id → ?']],
  [
    'a schema-qualified name',
    'SELECT public.customers.id FROM public.customers',
    ['public.customers.id → customers.id'],
  ],
  ['a name that two tables have', 'SELECT id FROM customers, orders', ['id → ?']],
  [
    'a name that one of two tables has',
    'SELECT email, total FROM customers, orders',
    ['email → customers.email', 'total → orders.total'],
  ],
  ['a name that no table has', 'SELECT nothing FROM customers', ['nothing → ?']],
  [
    'a quoted name keeps its case',
    'SELECT "Email", "email" FROM customers',
    ['"Email" → ?', '"email" → customers.email'],
  ],
  ['unquoted names fold', 'SELECT C.EMAIL FROM Customers C', ['C.EMAIL → c.email']],
  ['a qualified name of an unknown table', 'SELECT x.a FROM nowhere x', ['x.a → x.a']],
  ['an unqualified name of the only, unknown table', 'SELECT a FROM nowhere', ['a → nowhere.a']],
  ['a name that only the unknown table can have', 'SELECT b FROM nowhere, customers', ['b → nowhere.b']],
  ['a name that two unknown tables may have', 'SELECT b FROM nowhere, nobody', ['b → ?']],
  [
    'a known column beside an unknown table',
    'SELECT email FROM nowhere, customers',
    ['email → customers.email'],
  ],
  ['a whole row', 'SELECT c FROM customers c', ['c → ?']],
  ['a system column', 'SELECT ctid FROM customers c', ['ctid → ?']],
  [
    'a correlated reference, two blocks out',
    'SELECT 1 FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE EXISTS (SELECT 1 FROM items i WHERE i.order_id = o.id AND c.id = line))',
    ['i.order_id → i.order_id', 'o.id → o.id^1', 'c.id → c.id^2', 'line → i.line'],
  ],
  [
    'an inner column captures an outer name',
    'SELECT 1 FROM customers WHERE id IN (SELECT id FROM orders)',
    ['id → customers.id', 'id → orders.id'],
  ],
  [
    'a name that the inner table does not have',
    'SELECT 1 FROM customers WHERE id IN (SELECT email FROM orders)',
    ['id → customers.id', 'email → customers.email^1'],
  ],
  [
    'an unknown inner table may have any name',
    'SELECT 1 FROM customers WHERE EXISTS (SELECT 1 FROM nowhere WHERE a = email)',
    ['a → ?', 'email → ?'],
  ],
  [
    'a derived table does not see its siblings',
    'SELECT 1 FROM customers c, (SELECT c.id FROM orders) d',
    ['c.id → ?'],
  ],
  [
    'LATERAL sees what stands to its left',
    'SELECT 1 FROM customers c, LATERAL (SELECT o.id FROM orders o WHERE o.customer_id = c.id) d',
    ['o.id → o.id', 'o.customer_id → o.customer_id', 'c.id → c.id^1'],
  ],
  [
    'LATERAL does not see what stands to its right',
    'SELECT 1 FROM LATERAL (SELECT c.id) d, customers c',
    ['c.id → ?'],
  ],
  [
    'LATERAL on the right side of a join',
    'SELECT d.total FROM customers c LEFT JOIN LATERAL (SELECT total FROM orders WHERE customer_id = c.id) d ON true',
    ['d.total → d.total', 'total → orders.total', 'customer_id → orders.customer_id', 'c.id → c.id^1'],
  ],
  [
    'a function in FROM is lateral',
    'SELECT g FROM customers c, generate_series(1, c.id) g',
    ['g → g.g', 'c.id → c.id'],
  ],
  [
    'ON sees both sides only',
    'SELECT 1 FROM items i, customers c JOIN orders o ON i.line = o.customer_id',
    ['i.line → ?', 'o.customer_id → o.customer_id'],
  ],
  [
    'USING merges its columns',
    'SELECT id, email FROM customers JOIN orders USING (id)',
    ['id → customers.id', 'email → customers.email'],
  ],
  [
    'the merged column of a right join is the right one',
    'SELECT id FROM customers RIGHT JOIN orders USING (id)',
    ['id → orders.id'],
  ],
  [
    'the merged column of a full join is neither',
    'SELECT id FROM customers FULL JOIN orders USING (id)',
    ['id → ?'],
  ],
  [
    'NATURAL merges all common columns',
    'SELECT id FROM customers NATURAL JOIN orders',
    ['id → customers.id'],
  ],
  [
    'ORDER BY finds an output before an input',
    'SELECT total AS id FROM orders ORDER BY id, customer_id',
    ['total → orders.total', 'id → output id', 'customer_id → orders.customer_id'],
  ],
  [
    'an expression in ORDER BY sees inputs only',
    'SELECT total AS id FROM orders ORDER BY id + 1',
    ['total → orders.total', 'id → orders.id'],
  ],
  [
    'GROUP BY finds an input before an output',
    'SELECT total AS id, count(*) AS status FROM orders GROUP BY id, status',
    ['total → orders.total', 'id → orders.id', 'status → orders.status'],
  ],
  [
    'GROUP BY an output name',
    'SELECT lower(status) AS s FROM orders GROUP BY s',
    ['status → orders.status', 's → output s'],
  ],
  [
    'a CTE and its columns',
    'WITH t (x, y) AS (SELECT id, total FROM orders) SELECT x, t.y, z FROM t',
    ['id → orders.id', 'total → orders.total', 'x → t.x', 't.y → t.y', 'z → ?'],
  ],
  [
    'a CTE shadows a table',
    'WITH customers AS (SELECT id AS x FROM orders) SELECT x, email FROM customers',
    ['id → orders.id', 'x → customers.x', 'email → ?'],
  ],
  [
    'a later CTE sees an earlier one, an earlier sees the table',
    'WITH a AS (SELECT id FROM customers), customers AS (SELECT id AS x FROM a) SELECT x FROM customers',
    ['id → customers.id', 'id → a.id', 'x → customers.x'],
  ],
  [
    'an inner WITH shadows an outer one',
    'WITH t AS (SELECT 1 AS a) SELECT (WITH t AS (SELECT 2 AS b) SELECT b FROM t), a FROM t',
    ['b → t.b', 'a → t.a'],
  ],
  [
    'a recursive CTE sees itself',
    'WITH RECURSIVE t AS (SELECT id, parent_id FROM customers UNION ALL SELECT c.id, t.parent_id FROM customers c JOIN t ON t.id = c.parent_id) SELECT parent_id FROM t',
    [
      'id → customers.id',
      'parent_id → customers.parent_id',
      'c.id → c.id',
      't.parent_id → t.parent_id',
      't.id → t.id',
      'c.parent_id → c.parent_id',
      'parent_id → t.parent_id',
    ],
  ],
  [
    'a CTE inside a subquery sees the outer row',
    'SELECT (WITH t AS (SELECT c.id AS x) SELECT x FROM t) FROM customers c',
    ['c.id → c.id^1', 'x → t.x'],
  ],
  [
    'a set operation takes the names of its first branch',
    'SELECT u.a FROM (SELECT id AS a FROM customers UNION SELECT id FROM orders) u ORDER BY a',
    ['u.a → u.a', 'id → customers.id', 'id → orders.id', 'a → output a'],
  ],
  [
    'ORDER BY of a set operation names outputs',
    'SELECT id AS a FROM customers UNION SELECT id FROM orders ORDER BY a',
    ['id → customers.id', 'id → orders.id', 'a → output a'],
  ],
  ['VALUES has column1', 'SELECT column1 FROM (VALUES (1, 2)) v', ['column1 → v.column1']],
  [
    'an alias renames columns',
    'SELECT v.a, v.column2 FROM (VALUES (1, 2)) v (a)',
    ['v.a → v.a', 'v.column2 → v.column2'],
  ],
  [
    'an alias on a join hides the names inside',
    'SELECT j.email, c.email FROM (customers c JOIN items i ON true) j',
    ['j.email → j.email', 'c.email → ?'],
  ],
  [
    'UPDATE with FROM',
    'UPDATE orders SET total = c.credit FROM customers c WHERE customer_id = c.id',
    ['total → orders.total', 'c.credit → c.credit', 'customer_id → orders.customer_id', 'c.id → c.id'],
  ],
  [
    'DELETE with USING and RETURNING',
    'DELETE FROM orders o USING customers c WHERE o.customer_id = c.id RETURNING o.id, email',
    ['o.customer_id → o.customer_id', 'c.id → c.id', 'o.id → o.id', 'email → c.email'],
  ],
  [
    'INSERT: its query does not see the target; ON CONFLICT sees excluded',
    'INSERT INTO orders (id, total) SELECT id, credit FROM customers ON CONFLICT (id) DO UPDATE SET total = excluded.total RETURNING status',
    [
      'id → customers.id',
      'credit → customers.credit',
      'id → orders.id',
      'total → orders.total',
      'excluded.total → excluded.total',
      'status → orders.status',
    ],
  ],
  [
    'a data-modifying CTE gives the columns of RETURNING',
    'WITH gone AS (DELETE FROM orders RETURNING id, total AS amount) SELECT amount, status FROM gone',
    ['id → orders.id', 'total → orders.total', 'amount → gone.amount', 'status → ?'],
  ],
  [
    'MERGE',
    'MERGE INTO orders o USING customers c ON o.customer_id = c.id WHEN MATCHED THEN UPDATE SET total = c.credit',
    ['o.customer_id → o.customer_id', 'c.id → c.id', 'total → o.total', 'c.credit → c.credit'],
  ],
  ['EXPLAIN', 'EXPLAIN SELECT email FROM customers', ['email → customers.email']],
];

describe('names', () => {
  for (const [about, sql, expected] of REFERENCES) {
    test(`${about} means what the engine takes it for`, () => {
      assert.deepEqual(meanings(analyzed(sql)), expected);
    });
  }

  test('an unresolved name marks its block and those around it, so that no rule trusts them', () => {
    const statement = analyzed(
      'SELECT 1 FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE nothing = 1)',
    );
    assert.deepEqual(
      statement.blocks.map((block) => block.resolved),
      [false, false],
    );
    const conjunct = conjunctNamed(statement, 'nothing = 1');
    assert.equal(conjunct.resolved, false);
    assert.equal(conjunct.correlated, true);
    assert.deepEqual(
      conjunct.sources.map((source) => source.alias),
      ['orders'],
    );
  });

  test('MySQL finds names of outputs in HAVING', () => {
    const statement = analyzed(
      'SELECT status, count(*) AS n FROM orders GROUP BY status HAVING n > 1',
      'mysql',
    );
    assert.deepEqual(meanings(statement).at(-1), 'n → output n');
  });
});

describe('outputs', () => {
  const outputs = (sql: string): string[] =>
    rootOf(analyzed(sql)).outputs.map(
      (o) => `${o.name}${o.notNull ? '!' : ''}:${o.type?.text ?? o.type?.family ?? '?'}`,
    );

  test('a star brings the columns of all tables in their order', () => {
    assert.deepEqual(outputs('SELECT * FROM items i'), [
      'order_id!:bigint',
      'line!:integer',
      'sku:text',
      'price:numeric(10,2)',
    ]);
    assert.deepEqual(outputs('SELECT t.*, 1 AS x FROM items i, tags t'), [
      'a:integer',
      'b:integer',
      'c:text',
      'x!:integer',
    ]);
  });

  test('a star lists the columns of USING first and once', () => {
    const names = rootOf(analyzed('SELECT * FROM tags JOIN (SELECT 1 AS b, 2 AS d) x USING (b)')).outputs;
    assert.deepEqual(
      names.map((output) => output.name),
      ['b', 'a', 'c', 'd'],
    );
  });

  test('a star over an unknown table leaves the outputs incomplete', () => {
    const block = rootOf(analyzed('SELECT *, 1 AS x FROM nowhere'));
    assert.equal(block.outputsComplete, false);
  });

  test('unnamed outputs are named as PostgreSQL names them', () => {
    const block = rootOf(
      analyzed(
        "SELECT lower(name), id::text, 1 + 1, CASE WHEN true THEN 1 END, '1'::int, (SELECT max(id) AS m FROM orders), EXISTS (SELECT 1) FROM customers",
      ),
    );
    assert.deepEqual(
      block.outputs.map((output) => output.name),
      ['lower', 'id', null, 'case', 'int', 'm', 'exists'],
    );
  });

  test('the null-supplied side of an outer join is nullable, whatever is declared', () => {
    assert.deepEqual(
      outputs('SELECT c.id, o.id AS oid FROM customers c LEFT JOIN orders o ON o.customer_id = c.id'),
      ['id!:integer', 'oid:bigint'],
    );
    assert.deepEqual(
      outputs('SELECT c.id, o.id AS oid FROM customers c RIGHT JOIN orders o ON o.customer_id = c.id'),
      ['id:integer', 'oid!:bigint'],
    );
    assert.deepEqual(
      outputs('SELECT c.id, o.id AS oid FROM customers c FULL JOIN orders o ON o.customer_id = c.id'),
      ['id:integer', 'oid:bigint'],
    );
    assert.deepEqual(
      outputs(
        'SELECT i.line FROM customers c LEFT JOIN (orders o JOIN items i ON i.order_id = o.id) ON o.customer_id = c.id',
      ),
      ['line:integer'],
    );
  });

  test('NOT NULL passes through derived tables, CTEs and unions', () => {
    assert.deepEqual(outputs('SELECT x, y FROM (SELECT id AS x, name AS y FROM customers) d'), [
      'x!:integer',
      'y:text',
    ]);
    assert.deepEqual(
      outputs('WITH d AS (SELECT id AS x FROM customers UNION ALL SELECT qty FROM orders) SELECT x FROM d'),
      ['x:integer'],
    );
    assert.deepEqual(
      outputs(
        'WITH d AS (SELECT id AS x FROM customers UNION ALL SELECT customer_id FROM orders) SELECT x FROM d',
      ),
      ['x!:integer'],
    );
  });

  test('grouping sets make grouped columns nullable', () => {
    assert.deepEqual(outputs('SELECT status, count(*) AS n FROM orders GROUP BY ROLLUP (status)'), [
      'status:text',
      'n!:bigint',
    ]);
    assert.deepEqual(outputs('SELECT status, count(*) AS n FROM orders GROUP BY status'), [
      'status!:text',
      'n!:bigint',
    ]);
  });
});

describe('blocks', () => {
  test('WHERE is split at its ANDs through parentheses, with the ranges that an edit replaces', () => {
    const sql = "SELECT 1 FROM orders o WHERE (total > 1 AND (qty = 2)) AND (status = 'a' OR id = 3)";
    const { where } = rootOf(analyzed(sql));
    assert.deepEqual(
      where.map((c) => sql.slice(c.range.start, c.range.end)),
      ['total > 1', '(qty = 2)', "(status = 'a' OR id = 3)"],
    );
    assert.deepEqual(
      where.map((c) => c.expression.kind),
      ['binary', 'binary', 'binary'],
    );
  });

  test('a conjunct knows its sources, correlation and subqueries', () => {
    const statement = analyzed(
      'SELECT 1 FROM customers c JOIN orders o ON o.customer_id = c.id AND o.qty > 1 WHERE EXISTS (SELECT 1 FROM items i WHERE i.order_id = o.id)',
    );
    const on = conjunctNamed(statement, 'o.customer_id = c.id');
    assert.deepEqual([on.place, on.sources.map((s) => s.alias), on.correlated], ['on', ['c', 'o'], false]);
    const exists = rootOf(statement).where[0];
    assert.deepEqual([exists?.hasSubquery, exists?.sources.map((s) => s.alias)], [true, ['o']]);
    const inner = conjunctNamed(statement, 'i.order_id = o.id');
    assert.deepEqual([inner.correlated, inner.sources.map((s) => s.alias)], [true, ['i']]);
  });

  test('joins are flattened in text order', () => {
    const { joins, sources } = rootOf(
      analyzed('SELECT 1 FROM customers c LEFT JOIN orders o USING (id), items i CROSS JOIN tags t'),
    );
    assert.deepEqual(
      sources.map((s) => s.alias),
      ['c', 'o', 'i', 't'],
    );
    assert.deepEqual(
      joins.map((j) => [
        j.type,
        j.left.map((s) => s.alias).join(),
        j.right.map((s) => s.alias).join(),
        j.using?.join() ?? null,
      ]),
      [
        ['left', 'c', 'o', 'id'],
        ['cross', 'i', 't', null],
        ['comma', 'c,o', 'i,t', null],
      ],
    );
  });

  test('aggregates belong to the block of their columns', () => {
    const statement = analyzed(
      'SELECT count(*), sum(o.total) OVER () FROM orders o HAVING EXISTS (SELECT 1 FROM items i WHERE i.price > max(o.total))',
    );
    const root = rootOf(statement);
    assert.deepEqual(
      root.aggregates.map((call) => call.function),
      ['count', 'max'],
    );
    assert.equal(blockIn(statement, 'exists').aggregates.length, 0);
    assert.equal(root.windows.length, 1);
    assert.equal(root.grouped, true);
  });

  test('roles, holders and parents say where a block stands', () => {
    const statement = analyzed(`
      WITH w AS (SELECT 1 AS a)
      SELECT (SELECT max(id) FROM orders), ARRAY(SELECT 1)
      FROM w, (SELECT 2 AS b) d, LATERAL (SELECT 3 AS e) l
      WHERE a IN (SELECT 4) AND a = ANY (SELECT 5) AND EXISTS (SELECT 6)`);
    assert.deepEqual(statement.blocks.map((b) => b.role).sort(), [
      'array',
      'cte',
      'derived',
      'exists',
      'in',
      'lateral',
      'quantified',
      'scalar',
      'statement',
    ]);
    const root = rootOf(statement);
    for (const block of statement.blocks) {
      if (block.role === 'cte' || block === root) assert.equal(block.parent, null);
      else assert.equal(block.parent, root);
    }
    assert.equal(blockIn(statement, 'exists').holder?.kind, 'exists');
    assert.deepEqual(
      statement.ctes.map((cte) => [cte.name, cte.uses.length, cte.recursive]),
      [['w', 1, false]],
    );
  });

  test('outer references are told to every block that they leave', () => {
    const statement = analyzed(
      'SELECT 1 FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE EXISTS (SELECT 1 FROM items i WHERE i.line = c.id))',
    );
    assert.deepEqual(
      statement.blocks.map((block) => block.outerReferences.length),
      [0, 1, 1],
    );
  });

  test('branches of a set operation are blocks of one query', () => {
    const statement = analyzed('(SELECT 1 AS a LIMIT 1) UNION ALL SELECT 2 ORDER BY a');
    assert.equal(statement.root, null);
    assert.deepEqual(
      statement.blocks.map((block) => [block.setBranch, block.orderBy.length]),
      [
        [true, 0],
        [true, 0],
      ],
    );
  });

  test('a statement in parentheses has its root', () => {
    assert.equal(rootOf(analyzed('((SELECT id FROM orders))')).sources.length, 1);
    assert.equal(analyzed('(SELECT id FROM orders) LIMIT 1').root, null);
  });

  test('GROUP BY ordinals and names give the expressions that they mean', () => {
    const sql = 'SELECT lower(status) AS s, qty FROM orders GROUP BY s, 2';
    const block = rootOf(analyzed(sql));
    assert.deepEqual(
      block.groupBy.map((e) => sql.slice(e.start, e.end)),
      ['lower(status)', 'qty'],
    );
  });

  test('writes are scopes with a target', () => {
    const statement = analyzed(
      'UPDATE orders o SET qty = 1 FROM customers c WHERE o.customer_id = c.id AND c.credit > 5',
    );
    const [write] = statement.writes;
    assert.equal(write?.target?.alias, 'o');
    assert.equal(write?.where.length, 2);
    assert.equal(sourceNamed(statement, 'c').block, write);
  });

  test('T-SQL names the target by an alias of FROM', () => {
    const statement = analyzed(
      'UPDATE o SET qty = 1 FROM orders o JOIN customers c ON c.id = o.customer_id',
      'tsql',
    );
    assert.equal(statement.writes[0]?.target?.table?.name, 'orders');
  });

  test('a chain of ten thousand predicates is resolved', () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => `id = ${i}`).join(' OR ');
    const statement = analyzed(`SELECT id FROM orders WHERE ${chain}`);
    assert.equal(rootOf(statement).references.length, 10_001);
  });
});
