import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CallOptions, DatabaseError, type Timing } from '../../../src/core/database.ts';
import { compareTimes, race, type TimedSession } from '../../../src/core/measurement/measure.ts';
import { type Chance, seeded } from './seeded.ts';

interface Simulated {
  /** true median, milliseconds */
  readonly ms: number;
  readonly error?: DatabaseError;
}

/** A session whose statements take log-normal times; the first run of each is cold and takes 4 times as long. */
class SimulatedSession implements TimedSession {
  readonly log: string[] = [];
  private readonly statements: Readonly<Record<string, Simulated>>;
  private readonly chance: Chance;
  private readonly spread: number;
  private readonly onRun: (() => void) | undefined;

  constructor(statements: Readonly<Record<string, Simulated>>, seed = 1, spread = 0.1, onRun?: () => void) {
    this.statements = statements;
    this.chance = seeded(seed);
    this.spread = spread;
    this.onRun = onRun;
  }

  async time(sql: string, options: CallOptions = {}): Promise<Timing> {
    const statement = this.statements[sql];
    assert.ok(statement, `unexpected statement ${sql}`);
    this.onRun?.();
    const cold = !this.log.includes(sql);
    this.log.push(sql);
    if (statement.error) throw statement.error;
    const elapsedMs = statement.ms * (cold ? 4 : 1) * Math.exp(this.spread * this.chance.normal());
    if (options.timeoutMs !== undefined && elapsedMs > options.timeoutMs) {
      throw new DatabaseError('timeout', 'The statement took too long and was stopped.');
    }
    return { elapsedMs, cpuMs: null, rows: 3, sharedHit: 10, sharedRead: cold ? 5 : 0, tempBlocks: 0 };
  }
}

test('a clear improvement is found in few runs, with an interval around the true factor', async () => {
  const session = new SimulatedSession({ a: { ms: 100 }, b: { ms: 40 } });
  const result = await compareTimes(session, 'a', 'b');
  assert.ok(result.significant);
  assert.ok(result.low <= 2.5 && 2.5 <= result.high, `${result.low} .. ${result.high}`);
  assert.ok(session.log.length < 30, `${session.log.length} runs`);
  assert.equal(result.before.rows, 3);
  assert.equal(result.before.sharedRead, 0, 'the cold run is apart');
});

test('statements run in turns, so that a drift of the machine hits both', async () => {
  const session = new SimulatedSession({ a: { ms: 10 }, b: { ms: 10 } });
  await compareTimes(session, 'a', 'b', { maxRuns: 6 });
  const runs = session.log.join('');
  assert.match(runs, /^ababba/);
  assert.doesNotMatch(runs, /aaa|bbb/);
});

test('equal statements are called different in fewer than 5 of 100 comparisons', async () => {
  let wrong = 0;
  const series = 300;
  for (let seed = 1; seed <= series; seed++) {
    const session = new SimulatedSession({ a: { ms: 20 }, b: { ms: 20 } }, seed, 0.2);
    const result = await compareTimes(session, 'a', 'b');
    if (result.significant) wrong++;
  }
  assert.ok(wrong / series <= 0.05, `${wrong} of ${series}`);
});

test('an original that never ends is raced: the factor is a lower bound', async () => {
  const session = new SimulatedSession({ a: { ms: 1e9 }, b: { ms: 50 } });
  const result = await compareTimes(session, 'a', 'b', { limitMs: 5000 });
  assert.equal(session.log.filter((sql) => sql === 'a').length, 1, 'it is not tried again');
  assert.equal(result.before.timedOut, true);
  assert.equal(result.before.medianMs, 5000);
  assert.ok(result.speedup > 80 && result.speedup < 120);
  assert.ok(result.low > 60 && result.significant);
  assert.equal(result.high, Number.POSITIVE_INFINITY);
});

test('a candidate that is much slower is stopped early', async () => {
  const session = new SimulatedSession({ a: { ms: 50 }, b: { ms: 60_000 } });
  const result = await compareTimes(session, 'a', 'b');
  assert.equal(result.after.timedOut, true);
  assert.ok(result.after.medianMs <= 1000, `stopped after ${result.after.medianMs} ms`);
  assert.ok(result.high < 1 && result.significant);
  assert.equal(session.log.filter((sql) => sql === 'b').length, 1);
});

test('when both end at the limit nothing is claimed', async () => {
  const session = new SimulatedSession({ a: { ms: 1e9 }, b: { ms: 1e9 } });
  const result = await compareTimes(session, 'a', 'b', { limitMs: 1000 });
  assert.equal(result.speedup, 1);
  assert.equal(result.significant, false);
});

test('a statement too slow for a second run within the budget is still compared', async () => {
  const session = new SimulatedSession({ a: { ms: 4000 }, b: { ms: 5 } });
  const result = await compareTimes(session, 'a', 'b', { budgetMs: 17_000, limitMs: 60_000 });
  assert.equal(result.before.runs, 1);
  assert.ok(result.after.runs >= 66);
  assert.ok(result.significant && result.low > 100);
});

test('the budget bounds the time spent', async () => {
  const session = new SimulatedSession({ a: { ms: 500 }, b: { ms: 495 } }, 3, 0.3);
  const result = await compareTimes(session, 'a', 'b', { budgetMs: 8000 });
  const total = (result.before.runs + result.after.runs) * 500 + 4000;
  assert.ok(total < 10_000, `${total} ms`);
});

test('several candidates share one race, and one that fails does not stop the others', async () => {
  const error = new DatabaseError('dataException', 'division by zero');
  const session = new SimulatedSession({
    a: { ms: 100 },
    b: { ms: 20 },
    c: { ms: 1, error },
    d: { ms: 100 },
  });
  const [b, c, d] = await race(session, 'a', ['b', 'c', 'd']);
  assert.ok(b?.outcome === 'measured' && b.comparison.speedup > 4);
  assert.deepEqual(c, { outcome: 'failed', error });
  assert.ok(d?.outcome === 'measured' && !d.comparison.significant);
  const first = session.log.filter((sql) => sql === 'b').length;
  const last = session.log.filter((sql) => sql === 'd').length;
  assert.ok(first < last * 3, 'a candidate that is clear leaves the race');
});

test('an error of the original is passed on', async () => {
  const error = new DatabaseError('permission', 'not allowed to read orders');
  const session = new SimulatedSession({ a: { ms: 1, error }, b: { ms: 1 } });
  await assert.rejects(compareTimes(session, 'a', 'b'), error);
});

test('cancelling ends the measurement before the next run', async () => {
  const controller = new AbortController();
  const session = new SimulatedSession({ a: { ms: 1 }, b: { ms: 1 } }, 1, 0.1, () => {
    if (session.log.length === 3) controller.abort();
  });
  await assert.rejects(compareTimes(session, 'a', 'b', { signal: controller.signal }), (error) =>
    DatabaseError.is(error, 'cancelled'),
  );
  assert.equal(session.log.length, 4);
});
