/** DECLARE of T-SQL: variables, table variables and cursors. */
import type { CursorDeclaration, Declare, VariableDeclaration } from '../../ast.ts';
import { parseTableElements } from '../create-table.ts';
import type { Cursor } from '../cursor.ts';
import { parseExpression } from '../expressions.ts';
import { parseName } from '../names.ts';
import { parseQuery, queryOfBody } from '../query.ts';
import { parseType } from '../types.ts';
import { readVariable } from './procedure-call.ts';

/** DECLARE, the current token being that word. */
export function parseDeclare(c: Cursor): Declare {
  const { start } = c.advance();
  const variables: VariableDeclaration[] = [];
  let cursor: CursorDeclaration | null = null;
  if (c.token.kind === 'variable') {
    do variables.push(parseVariable(c));
    while (c.acceptSymbol(','));
  } else cursor = parseCursor(c);
  return { kind: 'declare', start, end: c.lastEnd, variables, cursor };
}

const OPTIONS: ReadonlySet<string> = new Set([
  'OUTPUT',
  'OUT',
  'READONLY',
  'VARYING',
  'NOT',
  'NULL',
  'CURSOR',
]);

/** `@a [AS] type [= value] [OUTPUT]`, `@t table (…)`; a parameter of a routine alike. */
export function parseVariable(c: Cursor): VariableDeclaration {
  const { start } = c.token;
  if (c.token.kind !== 'variable') c.problem('a variable is missing');
  const variable = readVariable(c);
  c.accept('AS');
  let type: VariableDeclaration['type'] = null;
  let value: VariableDeclaration['value'] = null;
  const words: string[] = [];
  let elements: Pick<VariableDeclaration, 'columns' | 'constraints'> = { columns: [], constraints: [] };
  if (c.is('TABLE')) {
    c.advance();
    elements = parseTableElements(c);
  } else if (!c.is('CURSOR')) type = parseType(c);
  for (;;) {
    if (OPTIONS.has(c.token.upper)) words.push(c.advance().upper);
    else if (value === null && c.acceptSymbol('=')) value = parseExpression(c);
    else break;
  }
  const options = words.join(' ');
  return { kind: 'variableDeclaration', start, end: c.lastEnd, variable, type, value, ...elements, options };
}

/** `name [INSENSITIVE] [SCROLL] CURSOR [LOCAL …] FOR query` */
function parseCursor(c: Cursor): CursorDeclaration {
  const { start } = c.token;
  const name = parseName(c);
  return finishCursor(c, start, name);
}

/** `CURSOR … FOR query` behind the name that it gets. */
export function finishCursor(c: Cursor, start: number, name: CursorDeclaration['name']): CursorDeclaration {
  const words: string[] = [];
  while (!c.atClose && !c.is('FOR')) {
    if (c.token.kind !== 'word') break;
    const { upper } = c.advance();
    if (upper !== 'CURSOR') words.push(upper);
  }
  c.expect('FOR');
  const found = c.atQueryWord || c.atQueryInParens;
  const query = found ? parseQuery(c) : queryOfBody(c.missing('the query of the cursor'));
  return { kind: 'cursorDeclaration', start, end: c.lastEnd, name, options: words.join(' '), query };
}
