/** Trying a pair of statements on small databases: jobs out, judgements back. */
import type { Catalog } from '../../catalog/catalog.ts';
import { DatabaseError, type ResultColumn } from '../../database.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { writes } from '../../sql/statement-facts.ts';
import { insertHead, rowValues, tableName } from '../generate/ddl.ts';
import type { SmallDatabase } from '../generate/rows.ts';
import { isMysql, type SearchSpace } from '../generate/search-space.ts';
import type { Job, JobResult, RawOutcome } from './harness.ts';
import { isStable, type Judgement, judgeReads, judgeWrites, type SideOutcome } from './judge.ts';
import { type PairColumns, parameterLiteral, prepareSide, readsClock, type Side } from './pair.ts';
import type { TrialSandbox } from './trial-sandbox.ts';

export interface TrialResult {
  /** as it was built: without the rows that broke a constraint */
  readonly database: SmallDatabase;
  readonly judgement: Judgement;
  /** rows reached the output of one of the statements */
  readonly reached: boolean;
  readonly original: RawOutcome;
  readonly candidate: RawOutcome;
}

/** A statement that the server refuses whatever the data. */
export interface DoesNotRun {
  readonly who: 'original' | 'rewrite';
  readonly error: DatabaseError;
}

interface Sides {
  readonly original: Side;
  readonly candidate: Side;
}

/** Rows of one result at most: small databases make small results, unless a join runs away. */
const ROW_CAP = 2000;

/** Other plans and another order of insertion: what a statement leaves open comes out differently. */
const VARIATIONS: readonly { readonly settings: readonly string[]; readonly reversed: boolean }[] = [
  { settings: [], reversed: true },
  {
    settings: [
      'SET LOCAL enable_hashjoin = off',
      'SET LOCAL enable_hashagg = off',
      'SET LOCAL enable_mergejoin = off',
    ],
    reversed: false,
  },
  {
    settings: [
      'SET LOCAL enable_nestloop = off',
      'SET LOCAL enable_sort = off',
      'SET LOCAL enable_seqscan = off',
    ],
    reversed: true,
  },
];

const MYSQL_VARIATIONS: typeof VARIATIONS = [
  { settings: [], reversed: true },
  {
    settings: [
      "SET SESSION optimizer_switch = 'derived_merge=off,materialization=off,semijoin=off'",
      'SET SESSION sort_buffer_size = 32768',
    ],
    reversed: false,
  },
  {
    settings: ["SET SESSION optimizer_switch = 'index_merge=off,mrr=on,mrr_cost_based=off'"],
    reversed: true,
  },
];

export class Trials {
  readonly columns: PairColumns;
  /** the candidate's own columns, without appended sort keys */
  readonly candidateWidth: number;
  /** true when the original orders its rows and the order is compared */
  readonly ordered: boolean;
  readonly writing: boolean;
  /** true when a statement reads the clock, which stands still here */
  readonly clock: boolean;
  private readonly sandbox: TrialSandbox;
  private readonly space: SearchSpace;
  private readonly statements: {
    readonly original: AnalyzedStatement;
    readonly candidate: AnalyzedStatement;
  };
  private readonly catalog: Catalog;
  private readonly prepared = new Map<string, Sides>();

  private constructor(
    sandbox: TrialSandbox,
    space: SearchSpace,
    statements: { readonly original: AnalyzedStatement; readonly candidate: AnalyzedStatement },
    catalog: Catalog,
    described: { readonly columns: PairColumns; readonly candidateWidth: number; readonly ordered: boolean },
  ) {
    this.sandbox = sandbox;
    this.space = space;
    this.statements = statements;
    this.catalog = catalog;
    this.writing = writes(statements.original);
    this.clock = readsClock(statements.original) || readsClock(statements.candidate);
    this.columns = described.columns;
    this.candidateWidth = described.candidateWidth;
    this.ordered = described.ordered;
  }

  /**
   * Describe both statements.
   *
   * @returns which of them does not run at all, and its error
   */
  static async prepare(
    sandbox: TrialSandbox,
    space: SearchSpace,
    original: AnalyzedStatement,
    candidate: AnalyzedStatement,
    catalog: Catalog,
  ): Promise<Trials | DoesNotRun> {
    const values = parameterValues(
      space,
      space.parameters.map(({ pool }) => pool.plain[0] ?? null),
    );
    const sides = {
      original: prepareSide(original, catalog, values),
      candidate: prepareSide(candidate, catalog, values),
    };
    const before = await sandbox.describe(sides.original.run);
    if (before instanceof DatabaseError) return { who: 'original', error: before };
    const after = await sandbox.describe(sides.candidate.run);
    if (after instanceof DatabaseError) return { who: 'rewrite', error: after };
    const width = before.length - (sides.original.sorted?.appended ?? 0);
    const columns = { visible: before.slice(0, width), original: before, candidate: after };
    return new Trials(sandbox, space, { original, candidate }, catalog, {
      columns,
      candidateWidth: after.length - (sides.candidate.sorted?.appended ?? 0),
      ordered: sides.original.sorted?.keys != null,
    });
  }

