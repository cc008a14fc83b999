/** Which statement it is. */
import type { QueryStatement, Statement, With } from '../ast.ts';
import { parseAlterTable } from './alter-table.ts';
import { parseCreate } from './create.ts';
import type { Cursor } from './cursor.ts';
import { parseDelete } from './delete.ts';
import { parseExplain } from './explain.ts';
import { parseInsert } from './insert.ts';
import { parseMerge } from './merge.ts';
import { parseQuery, parseQueryAfterWith } from './query.ts';
import { parseTransactStatement } from './transact/statements.ts';
import { parseUpdate } from './update.ts';
import { parseWith } from './with.ts';

/** A query or a statement that writes rows: what may stand in WITH and after WITH. */
export function parseWritable(c: Cursor): Statement {
  if (!c.is('WITH')) return parseWrite(c, null) ?? queryStatement(parseQuery(c));
  const clause = parseWith(c);
  return parseWrite(c, clause) ?? queryStatement(parseQueryAfterWith(c, clause));
}

function parseWrite(c: Cursor, clause: With | null): Statement | null {
  switch (c.token.upper) {
    case 'INSERT':
      return parseInsert(c, clause);
    case 'REPLACE':
      return c.grammar.writeModifiers.size > 0 ? parseInsert(c, clause) : null;
    case 'UPDATE':
      return parseUpdate(c, clause);
    case 'DELETE':
      return parseDelete(c, clause);
    case 'MERGE':
      return parseMerge(c, clause);
    default:
      return null;
  }
}

/** Any statement. What is none of those in the tree is one opaque node, and no problem is noted. */
export function parseAnyStatement(c: Cursor): Statement {
  if (c.atQueryWord || c.atQueryInParens) return parseWritable(c);
  switch (c.token.upper) {
    case 'VALUES':
    case 'INSERT':
    case 'REPLACE':
      return parseWritable(c);
    case 'UPDATE':
      if (c.grammar.transact && c.peek(1).upper === 'STATISTICS') return otherStatement(c);
      return parseWritable(c);
    case 'DELETE':
    case 'MERGE':
      return parseWritable(c);
    case 'CREATE':
      return parseCreate(c) ?? otherStatement(c);
    case 'ALTER':
      return parseAlterTable(c) ?? otherStatement(c);
    case 'ANALYZE':
      return analyzesStatement(c) ? (parseExplain(c) ?? unknown(c)) : unknown(c);
    case 'EXPLAIN':
    case 'DESCRIBE':
    case 'DESC':
      return parseExplain(c) ?? unknown(c);
    default:
      return otherStatement(c);
  }
}

function otherStatement(c: Cursor): Statement {
  return (c.grammar.transact ? parseTransactStatement(c) : null) ?? unknown(c);
}

/** MariaDB's ANALYZE SELECT …, ANALYZE FORMAT=JSON SELECT …; ANALYZE TABLE t is another statement. */
function analyzesStatement(c: Cursor): boolean {
  if (c.grammar.properties === null) return false;
  const next = c.peek(1).upper === 'FORMAT' ? c.peek(4) : c.peek(1);
  return ANALYZED.has(next.upper);
}

const ANALYZED: ReadonlySet<string> = new Set(['SELECT', 'WITH', 'INSERT', 'REPLACE', 'UPDATE', 'DELETE']);

function unknown(c: Cursor): Statement {
  if (!c.dialect.statementStarts.has(c.token.upper)) c.problem('no statement begins like this');
  return c.keptToEnd('not a statement that is analyzed');
}

function queryStatement(query: QueryStatement['query']): QueryStatement {
  return { kind: 'queryStatement', start: query.start, end: query.end, query };
}
