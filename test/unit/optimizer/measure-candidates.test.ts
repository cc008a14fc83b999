import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database, ReadOnlySession, Timing } from '../../../src/core/database.ts';
import { measureCandidates } from '../../../src/core/optimizer/measure-candidates.ts';
import type { Candidate } from '../../../src/core/optimizer/optimization.ts';

/** A database whose statements are their own running times: "900" takes 900 ms, without anyone waiting. */
function stopwatch(ran: string[]): Database {
  const session = {
    time: async (sql: string): Promise<Timing> => {
      ran.push(sql);
      // no two runs are alike
      const elapsedMs = Number(sql) + (ran.length % 5);
      return { elapsedMs, cpuMs: null, rows: 1, sharedHit: 0, sharedRead: 0, tempBlocks: 0 };
    },
  } as unknown as ReadOnlySession;
  return { readOnly: <T>(work: (s: ReadOnlySession) => Promise<T>) => work(session) } as unknown as Database;
}

function candidate(sql: string): Candidate {
  return {
    id: sql,
    sql,
    edits: [],
    patterns: [sql],
    origin: 'pattern',
    evidence: { level: 'proved', assumptions: [], databases: 0, rowsCompared: 0 },
    cost: null,
    estimate: null,
    measured: null,
  };
}

const request = {
  runs: undefined,
  timeoutMs: 60_000,
  budgetMs: 10_000,
  signal: undefined,
  onProgress: () => {},
};

test('gives the one in front a second race when the first was too short to tell', async () => {
  const ran: string[] = [];
  const { candidates } = await measureCandidates({
    ...request,
    database: stopwatch(ran),
    original: '2400',
    candidates: [candidate('1300'), candidate('2300'), candidate('2350')],
  });
  const [first] = candidates;
  assert.ok(first?.measured?.significant, 'two times faster is seen to be faster');
  assert.ok(ran.filter((sql) => sql === '2350').length <= 3, 'the others do not run again');
});

test('leaves it at one race when the first one told', async () => {
  const ran: string[] = [];
  await measureCandidates({
    ...request,
    database: stopwatch(ran),
    original: '100',
    candidates: [candidate('20'), candidate('100')],
  });
  assert.ok(ran.length < 200);
  const { candidates } = await measureCandidates({
    ...request,
    database: stopwatch([]),
    original: '100',
    candidates: [candidate('20')],
  });
  assert.ok(candidates[0]?.measured?.significant);
});
