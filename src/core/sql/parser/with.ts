/** WITH and its common table expressions. */
import type { Cte, CteClause, Expression, Identifier, Statement, With } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { closeParens, parseName, parseNameList } from './names.ts';
import { parseWritable } from './statement.ts';
import { parseWordedCall } from './worded-calls.ts';

/** WITH [RECURSIVE] and its list, the current token being WITH. */
export function parseWith(c: Cursor): With {
  const { start } = c.advance();
  const recursive = c.accept('RECURSIVE');
  const ctes: Cte[] = [];
  const namespaces = c.grammar.transact && c.is('XMLNAMESPACES') ? parseWordedCall(c) : null;
  if (namespaces === null || c.acceptSymbol(',')) {
    do ctes.push(parseCte(c));
    while (c.acceptSymbol(','));
  }
  return { kind: 'with', start, end: c.lastEnd, namespaces, recursive, ctes };
}

function parseCte(c: Cursor): Cte {
  const name = parseName(c);
  const columns = c.isSymbol('(') && !c.atQueryInParens ? parseNameList(c) : [];
  c.expect('AS');
  let materialized: boolean | null = null;
  if (c.accept('MATERIALIZED')) materialized = true;
  else if (c.acceptWords('NOT', 'MATERIALIZED')) materialized = false;
  const { statement, body } = parseBody(c);
  const clauses: CteClause[] = [];
  for (let clause = parseClause(c); clause !== null; clause = parseClause(c)) clauses.push(clause);
  const { start } = name;
  return { kind: 'cte', start, end: c.lastEnd, name, columns, materialized, statement, body, clauses };
}

function parseBody(c: Cursor): Pick<Cte, 'statement' | 'body'> {
  const open = c.isSymbol('(');
  if (!open || !c.enter()) {
    const statement = c.missing('the query of the common table expression');
    if (open) c.skip();
    return { statement, body: { start: statement.start, end: statement.end } };
  }
  c.advance();
  const start = c.lastEnd;
  const statement: Statement = c.isSymbol(')') ? c.missing('a query') : parseWritable(c);
  const end = c.isSymbol(')') ? c.token.start : c.lastEnd;
  closeParens(c);
  c.leave();
  return { statement, body: { start, end } };
}

function parseClause(c: Cursor): CteClause | null {
  const next = c.peek(1).upper;
  if (c.is('SEARCH') && (next === 'DEPTH' || next === 'BREADTH')) return parseSearch(c);
  if (c.is('CYCLE')) return parseCycle(c);
  return null;
}

function parseNames(c: Cursor): Identifier[] {
  const names: Identifier[] = [];
  do names.push(parseName(c));
  while (c.acceptSymbol(','));
  return names;
}

/** SEARCH DEPTH|BREADTH FIRST BY columns SET column */
function parseSearch(c: Cursor): CteClause {
  const { start } = c.advance();
  const type = c.advance().upper === 'DEPTH' ? 'searchDepth' : 'searchBreadth';
  c.expect('FIRST');
  c.expect('BY');
  const columns = parseNames(c);
  c.expect('SET');
  const sets = [parseName(c)];
  return { kind: 'cteClause', start, end: c.lastEnd, type, columns, sets, values: [] };
}

/** CYCLE columns SET column [TO value DEFAULT value] USING path; MariaDB's CYCLE columns RESTRICT. */
function parseCycle(c: Cursor): CteClause {
  const { start } = c.advance();
  const columns = parseNames(c);
  const sets: Identifier[] = [];
  const values: Expression[] = [];
  if (!c.accept('RESTRICT')) {
    c.expect('SET');
    sets.push(parseName(c));
    if (c.accept('TO')) {
      values.push(parseExpression(c));
      c.expect('DEFAULT');
      values.push(parseExpression(c));
    }
    c.expect('USING');
    sets.push(parseName(c));
  }
  return { kind: 'cteClause', start, end: c.lastEnd, type: 'cycle', columns, sets, values };
}
