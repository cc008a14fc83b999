import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from '../../../src/core/database.ts';
import { checkStatement } from '../../../src/databases/mysql/statement-guard.ts';

const refuses = (sql: string, kind: 'reads' | 'writes', ...reasons: DatabaseError['reason'][]) =>
  assert.throws(
    () => checkStatement(sql, kind, 'mariadb'),
    (error) => DatabaseError.is(error, ...reasons),
    sql,
  );

test('queries pass, whatever stands around them', () => {
  for (const sql of [
    'SELECT 1',
    '  -- a comment\n/* another */ (SELECT 1) UNION (SELECT 2)',
    'WITH x AS (SELECT 1) SELECT * FROM x',
    'VALUES (1)',
    'SHOW TABLES',
    'DESCRIBE t',
    "SELECT 'INTO OUTFILE', `into` FROM t -- INTO OUTFILE",
    'SELECT /*! SQL_NO_CACHE */ 1',
  ]) {
    assert.equal(checkStatement(sql, 'reads', 'mariadb'), false, sql);
  }
});

test('what lifts the guard, writes besides the transaction or is a program is refused before it is sent', () => {
  for (const sql of [
    'COMMIT',
    'SET SESSION TRANSACTION READ WRITE',
    'BEGIN NOT ATOMIC COMMIT; END',
    'IF 1 THEN COMMIT; END IF',
    'CREATE TABLE t (a INT)',
    'KILL 5',
    "EXECUTE IMMEDIATE 'DROP TABLE t'",
    "SELECT 1 INTO OUTFILE '/tmp/x'",
    "SELECT 1 /*! INTO OUTFILE '/tmp/x' */",
    "SELECT 1 /*M!100000 INTO /*!50000 DUMPFILE */ '/tmp/x' */",
    'WITH x AS (SELECT 1) SELECT * FROM x INTO @y',
  ]) {
    refuses(sql, 'reads', 'readOnly');
  }
  for (const sql of ['', '-- nothing', 'SELEC 1', '/*!50000 COMMIT */', '; COMMIT']) {
    refuses(sql, 'reads', 'syntax', 'readOnly');
  }
});

test('the server itself refuses changes of rows in a session that reads; one that is rolled back takes no others', () => {
  for (const sql of [
    'INSERT INTO t VALUES (1)',
    'DELETE FROM t',
    'REPLACE INTO t VALUES (1)',
    'UPDATE t SET a = 1',
  ]) {
    assert.equal(checkStatement(sql, 'reads', 'mariadb'), false);
    assert.equal(checkStatement(sql, 'writes', 'mariadb'), true);
  }
  assert.equal(checkStatement('WITH x AS (SELECT 1) DELETE FROM t', 'writes', 'mysql'), true);
  refuses("WITH x AS (SELECT 1) SELECT * FROM x INTO OUTFILE '/tmp/x'", 'writes', 'readOnly');
  for (const sql of [
    'TRUNCATE t',
    'ALTER TABLE t ADD a INT',
    'COMMIT',
    "LOAD DATA INFILE 'x' INTO TABLE t",
  ]) {
    refuses(sql, 'writes', 'readOnly');
  }
});
