/** Index advice as a whole: judge what is there, find what is missing for a workload, and say what each would gain and cost. */
import type { Catalog } from '../catalog/catalog.ts';
import { type CallOptions, type Database, DatabaseError, type WhatIfWay } from '../database.ts';
import { numberPlaceholders } from '../optimizer/parameters.ts';
import type { Plan } from '../plans/plan.ts';
import { analyzeStatement } from '../sql/analyze.ts';
import type { IndexStatistics } from '../workload/index-usage.ts';
import type { AdvisedQuery, IndexAdvice, IndexRecommendation } from './advice.ts';
import { type Candidate, type Candidates, candidatesOf } from './candidates.ts';
import { type ChooseOptions, type Chosen, chooseIndexes, type PricedStatement } from './choose-indexes.ts';
import { type CostOracle, indexesIn, type Validation, withOracle } from './cost-oracle.ts';
import { estimatedCost } from './estimate.ts';
import { createIndexDdl, namelessIndexDdl } from './index-ddl.ts';
import { DetailsByName, NO_DETAILS, type SchemaDetails } from './index-details.ts';
import { type IndexJudgement, judgeIndexes, type UncoveredForeignKey } from './judge-indexes.ts';
import { dropRecommendations } from './recommend-drops.ts';
import { sampleColumns } from './sample-columns.ts';
import { isUnbounded } from './searches.ts';
import {
  beginning,
  type SkippedStatement,
  skippedStatement,
  type Workload,
  type WorkloadStatement,
} from './workload.ts';
import { writeCost } from './write-cost.ts';

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

/** Candidates that are priced at most: an estimate takes nothing, a hypothetical index little, a built one all of its table. */
const MOST_CANDIDATES = { estimate: 300, 'what-if': 120, trial: 16 } as const;
/** Progress is said for the first of so many. */
const SAID_EVERY = 5;
/** Bytes of a table up to which indexes of the embedded database are built without being asked for. */
const LARGEST_OWN_TABLE = 512 * 1024 * 1024;

/** @throws AdviceRefused, DatabaseError */
export async function adviseOnIndexes(request: AdviceRequest): Promise<IndexAdvice> {
  const { catalog, database, timeoutMs, signal, onProgress } = request;
  const call: CallOptions = { timeoutMs, signal };
  onProgress('Reading what is known of the indexes …');
  const details = (await database?.readSchemaDetails?.(call)) ?? NO_DETAILS;
  const { usage, note } = await readUsage(database, call);
  const named = new DetailsByName(details, catalog.dialect);
  const missing = await findMissing(request, details, named);
  const judgement = judgeIndexes({
    ...{ catalog, details, usage, now: Date.now() },
    inUse: (schema, table, index) => missing.inUse(schema, table, index),
  });
  const notes = [
    ...(note === null ? [] : [note]),
    ...(request.workloadNote === undefined ? [] : [request.workloadNote]),
    ...(usage?.notes ?? []),
    ...(details.standby ? ['This server follows another one: indexes are created and dropped there.'] : []),
    ...missing.notes,
  ];
  return adviceOf(request, { details, named, usage, judgement, missing, notes });
}

interface Parts {
  readonly details: SchemaDetails;
  readonly named: DetailsByName;
  readonly usage: IndexStatistics | null;
  readonly judgement: IndexJudgement;
  readonly missing: Missing;
  readonly notes: readonly string[];
}

