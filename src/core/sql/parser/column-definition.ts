/** A column in CREATE TABLE and ALTER TABLE ADD. */
import type { ColumnDefinition, Expression, Identifier, Opaque, Property, TableConstraint } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseRestricted } from './expressions.ts';
import { closeParens, isLabel, parseName, parseQualifiedName } from './names.ts';
import { readProperty } from './properties.ts';
import { atColumnConstraint, parseColumnConstraint } from './table-constraint.ts';
import { parseType } from './types.ts';

type Parts = {
  -readonly [K in keyof ColumnDefinition]: ColumnDefinition[K];
} & { constraints: TableConstraint[]; rest: (Property | Opaque)[]; collation: readonly Identifier[] };

/** name type constraints …, up to a comma or the closing parenthesis. */
export function parseColumnDefinition(c: Cursor): ColumnDefinition {
  const name = parseName(c);
  const parts: Parts = {
    kind: 'columnDefinition',
    start: name.start,
    end: c.lastEnd,
    name,
    type: isLabel(c.token) && !beginsConstraint(c) ? parseType(c) : null,
    notNull: false,
    default: null,
    generated: null,
    generatedAs: null,
    collation: [],
    constraints: [],
    rest: [],
  };
  while (!c.atClose && !c.isSymbol(',')) readPart(c, parts);
  parts.end = c.lastEnd;
  return parts;
}

/** A column may lack its type: CREATE TABLE t (a PRIMARY KEY) AS …, T-SQL's computed columns. */
function beginsConstraint(c: Cursor): boolean {
  return c.is('AS') || c.is('WITH') || beginsPart(c);
}

function readPart(c: Cursor, parts: Parts): void {
  switch (c.token.upper) {
    case 'NOT':
      if (c.peek(1).upper !== 'NULL') break;
      c.advance();
      c.advance();
      parts.notNull = true;
      return;
    case 'NULL':
      c.advance();
      return;
    case 'DEFAULT':
      c.advance();
      parts.default = parseRestricted(c);
      return;
    case 'COLLATE':
      c.advance();
      parts.collation = parseQualifiedName(c);
      return;
    case 'GENERATED':
    case 'AS':
      readGenerated(c, parts);
      return;
    case 'IDENTITY':
    case 'AUTO_INCREMENT':
      c.advance();
      parts.generated = 'identity';
      if (c.isSymbol('(')) c.skip();
      return;
    default:
  }
  if (atColumnConstraint(c)) {
    readConstraint(c, parts);
    return;
  }
  const property = readProperty(c);
  if (property !== null) {
    parts.rest.push(property);
    return;
  }
  const stop = () => c.isSymbol(',') || beginsPart(c);
  const known = c.dialect.strings.dollar ? PROPERTIES.has(c.token.upper) : c.token.kind === 'word';
  parts.rest.push(known ? c.keptUntil(stop, 'a property of the column') : c.unexpectedUntil(stop));
}

/** What PostgreSQL knows of a column beside the rest; other dialects have many more such words. */
const PROPERTIES: ReadonlySet<string> = new Set([
  'STORAGE',
  'COMPRESSION',
  'OPTIONS',
  'WITH',
  'USING',
  'CASCADE',
]);

function beginsPart(c: Cursor): boolean {
  switch (c.token.upper) {
    case 'NOT':
    case 'NULL':
    case 'DEFAULT':
    case 'COLLATE':
    case 'GENERATED':
      return true;
    default:
      return atColumnConstraint(c);
  }
}

/** CONSTRAINT name NOT NULL has no node of its own. */
function readConstraint(c: Cursor, parts: Parts): void {
  if (c.is('CONSTRAINT') && c.peek(2).upper === 'NOT' && c.peek(3).upper === 'NULL') {
    for (let i = 0; i < 4; i++) c.advance();
    parts.notNull = true;
    return;
  }
  // T-SQL: CONSTRAINT name DEFAULT x
  if (c.is('CONSTRAINT') && c.peek(2).upper === 'DEFAULT') {
    c.advance();
    c.advance();
    return;
  }
  parts.constraints.push(parseColumnConstraint(c));
}

/** GENERATED ALWAYS AS (x) STORED | GENERATED … AS IDENTITY [(…)]; MySQL and T-SQL: AS (x) [STORED|PERSISTED] */
function readGenerated(c: Cursor, parts: Parts): void {
  if (c.accept('GENERATED') && !c.accept('ALWAYS')) {
    c.expect('BY');
    c.expect('DEFAULT');
  }
  c.expect('AS');
  if (c.accept('IDENTITY')) {
    parts.generated = 'identity';
    if (c.isSymbol('(')) c.skip();
    return;
  }
  if (c.is('ROW')) {
    // T-SQL and MariaDB: GENERATED ALWAYS AS ROW START
    c.advance();
    c.advance();
    return;
  }
  const expression: Expression = readGeneratedAs(c);
  parts.generatedAs = expression;
  parts.generated = 'virtual';
  if (c.is('STORED') || c.is('PERSISTED') || c.is('PERSISTENT')) parts.generated = 'stored';
  if (parts.generated === 'stored' || c.is('VIRTUAL')) c.advance();
}

function readGeneratedAs(c: Cursor): Expression {
  if (!c.acceptSymbol('(')) return parseRestricted(c);
  const expression = parseExpression(c);
  closeParens(c);
  return expression;
}
