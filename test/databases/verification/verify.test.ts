/** Levels of evidence: what each needs, and what takes it away. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import type { Database } from '../../../src/core/database.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { type Proof, type Verdict, verifyCandidate } from '../../../src/core/verification/verify.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import { withDatabase } from '../../servers/with-database.ts';
import { PgliteScratch } from './pglite-scratch.ts';

const SETUP = `
  CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total int);
  INSERT INTO customers SELECT n, 'c' || n FROM generate_series(1, 50) AS n;
  INSERT INTO orders SELECT n, n % 40 + 1, n FROM generate_series(1, 200) AS n;
  CREATE DOMAIN positive AS int CHECK (VALUE > 0);
  CREATE TABLE sized (id int PRIMARY KEY, size positive);
  INSERT INTO sized VALUES (1, 5), (2, 6);
  CREATE FUNCTION spent(c int) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT sum(total) FROM orders WHERE customer_id = c';
  CREATE FUNCTION spent_twice(c int) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 2 * spent(c)';
  CREATE FUNCTION looked_up(c int) RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT sum(total) FROM orders WHERE customer_id = c); END';
`;
const NO_RULE: Proof = { soundness: 'none', assumptions: [] };
const NOT_IN = 'SELECT name FROM customers WHERE id NOT IN (SELECT customer_id FROM orders)';
const NOT_EXISTS =
  'SELECT name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)';

describe('levels of evidence', () => {
  const server = withDatabase('PostgreSQL 18', SETUP);
  let database: Database;
  let catalog: Catalog;
  let scratch: PgliteScratch;
  before(async () => {
    database = await openDatabase(parseConnectionUrl(server.url));
    catalog = await database.readCatalog();
    scratch = await PgliteScratch.open();
  });
  after(async () => {
    await scratch.close();
    await database.close();
  });

  const verify = (
    original: string,
    candidate: string,
    options: { proof?: Proof; database?: Database | null; generated?: boolean; known?: Catalog } = {},
  ): Promise<Verdict> => {
    const known = options.known ?? catalog;
    return verifyCandidate({
      original: analyzeStatement(original, known),
      candidate: analyzeStatement(candidate, known),
      proof: options.proof ?? NO_RULE,
      database: options.database === undefined ? database : options.database,
      scratch: options.generated === false ? null : async () => scratch,
      timeoutMs: 30_000,
      search: { databases: 120, budgetMs: 60_000 },
    });
  };

  test('functions in SQL are rebuilt with what they read, and with what they call', async () => {
    const call = 'SELECT c.id, spent_twice(c.id) AS s FROM customers c';
    const right = await verify(
      call,
      'SELECT c.id, 2 * (SELECT sum(o.total) FROM orders o WHERE o.customer_id = c.id) AS s FROM customers c',
      { database: null },
    );
    assert.equal(right.outcome, 'accepted');
    assert.equal(right.outcome === 'accepted' && right.evidence.level, 'tested');
    const wrong = await verify(
      call,
      'SELECT c.id, 2 * (SELECT coalesce(sum(o.total), 0) FROM orders o WHERE o.customer_id = c.id) AS s FROM customers c',
      { database: null },
    );
    assert.equal(wrong.outcome, 'refuted');
    const setup = wrong.outcome === 'refuted' ? wrong.counterexample.setup : '';
    assert.match(
      setup,
      /CREATE FUNCTION public\.spent\(c integer\)[\s\S]*CREATE FUNCTION public\.spent_twice/,
    );
  });

  test('a function whose body is not known takes the test away, and is named', async () => {
    const verdict = await verify(
      'SELECT c.id, looked_up(c.id) AS s FROM customers c',
      'SELECT c.id, (SELECT sum(o.total) FROM orders o WHERE o.customer_id = c.id) AS s FROM customers c',
      { database: null },
    );
    assert.equal(verdict.outcome, 'unknown');
    assert.match(verdict.outcome === 'unknown' ? verdict.reason : '', /looked_up/);
  });

  test('equal on the user’s data alone is observed', async () => {
    const verdict = await verify(NOT_IN, NOT_EXISTS, { generated: false });
    assert.ok(verdict.outcome === 'accepted');
    assert.equal(verdict.evidence.level, 'observed');
    assert.equal(verdict.evidence.rowsCompared, 10);
  });

  test('generated databases refute what the user’s data does not show', async () => {
    const verdict = await verify(NOT_IN, NOT_EXISTS);
    assert.ok(verdict.outcome === 'refuted');
    assert.match(verdict.counterexample.setup, /NULL/);
  });

  test('a rule that is wrong is refuted although it says that it is proved', async () => {
    const proof: Proof = { soundness: 'proved', assumptions: ['orders.customer_id is NOT NULL'] };
    const verdict = await verify(NOT_IN, NOT_EXISTS, { proof });
    assert.ok(verdict.outcome === 'refuted');
    assert.equal(verdict.contradictsProof, true);
  });

  test('equal on data and on generated databases is tested, and says on how much', async () => {
    const verdict = await verify(
      'SELECT id FROM orders WHERE total > 10 AND total > 5',
      'SELECT id FROM orders WHERE total > 10',
    );
    assert.ok(verdict.outcome === 'accepted');
    assert.equal(verdict.evidence.level, 'tested');
    assert.equal(verdict.evidence.databases, 120);
    assert.match(
      verdict.evidence.assumptions.join(' '),
      /Equal on your data: 190 rows.*120 generated databases/,
    );
  });

  test('nothing to compare on is unverified', async () => {
    const verdict = await verify(NOT_IN, NOT_EXISTS, { database: null, generated: false });
    assert.ok(verdict.outcome === 'unknown');
    assert.equal(verdict.evidence.level, 'unverified');
  });

  test('a type that exists only in the user’s database lowers the level, with the reason', async () => {
    const verdict = await verify(
      'SELECT id FROM sized WHERE size >= 5',
      'SELECT id FROM sized WHERE size > 4',
    );
    assert.ok(verdict.outcome === 'accepted');
    assert.equal(verdict.evidence.level, 'observed');
    assert.match(verdict.evidence.assumptions.join(' '), /sized\.size has the type positive/);
  });

  test('data that changes between two candidates refutes none of them', async () => {
    const original = analyzeStatement('SELECT id FROM orders WHERE total < 50', catalog);
    const compare = (candidate: string): Promise<Verdict> =>
      verifyCandidate({
        original,
        candidate: analyzeStatement(candidate, catalog),
        proof: NO_RULE,
        database,
        scratch: null,
        timeoutMs: 30_000,
      });
    assert.equal((await compare('SELECT id FROM orders WHERE total <= 49')).outcome, 'accepted');
    await server.run('INSERT INTO orders VALUES (9000, 1, 7)');
    try {
      assert.equal((await compare('SELECT id FROM orders WHERE total + 0 <= 49')).outcome, 'accepted');
      assert.equal((await compare('SELECT id FROM orders WHERE total <= 48')).outcome, 'refuted');
    } finally {
      await server.run('DELETE FROM orders WHERE id = 9000');
    }
  });

  test('an enum is rebuilt as a type of its name, so that casts to it work', async () => {
    const known = catalogFromDdl(
      "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE people (id int PRIMARY KEY, m mood NOT NULL);",
      'postgresql',
    );
    const options = { database: null, known };
    const right = await verify(
      "SELECT id FROM people WHERE m = 'good'::mood",
      "SELECT id FROM people WHERE m IN ('good')",
      options,
    );
    assert.ok(right.outcome === 'accepted', JSON.stringify(right));
    assert.equal(right.evidence.level, 'tested');
    const wrong = await verify(
      "SELECT id FROM people WHERE m = 'good'::mood",
      "SELECT id FROM people WHERE m <> 'bad'",
      options,
    );
    assert.equal(wrong.outcome, 'refuted');
    const sorted = await verify(
      'SELECT id FROM people ORDER BY m, id',
      'SELECT p.id FROM people p ORDER BY p.m, p.id',
      options,
    );
    assert.ok(sorted.outcome === 'unknown');
    assert.match(sorted.evidence.assumptions.join(' '), /order of the values of mood/);
  });

  test('writes are compared on generated databases only', async () => {
    const right = await verify(
      'DELETE FROM orders WHERE NOT total <= 10',
      'DELETE FROM orders WHERE total > 10',
    );
    assert.ok(right.outcome === 'accepted');
    assert.equal(right.evidence.level, 'tested');
    assert.match(right.evidence.assumptions.join(' '), /not run on your data/);
    const count = await database.readOnly((session) => session.query('SELECT count(*) FROM orders'));
    assert.deepEqual(count.rows, [['200']]);
    const wrong = await verify('DELETE FROM orders WHERE total > 10', 'DELETE FROM orders WHERE total >= 10');
    assert.equal(wrong.outcome, 'refuted');
  });

  test('another kind of statement or other columns are refuted without running anything', async () => {
    const kind = await verify('SELECT id FROM orders', 'DELETE FROM orders', {
      database: null,
      generated: false,
    });
    assert.ok(kind.outcome === 'refuted');
    assert.equal(kind.counterexample.after, 'delete statement');
    const names = await verify('SELECT id FROM orders', 'SELECT id AS k FROM orders', {
      database: null,
      generated: false,
    });
    assert.ok(names.outcome === 'refuted');
    assert.equal(names.counterexample.after, 'columns: k');
  });

  test('the same text is the same statement', async () => {
    const verdict = await verify('SELECT  random() AS r -- once', 'select random() AS r', {
      database: null,
      generated: false,
    });
    assert.ok(verdict.outcome === 'accepted');
    assert.equal(verdict.evidence.level, 'proved');
  });

  test('a limit with ties is accepted as a refinement and said to be not deterministic', async () => {
    const known = catalogFromDdl('CREATE TABLE t (id int PRIMARY KEY, v int);', 'postgresql');
    const verdict = await verify(
      'SELECT id FROM t ORDER BY v LIMIT 2',
      'SELECT id FROM t ORDER BY v, id LIMIT 2',
      {
        database: null,
        known,
      },
    );
    assert.ok(verdict.outcome === 'accepted');
    assert.match(verdict.evidence.assumptions.join(' '), /not deterministic.*unique column/);
  });
});
