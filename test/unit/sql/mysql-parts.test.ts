/** Parts that MySQL, MariaDB and SQL Server alone know: how they are read, and that no rule takes the rows for all rows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import type { Node } from '../../../src/core/sql/ast.ts';
import type { Dialect } from '../../../src/core/sql/dialect.ts';
import { parseStatement } from '../../../src/core/sql/parse.ts';
import { isDeterministic } from '../../../src/core/sql/properties/volatility.ts';
import { splitStatements } from '../../../src/core/sql/splitter.ts';
import { nodeText, walk } from '../../../src/core/sql/walk.ts';
import { compareStructure } from '../../../src/core/verification/structure.ts';

const SCHEMA = `
  CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, p int REFERENCES u (id));
  CREATE TABLE u (id int PRIMARY KEY, b int);`;

function analyzed(sql: string, dialect: Dialect = 'mariadb') {
  return analyzeStatement(sql, catalogFromDdl(SCHEMA, dialect));
}

/** The texts of the nodes of a kind. */
function texts(sql: string, kind: Node['kind'], dialect: Dialect = 'mariadb'): string[] {
  const { tree, errors } = parseStatement(sql, dialect);
  assert.deepEqual(errors, [], sql);
  const found: string[] = [];
  walk(tree, (node) => {
    if (node.kind === kind) found.push(nodeText(sql, node));
  });
  return found;
}

for (const [kind, sql, expected] of [
  ['tablePartitions', 'SELECT * FROM t PARTITION (p0, p1) AS x', ['PARTITION (p0, p1)']],
  ['tablePartitions', 'DELETE FROM t PARTITION (p0) WHERE a = 1', ['PARTITION (p0)']],
  [
    'tablePeriod',
    "SELECT * FROM t FOR SYSTEM_TIME AS OF '2024-01-01' AS x",
    ["FOR SYSTEM_TIME AS OF '2024-01-01'"],
  ],
  ['tablePeriod', 'SELECT * FROM t FOR SYSTEM_TIME FROM @a TO @b', ['FOR SYSTEM_TIME FROM @a TO @b']],
  ['tablePeriod', 'DELETE FROM t FOR PORTION OF p FROM 1 TO 2', ['FOR PORTION OF p FROM 1 TO 2']],
  ['writeModifier', 'INSERT LOW_PRIORITY IGNORE INTO t (a) VALUES (1)', ['IGNORE']],
  ['furtherTargets', 'DELETE t, u, v.* FROM t JOIN u JOIN v WHERE t.id = u.id', [', u, v.*']],
  ['examinedLimit', 'SELECT a FROM t LIMIT 5 ROWS EXAMINED 100', ['ROWS EXAMINED 100']],
  [
    'partitionDefinition',
    'CREATE TABLE t (a int) PARTITION BY LIST (a) (PARTITION p VALUES IN (1, 2))',
    ['PARTITION p VALUES IN (1, 2)'],
  ],
  [
    'property',
    "CREATE TABLE t (a int COMMENT 'x' INVISIBLE) ENGINE = InnoDB, CHARSET utf8mb4",
    ["COMMENT 'x'", 'INVISIBLE', 'ENGINE = InnoDB', 'CHARSET utf8mb4'],
  ],
  ['property', 'CREATE TABLE t (a int, KEY k (a(20) DESC, (a + 1)))', ['(20)', 'DESC', '(a + 1)']],
  [
    'property',
    'CREATE TABLE t (p int REFERENCES u (id) ON UPDATE SET NULL, FOREIGN KEY (p) REFERENCES u (id) ON UPDATE NO ACTION)',
    [],
  ],
  [
    'alterAction',
    'ALTER TABLE t MODIFY a bigint, RENAME TO v, ENGINE = InnoDB',
    ['MODIFY a bigint', 'RENAME TO v'],
  ],
] as const) {
  test(`${kind} in ${sql}`, () => {
    assert.deepEqual(texts(sql, kind), expected);
  });
}

test('the names of sequences are no columns', () => {
  const sql = 'SELECT NEXT VALUE FOR s AS n, NEXT VALUE FOR s';
  assert.deepEqual(texts(sql, 'column'), []);
  const [call] = analyzed(sql).blocks[0]?.outputs ?? [];
  assert.ok(call?.expression);
  assert.equal(isDeterministic(call.expression, analyzed(sql)), false);
});

