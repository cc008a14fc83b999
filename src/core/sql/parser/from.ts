/** FROM: tables, subqueries, functions and parentheses. Joins are in joins.ts, aliases in aliases.ts. */
import type {
  DerivedTable,
  FromItem,
  FunctionCall,
  Opaque,
  ParenQuery,
  Query,
  Statement,
  TableAlias,
  TableFunction,
  TableRef,
  WrittenRows,
} from '../ast.ts';
import { parseFunctionAlias, parseTableAlias } from './aliases.ts';
import { parseCall, parseKeywordCall } from './calls.ts';
import type { Cursor } from './cursor.ts';
import { atJoin, parseJoins } from './joins.ts';
import {
  closeParens,
  continueName,
  isLabel,
  isName,
  isTemplate,
  type Name,
  parseQualifiedName,
  readIdentifier,
} from './names.ts';
import { atQueryContinuation, continueQuery, parseQuery, queryOfBody } from './query.ts';
import { parseSpecialCall } from './special-calls.ts';
import { parseWritable } from './statement.ts';
import { atModifier, atOldHint, parseModifier } from './table-modifiers.ts';
import { atPivot, parsePivot } from './transact/pivot.ts';
import {
  atColumnsOf,
  atTableOfColumns,
  parseColumnsOf,
  parseMethodCall,
  parseTableOfColumns,
  xmlMethodOf,
} from './transact/values.ts';

/** FROM items separated by commas, each with its joins. */
export function parseFromList(c: Cursor): FromItem[] {
  const items: FromItem[] = [];
  do items.push(parseFromItem(c));
  while (c.acceptSymbol(','));
  return items;
}

/** One FROM item with its joins. */
export function parseFromItem(c: Cursor): FromItem {
  return parseJoins(c, parseFromOperand(c));
}

/** One FROM item without joins. */
export function parseFromOperand(c: Cursor): FromItem {
  let item = parsePlainOperand(c);
  while (c.grammar.transact && atPivot(c)) item = parsePivot(c, item);
  return item;
}

function parsePlainOperand(c: Cursor): FromItem {
  const { start, upper } = c.token;
  if (upper === 'LATERAL' && c.dialect.reserved.has(upper)) {
    c.advance();
    return c.isSymbol('(') ? parseParens(c, start, true) : parseTableFunction(c, start, true);
  }
  if (c.isSymbol('(')) return parseParens(c, start, false);
  if (upper === 'ROWS' && c.peek(1).upper === 'FROM' && c.peek(2).text === '(')
    return parseRowsFrom(c, start, false);
  if (isFunction(c)) return parseTableFunction(c, start, false);
  if (isTableName(c)) return parseTable(c);
  if (c.atBoundary || atJoin(c) || c.is('ON') || c.is('USING')) return c.missing('a table');
  if (c.token.kind === 'word') return c.missing('a table');
  return c.unexpectedUntil(() => c.atBoundary || atJoin(c));
}

function isTableName(c: Cursor): boolean {
  const { token } = c;
  if (isName(c, token) || isTemplate(token)) return true;
  return (
    token.upper === 'ONLY' || token.upper === 'DUAL' || (token.kind === 'variable' && c.grammar.transact)
  );
}

/** A name, maybe qualified, before an opening parenthesis; CURRENT_DATE and its kin without one. */
function isFunction(c: Cursor): boolean {
  const { token } = c;
  if (c.grammar.keywordCalls.has(token.upper)) return true;
  const callable = isName(c, token) || (c.dialect.functionKeywords.has(token.upper) && !atJoin(c));
  if (!callable || token.upper === 'ONLY') return false;
  let at = 1;
  while (c.peek(at).text === '.' && isLabel(c.peek(at + 1))) at += 2;
  if (c.peek(at).text !== '(') return false;
  // T-SQL's old table hints: t (NOLOCK)
  return !atOldHint(c, at);
}

/** [ONLY] name [*], without alias. */
export function parseTableName(c: Cursor): TableRef {
  const { start } = c.token;
  const only = c.accept('ONLY');
  const parenthesized = only && c.acceptSymbol('(');
  // MySQL's DUAL is reserved, T-SQL's table variables are no names.
  const single = c.is('DUAL') || (c.token.kind === 'variable' && c.grammar.transact);
  const name: Name = single ? [readIdentifier(c)] : parseQualifiedName(c);
  if (parenthesized) closeParens(c);
  c.acceptSymbol('*');
  const from = only ? start : name[0].start;
  return { kind: 'table', start: from, end: c.lastEnd, name, only, alias: null, modifiers: [] };
}

/** A table with its alias and what may stand around that. */
export function parseTable(c: Cursor, aliasFollows: (c: Cursor) => boolean = () => true): TableRef {
  const table = parseTableName(c);
  const modifiers: TableRef['modifiers'][number][] = [];
  while (atModifier(c)) modifiers.push(parseModifier(c));
  const alias = aliasFollows(c) ? parseTableAlias(c) : null;
  while (atModifier(c)) modifiers.push(parseModifier(c));
  const { start, name, only } = table;
  return { kind: 'table', start, end: c.lastEnd, name, only, alias, modifiers };
}

/** A query or joins in parentheses; see parentheses.ts for the same question in expressions. */
function parseParens(c: Cursor, start: number, lateral: boolean): FromItem {
  const group = parseFromGroup(c);
  if ('query' in group) return derived(c, start, lateral, group.query);
  const alias = parseTableAlias(c);
  if ('written' in group) return writtenRows(c, start, group.written, alias);
  if (lateral) c.problem('LATERAL needs a query or a function');
  return { kind: 'parenJoin', start, end: c.lastEnd, item: group.item, alias };
}

