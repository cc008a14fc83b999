/** T-SQL's statements that are neither queries nor writes nor about tables. */
import type { Statement } from '../../ast.ts';
import type { Cursor } from '../cursor.ts';
import { isLabel } from '../names.ts';
import { parseCommand } from './commands.ts';
import { parseCompound } from './compounds.ts';
import { parseDeclare } from './declare.ts';
import { parseProcedureCall } from './procedure-call.ts';
import { atRoutine, parseRoutine } from './routines.ts';

/**
 * How deep statements may hold statements before the rest is kept as it is: what is in a block is split again at each
 * level. SQL Server itself allows 32 levels of calls.
 */
const MOST_LEVELS = 32;

/** Such a statement, or null (and nothing read) where none begins. What it holds is kept as it is: no rule edits it. */
export function parseTransactStatement(c: Cursor): Statement | null {
  if (c.level > MOST_LEVELS) return null;
  const { upper } = c.token;
  switch (upper) {
    case 'EXEC':
    case 'EXECUTE':
      if (c.peek(1).upper === 'AS') return parseCommand(c);
      return c.kept(parseProcedureCall(c), 'the call of a procedure');
    case 'DECLARE':
      return c.kept(parseDeclare(c), 'a declaration');
    case 'IF':
    case 'WHILE':
      return c.kept(parseCompound(c), 'statements inside of a statement');
    case 'BEGIN':
      if (beginsTransaction(c)) return parseCommand(c);
      return c.kept(parseCompound(c), 'statements inside of a statement');
    case 'CREATE':
    case 'ALTER':
      if (atRoutine(c)) return c.kept(parseRoutine(c), 'the body of a routine');
      return parseCommand(c);
    default:
      if (isLabel(c.token) && c.peek(1).text === ':' && c.peek(2).text === '') return parseCommand(c);
      return parseCommand(c);
  }
}

const TRANSACTION: ReadonlySet<string> = new Set([
  'TRAN',
  'TRANSACTION',
  'DISTRIBUTED',
  'DIALOG',
  'CONVERSATION',
]);

function beginsTransaction(c: Cursor): boolean {
  return TRANSACTION.has(c.peek(1).upper);
}
