/** DELETE. */
import type { Delete, Expression, FromItem, FurtherTargets, OrderItem, With, WriteRest } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseFromList } from './from.ts';
import { parseHints } from './hints.ts';
import { atLimit, parseLimit } from './limit.ts';
import { type Name, parseQualifiedName } from './names.ts';
import { parseOrderBy } from './order.ts';
import { NOTHING_RETURNED, parseOutput, parseReturning } from './returning.ts';
import { parseCondition } from './select.ts';
import { parseLeftover, parseTarget, parseWriteModifiers } from './writes.ts';

/** DELETE, the current token being that word. */
export function parseDelete(c: Cursor, clause: With | null): Delete {
  const start = clause?.start ?? c.token.start;
  c.advance();
  const rest: WriteRest[] = parseWriteModifiers(c);
  if (!c.accept('FROM') && c.dialect.strings.dollar) c.expect('FROM');
  const target = parseTarget(c);
  if (c.grammar.conditionlessJoins) {
    acceptDotStar(c);
    // MySQL: DELETE a, b FROM a JOIN b …
    if (c.isSymbol(',')) rest.push(parseFurtherTargets(c));
  }
  let output = parseOutput(c, rest);
  parseLeftover(c, rest, 'FROM', 'USING', 'WHERE', 'ORDER', 'LIMIT', 'RETURNING', 'OPTION');
  const using: FromItem[] = c.accept('USING') || acceptSecondFrom(c) ? parseFromList(c) : [];
  parseLeftover(c, rest, 'WHERE', 'ORDER', 'LIMIT', 'RETURNING', 'OPTION');
  const where: Expression | null = c.accept('WHERE') ? parseCondition(c) : null;
  const orderBy: OrderItem[] = c.is('ORDER') ? parseOrderBy(c) : [];
  const limit = atLimit(c) ? parseLimit(c) : null;
  if (output === NOTHING_RETURNED) output = parseReturning(c);
  if (c.grammar.transact && c.is('OPTION')) rest.push(parseHints(c));
  parseLeftover(c, rest);
  return {
    kind: 'delete',
    start,
    end: c.lastEnd,
    with: clause,
    target,
    using,
    where,
    orderBy,
    limit,
    ...output,
    rest,
  };
}

/** `t.*` is what Access writes for t. */
function acceptDotStar(c: Cursor): void {
  if (!c.isSymbol('.') || c.peek(1).text !== '*') return;
  c.advance();
  c.advance();
}

/** `, b, c.*`: tables are named, the joins follow in FROM or USING. */
function parseFurtherTargets(c: Cursor): FurtherTargets {
  const { start } = c.token;
  const names: Name[] = [];
  while (c.acceptSymbol(',')) {
    names.push(parseQualifiedName(c));
    acceptDotStar(c);
  }
  const node: FurtherTargets = { kind: 'furtherTargets', start, end: c.lastEnd, names };
  return c.kept(node, 'more tables to delete from');
}

/** DELETE t FROM t JOIN … in MySQL and T-SQL. */
function acceptSecondFrom(c: Cursor): boolean {
  return !c.dialect.strings.dollar && c.accept('FROM');
}
