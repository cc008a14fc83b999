/** A language model's rewrites on a real server: on the same path as a rule's, and nothing past the door. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { type Database, DatabaseError, type ScratchDatabase } from '../../../src/core/database.ts';
import type { Candidate, Optimization } from '../../../src/core/optimizer/optimization.ts';
import { optimizeStatement } from '../../../src/core/optimizer/optimize.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { openScratch } from '../../../src/databases/embedded/scratch.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import { ModelProposer } from '../../../src/models/model-proposer.ts';
import { OllamaProvider } from '../../../src/models/ollama/ollama-provider.ts';
import { type Behaviour, CODER, StandInOllama } from '../../servers/ollama.ts';
import { spyOn } from '../../servers/spied-database.ts';
import { withDatabase } from '../../servers/with-database.ts';

const SETUP = `
CREATE TABLE customers (id int PRIMARY KEY, email text);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, total int NOT NULL);
CREATE TABLE secrets (password text);
INSERT INTO customers SELECT n, n || '@example.com' FROM generate_series(1, 800) n;
INSERT INTO orders SELECT n, 1 + n % 700, n % 97 FROM generate_series(1, 4000) n;
ANALYZE;`;

const SLOW = `-- customers with a large order
SELECT c.id, c.email
FROM customers c
WHERE (SELECT max(o.total) FROM orders o WHERE o.customer_id = c.id) > 90`;
const RIGHT =
  'SELECT c.id, c.email FROM customers c WHERE c.id IN (SELECT o.customer_id FROM orders o WHERE o.total > :v1)';
/** Duplicates: a customer with two large orders comes twice. */
const WRONG =
  'SELECT c.id, c.email FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.total > :v1';

function ofModel(result: Optimization): readonly Candidate[] {
  return result.candidates.filter(({ origin }) => origin === 'model');
}

function answer(...rewrites: readonly string[]): Behaviour {
  const list = rewrites.map((sql) => ({ sql, why: 'It needs no :v1 subqueries.' }));
  return { kind: 'answer', text: JSON.stringify({ rewrites: list }) };
}

