import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { STORE_VERSION } from '../../../src/store/migrations.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { StoreError } from '../../../src/store/store-error.ts';
import { comparison, optimization, statement } from './samples.ts';

const run = promisify(execFile);
let folder = '';
let files = 0;
const newPath = (): string => join(folder, `store-${files++}.db`);
const redact = (): string => '[redacted]';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sqlopt-store-'));
});
after(async () => rm(folder, { recursive: true, force: true }));

async function withStore(
  work: (store: Store, path: string) => Promise<void>,
  options: Parameters<typeof openStore>[1] = { redact },
): Promise<void> {
  const path = newPath();
  const store = await openStore(path, options);
  try {
    await work(store, path);
  } finally {
    await store.close();
  }
}

const record = async (store: Store) =>
  store.optimizations.record({
    statementId: await store.statements.remember(statement),
    connectionId: null,
    source: 'orders.sql',
    productVersion: '0.1.0',
    result: optimization,
  });

test('what was found is there after closing and opening again', async () => {
  const path = newPath();
  const store = await openStore(path, { keepLiterals: true });
  await record(store);
  await store.close();
  const again = await openStore(path, { keepLiterals: true });
  const [summary] = await again.optimizations.recent(10);
  await again.close();
  assert.equal(summary?.text, statement.text);
  assert.equal(summary?.findings, 1);
  assert.equal(summary?.source, 'orders.sql');
  assert.deepEqual(
    summary?.candidates.map((c) => [c.label, c.best, c.status, c.evidenceLevel, c.speedup, c.speedupHigh]),
    [
      ['c1', true, 'suggested', 'tested', 10, null],
      ['c2', false, 'suggested', 'unverified', null, null],
    ],
  );
  assert.deepEqual(summary?.candidates[0]?.cost, { before: 100, after: 10 });
  assert.deepEqual(summary?.candidates[0]?.edits, optimization.candidates[0]?.edits);
});

test('no literal reaches the file unless keeping them is allowed', async () => {
  const path = newPath();
  const store = await openStore(path, { redact });
  await record(store);
  await store.close();
  const bytes = await readFile(path);
  assert.equal(bytes.includes('Ann Secret'), false);
  assert.equal(bytes.includes('[redacted]'), true);
});

test('refuted candidates are kept with the counterexample, but not listed as suggestions', async () => {
  await withStore(async (store) => {
    const { id } = await record(store);
    const all = await store.optimizations.candidatesOf(id);
    const refuted = all.filter((candidate) => candidate.status === 'refuted');
    assert.equal(refuted.length, 2);
    assert.equal(refuted[0]?.counterexample, null, "rows of the user's own tables are not kept");
    assert.equal(refuted[1]?.counterexample?.before, '1');
    const [finding] = await store.optimizations.findingsOf(id);
    assert.deepEqual([finding?.pattern, finding?.range], ['select-star', { start: 7, end: 8 }]);
  });
});

test('applying a candidate and measuring it again is remembered', async () => {
  await withStore(async (store) => {
    const { candidateIds } = await record(store);
    const id = candidateIds.get('c1') ?? '';
    await store.optimizations.setStatus(id, 'applied');
    await store.optimizations.addFeedback(id, 5, 'much better');
    await store.measurements.record(id, comparison(80, 4), { occasion: 'applied', connectionId: null });
    const candidate = (await store.optimizations.recent(1))[0]?.candidates[0];
    assert.deepEqual(
      [candidate?.status, candidate?.speedup, candidate?.rating, candidate?.comment],
      ['applied', 20, 5, 'much better'],
    );
    const measured = await store.measurements.of(id);
    assert.deepEqual(
      measured.map((m) => [m.occasion, m.role, m.medianMs]),
      [
        ['suggested', 'before', 90],
        ['suggested', 'after', 9],
        ['applied', 'before', 80],
        ['applied', 'after', 4],
      ],
    );
  });
});

