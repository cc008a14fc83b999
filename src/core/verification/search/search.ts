/**
 * The search for a small database on which two statements differ. Guided, not only random: databases whose rows
 * reach the output are kept and changed a little at a time, and values are drawn around what the statements name.
 */
import type { Catalog } from '../../catalog/catalog.ts';
import { DatabaseError, type ScratchDatabase } from '../../database.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { compareColumns } from '../compare-results.ts';
import type { Counterexample } from '../evidence.ts';
import { SpaceBuilder } from '../generate/build-space.ts';
import { Random } from '../generate/random.ts';
import { RowGenerator, type SmallDatabase } from '../generate/rows.ts';
import { isMysql, NotReproducible, type SearchSpace } from '../generate/search-space.ts';
import { counterexampleOf } from '../shrink/show.ts';
import { shrink } from '../shrink/shrink.ts';
import { MysqlSandbox } from './mysql-sandbox.ts';
import { numbered, parameterKeys } from './pair.ts';
import { Sandbox } from './sandbox.ts';
import type { TrialSandbox } from './trial-sandbox.ts';
import { type DoesNotRun, Trials } from './trials.ts';

export interface SearchOptions {
  readonly signal?: AbortSignal | undefined;
  /** milliseconds for the whole search, shrinking aside; default 3,000 */
  readonly budgetMs?: number | undefined;
  /** small databases to try at most; default 400 */
  readonly databases?: number | undefined;
  /** the same seed tries the same databases; default 1 */
  readonly seed?: number | undefined;
}

export type SearchResult =
  | {
      readonly verdict: 'refuted';
      readonly counterexample: Counterexample;
      readonly databases: number;
      readonly rowsCompared: number;
    }
  | {
      readonly verdict: 'survived';
      /** databases on which both were equal */
      readonly databases: number;
      /** of them, those on which rows reached the output: only these are evidence */
      readonly reached: number;
      readonly rowsCompared: number;
      /** false: on some database the original itself may return one thing or another */
      readonly deterministic: boolean;
      readonly ordered: boolean;
      readonly notes: readonly string[];
    }
  | { readonly verdict: 'unknown'; readonly message: string };

const DEFAULT_BUDGET_MS = 3000;
const DEFAULT_DATABASES = 400;
/** databases sent in one call */
const BATCH = 20;
/** One call may take this many times the budget, and this long at least, before the sandbox is ended: so endless statements stop. */
const CALL_LIMIT_FACTOR = 2;
const CALL_LIMIT_MS = 5000;
/** databases kept to be changed */
const CORPUS = 60;

/**
 * Try to refute that `candidate` returns what `original` returns.
 *
 * @param scratch a private database of the statements' dialect; everything is undone afterwards
 * @returns a counterexample, or how much was tried without one, or why nothing could be tried
 * @throws DatabaseError 'cancelled'
 */
export async function searchCounterexample(
  original: AnalyzedStatement,
  candidate: AnalyzedStatement,
  catalog: Catalog,
  scratch: ScratchDatabase,
  options: SearchOptions = {},
): Promise<SearchResult> {
  try {
    return await new Searching(original, candidate, catalog, options).run(scratch);
  } catch (error) {
    if (error instanceof NotReproducible) return { verdict: 'unknown', message: error.message };
    if (error instanceof DatabaseError && error.reason !== 'cancelled') {
      return { verdict: 'unknown', message: faultOf(error) };
    }
    throw error;
  }
}

/** What happened to the sandbox, as one sentence with what follows from it. */
function faultOf(error: DatabaseError): string {
  if (error.reason === 'timeout') {
    return 'A statement did not end in time on the small test databases and was stopped, so nothing is known of the pair.';
  }
  if (error.reason === 'connectionLost') {
    return (
      'The process of the test databases ended in the middle (it was killed, or a statement took all its memory), ' +
      'so nothing is known of the pair. It is started again for the next one.'
    );
  }
  return `The test databases could not be used: ${error.message}`;
}

/**
 * SQLSTATEs that are about the statement alone and not about what a fresh database lacks: syntax, grouping, windowing,
 * ambiguous and invalid column references, types that do not fit, forms that PostgreSQL has not implemented.
 */
const REFUSED = new Set(['42601', '42803', '42P20', '42702', '42P10', '42804', '0A000']);

/**
 * The code of a table that is not there stands for an alias that cannot be seen at its place as well, and only that one
 * is about the statement. The embedded server always speaks English.
 */
function isRefused({ code, message }: DatabaseError): boolean {
  if (code === null) return false;
  return REFUSED.has(code) || (code === '42P01' && message.includes('FROM-clause entry'));
}

function cannotRun({ who, error }: DoesNotRun): SearchResult {
  if (who === 'rewrite' && isRefused(error)) {
    const counterexample = { setup: '-- any data', before: 'it runs', after: `error: ${error.message}` };
    return { verdict: 'refuted', counterexample, databases: 0, rowsCompared: 0 };
  }
  return { verdict: 'unknown', message: `The ${who} does not run in the test databases: ${error.message}` };
}

class Searching {
  private readonly original: AnalyzedStatement;
  private readonly candidate: AnalyzedStatement;
  private readonly catalog: Catalog;
  private readonly options: SearchOptions;
  private readonly random: Random;
  private databases = 0;
  private reached = 0;
  private rowsCompared = 0;
  private deterministic = true;

