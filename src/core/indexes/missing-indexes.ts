/** Finds missing indexes for a workload: prices candidates, chooses among them, and says what each gains and costs. */
import type { Index } from '../catalog/catalog.ts';
import { DatabaseError } from '../database.ts';
import { needsValues } from '../optimizer/assumed-values.ts';
import { numberPlaceholders } from '../optimizer/parameters.ts';
import type { Plan } from '../plans/plan.ts';
import { takingTurns } from '../turns.ts';
import type { AdvisedQuery, IndexAdvice, IndexRecommendation } from './advice.ts';
import type { AdviceRequest } from './advice-request.ts';
import type { Candidate, Candidates } from './candidates.ts';
import { type Chosen, chooseIndexes, isDearer, type PricedStatement } from './choose-indexes.ts';
import { CandidateFailure, type CostOracle, indexesIn, usesTable, type Validation } from './cost-oracle.ts';
import { estimatedCost } from './estimate.ts';
import { columnOfKey, createIndexDdl, type NewKey } from './index-ddl.ts';
import type { DetailsByName, SchemaDetails } from './index-details.ts';
import { isUnbounded } from './searches.ts';
import {
  beginning,
  type SkippedStatement,
  skippedStatement,
  type Workload,
  type WorkloadStatement,
} from './workload.ts';
import { writeCost } from './write-cost.ts';

/** Candidates that are priced at most: an estimate takes nothing, a hypothetical index little, a built one all of its table. */
const MOST_CANDIDATES = { estimate: 300, 'what-if': 120, trial: 16 } as const;
/** Progress is said for the first of so many. */
const SAID_EVERY = 5;

export interface Missing {
  readonly recommendations: readonly IndexRecommendation[];
  readonly priced: readonly PricedStatement[];
  readonly costs: ReadonlyMap<WorkloadStatement, number>;
  readonly regressions: readonly AdvisedQuery[];
  readonly rejected: IndexAdvice['rejected'];
  readonly skipped: readonly SkippedStatement[];
  readonly way: Validation | null;
  readonly notes: readonly string[];
  inUse(schema: string, table: string, index: string): boolean;
}

export class MissingIndexes {
  private readonly request: AdviceRequest;
  private readonly named: DetailsByName;
  private readonly found: Candidates;
  private readonly oracle: CostOracle;
  private readonly countedSince: string | null;

  constructor(
    request: AdviceRequest,
    details: SchemaDetails,
    named: DetailsByName,
    found: Candidates,
    oracle: CostOracle,
  ) {
    this.countedSince = details.since;
    this.request = request;
    this.named = named;
    this.found = found;
    this.oracle = oracle;
  }

  /** @throws DatabaseError, also when an index that was tried before is not to be had any more */
  async find(workload: Workload): Promise<Missing> {
    try {
      return await this.findNow(workload);
    } catch (error) {
      if (!(error instanceof CandidateFailure)) throw error;
      const message = `What the indexes gain together could not be found out. ${error.message}`;
      throw new DatabaseError('timeout', message, { cause: error });
    }
  }

  private async findNow(workload: Workload): Promise<Missing> {
    const { options, onProgress, catalog } = this.request;
    const { oracle } = this;
    const plans = new Map<WorkloadStatement, Plan>();
    const skipped = [...workload.skipped];
    for (const [place, asked] of workload.statements.entries()) {
      if (place % SAID_EVERY === 0) {
        onProgress(`Planning statement ${place + 1} of ${workload.statements.length} …`);
      }
      const plan = await oracle.plan(asked);
      if ('reason' in plan) skipped.push(skippedStatement(asked.text, catalog, plan.reason));
      else plans.set(asked, plan);
    }
    const priced = [...plans].map(([asked, { cost }]) => ({ asked, cost }));
    const tried = await this.mostPromising(plans);
    const chosen = await chooseIndexes(priced, tried, oracle, options, (done, all) => {
      if (done % SAID_EVERY === 0) onProgress(`Trying index ${done + 1} of ${all} …`);
    });
    const regressions = priced.flatMap((one) => regressionOf(one, chosen));
    const kept: Chosen = regressions.length === 0 ? chosen : withoutAll(chosen);
    const recommendations: IndexRecommendation[] = [];
    for (const one of kept.indexes) {
      const made = await this.recommend(one, priced, kept);
      if (made) recommendations.push(made);
    }
    const used = new Set([...plans.values()].flatMap(indexesIn));
    return {
      ...{ recommendations, priced, costs: kept.costs, regressions: [], skipped, way: oracle.way },
      rejected: this.rejected(kept, tried),
      notes: this.notes(workload),
      inUse: (schema, table, index) =>
        used.has(index.toLowerCase()) ||
        this.found.serving.some(
          (one) => one.table.schema === schema && one.table.name === table && one.index.name === index,
        ),
    };
  }

