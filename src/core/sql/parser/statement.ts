/** Which statement it is. */
import type { QueryStatement, Statement } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseQuery } from './query.ts';

/** A query or a statement that writes rows: what may stand in WITH and EXPLAIN. */
export function parseWritable(c: Cursor): Statement {
  return parseQueryStatement(c);
}

/** Any statement. */
export function parseAnyStatement(c: Cursor): Statement {
  if (c.atQueryWord || c.atQueryInParens) return parseQueryStatement(c);
  return c.keptUntil(() => false, 'not a statement that is analyzed');
}

function parseQueryStatement(c: Cursor): QueryStatement {
  const query = parseQuery(c);
  return { kind: 'queryStatement', start: query.start, end: query.end, query };
}
