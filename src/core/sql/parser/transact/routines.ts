/** CREATE and ALTER of procedures, functions and triggers in T-SQL, with their bodies. */
import type { Identifier, Routine, VariableDeclaration } from '../../ast.ts';
import type { Cursor } from '../cursor.ts';
import { closeParens, parseQualifiedName } from '../names.ts';
import { parseType } from '../types.ts';
import { readStatements } from './compounds.ts';
import { parseVariable } from './declare.ts';

const TYPES: ReadonlyMap<string, Routine['type']> = new Map([
  ['PROCEDURE', 'procedure'],
  ['PROC', 'procedure'],
  ['FUNCTION', 'function'],
  ['TRIGGER', 'trigger'],
]);

/** How many words stand before the kind of routine: CREATE, ALTER, CREATE OR ALTER; 0 where no routine is made. */
function distanceOfKind(c: Cursor): number {
  const distance = c.peek(1).upper === 'OR' && c.peek(2).upper === 'ALTER' ? 3 : 1;
  return TYPES.has(c.peek(distance).upper) ? distance : 0;
}

/** True at CREATE or ALTER of a routine. */
export function atRoutine(c: Cursor): boolean {
  return distanceOfKind(c) > 0;
}

/** The routine, see {@link atRoutine}. */
export function parseRoutine(c: Cursor): Routine {
  const { start } = c.token;
  const distance = distanceOfKind(c);
  for (let i = 0; i < distance; i++) c.advance();
  const type = TYPES.get(c.advance().upper) ?? 'procedure';
  const name = parseQualifiedName(c);
  if (c.isSymbol(';') && c.peek(1).kind === 'number') {
    c.advance();
    c.advance();
  }
  const parameters = type === 'trigger' ? [] : parseParameters(c);
  const header: Header = { words: [], returns: null, returnsTable: null, on: [] };
  readHeader(c, header, type);
  let count = 0;
  while (c.peek(count).text !== '') count++;
  const statements = readStatements(c, count);
  if (statements.length === 0) c.problem('the body is missing');
  const { words, ...parts } = header;
  const options = words.join(' ');
  return {
    kind: 'routine',
    start,
    end: Math.max(c.lastEnd, start),
    type,
    name,
    parameters,
    ...parts,
    options,
    statements,
  };
}

function parseParameters(c: Cursor): VariableDeclaration[] {
  const parameters: VariableDeclaration[] = [];
  const parenthesized = c.acceptSymbol('(');
  if (c.token.kind === 'variable') {
    do parameters.push(parseVariable(c));
    while (c.acceptSymbol(','));
  }
  if (parenthesized) closeParens(c);
  return parameters;
}

interface Header {
  readonly words: string[];
  returns: Routine['returns'];
  returnsTable: VariableDeclaration | null;
  on: readonly Identifier[];
}

/** RETURNS …, WITH …, ON table AFTER INSERT: up to AS, BEGIN or RETURN and with the AS. */
function readHeader(c: Cursor, header: Header, type: Routine['type']): void {
  while (!c.atClose) {
    if (c.is('AS') && !executesAs(c)) {
      c.advance();
      // EXTERNAL NAME assembly.class.method
      return;
    }
    if (c.is('BEGIN') || c.is('RETURN')) return;
    if (c.is('RETURNS')) readReturns(c, header);
    else if (type === 'trigger' && c.is('ON') && header.on.length === 0) {
      c.advance();
      header.on = c.is('DATABASE') || c.is('ALL') ? [] : parseQualifiedName(c);
    } else {
      header.words.push(c.token.text.toUpperCase());
      c.skip();
    }
  }
}

/** WITH EXECUTE AS OWNER */
function executesAs(c: Cursor): boolean {
  const before = c.peek(-1).upper;
  return before === 'EXECUTE' || before === 'EXEC';
}

function readReturns(c: Cursor, header: Header): void {
  c.advance();
  if (c.token.kind === 'variable') header.returnsTable = parseVariable(c);
  else if (c.accept('TABLE')) {
    // the columns of a function of the common language runtime
    if (c.isSymbol('(')) c.skip();
  } else header.returns = parseType(c);
}