test('what was priced and measured is the history that estimates are made from, by engine', async () => {
  await withStore(async (store) => {
    const { id } = await record(store);
    const outcome = {
      run: id,
      patterns: ['select-star'],
      model: null,
      cost: { before: 100, after: 10 },
      speedup: 10,
    };
    assert.deepEqual(await store.optimizations.measuredOutcomes('postgresql', 10), [outcome]);
    assert.deepEqual(await store.optimizations.measuredOutcomes('mariadb', 10), []);
    const [first, second] = optimization.candidates;
    assert.ok(first && second);
    const ofModel = {
      ...first,
      origin: 'model',
      patterns: [],
      model: { name: 'ollama/small', why: '' },
    } as const;
    const statementId = await store.statements.remember(statement);
    await store.optimizations.record({
      ...{ statementId, connectionId: null, source: null, productVersion: '0' },
      result: { ...optimization, candidates: [ofModel, second] },
    });
    const outcomes = await store.optimizations.measuredOutcomes('postgresql', 10);
    assert.deepEqual(
      outcomes.map(({ model }) => model),
      ['ollama/small', null],
    );
    assert.equal((await store.optimizations.measuredOutcomes('postgresql', 1)).length, 1);
  });
});

test('the same statement with other literals is one row that counts', async () => {
  await withStore(async (store) => {
    const first = await store.statements.remember(statement);
    const second = await store.statements.remember({ ...statement, text: 'other literals' });
    assert.equal(first, second);
    const found = await store.statements.find('f1', 'postgresql');
    assert.deepEqual([found?.timesSeen, found?.text, found?.tables], [2, null, ['customers']]);
    assert.equal(await store.statements.find('f1', 'mysql'), null);
  });
});

test('a connection is kept without its password, whatever the caller passes', async () => {
  const path = newPath();
  const store = await openStore(path);
  const wide = {
    id: 'p1',
    name: 'Shop',
    dialect: 'postgresql',
    host: 'db.example',
    port: 5432,
    database: 'shop',
    user: 'ann',
    product: 'PostgreSQL',
    version: '18.0',
    password: 'pa55-word',
  };
  await store.connections.remember(wide);
  await store.connections.remember({ ...wide, name: 'Shop 2' });
  const list = await store.connections.list();
  assert.deepEqual([list.length, list[0]?.name, list[0]?.user], [1, 'Shop 2', 'ann']);
  await store.connections.forget('p1');
  assert.deepEqual(await store.connections.list(), []);
  await store.close();
  assert.equal((await readFile(path)).includes('pa55-word'), false);
});

test('two windows write hundreds of rows at once and none is lost', { timeout: 120_000 }, async () => {
  const path = newPath();
  const child = join(import.meta.dirname, 'write-rows.ts');
  const each = 150;
  await Promise.all(['left', 'right'].map((name) => run(process.execPath, [child, path, name, `${each}`])));
  const store = await openStore(path);
  const runs = await store.optimizations.recent(1000);
  const statements = await store.statements.recent(100);
  await store.close();
  assert.equal(runs.length, 2 * each);
  assert.equal(new Set(runs.map((r) => r.source)).size, 2 * each);
  assert.ok(runs.every((r) => r.candidates[0]?.status === 'applied' && r.candidates[0].speedup === 10));
  assert.equal(statements.length, 10);
  assert.equal(
    statements.reduce((sum, s) => sum + s.timesSeen, 0),
    2 * each,
  );
});

test('a second window is told that the first has written', async () => {
  await withStore(async (first, path) => {
    const second = await openStore(path, { redact });
    assert.equal(await second.changedElsewhere(), false);
    await record(second);
    assert.equal(await second.changedElsewhere(), false, 'own writes do not count');
    await record(first);
    assert.equal(await second.changedElsewhere(), true);
    assert.equal(await second.changedElsewhere(), false);
    await second.close();
  });
});

test('one run can be forgotten, and the others stay', async () => {
  await withStore(async (store) => {
    const kept = await record(store);
    const gone = await record(store);
    await store.optimizations.remove(gone.id);
    assert.deepEqual(
      (await store.optimizations.recent(10)).map((run) => run.id),
      [kept.id],
    );
    await assert.rejects(store.optimizations.remove(gone.id), (error) => StoreError.is(error, 'notFound'));
  });
});

test('old runs can be pruned with everything that hangs on them', async () => {
  await withStore(async (store) => {
    const { candidateIds } = await record(store);
    assert.equal(await store.prune(new Date(Date.now() + 60_000)), 1);
    assert.deepEqual(await store.optimizations.recent(10), []);
    assert.deepEqual(await store.measurements.of(candidateIds.get('c1') ?? ''), []);
  });
});

