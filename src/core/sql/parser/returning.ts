/** RETURNING and T-SQL's OUTPUT. */
import type { ReturningAlias, SelectItem } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { closeParens, parseName, parseNameList, parseQualifiedName } from './names.ts';
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

/** T-SQL's OUTPUT list [INTO table [(columns)]], if it is next. */
export function parseOutput(c: Cursor): Returning {
  if (!c.grammar.transact || !c.accept('OUTPUT')) return NOTHING_RETURNED;
  const returning = parseSelectItems(c);
  if (c.is('INTO')) {
    const { start } = c.advance();
    if (c.token.kind === 'variable') c.advance();
    else parseQualifiedName(c);
    if (c.isSymbol('(')) parseNameList(c);
    c.opaqueFrom(start, 'where OUTPUT goes');
  }
  return { returningAliases: [], returning };
}
