/** CREATE TABLE, INDEX and VIEW: what a catalog is made from. Other CREATEs are opaque statements. */
import type { CreateView, Opaque, Property, Statement } from '../ast.ts';
import { parseCreateIndex } from './create-index.ts';
import { parseCreateTable } from './create-table.ts';
import type { Cursor } from './cursor.ts';
import { parseNameList, parseQualifiedName } from './names.ts';
import { finish, readProperty } from './properties.ts';
import { parseQuery, queryOfBody } from './query.ts';

/** Words between CREATE and what is created. */
const MODIFIERS: ReadonlySet<string> = new Set([
  'OR',
  'REPLACE',
  'ALTER',
  'TEMP',
  'TEMPORARY',
  'LOCAL',
  'GLOBAL',
  'UNLOGGED',
  'FOREIGN',
  'EXTERNAL',
  'UNIQUE',
  'CLUSTERED',
  'NONCLUSTERED',
  'COLUMNSTORE',
  'FULLTEXT',
  'SPATIAL',
  'RECURSIVE',
  'MATERIALIZED',
  'ALGORITHM',
  'DEFINER',
  'SQL',
  'SECURITY',
]);

/** CREATE, the current token being that word; null (and nothing read) when something else is created. */
export function parseCreate(c: Cursor): Statement | null {
  let distance = 1;
  const words = new Set<string>();
  while (distance < 20) {
    const { upper, kind, text } = c.peek(distance);
    if (upper === 'TABLE' || upper === 'INDEX' || upper === 'VIEW') break;
    // MySQL: ALGORITHM = MERGE DEFINER = `root`@`localhost` SQL SECURITY INVOKER
    const part = kind !== 'word' || words.has('ALGORITHM') || words.has('DEFINER');
    if (text === '' || (!MODIFIERS.has(upper) && !(part && words.size > 0))) return null;
    words.add(upper);
    distance++;
  }
  const what = c.peek(distance).upper;
  const { start } = c.token;
  for (let i = 0; i <= distance; i++) c.advance();
  if (what === 'TABLE') return parseCreateTable(c, start, words.has('TEMP') || words.has('TEMPORARY'));
  if (what === 'INDEX') return parseCreateIndex(c, start, words.has('UNIQUE'), words.has('COLUMNSTORE'));
  return what === 'VIEW' ? parseCreateView(c, start, words.has('MATERIALIZED')) : null;
}

/** Read IF NOT EXISTS, if it is next. */
export function acceptIfNotExists(c: Cursor): boolean {
  if (!c.is('IF') || c.peek(1).upper !== 'NOT' || c.peek(2).upper !== 'EXISTS') return false;
  c.advance();
  c.advance();
  c.advance();
  return true;
}

/** T-SQL: WITH SCHEMABINDING, ENCRYPTION, VIEW_METADATA */
function readViewAttributes(c: Cursor): Property[] {
  const attributes: Property[] = [];
  c.advance();
  while (c.token.kind === 'word' && !c.is('AS')) {
    const { start, upper } = c.advance();
    attributes.push(finish(c, start, upper, null));
    if (!c.acceptSymbol(',')) break;
  }
  return attributes;
}

function parseCreateView(c: Cursor, start: number, materialized: boolean): CreateView {
  const rest: (Property | Opaque)[] = [];
  acceptIfNotExists(c);
  const name = parseQualifiedName(c);
  const columns = c.isSymbol('(') ? parseNameList(c) : [];
  if (c.grammar.transact && c.is('WITH')) rest.push(...readViewAttributes(c));
  if (!c.is('AS') && !c.atClose) rest.push(c.keptUntil(() => c.is('AS'), 'options of the view'));
  c.expect('AS');
  const query =
    c.atQueryWord || c.atQueryInParens ? parseQuery(c) : queryOfBody(c.missing('the query of the view'));
  const property = readProperty(c);
  if (property !== null) rest.push(property);
  if (!c.atClose) {
    const known = c.is('WITH');
    rest.push(known ? c.keptUntil(() => false, 'options of the view') : c.unexpectedUntil(() => false));
  }
  return { kind: 'createView', start, end: c.lastEnd, name, materialized, columns, query, rest };
}
