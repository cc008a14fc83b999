import assert from 'node:assert/strict';
import { test } from 'node:test';
import nodeSqlParser from 'node-sql-parser';
import type { Dialect } from '../../../src/core/sql/dialect.ts';
import { parseStatement } from '../../../src/core/sql/parse.ts';
import { walk } from '../../../src/core/sql/walk.ts';
import { isFor } from '../../fixtures/sql/mysql-only.ts';
import { fixtureStatements } from './reference-parser.ts';

const FIXTURES: readonly { dialect: Dialect; folder: string; other: string }[] = [
  { dialect: 'mysql', folder: 'mysql', other: 'mysql' },
  { dialect: 'mariadb', folder: 'mysql', other: 'mariadb' },
  { dialect: 'tsql', folder: 'tsql', other: 'transactsql' },
];

function statementsFor(dialect: Dialect, folder: string): string[] {
  const statements = fixtureStatements(folder).filter(
    ({ file }) => file === 'everyday.sql' || dialect === 'tsql',
  );
  return statements.map(({ sql }) => sql).filter((sql) => dialect === 'tsql' || isFor(sql, dialect));
}

/** The names in FROM: tables and common table expressions. */
function tables(sql: string, dialect: Dialect): Set<string> {
  const found = new Set<string>();
  walk(parseStatement(sql, dialect).tree, (node) => {
    if (node.kind === 'table') found.add((node.name.at(-1) ?? node.name[0]).name.toLowerCase());
  });
  return found;
}

const parser = new nodeSqlParser.Parser();

/** The same by another parser; null where it rejects the statement. */
function otherTables(sql: string, database: string): string[] | null {
  try {
    const names = parser.tableList(sql, { database }).map((entry) => entry.split('::').at(-1) ?? '');
    return names.map((name) => name.toLowerCase());
  } catch {
    return null;
  }
}

for (const { dialect, folder, other } of FIXTURES) {
  test(`everyday statements of ${dialect} are understood`, () => {
    for (const sql of statementsFor(dialect, folder)) {
      assert.deepEqual(parseStatement(sql, dialect).errors, [], sql);
    }
  });

  test(`every table that node-sql-parser finds in queries of ${dialect} is found`, (t) => {
    let compared = 0;
    const differing: string[] = [];
    for (const sql of statementsFor(dialect, folder).filter((text) => /^\(?(?:SELECT|WITH)\b/.test(text))) {
      const theirs = otherTables(sql, other);
      // of ##shared it makes #
      if (theirs === null || theirs.includes('#')) continue;
      compared++;
      const ours = tables(sql, dialect);
      const missed = theirs.filter((name) => !ours.has(name));
      if (missed.length > 0) differing.push(`${sql}\n  missed: ${missed}`);
    }
    t.diagnostic(`${compared} statements compared`);
    assert.deepEqual(differing, []);
  });
}
