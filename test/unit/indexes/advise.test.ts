/** Index advice as a whole against a server whose answers are written here. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { type Database, DatabaseError, type WhatIfSession } from '../../../src/core/database.ts';
import type { WhatIfChoice } from '../../../src/core/indexes/advice-request.ts';
import { adviceText } from '../../../src/core/indexes/advice-text.ts';
import { adviseOnIndexes } from '../../../src/core/indexes/advise.ts';
import type { SchemaDetails } from '../../../src/core/indexes/index-details.ts';
import { workloadFromTexts } from '../../../src/core/indexes/workload.ts';
import type { Plan } from '../../../src/core/plans/plan.ts';
import { planNode } from '../../../src/core/plans/plan-node.ts';

const empty = catalogFromDdl(
  'CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int, d int); CREATE INDEX on_c ON t (c)',
  'postgresql',
);
const catalog: Catalog = {
  ...empty,
  origin: 'server',
  tables: empty.tables.map((table) => ({ ...table, rows: 100_000, bytes: 8_000_000 })),
};
const DETAILS: SchemaDetails = {
  ...{ since: '2024-01-01T00:00:00Z', standby: false },
  tables: [
    {
      ...{ schema: 'public', table: 't', qualified: 'public.t' },
      writes: { inserts: 5000, updates: 200, deletes: 0, hotUpdates: 150 },
    },
  ],
  indexes: [],
};

interface Answers {
  /** cost by the statement and the columns of the new indexes: 'a', 'b' */
  cost(sql: string, indexes: readonly string[]): number;
  /** what may fail when indexes are to be there */
  use?(indexes: readonly string[], call: number): void;
  readonly reads?: string;
}

function serverOf(answers: Answers): Database {
  const planOf = (sql: string, indexes: readonly string[]): Plan => {
    const cost = answers.cost(sql, indexes);
    const index = answers.reads ?? null;
    const root = planNode({ operation: 'Seq Scan', relation: 't', alias: 't', totalCost: cost, index });
    return { root, cost, planningMs: null, executionMs: null, settings: {}, analyzed: false, raw: null };
  };
  let calls = 0;
  let present: readonly string[] = [];
  const session: WhatIfSession = {
    use: async (indexes) => {
      const columns = indexes.map(({ ddl }) => /\((.*)\)/.exec(ddl)?.[1] ?? '');
      answers.use?.(columns, ++calls);
      present = columns;
    },
    explain: async (sql) => planOf(sql, present),
    sizeOf: async () => 2_000_000,
  };
  const counts = { schema: 'public', table: 't', index: 'on_c', reads: 0, tableWrites: 9, lastRead: null };
  return {
    info: { dialect: 'postgresql', product: 'PostgreSQL', embedded: false },
    readSchemaDetails: async () => DETAILS,
    readIndexUsage: async () => ({
      available: true,
      since: '2020-01-01T00:00:00Z',
      indexes: [counts],
      notes: [],
    }),
    whatIfWays: async () => ['hypopg', 'trial'],
    whatIf: (_way: string, work: (session: WhatIfSession) => Promise<unknown>) => work(session),
  } as unknown as Database;
}

async function advise(answers: Answers, sql: string, whatIf: WhatIfChoice = 'auto') {
  return adviseOnIndexes({
    ...{
      catalog,
      database: serverOf(answers),
      workload: await workloadFromTexts([sql], catalog),
      timeoutMs: 1000,
    },
    options: { whatIf, budgetBytes: null, most: null, minSavingPct: 10 },
    signal: new AbortController().signal,
    onProgress: () => {},
  });
}

