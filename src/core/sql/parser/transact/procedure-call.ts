/** EXECUTE of T-SQL. */
import type { Expression, ProcedureArgument, ProcedureCall, Variable } from '../../ast.ts';
import type { Cursor } from '../cursor.ts';
import { parseExpression } from '../expressions.ts';
import { closeParens, parseQualifiedName } from '../names.ts';

/** EXEC or EXECUTE, the current token being that word. */
export function parseProcedureCall(c: Cursor): ProcedureCall {
  const { start } = c.advance();
  let result: Variable | null = null;
  if (c.token.kind === 'variable' && c.peek(1).text === '=') {
    result = readVariable(c);
    c.advance();
  }
  let procedure: ProcedureCall['procedure'];
  let args: ProcedureArgument[] = [];
  if (c.acceptSymbol('(')) {
    // the text to run, and what its ? stand for on a linked server
    procedure = parseExpression(c);
    while (c.acceptSymbol(',')) args.push(parseArgument(c));
    closeParens(c);
  } else {
    procedure = c.token.kind === 'variable' ? readVariable(c) : parseQualifiedName(c);
    if (c.isSymbol(';') && c.peek(1).kind === 'number') {
      // p;2: one of several procedures of a name
      c.advance();
      c.advance();
    }
    args = parseArgumentList(c);
  }
  const options = readOptions(c);
  return { kind: 'procedureCall', start, end: c.lastEnd, result, procedure, args, options };
}

/** The variable that is the current token. */
export function readVariable(c: Cursor): Variable {
  const { start, end, text } = c.advance();
  return { kind: 'variable', start, end, text };
}

function parseArgumentList(c: Cursor): ProcedureArgument[] {
  const args: ProcedureArgument[] = [];
  if (c.atClose || atOptions(c)) return args;
  do args.push(parseArgument(c));
  while (c.acceptSymbol(','));
  return args;
}

/** `value`, `@name = value`, each with OUTPUT perhaps. */
function parseArgument(c: Cursor): ProcedureArgument {
  const { start } = c.token;
  let name: Variable | null = null;
  if (c.token.kind === 'variable' && c.peek(1).text === '=') {
    name = readVariable(c);
    c.advance();
  }
  const value: Expression = parseExpression(c);
  const output = c.accept('OUTPUT') || c.accept('OUT');
  return {
    kind: 'procedureArgument',
    start: Math.min(start, value.start),
    end: c.lastEnd,
    name,
    value,
    output,
  };
}

function atOptions(c: Cursor): boolean {
  return c.is('WITH') || c.is('AT') || c.is('AS');
}

/** WITH RECOMPILE, WITH RESULT SETS (…), AT server, AS USER = 'x' */
function readOptions(c: Cursor): string {
  const words: string[] = [];
  if (!atOptions(c)) return '';
  while (!c.atClose) {
    words.push(c.token.text.toUpperCase());
    c.skip();
  }
  return words.join(' ');
}
