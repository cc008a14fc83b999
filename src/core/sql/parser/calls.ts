/** Function calls: arguments, aggregates' clauses, OVER. */
import type { Argument, Expression, FunctionCall, Identifier, OrderItem } from '../ast.ts';
import type { TextRange } from '../text.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { closeParens, isLabel, type Name, readIdentifier } from './names.ts';
import { parseOrderBy } from './order.ts';
import { parseOver } from './windows.ts';

/** What a call has beside its name and its place. */
type CallParts = Partial<Omit<FunctionCall, 'kind' | 'name' | 'function' | 'start' | 'end'>>;

/** A call with everything that `parts` leaves out set to nothing. It begins where its name begins. */
export function callNode(name: Name, end: number, parts: CallParts): FunctionCall {
  const last = name.at(-1) ?? name[0];
  return {
    kind: 'call',
    name,
    function: last.name.toLowerCase(),
    args: parts.args ?? [],
    distinct: parts.distinct ?? false,
    star: parts.star ?? false,
    variadic: parts.variadic ?? false,
    orderBy: parts.orderBy ?? [],
    withinGroup: parts.withinGroup ?? [],
    filter: parts.filter ?? null,
    nulls: parts.nulls ?? null,
    over: parts.over ?? null,
    separator: parts.separator ?? null,
    syntax: parts.syntax ?? 'plain',
    field: parts.field ?? null,
    words: parts.words ?? null,
    columns: parts.columns ?? [],
    start: name[0].start,
    end,
  };
}

/** An argument without a name. */
export function argumentOf(value: Expression): Argument {
  return { kind: 'argument', start: value.start, end: value.end, name: null, value };
}

/**
 * The words and symbols that were read since the token with that index and are in none of the nodes, see
 * {@link FunctionCall.words}.
 */
export function wordsBetween(c: Cursor, from: number, nodes: readonly TextRange[]): string {
  const words: string[] = [];
  let next = 0;
  for (const token of c.tokensSince(from)) {
    while (next < nodes.length && (nodes[next]?.end ?? 0) <= token.start) next++;
    const node = nodes[next];
    if (node !== undefined && node.start <= token.start) continue;
    if (token.text !== ',') words.push(token.upper === '' ? token.text : token.upper);
  }
  return words.join(' ');
}

/** CURRENT_DATE, CURRENT_TIMESTAMP(3) … */
export function parseKeywordCall(c: Cursor): FunctionCall {
  const name: Name = [readIdentifier(c)];
  if (!c.isSymbol('(')) return callNode(name, c.lastEnd, { syntax: 'keyword' });
  c.advance();
  const args = c.isSymbol(')') ? [] : parseArguments(c);
  closeParens(c);
  return callNode(name, c.lastEnd, { syntax: 'keyword', args });
}

/** A call whose name was read; the current token is the opening parenthesis. */
export function parseCall(c: Cursor, name: Name): FunctionCall {
  c.advance();
  const parts = parseCallContent(c);
  closeParens(c);
  return parseCallSuffix(c, name, parts);
}

interface Content {
  args: Argument[];
  distinct: boolean;
  star: boolean;
  variadic: boolean;
  orderBy: OrderItem[];
  separator: Expression | null;
  syntax?: 'special';
  words?: string;
}

function parseCallContent(c: Cursor): Content {
  const content: Content = {
    args: [],
    distinct: false,
    star: false,
    variadic: false,
    orderBy: [],
    separator: null,
  };
  if (c.isSymbol('*') && c.peek(1).text === ')') {
    c.advance();
    content.star = true;
    return content;
  }
  if (c.accept('DISTINCT')) content.distinct = true;
  else c.accept('ALL');
  if (!c.isSymbol(')')) content.args = parseArguments(c, content);
  if (c.isWords('ORDER', 'BY')) content.orderBy = parseOrderBy(c);
  if (c.accept('SEPARATOR')) content.separator = parseExpression(c);
  // MariaDB's GROUP_CONCAT(x ORDER BY y LIMIT 3): which values are put together is part of the call
  if (c.is('LIMIT') && c.grammar.limitWithComma) {
    const from = c.index;
    c.advance();
    parseExpression(c);
    if (c.acceptSymbol(',') || c.accept('OFFSET')) parseExpression(c);
    return { ...content, syntax: 'special', words: wordsBetween(c, from, []) };
  }
  return content;
}

/** Arguments separated by commas. */
export function parseArguments(c: Cursor, content?: { variadic: boolean }): Argument[] {
  const args: Argument[] = [];
  do {
    const { start } = c.token;
    if (c.accept('VARIADIC') && content) {
      content.variadic = true;
      const argument = parseArgument(c);
      args.push({ ...argument, start: Math.min(start, argument.start) });
    } else args.push(parseArgument(c));
  } while (c.acceptSymbol(','));
  return args;
}

function parseArgument(c: Cursor): Argument {
  const arrow = c.peek(1).text;
  if ((arrow === '=>' || arrow === ':=') && isLabel(c.token)) {
    const { start } = c.token;
    const name = readIdentifier(c);
    c.advance();
    const value = parseExpression(c);
    return { kind: 'argument', start, end: c.lastEnd, name, value };
  }
  return argumentOf(parseExpression(c));
}

/** WITHIN GROUP, FILTER, IGNORE NULLS and OVER after a call's parentheses. */
export function parseCallSuffix(c: Cursor, name: Name, parts: Partial<FunctionCall>): FunctionCall {
  // Nearly all calls end here.
  if (c.token.kind !== 'word') return callNode(name, c.lastEnd, parts);
  let withinGroup: readonly OrderItem[] = [];
  let filter: Expression | null = null;
  let nulls: FunctionCall['nulls'] = null;
  let over: FunctionCall['over'] | Identifier = null;
  if (c.isWords('WITHIN', 'GROUP')) {
    c.advance();
    c.advance();
    c.expectSymbol('(');
    if (c.isWords('ORDER', 'BY')) withinGroup = parseOrderBy(c);
    else if (c.grammar.transact) c.acceptWords('GRAPH', 'PATH');
    closeParens(c);
  }
  if (c.is('FILTER') && c.peek(1).text === '(') {
    c.advance();
    c.advance();
    c.expect('WHERE');
    filter = parseExpression(c);
    closeParens(c);
  }
  if ((c.is('IGNORE') || c.is('RESPECT')) && c.peek(1).upper === 'NULLS') {
    nulls = c.advance().upper === 'IGNORE' ? 'ignore' : 'respect';
    c.advance();
  }
  if (c.is('OVER') && (c.peek(1).text === '(' || isLabel(c.peek(1)))) over = parseOver(c);
  return callNode(name, c.lastEnd, { ...parts, withinGroup, filter, nulls, over });
}
