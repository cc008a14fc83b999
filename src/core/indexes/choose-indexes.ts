/**
 * Choosing indexes for a workload under a budget: greedy by what is saved, and greedy by what is saved per byte, of which the
 * better result is kept. The second alone wastes up to 15 points under a tight budget, the first alone fills it with giants
 * (Kossmann et al., "Magic mirror in my hand, which is the best in the land?", PVLDB 13, 2020).
 */
import { type Candidate, candidateId } from './candidates.ts';
import { CandidateFailure, type CostOracle, usesTable } from './cost-oracle.ts';
import type { SizeRange } from './index-size.ts';
import { beginning, type WorkloadStatement } from './workload.ts';

export interface ChooseOptions {
  /** bytes that all new indexes together may take, by the upper end of their sizes; null: no limit */
  readonly budgetBytes: number | null;
  /** indexes at most; null: no limit */
  readonly most: number | null;
  /** of the cost of the statements that gain by an index, in per cent: what saves less is not recommended */
  readonly minSavingPct: number;
}

/** A statement with the planner's cost of one call as things are. */
export interface PricedStatement {
  readonly asked: WorkloadStatement;
  readonly cost: number;
}

export interface Rejected {
  readonly candidate: Candidate;
  readonly reason: string;
}

export interface Chosen {
  readonly indexes: readonly { readonly candidate: Candidate; readonly size: SizeRange }[];
  /** cost of one call with all of them, by statement */
  readonly costs: ReadonlyMap<WorkloadStatement, number>;
  readonly rejected: readonly Rejected[];
}

/** Of the whole workload's cost, in per cent: below it an index is not worth having (Schlosser et al., "Extend", ICDE 2019). */
const LEAST_SHARE_PCT = 0.3;
/** A shorter index is taken with which the statements that gain cost at most so many times what they cost with the longer. */
const SHORT_ENOUGH = 1.1;
/** A cost may rise by so much before a statement counts as made worse: costs are printed with two digits. */
const ROUNDING = 1.001;

export function isDearer(after: number, before: number): boolean {
  return after > before * ROUNDING;
}

const BESIDE = '(Beside those that are recommended.)';

interface Valued {
  readonly candidate: Candidate;
  readonly size: SizeRange;
  /** cost that it saves in the whole workload, beside those that are chosen already */
  benefit: number;
}

/** @param onStep is told how many candidates have been looked at. @throws DatabaseError */
export async function chooseIndexes(
  statements: readonly PricedStatement[],
  candidates: readonly Candidate[],
  oracle: CostOracle,
  options: ChooseOptions,
  onStep: (done: number, all: number) => void,
): Promise<Chosen> {
  const rejected = new Map<string, Rejected>();
  const valued: Valued[] = [];
  for (const [place, candidate] of candidates.entries()) {
    onStep(place, candidates.length);
    try {
      const change = await changeBy(statements, [], candidate, oracle);
      const reason = refusal(change, statements, options);
      if (reason === null)
        valued.push({ candidate, size: await oracle.size(candidate), benefit: change.saved });
      else rejected.set(candidateId(candidate), { candidate, reason });
    } catch (error) {
      if (!(error instanceof CandidateFailure)) throw error;
      rejected.set(candidateId(candidate), { candidate, reason: error.message });
    }
  }
  const limited = options.budgetBytes !== null || options.most !== null;
  const results = [await greedy('benefit', statements, valued, oracle, options)];
  if (limited) results.push(await greedy('perByte', statements, valued, oracle, options));
  const priced: (Greedy & { readonly costs: ReadonlyMap<WorkloadStatement, number> })[] = [];
  // one after the other: the oracle has one set of indexes at a time
  for (const result of results) {
    priced.push({ ...result, costs: await costsWith(statements, result.chosen, oracle) });
  }
  const total = (costs: ReadonlyMap<WorkloadStatement, number>) =>
    statements.reduce((sum, { asked, cost }) => sum + asked.calls * (costs.get(asked) ?? cost), 0);
  priced.sort((a, b) => total(a.costs) - total(b.costs) || bytesOf(a.chosen) - bytesOf(b.chosen));
  const [best = { chosen: [], rejected: [], costs: new Map<WorkloadStatement, number>() }] = priced;
  for (const one of best.rejected) rejected.set(candidateId(one.candidate), one);
  for (const { candidate } of best.chosen) rejected.delete(candidateId(candidate));
  return {
    indexes: best.chosen.map(({ candidate, size }) => ({ candidate, size })),
    costs: best.costs,
    rejected: [...rejected.values()],
  };
}

