/** INSERT and REPLACE. */
import type {
  Assignment,
  Conflict,
  Expression,
  Identifier,
  Insert,
  Query,
  TableAlias,
  With,
  WriteRest,
} from '../ast.ts';
import { parseAssignments } from './assignments.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { parseIndexColumns } from './index-columns.ts';
import { closeParens, parseLabel, parseName, parseNameList, readIdentifier } from './names.ts';
import { parseSubscriptBounds } from './operands.ts';
import { parseQuery, parseValues, queryOfBody } from './query.ts';
import { NOTHING_RETURNED, parseOutput, parseReturning } from './returning.ts';
import { parseProcedureCall } from './transact/procedure-call.ts';
import { parseLeftover, parseTarget, parseWriteModifiers } from './writes.ts';

/** INSERT or REPLACE, the current token being that word. */
export function parseInsert(c: Cursor, clause: With | null): Insert {
  const from = c.token.start;
  const verb = c.advance().upper === 'REPLACE' ? 'REPLACE' : 'INSERT';
  const rest: WriteRest[] = parseWriteModifiers(c);
  if (!c.accept('INTO') && c.dialect.strings.dollar) c.expect('INTO');
  const target = parseTarget(c, true);
  const columns = c.isSymbol('(') && !c.atQueryInParens ? parseInsertColumns(c) : [];
  const overriding = parseOverriding(c);
  let output = parseOutput(c, rest);
  const { source, assignments } = parseSource(c, rest);
  readRowAlias(c, rest);
  const conflict = parseConflict(c);
  if (output === NOTHING_RETURNED) output = parseReturning(c);
  parseLeftover(c, rest);
  return {
    kind: 'insert',
    start: clause?.start ?? from,
    end: c.lastEnd,
    with: clause,
    verb,
    target,
    columns,
    overriding,
    source,
    assignments,
    conflict,
    ...output,
    rest,
  };
}

/** `(a, b.field, c[1])`: what follows a column's name is opaque. */
export function parseInsertColumns(c: Cursor): Identifier[] {
  const columns: Identifier[] = [];
  c.advance();
  if (!c.isSymbol(')')) {
    do {
      columns.push(parseName(c));
      const { start } = c.token;
      if (!c.isSymbol('.') && !c.isSymbol('[')) continue;
      while (c.isSymbol('.') || c.isSymbol('[')) {
        if (c.acceptSymbol('.')) parseLabel(c);
        else parseSubscriptBounds(c);
      }
      c.opaqueFrom(start, 'a part of a column');
    } while (c.acceptSymbol(','));
  }
  closeParens(c);
  return columns;
}

/** OVERRIDING SYSTEM|USER VALUE, if it is next. */
export function parseOverriding(c: Cursor): Insert['overriding'] {
  if (!c.accept('OVERRIDING')) return null;
  const kind = c.is('SYSTEM') ? 'system' : 'user';
  if (c.is('SYSTEM') || c.is('USER')) c.advance();
  else c.problem('SYSTEM or USER is missing');
  c.expect('VALUE');
  return kind;
}

function parseSource(c: Cursor, rest: WriteRest[]): Pick<Insert, 'source' | 'assignments'> {
  if (c.acceptWords('DEFAULT', 'VALUES')) return { source: null, assignments: [] };
  if (c.atQueryWord || c.atQueryInParens) return { source: parseQuery(c), assignments: [] };
  if (c.is('VALUES') || (c.is('VALUE') && c.peek(1).text === '(')) {
    return { source: queryOfBody(parseValues(c)), assignments: [] };
  }
  if (c.is('SET') && !c.grammar.assignsFields) {
    c.advance();
    const assignments: Assignment[] = parseAssignments(c);
    return { source: null, assignments };
  }
  if (c.is('EXEC') || c.is('EXECUTE')) {
    rest.push(c.kept(parseProcedureCall(c), 'the rows of a procedure'));
    return { source: null, assignments: [] };
  }
  const source: Query = queryOfBody(c.missing('VALUES or a query'));
  return { source, assignments: [] };
}

/** MySQL: VALUES (…) AS new(a, b) */
function readRowAlias(c: Cursor, rest: WriteRest[]): void {
  if (!c.is('AS') || c.grammar.assignsFields) return;
  const { start } = c.advance();
  const name = parseName(c);
  const columns = c.isSymbol('(') ? parseNameList(c) : [];
  const alias: TableAlias = { kind: 'tableAlias', start, end: c.lastEnd, name, columns };
  rest.push(c.kept(alias, 'the name of the new row'));
}

function parseConflict(c: Cursor): Conflict | null {
  if (!c.is('ON')) return null;
  const { start } = c.token;
  const next = c.peek(1).upper;
  if (next === 'DUPLICATE') return parseDuplicateKey(c);
  if (next !== 'CONFLICT') return null;
  c.advance();
  c.advance();
  let target: Conflict['target'] = [];
  let targetWhere: Expression | null = null;
  let constraint: Identifier | null = null;
  if (c.isSymbol('(')) {
    target = parseIndexColumns(c);
    if (c.accept('WHERE')) targetWhere = parseExpression(c);
  } else if (c.acceptWords('ON', 'CONSTRAINT')) constraint = readIdentifier(c);
  c.expect('DO');
  let action: Conflict['action'] = 'nothing';
  let assignments: Conflict['assignments'] = [];
  let where: Expression | null = null;
  if (c.accept('UPDATE')) {
    action = 'update';
    if (c.expect('SET')) assignments = parseAssignments(c);
    if (c.accept('WHERE')) where = parseExpression(c);
  } else c.expect('NOTHING');
  const end = c.lastEnd;
  return { kind: 'conflict', start, end, action, target, targetWhere, constraint, assignments, where };
}

/** MySQL: ON DUPLICATE KEY UPDATE … */
function parseDuplicateKey(c: Cursor): Conflict {
  const { start } = c.advance();
  c.advance();
  c.expect('KEY');
  c.expect('UPDATE');
  const assignments = parseAssignments(c);
  return {
    kind: 'conflict',
    start,
    end: c.lastEnd,
    action: 'update',
    target: [],
    targetWhere: null,
    constraint: null,
    assignments,
    where: null,
  };
}
