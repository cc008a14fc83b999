/** EXPLAIN. */
import type { Statement } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseAnyStatement } from './statement.ts';

const OPTION_WORDS: ReadonlySet<string> = new Set([
  'ANALYZE',
  'ANALYSE',
  'VERBOSE',
  'EXTENDED',
  'PARTITIONS',
]);

/** EXPLAIN or DESCRIBE of a statement; null when it describes a table. */
export function parseExplain(c: Cursor): Statement | null {
  const { start } = c.token;
  if (!explainsStatement(c)) return null;
  if (!c.enter()) return null;
  c.advance();
  if (c.isSymbol('(') && !c.atQueryInParens) c.skip();
  else while (OPTION_WORDS.has(c.token.upper)) c.advance();
  // MySQL: EXPLAIN FORMAT = TREE
  if (c.is('FORMAT') && c.peek(1).text === '=') for (let i = 0; i < 3; i++) c.advance();
  const statement = c.atClose ? c.missing('a statement') : parseAnyStatement(c);
  c.leave();
  return { kind: 'explain', start, end: c.lastEnd, statement };
}

/** DESCRIBE t and MySQL's EXPLAIN t are other statements. */
function explainsStatement(c: Cursor): boolean {
  const next = c.peek(1);
  if (next.text === '(') return true;
  if (next.kind !== 'word') return c.is('EXPLAIN') && next.text === '';
  return c.dialect.statementStarts.has(next.upper) || OPTION_WORDS.has(next.upper) || c.peek(2).text === '=';
}
