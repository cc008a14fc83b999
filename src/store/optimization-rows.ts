/** Candidates and findings as rows of the store, and back. */
import { randomUUID } from 'node:crypto';
import type { Insertable, Selectable } from 'kysely';
import type { Candidate, Finding } from '../core/optimizer/optimization.ts';
import type { TextEdit } from '../core/sql/text.ts';
import type { Counterexample } from '../core/verification/evidence.ts';
import { speedupColumns } from './measurements.ts';
import type { StoredCandidate, StoredFinding } from './optimizations.ts';
import type { CandidateTable, FindingTable } from './schema.ts';

/** @param best its run suggests it */
export function candidateFromRow(row: Selectable<CandidateTable>, best: boolean): StoredCandidate {
  return {
    id: row.id,
    label: row.label,
    best,
    status: row.status,
    statusAt: row.status_at,
    origin: row.origin,
    sql: row.sql,
    edits: JSON.parse(row.edits) as TextEdit[],
    patterns: JSON.parse(row.patterns) as string[],
    evidenceLevel: row.evidence_level,
    assumptions: JSON.parse(row.assumptions) as string[],
    cost:
      row.cost_before === null || row.cost_after === null
        ? null
        : { before: row.cost_before, after: row.cost_after },
    speedup: row.speedup,
    speedupLow: row.speedup_low,
    speedupHigh: row.speedup_high,
    significant: row.significant === null ? null : row.significant !== 0,
    counterexample: row.counterexample === null ? null : (JSON.parse(row.counterexample) as Counterexample),
    rating: row.rating,
    comment: row.comment,
  };
}

/** A finding as it was found. */
export function findingFromRow(row: Selectable<FindingTable>): StoredFinding {
  return {
    id: row.id,
    pattern: row.pattern,
    category: row.category as Finding['category'],
    severity: row.severity as Finding['severity'],
    message: row.message,
    range: { start: row.start_offset, end: row.end_offset },
    fixable: row.fixable !== 0,
  };
}

/** A text without its literals, unless the user keeps them. */
export type Redacted = (text: string) => string;

/** The row of a finding; messages may quote literals. */
export function findingRow(
  optimizationId: string,
  finding: Finding,
  redacted: Redacted,
): Insertable<FindingTable> {
  return {
    id: randomUUID(),
    optimization_id: optimizationId,
    pattern: finding.pattern,
    category: finding.category,
    severity: finding.severity,
    message: redacted(finding.message),
    start_offset: finding.range.start,
    end_offset: finding.range.end,
    fixable: Number(finding.fixable),
  };
}

/** The row of a candidate as it is suggested. */
export function candidateRow(
  optimizationId: string,
  id: string,
  candidate: Candidate,
  redacted: Redacted,
): Insertable<CandidateTable> {
  return {
    id,
    optimization_id: optimizationId,
    label: candidate.id,
    status: 'suggested',
    status_at: new Date().toISOString(),
    origin: candidate.origin,
    model: candidate.model?.name ?? null,
    sql: redacted(candidate.sql),
    edits: JSON.stringify(
      candidate.edits.map(({ start, end, text }) => ({ start, end, text: redacted(text) })),
    ),
    patterns: JSON.stringify(candidate.patterns),
    evidence_level: candidate.evidence.level,
    assumptions: JSON.stringify(candidate.evidence.assumptions),
    databases: candidate.evidence.databases,
    rows_compared: candidate.evidence.rowsCompared,
    cost_before: candidate.cost?.before ?? null,
    cost_after: candidate.cost?.after ?? null,
    estimate: candidate.estimate ? JSON.stringify(candidate.estimate) : null,
    ...speedupColumns(candidate.measured),
    counterexample: null,
    rating: null,
    comment: null,
    feedback_at: null,
  };
}
