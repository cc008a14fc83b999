/** The tools that agents get: the same core as the verbs. None of them writes to a database. */

import type { RewriteProposer } from '../../core/optimizer/rewrite-proposer.ts';
import { verifyPair } from '../../core/verification/verify-pair.ts';
import type { Target } from '../connect.ts';
import { explainStatement } from '../explain-statement.ts';
import type { KeptScratch } from '../scratch.ts';
import { type SourceStatement, statementsOf } from '../statements.ts';
import { UsageError } from '../verb.ts';
import { optimizeOne } from '../verbs/optimize.ts';

/** What the tools work with: opened once, for all calls. */
export interface ToolContext {
  readonly target: Target;
  readonly scratch: KeptScratch['open'];
  readonly proposer: RewriteProposer | null;
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
  /** @throws UsageError for arguments that cannot be, DatabaseError */
  run(args: ToolArguments, context: ToolContext, signal: AbortSignal): Promise<object>;
}

/** Checked reading of arguments: an agent sends anything. */
export class ToolArguments {
  private readonly values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values;
  }

  /** @throws UsageError when it is missing, empty or no text */
  text(name: string): string {
    const value = this.values[name];
    if (typeof value !== 'string' || value.trim() === '') throw new UsageError(`"${name}" must be SQL text.`);
    return value;
  }

  /** False when it is left out. @throws UsageError when it is neither true nor false */
  flag(name: string): boolean {
    const value = this.values[name] ?? false;
    if (typeof value !== 'boolean') throw new UsageError(`"${name}" must be true or false.`);
    return value;
  }

  /** @throws UsageError when it is no number within the bounds */
  number(name: string, least: number, most: number): number | undefined {
    const value = this.values[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      throw new UsageError(`"${name}" must be a number from ${least} to ${most}.`);
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
  async run(args, { target, scratch, proposer }, signal) {
    const measure = args.flag('measure');
    const statements = [];
    for (const statement of statementsIn(args.text('sql'), target)) {
      const options = { measure, timeoutMs: target.timeoutMs };
      statements.push(await optimizeOne(statement, target, { scratch, proposer, options, signal }));
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
  async run(args, { target }, signal) {
    const statement = onlyStatement(args.text('sql'), target);
    const { text, findings, plan } = await explainStatement(
      statement.text,
      target,
      args.flag('analyze'),
      signal,
    );
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
  async run(args, { target, scratch }, signal) {
    const before = onlyStatement(args.text('before'), target);
    const after = onlyStatement(args.text('after'), target);
    const budget = args.number('budgetSeconds', 1, 120);
    const { catalog, database, timeoutMs } = target;
    return verifyPair(before.text, after.text, catalog, scratch, database, {
      ...{ signal, timeoutMs },
      ...(budget === undefined ? {} : { budgetMs: 1000 * budget }),
    });
  },
};

/** All tools, in the order in which they are listed. */
export const TOOLS: readonly Tool[] = [optimizeSql, explainPlan, verifyRewrite];

function statementsIn(sql: string, { dialect }: Target): SourceStatement[] {
  const statements = statementsOf(sql, dialect);
  if (statements.length === 0) throw new UsageError('There is no SQL statement in it.');
  return statements;
}

function onlyStatement(sql: string, target: Target): SourceStatement {
  const [first, second] = statementsIn(sql, target);
  if (!first || second) throw new UsageError('It must be one statement.');
  return first;
}
