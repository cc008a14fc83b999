/**
 * Statements of T-SQL that are read as a verb with its names, values and options: what runs a script (PRINT, SET, THROW,
 * FETCH, COMMIT …) and what manages a database (ALTER INDEX, DROP, GRANT …).
 */
import type { Command, Expression, Property } from '../../ast.ts';
import { parseAssignment } from '../assignments.ts';
import { parseTableElements } from '../create-table.ts';
import type { Cursor } from '../cursor.ts';
import { parseExpression, parseExpressions } from '../expressions.ts';
import { closeParens, isLabel, isName, type Name, parseName, parseQualifiedName } from '../names.ts';
import { parseQuery } from '../query.ts';
import { parseType } from '../types.ts';
import { finishCursor } from './declare.ts';
import { readVariable } from './procedure-call.ts';
import { readOptions } from './properties.ts';

interface Parts {
  readonly names: Name[];
  readonly values: Expression[];
  readonly options: Property[];
  readonly words: string[];
  assignment: Command['assignment'];
  cursor: Command['cursor'];
  type: Command['type'];
  columns: Command['columns'];
  constraints: Command['constraints'];
}

function newParts(): Parts {
  return {
    names: [],
    values: [],
    options: [],
    words: [],
    assignment: null,
    cursor: null,
    type: null,
    columns: [],
    constraints: [],
  };
}

type Reader = (c: Cursor, parts: Parts) => void;

/** By the first words, the longer before the shorter; how what follows them is read. */
const COMMANDS: readonly (readonly [string, Reader])[] = [
  ['PRINT', readValue],
  ['RETURN', readReturned],
  ['THROW', readValues],
  ['RAISERROR', readRaised],
  ['WAITFOR DELAY', readValue],
  ['WAITFOR TIME', readValue],
  ['GOTO', readNames],
  ['BREAK', readNothing],
  ['CONTINUE', readNothing],
  ['BEGIN TRANSACTION', readTransaction],
  ['BEGIN TRAN', readTransaction],
  ['BEGIN DISTRIBUTED', readTransaction],
  ['COMMIT', readTransaction],
  ['ROLLBACK', readTransaction],
  ['SAVE TRANSACTION', readTransaction],
  ['SAVE TRAN', readTransaction],
  ['OPEN', readCursorName],
  ['CLOSE', readCursorName],
  ['DEALLOCATE', readCursorName],
  ['FETCH', readFetch],
  ['USE', readNames],
  ['SET', readSet],
  ['TRUNCATE TABLE', readNames],
  ['DROP', readDropped],
  ['ALTER INDEX', readIndex],
  ['UPDATE STATISTICS', readNames],
  ['CREATE STATISTICS', readStatistics],
  ['CREATE SEQUENCE', readSettings],
  ['ALTER SEQUENCE', readSettings],
  ['CREATE SYNONYM', readSynonym],
  ['CREATE TYPE', readType],
  ['CREATE SCHEMA', readNames],
  ['GRANT', readPermissions],
  ['DENY', readPermissions],
  ['REVOKE', readPermissions],
  ['ENABLE TRIGGER', readOn],
  ['DISABLE TRIGGER', readOn],
  ['BULK INSERT', readBulk],
  ['EXECUTE AS', readValueOfName],
  ['EXEC AS', readValueOfName],
  ['REVERT', readNothing],
  ['CHECKPOINT', readNothing],
  ['RECONFIGURE', readWords],
  ['KILL', readValue],
  ['DBCC', readConsole],
];

/** The statement, or null (and nothing read) when it is none of these. No rule edits it. */
export function parseCommand(c: Cursor): Command | null {
  if (isLabel(c.token) && c.peek(1).text === ':' && c.peek(2).text === '') return parseLabelStatement(c);
  const found = COMMANDS.find(([words]) => words.split(' ').every((word, i) => c.peek(i).upper === word));
  if (!found) return null;
  const [verb, read] = found;
  const { start } = c.token;
  for (let i = 0; i < verb.split(' ').length; i++) c.advance();
  const parts = newParts();
  read(c, parts);
  readWithOptions(c, parts);
  if (!c.atClose) c.unexpectedUntil(() => false);
  return finish(c, start, verb, parts);
}

function finish(c: Cursor, start: number, verb: string, parts: Parts): Command {
  const words = parts.words.join(' ');
  return c.kept({ kind: 'command', start, end: c.lastEnd, verb, ...parts, words }, 'a command');
}

/** `again:`, what GOTO goes to */
function parseLabelStatement(c: Cursor): Command {
  const { start } = c.token;
  const parts = newParts();
  parts.names.push([parseName(c)]);
  c.advance();
  return finish(c, start, 'LABEL', parts);
}