  constructor(
    original: AnalyzedStatement,
    candidate: AnalyzedStatement,
    catalog: Catalog,
    options: SearchOptions,
  ) {
    this.original = original;
    this.candidate = candidate;
    this.catalog = catalog;
    this.options = options;
    this.random = new Random(options.seed ?? 1);
  }

  async run(scratch: ScratchDatabase): Promise<SearchResult> {
    const originalKeys = parameterKeys(this.original);
    const candidateKeys = parameterKeys(this.candidate);
    const builder = new SpaceBuilder(
      [
        { statement: this.original, parameterKey: (start) => originalKeys.get(start) ?? null },
        { statement: this.candidate, parameterKey: (start) => candidateKeys.get(start) ?? null },
      ],
      this.catalog,
    );
    const keys = [...new Set([...originalKeys.values(), ...candidateKeys.values()])];
    const budgetMs = this.options.budgetMs ?? DEFAULT_BUDGET_MS;
    const timeoutMs = Math.max(CALL_LIMIT_MS, CALL_LIMIT_FACTOR * budgetMs);
    const limits = { signal: this.options.signal, timeoutMs };
    const work = async (sandbox: TrialSandbox): Promise<SearchResult> => {
      const space = builder.withParameters(await this.parameterTypes(sandbox, keys));
      const trials = await Trials.prepare(sandbox, space, this.original, this.candidate, this.catalog);
      if (!(trials instanceof Trials)) return cannotRun(trials);
      const columns = compareColumns(
        trials.columns.visible,
        trials.columns.candidate.slice(0, trials.candidateWidth),
      );
      if (columns) {
        const counterexample = { setup: '-- any data', ...columns };
        return { verdict: 'refuted', counterexample, databases: 0, rowsCompared: 0 };
      }
      return this.search(trials, space);
    };
    if (isMysql(this.catalog.dialect)) return MysqlSandbox.within(scratch, builder.space, limits, work);
    return Sandbox.within(scratch, builder.space, sandboxSettings(this.catalog), limits, work);
  }

  private async parameterTypes(sandbox: TrialSandbox, keys: readonly string[]): Promise<Map<string, string>> {
    if (keys.length === 0) return new Map();
    const types = await sandbox.parameterTypes(numbered(this.original, keys));
    if (types instanceof DatabaseError) {
      throw new NotReproducible(`The types of the placeholders are not known: ${types.message}`);
    }
    return new Map(keys.map((key, i) => [key, types[i] ?? 'text']));
  }

  private async search(trials: Trials, space: SearchSpace): Promise<SearchResult> {
    const generator = new RowGenerator(space, this.random);
    const deadline = performance.now() + (this.options.budgetMs ?? DEFAULT_BUDGET_MS);
    const most = this.options.databases ?? DEFAULT_DATABASES;
    const corpus: SmallDatabase[] = [];
    for (let n = 0; n < most && performance.now() < deadline; ) {
      // the first batch is small: most wrong rewrites fall at once
      const size = Math.min(n === 0 ? BATCH / 2 : BATCH, most - n);
      const drawn = Array.from({ length: size }, (_, i) => this.draw(generator, corpus, n + i));
      n += size;
      const results = await trials.run(drawn);
      for (const { database, judgement, reached } of results) {
        if (judgement.verdict === 'skipped') continue;
        if (judgement.verdict === 'different') {
          const confirmed = await trials.confirm(database);
          if (!confirmed) continue;
          return this.refute(trials, space, database);
        }
        this.databases++;
        this.rowsCompared += judgement.rows;
        if (!judgement.deterministic) this.deterministic = false;
        if (reached) {
          this.reached++;
          this.keep(corpus, database);
        }
      }
    }
    return {
      verdict: 'survived',
      databases: this.databases,
      reached: this.reached,
      rowsCompared: this.rowsCompared,
      deterministic: this.deterministic,
      ordered: trials.ordered,
      notes: space.notes,
    };
  }

  private draw(generator: RowGenerator, corpus: readonly SmallDatabase[], n: number): SmallDatabase {
    const parent = n >= BATCH && this.random.chance(0.5) ? this.random.pick(corpus) : undefined;
    return parent ? generator.mutate(parent) : generator.draw(n);
  }

  private keep(corpus: SmallDatabase[], database: SmallDatabase): void {
    if (corpus.length < CORPUS) corpus.push(database);
    else corpus[this.random.between(0, CORPUS - 1)] = database;
  }

  private async refute(trials: Trials, space: SearchSpace, found: SmallDatabase): Promise<SearchResult> {
    const smallest = await shrink(found, space, trials);
    const counterexample = await counterexampleOf(smallest, space, trials);
    return {
      verdict: 'refuted',
      counterexample,
      databases: this.databases + 1,
      rowsCompared: this.rowsCompared,
    };
  }
}

/** Settings that decide what an expression means, as the connection has them. */
function sandboxSettings(catalog: Catalog): string[] {
  const zone = catalog.settings['timezone'] ?? 'UTC';
  const dateStyle = catalog.settings['datestyle'] ?? 'ISO, MDY';
  const path = catalog.searchPath.filter((schema) => !/^"?\$user"?$|^pg_catalog$/.test(schema));
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  return [
    `SET LOCAL timezone = ${quote(zone)}`,
    `SET LOCAL datestyle = ${quote(dateStyle)}`,
    ...(path.length > 0 ? [`SET LOCAL search_path = ${path.map(quote).join(', ')}`] : []),
  ];
}