  /** Those that an estimate thinks most of; those that serve an order, of which it knows nothing, behind them. */
  private async mostPromising(plans: ReadonlyMap<WorkloadStatement, Plan>): Promise<readonly Candidate[]> {
    const candidates = this.found.candidates.filter((candidate) => !this.isUnknown(candidate));
    const most = MOST_CANDIDATES[this.oracle.way];
    if (candidates.length <= most) return candidates;
    const turn = takingTurns(this.request.signal);
    const savings = new Map<Candidate, number>();
    for (const candidate of candidates) {
      await turn();
      let saved = 0;
      for (const [asked, plan] of plans) {
        if (!usesTable(asked, candidate.table)) continue;
        saved += asked.calls * (plan.cost - estimatedCost(asked.statement, plan, [candidate]));
      }
      savings.set(candidate, saved);
    }
    return [...candidates].sort((a, b) => (savings.get(b) ?? 0) - (savings.get(a) ?? 0)).slice(0, most);
  }

  /** Nothing but the server knows how many values an expression has. */
  private isUnknown({ keys }: Candidate): boolean {
    return this.oracle.way === 'estimate' && keys.some(({ column }) => column === null);
  }

  private async recommend(
    { candidate, size }: Chosen['indexes'][number],
    priced: readonly PricedStatement[],
    chosen: Chosen,
  ): Promise<IndexRecommendation | null> {
    const { catalog } = this.request;
    const ddl = createIndexDdl(candidate, catalog, this.named);
    if (!ddl) return null;
    const others = chosen.indexes.flatMap((one) => (one.candidate === candidate ? [] : [one.candidate]));
    const gaining: (AdvisedQuery & { readonly asked: WorkloadStatement })[] = [];
    for (const { asked, cost } of priced) {
      const costAfter = chosen.costs.get(asked) ?? cost;
      // what it saves beside the others is what it is used for
      if (costAfter >= cost || (await this.oracle.cost(asked, others)) <= costAfter) continue;
      gaining.push({
        asked,
        fingerprint: asked.fingerprint,
        sql: beginning(asked.text, catalog),
        calls: asked.calls,
        costBefore: cost,
        costAfter,
      });
    }
    const sum = (of: (one: AdvisedQuery) => number) =>
      gaining.reduce((total, one) => total + one.calls * of(one), 0);
    const costBefore = sum((one) => one.costBefore);
    const costAfter = sum((one) => one.costAfter);
    const details = this.named.table(candidate.table.schema, candidate.table.name);
    return {
      ...{ action: 'create', table: details?.qualified ?? candidate.table.name, name: ddl.name },
      of: { schema: candidate.table.schema, table: candidate.table.name },
      columns: candidate.keys.map(({ column, expression, descending }) => {
        const order = descending ? 'desc' : 'asc';
        return column === null ? { expression: expression ?? '', order } : { name: column, order };
      }),
      ...{ include: [], where: null, method: 'btree', ddl: ddl.create, undo: ddl.drop, lock: ddl.lock },
      sizeBytes: size,
      benefit: {
        costBefore,
        costAfter,
        pct: costBefore > 0 ? (100 * (costBefore - costAfter)) / costBefore : 0,
      },
      writeCost: writeCost(
        candidate,
        details?.writes ? { ...details.writes, since: this.countedSince } : null,
        this.request.database,
        priced,
      ),
      queries: gaining
        .map(({ asked: _asked, ...query }) => query)
        .sort((a, b) => b.calls * (b.costBefore - b.costAfter) - a.calls * (a.costBefore - a.costAfter)),
      validated: this.oracle.way,
      confidence: this.confidence(gaining.map(({ asked }) => asked)),
      reason: this.reasonFor(candidate, gaining.length, priced.length),
    };
  }

  /** Plans without values are for values of any frequency. */
  private confidence(statements: readonly WorkloadStatement[]): IndexRecommendation['confidence'] {
    if (this.oracle.way === 'estimate') return 'low';
    const generic = statements.some(({ statement }) => (numberPlaceholders(statement)?.parameters ?? 0) > 0);
    return generic ? 'medium' : 'high';
  }

