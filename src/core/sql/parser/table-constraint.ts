/** Constraints of tables and columns. */
import type { Expression, Identifier, Opaque, Property, TableConstraint } from '../ast.ts';
import { acceptIfNotExists } from './create.ts';
import { acceptNullsNotDistinct } from './create-index.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { readLiteral } from './literals.ts';
import {
  closeParens,
  isName,
  parseName,
  parseNameList,
  parseQualifiedName,
  readIdentifier,
} from './names.ts';
import { finish as finishProperty, readProperty } from './properties.ts';

type Parts = { -readonly [K in keyof TableConstraint]: TableConstraint[K] } & { rest: (Property | Opaque)[] };

/** True where a constraint of a table begins. */
export function atTableConstraint(c: Cursor): boolean {
  const next = c.peek(1);
  switch (c.token.upper) {
    case 'CONSTRAINT':
      return true;
    case 'PRIMARY':
    case 'FOREIGN':
      return next.upper === 'KEY';
    case 'UNIQUE':
    case 'CHECK':
      return true;
    case 'EXCLUDE':
      return next.upper === 'USING' || next.text === '(';
    case 'NOT':
      return next.upper === 'NULL';
    case 'INDEX':
    case 'KEY':
    case 'FULLTEXT':
    case 'SPATIAL':
      return !c.grammar.subscripts;
    default:
      return false;
  }
}

/** True where a constraint written with a column begins. */
export function atColumnConstraint(c: Cursor): boolean {
  switch (c.token.upper) {
    case 'CONSTRAINT':
    case 'UNIQUE':
    case 'CHECK':
    case 'REFERENCES':
      return true;
    case 'PRIMARY':
      return c.peek(1).upper === 'KEY';
    default:
      return false;
  }
}

/** A constraint among the elements of a table. */
export function parseTableConstraint(c: Cursor): TableConstraint {
  const parts = begin(c);
  switch (c.token.upper) {
    case 'PRIMARY':
    case 'UNIQUE':
      readKey(c, parts);
      break;
    case 'FOREIGN':
      parts.type = 'foreignKey';
      c.advance();
      c.expect('KEY');
      if (isName(c, c.token)) readIdentifier(c);
      parts.columns = readColumns(c, parts);
      readReferences(c, parts);
      break;
    case 'CHECK':
      readCheck(c, parts);
      break;
    case 'EXCLUDE':
      parts.type = 'exclude';
      parts.rest.push(c.keptUntil(() => c.isSymbol(',') || c.is('DEFERRABLE'), 'an exclusion'));
      break;
    case 'NOT':
      parts.type = 'notNull';
      c.advance();
      c.expect('NULL');
      parts.columns = [parseName(c)];
      break;
    default:
      readIndex(c, parts);
  }
  return finish(c, parts);
}

/** A constraint written with a column: its columns are empty, the column is meant. */
export function parseColumnConstraint(c: Cursor): TableConstraint {
  const parts = begin(c);
  switch (c.token.upper) {
    case 'PRIMARY':
    case 'UNIQUE':
      readKey(c, parts);
      break;
    case 'CHECK':
      readCheck(c, parts);
      break;
    case 'REFERENCES':
      parts.type = 'foreignKey';
      readReferences(c, parts);
      break;
    default:
      parts.rest.push(c.unexpectedUntil(() => c.isSymbol(',')));
  }
  return finish(c, parts);
}

function begin(c: Cursor): Parts {
  const { start } = c.token;
  const named = c.accept('CONSTRAINT') && isName(c, c.token);
  return {
    kind: 'tableConstraint',
    start,
    end: start,
    name: named ? readIdentifier(c) : null,
    type: 'check',
    columns: [],
    nullsNotDistinct: false,
    references: null,
    deferrable: false,
    notValid: false,
    check: null,
    rest: [],
  };
}

