import { randomUUID } from 'node:crypto';
import { type Insertable, type Kysely, sql } from 'kysely';
import type { MeasuredOutcome } from '../core/learning/estimate.ts';
import type {
  CandidateOrigin,
  Finding,
  Optimization,
  RefutedCandidate,
} from '../core/optimizer/optimization.ts';
import type { Dialect } from '../core/sql/dialect.ts';
import type { TextEdit } from '../core/sql/text.ts';
import type { Counterexample, EvidenceLevel } from '../core/verification/evidence.ts';
import { measurementRows, speedupColumns } from './measurements.ts';
import {
  candidateFromRow,
  candidateRow,
  findingFromRow,
  findingRow,
  type Redacted,
} from './optimization-rows.ts';
import type { CandidateStatus, CandidateTable, StoreSchema } from './schema.ts';
import { StoreError } from './store-error.ts';

/** What the store asks of its user about privacy. */
export interface Privacy {
  /** keep literals of statements, messages and counterexamples of the user's own data */
  readonly keepLiterals: boolean;
  /** replaces the literals of a statement or of a piece of one */
  readonly redact: (sql: string, dialect: Dialect) => string;
}

/** One run to be kept. */
export interface OptimizationRun {
  /** id from `Statements.remember` */
  readonly statementId: string;
  readonly connectionId: string | null;
  /** file that held the statement, null on the command line */
  readonly source: string | null;
  readonly productVersion: string;
  /** the dialect of the statement, in which its literals are found; PostgreSQL when left out */
  readonly dialect?: Dialect | undefined;
  readonly result: Optimization;
}

export interface RecordedOptimization {
  readonly id: string;
  /** the store's id of each candidate, by its label in the result ('c1' …) */
  readonly candidateIds: ReadonlyMap<string, string>;
}

/** One line of a list of what was found and applied. */
export interface OptimizationSummary {
  readonly id: string;
  /** ISO 8601, UTC */
  readonly createdAt: string;
  readonly source: string | null;
  readonly connectionId: string | null;
  readonly fingerprint: string;
  readonly normalized: string;
  readonly text: string | null;
  readonly reason: string;
  readonly findings: number;
  /** best first, refuted ones left out */
  readonly candidates: readonly StoredCandidate[];
}

export interface StoredCandidate {
  readonly id: string;
  readonly label: string;
  readonly best: boolean;
  readonly status: CandidateStatus;
  readonly statusAt: string;
  readonly origin: CandidateOrigin;
  readonly sql: string;
  readonly edits: readonly TextEdit[];
  readonly patterns: readonly string[];
  readonly evidenceLevel: EvidenceLevel | null;
  readonly assumptions: readonly string[];
  readonly cost: { readonly before: number; readonly after: number } | null;
  readonly speedup: number | null;
  readonly speedupLow: number | null;
  /** null: no upper bound is known */
  readonly speedupHigh: number | null;
  readonly significant: boolean | null;
  readonly counterexample: Counterexample | null;
  readonly rating: number | null;
  readonly comment: string | null;
}

export interface StoredFinding extends Finding {
  readonly id: string;
}

/** What was found, proposed, applied and refuted. */
export class Optimizations {
  private readonly db: Kysely<StoreSchema>;
  private readonly privacy: Privacy;

  constructor(db: Kysely<StoreSchema>, privacy: Privacy) {
    this.db = db;
    this.privacy = privacy;
  }