test('rows of partitions and of the past have no keys and are not compared', () => {
  for (const part of ['PARTITION (p0)', 'FOR SYSTEM_TIME ALL', 'FOR SYSTEM_TIME AS OF @x']) {
    const statement = analyzed(`SELECT t.a, u.b FROM t ${part} JOIN u ON u.id = t.p`);
    const [block] = statement.blocks;
    assert.deepEqual(
      block?.sources.map((source) => source.table?.name ?? null),
      [null, 'u'],
    );
    assert.ok(block?.sources[0]?.columns?.every((column) => column.table === null));
    assert.equal(compareStructure(statement, statement).verdict, 'unknown');
    assert.ok(statement.opaque.some((range) => nodeText(statement.text, range) === part));
  }
});

test('writes with IGNORE, several targets or a limit of the work are not compared', () => {
  for (const sql of [
    'INSERT IGNORE INTO t (id) VALUES (1)',
    'DELETE t, u FROM t JOIN u ON u.id = t.p',
    'UPDATE t PARTITION (p0) SET a = 1',
    'SELECT a FROM t LIMIT ROWS EXAMINED 10',
  ]) {
    const statement = analyzed(sql);
    const found = compareStructure(statement, statement);
    assert.equal(found.verdict, 'unknown', sql);
  }
});

test('subqueries between the VALUES of an INSERT are resolved', () => {
  for (const dialect of ['postgresql', 'mysql', 'mariadb', 'tsql'] as const) {
    const statement = analyzed(
      'INSERT INTO t (id, a) VALUES (1, (SELECT max(b) FROM u WHERE u.id = 3))',
      dialect,
    );
    assert.equal(statement.blocks.length, 1, dialect);
    assert.equal(statement.blocks[0]?.sources[0]?.table?.name, 'u');
    assert.equal(statement.blocks[0]?.parent, statement.writes[0]);
  }
});

test('a unique key over an expression is no key of the columns beside it', () => {
  const catalog = catalogFromDdl('CREATE TABLE t (a text, b int, UNIQUE KEY k ((lower(a)), b))', 'mysql');
  assert.deepEqual(catalog.tables[0]?.keys, []);
});

test('T-SQL: hints without WITH, and IF EXISTS inside of DROP', () => {
  for (const sql of [
    'SELECT * FROM t (NOLOCK)',
    'SELECT * FROM t AS x (UPDLOCK) WHERE x.a = 1',
    'SELECT * FROM t x (NOLOCK), u',
  ]) {
    const { tree } = parseStatement(sql, 'tsql');
    let columns = -1;
    let modifiers = 0;
    walk(tree, (node) => {
      if (node.kind !== 'table' || node.name[0].name !== 't') return;
      columns = node.alias?.columns.length ?? 0;
      modifiers = node.modifiers.length;
    });
    assert.deepEqual([columns, modifiers], [0, 1], sql);
  }
  for (const [script, count] of [
    ['DROP TABLE IF EXISTS t\nSELECT 1', 2],
    ['ALTER TABLE t DROP COLUMN IF EXISTS a', 1],
    ['DROP TABLE t IF EXISTS (SELECT 1) SELECT 2', 2],
  ] as const) {
    assert.equal([...splitStatements(script, 'tsql')].length, count, script);
  }
});

test('T-SQL: hints, TOP of writes and formats of the result are read and kept', () => {
  for (const [sql, kind, expected] of [
    [
      'SELECT a FROM t WITH (NOLOCK, INDEX (i)) OPTION (MAXDOP 1)',
      'hints',
      ['WITH (NOLOCK, INDEX (i))', 'OPTION (MAXDOP 1)'],
    ],
    ['UPDATE TOP (10) t SET a = 1', 'top', ['TOP (10)']],
    ["SELECT a FROM t FOR XML PATH(''), TYPE", 'resultFormat', ["FOR XML PATH(''), TYPE"]],
    [
      'MERGE t USING u ON t.id = u.id WHEN MATCHED THEN DELETE',
      'merge',
      ['MERGE t USING u ON t.id = u.id WHEN MATCHED THEN DELETE'],
    ],
  ] as const) {
    assert.deepEqual(texts(sql, kind, 'tsql'), expected);
    const statement = analyzed(sql, 'tsql');
    if (kind !== 'merge') assert.equal(compareStructure(statement, statement).verdict, 'unknown', sql);
  }
});
