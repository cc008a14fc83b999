/** PIVOT and UNPIVOT. */
import type { Expression, FromItem, Identifier, Pivot } from '../../ast.ts';
import { parseTableAlias } from '../aliases.ts';
import type { Cursor } from '../cursor.ts';
import { parseExpression } from '../expressions.ts';
import { closeParens, parseName, parseNameList, parseQualifiedName } from '../names.ts';

/** True at PIVOT ( and UNPIVOT (. */
export function atPivot(c: Cursor): boolean {
  return (c.is('PIVOT') || c.is('UNPIVOT')) && c.peek(1).text === '(';
}

/** What PIVOT or UNPIVOT, the current token, makes of an item. No rule edits it: columns that nobody names count. */
export function parsePivot(c: Cursor, item: FromItem): Pivot {
  const type = c.advance().upper === 'PIVOT' ? 'pivot' : 'unpivot';
  c.advance();
  let value: Expression | Identifier;
  let column: Pivot['column'];
  if (type === 'pivot') {
    value = parseExpression(c);
    c.expect('FOR');
    const parts = parseQualifiedName(c);
    column = { kind: 'column', start: parts[0].start, end: c.lastEnd, parts };
  } else {
    value = parseName(c);
    c.expect('FOR');
    column = parseName(c);
  }
  c.expect('IN');
  const names = c.isSymbol('(') ? parseNameList(c) : [];
  closeParens(c);
  const alias = parseTableAlias(c);
  const { start } = item;
  const node: Pivot = {
    kind: 'pivot',
    start,
    end: c.lastEnd,
    type,
    item,
    value,
    column,
    names,
    alias,
  };
  return c.kept(node, type.toUpperCase());
}