  /** Try the pair on databases. @throws DatabaseError when the sandbox fails or is stopped */
  async run(databases: readonly SmallDatabase[]): Promise<TrialResult[]> {
    const results = await this.sandbox.run(databases.map((database) => this.job(database)));
    return results.map((result, i) => this.judged(databases[i] ?? EMPTY, result));
  }

  /**
   * Is a difference the candidate's doing? The original is run again with other plans and another order of
   * insertion: when its own result changes, the database proves nothing.
   */
  async confirm(database: SmallDatabase): Promise<boolean> {
    const variations = isMysql(this.space.dialect) ? MYSQL_VARIATIONS : VARIATIONS;
    const jobs = [this.job(database), ...variations.map((variation) => this.job(database, variation))];
    const results = await this.sandbox.run(jobs);
    const [first, ...others] = results;
    if (!first) return false;
    const judged = this.judged(database, first);
    if (judged.judgement.verdict !== 'different') return false;
    if (this.writing) return others.every((other) => this.sameWrite(first, other));
    const { original } = this.sides(database.parameters);
    const own = this.outcomes(first, database.parameters).original;
    return others.every((other) =>
      isStable(this.columns, original, own, this.outcomes(other, database.parameters).original),
    );
  }

  /** The statements as they run on a database. */
  sides(parameters: SmallDatabase['parameters']): Sides {
    const key = JSON.stringify(parameters);
    const known = this.prepared.get(key);
    if (known) return known;
    const values = parameterValues(this.space, parameters);
    const sides = {
      original: prepareSide(this.statements.original, this.catalog, values),
      candidate: prepareSide(this.statements.candidate, this.catalog, values),
    };
    this.prepared.set(key, sides);
    return sides;
  }

  private job(
    database: SmallDatabase,
    variation: { settings: readonly string[]; reversed: boolean } = { settings: [], reversed: false },
  ): Job {
    const { original, candidate } = this.sides(database.parameters);
    const texts = [original.run, candidate.run];
    const limits = [original.all, candidate.all].filter((text) => text !== null);
    return {
      settings: variation.settings,
      tables: this.space.tables.map((shape, index) => {
        const rows = (database.rows[index] ?? []).map((row) => rowValues(row, shape, this.space.dialect));
        // a table that references itself must be filled in order
        const own = shape.foreignKeys.some((foreignKey) => foreignKey.table === index);
        return {
          insert: insertHead(shape, this.space.dialect),
          rows: variation.reversed && !own ? rows.reverse() : rows,
        };
      }),
      reads: this.writing ? [] : [...texts, ...limits],
      writes: this.writing ? texts : [],
      watch: this.space.tables.map((shape) => `SELECT * FROM ${tableName(shape.table, this.space.dialect)}`),
      cap: ROW_CAP,
    };
  }

  private judged(database: SmallDatabase, result: JobResult): TrialResult {
    const failed = new Set(result.failed.map(([table, row]) => `${table}:${row}`));
    const rows = database.rows.map((table, t) => table.filter((_, r) => !failed.has(`${t}:${r}`)));
    const built = { rows, parameters: database.parameters };
    const { original, candidate } = this.outcomes(result, database.parameters);
    const judgement = this.writing
      ? judgeWrites(this.columns.visible, this.tableColumns(), original.run, candidate.run)
      : judgeReads(this.columns, this.sides(database.parameters), original, candidate);
    const reached =
      (original.run.count ?? original.run.rows?.length ?? 0) > 0 ||
      (candidate.run.count ?? candidate.run.rows?.length ?? 0) > 0;
    return { database: built, judgement, reached, original: original.run, candidate: candidate.run };
  }

  private outcomes(
    result: JobResult,
    parameters: SmallDatabase['parameters'],
  ): { original: SideOutcome; candidate: SideOutcome } {
    const [original = NOTHING, candidate = NOTHING, ...rest] = result.outcomes;
    const { original: side } = this.sides(parameters);
    const limited = !this.writing && side.all !== null;
    const all = limited ? (rest[0] ?? null) : null;
    const candidateAll = rest[limited ? 1 : 0] ?? null;
    return { original: { run: original, all }, candidate: { run: candidate, all: candidateAll } };
  }

  private sameWrite(first: JobResult, other: JobResult): boolean {
    const [one = NOTHING] = first.outcomes;
    const [two = NOTHING] = other.outcomes;
    return judgeWrites(this.columns.visible, this.tableColumns(), one, two).verdict === 'equal';
  }

  private tableColumns(): ResultColumn[][] {
    return this.space.tables.map((shape) => shape.columns.map(({ name, type }) => ({ name, type })));
  }
}

const NOTHING: RawOutcome = { rows: [] };
const EMPTY: SmallDatabase = { rows: [], parameters: [] };

function parameterValues(space: SearchSpace, parameters: SmallDatabase['parameters']): Map<string, string> {
  return new Map(
    space.parameters.map(({ key, type }, i) => [key, parameterLiteral(parameters[i] ?? null, type)]),
  );
}
