/** What INSERT, UPDATE, DELETE and MERGE have in common. */
import type { TableAlias, TableRef, WriteRest } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseTableName } from './from.ts';
import { isLabel, isName, readIdentifier } from './names.ts';
import { parseTop } from './select.ts';
import { atModifier, parseModifier } from './table-modifiers.ts';

/** LOW_PRIORITY, IGNORE, QUICK after the verb, and T-SQL's TOP (n). */
export function parseWriteModifiers(c: Cursor): WriteRest[] {
  const modifiers: WriteRest[] = [];
  const words = c.grammar.writeModifiers;
  while (words.has(c.token.upper) && c.peek(1).text !== '.') {
    // IGNORE decides what happens to rows that break a rule; the other words are priorities
    if (c.is('IGNORE')) {
      const { start, end } = c.advance();
      modifiers.push(c.kept({ kind: 'writeModifier', start, end, modifier: 'IGNORE' }, 'a modifier'));
    } else
      modifiers.push(c.keptUntil(() => c.is('IGNORE') || !words.has(c.token.upper), 'a modifier', 'inert'));
  }
  if (c.grammar.transact && c.is('TOP')) {
    modifiers.push(c.kept(parseTop(c), 'TOP'));
  }
  return modifiers;
}

/**
 * The table that is written, with its alias: unlike in FROM, no column names follow the alias.
 *
 * @param needsAs the alias needs AS (INSERT)
 */
export function parseTarget(c: Cursor, needsAs = false): TableRef {
  const table = parseTableName(c);
  const modifiers: TableRef['modifiers'][number][] = [];
  while (atModifier(c)) modifiers.push(parseModifier(c));
  const alias = parseTargetAlias(c, needsAs);
  while (atModifier(c)) modifiers.push(parseModifier(c));
  return { ...table, end: c.lastEnd, alias, modifiers };
}

function parseTargetAlias(c: Cursor, needsAs: boolean): TableAlias | null {
  const { start } = c.token;
  const as = c.is('AS');
  if (as) {
    if (!isLabel(c.peek(1))) return null;
    c.advance();
  } else if (needsAs || !isName(c, c.token) || c.is('SET') || c.is('OUTPUT') || c.is('USING')) return null;
  const name = readIdentifier(c);
  return { kind: 'tableAlias', start, end: c.lastEnd, name, columns: [] };
}

/** What the statement does not know where it should end, up to one of the given words. */
export function parseLeftover(c: Cursor, rest: WriteRest[], ...words: readonly string[]): void {
  if (c.atClose || words.includes(c.token.upper)) return;
  rest.push(c.unexpectedUntil(() => words.includes(c.token.upper)));
}
