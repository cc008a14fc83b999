/** Which candidate comes first, which one is suggested, and why in one sentence. */
import { patternById } from '../patterns/library.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { Candidate } from './optimization.ts';

/** A price below this share of the original's is worth a suggestion when nothing was measured. */
const CHEAPER = 0.9;
/** A measured speedup below this is not worth reading a diff. */
const FASTER = 1.1;
/** From here on it is said that a rewrite seemed faster, though its runs do not show it. */
const SEEMS_FASTER = 1.5;

export interface Ranking {
  readonly candidates: readonly Candidate[];
  readonly best: string | null;
  readonly reason: string;
}

/** What the reason may have to name. */
export interface RankingFacts {
  readonly connected: boolean;
  readonly findings: number;
  readonly refuted: number;
  /** rewrites that were not tried, since their prices are far above the original's */
  readonly dear?: number | undefined;
  /** names what a rule says of the engine; left out, no bet is explained */
  readonly dialect?: Dialect | undefined;
}

/**
 * Order candidates: measured faster ones by speedup, then those that were only priced by price, then the rest.
 * Unverified ones come last and are never the best.
 */
export function rank(candidates: readonly Candidate[], facts: RankingFacts): Ranking {
  const ordered = [...candidates].sort((a, b) => classOf(a) - classOf(b) || byGain(a, b));
  const named = ordered.map((candidate, index) => ({ ...candidate, id: `c${index + 1}` }));
  const [first] = named;
  if (first && classOf(first) <= CLASS.cheaper) {
    return { candidates: named, best: first.id, reason: reasonFor(first) };
  }
  return { candidates: named, best: null, reason: reasonForNone(named, facts) };
}

const CLASS = { faster: 0, cheaper: 1, untried: 2, equal: 3, slower: 4, unverified: 5 } as const;

function classOf(candidate: Candidate): number {
  if (candidate.evidence.level === 'unverified') return CLASS.unverified;
  const { measured, cost } = candidate;
  if (measured) {
    if (measured.significant && measured.speedup >= FASTER) return CLASS.faster;
    return measured.significant && measured.speedup < 1 ? CLASS.slower : CLASS.equal;
  }
  if (!cost) return CLASS.untried;
  if (cost.after < cost.before * CHEAPER) return CLASS.cheaper;
  return cost.after <= cost.before ? CLASS.equal : CLASS.slower;
}

function byGain(a: Candidate, b: Candidate): number {
  const measured = (b.measured?.speedup ?? 0) - (a.measured?.speedup ?? 0);
  if (a.measured && b.measured && measured !== 0) return measured;
  // without prices they come as the search prefers them
  if (!a.cost || !b.cost) return 0;
  return a.cost.after - b.cost.after || a.patterns.length - b.patterns.length;
}

function reasonFor(best: Candidate): string {
  const { measured, cost } = best;
  if (measured) {
    const least = measured.before.timedOut ? 'at least ' : '';
    return `Measured ${least}${factor(measured.speedup)}× faster: ${milliseconds(measured.before.medianMs)}${measured.before.timedOut ? ' (stopped at the limit)' : ''} before, ${milliseconds(measured.after.medianMs)} after.`;
  }
  const ratio = cost ? cost.before / Math.max(cost.after, 1e-9) : 1;
  const assumed = cost?.assumed ? ' for values that were assumed for its parameters' : '';
  return `The planner prices it ${factor(ratio)}× cheaper${assumed}; it was not measured.`;
}

function reasonForNone(candidates: readonly Candidate[], facts: RankingFacts): string {
  if (candidates.length > 0 && !facts.connected) {
    return `Not connected: nothing was priced or measured, so no rewrite is called faster.${safeBet(candidates, facts)} Connect a database to compare them.`;
  }
  const promising = bestUndecided(candidates);
  if (promising) {
    return (
      `No rewrite measured clearly faster: ${promising.id} seemed ${factor(promising.speedup)}× faster, but its runs ` +
      'were too few or too different to be sure. Optimize again when the database is less busy.'
    );
  }
  if (candidates.some((candidate) => candidate.measured))
    return 'No rewrite measured faster than the original.';
  if (candidates.some((candidate) => candidate.evidence.level !== 'unverified')) {
    return 'No rewrite is cheaper by the planner’s estimate.';
  }
  if (candidates.length > 0)
    return 'A rewrite was found, but it could not be verified; it is listed and not suggested.';
  if (facts.refuted > 0) return 'Every rewrite that was tried changes the result, so none is offered.';
  if (facts.dear) return 'The planner prices all known rewrites far above the original, so none was tried.';
  if (facts.findings > 0)
    return 'There are findings, but no rewrite of them is known to keep the result here.';
  return 'No pattern of the library applies to this statement.';
}

/** What was measured as faster by far, but not surely so. */
function bestUndecided(
  candidates: readonly Candidate[],
): { readonly id: string; readonly speedup: number } | null {
  let best: { readonly id: string; readonly speedup: number } | null = null;
  for (const { id, measured, evidence } of candidates) {
    if (!measured || measured.significant || evidence.level === 'unverified') continue;
    if (measured.after.timedOut || measured.speedup < (best?.speedup ?? SEEMS_FASTER)) continue;
    best = { id, speedup: measured.speedup };
  }
  return best;
}

/** The first that is proved, with what its rule says of when it pays on the engine. */
function safeBet(candidates: readonly Candidate[], { dialect }: RankingFacts): string {
  const bet = candidates.find((candidate) => candidate.evidence.level === 'proved');
  const pattern = bet?.patterns[0] === undefined ? null : patternById(bet.patterns[0]);
  const pays = pattern?.engines.find((engine) => engine.dialect === dialect)?.pays;
  return bet && pattern && pays
    ? ` The safest bet is ${bet.id}, ${pattern.id}. When it pays: ${pays.replace(/[.\s]+$/, '')}.`
    : '';
}

function factor(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
}

function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(2)} ms` : `${Math.round(value).toLocaleString('en-US')} ms`;
}
