/** Queries: WITH, set operations by precedence, ORDER BY, LIMIT, locking. */
import type {
  ExaminedLimit,
  OrderItem,
  ParenQuery,
  Query,
  QueryBody,
  QueryTrailing,
  ResultFormat,
  SelectItem,
  SetOperation,
  Values,
  With,
} from '../ast.ts';
import type { TextRange } from '../text.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseParenthesizedExpressions } from './expressions.ts';
import { parseTableName } from './from.ts';
import { parseHints } from './hints.ts';
import { atLimit, parseLimit } from './limit.ts';
import { atLocking, parseLocking } from './locking.ts';
import { closeParens } from './names.ts';
import { parseOrderBy } from './order.ts';
import { parseSelect } from './select.ts';
import { parseWith } from './with.ts';

/** A query that begins at the current token, with what follows it up to a closing parenthesis or the end. */
export function parseQuery(c: Cursor): Query {
  const { start } = c.token;
  const clause = c.is('WITH') ? parseWith(c) : null;
  return finishQuery(c, start, clause, parseBody(c, parseBranch(c), 0));
}

/** A query whose WITH was read. */
export function parseQueryAfterWith(c: Cursor, clause: With): Query {
  return finishQuery(c, clause.start, clause, parseBody(c, parseBranch(c), 0));
}

/** A query whose first branch, in parentheses, was read. */
export function continueQuery(c: Cursor, first: ParenQuery): Query {
  return finishQuery(c, first.start, null, parseBody(c, first, 0));
}

/** A query that is this body and nothing else. */
export function queryOfBody(body: QueryBody): Query {
  const { start, end } = body;
  return { kind: 'query', start, end, with: null, body, orderBy: [], limit: null, locking: [], trailing: [] };
}

/** True where a query in parentheses goes on: at a set operator or a clause for the whole query. */
export function atQueryContinuation(c: Cursor): boolean {
  return setOperatorAt(c) !== null || c.isWords('ORDER', 'BY') || atLimit(c) || atLocking(c);
}

function finishQuery(c: Cursor, from: number, clause: With | null, body: QueryBody): Query {
  let orderBy: OrderItem[] = [];
  let limit: Query['limit'] = null;
  const locking: Query['locking'][number][] = [];
  const trailing: QueryTrailing[] = [];
  if (c.is('ORDER')) orderBy = parseOrderBy(c);
  while (!c.atClose) {
    if (limit === null && atLimit(c)) limit = parseLimit(c);
    else if (atLocking(c)) locking.push(parseLocking(c));
    else if (c.is('FOR') && c.peek(1).upper === 'READ' && c.peek(2).upper === 'ONLY') readNoLock(c);
    else if (endsQuery(c)) break;
    else trailing.push(parseTrailing(c));
  }
  const start = Math.min(from, body.start);
  const query: Query = {
    kind: 'query',
    start,
    end: c.lastEnd,
    with: clause,
    body,
    orderBy,
    limit,
    locking,
    trailing,
  };
  return c.grammar.transact ? keptWhole(c, query) : query;
}

/**
 * FOR XML and FOR JSON put all rows into one text: how names, joins and order stand in the query shows in it. And what
 * SELECT @x = … leaves in the variable depends on how often, and in which order, it is assigned. No rule edits those.
 */
function keptWhole(c: Cursor, query: Query): Query {
  if (query.with?.namespaces) return c.kept(query, 'XMLNAMESPACES');
  if (query.trailing.some(({ kind }) => kind === 'resultFormat')) return c.kept(query, 'FOR XML or FOR JSON');
  return query.body.kind === 'select' && query.body.items.some(assigns)
    ? c.kept(query, 'variables that are assigned')
    : query;
}

function assigns({ expression }: SelectItem): boolean {
  return (
    expression.kind === 'binary' &&
    expression.left.kind === 'variable' &&
    expression.operator.endsWith('=') &&
    !/^[<>!]/.test(expression.operator)
  );
}

/** FOR READ ONLY locks nothing. */
function readNoLock(c: Cursor): void {
  for (let i = 0; i < 3; i++) c.advance();
}

/** A query stands in INSERT, CREATE VIEW and so on without parentheses: the words that may follow it there. */
function endsQuery(c: Cursor): boolean {
  const next = c.peek(1).upper;
  switch (c.token.upper) {
    case 'ON':
      return next === 'CONFLICT' || next === 'DUPLICATE';
    case 'RETURNING':
      return true;
    case 'AS':
      // MySQL: INSERT … VALUES (…) AS new ON DUPLICATE KEY UPDATE …
      return true;
    case 'WITH':
      return next === 'DATA' || next === 'NO' || next === 'CHECK' || next === 'LOCAL' || next === 'CASCADED';
    default:
      return c.isSymbol(',');
  }
}

