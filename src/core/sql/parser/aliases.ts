/** Aliases of FROM items. */
import type { ColumnDefinition, Identifier, TableAlias } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import {
  closeParens,
  isLabel,
  isName,
  parseName,
  parseNameList,
  parseQualifiedName,
  readIdentifier,
} from './names.ts';
import { atOldHint } from './table-modifiers.ts';
import { parseType } from './types.ts';

/** `AS alias`, `alias`, `AS alias (a, b)`; null without one. */
export function parseTableAlias(c: Cursor): TableAlias | null {
  const { start } = c.token;
  const name = readAliasName(c);
  if (name === null) return null;
  const list = c.isSymbol('(') && isName(c, c.peek(1)) && !atOldHint(c);
  const columns = list ? parseNameList(c) : [];
  return { kind: 'tableAlias', start, end: c.lastEnd, name, columns };
}

function readAliasName(c: Cursor): Identifier | null {
  const as = c.is('AS') && c.peek(1).upper !== 'OF';
  if (as) {
    c.advance();
    if (isLabel(c.token) && (isName(c, c.token) || !c.atBoundary)) return readIdentifier(c);
    c.problem('the name after AS is missing');
    return null;
  }
  if (!isName(c, c.token) || beginsClause(c)) return null;
  return readIdentifier(c);
}

/** Words that are not reserved and begin a clause all the same where an alias could stand. */
function beginsClause(c: Cursor): boolean {
  const next = c.peek(1);
  switch (c.token.upper) {
    case 'SET':
      // UPDATE t SET a = 1
      return isLabel(next) || next.text === '(' || next.kind === 'variable';
    case 'VALUES':
    case 'OPTION':
      return next.text === '(';
    case 'OFFSET':
    case 'LIMIT':
      return true;
    case 'QUALIFY':
    case 'MINUS':
      return isLabel(next) || next.text === '(';
    case 'ON':
      return true;
    case 'WINDOW':
      // T-SQL, where it is not reserved
      return isLabel(next) && c.peek(2).upper === 'AS' && c.peek(3).text === '(';
    default:
      return false;
  }
}

/** An alias of a function, maybe with a column definition list: `AS t(a int)`, `AS (a int)`, `t(a, b)`. */
export function parseFunctionAlias(c: Cursor): {
  alias: TableAlias | null;
  definitions: ColumnDefinition[];
} {
  if (c.is('AS') && c.peek(1).text === '(') {
    c.advance();
    return { alias: null, definitions: parseDefinitions(c) };
  }
  const { start } = c.token;
  const name = readAliasName(c);
  if (name === null) return { alias: null, definitions: [] };
  let alias: TableAlias = { kind: 'tableAlias', start, end: c.lastEnd, name, columns: [] };
  if (!c.isSymbol('(')) return { alias, definitions: [] };
  const after = c.peek(2).text;
  if (after !== ',' && after !== ')') return { alias, definitions: parseDefinitions(c) };
  const columns = parseNameList(c);
  alias = { ...alias, end: c.lastEnd, columns };
  return { alias, definitions: [] };
}

/** `(a int, b text COLLATE "C")` */
function parseDefinitions(c: Cursor): ColumnDefinition[] {
  const definitions: ColumnDefinition[] = [];
  c.advance();
  do {
    const name = parseName(c);
    const type = parseType(c);
    const collation = c.accept('COLLATE') ? parseQualifiedName(c) : [];
    definitions.push({
      kind: 'columnDefinition',
      start: name.start,
      end: c.lastEnd,
      name,
      type,
      notNull: false,
      default: null,
      generated: null,
      generatedAs: null,
      collation,
      constraints: [],
      rest: [],
    });
  } while (c.acceptSymbol(','));
  closeParens(c);
  return definitions;
}