function readKey(c: Cursor, parts: Parts): void {
  const primary = c.advance().upper === 'PRIMARY';
  parts.type = primary ? 'primaryKey' : 'unique';
  if (primary) c.expect('KEY');
  else parts.nullsNotDistinct = acceptNullsNotDistinct(c);
  while (KEY_WORDS.has(c.token.upper) || (c.grammar.transact && c.is('HASH'))) c.advance();
  if (c.is('USING') && c.peek(1).upper === 'INDEX') {
    parts.rest.push(c.keptUntil(() => c.isSymbol(',') || c.is('DEFERRABLE'), 'an index'));
    return;
  }
  if (!c.isSymbol('(') && isName(c, c.token) && c.peek(1).text === '(') readIdentifier(c);
  if (c.isSymbol('(')) parts.columns = readColumns(c, parts);
}

const KEY_WORDS: ReadonlySet<string> = new Set(['KEY', 'INDEX', 'CLUSTERED', 'NONCLUSTERED']);

/** MySQL: INDEX name (columns), FULLTEXT KEY name (columns); T-SQL: INDEX name [UNIQUE] [CLUSTERED] (columns) */
function readIndex(c: Cursor, parts: Parts): void {
  parts.type = 'index';
  while (INDEX_WORDS.has(c.token.upper)) c.advance();
  acceptIfNotExists(c);
  if (isName(c, c.token)) parts.name = readIdentifier(c);
  const columnstore = c.grammar.transact && readIndexKind(c, parts);
  while (c.is('USING') || KEY_WORDS.has(c.token.upper)) c.skip();
  if (c.is('BTREE') || c.is('HASH')) c.advance();
  if (c.isSymbol('(')) parts.columns = readColumns(c, parts);
  else if (!columnstore) c.problem('the columns of the index are missing');
}

/** UNIQUE, NONCLUSTERED, COLUMNSTORE, HASH; true for an index that may have no columns of its own. */
function readIndexKind(c: Cursor, parts: Parts): boolean {
  let columnstore = false;
  for (;;) {
    if (c.accept('UNIQUE')) parts.type = 'unique';
    else if (c.accept('COLUMNSTORE')) columnstore = true;
    else if (!c.accept('CLUSTERED') && !c.accept('NONCLUSTERED')) return columnstore;
  }
}

const INDEX_WORDS: ReadonlySet<string> = new Set(['INDEX', 'KEY', 'FULLTEXT', 'SPATIAL']);

/** Names in parentheses; what else stands there (a prefix length, a direction, WITHOUT OVERLAPS) is kept. */
function readColumns(c: Cursor, parts: Parts): Identifier[] {
  if (!c.isSymbol('(')) return [];
  c.advance();
  const columns: Identifier[] = [];
  do {
    if (c.is('PERIOD') && isName(c, c.peek(1))) c.advance();
    if (c.isSymbol('(')) parts.rest.push(readIndexed(c));
    else columns.push(parseName(c));
    readColumnProperties(c, parts);
    if (!c.isSymbol(',') && !c.atClose) {
      parts.rest.push(c.keptUntil(() => c.isSymbol(','), 'a property of a column in a key'));
    }
  } while (c.acceptSymbol(','));
  closeParens(c);
  return columns;
}

/** An expression in the place of a column. */
function readIndexed(c: Cursor): Property | Opaque {
  if (c.grammar.properties === null) return c.keptUntil(() => c.isSymbol(','), 'an expression in an index');
  const { start } = c.advance();
  const value = parseExpression(c);
  closeParens(c);
  return finishProperty(c, start, 'EXPRESSION', value);
}

/** MySQL: the length of a prefix and the direction, `a(20) DESC`. */
function readColumnProperties(c: Cursor, parts: Parts): void {
  if (c.grammar.properties === null && !c.grammar.transact) return;
  const { start } = c.token;
  if (c.isSymbol('(') && c.peek(1).kind === 'number' && c.peek(2).text === ')') {
    c.advance();
    const length = readLiteral(c, 'number');
    closeParens(c);
    parts.rest.push(finishProperty(c, start, 'LENGTH', length));
  }
  if (!c.is('ASC') && !c.is('DESC')) return;
  const { start: from, upper } = c.advance();
  parts.rest.push(finishProperty(c, from, upper, null));
}

function readCheck(c: Cursor, parts: Parts): void {
  parts.type = 'check';
  c.advance();
  if (!c.expectSymbol('(')) return;
  const check: Expression = parseExpression(c);
  parts.check = check;
  closeParens(c);
}

