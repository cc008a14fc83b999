/** Calls with words between their arguments: EXTRACT, SUBSTRING, TRIM, POSITION, OVERLAY, DATEADD, MATCH. */
import type { Argument, Expression, FunctionCall } from '../ast.ts';
import { argumentOf, callNode, parseArguments, parseCallSuffix, wordsBetween } from './calls.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseRestricted } from './expressions.ts';
import { closeParens, isLabel, type Name, parseQualifiedName, readIdentifier } from './names.ts';
import {
  parseChangeTable,
  parseFullText,
  parseGraphMatch,
  parseOpenRowset,
  parseParse,
} from './transact/values.ts';
import { parseType } from './types.ts';
import { parseWordedCall, WORDED_CALLS } from './worded-calls.ts';

type Reader = (c: Cursor) => Partial<FunctionCall>;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['EXTRACT', readExtract],
  ['SUBSTRING', readSubstring],
  ['SUBSTR', readSubstring],
  ['TRIM', readTrim],
  ['POSITION', readPosition],
  ['OVERLAY', readOverlay],
  ['NORMALIZE', readNormalize],
]);

/** Those of MySQL and MariaDB. */
const MYSQL_READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['CHAR', readChar],
  ['COLUMN_GET', readColumnGet],
]);

/** Those of T-SQL, with readers of the whole call. */
const TRANSACT_CALLS: ReadonlyMap<string, (c: Cursor) => FunctionCall> = new Map([
  ['PARSE', parseParse],
  ['TRY_PARSE', parseParse],
  ['OPENROWSET', parseOpenRowset],
  ['MATCH', parseGraphMatch],
  ['CHANGETABLE', parseChangeTable],
  ['CONTAINS', parseFullText],
  ['FREETEXT', parseFullText],
  ['CONTAINSTABLE', parseFullText],
  ['FREETEXTTABLE', parseFullText],
]);

/** Functions whose first argument is the name of a unit, by the form of the dialect. */
const UNIT_FIRST: ReadonlySet<string> = new Set([
  'DATEADD',
  'DATEDIFF',
  'DATEDIFF_BIG',
  'DATEPART',
  'DATENAME',
  'DATETRUNC',
  'DATE_BUCKET',
  'TIMESTAMPADD',
  'TIMESTAMPDIFF',
]);

/**
 * A call with a syntax of its own; the current token is its name and a parenthesis follows (or FOR after COLLATION).
 *
 * @returns null when the name has no syntax of its own
 */
export function parseSpecialCall(c: Cursor): FunctionCall | null {
  const word = c.token.upper;
  const reader = READERS.get(word);
  if (reader !== undefined) return readCall(c, reader);
  if (WORDED_CALLS.has(word)) return parseWordedCall(c);
  if (word === 'COLLATION' && c.peek(1).upper === 'FOR') return parseCollationFor(c);
  if (c.grammar.transact) {
    const transact = TRANSACT_CALLS.get(word);
    if (transact !== undefined) return transact(c);
  }
  if (c.grammar.intervalExpressions) {
    if (word === 'MATCH') return parseMatch(c);
    const mysql = MYSQL_READERS.get(word);
    if (mysql !== undefined) return readCall(c, mysql);
  }
  if (!UNIT_FIRST.has(word) || c.peek(2).kind !== 'word' || c.peek(3).text !== ',') return null;
  const unitFirst = word.startsWith('TIMESTAMP') ? c.grammar.intervalExpressions : c.grammar.transact;
  return unitFirst ? readCall(c, readUnitFirst) : null;
}

function readCall(c: Cursor, reader: Reader): FunctionCall {
  const name: Name = [readIdentifier(c)];
  c.advance();
  const from = c.index;
  const parts = c.isSymbol(')') ? {} : reader(c);
  const words = parts.syntax === 'special' ? wordsBetween(c, from, parts.args ?? []) : null;
  closeParens(c);
  return parseCallSuffix(c, name, { ...parts, words });
}

function special(field: string | null, ...values: readonly Expression[]): Partial<FunctionCall> {
  return { syntax: 'special', field, args: values.map(argumentOf) };
}

/** The rest of an argument list in plain syntax after its first value. */
function plain(c: Cursor, first: Expression): Partial<FunctionCall> {
  return { args: restOfArguments(c, first) };
}

function restOfArguments(c: Cursor, first: Expression): Argument[] {
  const args = [argumentOf(first)];
  if (c.acceptSymbol(',')) args.push(...parseArguments(c));
  return args;
}

/** EXTRACT(field FROM x); the field is a word or a string. */
function readExtract(c: Cursor): Partial<FunctionCall> {
  if (c.peek(1).upper !== 'FROM') return plain(c, parseExpression(c));
  const { kind, text } = c.advance();
  c.advance();
  return special((kind === 'word' ? text : text.slice(1, -1)).toLowerCase(), parseExpression(c));
}

/** SUBSTRING(x FROM a FOR b), in either order and with one of them; SUBSTRING(x SIMILAR a ESCAPE b); plain. */
function readSubstring(c: Cursor): Partial<FunctionCall> {
  const first = parseExpression(c);
  const values = [first];
  if (c.accept('SIMILAR')) {
    values.push(parseExpression(c));
    if (c.expect('ESCAPE')) values.push(parseExpression(c));
    return special('similar', ...values);
  }
  if (!c.is('FROM') && !c.is('FOR')) return plain(c, first);
  const field = c.is('FROM') ? 'from' : 'for';
  while (c.accept('FROM') || c.accept('FOR')) values.push(parseExpression(c));
  return special(field, ...values);
}

