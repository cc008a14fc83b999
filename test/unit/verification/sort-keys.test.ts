import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { sortedStatement } from '../../../src/core/verification/sort-keys.ts';

const catalog = catalogFromDdl('CREATE TABLE t (a int, b int, c text);', 'postgresql');
const read = (sql: string) => sortedStatement(analyzeStatement(sql, catalog));

test('a sort key that is not selected becomes a column of its own', () => {
  const sorted = read('SELECT a FROM t ORDER BY lower(c), b DESC LIMIT 5 OFFSET 2');
  assert.equal(
    sorted?.sql,
    'SELECT a, (lower(c)) AS sqlopt_key_1, (b) AS sqlopt_key_2 FROM t ORDER BY lower(c), b DESC LIMIT 5 OFFSET 2',
  );
  assert.deepEqual([sorted?.limit, sorted?.offset, sorted?.appended], [5, 2, 2]);
  assert.match(sorted?.unlimited ?? '', /ORDER BY lower\(c\), b DESC\s*$/);
});

test('an output name and a position mean the output’s expression', () => {
  assert.match(read('SELECT a + b AS s FROM t ORDER BY s')?.sql ?? '', /, \(a \+ b\) AS sqlopt_key_1 FROM/);
  assert.match(read('SELECT c, a FROM t ORDER BY 2')?.sql ?? '', /, \(a\) AS sqlopt_key_1 FROM/);
});

test('under DISTINCT and set operations nothing is appended: the keys are visible', () => {
  assert.deepEqual(read('SELECT DISTINCT a, b FROM t ORDER BY b')?.keys, [{ at: 'position', index: 1 }]);
  const union = read('SELECT a FROM t UNION SELECT b FROM t ORDER BY a');
  assert.deepEqual([union?.appended, union?.keys], [0, [{ at: 'name', name: 'a' }]]);
});

test('a limit that is no plain number is not guessed', () => {
  assert.equal(read('SELECT a FROM t ORDER BY a LIMIT $1'), null);
  assert.equal(read('SELECT a FROM t ORDER BY a FETCH FIRST 2 ROWS WITH TIES'), null);
  assert.equal(read('SELECT a FROM t ORDER BY a FETCH FIRST ROW ONLY'), null);
  assert.equal(read("SELECT a FROM t ORDER BY a LIMIT CAST('3' AS bigint)")?.limit, 3);
});

test('without ORDER BY there are no keys', () => {
  const sorted = read('SELECT a FROM t');
  assert.deepEqual([sorted?.sql, sorted?.keys, sorted?.unlimited], ['SELECT a FROM t', null, null]);
});
