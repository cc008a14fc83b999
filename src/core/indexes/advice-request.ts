/** What is asked of index advice. */
import type { Catalog } from '../catalog/catalog.ts';
import type { Database, WhatIfWay } from '../database.ts';
import type { ChooseOptions } from './choose-indexes.ts';
import type { Workload } from './workload.ts';

/** How costs with new indexes are to be found. */
export type WhatIfChoice = 'auto' | WhatIfWay | 'estimate';

export const WHAT_IF_CHOICES: readonly WhatIfChoice[] = ['auto', 'hypopg', 'trial', 'estimate'];

/** Per cent by which statements have to gain when nothing else is said. */
export const DEFAULT_MIN_SAVING_PCT = 10;

export interface AdviceRequest {
  readonly catalog: Catalog;
  /** null: existing indexes are judged by the catalog alone */
  readonly database: Database | null;
  /** null: only existing indexes are judged */
  readonly workload: Workload | null;
  /** why there is no workload, to be told */
  readonly workloadNote?: string | undefined;
  readonly options: ChooseOptions & { readonly whatIf: WhatIfChoice };
  /** limit of one call to the database, of the build of an index too */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

/** What was asked for cannot be done: the message says why. */
export class AdviceRefused extends Error {
  override readonly name = 'AdviceRefused';
}
