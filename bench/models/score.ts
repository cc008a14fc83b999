/** How good are a model's rewrites of the sample queries? Counted without a database server, so that it can be repeated. */
import type { Catalog } from '../../src/core/catalog/catalog.ts';
import type { ScratchDatabase } from '../../src/core/database.ts';
import { optimizeStatement } from '../../src/core/optimizer/optimize.ts';
import type { RewriteProposer } from '../../src/core/optimizer/rewrite-proposer.ts';

export interface StatementScore {
  /** first words of the statement */
  readonly statement: string;
  /** calls of the model, repairs included */
  readonly asked: number;
  readonly proposed: number;
  /** not even tried: no statement, other columns, other tables */
  readonly rejected: number;
  /** shown to be wrong */
  readonly refuted: number;
  /** equal on generated databases, and not among the library's rewrites */
  readonly verified: number;
  readonly problem: string | null;
}

/**
 * Ask a model for rewrites of statements and verify them.
 *
 * Without a connection the prompt holds no plan and no statistics, so it is the same each time and recorded answers are
 * found again.
 */
export async function scoreModel(
  statements: readonly string[],
  catalog: Catalog,
  proposer: RewriteProposer,
  scratch: (() => Promise<ScratchDatabase>) | null,
  onScore: (score: StatementScore) => void = () => {},
): Promise<StatementScore[]> {
  const scores: StatementScore[] = [];
  for (const text of statements) {
    const { candidates, refuted, model } = await optimizeStatement({
      ...{ text, catalog, proposer, scratch, database: null },
      options: { measure: false },
    });
    const own = candidates.filter(({ origin }) => origin === 'model');
    const score: StatementScore = {
      statement: text.replace(/\s+/g, ' ').slice(0, 70),
      asked: model?.asked ?? 0,
      proposed: model?.proposed ?? 0,
      rejected: model?.rejected.length ?? 0,
      refuted: refuted.filter(({ origin }) => origin === 'model').length,
      verified: own.filter(({ evidence }) => evidence.level !== 'unverified').length,
      problem: model?.problem ?? null,
    };
    scores.push(score);
    onScore(score);
  }
  return scores;
}

/** Sums over all statements, for a table of models. */
export function totals(scores: readonly StatementScore[]): Omit<StatementScore, 'statement' | 'problem'> & {
  readonly statements: number;
  /** statements with a verified rewrite that the library does not have */
  readonly helped: number;
} {
  const sum = (of: (score: StatementScore) => number): number =>
    scores.reduce((total, score) => total + of(score), 0);
  return {
    statements: scores.length,
    helped: scores.filter(({ verified }) => verified > 0).length,
    asked: sum(({ asked }) => asked),
    proposed: sum(({ proposed }) => proposed),
    rejected: sum(({ rejected }) => rejected),
    refuted: sum(({ refuted }) => refuted),
    verified: sum(({ verified }) => verified),
  };
}
