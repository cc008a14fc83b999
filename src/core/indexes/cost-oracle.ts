/** What statements cost with indexes that are not there: asked of the planner where it can be asked, else estimated. */
import {
  type Database,
  DatabaseError,
  type DatabaseErrorReason,
  type ReadOnlySession,
  type WhatIfSession,
  type WhatIfWay,
} from '../database.ts';
import { type BoundStatement, numberPlaceholders } from '../optimizer/parameters.ts';
import { planInSession } from '../optimizer/plan-statement.ts';
import { type Plan, planNodes } from '../plans/plan.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { takingTurns } from '../turns.ts';
import { type Candidate, candidateId } from './candidates.ts';
import { estimatedCost } from './estimate.ts';
import { indexSize, type SizeRange } from './index-size.ts';
import type { WorkloadStatement } from './workload.ts';

/** lock_not_available, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const LOCKED = '55P03';
/** Failures after which nothing more can be asked. */
const ENDS: ReadonlySet<DatabaseErrorReason> = new Set(['cancelled', 'connectionLost']);

/** How costs were found, as recommendations say it. */
export type Validation = 'what-if' | 'trial' | 'estimate';

export interface CostOracle {
  readonly way: Validation;
  /** The plan without any new index; null with a reason when it cannot be had. @throws DatabaseError when all calls would fail */
  plan(statement: WorkloadStatement): Promise<Plan | { readonly reason: string }>;
  /** The cost with these new indexes and no others. @throws CandidateFailure, DatabaseError */
  cost(statement: WorkloadStatement, indexes: readonly Candidate[]): Promise<number>;
  size(index: Candidate): Promise<SizeRange>;
}

/** A candidate that the server would not have: the message says why. */
export class CandidateFailure extends Error {
  override readonly name = 'CandidateFailure';
}

export interface OracleLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Do some work with an oracle. @param ddlOf CREATE INDEX without a name. @throws DatabaseError; what `work` throws */
export function withOracle<T>(
  database: Database,
  way: WhatIfWay | null,
  ddlOf: (candidate: Candidate) => string | null,
  limits: OracleLimits,
  work: (oracle: CostOracle) => Promise<T>,
): Promise<T> {
  // calls get the signal one by one, so that what cleans up after them is not stopped by it
  const session = { timeoutMs: limits.timeoutMs };
  if (way === null || !database.whatIf) {
    const { dialect } = database.info;
    return database.readOnly((reading) => work(new EstimatingOracle(reading, dialect, limits)), session);
  }
  return database.whatIf(way, (asked) => work(new PlannerOracle(asked, way, ddlOf, limits)), session);
}

/** What both have in common: plans are asked for once. */
abstract class Oracle {
  private readonly plans = new Map<WorkloadStatement, Plan | { readonly reason: string }>();
  protected readonly limits: OracleLimits;
  private readonly explainer: Pick<ReadOnlySession, 'explain'>;

  constructor(explainer: Pick<ReadOnlySession, 'explain'>, limits: OracleLimits) {
    this.explainer = explainer;
    this.limits = limits;
  }

  async plan(statement: WorkloadStatement): Promise<Plan | { readonly reason: string }> {
    const known = this.plans.get(statement);
    if (known) return known;
    await this.withoutIndexes();
    const plan = await this.explained(statement);
    this.plans.set(statement, plan);
    return plan;
  }

  protected async explained({ statement }: WorkloadStatement): Promise<Plan | { readonly reason: string }> {
    const bound = numberPlaceholders(statement);
    if (!bound) return { reason: 'Something other than a value is left open in it.' };
    try {
      return await this.planned(statement, bound);
    } catch (error) {
      if (!DatabaseError.is(error) || ENDS.has(error.reason)) throw error;
      return { reason: `It cannot be planned: ${error.message}` };
    }
  }

  protected planned(_statement: AnalyzedStatement, bound: BoundStatement): Promise<Plan> {
    return this.explainer.explain(bound.sql, this.limits);
  }

  protected abstract withoutIndexes(): Promise<void>;
}

class PlannerOracle extends Oracle implements CostOracle {
  readonly way: Validation;
  private readonly session: WhatIfSession;
  private readonly ddlOf: (candidate: Candidate) => string | null;
  private readonly costs = new Map<WorkloadStatement, Map<string, number>>();
  private readonly failed = new Map<string, CandidateFailure>();
  /** tables that somebody works on, or that are too large to build an index in time */
  private readonly busy = new Map<Candidate['table'], CandidateFailure>();

