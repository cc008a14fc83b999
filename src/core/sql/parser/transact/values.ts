/** Values and tables that only T-SQL writes so: {ts '…'}, PARSE, OPENROWSET, the columns of OPENJSON. */
import type {
  Argument,
  ColumnDefinition,
  ColumnRef,
  Expression,
  FunctionCall,
  Hints,
  Identifier,
  Property,
} from '../../ast.ts';
import { argumentOf, callNode, parseArguments, parseCallSuffix, wordsBetween } from '../calls.ts';
import type { Cursor } from '../cursor.ts';
import { parseExpression } from '../expressions.ts';
import { readString } from '../literals.ts';
import {
  closeParens,
  isLabel,
  type Name,
  parseLabel,
  parseName,
  parseQualifiedName,
  readIdentifier,
} from '../names.ts';
import { finish } from '../properties.ts';
import { parseType } from '../types.ts';

/** True at `{fn`, `{d '`, `{t '`, `{ts '`, `{guid '`: the escapes of ODBC. */
export function atOdbcEscape(c: Cursor): boolean {
  if (!c.grammar.transact || !c.isSymbol('{')) return false;
  return c.peek(1).upper === 'FN' || (isLabel(c.peek(1)) && c.peek(2).kind === 'string');
}

/** Such an escape, as a call that is named by its word. */
export function parseOdbcEscape(c: Cursor): FunctionCall {
  const { start } = c.advance();
  const name: Name = [readIdentifier(c)];
  const args = [argumentOf(c.token.kind === 'string' ? readString(c) : parseExpression(c))];
  if (!c.acceptSymbol('}')) c.problem('"}" is missing');
  const node = callNode(name, c.lastEnd, { syntax: 'special', args, words: '{ }' });
  return { ...node, start, function: `{${node.function}}` };
}

/** PARSE(x AS type [USING culture]), TRY_PARSE; the current token is its name and a parenthesis follows. */
export function parseParse(c: Cursor): FunctionCall {
  const name: Name = [readIdentifier(c)];
  c.advance();
  const from = c.index;
  const args: Argument[] = [argumentOf(parseExpression(c))];
  if (c.expect('AS')) parseType(c);
  if (c.accept('USING')) args.push(argumentOf(parseExpression(c)));
  const words = wordsBetween(c, from, args);
  closeParens(c);
  return callNode(name, c.lastEnd, { syntax: 'special', args, words });
}

/**
 * OPENROWSET(BULK 'file', FORMAT = 'CSV'), OPENROWSET('provider', 'server'; 'user'; 'password', 'query'): what has a
 * name or is no value is in the words.
 */
export function parseOpenRowset(c: Cursor): FunctionCall {
  const name: Name = [readIdentifier(c)];
  c.advance();
  const from = c.index;
  const args: Argument[] = [];
  while (!c.atEnd && !c.isSymbol(')')) {
    if (c.acceptSymbol(',') || c.acceptSymbol(';') || c.accept('BULK')) continue;
    if (isLabel(c.token) && c.peek(1).text === '=') {
      c.advance();
      c.advance();
      if (c.atEnd || c.isSymbol(')')) break;
      c.skip();
    } else if (isLabel(c.token)) parseQualifiedName(c);
    else if (c.token.kind === 'string' || c.token.kind === 'variable')
      args.push(argumentOf(parseExpression(c)));
    else c.skip();
  }
  const words = wordsBetween(c, from, args);
  closeParens(c);
  return parseCallSuffix(c, name, { syntax: 'special', args, words });
}

/** The functions whose WITH holds columns, not hints. */
const WITH_COLUMNS: ReadonlySet<string> = new Set(['openjson', 'openxml', 'openrowset']);

/** True at the WITH of OPENJSON (…) WITH (a int '$.a'). */
export function atColumnsOf(c: Cursor, call: string | null): boolean {
  return (
    c.grammar.transact && call !== null && WITH_COLUMNS.has(call) && c.is('WITH') && c.peek(1).text === '('
  );
}

/** `WITH (a int '$.a', b nvarchar(max) '$.b' AS JSON)` */
export function parseColumnsOf(c: Cursor): ColumnDefinition[] {
  const columns: ColumnDefinition[] = [];
  c.advance();
  c.advance();
  do columns.push(parseColumnOf(c));
  while (c.acceptSymbol(','));
  closeParens(c);
  return columns;
}

function parseColumnOf(c: Cursor): ColumnDefinition {
  const name = parseName(c);
  const type = parseType(c);
  const collation = c.accept('COLLATE') ? parseQualifiedName(c) : [];
  const rest: Property[] = [];
  const { start } = c.token;
  if (c.token.kind === 'string') rest.push(finish(c, start, 'PATH', readString(c)));
  else if (c.token.kind === 'number') {
    // OPENROWSET: the number of the field in the file
    c.advance();
    rest.push(finish(c, start, 'FIELD', null));
  }
  if (c.is('AS') && c.peek(1).upper === 'JSON') {
    const from = c.advance().start;
    c.advance();
    rest.push(finish(c, from, 'AS JSON', null));
  }
  return {
    kind: 'columnDefinition',
    start: name.start,
    end: c.lastEnd,
    name,
    type,
    notNull: false,
    default: null,
    generated: null,
    generatedAs: null,
    collation,
    constraints: [],
    rest,
  };
}

