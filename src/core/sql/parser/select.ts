/** One SELECT with its clauses. */
import type { Expression, Into, Opaque, Select, SelectItem, Top } from '../ast.ts';
import type { TextRange } from '../text.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseParenthesizedExpressions } from './expressions.ts';
import { parseFromList } from './from.ts';
import { parseGroupBy } from './group-by.ts';
import { isLabel, isName, parseQualifiedName, readIdentifier } from './names.ts';
import { parseOperand } from './operands.ts';
import { parseCurrentOf } from './transact/values.ts';
import { parseNamedWindows } from './windows.ts';

/** A SELECT, the current token being that word. */
export function parseSelect(c: Cursor): Select {
  const { start } = c.token;
  const rest: Opaque[] = [];
  const head = parseHead(c, rest);
  const select: TextRange = { start, end: c.lastEnd };
  const items = parseSelectItems(c);
  note(c, rest);
  const intoBefore = c.is('INTO') ? parseInto(c) : null;
  const from = readClause(c, rest, 'FROM', parseFromList);
  const into = intoBefore ?? (c.is('INTO') ? parseInto(c) : null);
  const where = readClause(c, rest, 'WHERE', parseCondition);
  const groupBy = c.is('GROUP') ? parseGroupBy(c) : null;
  if (groupBy !== null) note(c, rest);
  const having = readClause(c, rest, 'HAVING', parseExpression);
  const windows = readClause(c, rest, 'WINDOW', parseNamedWindows);
  misplaced(c, rest);
  return {
    kind: 'select',
    start,
    end: c.lastEnd,
    distinct: head.distinct,
    top: head.top,
    items,
    into,
    from: from?.value ?? [],
    where: where?.value ?? null,
    groupBy,
    having: having?.value ?? null,
    windows: windows?.value ?? [],
    qualify: null,
    clauses: {
      select,
      from: rangeOf(from),
      where: rangeOf(where),
      groupBy: rangeOf(groupBy),
      having: rangeOf(having),
      window: rangeOf(windows),
    },
    rest,
  };
}

interface Clause<T> extends TextRange {
  readonly value: T;
}

/** A clause that begins with that word, if it is next, and whatever follows it and begins no other. */
function readClause<T>(c: Cursor, rest: Opaque[], word: string, read: (c: Cursor) => T): Clause<T> | null {
  const { start } = c.token;
  if (!c.accept(word)) return null;
  const value = read(c);
  const clause = { start, end: c.lastEnd, value };
  note(c, rest);
  return clause;
}

function rangeOf(clause: TextRange | null): TextRange | null {
  return clause === null ? null : { start: clause.start, end: clause.end };
}

/** What follows a clause and begins none. */
function note(c: Cursor, rest: Opaque[]): void {
  if (c.atBoundary || c.is('INTO') || endsSelect(c)) return;
  rest.push(c.unexpectedUntil(() => c.atBoundary || endsSelect(c)));
}

/** Words of the statement around a SELECT, and trailing clauses of dialects. */
function endsSelect(c: Cursor): boolean {
  switch (c.token.upper) {
    case 'ON':
    case 'WITH':
    case 'AS':
    case 'LOCK':
    case 'PROCEDURE':
      return true;
    default:
      return c.grammar.exceptWords.has(c.token.upper);
  }
}

/** A clause that stands where it may not. */
function misplaced(c: Cursor, rest: Opaque[]): void {
  switch (c.token.upper) {
    case 'FROM':
    case 'WHERE':
    case 'GROUP':
    case 'HAVING':
    case 'WINDOW':
    case 'QUALIFY':
    case 'SELECT':
    case 'SET':
    case 'VALUES':
      rest.push(c.unexpectedUntil(() => c.is('ORDER') || c.is('LIMIT') || c.is('UNION') || endsSelect(c)));
      break;
    default:
  }
}

function parseHead(c: Cursor, rest: Opaque[]): Pick<Select, 'distinct' | 'top'> {
  c.advance();
  let distinct: Select['distinct'] = null;
  const modifiers = c.grammar.selectModifiers;
  for (;;) {
    if (distinct === null && c.is('ALL')) {
      c.advance();
      distinct = 'all';
    } else if (distinct === null && (c.is('DISTINCT') || c.is('DISTINCTROW'))) distinct = parseDistinct(c);
    else if (modifiers.has(c.token.upper)) {
      rest.push(
        c.keptUntil(() => !modifiers.has(c.token.upper) || c.is('DISTINCTROW'), 'a modifier', 'inert'),
      );
    } else break;
  }
  return { distinct, top: c.grammar.transact && c.is('TOP') ? parseTop(c) : null };
}

