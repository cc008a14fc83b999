/** Finds ranges around nodes: indentation, white space to take along, words before a node. */
import type { OrderItem, Query } from '../ast.ts';
import type { AnalyzedStatement } from '../query-model.ts';
import type { TextRange } from '../text.ts';
import { isTrivia, type Token } from '../tokens.ts';

/** The white space at the start of the line that an offset lies in. */
export function indentAt(text: string, offset: number): string {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(lineStart, offset))?.[0] ?? '';
}

/** True when only white space stands before the offset in its line. */
export function startsLine(text: string, offset: number): boolean {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  return text.slice(lineStart, offset).trim() === '';
}

/** The end of the comments behind an offset when they end its line; the offset itself when anything else follows. */
export function afterLineComment({ tokens }: Pick<AnalyzedStatement, 'tokens'>, offset: number): number {
  let end = offset;
  for (let i = tokenIndexAt(tokens, offset); i < tokens.length; i++) {
    const token = tokens[i];
    if (!token || !isTrivia(token)) break;
    if (token.text.includes('\n')) return token.kind === 'whitespace' ? end : offset;
    if (token.kind !== 'whitespace') end = token.end;
  }
  return offset;
}

/** Index of the first token that starts at or after an offset. */
export function tokenIndexAt(tokens: readonly Token[], offset: number): number {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const token = tokens[middle];
    if (token && token.start < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The tokens that lie wholly within a range. */
export function tokensWithin(tokens: readonly Token[], range: TextRange): Token[] {
  const within: Token[] = [];
  for (let i = tokenIndexAt(tokens, range.start); i < tokens.length; i++) {
    const token = tokens[i];
    if (!token || token.end > range.end) break;
    within.push(token);
  }
  return within;
}

/** The last token before an offset that is no trivia, or null. */
export function tokenBefore(tokens: readonly Token[], offset: number): Token | null {
  for (let i = tokenIndexAt(tokens, offset) - 1; i >= 0; i--) {
    const token = tokens[i];
    if (token && !isTrivia(token)) return token;
  }
  return null;
}

/** The first token at or after an offset that is no trivia, or null. */
export function tokenAfter(tokens: readonly Token[], offset: number): Token | null {
  for (let i = tokenIndexAt(tokens, offset); i < tokens.length; i++) {
    const token = tokens[i];
    if (token && !isTrivia(token)) return token;
  }
  return null;
}

/**
 * A range with the white space that goes when it is removed: the white space before it, or, when a comment stands
 * before it, the white space after it (a line comment must keep its line's end).
 */
export function withWhiteSpace(statement: Pick<AnalyzedStatement, 'tokens'>, range: TextRange): TextRange {
  const { tokens } = statement;
  const first = tokenIndexAt(tokens, range.start);
  const before = tokens[first - 1];
  if (before?.kind !== 'whitespace') return { start: range.start, end: range.end };
  const comment = tokens[first - 2];
  if (!comment || comment.kind === 'lineComment' || comment.kind === 'blockComment') {
    const after = tokens[tokenIndexAt(tokens, range.end)];
    return { start: range.start, end: after?.kind === 'whitespace' ? after.end : range.end };
  }
  return { start: before.start, end: range.end };
}

/** ORDER BY of a query with its keywords, null without one. */
export function orderByRange(statement: Pick<AnalyzedStatement, 'tokens'>, query: Query): TextRange | null {
  return orderItemsRange(statement, query.orderBy);
}

/** ORDER BY with its keywords from its items. */
export function orderItemsRange(
  statement: Pick<AnalyzedStatement, 'tokens'>,
  items: readonly OrderItem[],
): TextRange | null {
  const first = items[0];
  const last = items.at(-1);
  if (!first || !last) return null;
  const by = tokenBefore(statement.tokens, first.start);
  const order = by ? tokenBefore(statement.tokens, by.start) : null;
  return order?.upper === 'ORDER' ? { start: order.start, end: last.end } : null;
}
