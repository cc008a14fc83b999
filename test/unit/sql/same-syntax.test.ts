import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStatement } from '../../../src/core/sql/parse.ts';
import { sameSyntax } from '../../../src/core/sql/same-syntax.ts';

function same(left: string, right: string): boolean {
  const a = `SELECT ${left}`;
  const b = `SELECT ${right}`;
  return sameSyntax(a, parseStatement(a, 'postgresql').tree, b, parseStatement(b, 'postgresql').tree);
}

test('white space, comments, parentheses and case make no difference', () => {
  assert.ok(same('a + b * c', 'A+/* times */ (B *"c")'));
  assert.ok(same('count(*) FILTER (WHERE x)', 'COUNT( * ) filter (where (X))'));
  assert.ok(same("'it''s'", "E'it\\'s'"));
  assert.ok(same('(SELECT 1 FROM t)', '(select 1 from T)'));
});

test('what means something else differs', () => {
  const different: [string, string][] = [
    ['a + b * c', '(a + b) * c'],
    ['a', '"A"'],
    ['a[1:]', 'a[:1]'],
    ['count(a)', 'count(DISTINCT a)'],
    ['a LIKE b', 'a NOT LIKE b'],
    ['trim(BOTH a FROM b)', 'trim(BOTH a, b)'],
    ['a IS NFC NORMALIZED', 'a IS NFD NORMALIZED'],
    ["json_value(a, '$' RETURNING int)", "json_value(a, '$' RETURNING text)"],
    ['sum(a) OVER (ORDER BY b ROWS 1 PRECEDING)', 'sum(a) OVER (ORDER BY b ROWS 1 FOLLOWING)'],
    ['(SELECT 1 UNION SELECT 2)', '(SELECT 1 UNION ALL SELECT 2)'],
    ['a::timestamp(3)', 'a::timestamp(0)'],
    ["INTERVAL '1' DAY", "INTERVAL '1' HOUR"],
    ['lag(a) IGNORE NULLS OVER w', 'lag(a) OVER w'],
  ];
  for (const [a, b] of different) assert.ok(!same(a, b), `${a} and ${b}`);
});
