/**
 * Matching the whole pattern library: per statement at the 95th percentile, and a long file from cold.
 * `npm run bench -- matching`
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../scripts/bootstrap.mjs';
import type { Catalog } from '../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../src/core/catalog/from-ddl.ts';
import { findMatches } from '../src/core/patterns/find.ts';
import { patterns } from '../src/core/patterns/library.ts';
import { analyzeStatement } from '../src/core/sql/analyze.ts';
import type { Dialect } from '../src/core/sql/dialect.ts';
import { goldenCases } from '../test/unit/patterns/golden-cases.ts';
import { statementTexts } from './core.ts';
import { longFile } from './long-file.ts';

interface Sample {
  readonly sql: string;
  readonly catalog: Catalog;
}

/** Longest statement that counts for the percentile, lines. */
const LINES = 100;
const ROUNDS = 3;
/** One in so many golden cases: there are thousands, most of them alike. */
const EVERY = 5;

/** Statements of the golden cases, all of the fixtures and of the sample, up to 100 lines. */
function samples(): Sample[] {
  const catalogs = new Map<string, Catalog>();
  const catalogOf = (ddl: string, dialect: Dialect): Catalog => {
    const key = `${dialect} ${ddl}`;
    const known = catalogs.get(key) ?? catalogFromDdl(ddl, dialect);
    catalogs.set(key, known);
    return known;
  };
  const shop = readFileSync(path.join(root, 'examples', 'shop', 'schema.sql'), 'utf8');
  const fixtures = path.join(root, 'test', 'fixtures', 'sql', 'postgresql');
  const files = [
    path.join(root, 'examples', 'shop', 'slow.sql'),
    ...readdirSync(fixtures).map((name) => path.join(fixtures, name)),
  ];
  return [
    ...goldenCases()
      .filter((_, n) => n % EVERY === 0)
      .map(({ sql, schema, dialect }) => ({ sql, catalog: catalogOf(schema, dialect) })),
    ...files
      .flatMap((file) => statementTexts(readFileSync(file, 'utf8')))
      .map((sql) => ({ sql, catalog: catalogOf(shop, 'postgresql') })),
  ].filter(({ sql }) => sql.split('\n').length <= LINES);
}

export interface MatchingFigures {
  readonly statements: number;
  /** milliseconds per statement, the quickest of a few runs: parsing and resolving left out, then with them */
  readonly matching: Percentiles;
  readonly all: Percentiles;
  /** milliseconds of processor time for the long file in a process that has run nothing yet */
  readonly coldMs: number;
  /** milliseconds over all statements by pattern, the slowest first */
  readonly slowest: readonly (readonly [pattern: string, ms: number])[];
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly most: number;
}

/** To be the first thing that a process does: otherwise the long file is not cold. */
export function measureMatching(): MatchingFigures {
  const coldMs = coldFile();
  const statements = samples();
  const matching: number[] = [];
  const all: number[] = [];
  const byPattern = new Map<string, number>();
  for (const { sql, catalog } of statements) {
    const [own, both] = [[] as number[], [] as number[]];
    for (let round = 0; round < ROUNDS; round++) {
      const began = performance.now();
      const statement = analyzeStatement(sql, catalog);
      const analyzed = performance.now();
      findMatches(statement);
      const end = performance.now();
      own.push(end - analyzed);
      both.push(end - began);
    }
    matching.push(least(own));
    all.push(least(both));
    // what rules share is found by then: the rule's own work is seen
    const statement = analyzeStatement(sql, catalog);
    findMatches(statement);
    for (const pattern of patterns) {
      const began = cpuMs();
      findMatches(statement, { among: [pattern] });
      byPattern.set(pattern.id, (byPattern.get(pattern.id) ?? 0) + cpuMs() - began);
    }
  }
  const slowest = [...byPattern].sort((a, b) => b[1] - a[1]).slice(0, 12);
  return {
    statements: statements.length,
    matching: percentiles(matching),
    all: percentiles(all),
    coldMs,
    slowest,
  };
}

/** Milliseconds of processor time of this thread: what else the machine does is not counted. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function coldFile(): number {
  const script = longFile(5000);
  const ddl = readFileSync(path.join(root, 'examples', 'shop', 'schema.sql'), 'utf8');
  const began = cpuMs();
  const catalog = catalogFromDdl(ddl, 'postgresql');
  for (const text of statementTexts(script)) findMatches(analyzeStatement(text, catalog));
  return cpuMs() - began;
}

function percentiles(times: readonly number[]): Percentiles {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) };
}

/** The quickest of a few runs: what other work delayed is left out. */
function least(times: readonly number[]): number {
  return Math.min(...times);
}

/** The figures as text. */
export function matchingText(figures: MatchingFigures): string {
  const line = (name: string, { p50, p95, p99, most }: Percentiles): string =>
    `${name.padEnd(28)} p50 ${p50.toFixed(2)}  p95 ${p95.toFixed(2)}  p99 ${p99.toFixed(2)}  most ${most.toFixed(2)} ms`;
  return [
    `Matching ${patterns.length} patterns on ${figures.statements} statements of up to ${LINES} lines`,
    line('matching alone', figures.matching),
    line('parse, resolve and match', figures.all),
    `a file of 5000 lines from cold: ${figures.coldMs.toFixed(0)} ms of processor time`,
    'slowest patterns over all statements:',
    ...figures.slowest.map(([id, ms]) => `  ${id.padEnd(36)} ${ms.toFixed(1)} ms`),
  ].join('\n');
}
