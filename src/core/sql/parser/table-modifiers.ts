/** What may stand beside a table's alias: TABLESAMPLE, and by dialect partitions, index hints, lock hints. */
import type { Expression, Hints, TableModifier, TablePartitions, TablePeriod, TableSample } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseParenthesizedExpressions } from './expressions.ts';
import { parseHints } from './hints.ts';
import { closeParens, parseName, parseNameList, parseQualifiedName } from './names.ts';

/** T-SQL's hints that may stand in parentheses without WITH. */
const OLD_HINTS: ReadonlySet<string> = new Set([
  'NOLOCK',
  'HOLDLOCK',
  'UPDLOCK',
  'ROWLOCK',
  'PAGLOCK',
  'TABLOCK',
  'TABLOCKX',
  'XLOCK',
  'READPAST',
  'READUNCOMMITTED',
  'READCOMMITTED',
  'REPEATABLEREAD',
  'SERIALIZABLE',
]);

/** True where `(NOLOCK)` and the like begin, that many tokens further on. */
export function atOldHint(c: Cursor, distance = 0): boolean {
  if (!c.grammar.transact || c.peek(distance).text !== '(') return false;
  return OLD_HINTS.has(c.peek(distance + 1).upper);
}

/** True where a modifier of a table begins. */
export function atModifier(c: Cursor): boolean {
  const { upper } = c.token;
  if (upper === '') return atOldHint(c);
  if (upper === 'TABLESAMPLE') return true;
  const next = c.peek(1);
  if (c.grammar.transact) {
    if (upper === 'FOR') return next.upper === 'SYSTEM_TIME' || next.upper === 'PATH';
    return upper === 'WITH' && next.text === '(';
  }
  if (!c.grammar.tableModifiers.has(upper)) {
    return upper === 'FOR' && (next.upper === 'SYSTEM_TIME' || next.upper === 'PORTION');
  }
  return next.text === '(' || next.upper === 'INDEX' || next.upper === 'KEY';
}

/** TABLESAMPLE, PARTITION (…), FOR SYSTEM_TIME …; hints are kept as they are. */
export function parseModifier(c: Cursor): TableModifier {
  const { start } = c.token;
  if (c.is('TABLESAMPLE')) return parseSample(c);
  const word = c.token.upper;
  if (word === 'FOR' && c.grammar.transact && c.peek(1).upper === 'PATH') return parseForPath(c);
  if (word === 'FOR') return c.peek(1).upper === 'PORTION' ? parsePortion(c) : parseSystemTime(c);
  if (word === 'PARTITION' && !c.grammar.transact) return parsePartitions(c);
  if (word === 'WITH') return parseHints(c);
  if (atOldHint(c)) return parseHints(c);
  const inert = c.grammar.conditionlessJoins && INDEX_HINTS.has(word) ? 'inert' : undefined;
  if (c.isSymbol('(')) c.skip();
  else {
    // USE INDEX FOR JOIN (a), FORCE INDEX (b)
    c.advance();
    while (!c.isSymbol('(') && c.token.kind === 'word') c.advance();
    if (c.isSymbol('(')) c.skip();
  }
  return c.opaqueFrom(start, 'a hint', inert);
}

/** FOR PATH: the nodes or edges along a path of SHORTEST_PATH */
function parseForPath(c: Cursor): Hints {
  const { start } = c.advance();
  c.advance();
  return c.kept({ kind: 'hints', start, end: c.lastEnd, hints: ['FOR PATH'] }, 'a path of a graph');
}

/** PARTITION (p0, p1) */
function parsePartitions(c: Cursor): TablePartitions {
  const { start } = c.advance();
  const partitions = parseNameList(c);
  return c.kept({ kind: 'tablePartitions', start, end: c.lastEnd, partitions }, 'partitions of a table');
}

/** MySQL's USE INDEX (a) and so on: the planner's choice, not another result. */
const INDEX_HINTS: ReadonlySet<string> = new Set(['USE', 'FORCE', 'IGNORE']);

