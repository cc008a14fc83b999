import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { loadModule, parseSync } from 'libpg-query';
import { DIALECTS, type Dialect, isDialect } from '../../../src/core/sql/dialect.ts';
import { tokenize } from '../../../src/core/sql/lexer.ts';
import { parseStatement } from '../../../src/core/sql/parse.ts';
import { type StatementRange, splitStatements } from '../../../src/core/sql/splitter.ts';
import { isTrivia } from '../../../src/core/sql/tokens.ts';
import { spacedSqlText, sqlText } from './arbitraries.ts';
import { fixtureStatements } from './reference-parser.ts';

/** Which statement of the fixtures stands behind which. */
const PAIRINGS = [
  [7, 3],
  [1, 1],
  [13, 17],
] as const;
const WHOLE_BATCH = /^CREATE (?:OR ALTER )?(?:PROC|FUNCTION|TRIGGER|VIEW)/;

const FIXTURES = new URL('../../fixtures/splitter/', import.meta.url);

interface Fixture {
  readonly name: string;
  readonly dialect: Dialect;
  readonly count: number;
  readonly source: string;
}

function fixtures(): Fixture[] {
  return readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.sql'))
    .map((path) => {
      const [folder = '', name = ''] = path.split('/');
      assert.ok(isDialect(folder), path);
      const count = Number(/\.(\d+)\.sql$/.exec(name)?.[1]);
      return { name: path, dialect: folder, count, source: readFileSync(new URL(path, FIXTURES), 'utf8') };
    });
}

function statements(source: string, dialect: Dialect): string[] {
  return splitStatements(source, dialect).map((range) => source.slice(range.start, range.end));
}

/** The statements as PostgreSQL's own parser splits them; null when it refuses one. */
function serverStatements(source: string): string[] | null {
  const bytes = Buffer.from(source);
  try {
    const { stmts = [] } = parseSync(source);
    return stmts.map(({ stmt_location: start = 0, stmt_len: length }) =>
      bytes
        .subarray(start, length ? start + length : undefined)
        .toString()
        .replace(/;\s*$/, ''),
    );
  } catch {
    return null;
  }
}

function withoutComments(statement: string): string {
  const tokens = tokenize(statement, 'postgresql').filter((token) => !isTrivia(token));
  return tokens.map((token) => token.text).join(' ');
}

/** What must hold for every text. */
function checkRanges(source: string, ranges: readonly StatementRange[], dialect: Dialect): void {
  let at = 0;
  for (const range of ranges) {
    assert.ok(at <= range.leadingStart, 'ranges overlap');
    assert.ok(
      range.leadingStart <= range.start && range.start <= range.end && range.end <= range.terminatorEnd,
    );
    assert.ok(range.end > range.start || range.kind === 'copyData', 'an empty statement');
    checkGap(source.slice(at, range.start), dialect);
    if (range.kind === 'sql') {
      const text = source.slice(range.start, range.end);
      assert.equal(text.trimStart(), text);
      assert.match(source.slice(range.end, range.terminatorEnd), /^(?:[^;]*;|\s*\\[\s\S]*|[\s\S]{0,200})$/);
    }
    at = range.terminatorEnd;
  }
  assert.ok(at <= source.length);
  checkGap(source.slice(at), dialect);
}

/** Between statements stand only trivia, lone terminators, and what ends a psql command or a GO line. */
function checkGap(gap: string, dialect: Dialect): void {
  const text = gap.replace(/^[ \t]*(?:\\\\|;?[ \t]*--[^\r\n]*)/, '');
  for (const token of tokenize(text, dialect)) {
    if (isTrivia(token) || token.text === ';') continue;
    // a delimiter that DELIMITER has set, arguments behind it, the end of COPY's data
    if (/DELIMITER/i.test(gap) || /^[\\./$;]+$/.test(token.text) || token.kind === 'unknown') continue;
    assert.fail(`${JSON.stringify(token.text)} belongs to no statement: ${JSON.stringify(gap)}`);
  }
}

