import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DIALECTS, type Dialect } from '../../../src/core/sql/dialect.ts';
import { fingerprint } from '../../../src/core/sql/fingerprint.ts';
import { hash64 } from '../../../src/core/sql/hash.ts';
import { spacedSqlText, sqlText } from './arbitraries.ts';

function normalized(text: string, dialect: Dialect = 'postgresql'): string {
  return fingerprint(text, dialect).normalized;
}

function assertSame(texts: readonly string[], dialect: Dialect = 'postgresql'): void {
  const [first = '', ...others] = texts;
  for (const other of others) {
    assert.equal(normalized(other, dialect), normalized(first, dialect), other);
    assert.equal(fingerprint(other, dialect).fingerprint, fingerprint(first, dialect).fingerprint);
  }
}

function assertDifferent(a: string, b: string, dialect: Dialect = 'postgresql'): void {
  assert.notEqual(fingerprint(a, dialect).fingerprint, fingerprint(b, dialect).fingerprint, `${a} and ${b}`);
}

describe('fingerprints', () => {
  it('are readable', () => {
    assert.equal(
      normalized(
        "select  O.id, count (*) from Orders o /* c */ where o.total > -5.0 and name='x' -- d\n limit 10;",
      ),
      'SELECT o.id, count(*) FROM orders o WHERE o.total > ? AND name = ? LIMIT ?',
    );
    assert.equal(
      normalized("select a[1], b::numeric(10,2), '{1}'::int[] from t1 where (a, b) in ((1,2),(3,4))"),
      'SELECT a[?], b::numeric(10, 2), ?::int[] FROM t1 WHERE (a, b) IN ((?, ?))',
    );
  });
  it('are the same whatever the constants, case, blanks, comments and the final semicolon', () => {
    assertSame([
      'select a from t where b = 1',
      'SELECT A FROM T WHERE B=$1;',
      "Select a\n  From t -- c\n Where b = 'x' /* d */ ;",
      'select a from t where b = -1.5e3',
      'select a from t where b = :b',
      'select a from t where b = ?',
      'select a from t where b = %s',
      "select a from t where b = 'x'\n'y'",
      'select a from t where b = $$x$$',
      'select a from t where b = null',
      'select a from t where b = true',
      'select "a" from "t" where "b" = 1',
    ]);
  });
  it('are the same for lists of any length', () => {
    assertSame([
      'select 1 from t where a in ($1)',
      'select 1 from t where a in ($1, $2, $3)',
      'select 1 from t where a = any($1)',
      'select 1 from t where a = ANY ($1::int[])',
      "select 1 from t where a = any('{1,2}')",
      'select 1 from t where a = any(array[1, 2])',
    ]);
    assertSame([
      'select 1 where a not in (1,2)',
      'select 1 where a <> all($1)',
      'select 1 where a != all ($1)',
    ]);
    assertSame([
      'insert into t (a, b) values (1, 2)',
      "insert into t(a,b) values (1, 'x'), (null, 'y'), ($1,$2);",
      'INSERT INTO t (a, b) VALUES (?, ?), (?, ?)',
    ]);
    assertSame(['select array[1]', 'select array[1,2,3]']);
    assertSame(['select 1 where (a, b) in ((1, 2))', 'select 1 where (a, b) in ((1, 2), (3, 4), (5, 6))']);
  });
  it('differ where the statements do', () => {
    assertDifferent('select a from t1', 'select a from t2');
    assertDifferent('select "A" from t', 'select a from t');
    assertDifferent('select a from t order by 1', 'select a from t order by 2');
    assertDifferent('select a from t group by a, 1', 'select a from t group by a, 2');
    assertDifferent('select a from t where a is null', 'select a from t where a is not null');
    assertDifferent('select a::varchar(10) from t', 'select a::varchar(20) from t');
    assertDifferent('select f(1, 2)', 'select f(1)');
    assertDifferent('select a - 1 from t', 'select a + 1 from t');
    assertDifferent('select a - 1 from t', 'select a from t');
    assertDifferent('select 1 where a in (select 1)', 'select 1 where a in (1)');
    assertDifferent('select 1 where a = any(t.b)', 'select 1 where a in (1)');
    assertDifferent('insert into t values (1, default)', 'insert into t values (1, 2)');
    assertDifferent("select * from {{ ref('a') }}", "select * from {{ ref('b') }}");
    assertDifferent('select count(*) - 1', 'select count(*)');
  });
  it('follow the rules of each dialect', () => {
    assertSame(['select `A` from `T` where `b` = "x" # c', 'SELECT a FROM t WHERE B = 5'], 'mysql');
    assertSame(["select [A] from [dbo].[T] where b = N'x'", 'SELECT a FROM dbo.t WHERE b = @p'], 'tsql');
    assert.equal(
      normalized('select [order], [x y], t.a from @t t', 'tsql'),
      'SELECT "order", "x y", t.a FROM @t t',
    );
    assertDifferent('select /*!50000 straight_join */ 1', 'select 1', 'mysql');
    assertDifferent('select @@rowcount', 'select @@identity', 'tsql');
  });
  it('are stable', () => {
    // Kept by users: these must not change from version to version.
    assert.equal(hash64(''), 'cbf29ce484222325');
    assert.equal(hash64('a'), 'af63dc4c8601ec8c');
    assert.equal(hash64('foobar'), '85944171f73967e8');
    assert.equal(fingerprint('select 1', 'postgresql').fingerprint, hash64('SELECT ?'));
    assert.match(fingerprint('', 'mysql').fingerprint, /^[\da-f]{16}$/);
  });
  it('exist for any text and do not change when taken of the normalized form', () => {
    const check = (text: string) => {
      for (const dialect of DIALECTS) assert.match(fingerprint(text, dialect).fingerprint, /^[\da-f]{16}$/);
    };
    fc.assert(fc.property(sqlText, check), { numRuns: 300 });
    fc.assert(fc.property(spacedSqlText, check), { numRuns: 300 });
    for (const text of [
      'select a, -1 from t where b in (1,2) and c = any($1) order by 2',
      "insert into t values (1,'a'),(2,'b') returning id",
      'select x.a::numeric(3), count(*) filter (where b) over (partition by c order by d) from "T" x',
    ]) {
      assert.equal(normalized(normalized(text)), normalized(text));
    }
  });
});