function parseDistinct(c: Cursor): Select['distinct'] {
  c.advance();
  if (!c.is('ON') || c.peek(1).text !== '(') return 'distinct';
  c.advance();
  return { on: parseParenthesizedExpressions(c) };
}

/** TOP (n) [PERCENT] [WITH TIES], the current token being TOP. */
export function parseTop(c: Cursor): Top {
  const { start } = c.advance();
  const count = parseOperand(c);
  const percent = c.accept('PERCENT');
  const withTies = c.acceptWords('WITH', 'TIES');
  return { kind: 'top', start, end: c.lastEnd, count, percent, withTies };
}

/** The select list (RETURNING's too): none, or items separated by commas. */
export function parseSelectItems(c: Cursor): SelectItem[] {
  const items: SelectItem[] = [];
  if (c.atClose || c.is('INTO') || atClauseAfterItems(c)) return items;
  do items.push(parseSelectItem(c));
  while (c.acceptSymbol(','));
  return items;
}

/** A clause's word where the first item could stand; some of them are columns (values) or calls (MySQL's VALUES) too. */
function atClauseAfterItems(c: Cursor): boolean {
  if (!c.atBoundary || c.isSymbol(',') || c.isSymbol(']')) return false;
  return !isName(c, c.token) && !(c.is('VALUES') && c.peek(1).text === '(');
}

function parseSelectItem(c: Cursor): SelectItem {
  if (c.grammar.transact && isLabel(c.token) && c.peek(1).text === '=') return parseAssignedItem(c);
  const expression = parseExpression(c);
  const alias = parseColumnAlias(c);
  return { kind: 'selectItem', start: expression.start, end: c.lastEnd, expression, alias };
}

/** T-SQL: alias = expression */
function parseAssignedItem(c: Cursor): SelectItem {
  const alias = readIdentifier(c);
  c.advance();
  const expression = parseExpression(c);
  return { kind: 'selectItem', start: alias.start, end: c.lastEnd, expression, alias };
}

function parseColumnAlias(c: Cursor): SelectItem['alias'] {
  const { token } = c;
  if (token.kind === 'word' && token.upper === 'AS') {
    c.advance();
    if (isLabel(c.token)) {
      // `a AS` before FROM: half typed
      const unfinished = c.atBoundary && !isLabelHere(c);
      if (!unfinished) return readIdentifier(c);
    } else if (c.token.kind === 'string' && c.grammar.typedLiterals !== 'any') return readIdentifier(c);
    c.problem('the name after AS is missing');
    return null;
  }
  if (token.kind === 'quotedIdentifier') return readIdentifier(c);
  if (token.kind === 'string' && c.grammar.typedLiterals !== 'any') return readIdentifier(c);
  if (token.kind !== 'word' || c.dialect.bareAliasForbidden.has(token.upper) || endsSelect(c)) return null;
  return readIdentifier(c);
}

/** After AS any word is a name; a clause's word is one only when a clause, a comma or the end follows it. */
function isLabelHere(c: Cursor): boolean {
  const next = c.peek(1);
  if (isName(c, c.token)) return true;
  return (
    next.text === '' || next.text === ',' || next.text === ')' || next.text === ';' || next.upper === 'FROM'
  );
}

function parseInto(c: Cursor): Into {
  const { start } = c.advance();
  const words = new Set(['TEMPORARY', 'TEMP', 'LOCAL', 'GLOBAL', 'UNLOGGED', 'TABLE']);
  while (words.has(c.token.upper) && (isLabel(c.peek(1)) || c.is('TABLE'))) c.advance();
  if (isLabel(c.token) && c.token.upper !== 'OUTFILE' && c.token.upper !== 'DUMPFILE') {
    const name = parseQualifiedName(c);
    return { kind: 'into', start, end: c.lastEnd, name };
  }
  while (!c.atClose && !(c.atBoundary && !c.isSymbol(','))) c.skip();
  return { kind: 'into', start, end: c.lastEnd, name: null };
}

/** The condition of WHERE; PostgreSQL's WHERE CURRENT OF cursor is opaque. */
export function parseCondition(c: Cursor): Expression {
  if (c.is('CURRENT') && c.peek(1).upper === 'OF') {
    if (c.grammar.transact) return parseCurrentOf(c);
    return c.keptUntil(() => c.atBoundary, 'the row under a cursor');
  }
  return parseExpression(c);
}
