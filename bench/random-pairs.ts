/**
 * `npm run bench:random-pairs [-- --from 0 --pairs 10000 --seed 1 --databases 400 --results FILE]`: how many wrong rewrites does
 * the counterexample search miss, and does it ever refute a right one? Random queries, each with a small change, are
 * judged by the search and by brute force on larger random data, on a throw-away PostgreSQL 18. Each pair depends on the seed and its number alone;
 * with --results, pairs that the file already has are not tried again. `--from` leaves the
 * first ones to another process.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { catalogFromDdl } from '../src/core/catalog/from-ddl.ts';
import { Random } from '../src/core/verification/generate/random.ts';
import { type PairVerdict, verifyPair } from '../src/core/verification/verify-pair.ts';
import { startPostgres18 } from '../test/servers/postgres.ts';
import { PostgresScratch } from '../test/servers/postgres-scratch.ts';
import { createDatabase } from '../test/servers/with-database.ts';
import { mutated } from './random-pairs/mutations.ts';
import { Oracle } from './random-pairs/oracle.ts';
import { QueryGrammar, queryText, SCHEMA } from './random-pairs/queries.ts';

/** Databases for every pair; those that brute force tells apart and these do not get all of them. */
const FIRST = 100;

type Outcome =
  /** refuted, and the counterexample holds when it is run on its own */
  | 'found'
  /** the same, where brute force saw no difference */
  | 'found, not by brute force'
  /** brute force sees a difference, the search none */
  | 'missed'
  /** refuted, but on its counterexample both are equal */
  | 'false alarm'
  /** no difference by either */
  | 'equal'
  /** too little could be compared for a verdict; brute force sees no difference */
  | 'unknown'
  /** the same, and brute force sees a difference: not found, but not taken for right either */
  | 'unknown, wrong';

interface PairResult {
  readonly n: number;
  readonly change: string;
  readonly outcome: Outcome;
  readonly ms: number;
  readonly before: string;
  readonly after: string;
  readonly reason?: string;
}

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '10000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    databases: { type: 'string', default: '400' },
    results: { type: 'string' },
  },
});
const pairs = Number(values.pairs);
const seed = Number(values.seed);
const databases = Number(values.databases);

const results: PairResult[] = readResults();
const done = new Set(results.map(({ n }) => n));
const catalog = catalogFromDdl(SCHEMA, 'postgresql');
const server = await startPostgres18();
const oracle = await Oracle.open((await createDatabase(server.url)).url, seed);
const scratch = await PostgresScratch.open((await createDatabase(server.url)).url);
try {
  for (let n = Number(values.from); n < pairs; n++) {
    if (done.has(n)) continue;
    const result = await tryPair(n);
    if (result === null) continue;
    results.push(result);
    if (values.results !== undefined) appendFileSync(values.results, `${JSON.stringify(result)}\n`);
    if (results.length % 100 === 0) console.error(`· ${summary(results)}`);
  }
} finally {
  await scratch.close();
  await oracle.close();
  await server.stop();
}
console.log(report(results));

function readResults(): PairResult[] {
  if (values.results === undefined || !existsSync(values.results)) return [];
  const lines = readFileSync(values.results, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as PairResult).filter(({ n }) => n < pairs);
}

/** The n-th pair; null when the change is none or the query does not run. */
async function tryPair(n: number): Promise<PairResult | null> {
  const random = new Random(Math.imul(seed, 0x9e3779b1) + n * 7919);
  const query = new QueryGrammar(random).query();
  const { query: other, change } = mutated(query, random);
  const [before, after] = [queryText(query), queryText(other)];
  if (before === after) return null;
  const ordered = query.order !== null;
  const truth = await oracle.compare(before, after, ordered);
  if (truth === 'error') return null;
  const began = performance.now();
  const search = (most: number): Promise<PairVerdict> =>
    verifyPair(before, after, catalog, async () => scratch, null, { databases: most, budgetMs: 60_000 });
  let verdict = await search(Math.min(FIRST, databases));
  // a longer search begins with the same databases: only where brute force knows better can it matter
  if (verdict.verdict !== 'refuted' && truth === 'different' && databases > FIRST) {
    verdict = await search(databases);
  }
  const ms = Math.round(performance.now() - began);
  const done = (outcome: Outcome, reason?: string): PairResult => ({
    n,
    change,
    outcome,
    ms,
    before,
    after,
    ...(reason === undefined ? {} : { reason }),
  });
  if (verdict.verdict === 'refuted') {
    const { setup } = verdict.counterexample ?? { setup: '' };
    // a difference of types or names needs no data
    const holds = setup.startsWith('--')
      ? truth === 'different'
      : await oracle.differOn(setup, before, after, ordered);
    if (!holds) return done('false alarm', setup);
    return done(truth === 'different' ? 'found' : 'found, not by brute force');
  }
  if (verdict.verdict === 'unknown') {
    return done(truth === 'different' ? 'unknown, wrong' : 'unknown', verdict.reason);
  }
  return done(truth === 'different' ? 'missed' : 'equal');
}

function count(of: readonly PairResult[], outcome: Outcome): number {
  return of.filter((result) => result.outcome === outcome).length;
}

function summary(of: readonly PairResult[]): string {
  const missed = count(of, 'missed');
  const undecided = count(of, 'unknown, wrong');
  const wrong = count(of, 'found') + count(of, 'found, not by brute force') + missed + undecided;
  const share = (part: number): string => `${(wrong === 0 ? 0 : (100 * part) / wrong).toFixed(2)} %`;
  return [
    `${of.length} pairs, ${wrong} of them wrong`,
    `${missed} wrong ones taken for right (${share(missed)})`,
    `${undecided} wrong ones left undecided (${share(undecided)})`,
    `${count(of, 'false alarm')} false alarms`,
  ].join(', ');
}

function report(of: readonly PairResult[]): string {
  const times = of
    .filter(({ outcome }) => outcome.startsWith('found'))
    .map(({ ms }) => ms)
    .sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? 0;
  const outcomes = [...new Set(of.map(({ outcome }) => outcome))].sort();
  const changes = [...new Set(of.map(({ change }) => change))].sort();
  const width = Math.max(...changes.map((change) => change.length));
  const rows = changes.map((change) => {
    const these = of.filter((result) => result.change === change);
    const wrong = these.filter(
      ({ outcome }) => outcome !== 'equal' && outcome !== 'unknown' && outcome !== 'false alarm',
    ).length;
    return `${change.padEnd(width)}  ${String(these.length).padStart(6)}  ${String(wrong).padStart(6)}  ${String(count(these, 'missed')).padStart(6)}`;
  });
  return [
    `${summary(of)}; seed ${seed}, ${databases} databases per pair`,
    outcomes.map((outcome) => `${outcome}: ${count(of, outcome)}`).join('; '),
    `refutations took ${at(0.5)} ms in the median, ${at(0.95)} ms at the 95th percentile`,
    '',
    `${'change'.padEnd(width)}   pairs   wrong  missed`,
    ...rows,
    '',
    ...of
      .filter(({ outcome }) => outcome === 'missed' || outcome === 'false alarm')
      .map(
        ({ n, outcome, change, before, after }) => `${outcome} #${n} (${change})\n  ${before}\n  ${after}`,
      ),
  ].join('\n');
}
