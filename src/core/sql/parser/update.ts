/** UPDATE. */
import type { Expression, FromItem, OrderItem, Update, With, WriteRest } from '../ast.ts';
import { parseAssignments } from './assignments.ts';
import type { Cursor } from './cursor.ts';
import { parseFromItem, parseFromList } from './from.ts';
import { parseHints } from './hints.ts';
import { atLimit, parseLimit } from './limit.ts';
import { parseOrderBy } from './order.ts';
import { NOTHING_RETURNED, parseOutput, parseReturning } from './returning.ts';
import { parseCondition } from './select.ts';
import { parseLeftover, parseTarget, parseWriteModifiers } from './writes.ts';

/** UPDATE, the current token being that word. */
export function parseUpdate(c: Cursor, clause: With | null): Update {
  const start = clause?.start ?? c.token.start;
  c.advance();
  const rest: WriteRest[] = parseWriteModifiers(c);
  const { target, from } = parseTargets(c);
  parseLeftover(c, rest, 'SET', 'FROM', 'WHERE', 'RETURNING');
  const assignments = c.expect('SET') ? parseAssignments(c) : [];
  let output = parseOutput(c, rest);
  parseLeftover(c, rest, 'FROM', 'WHERE', 'ORDER', 'LIMIT', 'RETURNING', 'OPTION');
  if (c.accept('FROM')) from.push(...parseFromList(c));
  parseLeftover(c, rest, 'WHERE', 'ORDER', 'LIMIT', 'RETURNING', 'OPTION');
  const where: Expression | null = c.accept('WHERE') ? parseCondition(c) : null;
  const orderBy: OrderItem[] = c.is('ORDER') ? parseOrderBy(c) : [];
  const limit = atLimit(c) ? parseLimit(c) : null;
  if (output === NOTHING_RETURNED) output = parseReturning(c);
  if (c.grammar.transact && c.is('OPTION')) rest.push(parseHints(c));
  parseLeftover(c, rest);
  const node: Update = {
    kind: 'update',
    start,
    end: c.lastEnd,
    with: clause,
    target,
    assignments,
    from,
    where,
    orderBy,
    limit,
    ...output,
    rest,
  };
  // what is left in a variable depends on which row is the last
  return assignments.some(({ variable }) => variable !== null && c.grammar.transact)
    ? c.kept(node, 'variables that are assigned')
    : node;
}

/** MySQL may name several tables and joins before SET; the second and further ones are in `from`. */
function parseTargets(c: Cursor): { target: FromItem; from: FromItem[] } {
  if (!c.grammar.conditionlessJoins) return { target: parseTarget(c), from: [] };
  const target = parseFromItem(c);
  return { target, from: c.acceptSymbol(',') ? parseFromList(c) : [] };
}
