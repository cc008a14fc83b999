import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Node } from '../../../src/core/sql/ast.ts';
import { DIALECTS } from '../../../src/core/sql/dialect.ts';
import { tokenize } from '../../../src/core/sql/lexer.ts';
import { parseStatement } from '../../../src/core/sql/parse.ts';
import { printParenthesized, printTree } from '../../../src/core/sql/print.ts';
import { walk } from '../../../src/core/sql/walk.ts';
import { fixtureStatements } from './reference-parser.ts';

const STATEMENTS = ['postgresql', 'mysql', 'tsql'].flatMap((folder) =>
  fixtureStatements(folder).map(({ sql }) => sql),
);

/** Lossless, well-formed, and nothing reported outside of the text. */
function checkParsed(sql: string, dialect: (typeof DIALECTS)[number]): void {
  const { tree, tokens, opaque, errors } = parseStatement(sql, dialect);
  assert.equal(printTree(sql, tree), sql);
  assert.equal(tokens.map(({ text }) => text).join(''), sql);
  printParenthesized(sql, tree);
  for (const { start, end } of [...opaque, ...errors])
    assert.ok(0 <= start && start <= end && end <= sql.length);
}

/** No node but an empty one begins or ends with white space. */
function checkTrimmed(sql: string, tree: Node): void {
  walk(tree, ({ kind, start, end }) => {
    const text = sql.slice(start, end);
    assert.equal(text.trim(), text, `${kind} has white space around it: ${JSON.stringify(text)}`);
  });
}

test('every statement of every dialect prints as it was written, whatever dialect it is taken for', () => {
  for (const sql of STATEMENTS) {
    for (const dialect of DIALECTS) {
      checkParsed(sql, dialect);
      const { tree, errors } = parseStatement(sql, dialect);
      if (errors.length === 0) checkTrimmed(sql, tree);
    }
  }
});

test('a half-typed statement has a tree at every keystroke', () => {
  for (const sql of STATEMENTS.filter((_, index) => index % 9 === 0)) {
    for (let end = 0; end <= sql.length; end += 3) checkParsed(sql.slice(0, end), 'postgresql');
  }
});

test('no edit of a statement loses a character or throws', () => {
  const dialect = fc.constantFrom(...DIALECTS);
  const statement = fc.constantFrom(...STATEMENTS);
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  const pieces = [
    '(',
    ')',
    ',',
    ' ',
    '[',
    ']',
    "'",
    '"',
    ' FROM ',
    ' SELECT ',
    ' AS ',
    '.',
    ' NOT ',
    ' WHEN ',
    ';',
    '*',
  ];
  const edit = fc.record({ at: place, cut: fc.nat(12), insert: fc.constantFrom('', ...pieces) });
  fc.assert(
    fc.property(
      dialect,
      statement,
      fc.array(edit, { minLength: 1, maxLength: 5 }),
      (language, sql, edits) => {
        let text = sql;
        for (const { at, cut, insert } of edits) {
          const from = Math.floor(at * text.length);
          text = text.slice(0, from) + insert + text.slice(from + cut);
        }
        checkParsed(text, language);
      },
    ),
    { numRuns: 1500, seed: 7 },
  );
});

test('words of two statements thrown together have a tree', () => {
  const statement = fc.constantFrom(...STATEMENTS);
  fc.assert(
    fc.property(statement, statement, fc.infiniteStream(fc.boolean()), (first, second, choice) => {
      const tokens = [...tokenize(first, 'postgresql'), ...tokenize(second, 'postgresql')];
      const chosen = tokens.filter(() => choice.next().value);
      checkParsed(chosen.map(({ text }) => text).join(' '), 'postgresql');
    }),
    { numRuns: 600, seed: 7 },
  );
});

test('any text has a tree', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.constantFrom(...DIALECTS), checkParsed),
    { numRuns: 1000, seed: 7 },
  );
});

const TIMES = 10_000;
const many = (piece: string, times = TIMES): string => piece.repeat(times);

/** Statements that are long or deep in one way each. */
const EXTREMES: Readonly<Record<string, string>> = {
  'parentheses in parentheses': `SELECT ${many('(')}1${many(')')}`,
  'parentheses that never close': `SELECT ${many('(')}1`,
  'parentheses that never opened': `SELECT 1${many(')')}`,
  'a chain of ORs': `SELECT * FROM t WHERE a${many(' OR a = 1 AND b')}`,
  'a list of 50,000': `SELECT * FROM t WHERE a IN (0${many(', 1', 50_000)})`,
  'NOT after NOT': `SELECT ${many('NOT ')}a`,
  'minus after minus': `SELECT ${many('- ')}a`,
  'a long concatenation': `SELECT a${many(' || b')}`,
  'casts of casts': `SELECT a${many('::int')}`,
  'subscripts of subscripts': `SELECT a${many('[1]')}`,
  'CASE in CASE': `SELECT ${many('CASE WHEN a THEN ')}1`,
  'calls in calls': `SELECT ${many('f(')}1${many(')')}`,
  'subqueries in subqueries': `SELECT ${many('(SELECT ')}1${many(')')}`,
  'derived tables in derived tables': `${many('SELECT * FROM (')}SELECT 1${many(') x')}`,
  'WITH in WITH': `${many('WITH x AS (')}SELECT 1${many(') SELECT 1')}`,
  'a chain of UNIONs': `SELECT 1${many(' UNION SELECT 1')}`,
  'UNIONs in parentheses': `${many('(SELECT 1 UNION ')}SELECT 1${many(')')}`,
  'a chain of joins': `SELECT * FROM a${many(' JOIN b ON true')}`,
  'joins without conditions': `SELECT * FROM a${many(' JOIN b')}`,
  'EXPLAIN of EXPLAIN': `${many('EXPLAIN ')}SELECT 1`,
  'arrays in arrays': `SELECT ARRAY${many('[')}1${many(']')}`,
  'windows in windows': `SELECT ${many('sum(a) OVER (ORDER BY ')}1`,
  'grouping sets in grouping sets': `SELECT 1 GROUP BY ${many('GROUPING SETS (')}a${many(')')}`,
  'nested columns of JSON_TABLE': `SELECT * FROM JSON_TABLE(a, '$' ${many("COLUMNS (NESTED '$' ")}`,
  'many rows': `INSERT INTO t VALUES (0)${many(", (1, 'a', now())")}`,
  'keywords without an end': `${many('SELECT ')}${many('FROM ')}${many('WHERE ')}${many('WITH ')}`,
};

for (const [name, sql] of Object.entries(EXTREMES)) {
  test(`reads ${name} without running out of stack`, () => {
    for (const dialect of ['postgresql', 'mysql', 'tsql'] as const) {
      const { tree } = parseStatement(sql, dialect);
      assert.equal(printTree(sql, tree), sql);
    }
  });
}

test('a chain of 10,000 ORs is understood to its end', () => {
  const sql = `SELECT * FROM t WHERE a${many(' OR a = 1 AND b')}`;
  const parsed = parseStatement(sql, 'postgresql');
  assert.deepEqual(parsed.errors, []);
  let binary = 0;
  walk(parsed.tree, (node) => {
    if (node.kind === 'binary') binary++;
  });
  assert.equal(binary, 3 * TIMES);
});
