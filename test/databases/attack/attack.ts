/**
 * An attack on the pattern library: golden cases and hostile statements are changed by chance, and whatever is still offered as a rewrite is
 * run beside the changed statement on generated databases. A difference, or SQL that the server refuses, is a fault.
 */
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import type { ScratchDatabase } from '../../../src/core/database.ts';
import { type RewritePath, searchRewrites } from '../../../src/core/optimizer/search.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import type { AnalyzedStatement } from '../../../src/core/sql/query-model.ts';
import { Random } from '../../../src/core/verification/generate/random.ts';
import { type SearchResult, searchCounterexample } from '../../../src/core/verification/search/search.ts';
import { goldenCases } from '../../unit/patterns/golden-cases.ts';
import { hostileStatements } from './hostile.ts';
import { mutate, type Subject } from './mutations.ts';

export interface AttackOptions {
  readonly seed: number;
  /** milliseconds; the attack ends with the statement that it is at */
  readonly budgetMs: number;
  /** statements at most: the same ones on every machine that has the time for them; no bound when left out */
  readonly statements?: number;
  /** generated databases for each rewrite */
  readonly databases: number;
  /** called for each fault as soon as it is found */
  readonly onFault?: (fault: Fault) => void;
}

/** A rewrite that was offered as proved and is wrong, or that is no SQL at all. */
export interface Fault {
  /** which of the attack's statements it was */
  readonly number: number;
  readonly patterns: readonly string[];
  readonly subject: Subject;
  readonly rewrite: string;
  readonly why: string;
}

export interface AttackReport {
  /** changed statements that were looked at */
  readonly statements: number;
  /** rewrites of statements that the server accepts */
  readonly rewrites: number;
  /** of them, those whose rows reached the output on some database */
  readonly reached: number;
  /** rewrites that needed tests and fell to them: that is what the tests are for */
  readonly refutedLikely: number;
  readonly faults: readonly Fault[];
}

/** Two rules in a row, the most promising few of each. */
const SEARCH = { beam: 4, depth: 2, most: 8, style: 'all' } as const;
/** The share of statements that are taken as they are. */
const UNCHANGED = 0.15;
/** One rewrite is attacked for this long at most. */
const REWRITE_MS = 1000;

/**
 * Attack the library for a while.
 * @param scratch a private PostgreSQL; the same seed attacks the same statements in the same order
 */
export async function attack(scratch: ScratchDatabase, options: AttackOptions): Promise<AttackReport> {
  const random = new Random(options.seed);
  const golden: Subject[] = goldenCases().filter((one) => one.dialect === 'postgresql');
  const hostile = hostileStatements();
  const seen = new Set<string>();
  const faults: Fault[] = [];
  const counts = { statements: 0, rewrites: 0, reached: 0, refutedLikely: 0 };
  const deadline = performance.now() + options.budgetMs;
  const most = options.statements ?? Number.POSITIVE_INFINITY;
  while (performance.now() < deadline && counts.statements < most) {
    const origin = random.pick(random.chance(0.5) ? golden : hostile);
    if (!origin) break;
    const plain: Subject = { schema: origin.schema, sql: origin.sql };
    const subject = random.chance(UNCHANGED) ? plain : mutate(plain, random);
    const key = `${subject.schema}\n${subject.sql}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const number = ++counts.statements;
    for (const outcome of await attackOne(scratch, subject, options)) {
      counts.rewrites++;
      if (outcome.result.verdict === 'survived' && outcome.result.reached > 0) counts.reached++;
      const why = faultOf(outcome);
      if (why === null) {
        if (outcome.result.verdict === 'refuted') counts.refutedLikely++;
        continue;
      }
      const { patterns, statement } = outcome.path;
      const fault = { number, patterns, subject, rewrite: statement.text, why };
      faults.push(fault);
      options.onFault?.(fault);
    }
  }
  return { ...counts, faults };
}

/** A fault as somebody who mends it wants to read it. */
export function describeFault({ number, patterns, subject, rewrite, why }: Fault): string {
  return `statement ${number}, ${patterns.join(' and then ')}\n${subject.schema}\n--- original\n${subject.sql}\n--- rewrite\n${rewrite}\n--- ${why}\n`;
}

interface Outcome {
  readonly path: RewritePath;
  readonly result: SearchResult;
}

async function attackOne(
  scratch: ScratchDatabase,
  { schema, sql }: Subject,
  { databases, seed }: AttackOptions,
): Promise<readonly Outcome[]> {
  const catalog = catalogFromDdl(schema, 'postgresql');
  const original = analyzeStatement(sql, catalog);
  const paths = await searchRewrites(original, null, SEARCH);
  const outcomes: Outcome[] = [];
  const against = (candidate: AnalyzedStatement, count: number): Promise<SearchResult> =>
    searchCounterexample(original, candidate, catalog, scratch, {
      databases: count,
      budgetMs: REWRITE_MS,
      seed,
    });
  for (const path of paths) {
    const result = await against(path.statement, databases);
    // a change may have made the statement itself invalid: then nothing can be said of its rewrites
    if (result.verdict === 'unknown' && (await against(original, 1)).verdict === 'unknown') return [];
    outcomes.push({ path, result });
  }
  return outcomes;
}

function faultOf({ path, result }: Outcome): string | null {
  if (result.verdict === 'unknown') return `the server refuses the rewrite: ${result.message}`;
  // what is volatile may differ from itself
  if (result.verdict === 'survived' || /\b(?:random|nextval)\(/i.test(path.statement.text)) return null;
  const { setup, before, after } = result.counterexample;
  // a difference in names or types is seen without data: no test on data is needed to know it
  const blatant = setup === '-- any data';
  if (path.soundness === 'likely' && !blatant) return null;
  return `on\n${setup}\nthe original gives\n${before}\nand the rewrite\n${after}`;
}