const TRAILING_WORDS: ReadonlySet<string> = new Set(['FOR', 'OPTION', 'INTO', 'PROCEDURE']);
/** FOR XML, OPTION (…), INTO OUTFILE; anything else is not expected here. */
function parseTrailing(c: Cursor): QueryTrailing {
  if (c.grammar.limitWithComma && atExamined(c)) return parseExamined(c);
  const stop = () => atQueryContinuation(c) || c.is('OPTION') || endsQuery(c);
  if (c.grammar.transact) {
    if (c.is('OPTION') && c.peek(1).text === '(') return parseHints(c);
    const format = c.is('FOR') ? FORMATS.get(c.peek(1).upper) : undefined;
    if (format !== undefined) return parseFormat(c, format);
  }
  const known = TRAILING_WORDS.has(c.token.upper) && !c.dialect.strings.dollar;
  return known ? c.keptUntil(stop, 'a clause of this dialect') : c.unexpectedUntil(stop);
}

const FORMATS: ReadonlyMap<string, ResultFormat['format']> = new Map([
  ['XML', 'xml'],
  ['JSON', 'json'],
  ['BROWSE', 'browse'],
]);

/** FOR XML PATH (''), TYPE: its commas belong to it. */
function parseFormat(c: Cursor, format: ResultFormat['format']): ResultFormat {
  const { start } = c.token;
  while (!c.atClose && !c.is('OPTION')) c.skip();
  return c.kept({ kind: 'resultFormat', start, end: c.lastEnd, format }, 'a format of the result');
}

/** LIMIT ROWS EXAMINED 100, LIMIT 5 ROWS EXAMINED 100 */
function atExamined(c: Cursor): boolean {
  const at = c.is('LIMIT') ? 1 : 0;
  return c.peek(at).upper === 'ROWS' && c.peek(at + 1).upper === 'EXAMINED';
}

function parseExamined(c: Cursor): ExaminedLimit {
  const { start } = c.token;
  c.accept('LIMIT');
  c.advance();
  c.advance();
  const rows = parseExpression(c);
  return c.kept({ kind: 'examinedLimit', start, end: c.lastEnd, rows }, 'a limit of the work');
}

interface SetOperator {
  readonly operator: SetOperation['operator'];
  readonly precedence: number;
}

function setOperatorAt(c: Cursor): SetOperator | null {
  const word = c.token.upper;
  if (word === 'UNION') return { operator: 'UNION', precedence: 1 };
  if (word === 'INTERSECT') return { operator: 'INTERSECT', precedence: 2 };
  return c.grammar.exceptWords.has(word) ? { operator: 'EXCEPT', precedence: 1 } : null;
}

/** Set operations after a branch; INTERSECT binds tighter than UNION and EXCEPT, all associate to the left. */
function parseBody(c: Cursor, first: QueryBody, minimum: number): QueryBody {
  let left = first;
  for (;;) {
    const next = setOperatorAt(c);
    if (next === null || next.precedence < minimum) return left;
    const { start } = c.advance();
    const all = c.accept('ALL');
    if (!all) c.accept('DISTINCT');
    const operatorRange: TextRange = { start, end: c.lastEnd };
    const right = parseBody(c, parseBranch(c), next.precedence + 1);
    const { operator } = next;
    left = {
      kind: 'setOperation',
      start: left.start,
      end: c.lastEnd,
      operator,
      all,
      left,
      right,
      operatorRange,
    };
  }
}

function parseBranch(c: Cursor): QueryBody {
  if (c.isSymbol('(')) return parseParenQuery(c);
  switch (c.token.upper) {
    case 'SELECT':
      return parseSelect(c);
    case 'VALUES':
      return parseValues(c);
    case 'TABLE':
      if (c.grammar.tableQuery) return parseTable(c);
      break;
    default:
  }
  if (c.atBoundary) return c.missing('a query');
  return c.unexpectedUntil(() => atQueryContinuation(c));
}

function parseParenQuery(c: Cursor): QueryBody {
  const { start } = c.token;
  if (!c.atQueryInParens || !c.enter()) {
    c.problem('a query is missing');
    c.skip();
    return c.opaqueFrom(start, 'not a query');
  }
  c.advance();
  const query = parseQuery(c);
  closeParens(c);
  c.leave();
  return { kind: 'parenQuery', start, end: c.lastEnd, query };
}

/** VALUES (…), (…); MySQL's VALUES ROW(…), ROW(…). */
export function parseValues(c: Cursor): Values {
  const { start } = c.advance();
  const rows: Values['rows'][number][] = [];
  do {
    const from = c.token.start;
    if (c.peek(1).text === '(') c.accept('ROW');
    if (!c.isSymbol('(')) {
      c.problem('a row is missing');
      break;
    }
    const items = parseParenthesizedExpressions(c);
    rows.push({ kind: 'row', start: from, end: c.lastEnd, items });
  } while (c.acceptSymbol(','));
  return { kind: 'values', start, end: c.lastEnd, rows };
}

/** TABLE t means SELECT * FROM t. */
function parseTable(c: Cursor): QueryBody {
  const { start } = c.advance();
  return { kind: 'tableQuery', start, table: parseTableName(c), end: c.lastEnd };
}
