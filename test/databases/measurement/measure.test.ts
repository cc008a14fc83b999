import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from '../../../src/core/database.ts';
import { compareTimes, race } from '../../../src/core/measurement/measure.ts';
import { describeEngines } from '../../servers/engines.ts';

const DIGITS = ['a', 'b', 'c', 'd', 'e'].map((alias) => `digit AS ${alias}`).join(', ');
const FILLED = `
  CREATE TABLE big (id int PRIMARY KEY, k int, payload text);
  CREATE TABLE digit (n int PRIMARY KEY);
  INSERT INTO digit VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
  INSERT INTO big SELECT n, n % 1000, repeat('x', 40) FROM
    (SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n AS n FROM ${DIGITS}) AS numbers
    WHERE n BETWEEN 1 AND 60000;`;
const SETUP = {
  postgresql: `${FILLED} ANALYZE big;`,
  mariadb: `${FILLED} ANALYZE TABLE big;`,
  mysql: `${FILLED} ANALYZE TABLE big;`,
};

const FAST = 'SELECT payload FROM big WHERE id = 77';
const SLOW = "SELECT payload FROM big WHERE CAST(id AS char(9)) = '77'";
/** MariaDB and MySQL divide by zero without an error. */
const BELOW_ZERO = 'SELECT CAST(id AS UNSIGNED) - 2000000 FROM big';
const FAILING = {
  postgresql: 'SELECT 1 / (id - id) FROM big',
  mariadb: BELOW_ZERO,
  mysql: BELOW_ZERO,
};
const ENDLESS = 'SELECT count(*) FROM big a, big b, big c WHERE a.k + b.k + c.k = 1';

describeEngines('measuring', SETUP, (engine) => {
  test('a statement that uses the index is measured as faster, with blocks and rows', async () => {
    const result = await engine.database.readOnly((session) => compareTimes(session, SLOW, FAST));
    assert.ok(result.significant && result.low > 2, `${result.low} .. ${result.high}`);
    assert.equal(result.before.rows, 1);
    assert.equal(result.after.rows, 1);
    const touched = (m: { sharedHit: number; sharedRead: number }): number => m.sharedHit + m.sharedRead;
    assert.ok(touched(result.before) > touched(result.after));
  });

  test('an original that never ends is raced against the limit', async () => {
    const result = await engine.database.readOnly((session) =>
      compareTimes(session, ENDLESS, FAST, { limitMs: 700 }),
    );
    assert.equal(result.before.timedOut, true);
    assert.equal(result.after.timedOut, false);
    assert.ok(result.low > 1 && result.high === Number.POSITIVE_INFINITY);
  });

  test('a candidate that raises an error leaves the race, the others go on', async () => {
    const [failed, measured] = await engine.database.readOnly((session) =>
      race(session, SLOW, [FAILING[engine.dialect], FAST]),
    );
    assert.ok(failed?.outcome === 'failed');
    assert.equal(failed.error.reason, 'dataException');
    assert.ok(measured?.outcome === 'measured' && measured.comparison.significant);
  });

  test('a write is refused by the server and leaves no trace', async () => {
    const attempt = engine.database.readOnly((session) => compareTimes(session, 'DELETE FROM big', FAST));
    await assert.rejects(attempt, (error) => error instanceof DatabaseError && error.reason === 'readOnly');
    const rows = await engine.database.readOnly((session) => session.query('SELECT count(*) FROM big'));
    assert.deepEqual(rows.rows, [['60000']]);
  });
});
