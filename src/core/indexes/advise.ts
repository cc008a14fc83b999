/** Index advice as a whole: judge what is there, find what is missing for a workload, and say what each would gain and cost. */
import { type CallOptions, type Database, DatabaseError, type WhatIfWay } from '../database.ts';
import { analyzeStatement } from '../sql/analyze.ts';
import type { IndexStatistics } from '../workload/index-usage.ts';
import type { IndexAdvice, IndexRecommendation } from './advice.ts';
import { AdviceRefused, type AdviceRequest, type WhatIfChoice } from './advice-request.ts';
import { type Candidate, type Candidates, candidatesOf } from './candidates.ts';
import type { PricedStatement } from './choose-indexes.ts';
import { withOracle } from './cost-oracle.ts';
import { namelessIndexDdl } from './index-ddl.ts';
import { DetailsByName, NO_DETAILS, type SchemaDetails } from './index-details.ts';
import { type IndexJudgement, judgeIndexes } from './judge-indexes.ts';
import { type Missing, MissingIndexes } from './missing-indexes.ts';
import { dropRecommendations } from './recommend-drops.ts';
import { sampleColumns } from './sample-columns.ts';
import type { UncoveredForeignKey } from './uncovered-foreign-keys.ts';

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
