/** Joins: chains associate to the left, and a join without its condition takes the next join into its right side. */
import type { Expression, FromItem, Identifier, Join } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { parseFromOperand } from './from.ts';
import { parseNameList, readIdentifier } from './names.ts';

/** The joins after a FROM item. */
export function parseJoins(c: Cursor, first: FromItem): FromItem {
  let left = first;
  while (atJoin(c)) left = parseJoin(c, left);
  return left;
}

/** True at the first word of a join. */
export function atJoin(c: Cursor): boolean {
  switch (c.token.upper) {
    case 'JOIN':
    case 'INNER':
    case 'LEFT':
    case 'RIGHT':
    case 'FULL':
    case 'NATURAL':
    case 'STRAIGHT_JOIN':
      return true;
    case 'CROSS':
      return c.peek(1).upper === 'JOIN' || c.peek(1).upper === 'APPLY';
    case 'OUTER':
      return c.peek(1).upper === 'APPLY';
    default:
      return false;
  }
}

function parseJoin(c: Cursor, left: FromItem): FromItem {
  const { start } = c.token;
  if (!c.enter()) return c.unexpectedUntil(() => c.atBoundary);
  const { type, natural } = readJoinWords(c);
  const joinRange = { start, end: c.lastEnd };
  let right = parseFromOperand(c);
  const conditional = takesCondition(c, type, natural);
  const needsCondition = conditional && type !== 'cross';
  if (needsCondition || c.grammar.conditionlessJoins) {
    // a JOIN b JOIN c ON … ON …: the inner condition belongs to the inner join.
    while (needsCondition && atJoin(c)) right = parseJoin(c, right);
  }
  const condition = conditional ? readCondition(c) : NO_CONDITION;
  c.leave();
  const missing = needsCondition && condition === NO_CONDITION;
  if (missing && !c.grammar.conditionlessJoins)
    c.problem('the condition of the join (ON or USING) is missing');
  const join: Join = {
    kind: 'join',
    start: left.start,
    end: c.lastEnd,
    type,
    natural,
    left,
    right,
    on: condition.on,
    using: condition.using,
    usingAlias: condition.usingAlias,
    joinRange,
  };
  return missing && c.grammar.conditionlessJoins && right.kind === 'join' ? rotate(join, right) : join;
}

/** MySQL takes a CROSS JOIN with a condition for an inner join. */
function takesCondition(c: Cursor, type: Join['type'], natural: boolean): boolean {
  if (natural || type === 'crossApply' || type === 'outerApply') return false;
  return type !== 'cross' || c.grammar.conditionlessJoins;
}

/** MySQL reads `a JOIN b LEFT JOIN c ON …` as `(a JOIN b) LEFT JOIN c ON …`. */
function rotate(outer: Join, inner: Join): Join {
  const chain: Join[] = [inner];
  let leftmost: FromItem = inner.left;
  while (leftmost.kind === 'join') {
    chain.push(leftmost);
    leftmost = leftmost.left;
  }
  let result: Join = { ...outer, right: leftmost, end: leftmost.end };
  for (const join of chain.reverse()) result = { ...join, start: outer.start, left: result };
  return result;
}

interface Words {
  readonly type: Join['type'];
  readonly natural: boolean;
}

const HINTS: ReadonlySet<string> = new Set(['HASH', 'LOOP', 'MERGE', 'REMOTE']);

function readJoinWords(c: Cursor): Words {
  const natural = c.accept('NATURAL');
  let type: Join['type'] = 'inner';
  const word = c.token.upper;
  switch (word) {
    case 'STRAIGHT_JOIN':
      c.advance();
      return { type, natural };
    case 'CROSS':
    case 'OUTER': {
      c.advance();
      const apply = c.advance().upper === 'APPLY';
      if (word === 'OUTER') return { type: 'outerApply', natural };
      return { type: apply ? 'crossApply' : 'cross', natural };
    }
    case 'LEFT':
    case 'RIGHT':
    case 'FULL':
      c.advance();
      type = word === 'LEFT' ? 'left' : word === 'RIGHT' ? 'right' : 'full';
      c.accept('OUTER');
      break;
    case 'INNER':
      c.advance();
      break;
    default:
  }
  if (c.grammar.transact && HINTS.has(c.token.upper)) {
    const { start } = c.advance();
    c.opaqueFrom(start, 'a join hint');
  }
  c.expect('JOIN');
  return { type, natural };
}

interface Condition {
  readonly on: Expression | null;
  readonly using: readonly Identifier[] | null;
  readonly usingAlias: Identifier | null;
}

const NO_CONDITION: Condition = { on: null, using: null, usingAlias: null };

function readCondition(c: Cursor): Condition {
  if (c.accept('ON')) return { on: parseExpression(c), using: null, usingAlias: null };
  if (!c.is('USING')) return NO_CONDITION;
  c.advance();
  const using = parseNameList(c);
  const usingAlias = c.accept('AS') ? readIdentifier(c) : null;
  return { on: null, using, usingAlias };
}
