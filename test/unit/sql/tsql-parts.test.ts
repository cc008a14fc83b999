/** Parts that T-SQL alone knows: how they are read, what names mean in them, and that nothing is taken for what it is not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { findMatches } from '../../../src/core/patterns/find.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import type { Node } from '../../../src/core/sql/ast.ts';
import { parseStatement } from '../../../src/core/sql/parse.ts';
import { printTree } from '../../../src/core/sql/print.ts';
import type { AnalyzedStatement, Block } from '../../../src/core/sql/query-model.ts';
import { statementKind } from '../../../src/core/sql/statement-facts.ts';
import { nodeText, walk } from '../../../src/core/sql/walk.ts';

const SCHEMA = `
  CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int, doc xml);
  CREATE TABLE u (id int PRIMARY KEY, t_id int NOT NULL REFERENCES t (id), c int NOT NULL);
  CREATE TABLE sales (id int PRIMARY KEY, region int NOT NULL, kind varchar(10) NOT NULL, amount int NOT NULL);`;

function analyzed(sql: string): AnalyzedStatement {
  return analyzeStatement(sql, catalogFromDdl(SCHEMA, 'tsql'));
}

/** The texts of the nodes of a kind; the statement has to be right. */
function texts(sql: string, kind: Node['kind']): string[] {
  const { tree, errors } = parseStatement(sql, 'tsql');
  assert.deepEqual(errors, [], sql);
  return nodes(tree, kind).map((node) => nodeText(sql, node));
}

function nodes<K extends Node['kind']>(tree: Node, kind: K): Extract<Node, { kind: K }>[] {
  const found: Node[] = [];
  walk(tree, (node) => {
    if (node.kind === kind) found.push(node);
  });
  return found as Extract<Node, { kind: K }>[];
}

/** Every reference with the source that it means: `x.a` → `x:a`; `?` where nothing is known. */
function meanings(statement: AnalyzedStatement): Record<string, string> {
  const found: Record<string, string> = {};
  for (const node of nodes(statement.tree, 'column')) {
    const meaning = statement.resolve(node);
    const text = nodeText(statement.text, node);
    found[text] = meaning ? `${meaning.source.alias}:${meaning.sourceColumn?.name ?? '?'}` : '?';
  }
  return found;
}

function root(statement: AnalyzedStatement): Block {
  assert.ok(statement.root);
  return statement.root;
}

for (const [kind, sql, expected] of [
  [
    'pivot',
    'SELECT * FROM t PIVOT (SUM(a) FOR b IN ([1], [2])) AS p',
    ['t PIVOT (SUM(a) FOR b IN ([1], [2])) AS p'],
  ],
  ['tableSample', 'SELECT * FROM t TABLESAMPLE (10 PERCENT)', ['TABLESAMPLE (10 PERCENT)']],
  [
    'outputInto',
    'DELETE FROM t OUTPUT deleted.id INTO @gone (id) OUTPUT deleted.a WHERE a = 1',
    ['OUTPUT deleted.id INTO @gone (id)'],
  ],
  [
    'columnDefinition',
    "SELECT * FROM OPENJSON(@j) WITH (a int '$.a', b nvarchar(max) '$.b' AS JSON) AS j",
    ["a int '$.a'", "b nvarchar(max) '$.b' AS JSON"],
  ],
  ['procedureCall', 'INSERT INTO t (a) EXEC dbo.p @x = 1', ['EXEC dbo.p @x = 1']],
  [
    'procedureArgument',
    "EXEC @rc = dbo.p 1, @y = N'x', @z = @out OUTPUT",
    ['1', "@y = N'x'", '@z = @out OUTPUT'],
  ],
  [
    'assignment',
    'UPDATE t SET @x = a = a + 1, @y += 2, b |= 4 WHERE id = 1',
    ['@x = a = a + 1', '@y += 2', 'b |= 4'],
  ],
  ['namedWindow', 'SELECT SUM(a) OVER w FROM t WINDOW w AS (PARTITION BY b)', ['w AS (PARTITION BY b)']],
  [
    'property',
    'CREATE INDEX i ON t (a) WITH (FILLFACTOR = 80, ONLINE = ON (WAIT_AT_LOW_PRIORITY (MAX_DURATION = 5 MINUTES))) ON [PRIMARY]',
    [
      'WITH (FILLFACTOR = 80, ONLINE = ON (WAIT_AT_LOW_PRIORITY (MAX_DURATION = 5 MINUTES)))',
      'FILLFACTOR = 80',
      'ONLINE = ON (WAIT_AT_LOW_PRIORITY (MAX_DURATION = 5 MINUTES))',
      'WAIT_AT_LOW_PRIORITY (MAX_DURATION = 5 MINUTES)',
      'MAX_DURATION = 5 MINUTES',
      'ON [PRIMARY]',
    ],
  ],
  ['alterAction', 'ALTER TABLE t DROP CONSTRAINT a, b', ['DROP CONSTRAINT a, b']],
  [
    'variableDeclaration',
    'DECLARE @a int = 1, @t TABLE (id int PRIMARY KEY)',
    ['@a int = 1', '@t TABLE (id int PRIMARY KEY)'],
  ],
  ['cursorDeclaration', 'DECLARE c CURSOR LOCAL FOR SELECT a FROM t', ['c CURSOR LOCAL FOR SELECT a FROM t']],
  ['identifier', 'SELECT [a]]b] AS "c""d" FROM [my t]', ['[a]]b]', '"c""d"', '[my t]']],
] as const) {
  test(`${kind} in ${sql}`, () => {
    assert.deepEqual(texts(sql, kind), expected);
  });
}