function adviceOf({ catalog, workload }: AdviceRequest, parts: Parts): IndexAdvice {
  const { judgement, missing, usage, notes } = parts;
  const costOf = (cost: (priced: PricedStatement) => number) =>
    missing.priced.length === 0
      ? null
      : missing.priced.reduce((sum, one) => sum + one.asked.calls * cost(one), 0);
  return {
    recommendations: [...missing.recommendations, ...dropRecommendations(judgement, catalog, parts.named)],
    workload: {
      ...{ source: workload?.source ?? 'none', statements: missing.priced.length },
      costBefore: costOf(({ cost }) => cost),
      costAfter: costOf(({ asked, cost }) => missing.costs.get(asked) ?? cost),
      ...{ regressions: missing.regressions, skipped: missing.skipped },
    },
    ...judgement,
    foreignKeys: judgement.foreignKeys.map((key) => coveredAnew(key, missing.recommendations)),
    rejected: missing.rejected,
    statistics: { validated: missing.way, countedSince: usage?.since ?? null, notes },
  };
}

/** A foreign key that a recommended index serves needs no other one. */
function coveredAnew(
  key: UncoveredForeignKey,
  recommendations: readonly IndexRecommendation[],
): UncoveredForeignKey {
  const cover = recommendations.find(({ of, columns }) => {
    const first = columns.slice(0, key.columns.length).flatMap((one) => ('name' in one ? [one.name] : []));
    return (
      of.schema === key.schema && of.table === key.table && key.columns.every((one) => first.includes(one))
    );
  });
  if (!cover) return key;
  return { ...key, ddl: null, undo: null, reason: `${key.reason} The recommended ${cover.name} serves it.` };
}

/** The statistics are worth nothing without the right to see them, and the rest is worth something without them. */
async function readUsage(
  database: Database | null,
  call: CallOptions,
): Promise<{ usage: IndexStatistics | null; note: string | null }> {
  if (!database) return { usage: null, note: 'Without a connection, the use of indexes is not known.' };
  try {
    const usage = await database.readIndexUsage(call);
    if (usage.available) return { usage, note: null };
    return { usage: null, note: usage.remedy === null ? usage.reason : `${usage.reason} ${usage.remedy}` };
  } catch (error) {
    if (!DatabaseError.is(error, 'permission')) throw error;
    return { usage: null, note: error.message };
  }
}

interface Missing {
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

async function findMissing(
  request: AdviceRequest,
  details: SchemaDetails,
  named: DetailsByName,
): Promise<Missing> {
  const { catalog, database, workload, options, timeoutMs, signal } = request;
  const skipped = workload?.skipped ?? [];
  const nothing: Missing = {
    ...{ recommendations: [], priced: [], costs: new Map(), regressions: [], rejected: [], skipped },
    ...{ way: null, notes: [], inUse: () => false },
  };
  if (!workload || workload.statements.length === 0) return nothing;
  if (!database) {
    return {
      ...nothing,
      notes: ['Costs come from a database: without a connection no index is recommended.'],
    };
  }
  const limits = { timeoutMs, signal };
  const known = await sampleColumns(catalog, database, workload, named, limits);
  const statements =
    known === catalog
      ? workload.statements
      : workload.statements.map((one) => ({ ...one, statement: analyzeStatement(one.text, known) }));
  const found = candidatesOf(statements.map(({ statement }) => statement));
  const way = await chooseWay(database, options.whatIf, found, limits);
  if (way === 'trial' && !database.info.embedded) {
    request.onProgress(
      'Indexes are built for a trial and rolled back: writes to their tables wait meanwhile.',
    );
  }
  const ddlOf = (candidate: Candidate) => namelessIndexDdl(candidate, catalog, named);
  return withOracle(database, way, ddlOf, limits, (oracle) =>
    new MissingIndexes(request, details, named, found, oracle).find({ ...workload, statements }),
  );
}

/** @returns null for an estimate. @throws AdviceRefused when what was asked for cannot be had here, DatabaseError */
async function chooseWay(
  database: Database,
  choice: WhatIfChoice,
  { candidates }: Candidates,
  call: CallOptions,
): Promise<WhatIfWay | null> {
  if (choice === 'estimate') return null;
  const ways = (await database.whatIfWays?.(call)) ?? [];
  if (choice !== 'auto') {
    if (ways.includes(choice)) return choice;
    const { product } = database.info;
    throw new AdviceRefused(
      choice === 'trial'
        ? `${product} cannot build an index for a trial here: DDL commits by itself, or the server follows another one.`
        : `HypoPG is not in this database. On PostgreSQL an administrator installs it and runs CREATE EXTENSION hypopg;`,
    );
  }
  if (ways.includes('hypopg')) return 'hypopg';
  // nobody else works in the embedded database: there, a build harms nobody
  const small = candidates.every(({ table }) => (table.bytes ?? 0) <= LARGEST_OWN_TABLE);
  return database.info.embedded && ways.includes('trial') && small ? 'trial' : null;
}

class MissingIndexes {
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