function bytesOf(chosen: readonly Valued[]): number {
  return chosen.reduce((sum, { size }) => sum + size.high, 0);
}

interface Greedy {
  readonly chosen: readonly Valued[];
  readonly rejected: readonly Rejected[];
}

/**
 * Take the best one again and again. What an index saves never grows by others beside it in all that we saw, so only the
 * one in front is asked for anew: when it stays in front, it is the best (Minoux's accelerated greedy).
 */
async function greedy(
  by: 'benefit' | 'perByte',
  statements: readonly PricedStatement[],
  valued: readonly Valued[],
  oracle: CostOracle,
  options: ChooseOptions,
): Promise<Greedy> {
  const score = ({ benefit, size }: Valued) =>
    by === 'benefit' ? benefit : benefit / Math.max(1, size.high);
  const chosen: Valued[] = [];
  const rejected: Rejected[] = [];
  let open = valued
    .map((one) => ({ ...one }))
    .sort((a, b) => score(b) - score(a) || a.size.high - b.size.high);
  while (open.length > 0) {
    const [first, ...rest] = open;
    if (!first) break;
    open = rest;
    const limit = overLimit(first, chosen, options);
    if (limit !== null) {
      rejected.push({ candidate: first.candidate, reason: limit });
      continue;
    }
    const beside = chosen.map(({ candidate }) => candidate);
    try {
      const change = await changeBy(statements, beside, first.candidate, oracle);
      const reason = refusal(change, statements, options);
      if (reason !== null) {
        rejected.push({
          candidate: first.candidate,
          reason: beside.length > 0 ? `${reason} ${BESIDE}` : reason,
        });
        continue;
      }
      first.benefit = change.saved;
      const [next] = open;
      if (next && score(next) > score(first)) {
        open = [...open, first].sort((a, b) => score(b) - score(a));
        continue;
      }
      chosen.push(first);
    } catch (error) {
      if (!(error instanceof CandidateFailure)) throw error;
      rejected.push({ candidate: first.candidate, reason: error.message });
    }
  }
  const needed = await withoutNeedless(chosen, rejected, statements, oracle, options);
  return { chosen: await shortened(needed, statements, oracle), rejected };
}

/**
 * Columns at the end that gain next to nothing are left out: they make the index larger, and more updates write to it.
 */
async function shortened(
  chosen: readonly Valued[],
  statements: readonly PricedStatement[],
  oracle: CostOracle,
): Promise<readonly Valued[]> {
  let made = [...chosen];
  for (const one of chosen) {
    const { candidate } = one;
    const others = made.flatMap((other) => (other === one ? [] : [other.candidate]));
    const whole = await changeBy(statements, others, candidate, oracle);
    for (let length = 1; length < candidate.keys.length; length++) {
      const keys = candidate.keys.slice(0, length);
      const shorter = { ...candidate, keys, equal: Math.min(candidate.equal, length) };
      const change = await changeBy(statements, others, shorter, oracle);
      if (change.worse || costOfGainers(whole, change) > SHORT_ENOUGH * costOfGainers(whole, whole)) continue;
      const size = await oracle.size(shorter);
      made = made.map((other) =>
        other === one ? { candidate: shorter, size, benefit: change.saved } : other,
      );
      break;
    }
  }
  return made;
}

/** What the statements that gain by one index cost with another one, over all calls. */
function costOfGainers(by: Change, withOther: Change): number {
  let total = 0;
  for (const [asked, { before }] of by.gains) {
    total += asked.calls * (withOther.gains.get(asked)?.after ?? before);
  }
  return total;
}