const rejectsWith = (promise: Promise<unknown>, reason: StoreError['reason'], message: RegExp) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.equal(error.reason, reason);
    assert.match(error.message, message);
    return true;
  });

test('a store of the first release is brought up to date and keeps what it holds', async () => {
  const path = newPath();
  const store = await openStore(path, { redact });
  await record(store);
  await store.close();
  const raw = new DatabaseSync(path);
  raw.exec('alter table candidates drop column model; delete from store_version where version > 1');
  raw.close();
  const again = await openStore(path, { redact });
  try {
    const [run_] = await again.optimizations.recent(1);
    assert.deepEqual(
      run_?.candidates.map(({ label }) => label),
      ['c1', 'c2'],
    );
    assert.equal((await again.optimizations.measuredOutcomes('postgresql', 10)).length, 1);
  } finally {
    await again.close();
  }
});

test('a store of a newer release is left alone, with a sentence that says what to do', async () => {
  const path = newPath();
  await (await openStore(path)).close();
  const raw = new DatabaseSync(path);
  raw.exec(`insert into store_version values (${STORE_VERSION + 1}, 'future', 'now')`);
  raw.close();
  await rejectsWith(openStore(path), 'newerVersion', /newer release.*Update the extension/);
});

test('a file that is no store is reported, not overwritten', async () => {
  const path = newPath();
  const text = 'this is not a database, but long enough to be taken for one. '.repeat(20);
  await writeFile(path, text);
  await rejectsWith(openStore(path), 'corrupt', /Move the file away/);
  assert.equal((await stat(path)).size, text.length);
});

test('a folder that does not exist is reported with its path', async () => {
  await rejectsWith(openStore(join(folder, 'nowhere', 'store.db')), 'unwritable', /nowhere/);
});

test('a store that another program keeps locked is reported after the waiting time', async () => {
  const path = newPath();
  const store = await openStore(path, { lockWaitMs: 50 });
  const raw = new DatabaseSync(path);
  raw.exec('begin immediate');
  await rejectsWith(store.statements.remember(statement), 'locked', /in use by another window/);
  raw.exec('rollback');
  raw.close();
  await store.statements.remember(statement);
  await store.close();
});

test('a full disk is reported as such and leaves the store readable', async () => {
  const path = newPath();
  const store = await openStore(path, { keepLiterals: true });
  await record(store);
  await store.close();
  // SQLite's own limit stands in for the disk's: the same result code, SQLITE_FULL
  const { Kysely } = await import('kysely');
  const { NodeSqliteDialect } = await import('../../../src/store/sqlite-dialect.ts');
  const handle = new DatabaseSync(path);
  handle.exec('pragma max_page_count = 1');
  const { Store } = await import('../../../src/store/store.ts');
  const full = new Store(new Kysely({ dialect: new NodeSqliteDialect({ handle, path }) }), path, {});
  const text = 'x'.repeat(200_000);
  await rejectsWith(
    full.statements.remember({ ...statement, fingerprint: 'big', normalized: text }),
    'full',
    /no space/i,
  );
  assert.equal((await full.optimizations.recent(10)).length, 1);
  await full.close();
});

test('a runtime without SQLite gets a clear message', async () => {
  const code = `
    import { openStore } from ${JSON.stringify(join(import.meta.dirname, '../../../src/store/store.ts'))};
    try { await openStore(':memory:'); console.log('opened'); }
    catch (error) { console.log(error.reason + ': ' + error.message); }`;
  const { stdout } = await run(process.execPath, [
    '--no-experimental-sqlite',
    '--input-type=module',
    '--eval',
    code,
  ]);
  assert.match(stdout, /^unsupportedRuntime: .*no built-in SQLite.*VS Code 1\.104/);
});

test('asking for something that is not there says so', async () => {
  await withStore(async (store) => {
    await rejectsWith(store.optimizations.setStatus('nope', 'applied'), 'notFound', /no candidate nope/);
    await rejectsWith(store.optimizations.candidatesOf('nope'), 'notFound', /no optimization nope/);
    const measured = comparison(1, 1);
    const occasion = { occasion: 'applied', connectionId: null } as const;
    await rejectsWith(store.measurements.record('nope', measured, occasion), 'notFound', /no candidate/);
  });
});