describe('index advice', () => {
  const sql =
    '-- calls: 3\nSELECT * FROM t WHERE a = $1; SELECT * FROM t WHERE b = 2; UPDATE t SET a = 1 WHERE id = 4';

  test('says what each index gains, costs and takes, and how that was found', async () => {
    const cost = (text: string, has: readonly string[]) =>
      /WHERE a/.test(text) && has.includes('a') ? 7 : 100;
    const advice = await advise({ cost }, sql);
    const [found, ...more] = advice.recommendations;
    assert.deepEqual(more, []);
    assert.deepEqual(found?.benefit, { costBefore: 300, costAfter: 21, pct: 93 });
    assert.deepEqual(
      [found.validated, found.confidence, found.sizeBytes],
      ['what-if', 'medium', { low: 2_000_000, high: 2_000_000 }],
    );
    assert.match(
      found.writeCost?.text ?? '',
      /5,000 inserted, 200 updated and 0 deleted rows are counted since 2024-01-01 \(75 % of the updates wrote to no index\)\. Statements of this workload change a/,
    );
    assert.deepEqual([advice.workload.costBefore, advice.workload.costAfter], [500, 221]);
    assert.deepEqual(advice.workload.regressions, []);
    assert.match(advice.rejected.map(({ reason }) => reason).join(), /No statement would cost less/);
    const text = adviceText(advice, 'Shop\nDROP TABLE x');
    assert.match(text, /^-- Index advice for Shop DROP TABLE x\. Nothing was created or dropped\.$/m);
    assert.match(text, /^CREATE INDEX CONCURRENTLY t_a_idx ON public\.t \(a\);$/m);
    assert.match(text, /^-- undo: DROP INDEX CONCURRENTLY public\.t_a_idx;$/m);
    // whatever is no comment is a statement that was meant
    const statements = text.split('\n').filter((line) => line !== '' && !line.startsWith('--'));
    assert.deepEqual(statements, [found.ddl]);
  });

  test('does not call an index unread that a plan of the workload reads', async () => {
    const unread = await advise({ cost: () => 100 }, sql);
    assert.deepEqual(
      unread.unused.map(({ index }) => index),
      ['on_c'],
    );
    const read = await advise({ cost: () => 100, reads: 'on_c' }, sql);
    assert.deepEqual(read.unused, []);
  });

  test('ends with a sentence when what was tried is not to be had at the end', async () => {
    const cost = (text: string, has: readonly string[]) => {
      const wanted = /WHERE (\w)/.exec(text)?.[1] ?? '';
      return has.includes(wanted) ? 7 : 100;
    };
    const use = (has: readonly string[]) => {
      // each was there, and all three: then somebody else locks the table
      if (has.length === 2 && !has.includes('a'))
        throw new DatabaseError('other', 'locked.', { code: '55P03' });
    };
    const three = 'SELECT * FROM t WHERE a = 1; SELECT * FROM t WHERE b = 2; SELECT * FROM t WHERE d = 3';
    await assert.rejects(
      advise({ cost, use }, three, 'trial'),
      (error: unknown) =>
        DatabaseError.is(error, 'timeout') && /could not be found out.*locked/.test(error.message),
    );
  });
});

test('no name can get out of a comment', () => {
  const evil = 'x\n; DROP TABLE t; --';
  const ddl = `DROP INDEX "${evil}";`;
  const unused = {
    ...{ schema: 's', table: evil, index: evil, columns: [evil], bytes: 1, drop: null, reason: evil },
    ...{ tableWrites: 0, since: null, days: null },
  };
  const key = { schema: 's', table: evil, name: evil, columns: [evil], ddl, undo: ddl, reason: evil };
  const text = adviceText(
    {
      recommendations: [
        {
          ...{
            action: 'drop',
            table: evil,
            of: { schema: 's', table: evil },
            name: evil,
            include: [],
            where: null,
          },
          ...{
            columns: [{ name: evil, order: 'asc' }],
            method: 'btree',
            ddl: 'DROP INDEX good;',
            undo: ddl,
            lock: null,
          },
          ...{
            sizeBytes: null,
            benefit: null,
            writeCost: null,
            validated: null,
            confidence: 'low',
            reason: evil,
          },
          queries: [{ fingerprint: 'f', sql: evil, calls: 1, costBefore: 2, costAfter: 1 }],
        },
      ],
      workload: {
        ...{ source: evil, statements: 1, costBefore: 2, costAfter: 1, regressions: [] },
        skipped: [{ fingerprint: 'f', text: evil, reason: evil }],
      },
      unused: [unused],
      duplicates: [{ ...unused, kind: 'prefix', coveredBy: evil }],
      foreignKeys: [{ ...key, references: { schema: 's', table: evil, columns: [evil] } }],
      invalid: [{ ...unused, rebuild: null }],
      rejected: [{ ddl, reason: evil }],
      statistics: { validated: null, countedSince: null, notes: [evil] },
    },
    evil,
  );
  const statements = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('--'));
  assert.deepEqual(statements, ['DROP INDEX good;']);
});

test('a long workload lets others have their turn, and can be stopped', async () => {
  const sql = Array.from({ length: 3000 }, (_, n) => `SELECT id FROM t WHERE a = 1 AND b${n} = 2;`).join(
    '\n',
  );
  let turns = 0;
  const count = (): void => {
    turns++;
    if (turns < 1000) timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  const stop = new AbortController();
  await workloadFromTexts([sql], catalog, stop.signal);
  clearImmediate(timer);
  assert.ok(turns > 0);
  const stopped = workloadFromTexts([sql], catalog, stop.signal);
  stop.abort();
  await assert.rejects(stopped, { name: 'AbortError' });
});