describe('statements inside of statements', () => {
  test('a procedure has parameters and statements, each to its end, with or without semicolons', () => {
    const sql = `CREATE OR ALTER PROC dbo.p @id int, @rows dbo.list READONLY, @n int = NULL OUTPUT AS
      SET NOCOUNT ON
      DECLARE @t table (id int)
      INSERT INTO @t SELECT id FROM @rows
      IF EXISTS (SELECT 1 FROM @t) SELECT @n = COUNT(*) FROM @t ELSE BEGIN SET @n = 0; RETURN 1 END
      UPDATE t SET a = CASE WHEN b = 1 THEN 2 ELSE 3 END WHERE id = @id
      RETURN 0`;
    const { tree, errors } = parseStatement(sql, 'tsql');
    assert.deepEqual(errors, []);
    assert.ok(tree.kind === 'routine');
    assert.deepEqual(
      tree.parameters.map(({ variable, options }) => `${variable.text} ${options}`.trim()),
      ['@id', '@rows READONLY', '@n OUTPUT'],
    );
    assert.deepEqual(
      tree.statements.map(({ kind }) => kind),
      ['command', 'declare', 'insert', 'compound', 'update', 'command'],
    );
    const [branch] = tree.statements.filter((one) => one.kind === 'compound');
    assert.deepEqual(
      [branch?.statements.map(({ kind }) => kind), branch?.otherwise.map(({ kind }) => kind)],
      [['queryStatement'], ['compound']],
    );
    assert.equal(statementKind(tree), 'ddl');
  });

  test('TRY and CATCH, loops and nested IF … ELSE belong together', () => {
    const sql = `BEGIN TRY
        WHILE @i < 10 BEGIN SET @i += 1; IF @i = 5 CONTINUE; DELETE FROM t WHERE id = @i END
        IF @a = 1 IF @b = 1 PRINT 'x' ELSE PRINT 'y'
      END TRY
      BEGIN CATCH THROW; END CATCH`;
    const { tree, errors } = parseStatement(sql, 'tsql');
    assert.deepEqual(errors, []);
    assert.ok(tree.kind === 'compound' && tree.type === 'try');
    const [loop, outer] = tree.statements;
    assert.ok(loop?.kind === 'compound' && outer?.kind === 'compound');
    assert.equal(loop.type, 'while');
    const [inner] = outer.statements;
    assert.ok(inner?.kind === 'compound');
    assert.deepEqual([outer.otherwise.length, inner.statements.length, inner.otherwise.length], [0, 1, 1]);
    assert.deepEqual(texts(sql, 'delete'), ['DELETE FROM t WHERE id = @i']);
    assert.deepEqual(
      nodes(tree.otherwise[0] ?? tree, 'command').map(({ verb }) => verb),
      ['THROW'],
    );
  });
});

test('blocks that nest without end are read to a depth, and no character is lost', () => {
  for (const sql of [
    `${'BEGIN '.repeat(3000)}SELECT 1${' END'.repeat(3000)}`,
    'BEGIN TRY '.repeat(3000),
    `${'CREATE PROC p AS '.repeat(1000)}SELECT 1`,
    `${'IF 1 = 1 '.repeat(3000)}SELECT 1`,
  ]) {
    const { tree } = parseStatement(sql, 'tsql');
    assert.equal(printTree(sql, tree), sql);
    let inside = 0;
    walk(tree, (node) => {
      if (node.kind === 'compound' || node.kind === 'routine') inside++;
    });
    assert.ok(inside > 10 && inside < 400, `${inside} levels`);
  }
});

