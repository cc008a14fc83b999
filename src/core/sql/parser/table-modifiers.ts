/** What may stand beside a table's alias: TABLESAMPLE, and by dialect partitions, index hints, lock hints. */
import type { Opaque, TableSample } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseParenthesizedExpressions } from './expressions.ts';
import { closeParens, parseQualifiedName } from './names.ts';

/** True where a modifier of a table begins. */
export function atModifier(c: Cursor): boolean {
  const { upper } = c.token;
  if (upper === '') return c.grammar.transact && c.isSymbol('(') && c.peek(1).upper === 'NOLOCK';
  if (upper === 'TABLESAMPLE') return true;
  const next = c.peek(1);
  if (c.grammar.transact) {
    return (upper === 'WITH' && next.text === '(') || (upper === 'FOR' && next.upper === 'SYSTEM_TIME');
  }
  if (!c.grammar.tableModifiers.has(upper)) {
    return upper === 'FOR' && (next.upper === 'SYSTEM_TIME' || next.upper === 'PORTION');
  }
  return next.text === '(' || next.upper === 'INDEX' || next.upper === 'KEY';
}

/** TABLESAMPLE method (args) [REPEATABLE (seed)]; everything else is kept as it is. */
export function parseModifier(c: Cursor): TableSample | Opaque {
  const { start } = c.token;
  if (c.is('TABLESAMPLE') && !c.grammar.transact) return parseSample(c);
  const word = c.token.upper;
  if (word === 'FOR') return c.peek(1).upper === 'PORTION' ? parsePortion(c) : parseSystemTime(c);
  const inert = c.grammar.conditionlessJoins && INDEX_HINTS.has(word) ? 'inert' : undefined;
  if (c.isSymbol('(')) c.skip();
  else {
    // WITH (NOLOCK), PARTITION (p0), USE INDEX FOR JOIN (a), FORCE INDEX (b), TABLESAMPLE SYSTEM (10 PERCENT)
    c.advance();
    while (!c.isSymbol('(') && c.token.kind === 'word') c.advance();
    if (c.isSymbol('(')) c.skip();
    if (c.is('REPEATABLE')) {
      c.advance();
      c.skip();
    }
  }
  return c.opaqueFrom(start, 'a hint or partition', inert);
}

/** MySQL's USE INDEX (a) and so on: the planner's choice, not another result. */
const INDEX_HINTS: ReadonlySet<string> = new Set(['USE', 'FORCE', 'IGNORE']);

function parseSample(c: Cursor): TableSample {
  const { start } = c.advance();
  const method = parseQualifiedName(c);
  const args = parseParenthesizedExpressions(c);
  let repeatable: TableSample['repeatable'] = null;
  if (c.accept('REPEATABLE') && c.expectSymbol('(')) {
    repeatable = parseExpression(c);
    closeParens(c);
  }
  return { kind: 'tableSample', start, end: c.lastEnd, method, args, repeatable };
}

const PERIOD_WORDS: ReadonlySet<string> = new Set(['AS', 'ALL', 'BETWEEN', 'FROM', 'CONTAINED']);

/** FOR SYSTEM_TIME AS OF x, FROM x TO y, BETWEEN x AND y, CONTAINED IN (x, y), ALL */
function parseSystemTime(c: Cursor): Opaque {
  const { start } = c.advance();
  c.advance();
  if (PERIOD_WORDS.has(c.token.upper)) {
    const word = c.advance().upper;
    if (word !== 'ALL') {
      if (c.is('OF') || c.is('IN')) c.advance();
      if (c.is('TIMESTAMP')) c.advance();
      parseExpression(c, c.grammar.predicateOperand);
      if (c.accept('AND') || c.accept('TO')) parseExpression(c, c.grammar.predicateOperand);
    }
  }
  return c.opaqueFrom(start, 'the time of a temporal table');
}

/** UPDATE and DELETE of MariaDB and of the standard: FOR PORTION OF period FROM x TO y */
function parsePortion(c: Cursor): Opaque {
  const { start } = c.advance();
  c.advance();
  c.expect('OF');
  c.skip();
  if (c.expect('FROM')) parseExpression(c, c.grammar.predicateOperand);
  if (c.expect('TO')) parseExpression(c, c.grammar.predicateOperand);
  return c.opaqueFrom(start, 'the time of a temporal table');
}