  private reasonFor({ table, keys, equal }: Candidate, gaining: number, all: number): string {
    const names = keys.map(({ column, expression }) => column ?? expression ?? '');
    const columns = keys.map(columnOfKey);
    const parts = [
      ...(equal > 0 ? [`by ${names.slice(0, equal).join(', ')}`] : []),
      ...(names.length > equal ? [`${equal > 0 ? 'then ' : ''}along ${names.slice(equal).join(', ')}`] : []),
    ];
    const shorter = table.indexes.filter((index) => index.valid && !index.unique && beginsNew(index, keys));
    const needless =
      shorter.length === 0
        ? ''
        : ` Once it is there, look whether ${shorter.map(({ name }) => name).join(', ')} is still needed: the new one begins with its columns.`;
    const unbounded = table.columns.filter((one) => columns.includes(one.name) && isUnbounded(one));
    const warning =
      unbounded.length === 0
        ? ''
        : ` PostgreSQL will refuse rows whose ${unbounded.map(({ name }) => name).join(', ')} is longer than about 2,700 bytes.`;
    return `It finds rows of ${table.name} ${parts.join(', ')}: ${gaining} of ${all} statements gain by it.${needless}${warning}`;
  }

  private rejected(chosen: Chosen, tried: readonly Candidate[]): IndexAdvice['rejected'] {
    const { catalog } = this.request;
    const untried = this.found.candidates.filter((candidate) => !tried.includes(candidate));
    return [
      ...chosen.rejected,
      ...untried.map((candidate) => ({
        candidate,
        reason: this.isUnknown(candidate)
          ? 'How many rows an expression finds cannot be estimated: HypoPG or a trial would tell.'
          : 'It was not tried: others promise more.',
      })),
      ...this.found.left,
    ].map((one) => ({
      ddl: createIndexDdl(one.candidate, catalog, this.named)?.create ?? one.candidate.table.name,
      reason: one.reason,
    }));
  }

  private notes(workload: Workload): string[] {
    const partitioned = new Set(
      workload.statements.flatMap(({ statement }) =>
        [...statement.blocks, ...statement.writes].flatMap(({ sources }) =>
          sources.flatMap(({ table }) => (table?.kind === 'partitioned' ? [table.name] : [])),
        ),
      ),
    );
    return [
      ...(partitioned.size === 0
        ? []
        : [`No index is looked for on partitioned tables: ${[...partitioned].join(', ')}.`]),
      ...(workload.statements.some(({ statement }) => needsValues(statement)) ? [ASSUMED] : []),
      ...(this.oracle.way === 'estimate' ? [ESTIMATED] : []),
      ...(this.oracle.way === 'estimate' && this.request.catalog.dialect === 'postgresql' ? [BETTER] : []),
      ...(this.oracle.way === 'trial' ? [BUILT] : []),
    ];
  }
}

/** All keys of an index that is there are the first ones of a new one. */
function beginsNew({ columns, method, predicate }: Index, keys: readonly NewKey[]): boolean {
  if (method !== 'btree' || predicate !== null || columns.length >= keys.length) return false;
  return columns.every(
    (key, place) =>
      key.column !== null &&
      key.column === keys[place]?.column &&
      key.descending === keys[place]?.descending &&
      key.operatorClass === null,
  );
}

const ESTIMATED =
  'Costs with new indexes are our own estimates, not the planner’s: scans of whole tables are put against searches by PostgreSQL’s cost formulas, sorts that an index could spare are left out.';
const ASSUMED =
  'This server plans for values only: values were assumed for parameters, after what the tables hold.';
const BETTER =
  'With the extension HypoPG in the database (CREATE EXTENSION hypopg) the planner itself would be asked.';
const BUILT =
  'Each index was built in a transaction and rolled back. Writes to its table waited meanwhile. PostgreSQL keeps the number of rows that it counted.';

function regressionOf({ asked, cost }: PricedStatement, { costs }: Chosen): AdvisedQuery[] {
  const costAfter = costs.get(asked) ?? cost;
  if (!isDearer(costAfter, cost)) return [];
  const { fingerprint, calls, statement, text } = asked;
  return [{ fingerprint, calls, costBefore: cost, costAfter, sql: beginning(text, statement.catalog) }];
}

/** All of them together make a statement dearer: none is recommended. */
function withoutAll(chosen: Chosen): Chosen {
  const reason = 'Together with the others it would make a statement dearer.';
  const rejected = chosen.indexes.map(({ candidate }) => ({ candidate, reason }));
  return { indexes: [], costs: new Map(), rejected: [...chosen.rejected, ...rejected] };
}
