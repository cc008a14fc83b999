/** ALTER TABLE as far as a catalog from DDL needs it. */
import type {
  AlterAction,
  AlterTable,
  ColumnDefinition,
  Identifier,
  Opaque,
  Property,
  Statement,
  TableConstraint,
} from '../ast.ts';
import { readAlterAction } from './alter-actions.ts';
import { parseColumnDefinition } from './column-definition.ts';
import { acceptIfNotExists } from './create.ts';
import type { Cursor } from './cursor.ts';
import { closeParens, isName, parseName, parseQualifiedName } from './names.ts';
import { atTableConstraint, parseTableConstraint } from './table-constraint.ts';
import { atDefaultFor, readDefaultFor, readTransactAction } from './transact/alter-actions.ts';

interface Parts {
  readonly addColumns: ColumnDefinition[];
  readonly addConstraints: TableConstraint[];
  readonly setNotNull: Identifier[];
  readonly dropNotNull: Identifier[];
  readonly dropColumns: Identifier[];
  readonly rest: (AlterAction | Property | Opaque)[];
}

/** ALTER TABLE, the current token being ALTER; null (and nothing read) when something else is altered. */
export function parseAlterTable(c: Cursor): Statement | null {
  const foreign = c.peek(1).upper === 'FOREIGN' || c.peek(1).upper === 'IGNORE';
  if (c.peek(foreign ? 2 : 1).upper !== 'TABLE') return null;
  if (c.peek(foreign ? 3 : 2).upper === 'ALL') return null;
  const { start } = c.advance();
  if (foreign) c.advance();
  c.advance();
  c.acceptWords('IF', 'EXISTS');
  c.accept('ONLY');
  const name = parseQualifiedName(c);
  c.acceptSymbol('*');
  const parts: Parts = {
    addColumns: [],
    addConstraints: [],
    setNotNull: [],
    dropNotNull: [],
    dropColumns: [],
    rest: [],
  };
  if (c.atClose) c.problem('what to alter is missing');
  else {
    do readAction(c, parts);
    while (c.acceptSymbol(','));
  }
  const statement: AlterTable = { kind: 'alterTable', start, end: c.lastEnd, name, ...parts };
  return statement;
}

function readAction(c: Cursor, parts: Parts): void {
  const stop = () => c.isSymbol(',');
  const transact = c.grammar.transact ? readTransactAction(c) : null;
  if (transact !== null) {
    parts.rest.push(transact);
    if (!stop() && !c.atClose) parts.rest.push(c.keptUntil(stop, 'an action that is not analyzed'));
    return;
  }
  // options of the table need no commas between them
  for (let action = readAlterAction(c); action !== null; action = readAlterAction(c)) {
    parts.rest.push(action);
    if (stop() || c.atClose) return;
  }
  switch (c.token.upper) {
    case 'ADD':
      c.advance();
      readAdds(c, parts);
      break;
    case 'WITH': {
      // T-SQL: WITH CHECK ADD CONSTRAINT …
      if (c.peek(2).upper !== 'ADD') break;
      const unchecked = c.peek(1).upper === 'NOCHECK';
      for (let i = 0; i < 3; i++) c.advance();
      const before = parts.addConstraints.length;
      readAdds(c, parts);
      // the rows that are there were not looked at
      const added = parts.addConstraints.splice(before);
      parts.addConstraints.push(...added.map((one) => (unchecked ? { ...one, notValid: true } : one)));
      break;
    }
    case 'DROP':
      readDrop(c, parts);
      break;
    case 'ALTER':
      readAlterColumn(c, parts);
      break;
    default:
  }
  if (!stop() && !c.atClose) parts.rest.push(c.keptUntil(stop, 'an action that is not analyzed'));
}

/** What ADD adds: T-SQL says the word once before all of them. */
function readAdds(c: Cursor, parts: Parts): void {
  readAdd(c, parts);
  while (c.grammar.transact && c.acceptSymbol(',')) readAdd(c, parts);
}

function readAdd(c: Cursor, parts: Parts): void {
  const action = readAlterAction(c, true);
  if (action !== null) {
    parts.rest.push(action);
    return;
  }
  if (atDefaultFor(c)) {
    parts.rest.push(readDefaultFor(c));
    return;
  }
  const explicit = c.accept('COLUMN');
  acceptIfNotExists(c);
  if (!explicit && atTableConstraint(c)) {
    parts.addConstraints.push(parseTableConstraint(c));
    return;
  }
  if (c.acceptSymbol('(')) {
    do readAdd(c, parts);
    while (c.acceptSymbol(','));
    closeParens(c);
    return;
  }
  if (isName(c, c.token)) parts.addColumns.push(parseColumnDefinition(c));
  else if (c.atClose || c.isSymbol(',')) c.problem('a column is missing');
}

const NOT_A_COLUMN: ReadonlySet<string> = new Set([
  'CONSTRAINT',
  'PRIMARY',
  'FOREIGN',
  'INDEX',
  'KEY',
  'CHECK',
  'PARTITION',
]);

function readDrop(c: Cursor, parts: Parts): void {
  if (NOT_A_COLUMN.has(c.peek(1).upper)) return;
  c.advance();
  c.accept('COLUMN');
  c.acceptWords('IF', 'EXISTS');
  if (!isName(c, c.token)) return;
  parts.dropColumns.push(parseName(c));
  // T-SQL: DROP COLUMN a, b, CONSTRAINT c
  while (c.grammar.transact && c.isSymbol(',')) {
    c.advance();
    const constraint = c.accept('CONSTRAINT');
    c.accept('COLUMN');
    const { start } = c.token;
    const name = parseName(c);
    if (!constraint) parts.dropColumns.push(name);
    else {
      const { end } = name;
      const action = 'DROP CONSTRAINT';
      parts.rest.push({
        kind: 'alterAction',
        start,
        end,
        action,
        names: [name],
        definition: null,
        orderBy: [],
      });
    }
  }
  if (c.is('CASCADE') || c.is('RESTRICT')) c.advance();
}

/** ALTER [COLUMN] c SET NOT NULL | DROP NOT NULL; the other forms are kept as they are. */
function readAlterColumn(c: Cursor, parts: Parts): void {
  const at = c.peek(1).upper === 'COLUMN' ? 2 : 1;
  const verb = c.peek(at + 1).upper;
  if (c.peek(at + 2).upper !== 'NOT' || c.peek(at + 3).upper !== 'NULL') return;
  if (verb !== 'SET' && verb !== 'DROP') return;
  for (let i = 0; i < at; i++) c.advance();
  const column = parseName(c);
  for (let i = 0; i < 3; i++) c.advance();
  (verb === 'SET' ? parts.setNotNull : parts.dropNotNull).push(column);
}
