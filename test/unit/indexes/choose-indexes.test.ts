/** Choosing indexes against costs that a table says. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { type Candidate, candidateId } from '../../../src/core/indexes/candidates.ts';
import {
  type ChooseOptions,
  chooseIndexes,
  type PricedStatement,
} from '../../../src/core/indexes/choose-indexes.ts';
import { CandidateFailure, type CostOracle } from '../../../src/core/indexes/cost-oracle.ts';
import { workloadFromTexts } from '../../../src/core/indexes/workload.ts';

const catalog = catalogFromDdl('CREATE TABLE t (a int, b int, c int)', 'postgresql');
const table = catalog.tables[0] ?? assert.fail();
const on = (...columns: string[]): Candidate => ({
  table,
  keys: columns.map((column) => ({ column, expression: null, descending: false })),
  equal: columns.length,
});
const A = on('a');
const B = on('b');
const AB = on('a', 'b');

const { statements: asked } = await workloadFromTexts(
  ['-- calls: 10\nSELECT * FROM t WHERE a = 1; SELECT * FROM t WHERE b = 1'],
  catalog,
);
const priced: PricedStatement[] = asked.map((one) => ({ asked: one, cost: 100 }));

interface World {
  /** cost of one call by the columns of the indexes that are there, '' without any */
  cost(statement: number, indexes: ReadonlySet<string>): number;
  readonly sizes?: Readonly<Record<string, number>>;
}

function oracleOf(world: World): CostOracle {
  const named = (one: Candidate) => one.keys.map(({ column }) => column).join();
  return {
    way: 'what-if',
    plan: () => Promise.reject(new Error('not asked for')),
    cost: async (statement, indexes) => world.cost(asked.indexOf(statement), new Set(indexes.map(named))),
    size: async (index) => {
      const bytes = world.sizes?.[named(index)] ?? 1000;
      return { low: bytes, high: bytes };
    },
  };
}

async function choose(world: World, candidates: readonly Candidate[], options: Partial<ChooseOptions> = {}) {
  const all = { budgetBytes: null, most: null, minSavingPct: 10, ...options };
  const chosen = await chooseIndexes(priced, candidates, oracleOf(world), all, () => {});
  return {
    names: chosen.indexes.map(({ candidate }) => candidate.keys.map(({ column }) => column).join()),
    reasons: new Map(chosen.rejected.map(({ candidate, reason }) => [candidateId(candidate), reason])),
    costs: [...chosen.costs.values()],
  };
}

/** each statement has an index of its own that takes it to 10 */
const EACH: World = { cost: (statement, has) => (has.has(statement === 0 ? 'a' : 'b') ? 10 : 100) };

describe('choosing indexes', () => {
  test('takes what saves the most first, and says what all cost then', async () => {
    const { names, costs } = await choose(EACH, [B, A]);
    assert.deepEqual(names, ['a', 'b']);
    assert.deepEqual(costs, [10, 10]);
  });

  test('takes no second one that saves nothing beside the first', async () => {
    const world: World = {
      cost: (s, has) => (s === 0 && (has.has('a') || has.has('a,b')) ? (has.has('a,b') ? 5 : 10) : 100),
    };
    const { names, reasons } = await choose(world, [A, AB]);
    assert.deepEqual(names, ['a,b']);
    assert.match(reasons.get(candidateId(A)) ?? '', /No statement would cost less with it\. \(Beside those/);
  });

  test('gives up the first one when those that came later do all that it did', async () => {
    const costs: Readonly<Record<string, readonly [number, number]>> = {
      c: [20, 20],
      a: [15, 100],
      b: [100, 5],
    };
    const world: World = {
      cost: (s, has) => Math.min(100, ...[...has].map((name) => costs[name]?.[s] ?? 100)),
    };
    const C = on('c');
    const { names, reasons } = await choose(world, [C, A, B]);
    assert.deepEqual(names, ['a', 'b']);
    assert.match(reasons.get(candidateId(C)) ?? '', /No statement would cost less with it/);
  });

  test('leaves out columns at the end that gain next to nothing', async () => {
    const of = (a: number): World => ({
      cost: (s, has) => (s !== 0 ? 100 : has.has('a,b') ? 10 : has.has('a') ? a : 100),
      sizes: { 'a,b': 2000, a: 1000 },
    });
    assert.deepEqual((await choose(of(11), [AB])).names, ['a']);
    assert.deepEqual((await choose(of(11), [AB, A])).names, ['a']);
    assert.deepEqual((await choose(of(12), [AB, A])).names, ['a,b']);
  });

  test('takes none that makes a statement dearer, however much it saves', async () => {
    const world: World = { cost: (s, has) => (has.has('a') ? (s === 0 ? 1 : 101) : 100) };
    const { names, reasons } = await choose(world, [A]);
    assert.deepEqual(names, []);
    assert.match(
      reasons.get(candidateId(A)) ?? '',
      /would cost more with it: select \* from t where b = \?/i,
    );
  });

  test('asks for the least saving that was set', async () => {
    const world: World = { cost: (s, has) => (s === 0 && has.has('a') ? 80 : 100) };
    assert.deepEqual((await choose(world, [A], { minSavingPct: 20 })).names, ['a']);
    const { names, reasons } = await choose(world, [A], { minSavingPct: 21 });
    assert.deepEqual(names, []);
    assert.match(reasons.get(candidateId(A)) ?? '', /20\.0 % less, and at least 21 %/);
  });

  test('keeps to the budget, and gets more out of it than the greatest saving alone', async () => {
    // the best one takes all of the room, the two small ones together save more
    const world: World = {
      cost: (s, has) => {
        if (s === 0) return has.has('a,b') ? 30 : has.has('a') ? 38 : 100;
        return has.has('b') ? 10 : 100;
      },
      sizes: { 'a,b': 1000, a: 400, b: 400 },
    };
    const { names, reasons } = await choose(world, [AB, A, B], { budgetBytes: 1000 });
    assert.deepEqual([...names].sort(), ['a', 'b']);
    assert.match(reasons.get(candidateId(AB)) ?? '', /does not fit into the budget/);
    assert.deepEqual((await choose(world, [AB], { budgetBytes: 999 })).names, []);
  });

  test('keeps to the number that was asked for', async () => {
    const { names, reasons } = await choose(EACH, [A, B], { most: 1 });
    assert.deepEqual(names, ['a']);
    assert.match(reasons.get(candidateId(B)) ?? '', /1 index was asked for/);
  });

  test('passes over one that the server would not have', async () => {
    const world: World = {
      cost: (s, has) => {
        if (has.has('a')) throw new CandidateFailure('The server would not have it: no.');
        return EACH.cost(s, has);
      },
    };
    const { names, reasons } = await choose(world, [A, B]);
    assert.deepEqual(names, ['b']);
    assert.match(reasons.get(candidateId(A)) ?? '', /would not have it/);
  });
});
