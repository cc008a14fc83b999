import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from '../../../../src/core/database.ts';
import { checkStatement } from '../../../../src/databases/mssql/statement-guard.ts';

const refuses = (sql: string, kind: 'reads' | 'writes') =>
  assert.throws(
    () => checkStatement(sql, kind),
    (error) => DatabaseError.is(error, 'readOnly', 'syntax'),
    sql,
  );

test('queries pass on SQL Server, whatever their names, hints and comments say', () => {
  for (const sql of [
    'SELECT 1',
    ';WITH x AS (SELECT 1 AS a) SELECT * FROM x;',
    '-- DELETE FROM t\n/* EXEC /* nested */ p */ (SELECT 1) UNION ALL (SELECT 2)',
    'SELECT \'EXEC xp_cmdshell\', [delete], [into].[update], "drop" FROM t',
    'SELECT a.id FROM a INNER MERGE JOIN b ON a.id = b.id OPTION (MERGE JOIN, MERGE UNION, RECOMPILE)',
    "SELECT a FROM t OPTION (USE HINT('ENABLE_PARALLEL_PLAN_PREFERENCE'))",
    'SELECT a FROM t ORDER BY a OFFSET 5 ROWS FETCH NEXT 5 ROWS ONLY',
    'SELECT IIF(a = 1, 1, 0), CASE WHEN a = 1 THEN 2 END FROM t WITH (UPDLOCK)',
    'SELECT opened, closed, executed, printed, setting FROM t',
    "SELECT conversation, dialog FROM t FOR XML PATH('x')",
  ]) {
    assert.equal(checkStatement(sql, 'reads'), false, sql);
  }
});

test('what changes, runs or leaves the transaction is refused on SQL Server, even behind a query without a semicolon', () => {
  for (const sql of [
    'SELECT 1 COMMIT',
    'SELECT 1\nDROP TABLE t',
    'SELECT a FROM t EXEC p',
    'SELECT a FROM t; SELECT b FROM t',
    'SELECT a INTO copy FROM t',
    'SELECT a FROM t IF 1 = 1 PRINT 1',
    "SELECT * FROM OPENROWSET('SQLNCLI', 'Server=x', 'DROP TABLE t')",
    "SELECT * FROM OPENQUERY(other, 'DELETE t')",
    'SELECT NEXT VALUE FOR numbers',
    'SELECT 1 SET XACT_ABORT OFF',
    'SELECT 1 END CONVERSATION x',
    'SELECT 1 DISABLE TRIGGER tr ON t',
    'BEGIN TRAN',
    'ROLLBACK',
    'USE master',
    'sp_who',
    'EXEC sp_who',
    "WAITFOR DELAY '1:00'",
    'SHUTDOWN',
    'DECLARE @a int',
    'TRUNCATE TABLE t',
    '',
    '-- nothing',
  ]) {
    refuses(sql, 'reads');
    refuses(sql, 'writes');
  }
});

test('rows are changed only in a session that is rolled back', () => {
  for (const sql of [
    'INSERT INTO t (a) VALUES (1)',
    'UPDATE t SET a = 1 FROM t JOIN u ON u.id = t.id',
    'DELETE TOP (5) FROM t OUTPUT deleted.id',
    'MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN UPDATE SET a = u.a WHEN NOT MATCHED THEN INSERT (id) VALUES (u.id);',
    'WITH x AS (SELECT 1 AS a) DELETE FROM t WHERE a IN (SELECT a FROM x)',
  ]) {
    refuses(sql, 'reads');
    assert.equal(checkStatement(sql, 'writes'), true, sql);
  }
  refuses('INSERT INTO t EXEC p', 'writes');
  refuses('UPDATE STATISTICS t', 'writes');
  refuses('DELETE FROM t COMMIT', 'writes');
  assert.equal(checkStatement('SELECT 1', 'writes'), false);
});