describe('names in T-SQL', () => {
  test('APPLY sees what stands before it, and its names are seen', () => {
    const statement = analyzed(
      'SELECT t.a, x.n, y.c, v.z FROM t CROSS APPLY (SELECT COUNT(*) AS n FROM u WHERE u.t_id = t.id) AS x OUTER APPLY (SELECT TOP (1) u.c FROM u WHERE u.id = x.n ORDER BY u.c) AS y CROSS APPLY (VALUES (t.b), (y.c)) AS v (z)',
    );
    const found = meanings(statement);
    assert.equal(found['t.id'], 't:id');
    assert.equal(found['x.n'], 'x:n');
    assert.equal(found['t.b'], 't:b');
    assert.equal(found['v.z'], 'v:z');
    assert.equal(root(statement).resolved, true);
    const y = root(statement).sources.find(({ alias }) => alias === 'y');
    assert.deepEqual([y?.nullSupplied, y?.lateral], [true, true]);
    const c = nodes(statement.tree, 'column').find((node) => nodeText(statement.text, node) === 'y.c');
    assert.ok(c);
    assert.equal(statement.resolve(c)?.notNull, false, 'OUTER APPLY supplies NULLs');
  });

  test('PIVOT groups by what it does not use up, and hides what went in', () => {
    const sql =
      'SELECT p.region, p.x, amount, sales.id FROM sales PIVOT (SUM(amount) FOR kind IN (x, [y z])) AS p WHERE p.[y z] > 1';
    const statement = analyzed(sql);
    const [pivot] = root(statement).sources;
    assert.deepEqual(
      pivot?.columns?.map(({ name }) => name),
      ['id', 'region', 'x', 'y z'],
    );
    assert.equal(root(statement).sources.length, 1);
    const found = meanings(statement);
    assert.deepEqual(
      [found['p.region'], found['p.x'], found['p.[y z]'], found['kind'], found['sales.id']],
      ['p:region', 'p:x', 'p:y z', 'sales:kind', '?'],
    );
  });

  test('UNPIVOT makes two columns of several', () => {
    const statement = analyzed('SELECT q.id, q.value, q.name FROM t UNPIVOT (value FOR name IN (a, b)) AS q');
    assert.deepEqual(
      root(statement).sources[0]?.columns?.map(({ name }) => name),
      ['id', 'doc', 'value', 'name'],
    );
    assert.equal(root(statement).resolved, true);
  });

  test('OUTPUT sees the rows of the target before and after, and the relations of FROM', () => {
    const statement = analyzed(
      'UPDATE x SET x.a = y.c, @v = x.b = 1 OUTPUT inserted.a, deleted.b, y.c INTO @log (a, b, c) FROM u AS y JOIN t AS x ON x.id = y.t_id WHERE y.c > 1',
    );
    const found = meanings(statement);
    assert.deepEqual(
      [found['inserted.a'], found['deleted.b'], found['y.c'], found['x.a'], found['x.b'], found['x.id']],
      ['inserted:a', 'deleted:b', 'y:c', 'x:a', 'x:b', 'x:id'],
    );
    assert.equal(statement.writes[0]?.target?.alias, 'x');
    assert.equal(statement.writes[0]?.resolved, true);
  });

  test('MERGE and the rows that it returns', () => {
    const statement = analyzed(
      'SELECT d.id, d.what FROM (MERGE t USING u ON t.id = u.t_id WHEN MATCHED THEN UPDATE SET a = u.c OUTPUT $action, deleted.id) AS d (what, id)',
    );
    const found = meanings(statement);
    assert.deepEqual([found['d.id'], found['deleted.id'], found['u.c']], ['d:id', 'deleted:id', 'u:c']);
  });

  test('the columns of table functions are those that an alias, WITH or the manual names', () => {
    const statement = analyzed(
      "SELECT s.value, n.value, j.a, k.[key], x.c FROM t CROSS APPLY STRING_SPLIT('a,b', ',') AS s CROSS JOIN GENERATE_SERIES(1, 3) AS n CROSS APPLY OPENJSON(@j) WITH (a int '$.a') AS j CROSS APPLY OPENJSON(@k) AS k CROSS APPLY t.doc.nodes('/r') AS x (c)",
    );
    const found = meanings(statement);
    assert.deepEqual(
      [found['s.value'], found['n.value'], found['j.a'], found['k.[key]'], found['x.c'], found['t.doc']],
      ['s:value', 'n:value', 'j:a', 'k:key', 'x:c', 't:doc'],
    );
  });

  test('a method of a column uses the column, though it looks like a function of a schema', () => {
    const statement = analyzed(
      "SELECT t.doc.value('(/a)[1]', 'int') AS v, u.c FROM t JOIN u ON u.t_id = t.id",
    );
    assert.equal(meanings(statement)['t.doc'], 't:doc');
    const other = analyzed('SELECT t.b.ToString() FROM t');
    assert.equal(root(other).resolved, false);
    const schema = analyzed('SELECT dbo.f(t.b) FROM t');
    assert.equal(root(schema).resolved, true);
  });
});