describe('splitting scripts', () => {
  const all = fixtures();
  it('has fixtures of every dialect', () => {
    assert.ok(all.length >= 30);
    assert.deepEqual(new Set(all.map((fixture) => fixture.dialect)), new Set(DIALECTS));
  });

  for (const { name, dialect, count, source } of all) {
    it(`finds ${count} pieces in ${name}`, () => {
      const ranges = splitStatements(source, dialect);
      const found = ranges.map((range) => `${range.kind}: ${source.slice(range.start, range.end)}`);
      assert.equal(found.length, count, found.join('\n————\n'));
      checkRanges(source, ranges, dialect);
    });
  }

  it('finds what the parser of the PostgreSQL server finds, in every fixture that it accepts', async () => {
    await loadModule();
    let compared = 0;
    for (const { name, source } of all.filter((fixture) => fixture.dialect === 'postgresql')) {
      const expected = serverStatements(source);
      if (expected === null) continue;
      compared++;
      assert.deepEqual(
        splitStatements(source, 'postgresql').map((range) =>
          withoutComments(source.slice(range.start, range.end)),
        ),
        expected.map(withoutComments),
        name,
      );
    }
    assert.ok(compared >= 8, `${compared} fixtures`);
  });

  it('gives the statement without terminator, with the comments right above it apart', () => {
    const source = '-- file\n\n-- why\n/* how */ SELECT 1 ; -- trailing\nSELECT 2';
    const [first, second] = splitStatements(source, 'postgresql');
    assert.ok(first && second);
    assert.equal(source.slice(first.start, first.end), 'SELECT 1');
    assert.equal(source.slice(first.leadingStart, first.start), '-- why\n/* how */ ');
    assert.equal(source.slice(first.end, first.terminatorEnd), ' ;');
    assert.equal(second.leadingStart, second.start);
    assert.equal(source.slice(second.start, second.terminatorEnd), 'SELECT 2');
  });

  it('tells commands and data from statements', () => {
    const kinds = (source: string, dialect: Dialect) =>
      splitStatements(source, dialect).map((range) => range.kind);
    assert.deepEqual(kinds('\\d t\nCOPY t FROM stdin;\n1\n\\.\nSELECT 1;', 'postgresql'), [
      'psql',
      'sql',
      'copyData',
      'sql',
    ]);
    assert.deepEqual(kinds('DELIMITER //\nSELECT 1//', 'mysql'), ['delimiter', 'sql']);
    assert.deepEqual(kinds('SELECT 1\nGO 5\n', 'tsql'), ['sql', 'batch']);
  });

  it('cuts the statement that is being typed where the next one begins', () => {
    assert.deepEqual(statements("SELECT 'a\n\nSELECT 'b', 'c';\n\nSELECT 1;", 'postgresql'), [
      "SELECT 'a",
      "SELECT 'b', 'c'",
      'SELECT 1',
    ]);
    assert.deepEqual(statements("SELECT 'a;\nSELECT 'b';", 'postgresql'), ["SELECT 'a", "SELECT 'b'"]);
    assert.deepEqual(statements('SELECT a FROM\n\n-- next\nSELECT b;', 'mysql'), [
      'SELECT a FROM',
      'SELECT b',
    ]);
  });

  it('reads the data of COPY as it is', () => {
    const source = "COPY t FROM stdin;\r\n1\t'\r\n2\t;\r\n\\.\r\nSELECT 1;\r\n";
    assert.deepEqual(statements(source, 'postgresql'), ['COPY t FROM stdin', "1\t'\r\n2\t;", 'SELECT 1']);
  });

  it('finds two statements of T-SQL again that stand one after the other, with a semicolon between them or without', () => {
    const all = fixtureStatements('tsql').map(({ sql }) => sql.replace(/;$/, ''));
    const wrong: string[] = [];
    let tried = 0;
    for (const [i, first] of all.entries()) {
      // what a routine or a view is made of goes on to the end of the batch
      if (WHOLE_BATCH.test(first)) continue;
      for (const [factor, offset] of PAIRINGS) {
        const second = all[(i * factor + offset) % all.length] ?? '';
        if (WHOLE_BATCH.test(second)) continue;
        for (const between of ['\n', ' ', ';\n', ';', ' -- x;\n', '\nGO\n']) {
          // WITH needs a semicolon before it, and so does a query in parentheses
          if (/^(?:WITH\b|\()/.test(second) && !/^;|GO/.test(between)) continue;
          const found = statements(`${first}${between}${second};`, 'tsql').filter((text) => text !== 'GO');
          tried++;
          if (found.length !== 2 || found[0] !== first || found[1] !== second)
            wrong.push(`${first}${between}${second}\n→ ${found.join('\n→ ')}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(tried > 5000, `${tried} pairs`);
  });

  it('cuts scripts of T-SQL into statements that are right each', () => {
    for (const { name, source } of all.filter(
      (one) => one.dialect === 'tsql' && !one.name.includes('typed') && one.name !== 'tsql/names-and-strings',
    )) {
      for (const { kind, start, end } of splitStatements(source, 'tsql')) {
        if (kind !== 'sql') continue;
        const { errors } = parseStatement(source.slice(start, end), 'tsql');
        assert.deepEqual(errors, [], `${name}: ${source.slice(start, end)}`);
      }
    }
  });

  it('never throws, overlaps or loses a token in any text', () => {
    const check = (source: string) => {
      for (const dialect of DIALECTS) checkRanges(source, splitStatements(source, dialect), dialect);
    };
    fc.assert(fc.property(sqlText, check), { numRuns: 1000 });
    fc.assert(fc.property(spacedSqlText, check), { numRuns: 1000 });
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 100 }), check), { numRuns: 300 });
  });

  it('takes every fixture cut off anywhere and with pieces exchanged', () => {
    for (const { source, dialect } of all) {
      for (let end = 0; end < source.length; end += 7) {
        const text = source.slice(0, end);
        checkRanges(text, splitStatements(text, dialect), dialect);
        const mutated = source.slice(0, end) + source.slice(end + 3);
        checkRanges(mutated, splitStatements(mutated, dialect), dialect);
      }
    }
  });
});