/** TRIM([BOTH|LEADING|TRAILING] [characters] FROM x); plain. */
function readTrim(c: Cursor): Partial<FunctionCall> {
  let side: string | null = null;
  if (c.is('BOTH') || c.is('LEADING') || c.is('TRAILING')) side = c.advance().upper.toLowerCase();
  const args: Argument[] = [];
  let words = side !== null;
  if (!c.is('FROM')) args.push(...parseArguments(c));
  if (c.accept('FROM')) {
    args.push(...parseArguments(c));
    words = true;
  }
  return words ? { syntax: 'special', field: side, args } : { args };
}

/** POSITION(a IN b) */
function readPosition(c: Cursor): Partial<FunctionCall> {
  const first = parseRestricted(c);
  if (!c.accept('IN')) return plain(c, first);
  return special(null, first, parseRestricted(c));
}

/** OVERLAY(x PLACING y FROM a [FOR b]); plain. */
function readOverlay(c: Cursor): Partial<FunctionCall> {
  const values = [parseExpression(c)];
  if (!c.accept('PLACING')) return plain(c, values[0] ?? c.missing('a value'));
  values.push(parseExpression(c));
  if (c.expect('FROM')) values.push(parseExpression(c));
  if (c.accept('FOR')) values.push(parseExpression(c));
  return special(null, ...values);
}

/** NORMALIZE(x [, NFC]): the form is a keyword, not a column. */
function readNormalize(c: Cursor): Partial<FunctionCall> {
  const value = parseExpression(c);
  if (!c.acceptSymbol(',')) return { args: [argumentOf(value)] };
  return special(c.advance().upper.toLowerCase(), value);
}

/** T-SQL's DATEADD(day, 1, x), MySQL's TIMESTAMPDIFF(DAY, a, b). */
function readUnitFirst(c: Cursor): Partial<FunctionCall> {
  const field = c.advance().upper.toLowerCase();
  c.advance();
  return { syntax: 'special', field, args: parseArguments(c) };
}

/** CHAR(77, 121 USING utf8mb4) */
function readChar(c: Cursor): Partial<FunctionCall> {
  const args = parseArguments(c);
  if (!c.accept('USING')) return { args };
  return { syntax: 'special', field: c.advance().text.toLowerCase(), args };
}

/** MariaDB's COLUMN_GET(x, 'name' AS type) */
function readColumnGet(c: Cursor): Partial<FunctionCall> {
  const args = parseArguments(c);
  if (!c.accept('AS')) return { args };
  parseType(c);
  return { syntax: 'special', field: 'as', args };
}

/** NEXT VALUE FOR s, PREVIOUS VALUE FOR s */
const SEQUENCE_WORDS: ReadonlySet<string> = new Set(['NEXT', 'PREVIOUS']);

/** True where the value of a sequence is asked for in the words of the standard. */
export function atSequenceValue(c: Cursor): boolean {
  if (c.grammar.subscripts || !SEQUENCE_WORDS.has(c.token.upper)) return false;
  return c.peek(1).upper === 'VALUE' && c.peek(2).upper === 'FOR';
}

/** NEXT VALUE FOR s, as a call of next_value: what is called is no function, its words say which sequence. */
export function parseSequenceValue(c: Cursor): FunctionCall {
  const from = c.index;
  const name: Name = [readIdentifier(c)];
  c.advance();
  c.advance();
  parseQualifiedName(c);
  const words = c.tokensSince(from).map((token) => token.text);
  const node = callNode(name, c.lastEnd, { syntax: 'special', words: words.slice(1).join(' ') });
  return { ...parseCallSuffix(c, name, node), function: `${node.function}_value` };
}

/** COLLATION FOR (x) */
function parseCollationFor(c: Cursor): FunctionCall {
  const name: Name = [readIdentifier(c)];
  c.advance();
  c.expectSymbol('(');
  const value = parseExpression(c);
  closeParens(c);
  return callNode(name, c.lastEnd, { ...special('for', value), words: 'FOR' });
}

/** MySQL's MATCH (a, b) AGAINST (x [IN BOOLEAN MODE]). */
function parseMatch(c: Cursor): FunctionCall {
  const name: Name = [readIdentifier(c)];
  c.advance();
  return parseAgainst(c, name, true);
}

/** MATCH a AGAINST (x): the parentheses may be left out around the columns. */
export function parseBareMatch(c: Cursor): FunctionCall {
  return parseAgainst(c, [readIdentifier(c)], false);
}

/** True at MATCH and columns without parentheses. */
export function atBareMatch(c: Cursor): boolean {
  if (!c.grammar.intervalExpressions || !c.is('MATCH')) return false;
  let at = 1;
  while (isLabel(c.peek(at)) && (c.peek(at + 1).text === '.' || c.peek(at + 1).text === ',')) at += 2;
  return isLabel(c.peek(at)) && c.peek(at + 1).upper === 'AGAINST';
}

function parseAgainst(c: Cursor, name: Name, parenthesized: boolean): FunctionCall {
  const from = c.index;
  const args = parseArguments(c);
  if (parenthesized) closeParens(c);
  if (c.expect('AGAINST') && c.expectSymbol('(')) {
    args.push(argumentOf(parseExpression(c, c.grammar.predicateOperand)));
    while (!c.atClose) c.skip();
    closeParens(c);
  }
  const words = wordsBetween(c, from, args);
  return callNode(name, c.lastEnd, { syntax: 'special', field: 'against', args, words });
}
