/** CREATE INDEX. */
import type { CreateIndex, Expression, Opaque, Property } from '../ast.ts';
import { acceptIfNotExists } from './create.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { parseIndexColumns } from './index-columns.ts';
import { isName, parseNameList, parseQualifiedName, readIdentifier } from './names.ts';
import { readProperty } from './properties.ts';

/** What follows CREATE [UNIQUE] INDEX. */
export function parseCreateIndex(
  c: Cursor,
  start: number,
  unique: boolean,
  columnstore = false,
): CreateIndex {
  const rest: (Property | Opaque)[] = [];
  c.accept('CONCURRENTLY');
  acceptIfNotExists(c);
  const name = isName(c, c.token) && !c.is('ON') ? readIdentifier(c) : null;
  let method = readMethod(c);
  c.expect('ON');
  c.accept('ONLY');
  const table = parseQualifiedName(c);
  method ??= readMethod(c);
  const columns = c.isSymbol('(') ? parseIndexColumns(c) : [];
  if (columns.length === 0 && !columnstore) c.problem('the columns of the index are missing');
  const include = c.accept('INCLUDE') ? parseNameList(c) : [];
  const nullsNotDistinct = acceptNullsNotDistinct(c);
  let where: Expression | null = null;
  while (!c.atClose) {
    const property = readProperty(c);
    if (property !== null) rest.push(property);
    else if (where === null && c.accept('WHERE')) where = parseExpression(c);
    else if (OPTION_WORDS.has(c.token.upper))
      rest.push(c.keptUntil(() => c.is('WHERE'), 'options of the index'));
    else rest.push(c.unexpectedUntil(() => c.is('WHERE')));
  }
  return {
    kind: 'createIndex',
    start,
    end: c.lastEnd,
    name,
    unique,
    table,
    method,
    columns,
    include,
    nullsNotDistinct,
    where,
    rest,
  };
}

const OPTION_WORDS: ReadonlySet<string> = new Set([
  'WITH',
  'TABLESPACE',
  'ON',
  'COMMENT',
  'USING',
  'ALGORITHM',
  'LOCK',
  'KEY_BLOCK_SIZE',
  'VISIBLE',
  'INVISIBLE',
]);

function readMethod(c: Cursor): string | null {
  if (!c.accept('USING')) return null;
  return readIdentifier(c).name;
}

/** NULLS [NOT] DISTINCT, if it is next; true for NOT. */
export function acceptNullsNotDistinct(c: Cursor): boolean {
  if (!c.is('NULLS')) return false;
  c.advance();
  const not = c.accept('NOT');
  c.expect('DISTINCT');
  return not;
}
