/**
 * Differential fuzzing of the pattern library: random schemas, data and statements; every rewrite that the library
 * offers, chains of rules too, runs beside its original on PostgreSQL. A proved rewrite that gives other rows, or that
 * the server refuses, is a fault.
 */
import pg from 'pg';
import type { Database, ScratchDatabase } from '../../../src/core/database.ts';
import { type RewritePath, searchRewrites } from '../../../src/core/optimizer/search.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import type { AnalyzedStatement } from '../../../src/core/sql/query-model.ts';
import { Random } from '../../../src/core/verification/generate/random.ts';
import { compareLive } from '../../../src/core/verification/live-comparison.ts';
import { searchCounterexample } from '../../../src/core/verification/search/search.ts';
import { sortedStatement } from '../../../src/core/verification/sort-keys.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { closeWarmScratch, openScratch } from '../../../src/databases/embedded/scratch.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import { type StatementSource, statementSources } from './sources.ts';
import { createWorld, databaseText, HARNESS, type Outcome, runStatements, type World } from './world.ts';
import {
  dependsOnPlan,
  type Effect,
  effectDifference,
  isRepeatable,
  isWrite,
  runWrites,
  sameEffect,
  WRITE_HARNESS,
} from './write-effects.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** milliseconds; it ends with the statement that it is at */
  readonly budgetMs: number;
  /** statements at most: the same ones on every machine that has the time for them; no bound when left out */
  readonly statements?: number;
  readonly onFault?: (fault: Fault) => void;
  /** faults of so many sequences of rules are enough */
  readonly enough?: number;
  /** what rewrites a statement; the library when left out */
  readonly rewriter?: (original: AnalyzedStatement) => Promise<readonly RewritePath[]>;
}

export interface Fault {
  readonly patterns: readonly string[];
  readonly schema: string;
  readonly original: string;
  readonly rewrite: string;
  readonly why: string;
}

export interface FuzzReport {
  readonly schemas: number;
  /** statements that the server accepts */
  readonly statements: number;
  /** of them, those that write */
  readonly writes: number;
  /** of all, those with a rewrite */
  readonly rewritten: number;
  /** proved rewrites that ran, and of them those of more than one rule */
  readonly rewrites: number;
  readonly chains: number;
  /** pairs of results that were compared: a rewrite on a database */
  readonly comparisons: number;
  /** of them, those where the original has rows */
  readonly withRows: number;
  /** rewrites that need tests, and of them those that a database refutes */
  readonly likely: number;
  readonly likelyRefuted: number;
  /** how often each pattern took part in a proved rewrite */
  readonly patterns: ReadonlyMap<string, number>;
  readonly faults: readonly Fault[];
}

/** Three rules in a row, the first few of each. */
const SEARCH = { beam: 4, depth: 3, most: 14, style: 'all' } as const;
/** So often is one sequence of rules reported; more of the same teaches nothing. */
const FAULTS_OF_A_KIND = 3;
const STATEMENTS_PER_WORLD = 80;
/** Milliseconds of one call with a statement and its rewrites on all databases. */
const CALL_MS = 8000;

function libraryRewrites(original: AnalyzedStatement): Promise<RewritePath[]> {
  return searchRewrites(original, null, SEARCH);
}

/** Fuzz for a while. @param url of a PostgreSQL database in which anything may be created */
export async function fuzz(url: string, options: FuzzOptions): Promise<FuzzReport> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const database = await openDatabase(parseConnectionUrl(url));
  try {
    await client.query(
      `${HARNESS} ${WRITE_HARNESS} SET statement_timeout = ${CALL_MS}; SET timezone = 'UTC';`,
    );
    return await new Fuzzing(client, database, options).run();
  } finally {
    await client.end();
    await database.close();
    await closeWarmScratch();
  }
}

class Fuzzing {
  private readonly client: pg.Client;
  private readonly database: Database;
  private readonly options: FuzzOptions;
  private readonly random: Random;
  private readonly patterns = new Map<string, number>();
  private readonly faults: Fault[] = [];
  private readonly counts = {
    schemas: 0,
    statements: 0,
    writes: 0,
    rewritten: 0,
    rewrites: 0,
    chains: 0,
    comparisons: 0,
    withRows: 0,
    likely: 0,
    likelyRefuted: 0,
  };