/** `$action`, `$rowguid` and the like are no columns of anything. */
export function atPseudoColumn(c: Cursor): boolean {
  return c.grammar.transact && c.token.upper === '$ACTION';
}

/** The pseudo column that is the current token, as a variable. */
export function parsePseudoColumn(c: Cursor): Expression {
  const { start, end, text } = c.advance();
  return { kind: 'variable', start, end, text };
}

/** WHERE CURRENT OF [GLOBAL] cursor | @cursor, as a call of current_of: its words say which cursor. */
export function parseCurrentOf(c: Cursor): FunctionCall {
  const from = c.index;
  const name: Name = [readIdentifier(c)];
  c.advance();
  if (c.is('GLOBAL') && isLabel(c.peek(1))) c.advance();
  if (c.token.kind === 'variable') c.advance();
  else parseName(c);
  const words = c.tokensSince(from).map((token) => token.text);
  const node = callNode(name, c.lastEnd, { syntax: 'special', words: words.slice(1).join(' ') });
  return c.kept({ ...node, function: 'current_of' }, 'the row under a cursor');
}

/** The methods of the type xml; their names are in lower case there. */
const XML_METHODS: ReadonlySet<string> = new Set(['value', 'query', 'exist', 'nodes', 'modify']);

/** `t.doc.value` before a parenthesis: the column, and the method of xml that is called; null for other names. */
export function xmlMethodOf(name: Name): { readonly column: ColumnRef; readonly name: Identifier } | null {
  const method = name.at(-1);
  const [first, ...more] = name.slice(0, -1);
  if (!first || !method || !XML_METHODS.has(method.text)) return null;
  const end = more.at(-1)?.end ?? first.end;
  return { column: { kind: 'column', start: first.start, end, parts: [first, ...more] }, name: method };
}

/** `operand.method(arguments)`, as a call whose first argument is the operand; the current token is the parenthesis. */
export function parseMethodCall(c: Cursor, operand: Expression, method: Identifier): FunctionCall {
  c.advance();
  const args = c.isSymbol(')') ? [] : parseArguments(c);
  closeParens(c);
  const node = parseCallSuffix(c, [method], {
    syntax: 'special',
    args: [argumentOf(operand), ...args],
    words: `. ${method.text}`,
  });
  return { ...node, start: operand.start, function: `.${method.text}` };
}

/** `type::Method(arguments)` and `type::Property`; the type was read. */
export function parseTypeMember(c: Cursor, type: Name): FunctionCall {
  c.advance();
  const name: Name = [...type, parseLabel(c)];
  let args: Argument[] = [];
  if (c.acceptSymbol('(')) {
    if (!c.isSymbol(')')) args = parseArguments(c);
    closeParens(c);
  }
  const node = callNode(name, c.lastEnd, { syntax: 'special', args, words: '::' });
  return { ...node, function: `::${node.function}` };
}

/** MATCH (a-(e)->b) over the nodes and edges of a graph; the current token is its name and a parenthesis follows. */
export function parseGraphMatch(c: Cursor): FunctionCall {
  const name: Name = [readIdentifier(c)];
  const from = c.index;
  c.skip();
  const words = wordsBetween(c, from, []);
  return c.kept(callNode(name, c.lastEnd, { syntax: 'special', words }), 'MATCH of a graph');
}

/** CHANGETABLE (CHANGES t, @version), CHANGETABLE (VERSION t, (columns), (values)) */
export function parseChangeTable(c: Cursor): FunctionCall {
  const name: Name = [readIdentifier(c)];
  c.advance();
  const from = c.index;
  if (c.is('CHANGES') || c.is('VERSION')) c.advance();
  parseQualifiedName(c);
  const args: Argument[] = c.acceptSymbol(',') ? parseArguments(c) : [];
  const words = wordsBetween(c, from, args);
  closeParens(c);
  return callNode(name, c.lastEnd, { syntax: 'special', args, words });
}

/** CONTAINS, FREETEXT and their tables: their last arguments may be LANGUAGE x and a number of rows. */
export function parseFullText(c: Cursor): FunctionCall {
  const name: Name = [readIdentifier(c)];
  c.advance();
  const from = c.index;
  const args: Argument[] = [];
  do {
    c.accept('LANGUAGE');
    args.push(...parseOneArgument(c));
  } while (c.acceptSymbol(','));
  const words = wordsBetween(c, from, args);
  closeParens(c);
  return callNode(name, c.lastEnd, words === '' ? { args } : { syntax: 'special', args, words });
}

function parseOneArgument(c: Cursor): Argument[] {
  return c.atClose ? [] : [argumentOf(parseExpression(c))];
}

/** True at `WITH table` behind OPENXML (…): the columns are those of a table. */
export function atTableOfColumns(c: Cursor, call: string | null): boolean {
  return c.grammar.transact && call === 'openxml' && c.is('WITH') && isLabel(c.peek(1));
}

/** `WITH table` */
export function parseTableOfColumns(c: Cursor): Hints {
  const { start } = c.advance();
  const from = c.token.start;
  parseQualifiedName(c);
  const hints = [c.text.slice(from, c.lastEnd)];
  return c.kept({ kind: 'hints', start, end: c.lastEnd, hints }, 'columns of another table');
}
