/** The report of the costliest statements: shares, findings, what can be optimized, and no values in it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import type { Dialect } from '../../../src/core/sql/dialect.ts';
import { splitStatements } from '../../../src/core/sql/splitter.ts';
import { workloadReport } from '../../../src/core/workload/report.ts';
import { duration, reportText } from '../../../src/core/workload/report-text.ts';
import {
  countTogether,
  type FiguresRead,
  statementFigures,
  statementLimit,
} from '../../../src/core/workload/statement-statistics.ts';
import { withoutValues } from '../../../src/core/workload/without-values.ts';

const DDL = `
CREATE TABLE customers (id int PRIMARY KEY, email varchar(100));
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers (id), total int NOT NULL);`;
const COUNT = (limit: string) =>
  `SELECT c.id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) > 0 AND c.id <> ${limit}`;

function report(dialect: Dialect, read: readonly Partial<FiguresRead>[], wholeMs = 1000) {
  const statements = read.map((each) =>
    statementFigures({ text: 'SELECT 1', hasValues: true, calls: 4, totalMs: 100, ...each }, dialect),
  );
  const counted = { statements: 9, calls: 90, totalMs: wholeMs };
  return workloadReport(
    { available: true, source: 'query_store', since: null, statements, counted, notes: ['a note'] },
    catalogFromDdl(DDL, dialect),
    10,
  );
}

describe('a report of the workload', () => {
  test('has calls, times and shares of the whole, and leaves out what the engine does not count', () => {
    const { statements, counted, notes } = report('tsql', [
      { totalMs: 250, cpuMs: 200, rows: 8, serverId: '0xAB' },
      { totalMs: 12.3456789 },
    ]);
    assert.deepEqual([counted.totalMs, notes], [1000, ['a note']]);
    const [first, second] = statements;
    assert.deepEqual(
      [first?.rank, first?.calls, first?.totalMs, first?.meanMs, first?.sharePct, first?.serverId],
      [1, 4, 250, 62.5, 25, '0xAB'],
    );
    assert.deepEqual(first?.figures, { cpuMs: 200, rows: 8 });
    assert.deepEqual([second?.totalMs, second?.sharePct], [12.346, 1.2]);
  });

  test('says which statements have a rewrite, and which cannot be optimized and why', () => {
    const { statements, next } = report('postgresql', [
      { text: 'VACUUM orders' },
      { text: COUNT('$1') },
      { text: 'SELECT id FROM orders WHERE id = $1' },
      { text: COUNT('$1'), truncated: true },
      { text: 'SELECT id FROM orders WHERE FROM' },
    ]);
    assert.deepEqual(next, [2]);
    assert.deepEqual(
      statements.map(({ optimizable }) => optimizable),
      [false, true, true, false, false],
    );
    const [vacuum, counting, , cut, broken] = statements;
    assert.match(vacuum?.hint ?? '', /no query/);
    assert.ok(counting?.findings.some(({ fixable, message }) => fixable && message !== ''));
    assert.match(counting?.hint ?? '', /measure/);
    assert.match(cut?.hint ?? '', /cut off/);
    assert.deepEqual(cut?.findings, []);
    assert.match(broken?.hint ?? '', /not understood/);
  });

  test('says that MySQL and MariaDB plan for values only', () => {
    const [statement] = report('mariadb', [{ text: COUNT('?') }]).statements;
    assert.equal(statement?.optimizable, true);
    assert.match(
      statement?.hint ?? '',
      /plans for values only: for prices, optimize_sql assumes values\. Put typical values/,
    );
  });

  test('cuts off very long statements', () => {
    const text = `SELECT id FROM orders WHERE ${Array.from({ length: 500 }, (_, n) => `total = customer_id + id * ${n % 9}`).join(' OR ')}`;
    const [statement] = report('postgresql', [{ text }]).statements;
    assert.ok((statement?.sql.length ?? 0) < 4010);
    assert.equal(statement?.optimizable, false);
  });

  test('has no value of any statement in it', () => {
    const found = report('tsql', [
      {
        text: `/* user geheim1 */ SELECT TOP (25) id, CAST(total AS decimal(12, 2)) FROM orders -- geheim2
               WHERE customer_id = 4711 AND id <> -98.5 AND 'geheim3' = N'geheim4' AND total > 0xCAFE`,
      },
      { text: `SELECT id FROM orders WHERE customer_id = 'geheim5 has no end`, truncated: true },
    ]);
    assert.doesNotMatch(JSON.stringify(found), /geheim|4711|98|CAFE/);
    assert.equal(
      found.statements[0]?.sql.replace(/\s+/g, ' '),
      'SELECT TOP (25) id, CAST(total AS decimal(12, 2)) FROM orders WHERE customer_id = @v1 AND id <> -@v2 AND @v3 = @v4 AND total > @v5',
    );
  });
});

