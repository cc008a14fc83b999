/** How sure it is that a candidate returns what the original returns. */
export type EvidenceLevel =
  /** every step is a rule whose preconditions hold in the catalog, or the plans are equal */
  | 'proved'
  /** equal on the user's data and on generated adversarial databases */
  | 'tested'
  /** equal on the user's data */
  | 'observed'
  /** nothing speaks against it, nothing speaks for it; never the default suggestion */
  | 'unverified';

export interface Evidence {
  readonly level: EvidenceLevel;
  /** what the level rests on, each a sentence: "orders.customer_id is NOT NULL" */
  readonly assumptions: readonly string[];
  /** generated databases on which both were equal */
  readonly databases: number;
  /** rows compared over all databases, the user's included */
  readonly rowsCompared: number;
}

/** The smallest database found on which two statements differ. */
export interface Counterexample {
  /** statements that build it; empty when it is the user's own data */
  readonly setup: string;
  /** the rows of the original and of the candidate, as text */
  readonly before: string;
  readonly after: string;
}

export const EVIDENCE_MEANING: Readonly<Record<EvidenceLevel, string>> = {
  proved:
    'Proved: every step is a rule whose preconditions hold in the catalog, or both reach the same plan.',
  tested: 'Tested: equal on generated adversarial databases, and on your data where it could be compared.',
  observed: 'Observed: equal on your data; other data was not tried.',
  unverified: 'Unverified: nothing was compared. Read it before you use it.',
};
