/**
 * What language-model agents can ask of the product, over whatever protocol: the same core as the editor's commands and
 * the command line's verbs. None of the tools writes to a database; in the embedded one alone,
 * indexes are built in transactions that are rolled back.
 */
import type { Catalog } from '../catalog/catalog.ts';
import { type CallOptions, type Database, DatabaseError, type ScratchDatabase } from '../database.ts';
import { DEFAULT_MIN_SAVING_PCT } from '../indexes/advice-request.ts';
import { adviseOnIndexes } from '../indexes/advise.ts';
import { workloadFromTexts, workloadOfServer } from '../indexes/workload.ts';
import { optimizeStatement } from '../optimizer/optimize.ts';
import type { RewriteProposer } from '../optimizer/rewrite-proposer.ts';
import { ExplainRefused, explainStatement } from '../plans/explain-statement.ts';
import { fingerprint } from '../sql/fingerprint.ts';
import { splitStatements } from '../sql/splitter.ts';
import { verifyPair } from '../verification/verify-pair.ts';
import { readHints } from '../workload/read-hints.ts';
import { indexReport, workloadReport } from '../workload/report.ts';

/** What the tools work with. */
export interface ToolContext {
  readonly catalog: Catalog;
  /** null: plans and times cannot be had */
  readonly database: Database | null;
  readonly scratch: (() => Promise<ScratchDatabase>) | null;
  /** a model to ask as well; agents are models themselves, so mostly there is none */
  readonly proposer: RewriteProposer | null;
  /** limit of one call to the database */
  readonly timeoutMs: number;
}

/** A call that cannot be answered: the message says what to change. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  /** for the agent: what it does, when to use it, what it returns */
  readonly description: string;
  /** JSON schema of the arguments */
  readonly inputSchema: {
    readonly type: 'object';
    readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly required: readonly string[];
    readonly additionalProperties: false;
  };
  /** @throws ToolError for arguments that cannot be, DatabaseError */
  run(args: ToolArguments, context: ToolContext, signal: AbortSignal): Promise<object>;
}

/** Checked reading of arguments: an agent sends anything. */
export class ToolArguments {
  private readonly values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values;
  }

  /** @throws ToolError when it is missing, empty or no text */
  text(name: string): string {
    const value = this.values[name];
    if (typeof value !== 'string' || value.trim() === '') throw new ToolError(`"${name}" must be SQL text.`);
    return value;
  }

  /** Undefined when it is left out. @throws ToolError when it is empty or no text */
  optionalText(name: string): string | undefined {
    return this.values[name] === undefined ? undefined : this.text(name);
  }

  /** False when it is left out. @throws ToolError when it is neither true nor false */
  flag(name: string): boolean {
    const value = this.values[name] ?? false;
    if (typeof value !== 'boolean') throw new ToolError(`"${name}" must be true or false.`);
    return value;
  }

  /** @throws ToolError when it is no number within the bounds */
  number(name: string, least: number, most: number): number | undefined {
    const value = this.values[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      throw new ToolError(`"${name}" must be a number from ${least} to ${most}.`);
    }
    return value;
  }
}

const SQL = { type: 'string', description: 'SQL text' } as const;

const optimizeSql: Tool = {
  name: 'optimize_sql',
  title: 'Optimize SQL',
  description:
    'Find faster statements that return the same rows. Each candidate was checked: "evidence.level" says how (proved, tested, observed, unverified), "cost" is the planner’s estimate, "measured" are times. "best" names the candidate to suggest, or is null with a "reason". Candidates that change the result are under "refuted" with a counterexample. Statements are executed only with "measure", and only those that read.',
  inputSchema: {
    type: 'object',
    properties: {
      sql: { ...SQL, description: 'One or several statements' },
      measure: {
        type: 'boolean',
        description: 'Run the original and its rewrites in turns to compare times',
      },
    },
    required: ['sql'],
    additionalProperties: false,
  },
  async run(args, { catalog, database, scratch, proposer, timeoutMs }, signal) {
    const measure = args.flag('measure');
    const statements: object[] = [];
    for (const text of statementsIn(args.text('sql'), catalog)) {
      const options = { measure, timeoutMs };
      const result = await optimizeStatement({ text, catalog, database, scratch, proposer, options, signal });
      statements.push({ text, fingerprint: fingerprint(text, catalog.dialect).fingerprint, ...result });
    }
    return { statements };
  },
};

