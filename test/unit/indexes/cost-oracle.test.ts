/** What is asked of a server for prices, and what is not asked a second time. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { type Database, DatabaseError, type WhatIfSession } from '../../../src/core/database.ts';
import type { Candidate } from '../../../src/core/indexes/candidates.ts';
import { CandidateFailure, type CostOracle, withOracle } from '../../../src/core/indexes/cost-oracle.ts';
import { workloadFromTexts } from '../../../src/core/indexes/workload.ts';
import { planNode } from '../../../src/core/plans/plan-node.ts';

const catalog = catalogFromDdl('CREATE TABLE t (a int, b int); CREATE TABLE u (a int)', 'postgresql');
const { statements } = await workloadFromTexts(
  ['SELECT * FROM t WHERE a = 1', 'SELECT * FROM u WHERE a = 1'],
  catalog,
);
const [onT = assert.fail(), onU = assert.fail()] = statements;
const candidate = (table: string, column: string): Candidate => ({
  table: catalog.tables.find(({ name }) => name === table) ?? assert.fail(),
  keys: [{ column, expression: null, descending: false }],
  equal: 1,
});

/** A server whose answers are written here; it keeps what it was asked. */
async function asked(
  use: (ddl: readonly string[]) => void,
  work: (oracle: CostOracle) => Promise<void>,
): Promise<string[]> {
  const calls: string[] = [];
  const session: WhatIfSession = {
    use: async (indexes) => {
      const ddl = indexes.map((one) => one.ddl);
      calls.push(`use ${ddl.join()}`);
      use(ddl);
    },
    explain: async () => {
      calls.push('explain');
      const root = planNode({ operation: 'Seq Scan', totalCost: 5 });
      return { root, cost: 5, planningMs: null, executionMs: null, settings: {}, analyzed: false, raw: null };
    },
    sizeOf: async () => 8192,
  };
  const database = {
    info: { dialect: 'postgresql' },
    whatIf: (_way: string, run: (session: WhatIfSession) => Promise<void>) => run(session),
  } as unknown as Database;
  const limits = { timeoutMs: 1000, signal: new AbortController().signal };
  const ddlOf = ({ table, keys }: Candidate) => `${table.name}.${keys[0]?.column}`;
  await withOracle(database, 'trial', ddlOf, limits, work);
  return calls;
}

describe('the price of a statement with an index', () => {
  test('is asked for once, and not at all for indexes on tables that it does not use', async () => {
    const calls = await asked(
      () => {},
      async (oracle) => {
        await oracle.cost(onT, [candidate('t', 'a')]);
        await oracle.cost(onT, [candidate('t', 'a')]);
        await oracle.cost(onT, [candidate('t', 'a'), candidate('u', 'a')]);
        await oracle.cost(onU, [candidate('t', 'a'), candidate('u', 'a')]);
      },
    );
    assert.deepEqual(calls, ['use t.a', 'explain', 'use t.a,u.a', 'explain']);
  });

  test('is not asked for any more on a table that others work on', async () => {
    const locked = () => {
      throw new DatabaseError('other', 'locked', { code: '55P03' });
    };
    const calls = await asked(locked, async (oracle) => {
      await assert.rejects(oracle.cost(onT, [candidate('t', 'a')]), CandidateFailure);
      await assert.rejects(oracle.cost(onT, [candidate('t', 'b')]), /would not have it: locked/);
    });
    assert.deepEqual(calls, ['use t.a']);
  });

  test('ends the work when the connection is lost or the call is cancelled', async () => {
    const lost = () => {
      throw new DatabaseError('connectionLost', 'gone');
    };
    await assert.rejects(
      asked(lost, async (oracle) => {
        await oracle.cost(onT, [candidate('t', 'a')]);
      }),
      (error: unknown) => DatabaseError.is(error, 'connectionLost'),
    );
  });
});