  async find(workload: Workload): Promise<Missing> {
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
    const tried = this.mostPromising(plans);
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
  private mostPromising(plans: ReadonlyMap<WorkloadStatement, Plan>): readonly Candidate[] {
    const { candidates } = this.found;
    const most = MOST_CANDIDATES[this.oracle.way];
    if (candidates.length <= most) return candidates;
    const savings = new Map(
      candidates.map((candidate) => {
        let saved = 0;
        for (const [asked, plan] of plans) {
          saved += asked.calls * (plan.cost - estimatedCost(asked.statement, plan, [candidate]));
        }
        return [candidate, saved] as const;
      }),
    );
    return [...candidates].sort((a, b) => (savings.get(b) ?? 0) - (savings.get(a) ?? 0)).slice(0, most);
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
    const names = keys.map(({ column }) => column ?? '');
    const parts = [
      ...(equal > 0 ? [`by ${names.slice(0, equal).join(', ')}`] : []),
      ...(names.length > equal ? [`${equal > 0 ? 'then ' : ''}along ${names.slice(equal).join(', ')}`] : []),
    ];
    const unbounded = table.columns.filter((one) => names.includes(one.name) && isUnbounded(one));
    const warning =
      unbounded.length === 0
        ? ''
        : ` PostgreSQL will refuse rows whose ${unbounded.map(({ name }) => name).join(', ')} is longer than about 2,700 bytes.`;
    return `It finds rows of ${table.name} ${parts.join(', ')}: ${gaining} of ${all} statements gain by it.${warning}`;
  }

  private rejected(chosen: Chosen, tried: readonly Candidate[]): IndexAdvice['rejected'] {
    const { catalog } = this.request;
    const untried = this.found.candidates.filter((candidate) => !tried.includes(candidate));
    const reason = 'It was not tried: others promise more.';
    return [
      ...chosen.rejected,
      ...untried.map((candidate) => ({ candidate, reason })),
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
      ...(this.oracle.way === 'estimate' ? [ESTIMATED] : []),
      ...(this.oracle.way === 'trial' ? [BUILT] : []),
    ];
  }
}

const ESTIMATED =
  'Costs with new indexes are our own estimates, not the planner’s: scans of whole tables are put against searches by PostgreSQL’s cost formulas, sorts that an index could spare are left out.';
const BUILT =
  'Each index was built in a transaction and rolled back. Writes to its table waited meanwhile. PostgreSQL keeps the number of rows that it counted.';

function regressionOf({ asked, cost }: PricedStatement, { costs }: Chosen): AdvisedQuery[] {
  const costAfter = costs.get(asked) ?? cost;
  if (costAfter <= cost * 1.001) return [];
  const { fingerprint, calls, statement, text } = asked;
  return [{ fingerprint, calls, costBefore: cost, costAfter, sql: beginning(text, statement.catalog) }];
}

/** All of them together make a statement dearer: none is recommended. */
function withoutAll(chosen: Chosen): Chosen {
  const reason = 'Together with the others it would make a statement dearer.';
  const rejected = chosen.indexes.map(({ candidate }) => ({ candidate, reason }));
  return { indexes: [], costs: new Map(), rejected: [...chosen.rejected, ...rejected] };
}
