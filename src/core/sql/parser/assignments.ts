/** SET of UPDATE, MERGE, ON CONFLICT and MySQL's INSERT. */
import type { Assignment, ColumnRef, Expression, Variable } from '../ast.ts';
import { callNode, parseArguments } from './calls.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { closeParens, isLabel, parseLabel, parseName, parseQualifiedName } from './names.ts';
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
  variable: Variable | null;
  partial: boolean;
}

/** One assignment. */
export function parseAssignment(c: Cursor): Assignment {
  const from = c.token.start;
  const targets: Targets = { columns: [], indexes: [], variable: null, partial: false };
  if (c.token.kind === 'variable') return parseVariableAssignment(c, targets);
  if (c.acceptSymbol('(')) {
    do readTarget(c, targets);
    while (c.acceptSymbol(','));
    closeParens(c);
  } else readTarget(c, targets);
  const start = Math.min(from, targets.columns[0]?.start ?? from);
  if (c.grammar.transact && c.isSymbol('(')) return parseMethod(c, start, targets);
  if (!OPERATORS.has(c.token.text)) {
    return finish(c, start, targets, '=', c.missing('the value'));
  }
  const operator = c.advance().text;
  return finish(c, start, targets, operator === ':=' ? '=' : operator, parseExpression(c));
}

/** T-SQL: `@x = value`, `@x += value`, and of UPDATE `@x = column = value`: no value is a comparison there. */
function parseVariableAssignment(c: Cursor, targets: Targets): Assignment {
  const { start, end, text } = c.advance();
  targets.variable = { kind: 'variable', start, end, text };
  if (!OPERATORS.has(c.token.text)) return finish(c, start, targets, '=', c.missing('the value'));
  let operator = c.advance().text;
  if (operator === '=' && c.grammar.transact && atColumnAssignment(c)) {
    readTarget(c, targets);
    operator = c.advance().text;
  }
  return finish(c, start, targets, operator, parseExpression(c));
}

function atColumnAssignment(c: Cursor): boolean {
  if (!isLabel(c.token)) return false;
  let at = 1;
  while (c.peek(at).text === '.' && isLabel(c.peek(at + 1))) at += 2;
  return OPERATORS.has(c.peek(at).text);
}

/** T-SQL: `column.WRITE(value, offset, length)`, `column.modify('…')`: the name of the method was read with the column's. */
function parseMethod(c: Cursor, start: number, targets: Targets): Assignment {
  const written = targets.columns.pop();
  const method = written?.parts.at(-1);
  const [first, ...more] = written?.parts.slice(0, -1) ?? [];
  if (!written || !method || !first) return finish(c, start, targets, '=', c.missing('the value'));
  const parts: ColumnRef['parts'] = [first, ...more];
  targets.columns.push({ kind: 'column', start: first.start, end: more.at(-1)?.end ?? first.end, parts });
  targets.partial = true;
  c.advance();
  const args = c.isSymbol(')') ? [] : parseArguments(c);
  closeParens(c);
  const call = callNode([method], c.lastEnd, { args });
  return finish(c, start, targets, `.${method.text.toUpperCase()}`, call);
}

function finish(c: Cursor, from: number, parts: Targets, operator: string, value: Expression): Assignment {
  const { columns: targets, indexes, variable, partial } = parts;
  const start = Math.min(from, value.start);
  const end = c.lastEnd;
  return { kind: 'assignment', start, end, targets, variable, partial, indexes, operator, value };
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
