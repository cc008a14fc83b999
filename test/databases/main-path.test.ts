/**
 * The main job through the command line on every PostgreSQL at hand: all slow queries of the sample shop are
 * optimized, verified and measured. Speedups are ratios of runs taken in turns, so the machine's speed cancels out.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { runCommandLine } from '../../src/cli/run.ts';
import type { OptimizedStatement } from '../../src/cli/verbs/optimize.ts';
import { withDatabase } from '../servers/with-database.ts';

const SHOP = new URL('../../examples/shop/', import.meta.url);
const SLOW = new URL('slow.sql', SHOP).pathname;

/** The sample queries that must get a verified rewrite, and those of them that must measure 2× or better. */
const LEAST_VERIFIED = 20;
const LEAST_TWICE_AS_FAST = 15;

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

for (const server of ['PostgreSQL 18', 'PostgreSQL 15'] as const) {
  describe(`the sample shop on ${server}`, () => {
    const database = withDatabase(server, setup);
    test('most slow queries get a verified rewrite that measures at least twice as fast', async (context) => {
      const run = await sqlopt(
        'optimize',
        SLOW,
        '--measure',
        '--runs',
        '5',
        '--json',
        '--connection',
        database.url,
      );
      check(run, (line) => context.diagnostic(line));
    });
  });
}

describe('the sample shop on the embedded PostgreSQL', () => {
  test('most slow queries get a verified rewrite that measures at least twice as fast', async (context) => {
    const url = `embedded:?init=${encodeURIComponent(new URL('shop.sql', SHOP).pathname)}`;
    const run = await sqlopt('optimize', SLOW, '--measure', '--runs', '5', '--json', '--connection', url);
    check(run, (line) => context.diagnostic(line));
  });
});

function check(run: Run, say: (line: string) => void): void {
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
  assert.ok(verified.length >= LEAST_VERIFIED, `${verified.length} verified rewrites`);
  assert.ok(twice.length >= LEAST_TWICE_AS_FAST, `${twice.length} queries at least twice as fast`);
}

function row(statement: OptimizedStatement): string {
  const best = statement.candidates.find((candidate) => candidate.id === statement.best);
  const speedup = best?.measured ? `${best.measured.speedup.toFixed(1)}×` : '';
  return `line ${statement.range.line}: ${best ? `${best.evidence.level} ${speedup} ${best.patterns.join(' + ')}` : statement.reason}`;
}
