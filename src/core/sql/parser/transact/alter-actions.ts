/** What T-SQL's ALTER TABLE does beside adding and dropping columns and constraints. */
import type { AlterAction, ColumnDefinition, Identifier } from '../../ast.ts';
import { parseColumnDefinition } from '../column-definition.ts';
import type { Cursor } from '../cursor.ts';
import { parseRestricted } from '../expressions.ts';
import { isLabel, isName, parseName, parseQualifiedName } from '../names.ts';

interface Parts {
  readonly names?: readonly Identifier[];
  readonly definition?: ColumnDefinition;
}

/** An action, or null (and nothing read) where none of these begins. */
export function readTransactAction(c: Cursor): AlterAction | null {
  const { start } = c.token;
  const from = c.index;
  const parts = readParts(c);
  if (parts === null) return null;
  const { names = [], definition = null } = parts;
  const words: string[] = [];
  const first = Math.min(names[0]?.start ?? c.lastEnd, definition?.start ?? c.lastEnd);
  for (const token of c.tokensSince(from)) {
    if (token.start >= first || token.kind !== 'word') break;
    words.push(token.upper);
  }
  const action = words.join(' ');
  return { kind: 'alterAction', start, end: c.lastEnd, action, names, definition, orderBy: [] };
}

function readParts(c: Cursor): Parts | null {
  const next = c.peek(1).upper;
  switch (c.token.upper) {
    case 'ALTER':
      if (next !== 'COLUMN') return null;
      c.advance();
      c.advance();
      return readColumn(c);
    case 'DROP':
      return readDropped(c);
    case 'CHECK':
    case 'NOCHECK':
      // CHECK ( … ) is a constraint that is added
      return next === 'CONSTRAINT' ? readNames(c) : null;
    case 'WITH':
      // WITH CHECK CHECK CONSTRAINT c: it is trusted again
      if (c.peek(2).upper !== 'CHECK' && c.peek(2).upper !== 'NOCHECK') return null;
      c.advance();
      c.advance();
      return readNames(c);
    case 'ENABLE':
    case 'DISABLE':
      if (next !== 'TRIGGER' && next !== 'CHANGE_TRACKING') return null;
      return next === 'TRIGGER' ? readNames(c) : readRest(c);
    case 'REBUILD':
    case 'SET':
    case 'SWITCH':
      return readRest(c);
    default:
      return null;
  }
}

/** ALTER COLUMN a type [COLLATE c] [NULL | NOT NULL]; ALTER COLUMN a ADD | DROP PERSISTED … */
function readColumn(c: Cursor): Parts {
  const verb = c.peek(1).upper;
  if (verb !== 'ADD' && verb !== 'DROP') return { definition: parseColumnDefinition(c) };
  const names = [parseName(c)];
  return { names, ...readRest(c) };
}

/** DROP CONSTRAINT [IF EXISTS] a, b; DROP PERIOD FOR SYSTEM_TIME */
function readDropped(c: Cursor): Parts | null {
  const what = c.peek(1).upper;
  if (what === 'PERIOD') return readRest(c);
  if (what !== 'CONSTRAINT') return null;
  c.advance();
  c.advance();
  c.acceptWords('IF', 'EXISTS');
  const names = [parseName(c)];
  while (c.isSymbol(',') && isName(c, c.peek(1)) && c.peek(1).upper !== 'COLUMN') {
    c.advance();
    names.push(parseName(c));
  }
  if (c.is('WITH')) readRest(c);
  return { names };
}

/** CHECK CONSTRAINT ALL, ENABLE TRIGGER a, b: the verb, its object and names. */
function readNames(c: Cursor): Parts {
  c.advance();
  c.advance();
  if (c.accept('ALL')) return {};
  const names = [...parseQualifiedName(c)];
  while (c.acceptSymbol(',')) names.push(...parseQualifiedName(c));
  return { names };
}

function readRest(c: Cursor): Parts {
  while (!c.atClose) c.skip();
  return {};
}

/** True at DEFAULT x FOR column, behind ADD [CONSTRAINT name]. */
export function atDefaultFor(c: Cursor): boolean {
  if (!c.grammar.transact) return false;
  if (c.is('DEFAULT')) return true;
  return c.is('CONSTRAINT') && isLabel(c.peek(1)) && c.peek(2).upper === 'DEFAULT';
}

/** `[CONSTRAINT name] DEFAULT x FOR column`, as the column with its new default. */
export function readDefaultFor(c: Cursor): AlterAction {
  const { start } = c.token;
  const names: Identifier[] = [];
  if (c.accept('CONSTRAINT')) names.push(parseName(c));
  const from = c.token.start;
  c.advance();
  const value = parseRestricted(c);
  c.expect('FOR');
  const name = parseName(c);
  const definition: ColumnDefinition = {
    kind: 'columnDefinition',
    start: from,
    end: c.lastEnd,
    name,
    type: null,
    notNull: false,
    default: value,
    generated: null,
    generatedAs: null,
    collation: [],
    constraints: [],
    rest: [],
  };
  c.acceptWords('WITH', 'VALUES');
  return {
    kind: 'alterAction',
    start,
    end: c.lastEnd,
    action: 'ADD DEFAULT',
    names,
    definition,
    orderBy: [],
  };
}