function readReferences(c: Cursor, parts: Parts): void {
  if (!c.expect('REFERENCES')) return;
  const table = parseQualifiedName(c);
  const columns = c.isSymbol('(') ? readReferenced(c, parts) : [];
  parts.references = { table, columns };
}

function readReferenced(c: Cursor, parts: Parts): Identifier[] {
  return c.peek(1).upper === 'PERIOD' || c.peek(3).upper === 'PERIOD'
    ? readColumns(c, parts)
    : parseNameList(c);
}

/** DEFERRABLE, INITIALLY DEFERRED, NOT VALID, ON DELETE … after the constraint. */
function finish(c: Cursor, parts: Parts): TableConstraint {
  while (!c.atClose && !c.isSymbol(',') && readAttribute(c, parts));
  parts.end = c.lastEnd;
  return parts;
}

function readAttribute(c: Cursor, parts: Parts): boolean {
  // with a column's constraint the properties are the column's; ON UPDATE is what happens to a foreign key here
  const event = c.peek(1).upper;
  const own =
    (!c.is('ON') || (c.grammar.transact && event !== 'DELETE' && event !== 'UPDATE')) &&
    (parts.columns.length > 0 || parts.type === 'index' || c.grammar.transact);
  const property = own ? readProperty(c) : null;
  if (property !== null) {
    parts.rest.push(property);
    return true;
  }
  const next = c.peek(1).upper;
  switch (c.token.upper) {
    case 'DEFERRABLE':
      c.advance();
      parts.deferrable = true;
      return true;
    case 'INITIALLY':
      c.advance();
      if (c.advance().upper === 'DEFERRED') parts.deferrable = true;
      return true;
    case 'NOT':
      if (next !== 'VALID' && next !== 'DEFERRABLE' && next !== 'ENFORCED') return false;
      if (next !== 'DEFERRABLE') parts.notValid = true;
      c.advance();
      c.advance();
      return true;
    case 'ENFORCED':
    case 'CASCADE':
      c.advance();
      return true;
    case 'NO':
      if (next !== 'INHERIT') return false;
      c.advance();
      c.advance();
      return true;
    case 'MATCH':
      c.advance();
      c.advance();
      return true;
    case 'ON':
      return readReferentialAction(c);
    case 'INCLUDE':
      if (c.grammar.transact) return readInclude(c, parts);
      return readOptions(c, parts);
    case 'WHERE':
      if (c.grammar.transact) return readFilter(c, parts);
      return readOptions(c, parts);
    case 'WITH':
    case 'USING':
    case 'COMMENT':
      return readOptions(c, parts);
    default:
      return false;
  }
}

function readOptions(c: Cursor, parts: Parts): boolean {
  parts.rest.push(c.keptUntil(() => c.isSymbol(',') || endsOption(c), 'options of the constraint'));
  return true;
}

/** T-SQL: the columns that an index holds beside its own */
function readInclude(c: Cursor, parts: Parts): boolean {
  const { start } = c.advance();
  const options = parseNameList(c).map((name) => finishProperty(c, name.start, 'COLUMN', name));
  const columns = options.map((one) => ({ ...one, end: one.value?.end ?? one.end }));
  parts.rest.push(finishProperty(c, start, 'INCLUDE', null, columns));
  return true;
}

/** T-SQL: a key over some rows is none of the table */
function readFilter(c: Cursor, parts: Parts): boolean {
  const { start } = c.advance();
  const value = parseExpression(c);
  parts.type = 'index';
  parts.rest.push(finishProperty(c, start, 'WHERE', value));
  return true;
}

function endsOption(c: Cursor): boolean {
  return c.is('DEFERRABLE') || c.is('INITIALLY') || c.isWords('NOT', 'VALID') || c.isWords('NOT', 'NULL');
}

/** ON DELETE|UPDATE NO ACTION | RESTRICT | CASCADE | SET NULL [(columns)] | SET DEFAULT */
function readReferentialAction(c: Cursor): boolean {
  const event = c.peek(1).upper;
  if (event !== 'DELETE' && event !== 'UPDATE') return false;
  c.advance();
  c.advance();
  const action = c.advance().upper;
  if (action === 'NO' || action === 'SET') c.advance();
  if (action === 'SET' && c.isSymbol('(')) c.skip();
  return true;
}
