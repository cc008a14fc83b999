/** Optimizing through the use case on a real server: what is executed, what is offered, what is said. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { type Database, DatabaseError } from '../../../src/core/database.ts';
import type { MeasuredOutcome } from '../../../src/core/learning/estimate.ts';
import type { Stage } from '../../../src/core/optimizer/optimization.ts';
import { type OptimizeOptions, optimizeStatement } from '../../../src/core/optimizer/optimize.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import { withDatabase } from '../../servers/with-database.ts';

const SETUP = `
CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, total numeric NOT NULL);
INSERT INTO customers SELECT n, n || '@example.com' FROM generate_series(1, 500) n;
INSERT INTO orders SELECT n, 1 + n % 400, n % 97 FROM generate_series(1, 1500) n;
CREATE TABLE called (at timestamptz NOT NULL);
CREATE FUNCTION note_call() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'executed'; END $$;
ANALYZE;`;

const CORRELATED =
  'SELECT o.id FROM orders o WHERE o.total > (SELECT avg(p.total) FROM orders p WHERE p.customer_id = o.customer_id)';

describe('optimizing on PostgreSQL 18', () => {
  const server = withDatabase('PostgreSQL 18', SETUP);
  let database: Database;
  let catalog: Catalog;
  before(async () => {
    database = await openDatabase(parseConnectionUrl(server.url), {});
    catalog = await database.readCatalog();
  });
  after(() => database.close());

  const optimize = (
    text: string,
    options: Partial<OptimizeOptions> = {},
    signal?: AbortSignal,
    history?: readonly MeasuredOutcome[],
  ) =>
    optimizeStatement({
      text,
      history,
      catalog,
      database,
      scratch: null,
      options: { measure: true, runs: 5, ...options },
      signal,
    });

  test('suggests what measured faster, with both times and the evidence', async () => {
    const result = await optimize(CORRELATED);
    const best = result.candidates.find((candidate) => candidate.id === result.best);
    assert.equal(best?.evidence.level, 'proved');
    assert.ok(best.measured?.significant);
    assert.equal(best.measured.before.rows, best.measured.after.rows);
    assert.match(result.reason, /^Measured [\d.,]+× faster: .* before, .* after\.$/);
  });

  test('only plans when it may not measure, and says so', async () => {
    const result = await optimize(CORRELATED, { measure: false });
    const best = result.candidates.find((candidate) => candidate.id === result.best);
    assert.equal(best?.measured, null);
    assert.ok(best.cost && best.cost.after < best.cost.before);
    assert.match(result.reason, /it was not measured/);
  });

  test('says what to expect when earlier rewrites of the rule were measured, and nothing before', async () => {
    const without = await optimize(CORRELATED, { measure: false });
    for (const { estimate } of without.candidates) assert.equal(estimate, null);
    const history = Array.from({ length: 40 }, (_, run) => ({
      run: String(run),
      patterns: run % 2 === 0 ? ['correlated-aggregate-to-join'] : ['count-to-exists'],
      model: null,
      cost: { before: 100 + run, after: 10 },
      speedup: run % 2 === 0 ? 8 : 0.7,
    }));
    const { candidates } = await optimize(CORRELATED, { measure: false }, undefined, history);
    const known = candidates.find(({ patterns }) => patterns.join() === 'correlated-aggregate-to-join');
    assert.ok(known?.estimate && known.estimate.confidence > 0.7, JSON.stringify(known?.estimate));
    assert.ok(known.estimate.improvementPct > 50 && known.estimate.low <= known.estimate.high);
    const unknown = candidates.find(({ patterns }) => patterns.includes('correlated-aggregate-to-window'));
    if (unknown) assert.equal(unknown.estimate, null);
  });

  test('never executes a statement that calls a volatile function', async () => {
    const result = await optimize(
      'SELECT DISTINCT c.id, c.email, note_call() AS n FROM customers c WHERE c.id NOT IN (SELECT o.customer_id FROM orders o)',
    );
    assert.ok(result.findings.length > 0);
    for (const candidate of result.candidates) assert.equal(candidate.measured, null);
  });

  test('plans a statement that writes and never executes it', async () => {
    const result = await optimize('DELETE FROM orders WHERE customer_id NOT IN (SELECT id FROM customers)');
    for (const candidate of result.candidates) assert.equal(candidate.measured, null);
    const [row] = await server.run('SELECT count(*)::int AS n FROM orders');
    assert.equal(row?.['n'], 1500);
  });

  test('prices a statement with parameters and does not run it', async () => {
    const result = await optimize(
      'SELECT c.email FROM customers c WHERE c.id > :least AND (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) > 0',
    );
    const [first] = result.candidates;
    assert.ok(first?.cost);
    assert.equal(first.measured, null);
    assert.match(first.sql, /:least/);
  });

  test('says why the database refuses a statement', async () => {
    const result = await optimize('SELECT missing FROM orders WHERE id NOT IN (SELECT id FROM customers)');
    assert.equal(result.best, null);
    assert.match(result.reason, /^The database refuses the statement: .*missing/);
  });

  test('a statement that does not finish is raced against the limit', async () => {
    const slow = `SELECT DISTINCT c.id, c.email FROM customers c, orders o, orders p WHERE c.id < 490`;
    const result = await optimize(slow, { timeoutMs: 400 });
    const best = result.candidates.find((candidate) => candidate.id === result.best);
    assert.equal(best?.measured?.before.timedOut, true);
    assert.match(result.reason, /^Measured at least [\d.,]+× faster: 400 ms \(stopped at the limit\) before/);
  });

  test('names its stages in order and ends when it is cancelled', async () => {
    const stages: Stage[] = [];
    await optimizeStatement({
      text: CORRELATED,
      catalog,
      database,
      scratch: null,
      options: { measure: true, runs: 4 },
      onProgress: ({ stage }) => {
        if (stages.at(-1) !== stage) stages.push(stage);
      },
    });
    assert.deepEqual(stages, ['reading', 'matching', 'pricing', 'verifying', 'measuring', 'done']);
    const stop = new AbortController();
    stop.abort(new DatabaseError('cancelled', 'Stopped.'));
    await assert.rejects(optimize(CORRELATED, {}, stop.signal), (error: unknown) =>
      DatabaseError.is(error, 'cancelled'),
    );
  });
});