  /** Keep a run with its findings, candidates and measurements, all or nothing. @throws StoreError */
  async record(run: OptimizationRun): Promise<RecordedOptimization> {
    const id = randomUUID();
    const { result } = run;
    const redacted = (text: string): string =>
      this.privacy.keepLiterals ? text : this.privacy.redact(text, run.dialect ?? 'postgresql');
    const candidateIds = new Map(result.candidates.map((candidate) => [candidate.id, randomUUID()]));
    const candidates = [
      ...result.candidates.map((c) => candidateRow(id, candidateIds.get(c.id) ?? randomUUID(), c, redacted)),
      ...result.refuted.map((r, index) => this.refutedRow(id, r, index, redacted)),
    ];
    const measurements = result.candidates.flatMap((candidate) => {
      const candidateId = candidateIds.get(candidate.id);
      if (!candidate.measured || candidateId === undefined) return [];
      const occasion = { occasion: 'suggested', connectionId: run.connectionId } as const;
      return measurementRows(candidateId, candidate.measured, occasion);
    });
    const findings = result.findings.map((finding) => findingRow(id, finding, redacted));
    await this.db.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('optimizations')
        .values({
          id,
          statement_id: run.statementId,
          connection_id: run.connectionId,
          created_at: new Date().toISOString(),
          source: run.source,
          best_candidate_id: result.best === null ? null : (candidateIds.get(result.best) ?? null),
          reason: result.reason,
          product_version: run.productVersion,
        })
        .execute();
      for (const row of findings) await transaction.insertInto('findings').values(row).execute();
      for (const row of candidates) await transaction.insertInto('candidates').values(row).execute();
      for (const row of measurements) await transaction.insertInto('measurements').values(row).execute();
    });
    return { id, candidateIds };
  }

  /** Say what became of a candidate. @throws StoreError 'notFound' */
  async setStatus(candidateId: string, status: CandidateStatus): Promise<void> {
    await this.update(candidateId, { status, status_at: new Date().toISOString() });
  }

  /**
   * Keep what the user thinks of a candidate.
   *
   * @param rating 1 (bad) to 5 (good), or null
   * @throws StoreError 'notFound'
   */
  async addFeedback(candidateId: string, rating: number | null, comment: string | null): Promise<void> {
    await this.update(candidateId, { rating, comment, feedback_at: new Date().toISOString() });
  }

  /** Runs with their candidates, newest first. @throws StoreError */
  async recent(limit: number): Promise<OptimizationSummary[]> {
    const runs = await this.db
      .selectFrom('optimizations as o')
      .innerJoin('statements as s', 's.id', 'o.statement_id')
      .select(['o.id', 'o.created_at', 'o.source', 'o.connection_id', 'o.reason', 'o.best_candidate_id'])
      .select(['s.fingerprint', 's.normalized', 's.text'])
      .select((e) =>
        e
          .selectFrom('findings as f')
          .select(sql<number>`count(*)`.as('n'))
          .whereRef('f.optimization_id', '=', 'o.id')
          .as('findings'),
      )
      .orderBy('o.created_at', 'desc')
      .orderBy('o.id')
      .limit(limit)
      .execute();
    if (runs.length === 0) return [];
    const rows = await this.db
      .selectFrom('candidates')
      .selectAll()
      .where(
        'optimization_id',
        'in',
        runs.map((run) => run.id),
      )
      .where('status', '<>', 'refuted')
      .execute();
    return runs.map((run) => ({
      id: run.id,
      createdAt: run.created_at,
      source: run.source,
      connectionId: run.connection_id,
      fingerprint: run.fingerprint,
      normalized: run.normalized,
      text: run.text,
      reason: run.reason,
      findings: run.findings ?? 0,
      candidates: rows
        .filter((row) => row.optimization_id === run.id)
        .map((row) => candidateFromRow(row, row.id === run.best_candidate_id))
        .sort((a, b) => Number(b.best) - Number(a.best) || a.label.localeCompare(b.label)),
    }));
  }

  /**
   * Rewrites that were priced and measured, newest first: what estimates are made from.
   *
   * @param dialect of their statements
   * @throws StoreError
   */
  async measuredOutcomes(dialect: Dialect, limit: number): Promise<MeasuredOutcome[]> {
    const rows = await this.db
      .selectFrom('candidates as c')
      .innerJoin('optimizations as o', 'o.id', 'c.optimization_id')
      .innerJoin('statements as s', 's.id', 'o.statement_id')
      .select(['c.optimization_id', 'c.patterns', 'c.model', 'c.cost_before', 'c.cost_after', 'c.speedup'])
      .where('s.dialect', '=', dialect)
      .where('c.cost_before', 'is not', null)
      .where('c.speedup', 'is not', null)
      .orderBy('o.created_at', 'desc')
      .limit(limit)
      .execute();
    return rows.flatMap(({ optimization_id, patterns, model, cost_before, cost_after, speedup }) =>
      cost_before === null || cost_after === null || speedup === null
        ? []
        : [
            {
              run: optimization_id,
              patterns: JSON.parse(patterns) as string[],
              model,
              cost: { before: cost_before, after: cost_after },
              speedup,
            },
          ],
    );
  }

  /** All candidates of a run, refuted ones with their counterexamples too. @throws StoreError */
  async candidatesOf(optimizationId: string): Promise<StoredCandidate[]> {
    const run = await this.db
      .selectFrom('optimizations')
      .select('best_candidate_id')
      .where('id', '=', optimizationId)
      .executeTakeFirst();
    if (!run) throw new StoreError('notFound', `The store has no optimization ${optimizationId}.`);
    const rows = await this.db
      .selectFrom('candidates')
      .selectAll()
      .where('optimization_id', '=', optimizationId)
      .orderBy('label')
      .execute();
    return rows.map((row) => candidateFromRow(row, row.id === run.best_candidate_id));
  }

  /** The findings of a run, in text order. @throws StoreError */
  async findingsOf(optimizationId: string): Promise<StoredFinding[]> {
    const rows = await this.db
      .selectFrom('findings')
      .selectAll()
      .where('optimization_id', '=', optimizationId)
      .orderBy('start_offset')
      .execute();
    return rows.map(findingFromRow);
  }

  /** Forget a run with its findings, candidates and measurements. @throws StoreError 'notFound' */
  async remove(optimizationId: string): Promise<void> {
    const result = await this.db
      .deleteFrom('optimizations')
      .where('id', '=', optimizationId)
      .executeTakeFirst();
    if (result.numDeletedRows === 0n) {
      throw new StoreError('notFound', `The store has no optimization ${optimizationId}.`);
    }
  }

  private async update(candidateId: string, values: Partial<CandidateTable>): Promise<void> {
    const result = await this.db
      .updateTable('candidates')
      .set(values)
      .where('id', '=', candidateId)
      .executeTakeFirst();
    if (result.numUpdatedRows === 0n) {
      throw new StoreError('notFound', `The store has no candidate ${candidateId}.`);
    }
  }

  private refutedRow(
    optimizationId: string,
    refuted: RefutedCandidate,
    index: number,
    redacted: Redacted,
  ): Insertable<CandidateTable> {
    // without a setup it shows rows of the user's own tables
    const ownData = refuted.counterexample.setup === '';
    const keep = this.privacy.keepLiterals || !ownData;
    return {
      id: randomUUID(),
      optimization_id: optimizationId,
      label: `r${index + 1}`,
      status: 'refuted',
      status_at: new Date().toISOString(),
      origin: refuted.origin,
      sql: redacted(refuted.sql),
      edits: '[]',
      patterns: JSON.stringify(refuted.patterns),
      evidence_level: null,
      assumptions: '[]',
      databases: 0,
      rows_compared: 0,
      cost_before: null,
      cost_after: null,
      estimate: null,
      ...speedupColumns(null),
      counterexample: keep ? JSON.stringify(refuted.counterexample) : null,
      rating: null,
      comment: null,
      feedback_at: null,
    };
  }
}
