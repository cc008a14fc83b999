/** RETURNING and T-SQL's OUTPUT. */
import type { OutputInto, ReturningAlias, SelectItem, WriteRest } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { closeParens, parseName, parseNameList, parseQualifiedName, readIdentifier } from './names.ts';
import { parseSelectItems } from './select.ts';

export interface Returning {
  readonly returningAliases: readonly ReturningAlias[];
  readonly returning: readonly SelectItem[];
}

export const NOTHING_RETURNED: Returning = { returningAliases: [], returning: [] };

/** RETURNING with its list, if it is next. */
export function parseReturning(c: Cursor): Returning {
  if (!c.accept('RETURNING')) return NOTHING_RETURNED;
  const returningAliases = c.is('WITH') && c.peek(1).text === '(' ? parseAliases(c) : [];
  return { returningAliases, returning: parseSelectItems(c) };
}

/** WITH (OLD AS o, NEW AS n) */
function parseAliases(c: Cursor): ReturningAlias[] {
  const aliases: ReturningAlias[] = [];
  c.advance();
  c.advance();
  do {
    const { start, upper } = c.token;
    if (upper !== 'OLD' && upper !== 'NEW') {
      c.problem('OLD or NEW is missing');
      break;
    }
    c.advance();
    c.expect('AS');
    const alias = parseName(c);
    const row = upper === 'OLD' ? 'old' : 'new';
    aliases.push({ kind: 'returningAlias', start, end: c.lastEnd, row, alias });
  } while (c.acceptSymbol(','));
  closeParens(c);
  return aliases;
}

/**
 * T-SQL's OUTPUT list, and OUTPUT list INTO table [(columns)] before it, where they are next.
 *
 * @param rest gets where the rows go
 */
export function parseOutput(c: Cursor, rest: WriteRest[]): Returning {
  if (!c.grammar.transact) return NOTHING_RETURNED;
  while (c.is('OUTPUT')) {
    const { start } = c.advance();
    const items = parseSelectItems(c);
    if (!c.accept('INTO')) return { returningAliases: [], returning: items };
    const table: OutputInto['table'] =
      c.token.kind === 'variable' ? [readIdentifier(c)] : parseQualifiedName(c);
    const columns = c.isSymbol('(') && !c.atQueryInParens ? parseNameList(c) : [];
    const node: OutputInto = { kind: 'outputInto', start, end: c.lastEnd, items, table, columns };
    rest.push(c.kept(node, 'where OUTPUT goes'));
  }
  return NOTHING_RETURNED;
}
