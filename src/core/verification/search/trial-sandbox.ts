/** What the search needs of a place where small databases are built and asked. */
import type { DatabaseError, ResultColumn } from '../../database.ts';
import type { Job, JobResult } from './harness.ts';

export interface SandboxLimits {
  readonly signal?: AbortSignal | undefined;
  /** milliseconds that one call may take; a sandbox with a process of its own is ended after that */
  readonly timeoutMs: number;
}

export interface TrialSandbox {
  /** Build and query one small database per job. @throws DatabaseError when the sandbox fails or is stopped */
  run(jobs: readonly Job[]): Promise<JobResult[]>;
  /**
   * The columns of a statement, or the error that it raises on empty tables.
   * @throws DatabaseError when the sandbox fails or is stopped
   */
  describe(sql: string): Promise<readonly ResultColumn[] | DatabaseError>;
  /**
   * The types that the server infers for $1, $2 …
   * @throws DatabaseError when the sandbox fails or is stopped
   */
  parameterTypes(sql: string): Promise<readonly string[] | DatabaseError>;
}

/** Errors after which nothing more can be asked. */
export function isLost(error: DatabaseError): boolean {
  return (
    error.reason === 'cancelled' ||
    error.reason === 'timeout' ||
    error.reason === 'connectionLost' ||
    error.reason === 'resources'
  );
}
