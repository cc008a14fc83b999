/** The sandbox of one search: the space's tables in a scratch database, everything undone at the end. */
import { DatabaseError, type QueryResult, type ResultColumn, type ScratchDatabase } from '../../database.ts';
import { createStatements, functionStatements, stringLiteral } from '../generate/ddl.ts';
import { NotReproducible, type SearchSpace } from '../generate/search-space.ts';
import { CREATE_HARNESS, FIND_HARNESS, HARNESS_SCHEMA, type Job, type JobResult } from './harness.ts';
import { isLost, type SandboxLimits, type TrialSandbox } from './trial-sandbox.ts';

export class Sandbox implements TrialSandbox {
  private readonly scratch: ScratchDatabase;
  private readonly limits: SandboxLimits;

  private constructor(scratch: ScratchDatabase, limits: SandboxLimits) {
    this.scratch = scratch;
    this.limits = limits;
  }

  /**
   * Create the space's tables in a transaction of the scratch database, do the work, undo all.
   *
   * @param settings SET LOCAL statements that decide what expressions mean (time zone, date style)
   * @throws NotReproducible when the tables cannot be created; DatabaseError when the scratch database fails
   */
  static async within<T>(
    scratch: ScratchDatabase,
    space: SearchSpace,
    settings: readonly string[],
    limits: SandboxLimits,
    work: (sandbox: Sandbox) => Promise<T>,
  ): Promise<T> {
    return scratch.rolledBack(async () => {
      const sandbox = new Sandbox(scratch, limits);
      if (!(await sandbox.hasHarness())) {
        for (const statement of CREATE_HARNESS) await sandbox.execute(statement);
      }
      try {
        for (const statement of createStatements(space)) await sandbox.execute(statement);
        for (const statement of settings) await sandbox.apply(statement);
        // a function that cannot be had is missed by the statement that calls it
        for (const statement of functionStatements(space)) await sandbox.apply(statement);
      } catch (error) {
        if (!(error instanceof DatabaseError) || isLost(error)) throw error;
        throw new NotReproducible(`The tables could not be rebuilt for tests: ${error.message}`);
      }
      return work(sandbox);
    });
  }

  /** Build and query one small database per job. @throws DatabaseError when the sandbox fails or is stopped */
  async run(jobs: readonly Job[]): Promise<JobResult[]> {
    const json = stringLiteral(JSON.stringify(jobs));
    const { rows } = await this.execute(
      `SELECT ${HARNESS_SCHEMA}.trial(job) FROM jsonb_array_elements(${json}::jsonb) AS job`,
    );
    return rows.map(([text]) => JSON.parse(text ?? '{"failed":[],"outcomes":[]}') as JobResult);
  }

  /**
   * The columns of a statement, or the error that it raises on empty tables.
   * @throws DatabaseError when the sandbox fails or is stopped
   */
  async describe(sql: string): Promise<readonly ResultColumn[] | DatabaseError> {
    // a row at most: on empty tables some statements still return millions
    return this.guarded(async () => (await this.execute(sql, 1)).columns);
  }

  /**
   * The types that the server infers for $1, $2 …
   * @throws DatabaseError when the sandbox fails or is stopped
   */
  async parameterTypes(sql: string): Promise<readonly string[] | DatabaseError> {
    return this.guarded(async () => {
      await this.execute(`PREPARE sqlopt_parameters AS ${sql}`);
      const { rows } = await this.execute(
        "SELECT unnest(parameter_types)::regtype::text FROM pg_prepared_statements WHERE name = 'sqlopt_parameters'",
      );
      await this.execute('DEALLOCATE sqlopt_parameters');
      return rows.map(([type]) => type ?? 'text');
    });
  }

  private async hasHarness(): Promise<boolean> {
    const { rows } = await this.execute(FIND_HARNESS);
    return rows[0]?.[0] === '1';
  }

  /** A setting of the user's server that the sandbox does not know (a time zone) is left at its default, a function left out. */
  private async apply(setting: string): Promise<void> {
    await this.execute('SAVEPOINT sqlopt_setting');
    try {
      await this.execute(setting);
      await this.execute('RELEASE SAVEPOINT sqlopt_setting');
    } catch (error) {
      if (!(error instanceof DatabaseError) || isLost(error)) throw error;
      await this.execute('ROLLBACK TO SAVEPOINT sqlopt_setting');
    }
  }

  /** A statement's own error is an answer and must not end the transaction. */
  private async guarded<T>(work: () => Promise<T>): Promise<T | DatabaseError> {
    await this.execute('SAVEPOINT sqlopt_describe');
    let answer: T | DatabaseError;
    try {
      answer = await work();
    } catch (error) {
      if (!(error instanceof DatabaseError) || isLost(error)) throw error;
      answer = error;
    }
    await this.execute('ROLLBACK TO SAVEPOINT sqlopt_describe');
    return answer;
  }

  private execute(sql: string, maxRows?: number): Promise<QueryResult> {
    const call = { signal: this.limits.signal, timeoutMs: this.limits.timeoutMs };
    return this.scratch.execute(sql, maxRows === undefined ? call : { ...call, maxRows });
  }
}
