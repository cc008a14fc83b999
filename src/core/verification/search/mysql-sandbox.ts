/**
 * The sandbox of one search on MySQL or MariaDB: a scratch database on the server, which knows no function that would
 * run whole jobs, so each statement is sent by itself. The rows of a small database live in a transaction that is
 * always rolled back; the tables stay until the search ends.
 */
import {
  type Cell,
  DatabaseError,
  type QueryResult,
  type ResultColumn,
  type ScratchDatabase,
} from '../../database.ts';
import { createStatements } from '../generate/ddl.ts';
import { FROZEN_NOW, parseInstant } from '../generate/instants.ts';
import { NotReproducible, type SearchSpace } from '../generate/search-space.ts';
import type { Job, JobResult, RawOutcome } from './harness.ts';
import { isLost, type SandboxLimits, type TrialSandbox } from './trial-sandbox.ts';

export class MysqlSandbox implements TrialSandbox {
  private readonly scratch: ScratchDatabase;
  private readonly limits: SandboxLimits;

  private constructor(scratch: ScratchDatabase, limits: SandboxLimits) {
    this.scratch = scratch;
    this.limits = limits;
  }

  /**
   * Create the space's tables, do the work, undo all.
   * @throws NotReproducible when the tables cannot be created; DatabaseError when the scratch database fails
   */
  static within<T>(
    scratch: ScratchDatabase,
    space: SearchSpace,
    limits: SandboxLimits,
    work: (sandbox: MysqlSandbox) => Promise<T>,
  ): Promise<T> {
    return scratch.rolledBack(async () => {
      const sandbox = new MysqlSandbox(scratch, limits);
      try {
        for (const statement of createStatements(space)) await sandbox.execute(statement);
      } catch (error) {
        if (!(error instanceof DatabaseError) || isLost(error)) throw error;
        throw new NotReproducible(`The tables could not be rebuilt for tests: ${error.message}`);
      }
      await sandbox.stopClock();
      return work(sandbox);
    });
  }

  /** The clock stands still, so that a run can be repeated. @throws NotReproducible where the user may not do that */
  private async stopClock(): Promise<void> {
    const micros = parseInstant(FROZEN_NOW) ?? 0n;
    const stopped = await this.answer(() =>
      this.execute(`SET SESSION timestamp = ${(Number(micros) / 1e6).toFixed(3)}`),
    );
    if (stopped instanceof DatabaseError) {
      throw new NotReproducible(`The clock cannot be stopped for tests: ${stopped.message}`);
    }
  }

  async run(jobs: readonly Job[]): Promise<JobResult[]> {
    const results: JobResult[] = [];
    for (const job of jobs) results.push(await this.runOne(job));
    return results;
  }

  async describe(sql: string): Promise<readonly ResultColumn[] | DatabaseError> {
    return this.answer(async () => (await this.execute(sql, 1)).columns);
  }

  /** MySQL infers no types of parameters. */
  async parameterTypes(): Promise<readonly string[] | DatabaseError> {
    return new DatabaseError('other', 'this server does not tell them.');
  }

  private async runOne({ settings, tables, reads, writes, cap }: Job): Promise<JobResult> {
    if (writes.length > 0) throw new NotReproducible('Statements that write are not tried on this server.');
    for (const setting of settings) await this.execute(setting);
    await this.execute('START TRANSACTION');
    try {
      const failed: (readonly [number, number])[] = [];
      for (const [index, { insert, rows }] of tables.entries()) {
        for (const row of await this.fill(insert, rows)) failed.push([index, row]);
      }
      const outcomes: RawOutcome[] = [];
      for (const statement of reads) outcomes.push(await this.read(statement, cap));
      return { failed, outcomes };
    } finally {
      await this.execute('ROLLBACK');
      for (const setting of settings) {
        const name = /^SET SESSION (\w+)/.exec(setting)?.[1];
        if (name !== undefined) await this.execute(`SET SESSION ${name} = DEFAULT`);
      }
    }
  }

  /** @returns the rows that break a constraint */
  private async fill(insert: string, rows: readonly string[]): Promise<number[]> {
    if (rows.length === 0) return [];
    const all = await this.answer(() => this.execute(insert + rows.join(', ')));
    if (!(all instanceof DatabaseError)) return [];
    const failed: number[] = [];
    for (const [index, row] of rows.entries()) {
      if ((await this.answer(() => this.execute(insert + row))) instanceof DatabaseError) failed.push(index);
    }
    return failed;
  }

  private async read(statement: string, cap: number): Promise<RawOutcome> {
    const result = await this.answer(() => this.execute(statement, cap));
    if (result instanceof DatabaseError) return { error: result.message, code: result.code ?? '' };
    return result.truncated ? { over: true } : { rows: result.rows.map(recordText) };
  }

  /** A statement's own error is an answer. */
  private async answer<T>(work: () => Promise<T>): Promise<T | DatabaseError> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DatabaseError) || isLost(error)) throw error;
      return error;
    }
  }

  private execute(sql: string, maxRows?: number): Promise<QueryResult> {
    const call = { signal: this.limits.signal, timeoutMs: this.limits.timeoutMs };
    return this.scratch.execute(sql, maxRows === undefined ? call : { ...call, maxRows });
  }
}

/** A row in the text form that `record-text.ts` reads. */
function recordText(row: readonly Cell[]): string {
  const cells = row.map((cell) =>
    cell === null ? '' : `"${cell.replaceAll('\\', '\\\\').replaceAll('"', '""')}"`,
  );
  return `(${cells.join(',')})`;
}
