/** `x op ANY (…)`, with SOME and ALL. */
import type { Expression, Quantified } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseGroup } from './parentheses.ts';

/** True at ANY, SOME or ALL with a parenthesis. */
export function quantifierAhead(c: Cursor): boolean {
  const word = c.token.upper;
  return (word === 'ANY' || word === 'SOME' || word === 'ALL') && c.peek(1).text === '(';
}

/** The quantifier and its parentheses; the operator was read. */
export function parseQuantified(c: Cursor, operand: Expression, operator: string): Quantified {
  const quantifier = c.advance().upper === 'ALL' ? 'ALL' : 'ANY';
  const group = parseGroup(c);
  const { start } = operand;
  const end = c.lastEnd;
  if (group.query !== null) {
    return { kind: 'quantified', start, end, operand, operator, quantifier, query: group.query, array: null };
  }
  const [first = c.missing('an array'), ...others] = group.expressions;
  if (others.length > 0) c.problem('a quantifier takes one array');
  const array: Expression =
    others.length === 0
      ? first
      : { kind: 'row', start: first.start, end: others.at(-1)?.end ?? end, items: [first, ...others] };
  return { kind: 'quantified', start, end, operand, operator, quantifier, query: null, array };
}