function writtenRows(c: Cursor, start: number, statement: Statement, alias: TableAlias | null): WrittenRows {
  return c.kept({ kind: 'writtenRows', start, end: c.lastEnd, statement, alias }, 'the rows of a write');
}

function derived(c: Cursor, start: number, lateral: boolean, query: Query): DerivedTable {
  const alias = parseTableAlias(c);
  return { kind: 'derived', start, end: c.lastEnd, lateral, query, alias };
}

type FromGroup = { readonly query: Query } | { readonly item: FromItem } | { readonly written: Statement };

const WRITES: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

function parseFromGroup(c: Cursor): FromGroup {
  const { start } = c.token;
  if (!c.enter()) {
    c.problem('this is nested too deeply');
    c.skip();
    return { item: c.opaqueFrom(start, 'nested too deeply') };
  }
  c.advance();
  let group: FromGroup;
  if (c.atQueryWord) group = { query: parseQuery(c) };
  else if (c.grammar.transact && WRITES.has(c.token.upper)) group = { written: parseWritable(c) };
  else if (c.atQueryInParens) group = parseNestedGroup(c);
  else group = { item: parseItems(c) };
  closeParens(c);
  c.leave();
  return group;
}

function parseNestedGroup(c: Cursor): FromGroup {
  const { start } = c.token;
  const inner = parseFromGroup(c);
  if ('query' in inner) {
    const body: ParenQuery = { kind: 'parenQuery', start, end: c.lastEnd, query: inner.query };
    if (atQueryContinuation(c)) return { query: continueQuery(c, body) };
    if (c.atClose) return { query: queryOfBody(body) };
    return { item: parseMore(c, parseJoins(c, derived(c, start, false, inner.query))) };
  }
  const alias = parseTableAlias(c);
  if ('written' in inner) return { item: writtenRows(c, start, inner.written, alias) };
  const item: FromItem = { kind: 'parenJoin', start, end: c.lastEnd, item: inner.item, alias };
  return { item: parseMore(c, parseJoins(c, item)) };
}

function parseItems(c: Cursor): FromItem {
  return parseMore(c, parseFromItem(c));
}

/** MySQL: `(a, b) JOIN c`; the comma is a cross join there. */
function parseMore(c: Cursor, first: FromItem): FromItem {
  let left = first;
  while (c.isSymbol(',')) {
    if (!c.grammar.conditionlessJoins) c.problem('a comma is not allowed between these parentheses');
    const { start, end } = c.advance();
    const right = parseFromItem(c);
    left = {
      kind: 'join',
      start: left.start,
      end: c.lastEnd,
      type: 'cross',
      natural: false,
      left,
      right,
      on: null,
      using: null,
      usingAlias: null,
      joinRange: { start, end },
    };
  }
  return left;
}

function parseTableFunction(c: Cursor, start: number, lateral: boolean): TableFunction {
  if (c.is('ROWS') && c.peek(1).upper === 'FROM') return parseRowsFrom(c, start, lateral);
  return finishFunction(c, start, lateral, [parseFunctionCall(c)]);
}

function parseFunctionCall(c: Cursor): FunctionCall | Opaque {
  const { start, upper } = c.token;
  if (c.peek(1).text === '(') {
    if (upper === 'CAST' || upper === 'TREAT') {
      c.advance();
      c.skip();
      return c.opaqueFrom(start, 'a cast as a table');
    }
    const call = parseSpecialCall(c);
    if (call !== null) return call;
  }
  if (c.grammar.keywordCalls.has(upper) && c.peek(1).text !== '.') return parseKeywordCall(c);
  // LEFT (…) and COALESCE (…) are reserved in some dialects.
  const callable = c.dialect.functionKeywords.has(upper);
  const name: Name = callable ? continueName(c, readIdentifier(c)) : parseQualifiedName(c);
  const method = c.grammar.transact && c.isSymbol('(') ? xmlMethodOf(name) : null;
  if (method !== null) return parseMethodCall(c, method.column, method.name);
  if (c.isSymbol('(')) return parseCall(c, name);
  c.problem('a function is missing');
  return c.opaqueFrom(name[0].start, 'not a function');
}

/** ROWS FROM (f() [AS (a int)], g()) */
function parseRowsFrom(c: Cursor, start: number, lateral: boolean): TableFunction {
  c.advance();
  c.advance();
  c.expectSymbol('(');
  const calls: (FunctionCall | Opaque)[] = [];
  const definitions: TableFunction['definitions'][number][] = [];
  do {
    calls.push(parseFunctionCall(c));
    if (c.is('AS')) definitions.push(...parseFunctionAlias(c).definitions);
  } while (c.acceptSymbol(','));
  closeParens(c);
  const item = finishFunction(c, start, lateral, calls);
  return { ...item, definitions: [...definitions, ...item.definitions] };
}

function finishFunction(
  c: Cursor,
  start: number,
  lateral: boolean,
  calls: readonly (FunctionCall | Opaque)[],
): TableFunction {
  const ordinality = c.acceptWords('WITH', 'ORDINALITY');
  const modifiers: TableFunction['modifiers'][number][] = [];
  const [first] = calls;
  // T-SQL: OPENJSON (x) WITH (a int) AS t
  if (atTableOfColumns(c, first?.kind === 'call' ? first.function : null))
    modifiers.push(parseTableOfColumns(c));
  const own = atColumnsOf(c, first?.kind === 'call' ? first.function : null) ? parseColumnsOf(c) : [];
  const { alias, definitions: named } = parseFunctionAlias(c);
  const definitions = own.length > 0 ? own : named;
  while (atModifier(c)) modifiers.push(parseModifier(c));
  const end = c.lastEnd;
  return { kind: 'tableFunction', start, end, lateral, calls, ordinality, alias, definitions, modifiers };
}