const explainPlan: Tool = {
  name: 'explain_plan',
  title: 'Explain a plan',
  description:
    'The plan of one statement as text, with findings: what is slow in it and what helps. With "analyze" the statement is executed, if it only reads, and the figures are actual ones.',
  inputSchema: {
    type: 'object',
    properties: {
      sql: SQL,
      analyze: { type: 'boolean', description: 'Execute the statement for actual figures (reads only)' },
    },
    required: ['sql'],
    additionalProperties: false,
  },
  async run(args, { catalog, database, timeoutMs }, signal) {
    if (!database) throw new ToolError('A plan comes from a database, and none is connected.');
    const statement = onlyStatement(args.text('sql'), catalog);
    const target = { database, catalog, timeoutMs };
    const { text, findings, plan } = await explainStatement(
      statement,
      target,
      args.flag('analyze'),
      signal,
    ).catch((error: unknown) => {
      throw error instanceof ExplainRefused ? new ToolError(error.message) : error;
    });
    return { text, findings, cost: plan.cost };
  },
};

const verifyRewrite: Tool = {
  name: 'verify_rewrite',
  title: 'Verify a rewrite',
  description:
    'Does a rewritten statement return the same as the original? "verdict" is proved, tested, observed, refuted or unknown; a refuted one comes with the smallest database found on which they differ. Use it before suggesting any rewrite of your own.',
  inputSchema: {
    type: 'object',
    properties: {
      before: { ...SQL, description: 'The original statement' },
      after: { ...SQL, description: 'The rewritten statement' },
      budgetSeconds: { type: 'number', description: 'Time for the search, 1 to 120; default 10' },
    },
    required: ['before', 'after'],
    additionalProperties: false,
  },
  async run(args, { catalog, database, scratch, timeoutMs }, signal) {
    const before = onlyStatement(args.text('before'), catalog);
    const after = onlyStatement(args.text('after'), catalog);
    const budget = args.number('budgetSeconds', 1, 120);
    return verifyPair(before, after, catalog, scratch, database, {
      ...{ signal, timeoutMs },
      ...(budget === undefined ? {} : { budgetMs: 1000 * budget }),
    });
  },
};

/** Statements that the report has when the agent says nothing, and at most. */
const REPORTED = 10;
const MOST_REPORTED = 50;

const reportWorkload: Tool = {
  name: 'workload_report',
  title: 'Report the workload',
  description:
    'The statements that cost the database the most time, as the server itself has counted them, costliest first: calls, total and mean time in milliseconds, share of the whole, findings of the library. Values in the statements are replaced by parameters. "since" says since when the figures count, "notes" what limits them. "next" has the ranks of those for which a rewrite is known: give their "sql" to optimize_sql, after reading their "hint". "indexes" has those that nothing has read since the counts began. "serverHints" has what the server itself says of missing or redundant indexes: its own guesses, unchecked and unpriced, no recommendation. Use it to find out what is worth optimizing. It reads statistics only and runs none of the statements.',
  inputSchema: {
    type: 'object',
    properties: {
      limit: { type: 'number', description: 'How many statements, 1 to 50; default 10' },
    },
    required: [],
    additionalProperties: false,
  },
  async run(args, { catalog, database, timeoutMs }, signal) {
    const limit = Math.floor(args.number('limit', 1, MOST_REPORTED) ?? REPORTED);
    if (!database) throw new ToolError('Statistics come from a database, and none is connected.');
    const statistics = await database.readStatementStatistics({ limit, timeoutMs, signal });
    if (statistics.available) {
      const usage = await indexUsage(database, { timeoutMs, signal });
      const hints = await readHints(database, { timeoutMs, signal });
      return {
        ...workloadReport(statistics, catalog, limit),
        indexes: indexReport(usage, catalog),
        ...(hints && { serverHints: hints }),
      };
    }
    const { reason, remedy } = statistics;
    throw new ToolError(remedy === null ? reason : `${reason}\n${remedy}`);
  },
};

/** Entries of each list that an agent is given. */
const LISTED = 20;