describe('rewrites of a model on PostgreSQL 18', () => {
  const server = withDatabase('PostgreSQL 18', SETUP);
  let database: Database;
  let catalog: Catalog;
  let scratch: ScratchDatabase;
  before(async () => {
    database = await openDatabase(parseConnectionUrl(server.url), {});
    catalog = await database.readCatalog();
    scratch = await openScratch({});
  });
  after(async () => {
    await scratch?.close();
    await database?.close();
  });

  interface Ran {
    readonly result: Optimization;
    readonly sent: readonly string[];
    readonly model: StandInOllama;
  }

  async function optimize(
    script: readonly Behaviour[],
    {
      text = SLOW,
      measure = false,
      sandbox = true,
    }: { text?: string; measure?: boolean; sandbox?: boolean } = {},
  ): Promise<Ran> {
    await using model = await StandInOllama.start({ script });
    const spied = spyOn(database);
    const provider = new OllamaProvider({ url: model.url, nextTokenMs: 5000 });
    const settings = { model: CODER.name, maskLiterals: true, maskIdentifiers: false };
    const result = await optimizeStatement({
      text,
      catalog,
      database: spied,
      scratch: sandbox ? async () => scratch : null,
      proposer: new ModelProposer(provider, settings),
      options: { measure, runs: 5 },
    });
    return { result, sent: spied.sent.map(({ sql }) => sql), model };
  }

  test('one is verified, measured and suggested as a small edit, with its reason', async () => {
    const { result } = await optimize([answer(RIGHT)], { measure: true });
    const best = result.candidates.find(({ id }) => id === result.best);
    assert.equal(best?.origin, 'model', result.reason);
    assert.equal(best.evidence.level, 'tested', best.evidence.assumptions.join(' '));
    assert.ok(best.measured?.significant);
    assert.deepEqual(best.model, {
      name: `ollama/${CODER.name}`,
      why: 'It needs no 90 subqueries.',
    });
    assert.match(
      best.sql,
      /^-- customers with a large order\nSELECT c\.id, c\.email\nFROM customers c\nWHERE c\.id IN/,
    );
    assert.match(best.sql, /o\.total > 90/);
    assert.deepEqual(result.model, {
      name: `ollama/${CODER.name}`,
      asked: 1,
      proposed: 1,
      rejected: [],
      problem: null,
    });
  });

  test('a subtly wrong one is refuted, goes back with its counterexample and comes back right', async () => {
    const { result, model } = await optimize([answer(WRONG), answer(RIGHT)]);
    assert.equal(result.model?.asked, 2);
    assert.equal(result.refuted.length, 1);
    assert.equal(result.refuted[0]?.origin, 'model');
    const repair = model.chats[1]?.messages.at(-1)?.content ?? '';
    assert.match(repair, /Your rewrites that failed/);
    assert.match(
      repair,
      /FROM customers c\s+JOIN orders o ON o\.customer_id = c\.id\s+WHERE o\.total\s+> :v1/,
    );
    assert.match(repair, /INSERT INTO/);
    assert.doesNotMatch(repair, /example\.com/, 'rows of the user’s own are not sent');
    assert.equal(ofModel(result)[0]?.evidence.level, 'tested');
  });

  test('there are two repair rounds and no more', async () => {
    const { result, model } = await optimize([
      answer(WRONG),
      answer(`${WRONG} AND c.id > 0`),
      answer(`${WRONG} AND c.id > 1`),
      answer(RIGHT),
    ]);
    assert.equal(model.chats.length, 3);
    assert.equal(result.refuted.length, 3);
    assert.deepEqual(ofModel(result), []);
  });

  test('what is no read of the same tables never reaches the database, and goes back with the reason', async () => {
    const evil = [
      'DROP TABLE customers',
      'DELETE FROM orders',
      'SELECT 1 AS id, password AS email FROM secrets',
      'SELECT c.id, c.email FROM customers c; DELETE FROM orders',
    ];
    const { result, sent, model } = await optimize([answer(...evil), answer(RIGHT)]);
    for (const sql of sent) assert.doesNotMatch(sql, /DROP|DELETE|secrets/);
    assert.equal(result.model?.rejected.length, 4);
    const repair = model.chats[1]?.messages.at(-1)?.content ?? '';
    assert.match(repair, /statement of another kind: delete instead of select/);
    assert.match(repair, /2 statements instead of one/);
    assert.match(repair, /secrets, which the original does not/);
    assert.equal(ofModel(result).length, 1);
  });

  test('other columns, another syntax, names that do not exist: each goes back with what is wrong', async () => {
    const { result, model } = await optimize([
      answer(
        'SELECT c.id FROM customers c',
        'SELECT c.id, c.email FROM customers c WHERE WHERE',
        'SELECT c.id, c.email FROM customers c WHERE c.mail IS NULL',
      ),
      answer(),
    ]);
    const repair = model.chats[1]?.messages.at(-1)?.content ?? '';
    assert.match(repair, /returns something else/);
    assert.match(repair, /could not be parsed/);
    assert.match(repair, /The database refuses it: .*mail/);
    assert.equal(result.model?.rejected.length, 3);
    assert.equal(result.model?.problem, null);
  });

  test('a change of rows is verified on generated data alone: nothing of it is sent to the database', async () => {
    const text =
      'DELETE FROM orders WHERE customer_id IN (SELECT c.id FROM customers c WHERE c.email IS NULL)';
    const rewrite = 'DELETE FROM orders o USING customers c WHERE c.id = o.customer_id AND c.email IS NULL';
    const { result, sent } = await optimize([answer(rewrite)], { text });
    const [own] = ofModel(result);
    assert.ok(own, JSON.stringify(result.refuted));
    assert.equal(own.evidence.level, 'tested', own.evidence.assumptions.join(' '));
    assert.equal(own.cost, null);
    // the library's own rewrite has no alias
    for (const sql of sent) assert.doesNotMatch(sql, /orders o USING/);
  });

  test('a rewrite that the library has already is not shown twice', async () => {
    const text =
      'SELECT c.id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) > 0';
    const first = await optimize([answer()], { text, sandbox: false });
    const known = first.result.candidates[0]?.sql ?? '';
    const { result } = await optimize([answer(known.toLowerCase())], { text, sandbox: false });
    assert.equal(result.candidates.length, first.result.candidates.length);
    assert.equal(result.model?.proposed, 1);
  });

  const PROBLEMS: readonly (readonly [string, Behaviour, RegExp])[] = [
    ['talks nonsense', { kind: 'answer', text: 'I like databases.' }, /holds no rewrite/],
    ['ends the connection', { kind: 'cut', after: '{"rewrites"' }, /before the answer was complete/],
    ['has no memory', { kind: 'error', status: 500, message: 'out of memory' }, /Choose a smaller one/],
  ];
  for (const [what, behaviour, words] of PROBLEMS) {
    test(`a model that ${what} takes nothing from the library’s rewrites`, async () => {
      const text =
        'SELECT c.id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) > 0';
      const { result } = await optimize([behaviour], { text, sandbox: false });
      assert.match(result.model?.problem ?? '', words);
      assert.equal(result.candidates[0]?.origin, 'pattern');
    });
  }

  test('a model that takes too long is given up, and its server is released', async () => {
    await using model = await StandInOllama.start({ script: [{ kind: 'silence', after: '{"rew' }] });
    const settings = { model: CODER.name, maskLiterals: true, maskIdentifiers: false };
    const result = await optimizeStatement({
      text: 'SELECT c.id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) > 0',
      ...{ catalog, database, scratch: null },
      proposer: new ModelProposer(new OllamaProvider({ url: model.url }), settings),
      options: { measure: false, modelTimeoutMs: 500 },
    });
    assert.match(result.model?.problem ?? '', /stopped after/);
    assert.equal(result.candidates[0]?.origin, 'pattern');
    await model.closedByClient();
  });

  test('a statement that cannot be compared is not asked about', async () => {
    const { result, model } = await optimize([], { text: 'SELECT c.id, random() FROM customers c' });
    assert.equal(model.chats.length, 0);
    assert.match(result.model?.problem ?? '', /random/);
  });

  test('cancelling while the model writes ends its work too', async () => {
    await using model = await StandInOllama.start({ script: [{ kind: 'silence', after: '{"rew' }] });
    const stop = new AbortController();
    const provider = new OllamaProvider({ url: model.url });
    const settings = { model: CODER.name, maskLiterals: true, maskIdentifiers: false };
    const run = optimizeStatement({
      text: SLOW,
      catalog,
      database,
      scratch: async () => scratch,
      proposer: new ModelProposer(provider, settings),
      options: { measure: false },
      signal: stop.signal,
      onProgress: ({ message }) => {
        if (message.includes('is writing')) stop.abort(new DatabaseError('cancelled', 'Stopped.'));
      },
    });
    await assert.rejects(run, (error) => DatabaseError.is(error, 'cancelled'));
    await model.closedByClient();
  });
});
