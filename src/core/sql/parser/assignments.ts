/** SET of UPDATE, MERGE, ON CONFLICT and MySQL's INSERT. */
import type { Assignment, ColumnRef, Expression } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { closeParens, parseLabel, parseName, parseQualifiedName } from './names.ts';
import { parseSubscriptBounds } from './operands.ts';

const OPERATORS: ReadonlySet<string> = new Set(['=', ':=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=']);

/** Assignments separated by commas; SET was read. */
export function parseAssignments(c: Cursor): Assignment[] {
  const assignments: Assignment[] = [];
  do assignments.push(parseAssignment(c));
  while (c.acceptSymbol(','));
  return assignments;
}

interface Targets {
  readonly columns: ColumnRef[];
  readonly indexes: Expression[];
  partial: boolean;
}

function parseAssignment(c: Cursor): Assignment {
  const from = c.token.start;
  const targets: Targets = { columns: [], indexes: [], partial: false };
  // T-SQL: SET @x = a, and SET @x = column = expression
  if (c.token.kind === 'variable') return finish(c, from, targets, '=', parseExpression(c));
  if (c.acceptSymbol('(')) {
    do readTarget(c, targets);
    while (c.acceptSymbol(','));
    closeParens(c);
  } else readTarget(c, targets);
  const start = Math.min(from, targets.columns[0]?.start ?? from);
  if (!OPERATORS.has(c.token.text)) {
    return finish(c, start, targets, '=', c.missing('the value'));
  }
  const operator = c.advance().text;
  return finish(c, start, targets, operator === ':=' ? '=' : operator, parseExpression(c));
}

function finish(c: Cursor, from: number, targets: Targets, operator: string, value: Expression): Assignment {
  const { columns, indexes, partial } = targets;
  const start = Math.min(from, value.start);
  return { kind: 'assignment', start, end: c.lastEnd, targets: columns, partial, indexes, operator, value };
}

function readTarget(c: Cursor, targets: Targets): void {
  if (!c.grammar.assignsFields) {
    const parts = parseQualifiedName(c);
    targets.columns.push({ kind: 'column', start: parts[0].start, end: c.lastEnd, parts });
    return;
  }
  const name = parseName(c);
  targets.columns.push({ kind: 'column', start: name.start, end: name.end, parts: [name] });
  for (;;) {
    if (c.acceptSymbol('.')) parseLabel(c);
    else if (c.isSymbol('[')) targets.indexes.push(...parseSubscriptBounds(c).indexes);
    else return;
    targets.partial = true;
  }
}
