/**
 * The main job through the command line on every PostgreSQL at hand: the slow queries of the sample shop are optimized,
 * verified and measured; all of them on one server, the quick ones on the others. Speedups are ratios of runs taken in turns, so the machine's speed cancels out.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCommandLine } from '../../src/cli/run.ts';
import type { OptimizedStatement } from '../../src/cli/verbs/optimize.ts';
import { splitStatements } from '../../src/core/sql/splitter.ts';
import { withDatabase } from '../servers/with-database.ts';

const SHOP = new URL('../../examples/shop/', import.meta.url);
const SLOW = new URL('slow.sql', SHOP).pathname;

/** How many of the queries must get a verified better rewrite, and how many of them must measure 2× or better. */
interface Least {
  readonly verified: number;
  readonly twiceAsFast: number;
}

const ALL: Least = { verified: 30, twiceAsFast: 20 };
/** The queries of `slow.sql` that the other servers optimize as well: quick ones, of different kinds. */
const QUICK = { from: 5, to: 10, least: { verified: 5, twiceAsFast: 4 } } as const;

interface Run {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

async function sqlopt(...args: string[]): Promise<Run> {
  let output = '';
  let errors = '';
  const status = await runCommandLine(args, {
    env: {},
    stdout: (text) => {
      output += text;
    },
    stderr: (text) => {
      errors += text;
    },
  });
  return { status, output, errors };
}

async function shopSetup(): Promise<string> {
  const parts = ['schema.sql', 'data.sql'].map((name) => readFile(new URL(name, SHOP), 'utf8'));
  return (await Promise.all(parts)).join('\n');
}

const setup = await shopSetup();

// The slowest original takes 11 s: it is stopped, and its rewrites race against the limit.
const optimize = [
  ...['optimize', '--no-model', '--measure', '--runs', '3', '--timeout', '5', '--json', '--connection'],
] as const;

describe('the sample shop on PostgreSQL 18', () => {
  const database = withDatabase('PostgreSQL 18', setup);
  test('slow queries get a verified rewrite that measures at least twice as fast', async (context) => {
    const run = await sqlopt(...optimize, database.url, SLOW);
    check(run, ALL, (line) => context.diagnostic(line));
  });
});

describe('queries of the sample shop on other servers', () => {
  const older = withDatabase('PostgreSQL 15', setup);
  let folder = '';
  let quick = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-shop-'));
    quick = path.join(folder, 'quick.sql');
    const source = await readFile(SLOW, 'utf8');
    const statements = splitStatements(source, 'postgresql').slice(QUICK.from - 1, QUICK.to);
    await writeFile(quick, statements.map(({ start, end }) => `${source.slice(start, end)};\n`).join(''));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('PostgreSQL 15: the same path', async (context) => {
    check(await sqlopt(...optimize, older.url, quick), QUICK.least, (line) => context.diagnostic(line));
  });

  test('embedded PostgreSQL: the same path', async (context) => {
    const url = `embedded:?init=${encodeURIComponent(new URL('shop.sql', SHOP).pathname)}`;
    check(await sqlopt(...optimize, url, quick), QUICK.least, (line) => context.diagnostic(line));
  });
});

function check(run: Run, least: Least, say: (line: string) => void): void {
  assert.equal(run.status, 0, run.errors);
  const { statements } = JSON.parse(run.output) as { statements: OptimizedStatement[] };
  for (const statement of statements) say(row(statement));
  const refuted = statements.flatMap((statement) => statement.refuted);
  assert.deepEqual(refuted, [], 'no rewrite of the sample queries is refuted');
  const best = statements.flatMap((s) => s.candidates.filter((candidate) => candidate.id === s.best));
  const verified = best.filter((candidate) => candidate.evidence.level !== 'unverified');
  const twice = best.filter((candidate) => (candidate.measured?.speedup ?? 0) >= 2);
  say(
    `${statements.length} queries, ${verified.length} with a verified better rewrite, ${twice.length} at least 2×`,
  );
  assert.ok(verified.length >= least.verified, `${verified.length} verified rewrites`);
  assert.ok(twice.length >= least.twiceAsFast, `${twice.length} queries at least twice as fast`);
}

function row(statement: OptimizedStatement): string {
  const best = statement.candidates.find((candidate) => candidate.id === statement.best);
  const speedup = best?.measured ? `${best.measured.speedup.toFixed(1)}×` : '';
  return `line ${statement.range.line}: ${best ? `${best.evidence.level} ${speedup} ${best.patterns.join(' + ')}` : statement.reason}`;
}