describe('a catalog from T-SQL', () => {
  test('knows what ALTER TABLE takes back', () => {
    const [, , child, typed] = catalogFromDdl(
      `CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE q (id int NOT NULL UNIQUE);
       CREATE TABLE c (id int CONSTRAINT pk_c PRIMARY KEY, p_id int NOT NULL CONSTRAINT fk_p REFERENCES p (id), q_id int NOT NULL);
       CREATE TABLE x (a int NOT NULL, b int NULL, INDEX i UNIQUE (a), INDEX j UNIQUE (b) WHERE b IS NOT NULL);
       ALTER TABLE c WITH NOCHECK ADD CONSTRAINT fk_q FOREIGN KEY (q_id) REFERENCES q (id);
       ALTER TABLE c NOCHECK CONSTRAINT fk_p;
       ALTER TABLE x ALTER COLUMN a bigint NULL; ALTER TABLE x ALTER COLUMN b varchar(5) NOT NULL;`,
      'tsql',
    ).tables;
    assert.deepEqual(
      child?.foreignKeys.map(({ name, validated }) => [name, validated]),
      [
        ['fk_p', false],
        ['fk_q', false],
      ],
    );
    assert.deepEqual(
      typed?.columns.map(({ name, type, notNull }) => `${name} ${type} ${notNull}`),
      ['a bigint false', 'b varchar(5) true'],
    );
    assert.deepEqual(
      typed?.keys.map(({ columns }) => columns),
      [['a']],
      'a filtered index is no key',
    );
  });
});

/** Patterns that offer a rewrite of the statement. */
function rewrittenBy(sql: string): string[] {
  return findMatches(analyzed(sql)).flatMap(({ pattern, match }) => (match.rewrite ? [pattern.id] : []));
}

