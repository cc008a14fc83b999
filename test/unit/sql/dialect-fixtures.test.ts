/**
 * How much of MySQL, MariaDB and SQL Server is understood: a few hundred statements from simple to nasty, statement by statement.
 * `test/databases/mysql/parser-oracle.test.ts` asks a live MariaDB whether it takes them at all.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dialect } from '../../../src/core/sql/dialect.ts';
import { parseStatement } from '../../../src/core/sql/parse.ts';
import { statementKind } from '../../../src/core/sql/statement-facts.ts';
import { walk } from '../../../src/core/sql/walk.ts';
import { isFor } from '../../fixtures/sql/mysql-only.ts';
import { fixtureStatements } from './reference-parser.ts';

interface Least {
  /** statements that are read to their end */
  readonly read: number;
  /** statements without an opaque part */
  readonly whole: number;
  /** queries and writes without an opaque part */
  readonly analyzed: number;
}

const ALL: Least = { read: 0.99, whole: 0.98, analyzed: 0.99 };
/** The kinds of statements that are analyzed and rewritten. */
const REWRITTEN = new Set(['select', 'insert', 'update', 'delete', 'merge']);

for (const [dialect, folders, least] of [
  ['mysql', ['mysql'], ALL],
  ['mariadb', ['mysql', 'mariadb'], ALL],
  ['tsql', ['tsql'], ALL],
] as const) {
  test(`statements of ${dialect} are read`, (context) => {
    const statements = folders
      .flatMap(fixtureStatements)
      .filter(({ sql }) => dialect === 'tsql' || isFor(sql, dialect));
    assert.ok(statements.length >= 300, `${statements.length} statements`);
    const files = new Map<string, Rate>();
    const all = newRate();
    const analyzed = newRate();
    for (const { file, sql } of statements) {
      const found = readingOf(sql, dialect);
      const rate = files.get(file) ?? newRate();
      files.set(file, rate);
      for (const each of REWRITTEN.has(found.kind) ? [rate, all, analyzed] : [rate, all]) add(each, found);
      if (found.problem !== null) context.diagnostic(`not read: ${sql.slice(0, 90)} (${found.problem})`);
    }
    for (const [file, rate] of files) context.diagnostic(`${file}: ${rateText(rate)}`);
    context.diagnostic(`${dialect}: ${rateText(all)}`);
    context.diagnostic(`queries and writes: ${rateText(analyzed)}`);
    assert.ok(all.read >= least.read * all.count, rateText(all));
    assert.ok(all.whole >= least.whole * all.count, rateText(all));
    assert.ok(analyzed.whole >= least.analyzed * analyzed.count, rateText(analyzed));
  });
}

interface Rate {
  count: number;
  /** without a syntax problem */
  read: number;
  /** and without an opaque part */
  whole: number;
}

function newRate(): Rate {
  return { count: 0, read: 0, whole: 0 };
}

interface Reading {
  readonly kind: string;
  readonly problem: string | null;
  readonly opaque: boolean;
}

function readingOf(sql: string, dialect: Dialect): Reading {
  const { tree, errors } = parseStatement(sql, dialect);
  let opaque = false;
  walk(tree, (node) => {
    if (node.kind === 'opaque' && node.inert !== true) opaque = true;
  });
  return { kind: statementKind(tree), problem: errors[0]?.message ?? null, opaque };
}

function add(rate: Rate, { problem, opaque }: Reading): void {
  rate.count++;
  if (problem === null) rate.read++;
  if (problem === null && !opaque) rate.whole++;
}

function rateText({ count, read, whole }: Rate): string {
  const share = (part: number) => `${((100 * part) / count).toFixed(1)} %`;
  return `${count} statements, ${share(read)} read, ${share(whole)} without an opaque part`;
}