  constructor(client: pg.Client, database: Database, options: FuzzOptions) {
    this.client = client;
    this.database = database;
    this.options = options;
    this.random = new Random(options.seed);
  }

  async run(): Promise<FuzzReport> {
    const deadline = performance.now() + this.options.budgetMs;
    for (const source of statementSources(this.random)) {
      if (this.isDone(deadline)) break;
      const world = await createWorld(this.client, source.schema, source.literals, this.random);
      if (!world) continue;
      this.counts.schemas++;
      try {
        for (let n = 0; n < STATEMENTS_PER_WORLD && !this.isDone(deadline); n++) {
          await this.statement(world, source);
        }
      } finally {
        await world.drop();
      }
    }
    return { ...this.counts, patterns: this.patterns, faults: this.faults };
  }

  private isDone(deadline: number): boolean {
    const { statements = Number.POSITIVE_INFINITY, enough = Number.POSITIVE_INFINITY } = this.options;
    const wrong = new Set(this.faults.map(({ patterns }) => patterns.join())).size;
    return performance.now() >= deadline || this.counts.statements >= statements || wrong >= enough;
  }

  private async statement(world: World, source: StatementSource): Promise<void> {
    const original = analyzeStatement(source.statement(), world.catalog);
    const writes = isWrite(original) && isRepeatable(world, original);
    if (original.tree.kind !== 'queryStatement' && !writes) return;
    const paths = await (this.options.rewriter ?? libraryRewrites)(original);
    try {
      await (writes ? this.write(world, original, paths) : this.query(world, original, paths));
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === '57014') return;
      throw error;
    }
  }

  private async query(
    world: World,
    original: AnalyzedStatement,
    paths: readonly RewritePath[],
  ): Promise<void> {
    const texts = [original.text, ...paths.map(({ statement }) => statement.text)];
    const outcomes = await runStatements(this.client, world.databases, texts);
    const own = outcomes.filter(({ statement }) => statement === 0);
    if (!this.isAccepted(own, paths)) return;
    for (const [index, path] of paths.entries()) {
      const others = outcomes.filter(({ statement }) => statement === index + 1);
      await this.judge(world, original, path, own, others);
    }
  }

  private async write(
    world: World,
    original: AnalyzedStatement,
    paths: readonly RewritePath[],
  ): Promise<void> {
    const all = [original, ...paths.map(({ statement }) => statement)];
    const effects = await runWrites(this.client, world, world.databases, all);
    const own = effects.filter(({ statement }) => statement === 0);
    if (!this.isAccepted(own, paths)) return;
    this.counts.writes++;
    for (const [index, path] of paths.entries()) {
      const others = effects.filter(({ statement }) => statement === index + 1);
      await this.judgeWrite(world, original, path, own, others);
    }
  }

  /** Count a statement that some database accepts; false when none does. */
  private isAccepted(
    own: readonly { readonly error: string | null }[],
    paths: readonly RewritePath[],
  ): boolean {
    if (own.every(({ error }) => error !== null)) return false;
    this.counts.statements++;
    if (paths.length > 0) this.counts.rewritten++;
    return true;
  }

  /** Count a rewrite; false when enough faults of its rules are known. */
  private isJudged({ patterns, soundness }: RewritePath): boolean {
    const known = this.faults.filter((fault) => fault.patterns.join() === patterns.join());
    if (known.length >= FAULTS_OF_A_KIND) return false;
    if (soundness === 'likely') {
      this.counts.likely++;
      return true;
    }
    this.counts.rewrites++;
    if (patterns.length > 1) this.counts.chains++;
    for (const id of new Set(patterns)) this.patterns.set(id, (this.patterns.get(id) ?? 0) + 1);
    return true;
  }

  private async judgeWrite(
    world: World,
    original: AnalyzedStatement,
    path: RewritePath,
    own: readonly Effect[],
    others: readonly Effect[],
  ): Promise<void> {
    if (!this.isJudged(path)) return;
    for (const [n, before] of own.entries()) {
      const after = others[n];
      if (!after || before.effect === null) continue;
      this.counts.comparisons++;
      if (!before.effect.startsWith('0 rows')) this.counts.withRows++;
      if (sameEffect(before, after)) continue;
      if (await dependsOnPlan(this.client, world, original, before)) continue;
      const name = world.databases[before.database] ?? '';
      const text = await databaseText(this.client, world, name);
      const what =
        after.error === null ? effectDifference(before, after) : `the rewrite raises "${after.error}"`;
      if (path.soundness === 'likely') this.counts.likelyRefuted++;
      else this.report(world, original, path, `on\n${text}\n${what}`);
      return;
    }
  }

  private async judge(
    world: World,
    original: AnalyzedStatement,
    path: RewritePath,
    own: readonly Outcome[],
    others: readonly Outcome[],
  ): Promise<void> {
    if (!this.isJudged(path)) return;
    const proved = path.soundness === 'proved';
    const ordered = sortedStatement(original)?.keys !== null;
    for (const [n, before] of own.entries()) {
      const after = others[n];
      if (!after || before.error !== null) continue;
      this.counts.comparisons++;
      if (!before.bag?.startsWith('0:')) this.counts.withRows++;
      const equal = ordered ? before.list === after.list : before.bag === after.bag;
      // the fullest database is compared in full, its columns' types too
      if (equal && n > 0) continue;
      const why = await this.difference(world, original, path, before, after);
      if (why === null) continue;
      if (!proved) this.counts.likelyRefuted++;
      else this.report(world, original, path, why);
      return;
    }
  }

  private report(world: World, original: AnalyzedStatement, path: RewritePath, why: string): void {
    const { patterns, statement } = path;
    const fault = { patterns, schema: world.schema, original: original.text, rewrite: statement.text, why };
    this.faults.push(fault);
    this.options.onFault?.(fault);
  }

  /** Hashes differ where numbers are printed in another way or rows tie: what counts is decided with care. */
  private async difference(
    world: World,
    original: AnalyzedStatement,
    path: RewritePath,
    before: Outcome,
    after: Outcome,
  ): Promise<string | null> {
    const name = world.databases[before.database] ?? '';
    if (after.error !== null) {
      return `the rewrite raises "${after.error}" on\n${await databaseText(this.client, world, name)}`;
    }
    const compared = await this.database.readOnly(async (session) => {
      await session.query(
        `SELECT set_config('search_path', '${name}', true), set_config('timezone', 'UTC', true)`,
      );
      return compareLive(session, original, path.statement, { timeoutMs: CALL_MS });
    });
    if (compared.verdict === 'equal') return null;
    if (compared.verdict === 'unknown') return this.smallCounterexample(world, original, path);
    const small = await this.smallCounterexample(world, original, path);
    if (small !== null) return small;
    const { counterexample } = compared;
    const text = await databaseText(this.client, world, name);
    return `on\n${text}\nthe original gives\n${counterexample.before}\nand the rewrite\n${counterexample.after}`;
  }

  private async smallCounterexample(
    world: World,
    original: AnalyzedStatement,
    path: RewritePath,
  ): Promise<string | null> {
    const scratch: ScratchDatabase = await openScratch();
    try {
      const result = await searchCounterexample(original, path.statement, world.catalog, scratch, {
        databases: 200,
        budgetMs: 3000,
      });
      if (result.verdict !== 'refuted') return null;
      const { setup, before, after } = result.counterexample;
      return `on\n${setup}\nthe original gives\n${before}\nand the rewrite\n${after}`;
    } finally {
      await scratch.close();
    }
  }
}

/** A fault as somebody who mends it wants to read it. */
export function describeFault({ patterns, schema, original, rewrite, why }: Fault): string {
  return `${patterns.join(' and then ')}\n${schema}\n--- original\n${original}\n--- rewrite\n${rewrite}\n--- ${why}\n`;
}

/** The counts of a run in a few lines. */
export function summary(report: FuzzReport): string {
  const patterns = [...report.patterns].sort((a, b) => b[1] - a[1]);
  return [
    `${report.schemas} schemas, ${report.statements} statements (${report.writes} write), ${report.rewritten} of them with rewrites`,
    `${report.rewrites} proved rewrites (${report.chains} of several rules) compared ${report.comparisons} times, ${report.withRows} times with rows`,
    `${report.likely} rewrites that need tests, ${report.likelyRefuted} of them refuted`,
    `${patterns.length} patterns: ${patterns.map(([id, n]) => `${id} ${n}`).join(', ')}`,
    `${report.faults.length} faults`,
  ].join('\n');
}