const recommendIndexes: Tool = {
  name: 'recommend_indexes',
  title: 'Recommend indexes',
  description:
    'Which indexes are missing for a workload, and which existing ones are needless. The workload is "sql", where a line "-- calls: 120" above a statement gives its weight, or what the server has counted. "recommendations" have the DDL, its undo, the size, the planner’s cost before and after, and how that was found in "validated": "what-if" (hypothetical index), "trial" (built in the embedded database and rolled back) or "estimate" (our own figures, low confidence). Costs are the planner’s, never times. "rejected" says what was considered and why not: do not suggest those. "foreignKeys", "duplicates", "unused" and "invalid" judge what is there; an index whose "drop" is null must not be dropped. Nothing is created or dropped: give the DDL to the user. On MySQL and MariaDB the first rows of tables are read to count values.',
  inputSchema: {
    type: 'object',
    properties: {
      sql: {
        ...SQL,
        description: 'The statements of the workload; left out: those that the server has counted',
      },
      budgetMb: { type: 'number', description: 'Megabytes that all new indexes together may take' },
      most: { type: 'number', description: 'How many new indexes, 1 to 50' },
      minSavingPct: {
        type: 'number',
        description: 'By how much the cost of the statements that gain has to fall, in per cent; default 10',
      },
    },
    required: [],
    additionalProperties: false,
  },
  async run(args, { database, timeoutMs }, signal) {
    const sql = args.optionalText('sql');
    const budgetMb = args.number('budgetMb', 0.01, 1e9);
    const most = args.number('most', 1, 50);
    const minSavingPct = args.number('minSavingPct', 0, 100) ?? DEFAULT_MIN_SAVING_PCT;
    if (!database) throw new ToolError('Costs come from a database, and none is connected.');
    // indexes may have come and gone since the session began
    const catalog = await database.readCatalog({ timeoutMs, signal });
    const { workload, note } =
      sql === undefined
        ? await workloadOfServer(database, catalog, { timeoutMs, signal })
        : { workload: await workloadFromTexts([sql], catalog, signal), note: undefined };
    const advice = await adviseOnIndexes({
      ...{ catalog, database, workload, workloadNote: note, timeoutMs, signal },
      options: {
        ...{ whatIf: 'auto', minSavingPct, most: most === undefined ? null : Math.floor(most) },
        budgetBytes: budgetMb === undefined ? null : budgetMb * 1024 * 1024,
      },
      onProgress: () => {},
    });
    const { rejected, unused, duplicates, foreignKeys, workload: counted } = advice;
    const count = {
      ...{ rejected: rejected.length, unused: unused.length, duplicates: duplicates.length },
      ...{ foreignKeys: foreignKeys.length, skipped: counted.skipped.length },
    };
    return {
      ...advice,
      workload: { ...counted, skipped: counted.skipped.slice(0, LISTED) },
      ...{ rejected: rejected.slice(0, LISTED), unused: unused.slice(0, LISTED), count },
      ...{ duplicates: duplicates.slice(0, LISTED), foreignKeys: foreignKeys.slice(0, LISTED) },
    };
  },
};

/** The statements are worth telling without the indexes too. */
async function indexUsage(database: Database, options: CallOptions) {
  try {
    return await database.readIndexUsage(options);
  } catch (error) {
    if (!DatabaseError.is(error) || error.reason === 'cancelled') throw error;
    return { available: false, reason: error.message, remedy: null } as const;
  }
}

/** All tools, in the order in which they are listed. */
export const TOOLS: readonly Tool[] = [
  optimizeSql,
  explainPlan,
  verifyRewrite,
  reportWorkload,
  recommendIndexes,
];

function statementsIn(sql: string, { dialect }: Catalog): string[] {
  const statements = splitStatements(sql, dialect)
    .filter(({ kind }) => kind === 'sql')
    .map(({ start, end }) => sql.slice(start, end));
  if (statements.length === 0) throw new ToolError('There is no SQL statement in it.');
  return statements;
}

function onlyStatement(sql: string, catalog: Catalog): string {
  const [first, second] = statementsIn(sql, catalog);
  if (first === undefined || second !== undefined) throw new ToolError('It must be one statement.');
  return first;
}