  constructor(
    session: WhatIfSession,
    way: WhatIfWay,
    ddlOf: (candidate: Candidate) => string | null,
    limits: OracleLimits,
  ) {
    super(session, limits);
    this.session = session;
    this.way = way === 'hypopg' ? 'what-if' : 'trial';
    this.ddlOf = ddlOf;
  }

  /** Most questions are asked again: only indexes on tables of the statement can change its cost. */
  async cost(asked: WorkloadStatement, indexes: readonly Candidate[]): Promise<number> {
    const own = indexes.filter(({ table }) => usesTable(asked, table));
    const known = this.costs.get(asked) ?? new Map<string, number>();
    this.costs.set(asked, known);
    const key = own.map(candidateId).sort().join();
    const before = known.get(key);
    if (before !== undefined) return before;
    // others do no harm, and what is built does not change from statement to statement
    await this.use(indexes);
    const plan = await this.explained(asked);
    if ('reason' in plan) throw new CandidateFailure(plan.reason);
    known.set(key, plan.cost);
    return plan.cost;
  }

  async size(index: Candidate): Promise<SizeRange> {
    await this.use([index]);
    const bytes = await this.session.sizeOf(this.written(index), this.limits);
    return { low: bytes, high: bytes };
  }

  protected withoutIndexes(): Promise<void> {
    return this.session.use([], this.limits);
  }

  private async use(indexes: readonly Candidate[]): Promise<void> {
    for (const index of indexes) {
      const failure = this.failed.get(candidateId(index)) ?? this.busy.get(index.table);
      if (failure) throw failure;
    }
    try {
      await this.session.use(
        indexes.map((index) => this.written(index)),
        this.limits,
      );
    } catch (error) {
      if (!DatabaseError.is(error) || ENDS.has(error.reason)) throw error;
      const failure = new CandidateFailure(`The server would not have it: ${error.message}`);
      const last = indexes.at(-1);
      // who writes to the table waits behind us as long as we wait: once is enough
      if (last && (error.reason === 'timeout' || error.code === LOCKED)) this.busy.set(last.table, failure);
      else if (last && indexes.length === 1) this.failed.set(candidateId(last), failure);
      throw failure;
    }
  }

  private written(index: Candidate) {
    const ddl = this.ddlOf(index);
    if (ddl === null)
      throw new CandidateFailure('The name of its table is not known as the server spells it.');
    return { ddl, schema: index.table.schema };
  }
}

class EstimatingOracle extends Oracle implements CostOracle {
  readonly way = 'estimate';
  private readonly dialect: Dialect;
  private readonly turn = takingTurns();
  private readonly session: ReadOnlySession;

  constructor(session: ReadOnlySession, dialect: Dialect, limits: OracleLimits) {
    super(session, limits);
    this.session = session;
    this.dialect = dialect;
  }

  async cost(asked: WorkloadStatement, indexes: readonly Candidate[]): Promise<number> {
    await this.turn();
    if (this.limits.signal.aborted) throw new DatabaseError('cancelled', 'The advice was stopped.');
    const plan = await this.plan(asked);
    if ('reason' in plan) throw new CandidateFailure(plan.reason);
    return estimatedCost(asked.statement, plan, indexes);
  }

  /** Values are assumed for parameters where the engine plans for values only. */
  protected override async planned(statement: AnalyzedStatement, bound: BoundStatement): Promise<Plan> {
    return (await planInSession(this.session, statement, bound, this.limits)).plan;
  }

  size(index: Candidate): Promise<SizeRange> {
    return Promise.resolve(indexSize(index, this.dialect));
  }

  protected withoutIndexes(): Promise<void> {
    return Promise.resolve();
  }
}

/** Does the statement read or write the table? */
export function usesTable({ statement }: WorkloadStatement, table: Candidate['table']): boolean {
  return [...statement.blocks, ...statement.writes].some(({ sources }) =>
    sources.some((source) => source.table === table),
  );
}

/** The names of the indexes that a plan reads, in lower case. */
export function indexesIn(plan: Plan): string[] {
  return [...planNodes(plan.root)].flatMap(({ index }) => (index === null ? [] : [index.toLowerCase()]));
}
