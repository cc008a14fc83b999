/** MERGE. */
import type { Assignment, Expression, Identifier, Merge, MergeBranch, With, WriteRest } from '../ast.ts';
import { parseAssignments } from './assignments.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseParenthesizedExpressions } from './expressions.ts';
import { parseFromItem } from './from.ts';
import { parseHints } from './hints.ts';
import { parseInsertColumns, parseOverriding } from './insert.ts';
import { NOTHING_RETURNED, parseOutput, parseReturning } from './returning.ts';
import { parseLeftover, parseTarget, parseWriteModifiers } from './writes.ts';

/** MERGE, the current token being that word. */
export function parseMerge(c: Cursor, clause: With | null): Merge {
  const start = clause?.start ?? c.token.start;
  c.advance();
  const rest: WriteRest[] = parseWriteModifiers(c);
  if (!c.accept('INTO') && c.dialect.strings.dollar) c.expect('INTO');
  const target = parseTarget(c);
  parseLeftover(c, rest, 'USING', 'ON', 'WHEN');
  const source = c.expect('USING') ? parseFromItem(c) : c.missing('the source of the rows');
  parseLeftover(c, rest, 'ON', 'WHEN');
  const on: Expression = c.expect('ON') ? parseExpression(c) : c.missing('the condition');
  parseLeftover(c, rest, 'WHEN', 'RETURNING', 'OUTPUT', 'OPTION');
  const branches: MergeBranch[] = [];
  while (c.is('WHEN')) branches.push(parseBranch(c));
  if (branches.length === 0) c.problem('WHEN is missing');
  let output = parseOutput(c, rest);
  if (output === NOTHING_RETURNED) output = parseReturning(c);
  if (c.grammar.transact && c.is('OPTION')) rest.push(parseHints(c));
  parseLeftover(c, rest);
  return {
    kind: 'merge',
    start,
    end: c.lastEnd,
    with: clause,
    target,
    source,
    on,
    branches,
    ...output,
    rest,
  };
}

/** WHEN [NOT] MATCHED [BY SOURCE|TARGET] [AND condition] THEN action */
function parseBranch(c: Cursor): MergeBranch {
  const { start } = c.advance();
  const matched = !c.accept('NOT');
  c.expect('MATCHED');
  let by: MergeBranch['by'] = null;
  if (!matched && c.acceptWords('BY', 'SOURCE')) by = 'source';
  else if (!matched && c.acceptWords('BY', 'TARGET')) by = 'target';
  const condition = c.accept('AND') ? parseExpression(c) : null;
  c.expect('THEN');
  const action = parseAction(c);
  return { kind: 'mergeBranch', start, end: c.lastEnd, matched, by, condition, ...action };
}

type Action = Pick<MergeBranch, 'action' | 'assignments' | 'columns' | 'overriding' | 'values'>;

function parseAction(c: Cursor): Action {
  const action: Action = { action: null, assignments: [], columns: [], overriding: null, values: [] };
  if (c.acceptWords('DO', 'NOTHING')) return { ...action, action: 'nothing' };
  if (c.accept('DELETE')) return { ...action, action: 'delete' };
  if (c.accept('UPDATE')) {
    const assignments: Assignment[] = c.expect('SET') ? parseAssignments(c) : [];
    return { ...action, action: 'update', assignments };
  }
  if (c.accept('INSERT')) return parseInsertAction(c, action);
  c.problem('an action (UPDATE, DELETE, INSERT or DO NOTHING) is missing');
  return action;
}

function parseInsertAction(c: Cursor, empty: Action): Action {
  const columns: Identifier[] = c.isSymbol('(') ? parseInsertColumns(c) : [];
  const overriding = parseOverriding(c);
  let values: Expression[] = [];
  if (!c.acceptWords('DEFAULT', 'VALUES') && c.expect('VALUES')) values = parseParenthesizedExpressions(c);
  return { ...empty, action: 'insert', columns, overriding, values };
}