describe('a statement without its values', () => {
  const CASES: readonly (readonly [Dialect, string, string])[] = [
    [
      'tsql',
      "SELECT a FROM t WHERE b = 'x' OR c = 'x' OR @v = 12",
      'SELECT a FROM t WHERE b = @vv1 OR c = @vv1 OR @v = @vv2',
    ],
    ['tsql', 'SELECT TOP 100 a FROM t ORDER BY 1', 'SELECT TOP 100 a FROM t ORDER BY 1'],
    ['mariadb', 'SELECT a FROM t WHERE b = "x" LIMIT 20', 'SELECT a FROM t WHERE b = ? LIMIT 20'],
    ['postgresql', "CREATE ROLE r PASSWORD 'secret'", 'CREATE ROLE r PASSWORD :v1'],
    [
      'postgresql',
      "SELECT a FROM t WHERE b > $1 - interval '7 days'",
      "SELECT a FROM t WHERE b > $1 - interval '7 days'",
    ],
    ['postgresql', 'SELECT $tag$secret$tag$, 17::numeric(10,2)', 'SELECT :v1, :v2::numeric(10,2)'],
  ];
  for (const [dialect, sql, expected] of CASES) {
    test(`${sql} is ${expected}`, () => assert.equal(withoutValues(sql, dialect), expected));
  }
});

test('runs of a log are counted together whatever their values, with the sums of their figures', () => {
  const run = (text: string, totalMs: number, firstSeen: string): FiguresRead => ({
    ...{ text, hasValues: true, calls: 1, totalMs, rows: 2, firstSeen, lastSeen: firstSeen },
  });
  const [first, second, ...others] = countTogether(
    [
      run('SELECT a FROM t WHERE b = 1', 5, '2024-01-02T00:00:00Z'),
      run('select a from t where b = 22 -- later', 7, '2024-01-01T00:00:00Z'),
      run('SELECT a FROM u', 9, '2024-01-03T00:00:00Z'),
    ],
    'mariadb',
  );
  assert.deepEqual(others, []);
  assert.deepEqual(
    [first?.text, first?.calls, first?.totalMs, first?.meanMs, first?.rows],
    ['SELECT a FROM t WHERE b = 1', 2, 12, 6, 4],
  );
  assert.deepEqual([first?.firstSeen, first?.lastSeen], ['2024-01-01T00:00:00Z', '2024-01-02T00:00:00Z']);
  assert.deepEqual([second?.calls, second?.rowsExamined], [1, null]);
});

test('what is asked for stays within bounds', () => {
  assert.deepEqual(
    [undefined, 0, 2.9, 9999].map((wanted) => statementLimit(wanted)),
    [50, 1, 2, 500],
  );
});

describe('a report as a text', () => {
  const text = reportText(
    report(
      'postgresql',
      [
        { text: COUNT('$1'), calls: 1204, totalMs: 14_900, rows: 1 },
        { text: 'CREATE ROLE r PASSWORD $tag$geheim$tag$', calls: 1, totalMs: 0.05 },
        { text: 'SELECT id FROM orders WHERE id = $1 -- the end', calls: 2, totalMs: 4 },
      ],
      29_800,
    ),
    'the\nshop',
    ({ sql }) => sql,
  );
  const lines = text.text.split('\n');

  test('says what the figures are of, and each statement’s own above it', () => {
    assert.match(lines[0] ?? '', /^-- The costliest statements on the shop\. Runs that .* counted\.$/);
    assert.equal(lines[1], '-- 9 statements, 90 calls, 30 s in all.');
    assert.equal(lines[2], '-- a note');
    assert.equal(lines[4], '-- 1. 50 % of the time: 1,204 calls of 12 ms, 15 s together, 1 row');
    assert.match(text.text, /^-- {4}\w+: .* \[correlated-aggregate-to-join\]$/m);
    assert.match(text.text, /^-- {4}It is no query and no change of rows\.$/m);
    assert.doesNotMatch(text.text, /geheim/);
  });

  test('has the server’s own hints below the statements, whose places stay', () => {
    const statement = report('postgresql', [{ text: COUNT('$1'), calls: 1, totalMs: 1 }], 1);
    const hinted = reportText(statement, 'shop', ({ sql }) => sql, ['-- a hint', '--    more of it']);
    const plain = reportText(statement, 'shop', ({ sql }) => sql);
    assert.deepEqual(hinted.places, plain.places);
    assert.equal(hinted.text, `${plain.text}\n-- a hint\n--    more of it\n`);
  });

  test('is SQL that reads as the same statements, at the places that it names', () => {
    const statements = splitStatements(text.text, 'postgresql').filter(({ kind }) => kind === 'sql');
    assert.equal(statements.length, 3);
    assert.deepEqual(
      text.places.map(({ rank }) => rank),
      [1, 2, 3],
    );
    for (const { rank, firstLine, lastLine } of text.places) {
      assert.match(lines[firstLine] ?? '', new RegExp(`^-- ${rank}\\. `));
      assert.match(lines[lastLine] ?? '', /;$/);
    }
  });

  test('has times in units that can be read', () => {
    assert.deepEqual([0.05, 0.7, 3.28, 47.6, 1500, 61_000, 7_200_000].map(duration), [
      '0.05 ms',
      '0.7 ms',
      '3.3 ms',
      '48 ms',
      '1.5 s',
      '1 min',
      '2 h',
    ]);
  });
});
