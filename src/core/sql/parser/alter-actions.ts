/** What ALTER TABLE of MySQL and MariaDB does beside adding and dropping columns and keys. */
import type { AlterAction, ColumnDefinition, Identifier, OrderItem, Property } from '../ast.ts';
import { parseColumnDefinition } from './column-definition.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { isName, parseName, parseQualifiedName } from './names.ts';
import { parseOrderBy } from './order.ts';
import { parsePartitionDefinitions, parsePartitioning } from './partitioning.ts';
import { readProperty } from './properties.ts';

interface Parts {
  readonly names?: readonly Identifier[];
  readonly definition?: ColumnDefinition;
  readonly orderBy?: readonly OrderItem[];
}

/** What a DROP may name that is no column. */
const DROPPED: ReadonlySet<string> = new Set(['INDEX', 'KEY', 'CONSTRAINT', 'CHECK', 'PARTITION']);
const KEYS: ReadonlySet<string> = new Set(['INDEX', 'KEY', 'CONSTRAINT', 'CHECK']);
/** Verbs before PARTITION and names, or ALL. */
const PARTITION_VERBS: ReadonlySet<string> = new Set([
  'TRUNCATE',
  'ANALYZE',
  'CHECK',
  'OPTIMIZE',
  'REBUILD',
  'REPAIR',
]);

/** An action, or null (and nothing read) where none is known; ADD was read when `added`. */
export function readAlterAction(c: Cursor, added = false): AlterAction | Property | null {
  if (c.grammar.properties === null) return null;
  const { start } = c.token;
  const from = c.index;
  const parts = added ? readAdded(c) : readParts(c);
  if (parts === null) return c.index === from && !added ? readProperty(c) : null;
  const { names = [], definition = null, orderBy = [] } = parts;
  const words: string[] = [];
  const first = names[0]?.start ?? orderBy[0]?.start ?? definition?.start ?? c.lastEnd;
  for (const token of c.tokensSince(from)) {
    if (token.start >= first || token.kind !== 'word') break;
    words.push(token.upper);
  }
  const action = words.join(' ');
  return { kind: 'alterAction', start, end: c.lastEnd, action, names, definition, orderBy };
}

function readAdded(c: Cursor): Parts | null {
  if (c.acceptWords('SYSTEM', 'VERSIONING')) return {};
  if (!c.is('PARTITION')) return null;
  const next = c.peek(1);
  if (next.text !== '(' && next.upper !== 'PARTITIONS') return null;
  c.advance();
  if (c.accept('PARTITIONS')) {
    c.advance();
    return {};
  }
  return { names: parsePartitionDefinitions(c).map(({ name }) => name) };
}

function readParts(c: Cursor): Parts | null {
  const next = c.peek(1).upper;
  switch (c.token.upper) {
    case 'MODIFY':
      c.advance();
      c.accept('COLUMN');
      c.acceptWords('IF', 'EXISTS');
      return { definition: parseColumnDefinition(c) };
    case 'CHANGE': {
      c.advance();
      c.accept('COLUMN');
      c.acceptWords('IF', 'EXISTS');
      const names = [parseName(c)];
      return { names, definition: parseColumnDefinition(c) };
    }
    case 'ALTER':
      return readAlter(c);
    case 'DROP':
      return readDropped(c);
    case 'RENAME':
      return readRename(c);
    case 'CONVERT':
      if (next !== 'TO') return null;
      c.advance();
      c.advance();
      readProperty(c);
      if (c.is('COLLATE')) readProperty(c);
      return {};
    case 'ORDER':
      return next === 'BY' ? { orderBy: parseOrderBy(c) } : null;
    case 'ENABLE':
    case 'DISABLE':
      return next === 'KEYS' ? both(c) : null;
    case 'DISCARD':
    case 'IMPORT':
      return next === 'TABLESPACE' ? both(c) : null;
    case 'REMOVE':
      return next === 'PARTITIONING' ? both(c) : null;
    case 'WITH':
    case 'WITHOUT':
      return next === 'VALIDATION' ? both(c) : null;
    case 'FORCE':
      c.advance();
      return {};
    case 'PARTITION':
      if (next !== 'BY') return null;
      parsePartitioning(c);
      return {};
    default:
      if (!PARTITION_VERBS.has(c.token.upper) || next !== 'PARTITION') return null;
      c.advance();
      c.advance();
      return { names: readNames(c) };
  }
}

function both(c: Cursor): Parts {
  c.advance();
  c.advance();
  return {};
}

/** ALTER [COLUMN] a SET DEFAULT x | DROP DEFAULT; ALTER INDEX i VISIBLE | INVISIBLE | [NOT] IGNORED … */
function readAlter(c: Cursor): Parts | null {
  const distance = KEYS.has(c.peek(1).upper) || c.peek(1).upper === 'COLUMN' ? 2 : 1;
  const [verb, object] = [c.peek(distance + 1).upper, c.peek(distance + 2).upper];
  const known =
    verb === 'SET' || verb === 'DROP'
      ? object === 'DEFAULT' || object === 'VISIBLE' || object === 'INVISIBLE'
      : KEYS.has(c.peek(1).upper) && verb !== '';
  if (!known) return null;
  for (let i = 0; i < distance; i++) c.advance();
  const names = [parseName(c)];
  if (object === 'DEFAULT' && verb === 'SET') {
    c.advance();
    c.advance();
    parseExpression(c);
  } else while (!c.atClose && !c.isSymbol(',')) c.skip();
  return { names };
}

/** DROP INDEX i, DROP PRIMARY KEY, DROP FOREIGN KEY f, DROP PARTITION p0, p1 */
function readDropped(c: Cursor): Parts | null {
  const [what, then] = [c.peek(1).upper, c.peek(2).upper];
  if ((what === 'PRIMARY' && then === 'KEY') || (what === 'SYSTEM' && then === 'VERSIONING')) {
    c.advance();
    return both(c);
  }
  const foreign = what === 'FOREIGN' && then === 'KEY';
  if (!foreign && !DROPPED.has(what)) return null;
  for (let i = 0; i < (foreign ? 3 : 2); i++) c.advance();
  c.acceptWords('IF', 'EXISTS');
  return { names: what === 'PARTITION' ? readNames(c) : [parseName(c)] };
}

/** RENAME [TO|AS] t, RENAME COLUMN a TO b, RENAME INDEX a TO b */
function readRename(c: Cursor): Parts {
  c.advance();
  if (c.is('COLUMN') || c.is('INDEX') || c.is('KEY')) {
    c.advance();
    const before = parseName(c);
    c.expect('TO');
    return { names: [before, parseName(c)] };
  }
  if (!c.accept('TO')) c.accept('AS');
  return { names: parseQualifiedName(c) };
}

function readNames(c: Cursor): Identifier[] {
  if (c.accept('ALL')) return [];
  const names = [parseName(c)];
  while (c.isSymbol(',') && isName(c, c.peek(1))) {
    c.advance();
    names.push(parseName(c));
  }
  return names;
}
