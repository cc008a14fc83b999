/**
 * SQL/XML and SQL/JSON: calls with many optional words. The words stay in the text between the arguments; what is
 * read are the expressions, the ORDER BY of aggregates and the columns of JSON_TABLE and XMLTABLE.
 */
import type { Argument, ColumnDefinition, Expression, FunctionCall, OrderItem } from '../ast.ts';
import { argumentOf, parseCallSuffix, wordsBetween } from './calls.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseRestricted } from './expressions.ts';
import { closeParens, isLabel, type Name, parseName, readIdentifier } from './names.ts';
import { parseOrderBy } from './order.ts';
import { parseQuery } from './query.ts';
import { parseType } from './types.ts';

export const WORDED_CALLS: ReadonlySet<string> = new Set([
  'XMLATTRIBUTES',
  'XMLELEMENT',
  'XMLEXISTS',
  'XMLFOREST',
  'XMLNAMESPACES',
  'XMLPARSE',
  'XMLPI',
  'XMLROOT',
  'XMLSERIALIZE',
  'XMLTABLE',
  'JSON',
  'JSON_ARRAY',
  'JSON_ARRAYAGG',
  'JSON_EXISTS',
  'JSON_OBJECT',
  'JSON_OBJECTAGG',
  'JSON_QUERY',
  'JSON_SCALAR',
  'JSON_SERIALIZE',
  'JSON_TABLE',
  'JSON_VALUE',
]);

/** Words before the first argument of some of these calls. */
const LEADING: Readonly<Record<string, readonly string[]>> = {
  XMLELEMENT: ['NAME'],
  XMLPI: ['NAME'],
  XMLPARSE: ['DOCUMENT', 'CONTENT'],
  XMLSERIALIZE: ['DOCUMENT', 'CONTENT'],
};

interface Content {
  readonly args: Argument[];
  readonly columns: ColumnDefinition[];
  orderBy: readonly OrderItem[];
  words: boolean;
}

/** One of {@link WORDED_CALLS}; the current token is its name and a parenthesis follows. */
export function parseWordedCall(c: Cursor): FunctionCall {
  const word = c.token.upper;
  const name: Name = [readIdentifier(c)];
  c.advance();
  const from = c.index;
  const content: Content = { args: [], columns: [], orderBy: [], words: false };
  if (LEADING[word]?.includes(c.token.upper)) {
    content.words = true;
    if (c.advance().upper === 'NAME') readLabel(c);
  }
  const named = word === 'XMLELEMENT' || word === 'XMLPI';
  if (c.atQueryWord && word === 'JSON_ARRAY') readQuery(c, content);
  else if (!c.atClose && !(named && c.isSymbol(',')) && !NO_ARGUMENT.has(c.token.upper))
    readArgument(c, content);
  readRest(c, content, word);
  const { args, orderBy, columns } = content;
  const nodes = [...args, ...orderBy, ...columns].sort((a, b) => a.start - b.start);
  const words = content.words ? wordsBetween(c, from, nodes) : null;
  closeParens(c);
  return parseCallSuffix(c, name, {
    args,
    orderBy,
    columns,
    words,
    syntax: content.words ? 'special' : 'plain',
  });
}

/** JSON_OBJECT(RETURNING jsonb) has no argument at all. */
const NO_ARGUMENT: ReadonlySet<string> = new Set(['RETURNING']);

/** JSON_ARRAY(SELECT …): a query without parentheses of its own. */
function readQuery(c: Cursor, content: Content): void {
  const query = parseQuery(c);
  content.words = true;
  content.args.push(argumentOf({ kind: 'subquery', start: query.start, end: query.end, query }));
}

function readArgument(c: Cursor, content: Content): void {
  // XMLNAMESPACES(DEFAULT 'uri')
  if (c.is('DEFAULT') && c.peek(1).kind === 'string') c.advance();
  const argument = argumentOf(parseExpression(c));
  content.args.push(argument);
}

function readLabel(c: Cursor): void {
  if (isLabel(c.token)) readIdentifier(c);
  else c.problem('a name is missing');
}

/** What follows an argument: a separator and another argument, or words. */
function readRest(c: Cursor, content: Content, word: string): void {
  while (!c.atClose) {
    if (c.acceptSymbol(',')) {
      if (word === 'XMLROOT') readXmlRoot(c, content);
      else readArgument(c, content);
      continue;
    }
    content.words = true;
    if (c.acceptSymbol(':')) readArgument(c, content);
    else if (c.token.kind !== 'word') return;
    else readWord(c, content, word);
  }
}

function readWord(c: Cursor, content: Content, call: string): void {
  const { upper } = c.token;
  if (upper === 'ORDER') {
    content.orderBy = parseOrderBy(c);
    return;
  }
  c.advance();
  switch (upper) {
    case 'AS':
      if (call === 'XMLSERIALIZE') parseType(c);
      else readLabel(c);
      return;
    case 'RETURNING':
      parseType(c);
      return;
    case 'PASSING':
      if (c.is('BY')) c.advance();
      if (c.is('REF') || c.is('VALUE')) c.advance();
      readArgument(c, content);
      return;
    case 'BY':
      if (c.is('REF') || c.is('VALUE')) c.advance();
      return;
    case 'VALUE':
    case 'DEFAULT':
      readArgument(c, content);
      return;
    case 'COLUMNS':
      readColumns(c, content, call);
      return;
    default:
  }
}

function readXmlRoot(c: Cursor, content: Content): void {
  content.words = true;
  if (c.accept('VERSION')) {
    if (!c.acceptWords('NO', 'VALUE')) readArgument(c, content);
  } else while (c.token.kind === 'word') c.advance();
}

/** COLUMNS (…) of JSON_TABLE and COLUMNS … of XMLTABLE. */
function readColumns(c: Cursor, content: Content, call: string): void {
  const parenthesized = c.acceptSymbol('(');
  do {
    if (c.is('NESTED')) readNested(c, content, call);
    else content.columns.push(parseColumn(c));
  } while (c.acceptSymbol(','));
  if (parenthesized) closeParens(c);
}

function readNested(c: Cursor, content: Content, call: string): void {
  c.advance();
  c.accept('PATH');
  if (c.token.kind === 'string') c.advance();
  if (c.accept('AS')) readLabel(c);
  if (!c.enter()) {
    c.skip();
    return;
  }
  if (c.expect('COLUMNS')) readColumns(c, content, call);
  c.leave();
}

/** name FOR ORDINALITY, or name type [PATH 'x'] [DEFAULT x ON EMPTY] [NOT NULL] … */
function parseColumn(c: Cursor): ColumnDefinition {
  const name = parseName(c);
  let type: ColumnDefinition['type'] = null;
  let notNull = false;
  let value: Expression | null = null;
  if (c.acceptWords('FOR', 'ORDINALITY')) notNull = true;
  else type = parseType(c);
  while (!c.atClose && !c.isSymbol(',')) {
    if (c.acceptWords('NOT', 'NULL')) notNull = true;
    else if (c.accept('DEFAULT')) value = later(value, parseRestricted(c));
    else c.skip();
  }
  return {
    kind: 'columnDefinition',
    start: name.start,
    end: c.lastEnd,
    name,
    type,
    notNull,
    default: value,
    generated: null,
    generatedAs: null,
    collation: [],
    constraints: [],
    rest: [],
  };
}

/** The first of two defaults (ON EMPTY, ON ERROR) is kept in the tree: both are constants. */
function later(first: Expression | null, second: Expression): Expression {
  return first ?? second;
}
