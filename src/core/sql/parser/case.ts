/** CASE. */
import type { Case, CaseBranch, Expression } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';

/** A CASE expression, the current token being CASE. */
export function parseCase(c: Cursor): Case {
  const { start } = c.advance();
  const operand = c.is('WHEN') || c.atClose || c.isSymbol(',') || c.is('FROM') ? null : parseExpression(c);
  const branches: CaseBranch[] = [];
  while (c.is('WHEN')) branches.push(parseBranch(c));
  if (branches.length === 0) c.problem('WHEN is missing');
  const otherwise: Expression | null = c.accept('ELSE') ? parseExpression(c) : null;
  c.expect('END');
  return { kind: 'case', start, end: c.lastEnd, operand, branches, otherwise };
}

function parseBranch(c: Cursor): CaseBranch {
  const { start } = c.advance();
  const when = parseExpression(c);
  const then = c.expect('THEN') ? parseExpression(c) : c.missing('the value after THEN');
  return { kind: 'caseBranch', start, end: c.lastEnd, when, then };
}