function parseSample(c: Cursor): TableSample {
  const { start } = c.advance();
  // T-SQL: TABLESAMPLE [SYSTEM] (10 PERCENT)
  const method = c.grammar.transact && c.isSymbol('(') ? [] : parseQualifiedName(c);
  const { args, unit } = c.grammar.transact
    ? parseShare(c)
    : { args: parseParenthesizedExpressions(c), unit: null };
  let repeatable: TableSample['repeatable'] = null;
  if (c.accept('REPEATABLE') && c.expectSymbol('(')) {
    repeatable = parseExpression(c);
    closeParens(c);
  }
  const node: TableSample = {
    kind: 'tableSample',
    start,
    end: c.lastEnd,
    method,
    args,
    unit,
    repeatable,
  };
  return c.grammar.transact ? c.kept(node, 'a sample of a table') : node;
}

/** (10 PERCENT), (1000 ROWS) */
function parseShare(c: Cursor): Pick<TableSample, 'args' | 'unit'> {
  const args: Expression[] = [];
  if (c.expectSymbol('(')) args.push(parseExpression(c));
  const unit = c.is('PERCENT') || c.is('ROWS') ? (c.advance().upper as 'PERCENT' | 'ROWS') : null;
  closeParens(c);
  return { args, unit };
}

const PERIOD_TYPES: ReadonlyMap<string, TablePeriod['type']> = new Map([
  ['AS', 'asOf'],
  ['ALL', 'all'],
  ['BETWEEN', 'between'],
  ['FROM', 'fromTo'],
  ['CONTAINED', 'containedIn'],
]);

/** FOR SYSTEM_TIME AS OF x, FROM x TO y, BETWEEN x AND y, CONTAINED IN (x, y), ALL */
function parseSystemTime(c: Cursor): TablePeriod {
  const { start } = c.advance();
  c.advance();
  const type = PERIOD_TYPES.get(c.token.upper);
  if (type === undefined) c.problem('the time is missing (AS OF, BETWEEN, FROM, ALL)');
  else c.advance();
  const bounds: Expression[] = [];
  switch (type) {
    case 'asOf':
      c.expect('OF');
      bounds.push(parsePoint(c));
      break;
    case 'between':
    case 'fromTo':
      bounds.push(parsePoint(c));
      if (c.expect(type === 'between' ? 'AND' : 'TO')) bounds.push(parsePoint(c));
      break;
    case 'containedIn':
      c.expect('IN');
      bounds.push(...parseParenthesizedExpressions(c));
      break;
    default:
  }
  return period(c, { start, period: null, type: type ?? 'all', bounds });
}

/** A point in time: MariaDB takes TIMESTAMP and TRANSACTION before any expression. */
function parsePoint(c: Cursor): Expression {
  const typed = c.is('TIMESTAMP') && c.peek(1).kind === 'string';
  const next = c.peek(1);
  const continues = next.text === '(' || next.text === '.' || next.text === '';
  if (c.is('TRANSACTION') || (c.is('TIMESTAMP') && !typed && !continues)) c.advance();
  return parseExpression(c, c.grammar.predicateOperand);
}

/** UPDATE and DELETE of MariaDB and of the standard: FOR PORTION OF period FROM x TO y */
function parsePortion(c: Cursor): TablePeriod {
  const { start } = c.advance();
  c.advance();
  c.expect('OF');
  const name = parseName(c);
  const bounds: Expression[] = [];
  if (c.expect('FROM')) bounds.push(parsePoint(c));
  if (c.expect('TO')) bounds.push(parsePoint(c));
  return period(c, { start, period: name, type: 'fromTo', bounds });
}

function period(c: Cursor, parts: Omit<TablePeriod, 'kind' | 'end'>): TablePeriod {
  return c.kept({ kind: 'tablePeriod', end: c.lastEnd, ...parts }, 'the time of a temporal table');
}
