import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { SpaceBuilder } from '../../../src/core/verification/generate/build-space.ts';
import {
  around,
  dateText,
  parseInstant,
  shift,
  timestampText,
} from '../../../src/core/verification/generate/instants.ts';
import { Random } from '../../../src/core/verification/generate/random.ts';
import { RowGenerator } from '../../../src/core/verification/generate/rows.ts';
import { NotReproducible } from '../../../src/core/verification/generate/search-space.ts';
import { valuePool } from '../../../src/core/verification/generate/values.ts';

const catalog = catalogFromDdl(
  `CREATE TABLE parents (id int PRIMARY KEY, name text NOT NULL, code text UNIQUE, unused text);
   CREATE TABLE children (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES parents (id), n int CHECK (n > 0), at timestamp);`,
  'postgresql',
);
const spaceOf = (...texts: string[]) =>
  new SpaceBuilder(
    texts.map((text) => ({ statement: analyzeStatement(text, catalog), parameterKey: () => null })),
    catalog,
  ).space;

test('only the columns that matter are built, keys and foreign keys with them', () => {
  const space = spaceOf('SELECT p.name FROM parents p JOIN children c ON c.parent_id = p.id WHERE c.n > 5');
  assert.deepEqual(
    space.tables.map((shape) => [shape.table.name, shape.columns.map((column) => column.name)]),
    [
      ['parents', ['id', 'name']],
      ['children', ['id', 'parent_id', 'n']],
    ],
  );
  assert.deepEqual(space.tables[1]?.foreignKeys, [{ columns: [1], table: 0, references: [0] }]);
  assert.equal(space.tables[1]?.checks.length, 1);
});

test('values of a column come from what both statements compare it with', () => {
  const space = spaceOf(
    'SELECT id FROM children WHERE n > 5',
    'SELECT id FROM children WHERE n BETWEEN 8 AND 9',
  );
  const pool = space.tables[0]?.columns.find((column) => column.name === 'n')?.pool;
  for (const value of ['5', '8', '9']) assert.ok(pool?.named.includes(value), value);
  for (const value of ['4', '6', '7', '10']) assert.ok(pool?.near.includes(value), value);
});

test('thresholds of counts and limits decide about the number of rows', () => {
  const space = spaceOf(
    'SELECT parent_id FROM children GROUP BY parent_id HAVING count(*) > 4 ORDER BY 1 LIMIT 7',
  );
  assert.ok(space.thresholds.includes(4) && space.thresholds.includes(7), String(space.thresholds));
});

test('a table that is not in the schema is said to be missing', () => {
  assert.throws(() => spaceOf('SELECT 1 FROM nowhere'), NotReproducible);
});

test('every generated row obeys keys, foreign keys and NOT NULL', () => {
  const space = spaceOf(
    'SELECT * FROM parents p JOIN children c ON c.parent_id = p.id WHERE c.n > 2 AND p.code = p.name',
  );
  const generator = new RowGenerator(space, new Random(5));
  let previous = generator.draw(0);
  for (let n = 0; n < 400; n++) {
    previous = generator.draw(n);
    const [parents = [], children = []] = previous.rows;
    const ids = parents.map((row) => row[0]);
    assert.equal(new Set(ids).size, ids.length, 'primary keys differ');
    const codes = parents.map((row) => row[2]).filter((code) => code !== null);
    assert.equal(new Set(codes).size, codes.length, 'unique values differ, NULLs may repeat');
    assert.ok(parents.every((row) => row[0] !== null && row[1] !== null));
    assert.ok(
      children.every((row) => ids.includes(row[1] ?? null)),
      'parents exist',
    );
  }
});

test('the same seed draws the same databases', () => {
  const space = spaceOf('SELECT id FROM children WHERE n > 5');
  const draw = (seed: number) => {
    const generator = new RowGenerator(space, new Random(seed));
    return JSON.stringify(Array.from({ length: 30 }, (_, n) => generator.draw(n)));
  };
  assert.equal(draw(3), draw(3));
  assert.notEqual(draw(3), draw(4));
});

test('instants around a day include its last microsecond and the ends of month and year', () => {
  const day = parseInstant('2024-02-29') ?? 0n;
  const near = around(day).map(timestampText);
  for (const text of [
    '2024-02-29 23:59:59.999999',
    '2024-03-01 00:00:00',
    '2024-12-31 23:59:59.999999',
    '2024-02-28 23:59:59.999999',
  ]) {
    assert.ok(near.includes(text), text);
  }
  assert.equal(timestampText(parseInstant('1969-12-31 23:59:59.5') ?? 0n), '1969-12-31 23:59:59.5');
  assert.equal(parseInstant('no date'), null);
});

test('intervals move the stopped clock', () => {
  const start = parseInstant('2024-03-30 12:00') ?? 0n;
  assert.equal(dateText(shift(start, '30 days', -1) ?? 0n), '2024-02-29');
  assert.equal(dateText(shift(start, '1 year 2 months', 1) ?? 0n), '2025-05-30');
  assert.equal(shift(start, 'a while', 1), null);
});

test('values fit the column', () => {
  const pool = valuePool('text', 'character varying(3)', [{ text: 'abc', type: 'string' }]);
  assert.ok([...pool.named, ...pool.near, ...pool.odd].every((value) => value.length <= 3));
  assert.ok(valuePool('text', 'text', [{ text: 'a%_c', type: 'pattern' }]).named.includes('abc') === false);
  assert.ok(valuePool('text', 'text', [{ text: 'an%', type: 'pattern' }]).named.includes('an'));
});
