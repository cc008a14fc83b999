/** The result of index advice: what `sqlopt indexes --json` prints and the tool `recommend_indexes` answers. */

import type { Validation } from './cost-oracle.ts';
import type { TableWrites } from './index-details.ts';
import type { SizeRange } from './index-size.ts';
import type { InvalidIndex, NeedlessIndex, UnreadIndex } from './judge-indexes.ts';
import type { UncoveredForeignKey } from './uncovered-foreign-keys.ts';
import type { SkippedStatement } from './workload.ts';

export interface IndexRecommendation {
  readonly action: 'create' | 'drop' | 'rebuild';
  /** qualified as the server spells it */
  readonly table: string;
  /** the same as the catalog has it: folded where the engine does not tell cases apart */
  readonly of: { readonly schema: string; readonly table: string };
  readonly name: string;
  readonly columns: readonly AdvisedColumn[];
  readonly include: readonly string[];
  readonly where: string | null;
  readonly method: string;
  /** statements to run; nothing here runs them */
  readonly ddl: string;
  /** what takes it back; null where nothing has to be */
  readonly undo: string | null;
  /** what is held while the statement runs */
  readonly lock: string | null;
  readonly sizeBytes: SizeRange | null;
  /** the planner's costs over all calls of the statements that use it; null where nothing was priced */
  readonly benefit: { readonly costBefore: number; readonly costAfter: number; readonly pct: number } | null;
  readonly writeCost: WriteCost | null;
  readonly queries: readonly AdvisedQuery[];
  readonly validated: Validation | null;
  readonly confidence: 'high' | 'medium' | 'low';
  readonly reason: string;
}

export type AdvisedColumn =
  | { readonly name: string; readonly order: 'asc' | 'desc' }
  | { readonly expression: string; readonly order: 'asc' | 'desc' };

export interface AdvisedQuery {
  readonly fingerprint: string;
  /** its beginning without values, on one line */
  readonly sql: string;
  readonly calls: number;
  /** of one call */
  readonly costBefore: number;
  readonly costAfter: number;
}

export interface WriteCost {
  /** rows written to its table; null where the server does not count. `since`: ISO 8601 in UTC */
  readonly counted: (TableWrites & { readonly since: string | null }) | null;
  readonly text: string;
}

export interface IndexAdvice {
  readonly recommendations: readonly IndexRecommendation[];
  readonly workload: {
    readonly source: string;
    readonly statements: number;
    /** over all calls, in the planner's unit; null without a plan */
    readonly costBefore: number | null;
    readonly costAfter: number | null;
    /** statements that the recommended indexes together make dearer: none, or nothing is recommended */
    readonly regressions: readonly AdvisedQuery[];
    readonly skipped: readonly SkippedStatement[];
  };
  readonly unused: readonly UnreadIndex[];
  readonly duplicates: readonly NeedlessIndex[];
  readonly foreignKeys: readonly UncoveredForeignKey[];
  readonly invalid: readonly InvalidIndex[];
  readonly rejected: readonly { readonly ddl: string; readonly reason: string }[];
  readonly statistics: {
    /** how costs with new indexes were found; null where nothing was priced */
    readonly validated: Validation | null;
    /** since when reads of indexes are counted, ISO 8601 in UTC */
    readonly countedSince: string | null;
    /** what limits the advice, as sentences */
    readonly notes: readonly string[];
  };
}