/** WITH (name = value) or WITH words, if they are next. */
function readWithOptions(c: Cursor, parts: Parts): void {
  if (!c.is('WITH')) return;
  c.advance();
  if (c.isSymbol('(')) parts.options.push(...readOptions(c));
  else readWords(c, parts);
}

function readNothing(): void {}

/** All words up to the end, whatever they are. */
function readWords(c: Cursor, parts: Parts): void {
  while (!c.atClose) {
    parts.words.push(c.token.text.toUpperCase());
    c.skip();
  }
}

/** Read that word, if it is next, among the words of the statement. */
function acceptWord(c: Cursor, parts: Parts, ...words: readonly string[]): boolean {
  if (!words.includes(c.token.upper)) return false;
  parts.words.push(c.advance().upper);
  return true;
}

function readValue(c: Cursor, parts: Parts): void {
  if (!c.atClose) parts.values.push(parseExpression(c));
}

function readValues(c: Cursor, parts: Parts): void {
  if (!c.atClose) parts.values.push(...parseExpressions(c));
}

/** RETURN, RETURN 1, RETURN (query), RETURN query */
function readReturned(c: Cursor, parts: Parts): void {
  if (!c.atQueryWord) {
    readValue(c, parts);
    return;
  }
  const query = parseQuery(c);
  parts.values.push({ kind: 'subquery', start: query.start, end: query.end, query });
}

/** RAISERROR (message, severity, state, arguments) WITH NOWAIT */
function readRaised(c: Cursor, parts: Parts): void {
  const parenthesized = c.acceptSymbol('(');
  readValues(c, parts);
  if (parenthesized) closeParens(c);
}

/** [TRAN[SACTION] | WORK] [name | @name] */
function readTransaction(c: Cursor, parts: Parts): void {
  while (acceptWord(c, parts, 'TRAN', 'TRANSACTION', 'WORK'));
  if (c.token.kind === 'variable') parts.values.push(readVariable(c));
  else if (isName(c, c.token)) parts.names.push([parseName(c)]);
}

/** [GLOBAL] name or @name */
function readCursorName(c: Cursor, parts: Parts): void {
  acceptWord(c, parts, 'GLOBAL');
  if (c.token.kind === 'variable') parts.values.push(readVariable(c));
  else parts.names.push(parseQualifiedName(c));
}

/** [NEXT | PRIOR | FIRST | LAST | ABSOLUTE n | RELATIVE n] [FROM] cursor [INTO @a, @b] */
function readFetch(c: Cursor, parts: Parts): void {
  if (acceptWord(c, parts, 'ABSOLUTE', 'RELATIVE')) parts.values.push(parseExpression(c));
  else acceptWord(c, parts, 'NEXT', 'PRIOR', 'FIRST', 'LAST');
  c.accept('FROM');
  readCursorName(c, parts);
  if (!c.accept('INTO')) return;
  do {
    if (c.token.kind === 'variable') parts.values.push(readVariable(c));
    else c.problem('a variable is missing');
  } while (c.acceptSymbol(','));
}

/** SET @x = value, SET @c = CURSOR FOR query, SET IDENTITY_INSERT t ON, SET TRANSACTION ISOLATION LEVEL …, SET NOCOUNT ON */
function readSet(c: Cursor, parts: Parts): void {
  if (c.token.kind !== 'variable') {
    if (acceptWord(c, parts, 'IDENTITY_INSERT')) parts.names.push(parseQualifiedName(c));
    readWords(c, parts);
  } else if (c.peek(1).text === '=' && c.peek(2).upper === 'CURSOR') {
    const { start } = c.token;
    const name = readVariable(c);
    c.advance();
    parts.cursor = finishCursor(c, start, name);
  } else if (c.peek(1).text === '.') {
    // SET @x.modify('…'): a method of xml
    parts.values.push(parseExpression(c));
  } else parts.assignment = parseAssignment(c);
}

/** Names separated by commas. */
function readNames(c: Cursor, parts: Parts): void {
  if (c.atClose || c.is('WITH')) return;
  do parts.names.push(parseQualifiedName(c));
  while (c.acceptSymbol(','));
  // UPDATE STATISTICS t i; UPDATE STATISTICS t (i, j)
  if (isName(c, c.token)) parts.names.push([parseName(c)]);
  else if (c.isSymbol('(')) readList(c, parts);
}

function readList(c: Cursor, parts: Parts): void {
  c.advance();
  do parts.names.push(parseQualifiedName(c));
  while (c.acceptSymbol(','));
  closeParens(c);
}