/** One that was good in its turn may be needless beside those that came later. */
async function withoutNeedless(
  chosen: readonly Valued[],
  rejected: Rejected[],
  statements: readonly PricedStatement[],
  oracle: CostOracle,
  options: ChooseOptions,
): Promise<readonly Valued[]> {
  let kept = [...chosen];
  for (const one of chosen.slice(0, -1)) {
    const others = kept.filter((other) => other !== one);
    const change = await changeBy(
      statements,
      others.map(({ candidate }) => candidate),
      one.candidate,
      oracle,
    );
    const reason = refusal({ ...change, worse: null }, statements, options);
    if (reason === null) continue;
    kept = others;
    rejected.push({ candidate: one.candidate, reason: `${reason} ${BESIDE}` });
  }
  return kept;
}

function overLimit(
  one: Valued,
  chosen: readonly Valued[],
  { budgetBytes, most }: ChooseOptions,
): string | null {
  if (most !== null && chosen.length >= most)
    return `${most} ${most === 1 ? 'index was' : 'indexes were'} asked for, and others save more.`;
  if (budgetBytes !== null && bytesOf(chosen) + one.size.high > budgetBytes) {
    return 'It does not fit into the budget beside those that save more.';
  }
  return null;
}

interface Change {
  /** cost saved over all calls, and the cost before of the statements that gain */
  readonly saved: number;
  readonly gainersBefore: number;
  /** costs of one call, of the statements that gain */
  readonly gains: ReadonlyMap<WorkloadStatement, { readonly before: number; readonly after: number }>;
  /** the statement that would get worse */
  readonly worse: WorkloadStatement | null;
}

async function changeBy(
  statements: readonly PricedStatement[],
  beside: readonly Candidate[],
  candidate: Candidate,
  oracle: CostOracle,
): Promise<Change> {
  const own = statements.filter(({ asked }) => usesTable(asked, candidate.table));
  // all without it, then all with it: what is built changes once
  const befores: number[] = [];
  for (const { asked } of own) befores.push(await oracle.cost(asked, beside));
  let saved = 0;
  let gainersBefore = 0;
  const gains = new Map<WorkloadStatement, { before: number; after: number }>();
  let worse: WorkloadStatement | null = null;
  for (const [place, { asked }] of own.entries()) {
    const before = befores[place] ?? 0;
    const after = await oracle.cost(asked, [...beside, candidate]);
    if (isDearer(after, before)) worse = asked;
    if (after >= before) continue;
    saved += asked.calls * (before - after);
    gainersBefore += asked.calls * before;
    gains.set(asked, { before, after });
  }
  return { saved, gainersBefore, gains, worse };
}

function refusal(
  { saved, gainersBefore, worse }: Change,
  statements: readonly PricedStatement[],
  { minSavingPct }: ChooseOptions,
): string | null {
  if (worse) return `A statement would cost more with it: ${beginning(worse.text, worse.statement.catalog)}`;
  if (saved <= 0) return 'No statement would cost less with it.';
  const pct = (100 * saved) / gainersBefore;
  if (pct < minSavingPct) {
    return `The statements that gain by it would cost ${pct.toFixed(1)} % less, and at least ${minSavingPct} % are asked for.`;
  }
  const whole = statements.reduce((sum, { asked, cost }) => sum + asked.calls * cost, 0);
  const share = (100 * saved) / whole;
  return share < LEAST_SHARE_PCT ? `It would save ${share.toFixed(2)} % of the whole workload's cost.` : null;
}

async function costsWith(
  statements: readonly PricedStatement[],
  chosen: readonly Valued[],
  oracle: CostOracle,
): Promise<ReadonlyMap<WorkloadStatement, number>> {
  const indexes = chosen.map(({ candidate }) => candidate);
  const costs = new Map<WorkloadStatement, number>();
  for (const { asked } of statements) costs.set(asked, await oracle.cost(asked, indexes));
  return costs;
}