describe('what T-SQL alone can say keeps rules away', () => {
  for (const [pattern, plain, ...others] of [
    [
      'unused-left-join',
      'SELECT t.id, t.a FROM t LEFT JOIN u ON u.id = t.b',
      'SELECT t.id, t.a FROM t LEFT JOIN u ON u.id = t.b FOR XML AUTO',
      'SELECT t.id, t.a FROM t LEFT JOIN u ON u.id = t.b FOR JSON AUTO, ROOT',
      'SELECT @id = t.id, @a = t.a FROM t LEFT JOIN u ON u.id = t.b',
      'SELECT @n += t.id FROM t LEFT JOIN u ON u.id = t.b',
      "SELECT t.id, t.a, u.c.value('.', 'int') AS v FROM t LEFT JOIN u ON u.id = t.b",
      'SELECT t.id, u.c.ToString() AS v FROM t LEFT JOIN u ON u.id = t.b',
      'SELECT t.id, t.a FROM t LEFT JOIN u ON u.id = t.b WHERE MATCH(t-(u)->t)',
      'SELECT t.id, t.a FROM t LEFT JOIN u WITH (READPAST) ON u.id = t.b',
      'SELECT t.id, t.a FROM t LEFT HASH JOIN u ON u.id = t.b',
      'CREATE PROCEDURE p AS SELECT t.id, t.a FROM t LEFT JOIN u ON u.id = t.b',
      'DECLARE c CURSOR FOR SELECT t.id, t.a FROM t LEFT JOIN u ON u.id = t.b',
      'IF @x = 1 SELECT t.id, t.a FROM t LEFT JOIN u ON u.id = t.b',
      'BEGIN TRY SELECT t.id, t.a FROM t LEFT JOIN u ON u.id = t.b END TRY BEGIN CATCH THROW END CATCH',
    ],
    [
      'redundant-order-by',
      'SELECT t.a FROM t ORDER BY t.id, t.a',
      'SELECT @a = t.a FROM t ORDER BY t.id, t.a',
      "SELECT @all = @all + ',' + t.doc FROM t ORDER BY t.id, t.a",
      "SELECT t.a FROM t ORDER BY t.id, t.a FOR XML PATH('')",
    ],
    [
      'unused-derived-column',
      'SELECT d.id FROM (SELECT id, a, b FROM t) AS d JOIN u ON u.t_id = d.id WHERE d.a > 1',
      'SELECT p.id FROM (SELECT id, a, b, doc FROM t) AS d PIVOT (SUM(a) FOR b IN ([1], [2])) AS p',
      'SELECT q.id FROM (SELECT id, a, b FROM t) AS d UNPIVOT (v FOR n IN (a, b)) AS q',
    ],
    [
      'limit-in-exists',
      'SELECT t.id FROM t WHERE EXISTS (SELECT TOP (1) u.id FROM u WHERE u.t_id = t.id)',
      'SELECT t.id FROM t WHERE EXISTS (SELECT TOP (0) u.id FROM u WHERE u.t_id = t.id)',
      'SELECT t.id FROM t WHERE EXISTS (SELECT TOP (@n) u.id FROM u WHERE u.t_id = t.id)',
      'SELECT t.id FROM t WHERE EXISTS (SELECT TOP (0) PERCENT u.id FROM u WHERE u.t_id = t.id)',
    ],
    [
      'redundant-foreign-key-join',
      'SELECT u.c FROM u JOIN t ON t.id = u.t_id',
      'SELECT u.c FROM u JOIN t TABLESAMPLE (10 PERCENT) ON t.id = u.t_id',
      'SELECT u.c FROM u JOIN t FOR SYSTEM_TIME AS OF @then ON t.id = u.t_id',
      'SELECT u.c FROM u JOIN t WITH (READPAST) ON t.id = u.t_id',
      'SELECT u.c FROM u CROSS APPLY (SELECT TOP (1) t.id FROM t WHERE t.id = u.t_id AND t.a > 1) AS t',
      'SELECT @c = u.c FROM u JOIN t ON t.id = u.t_id',
    ],
    [
      'not-in-to-not-exists',
      'SELECT t.id FROM t WHERE t.id NOT IN (SELECT u.t_id FROM u)',
      'SELECT t.id FROM t WHERE t.id NOT IN (SELECT TOP (5) u.t_id FROM u)',
      'SELECT t.id FROM t WHERE t.id NOT IN (SELECT TOP (5) WITH TIES u.t_id FROM u ORDER BY u.c)',
      'SELECT t.id FROM t WHERE t.id NOT IN (SELECT u.t_id FROM u ORDER BY u.c OFFSET 1 ROWS)',
      'SELECT TOP (@n) @x = t.id FROM t WHERE t.id NOT IN (SELECT u.t_id FROM u)',
    ],
    [
      'correlated-update-to-join',
      'UPDATE t SET b = (SELECT SUM(u.c) FROM u WHERE u.t_id = t.id) WHERE EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)',
      'UPDATE t SET @n = b = (SELECT SUM(u.c) FROM u WHERE u.t_id = t.id) WHERE EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)',
      'UPDATE t SET @n += 1, b = (SELECT SUM(u.c) FROM u WHERE u.t_id = t.id) WHERE EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)',
      'UPDATE TOP (5) t SET b = (SELECT SUM(u.c) FROM u WHERE u.t_id = t.id) WHERE EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)',
    ],
    [
      'distinct-in-subquery',
      'SELECT t.id FROM t WHERE t.id IN (SELECT DISTINCT u.t_id FROM u)',
      'SELECT t.id FROM t WHERE t.id IN (SELECT DISTINCT TOP (2) u.t_id FROM u ORDER BY u.t_id)',
    ],
  ] as const) {
    test(`${pattern}: applies to ${plain}`, () => {
      assert.ok(rewrittenBy(plain).includes(pattern), rewrittenBy(plain).join());
    });
    for (const sql of others) {
      test(`${pattern}: not to ${sql}`, () => {
        assert.ok(!rewrittenBy(sql).includes(pattern), sql);
      });
    }
  }
});
