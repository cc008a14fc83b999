/** GROUP BY with grouping sets. */
import type { Expression, GroupBy, GroupingSet } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseExpressions } from './expressions.ts';
import { closeParens } from './names.ts';

/** GROUP BY, the current token being GROUP. */
export function parseGroupBy(c: Cursor): GroupBy {
  const { start } = c.advance();
  c.expect('BY');
  const distinct = c.accept('DISTINCT');
  if (!distinct) c.accept('ALL');
  const items: Expression[] = [];
  const sets: GroupingSet[] = [];
  do {
    const element = parseElement(c);
    if (element.kind === 'groupingSet') sets.push(element);
    else items.push(element);
  } while (c.acceptSymbol(','));
  const next = c.peek(1).upper;
  if (c.is('WITH') && (next === 'ROLLUP' || next === 'CUBE')) {
    const from = c.advance().start;
    const type = c.advance().upper === 'ROLLUP' ? 'withRollup' : 'withCube';
    sets.push({ kind: 'groupingSet', start: from, end: c.lastEnd, type, elements: [] });
  }
  return { kind: 'groupBy', start, end: c.lastEnd, distinct, items, sets };
}

function parseElement(c: Cursor): Expression | GroupingSet {
  const { start, upper, text } = c.token;
  if (text === '(' && c.peek(1).text === ')') {
    c.advance();
    c.advance();
    return { kind: 'groupingSet', start, end: c.lastEnd, type: 'empty', elements: [] };
  }
  if ((upper === 'ROLLUP' || upper === 'CUBE') && c.peek(1).text === '(') {
    c.advance();
    c.advance();
    const elements = parseExpressions(c);
    closeParens(c);
    return {
      kind: 'groupingSet',
      start,
      end: c.lastEnd,
      type: upper === 'CUBE' ? 'cube' : 'rollup',
      elements,
    };
  }
  if (upper === 'GROUPING' && c.peek(1).upper === 'SETS') return parseSets(c);
  return parseExpression(c);
}

function parseSets(c: Cursor): Expression | GroupingSet {
  const { start } = c.token;
  if (!c.enter()) return c.unexpectedUntil(() => c.atBoundary);
  c.advance();
  c.advance();
  const elements: (Expression | GroupingSet)[] = [];
  if (c.expectSymbol('(')) {
    do elements.push(parseElement(c));
    while (c.acceptSymbol(','));
    closeParens(c);
  }
  c.leave();
  return { kind: 'groupingSet', start, end: c.lastEnd, type: 'sets', elements };
}
