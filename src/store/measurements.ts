import { randomUUID } from 'node:crypto';
import type { Insertable, Kysely, Selectable } from 'kysely';
import type { Comparison, Measurement } from '../core/measurement/measurement.ts';
import type { MeasurementTable, StoreSchema } from './schema.ts';
import { StoreError } from './store-error.ts';

export interface StoredMeasurement extends Measurement {
  readonly id: string;
  readonly candidateId: string;
  readonly connectionId: string | null;
  readonly occasion: 'suggested' | 'applied';
  readonly role: 'before' | 'after';
  /** ISO 8601, UTC */
  readonly takenAt: string;
}

export interface Occasion {
  /** 'suggested': measured before the choice; 'applied': measured again after the candidate was applied */
  readonly occasion: 'suggested' | 'applied';
  readonly connectionId: string | null;
}

/** Measured times of originals and candidates. */
export class Measurements {
  private readonly db: Kysely<StoreSchema>;

  constructor(db: Kysely<StoreSchema>) {
    this.db = db;
  }

  /**
   * Keep a comparison of a candidate with its original: two measurements and, on the candidate, the factor.
   *
   * @throws StoreError 'notFound' when there is no such candidate
   */
  async record(candidateId: string, comparison: Comparison, occasion: Occasion): Promise<void> {
    await this.db.transaction().execute(async (transaction) => {
      const updated = await transaction
        .updateTable('candidates')
        .set(speedupColumns(comparison))
        .where('id', '=', candidateId)
        .executeTakeFirst();
      if (updated.numUpdatedRows === 0n) {
        throw new StoreError('notFound', `The store has no candidate ${candidateId}.`);
      }
      await transaction
        .insertInto('measurements')
        .values(measurementRows(candidateId, comparison, occasion))
        .execute();
    });
  }

  /** All measurements of a candidate, oldest first. @throws StoreError */
  async of(candidateId: string): Promise<StoredMeasurement[]> {
    const rows = await this.db
      .selectFrom('measurements')
      .selectAll()
      .where('candidate_id', '=', candidateId)
      .orderBy('taken_at')
      .orderBy('role', 'desc')
      .execute();
    return rows.map(fromRow);
  }
}

/** The factor of a comparison as the candidate's columns hold it. */
export function speedupColumns(comparison: Comparison | null): {
  speedup: number | null;
  speedup_low: number | null;
  speedup_high: number | null;
  significant: number | null;
} {
  return {
    speedup: comparison?.speedup ?? null,
    speedup_low: comparison?.low ?? null,
    speedup_high: comparison && Number.isFinite(comparison.high) ? comparison.high : null,
    significant: comparison ? Number(comparison.significant) : null,
  };
}

/** The two rows of a comparison. */
export function measurementRows(
  candidateId: string,
  comparison: Comparison,
  { occasion, connectionId }: Occasion,
): Insertable<MeasurementTable>[] {
  const taken_at = new Date().toISOString();
  return (['before', 'after'] as const).map((role) => {
    const measured = comparison[role];
    return {
      id: randomUUID(),
      candidate_id: candidateId,
      connection_id: connectionId,
      occasion,
      role,
      taken_at,
      median_ms: measured.medianMs,
      low_ms: measured.lowMs,
      high_ms: measured.highMs,
      runs: measured.runs,
      row_count: measured.rows,
      cpu_ms: measured.cpuMs,
      shared_hit: measured.sharedHit,
      shared_read: measured.sharedRead,
      temp_blocks: measured.tempBlocks,
      timed_out: Number(measured.timedOut),
    };
  });
}

function fromRow(row: Selectable<MeasurementTable>): StoredMeasurement {
  return {
    id: row.id,
    candidateId: row.candidate_id,
    connectionId: row.connection_id,
    occasion: row.occasion,
    role: row.role,
    takenAt: row.taken_at,
    medianMs: row.median_ms,
    lowMs: row.low_ms,
    highMs: row.high_ms,
    runs: row.runs,
    rows: row.row_count,
    cpuMs: row.cpu_ms,
    sharedHit: row.shared_hit,
    sharedRead: row.shared_read,
    tempBlocks: row.temp_blocks,
    timedOut: row.timed_out !== 0,
  };
}
