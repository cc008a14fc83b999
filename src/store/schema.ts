/**
 * The store's tables as Kysely sees them. Column types are chosen so that SQLite and PostgreSQL can share every
 * query: text, numbers, booleans as 0 and 1, instants as ISO 8601 text in UTC, structures as JSON text.
 */
import type { CandidateOrigin } from '../core/optimizer/optimization.ts';
import type { EvidenceLevel } from '../core/verification/evidence.ts';

export interface StoreSchema {
  readonly store_version: VersionTable;
  readonly connections: ConnectionTable;
  readonly statements: StatementTable;
  readonly optimizations: OptimizationTable;
  readonly findings: FindingTable;
  readonly candidates: CandidateTable;
  readonly measurements: MeasurementTable;
}

interface VersionTable {
  version: number;
  name: string;
  applied_at: string;
}

/** What identifies a connection. There is no column for a password, and the user's secrets stay in the editor. */
export interface ConnectionTable {
  id: string;
  name: string;
  dialect: string;
  host: string | null;
  port: number | null;
  database: string;
  username: string | null;
  product: string | null;
  version: string | null;
  first_used_at: string;
  last_used_at: string;
}

export interface StatementTable {
  id: string;
  fingerprint: string;
  dialect: string;
  kind: string;
  /** with literals replaced */
  normalized: string;
  /** as written; null unless keeping literals is allowed */
  text: string | null;
  /** JSON: string[] */
  tables: string;
  first_seen_at: string;
  last_seen_at: string;
  times_seen: number;
}

/** One run of "optimize" on one statement. */
export interface OptimizationTable {
  id: string;
  statement_id: string;
  connection_id: string | null;
  created_at: string;
  /** file that held the statement, as the editor shows it; null on the command line */
  source: string | null;
  best_candidate_id: string | null;
  reason: string;
  /** version of the product that made it */
  product_version: string;
}

export interface FindingTable {
  id: string;
  optimization_id: string;
  pattern: string;
  category: string;
  severity: string;
  message: string;
  start_offset: number;
  end_offset: number;
  fixable: number;
}

export type CandidateStatus = 'suggested' | 'applied' | 'rejected' | 'reverted' | 'refuted';

export interface CandidateTable {
  id: string;
  optimization_id: string;
  /** 'c1', 'c2' … within its run */
  label: string;
  status: CandidateStatus;
  status_at: string;
  origin: CandidateOrigin;
  /** 'ollama/qwen2.5-coder:7b'; null unless a model wrote it */
  model: string | null;
  /** literals replaced unless keeping them is allowed */
  sql: string;
  /** JSON: TextEdit[] */
  edits: string;
  /** JSON: string[] */
  patterns: string;
  evidence_level: EvidenceLevel | null;
  /** JSON: string[] */
  assumptions: string;
  databases: number;
  rows_compared: number;
  cost_before: number | null;
  cost_after: number | null;
  /** JSON: Estimate, or null */
  estimate: string | null;
  speedup: number | null;
  speedup_low: number | null;
  /** null: no upper bound is known */
  speedup_high: number | null;
  significant: number | null;
  /** JSON: Counterexample of a refuted one, or null */
  counterexample: string | null;
  /** for feedback: 1 to 5, the user's words, and when */
  rating: number | null;
  comment: string | null;
  feedback_at: string | null;
}

export interface MeasurementTable {
  id: string;
  candidate_id: string;
  connection_id: string | null;
  /** 'suggested': measured before the choice; 'applied': measured again after it was applied */
  occasion: 'suggested' | 'applied';
  role: 'before' | 'after';
  taken_at: string;
  median_ms: number;
  low_ms: number;
  high_ms: number;
  runs: number;
  row_count: number;
  cpu_ms: number | null;
  shared_hit: number;
  shared_read: number;
  temp_blocks: number;
  timed_out: number;
}
