/** Names of types, and literals with a type before them. */
import type { Expression, Identifier, Literal, TypedLiteral, TypeName } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { readString } from './literals.ts';
import { closeParens, isLabel, type Name, parseLabel, readIdentifier } from './names.ts';

/** Types of several words: the words that may follow the first. */
const SECOND_WORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['DOUBLE', ['PRECISION']],
  ['CHARACTER', ['VARYING', 'LARGE']],
  ['CHAR', ['VARYING']],
  ['NCHAR', ['VARYING']],
  ['BIT', ['VARYING']],
  ['NATIONAL', ['CHARACTER', 'CHAR', 'VARCHAR']],
  ['LONG', ['VARCHAR', 'VARBINARY']],
  ['SIGNED', ['INTEGER', 'INT']],
  ['UNSIGNED', ['INTEGER', 'INT']],
]);

const MYSQL_ATTRIBUTES: ReadonlySet<string> = new Set(['UNSIGNED', 'SIGNED', 'ZEROFILL']);

/** The name of a type with its modifiers and array bounds; a problem is noted where none is. */
export function parseType(c: Cursor): TypeName {
  const { start } = c.token;
  c.accept('SETOF');
  if (!isLabel(c.token) || (c.atBoundary && c.peek(1).text !== '(')) {
    const nothing = c.missing('a type');
    return { kind: 'type', ...rangeOf(nothing), name: '', schema: null, modifiers: [], arrayDimensions: 0 };
  }
  let first = readIdentifier(c);
  let schema: Identifier | null = null;
  while (c.isSymbol('.')) {
    c.advance();
    schema = first;
    first = parseLabel(c);
  }
  let name = first.quoted ? first.name : first.name.toLowerCase();
  if (schema === null && !first.quoted) name += moreWords(c, first.text.toUpperCase());
  const modifiers = parseModifiers(c, name);
  if (schema === null && !first.quoted) name += suffixWords(c, name, modifiers);
  if (c.isSymbol('%') && c.peek(1).upper === 'TYPE') {
    c.advance();
    c.advance();
  }
  const arrayDimensions = parseArrayBounds(c);
  return { kind: 'type', start, end: c.lastEnd, name, schema, modifiers, arrayDimensions };
}

function rangeOf(range: { start: number; end: number }): { start: number; end: number } {
  return { start: range.start, end: range.end };
}

function moreWords(c: Cursor, first: string): string {
  let words = '';
  let followers = SECOND_WORDS.get(first);
  while (followers?.includes(c.token.upper)) {
    const { upper } = c.advance();
    words += ` ${upper.toLowerCase()}`;
    followers = first === 'NATIONAL' && upper !== 'VARYING' ? ['VARYING'] : undefined;
  }
  return words;
}

function parseModifiers(c: Cursor, name: string): Expression[] {
  const modifiers: Expression[] = [];
  // A column may be called like a type: in a cast a parenthesis after the type always belongs to it.
  if (!c.isSymbol('(') || name === '') return modifiers;
  c.advance();
  if (!c.isSymbol(')')) {
    do modifiers.push(parseExpression(c));
    while (c.acceptSymbol(','));
  }
  closeParens(c);
  return modifiers;
}

/** What follows the modifiers: WITH TIME ZONE, the fields of an interval, MySQL's attributes. */
function suffixWords(c: Cursor, name: string, modifiers: Expression[]): string {
  if (name === 'timestamp' || name === 'time') {
    const word = c.token.upper;
    if ((word === 'WITH' || word === 'WITHOUT') && c.peek(1).upper === 'TIME' && c.peek(2).upper === 'ZONE') {
      c.advance();
      c.advance();
      c.advance();
      return ` ${word.toLowerCase()} time zone`;
    }
    return '';
  }
  if (name === 'interval' && !c.grammar.intervalExpressions) {
    const fields = parseIntervalFields(c, modifiers);
    return fields === null ? '' : ` ${fields.toLowerCase()}`;
  }
  let words = '';
  if (c.grammar.intervalExpressions) {
    if (c.isWords('CHARACTER', 'SET') || c.is('CHARSET')) readCharacterSet(c);
    while (MYSQL_ATTRIBUTES.has(c.token.upper)) words += ` ${c.advance().upper.toLowerCase()}`;
  }
  return words;
}

/** MySQL: CHAR(10) CHARACTER SET utf8mb4 */
function readCharacterSet(c: Cursor): void {
  if (!c.accept('CHARSET')) {
    c.advance();
    c.advance();
  }
  c.advance();
}

/**
 * DAY, YEAR TO MONTH, DAY TO SECOND(3) after INTERVAL; null without fields.
 *
 * @param inUnit the precision is part of the result too
 */
