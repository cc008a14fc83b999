/** A parenthesis in an expression: a query, one expression, or a row. */
import type { Expression, ParenQuery, Query } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { continueExpression, parseExpression, parseExpressions } from './expressions.ts';
import { closeParens } from './names.ts';
import { parseIndirection } from './operands.ts';
import { atQueryContinuation, continueQuery, parseQuery, queryOfBody } from './query.ts';

/** What stands between two parentheses: a query, or expressions (none for an empty pair). */
export interface Group {
  readonly start: number;
  readonly end: number;
  readonly query: Query | null;
  readonly expressions: readonly Expression[];
}

/** Read a parenthesis with what it holds. Parentheses around a query's own parentheses belong to the query. */
export function parseGroup(c: Cursor): Group {
  const { start } = c.token;
  if (!c.isSymbol('(')) {
    c.problem('"(" is missing');
    return { start: c.lastEnd, end: c.lastEnd, query: null, expressions: [] };
  }
  c.advance();
  let query: Query | null = null;
  let expressions: readonly Expression[] = [];
  if (c.atQueryWord) query = parseQuery(c);
  else if (c.atQueryInParens) ({ query, expressions } = parseNested(c));
  else if (!c.isSymbol(')')) expressions = parseExpressions(c);
  closeParens(c);
  return { start, end: c.lastEnd, query, expressions };
}

function tooDeep(c: Cursor): Group {
  const { start } = c.token;
  c.problem('this is nested too deeply');
  c.skip();
  const expression = c.opaqueFrom(start, 'nested too deeply');
  return { start, end: c.lastEnd, query: null, expressions: [expression] };
}

/** `((SELECT …) UNION …)`, `((SELECT …))` or `((SELECT …) + 1, …)`: what follows the inner parenthesis tells. */
function parseNested(c: Cursor): Pick<Group, 'query' | 'expressions'> {
  const entered = c.enter();
  const inner = entered ? parseGroup(c) : tooDeep(c);
  if (entered) c.leave();
  if (inner.query !== null) {
    const body: ParenQuery = { kind: 'parenQuery', start: inner.start, end: inner.end, query: inner.query };
    if (atQueryContinuation(c)) return { query: continueQuery(c, body), expressions: [] };
    if (c.atClose) return { query: queryOfBody(body), expressions: [] };
  }
  const operand = parseIndirection(c, operandOf(c, inner));
  const expressions = [continueExpression(c, operand, 0)];
  while (c.acceptSymbol(',')) expressions.push(parseExpression(c));
  return { query: null, expressions };
}

/** A parenthesis as an operand. */
export function parseParenthesized(c: Cursor): Expression {
  return operandOf(c, parseGroup(c));
}

function operandOf(c: Cursor, group: Group): Expression {
  const { start, end, query, expressions } = group;
  if (query !== null) return subqueryOf(start, end, query);
  const [first, second] = expressions;
  if (first !== undefined && second === undefined) return { kind: 'paren', start, end, expression: first };
  if (first === undefined) c.problem('an expression is missing');
  return { kind: 'row', start, end, items: expressions };
}

/** Parentheses around a query in parentheses are those of an expression: `((SELECT 1))` is a subquery in one. */
function subqueryOf(start: number, end: number, query: Query): Expression {
  const { body } = query;
  if (body.kind !== 'parenQuery' || body.start !== query.start || body.end !== query.end) {
    return { kind: 'subquery', start, end, query };
  }
  return { kind: 'paren', start, end, expression: subqueryOf(body.start, body.end, body.query) };
}
