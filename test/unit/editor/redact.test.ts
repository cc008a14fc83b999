import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactLiterals } from '../../../src/editor/history/redact.ts';

test('literals are found as the dialect writes them', () => {
  const sql = `SELECT "a" FROM t WHERE x = 'it\\'s secret' AND y = 7 AND z = "secret"`;
  for (const dialect of ['mysql', 'mariadb'] as const) {
    assert.equal(redactLiterals(sql, dialect), 'SELECT ? FROM t WHERE x = ? AND y = ? AND z = ?');
  }
  assert.equal(
    redactLiterals(`SELECT "a" FROM t WHERE x = 'b'`, 'postgresql'),
    'SELECT "a" FROM t WHERE x = ?',
  );
});
