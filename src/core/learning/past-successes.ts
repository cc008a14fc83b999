/** Which patterns helped statements like this one before: evidence for a model's prompt, without anyone's data. */

/** What became of one earlier rewrite. */
export interface PastOutcome {
  /** normalized form of the statement that it was for: no values */
  readonly normalized: string;
  /** ids of the patterns that made it; none for a model's */
  readonly patterns: readonly string[];
  /** measured factor, significant or not; null when it was not measured */
  readonly speedup: number | null;
  readonly significant: boolean;
  /** the user wrote it into the file and let it stand */
  readonly applied: boolean;
}

/** A pattern's record on similar statements. */
export interface PastSuccess {
  /** id of the pattern */
  readonly pattern: string;
  readonly tries: number;
  /** measured faster, or applied */
  readonly successes: number;
  /** geometric mean of the measured factors of the successes; null when none was measured */
  readonly speedup: number | null;
  /** 0 to 1: how like this statement the most similar one was */
  readonly similarity: number;
}

/** Statements less similar than this are not about the same. */
const SIMILAR = 0.35;
const MOST_PATTERNS = 5;

/**
 * The patterns that helped statements like one, the best record first.
 *
 * @param normalized normalized form of the statement (see `fingerprint`)
 * @param outcomes of any statements, this one's earlier runs included
 */
export function pastSuccesses(normalized: string, outcomes: readonly PastOutcome[]): PastSuccess[] {
  const words = shingles(normalized);
  const byPattern = new Map<string, { outcome: PastOutcome; similarity: number }[]>();
  const known = new Map<string, number>();
  for (const outcome of outcomes) {
    const similarity = known.get(outcome.normalized) ?? jaccard(words, shingles(outcome.normalized));
    known.set(outcome.normalized, similarity);
    if (similarity < SIMILAR) continue;
    for (const pattern of new Set(outcome.patterns)) {
      byPattern.set(pattern, [...(byPattern.get(pattern) ?? []), { outcome, similarity }]);
    }
  }
  return [...byPattern]
    .map(([pattern, found]) => record(pattern, found))
    .filter(({ successes }) => successes > 0)
    .sort((a, b) => b.similarity - a.similarity || b.successes / b.tries - a.successes / a.tries)
    .slice(0, MOST_PATTERNS);
}

function record(
  pattern: string,
  found: readonly { readonly outcome: PastOutcome; readonly similarity: number }[],
): PastSuccess {
  const good = found.filter(({ outcome }) => outcome.applied || isFaster(outcome));
  const factors = good.flatMap(({ outcome: { speedup } }) =>
    speedup !== null && speedup > 0 ? [speedup] : [],
  );
  const logarithms = factors.reduce((sum, factor) => sum + Math.log(factor), 0);
  return {
    pattern,
    tries: found.length,
    successes: good.length,
    speedup: factors.length > 0 ? Math.exp(logarithms / factors.length) : null,
    similarity: Math.max(...found.map(({ similarity }) => similarity)),
  };
}

function isFaster({ speedup, significant }: PastOutcome): boolean {
  return significant && speedup !== null && speedup > 1;
}

/** Pairs of neighbouring words: order counts, so that the same tables in another shape are less alike. */
function shingles(normalized: string): Set<string> {
  const words = normalized.split(/[\s(),]+/).filter((word) => word !== '');
  return new Set(words.slice(1).map((word, index) => `${words[index]} ${word}`));
}

/** Shared pairs over all pairs [Jaccard 1912]. */
function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 && b.size === 0) return 1;
  let shared = 0;
  for (const each of a) if (b.has(each)) shared++;
  return shared / (a.size + b.size - shared);
}