/** DROP TABLE [IF EXISTS] a, b; DROP INDEX i ON t, t.i */
function readDropped(c: Cursor, parts: Parts): void {
  // the kind of object: TABLE, VIEW, USER, SECURITY POLICY …
  do parts.words.push(c.advance().upper);
  while (c.token.kind === 'word' && KIND_WORDS.has(c.token.upper));
  c.acceptWords('IF', 'EXISTS');
  do {
    parts.names.push(parseQualifiedName(c));
    if (c.accept('ON') && !c.acceptWords('ALL', 'SERVER') && !c.accept('DATABASE'))
      parts.names.push(parseQualifiedName(c));
  } while (c.acceptSymbol(','));
}

const KIND_WORDS: ReadonlySet<string> = new Set([
  'FUNCTION',
  'SCHEME',
  'POLICY',
  'CATALOG',
  'COLLECTION',
  'INDEX',
  'KEY',
  'SOURCE',
  'FORMAT',
  'TABLE',
  'ROLE',
]);

/** ALTER INDEX i | ALL ON t REBUILD | REORGANIZE | DISABLE | SET (…) [PARTITION = n] */
function readIndex(c: Cursor, parts: Parts): void {
  if (!acceptWord(c, parts, 'ALL')) parts.names.push([parseName(c)]);
  if (c.expect('ON')) parts.names.push(parseQualifiedName(c));
  while (!c.atClose && !c.is('WITH')) {
    if (c.isSymbol('(')) parts.options.push(...readOptions(c));
    else parts.words.push(c.advance().text.toUpperCase());
  }
}

/** CREATE STATISTICS s ON t (a, b) [WHERE condition] */
function readStatistics(c: Cursor, parts: Parts): void {
  parts.names.push([parseName(c)]);
  if (c.expect('ON')) parts.names.push(parseQualifiedName(c));
  if (c.isSymbol('(')) readList(c, parts);
  if (c.accept('WHERE')) parts.values.push(parseExpression(c));
}

/** A name and words with numbers: START WITH 1 INCREMENT BY 1 NO CYCLE */
function readSettings(c: Cursor, parts: Parts): void {
  parts.names.push(parseQualifiedName(c));
  readWords(c, parts);
}

/** CREATE TYPE t AS TABLE (…), CREATE TYPE t FROM type [NOT NULL] */
function readType(c: Cursor, parts: Parts): void {
  parts.names.push(parseQualifiedName(c));
  if (c.acceptWords('AS', 'TABLE')) Object.assign(parts, parseTableElements(c));
  else if (c.expect('FROM')) parts.type = parseType(c);
  if (!c.is('WITH')) readWords(c, parts);
}

/** CREATE SYNONYM s FOR t */
function readSynonym(c: Cursor, parts: Parts): void {
  parts.names.push(parseQualifiedName(c));
  if (c.expect('FOR')) parts.names.push(parseQualifiedName(c));
}

/** permissions [(columns)] [ON [kind::]object] TO | FROM principals */
function readPermissions(c: Cursor, parts: Parts): void {
  while (!c.atClose && !c.is('ON') && !c.is('TO') && !c.is('FROM')) {
    parts.words.push(c.token.text.toUpperCase());
    c.skip();
  }
  if (c.accept('ON')) {
    if (c.peek(1).text === '::') {
      parts.words.push(c.advance().upper);
      c.advance();
    }
    parts.names.push(parseQualifiedName(c));
    if (c.isSymbol('(')) readList(c, parts);
  }
  if (!c.accept('TO')) c.expect('FROM');
  do parts.names.push(parseQualifiedName(c));
  while (c.acceptSymbol(','));
  if (!c.is('WITH')) readWords(c, parts);
}

/** trigger | ALL ON table | DATABASE | ALL SERVER */
function readOn(c: Cursor, parts: Parts): void {
  if (!acceptWord(c, parts, 'ALL')) readNames(c, parts);
  if (!c.accept('ON')) return;
  if (!acceptWord(c, parts, 'DATABASE') && !acceptWord(c, parts, 'ALL'))
    parts.names.push(parseQualifiedName(c));
  else acceptWord(c, parts, 'SERVER');
}

/** BULK INSERT t FROM 'file' WITH (…) */
function readBulk(c: Cursor, parts: Parts): void {
  parts.names.push(parseQualifiedName(c));
  if (c.expect('FROM')) parts.values.push(parseExpression(c));
}

/** EXECUTE AS USER = 'x', EXECUTE AS CALLER */
function readValueOfName(c: Cursor, parts: Parts): void {
  parts.words.push(c.advance().upper);
  if (c.acceptSymbol('=')) readValue(c, parts);
}

/** DBCC FREEPROCCACHE, DBCC SHOW_STATISTICS ('t', i) */
function readConsole(c: Cursor, parts: Parts): void {
  parts.words.push(c.advance().upper);
  if (!c.isSymbol('(')) return;
  c.advance();
  if (!c.isSymbol(')')) readValues(c, parts);
  closeParens(c);
}
