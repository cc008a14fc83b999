import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compareColumns,
  compareMultisets,
  compareOrdered,
  type OrderedOriginal,
  type Row,
  rowsText,
} from '../../../src/core/verification/compare-results.ts';

const columns = (...types: string[]) => types.map((type, i) => ({ name: `c${i}`, type }));
const rows = (...lines: (string | null)[]): Row[] => lines.map((line) => [line]);

test('row order does not count without ORDER BY, multiplicity does', () => {
  const type = columns('text');
  assert.equal(compareMultisets(rows('a', 'b', 'b'), rows('b', 'a', 'b'), type).verdict, 'equal');
  assert.equal(compareMultisets(rows('a', 'b', 'b'), rows('b', 'a', 'a'), type).verdict, 'different');
  assert.equal(compareMultisets(rows('a'), rows('a', 'a'), type).verdict, 'different');
});

test('NULL equals NULL, and is neither the empty text nor the word', () => {
  const type = columns('text');
  assert.equal(compareMultisets(rows(null, 'x'), rows('x', null), type).verdict, 'equal');
  assert.equal(compareMultisets(rows(null), rows(''), type).verdict, 'different');
  assert.equal(compareMultisets(rows(null), rows('NULL'), type).verdict, 'different');
});

test('numbers are compared by value, text bytewise', () => {
  for (const [left, right, type, verdict] of [
    ['1.50', '1.5', 'numeric(10,2)', 'equal'],
    ['-0.00', '0', 'numeric', 'equal'],
    ['100', '1', 'numeric', 'different'],
    ['1.50', '1.5', 'text', 'different'],
    ['a ', 'a', 'character varying(5)', 'different'],
    ['0.30000000000000004', '0.3', 'double precision', 'equal'],
    ['1e300', '1.0000000001e300', 'double precision', 'equal'],
    ['0.3', '0.3001', 'double precision', 'different'],
    ['NaN', 'NaN', 'double precision', 'equal'],
    ['NaN', '0', 'double precision', 'different'],
    ['{"a":1,"b":[2]}', '{"b": [2], "a": 1}', 'jsonb', 'equal'],
    ['{"a":1}', '{"a":2}', 'json', 'different'],
    ['{1.0,2}', '{1.00,2.0}', 'numeric[]', 'equal'],
    ['{0.30000000000000004,NULL}', '{0.3,NULL}', 'double precision[]', 'equal'],
    ['12345678901234567890.1', '12345678901234567890.2', 'numeric', 'different'],
  ] as const) {
    assert.equal(
      compareMultisets(rows(left), rows(right), columns(type)).verdict,
      verdict,
      `${left} and ${right} as ${type}`,
    );
  }
});

const ordered = (
  lines: readonly (readonly [string, string])[],
  limit: number | null = null,
  offset = 0,
): OrderedOriginal => ({
  rows: lines.map(([value]) => [value]),
  keys: lines.map(([, key]) => [key]),
  keyTypes: ['integer'],
  limit,
  offset,
});

test('rows with equal sort keys may permute, others may not', () => {
  const original = ordered([
    ['a', '1'],
    ['b', '1'],
    ['c', '2'],
  ]);
  const type = columns('text');
  assert.equal(compareOrdered(original, rows('a', 'b', 'c'), type).verdict, 'equal');
  assert.equal(compareOrdered(original, rows('b', 'a', 'c'), type).verdict, 'equal');
  assert.deepEqual(compareOrdered(original, rows('a', 'c', 'b'), type), {
    verdict: 'different',
    what: 'order',
  });
  assert.deepEqual(compareOrdered(original, rows('a', 'a', 'c'), type), {
    verdict: 'different',
    what: 'rows',
  });
});

test('a limit that cuts through ties admits any of them and says that it is not deterministic', () => {
  const original = ordered(
    [
      ['a', '1'],
      ['b', '2'],
      ['c', '2'],
      ['d', '3'],
    ],
    2,
  );
  const type = columns('text');
  assert.deepEqual(compareOrdered(original, rows('a', 'c'), type), {
    verdict: 'equal',
    rows: 2,
    deterministic: false,
  });
  assert.deepEqual(compareOrdered(original, rows('a', 'd'), type), { verdict: 'different', what: 'rows' });
  assert.deepEqual(compareOrdered(original, rows('a'), type), { verdict: 'different', what: 'count' });
});

test('an offset skips rows, and ties at its edge are left open too', () => {
  const original = ordered(
    [
      ['a', '1'],
      ['b', '1'],
      ['c', '2'],
      ['d', '3'],
    ],
    2,
    1,
  );
  const type = columns('text');
  for (const first of ['a', 'b']) {
    const result = compareOrdered(original, rows(first, 'c'), type);
    assert.deepEqual(result, { verdict: 'equal', rows: 2, deterministic: false });
  }
  assert.equal(compareOrdered(original, rows('c', 'd'), type).verdict, 'different');
  assert.equal(compareOrdered({ ...original, offset: 9 }, [], type).verdict, 'equal');
});

test('a limit without ORDER BY admits any rows of the whole', () => {
  const original: OrderedOriginal = {
    rows: rows('a', 'b', 'b'),
    keys: null,
    keyTypes: [],
    offset: 0,
    limit: 2,
  };
  const type = columns('text');
  assert.equal(compareOrdered(original, rows('b', 'b'), type).verdict, 'equal');
  assert.equal(compareOrdered(original, rows('a', 'a'), type).verdict, 'different');
});

test('a type that changes is a difference, a length limit is not', () => {
  const named = (type: string) => [{ name: 'n', type }];
  assert.equal(compareColumns(named('character varying(40)'), named('text')), null);
  assert.equal(compareColumns(named('numeric(10,2)'), named('numeric')), null);
  assert.deepEqual(compareColumns(named('bigint'), named('numeric')), {
    before: 'columns: n bigint',
    after: 'columns: n numeric',
  });
  assert.notEqual(compareColumns(named('date'), named('timestamp without time zone')), null);
  assert.notEqual(compareColumns(named('text'), [{ name: 'm', type: 'text' }]), null);
  assert.notEqual(compareColumns(named('text'), [...named('text'), ...named('text')]), null);
});

test('rows are shown so that NULL, blanks and empty texts can be told apart', () => {
  assert.equal(rowsText(columns('text'), rows(null, '', 'a ', 'NULL', 'b')), 'c0\nNULL\n""\n"a "\n"NULL"\nb');
  assert.equal(rowsText(columns('text'), []), 'c0\n(no rows)');
  assert.match(rowsText(columns('text'), rows(...new Array(20).fill('x'))), /… and 12 more$/);
});