function parseIntervalFields(c: Cursor, modifiers: Expression[], inUnit = false): string | null {
  const units = c.grammar.intervalUnits;
  if (!units.has(c.token.upper)) return null;
  let fields = c.advance().upper;
  if (c.is('TO') && units.has(c.peek(1).upper)) {
    c.advance();
    fields += ` TO ${c.advance().upper}`;
  }
  if (fields.endsWith('SECOND') && c.isSymbol('(')) {
    const { start } = c.token;
    modifiers.push(...parseModifiers(c, 'second'));
    if (inUnit) fields += c.text.slice(start, c.lastEnd).replace(/\s+/g, '');
  }
  return fields;
}

function parseArrayBounds(c: Cursor): number {
  if (!c.grammar.subscripts) return 0;
  let dimensions = 0;
  if (c.is('ARRAY')) {
    c.advance();
    dimensions = 1;
  }
  while (c.isSymbol('[') && (c.peek(1).text === ']' || c.peek(2).text === ']')) {
    c.skip();
    dimensions++;
  }
  return dimensions;
}

/**
 * True when the words from the current one on are the name of a type and a string follows:
 * `TIMESTAMP (3) WITH TIME ZONE '…'`. Looks at most ten tokens ahead.
 */
export function atTypedLiteral(c: Cursor): boolean {
  const forms = c.grammar.typedLiterals;
  if (forms === 'none') return false;
  const word = c.token.upper;
  let at = 1;
  if (word === 'TIMESTAMP' || word === 'TIME') {
    at = afterPrecision(c, at);
    const zone = c.peek(at).upper;
    if ((zone === 'WITH' || zone === 'WITHOUT') && c.peek(at + 1).upper === 'TIME') at += 3;
  } else if (forms === 'datetime') {
    if (word !== 'DATE' && !c.token.text.startsWith('_')) return false;
  } else if (word === 'INTERVAL') {
    at = afterPrecision(c, at);
  } else {
    let followers = SECOND_WORDS.get(word);
    if (followers === undefined) return c.peek(1).kind === 'string';
    while (followers?.includes(c.peek(at).upper)) {
      followers = word === 'NATIONAL' && at === 1 ? ['VARYING'] : undefined;
      at++;
    }
    at = afterPrecision(c, at);
  }
  return c.peek(at).kind === 'string';
}

function afterPrecision(c: Cursor, at: number): number {
  const bounded = c.peek(at).text === '(' && c.peek(at + 1).kind === 'number' && c.peek(at + 2).text === ')';
  return bounded ? at + 3 : at;
}

/** A type's name and the string after it; see {@link atTypedLiteral}. */
export function parseTypedLiteral(c: Cursor): TypedLiteral {
  return finishTypedLiteral(c, parseTypeBeforeString(c));
}

function parseTypeBeforeString(c: Cursor): TypeName {
  if (c.token.upper !== 'INTERVAL') return parseType(c);
  // The fields of an interval stand after the string.
  const { start } = c.advance();
  const modifiers = parseModifiers(c, 'interval');
  return {
    kind: 'type',
    start,
    end: c.lastEnd,
    name: 'interval',
    schema: null,
    modifiers,
    arrayDimensions: 0,
  };
}

/** A literal whose type was read as a name or a call. */
export function typedLiteralOf(c: Cursor, name: Name, modifiers: readonly Expression[]): TypedLiteral {
  const last = name.at(-1) ?? name[0];
  const type: TypeName = {
    kind: 'type',
    start: name[0].start,
    end: c.lastEnd,
    name: last.quoted ? last.name : last.name.toLowerCase(),
    schema: name.at(-2) ?? null,
    modifiers,
    arrayDimensions: 0,
  };
  return finishTypedLiteral(c, type);
}

function finishTypedLiteral(c: Cursor, type: TypeName): TypedLiteral {
  const string: Literal = readString(c);
  const unit = type.name === 'interval' ? parseIntervalFields(c, [], true) : null;
  return {
    kind: 'typedLiteral',
    start: type.start,
    end: c.lastEnd,
    type,
    value: string.value,
    unit,
    operand: null,
  };
}

/** MySQL's INTERVAL expression unit, the current token being INTERVAL. */
export function parseIntervalExpression(c: Cursor): TypedLiteral {
  const { start, end } = c.advance();
  const type: TypeName = {
    kind: 'type',
    start,
    end,
    name: 'interval',
    schema: null,
    modifiers: [],
    arrayDimensions: 0,
  };
  const operand = parseExpression(c);
  let unit: string | null = null;
  if (c.grammar.intervalUnits.has(c.token.upper)) unit = c.advance().upper;
  else c.problem('the unit of the interval is missing');
  return { kind: 'typedLiteral', start, end: c.lastEnd, type, value: '', unit, operand };
}
