/**
 * Which statements may reach the server in a guarded session. Here READ ONLY alone is not enough, as it is in
 * PostgreSQL: SET SESSION TRANSACTION and COMMIT lift it, SELECT … INTO OUTFILE writes a file in spite of it, MariaDB
 * takes a whole program (BEGIN NOT ATOMIC …, IF … END IF) as one statement, and DDL commits by itself, so that nothing
 * could be rolled back.
 */
import { DatabaseError } from '../../core/database.ts';
import type { Dialect } from '../../core/sql/dialect.ts';
import { dialectData } from '../../core/sql/dialects/dialect-data.ts';
import { tokenize } from '../../core/sql/lexer.ts';
import { isTrivia, type Token } from '../../core/sql/tokens.ts';

const READS = new Set(['SELECT', 'WITH', 'VALUES', 'TABLE', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN']);
const WRITES = new Set(['INSERT', 'UPDATE', 'DELETE', 'REPLACE']);
/** What begins a program in MariaDB and no statement in {@link dialectData}. */
const PROGRAMS = new Set(['IF', 'CASE', 'LOOP', 'WHILE', 'REPEAT', 'FOR', 'DECLARE', 'BEGIN', 'RETURN']);

/**
 * Refuse what could get around the guard.
 *
 * @param kind 'reads': queries only; 'writes': queries and what changes rows
 * @returns true when the statement changes rows
 * @throws DatabaseError 'readOnly', or 'syntax' for what begins no statement at all
 */
export function checkStatement(sql: string, kind: 'reads' | 'writes', dialect: Dialect): boolean {
  const tokens = executedTokens(sql, dialect);
  const first = tokens.find((token) => token.text !== '(');
  const word = first?.upper ?? '';
  const changes = WRITES.has(word);
  if (READS.has(word) || (changes && kind === 'writes')) {
    // in a query, INTO writes a file or a variable; a name would be quoted
    if (!changes && tokens.some((token) => token.upper === 'INTO')) {
      throw refused('SELECT … INTO writes what it reads somewhere else', kind);
    }
    return changes || (word === 'WITH' && kind === 'writes');
  }
  // the server refuses these by itself, and says so better
  if (changes) return false;
  if (word === '' || !(PROGRAMS.has(word) || dialectData(dialect).statementStarts.has(word))) {
    throw new DatabaseError(
      'syntax',
      first
        ? `No statement begins with "${first.text.slice(0, 40)}".`
        : 'There is no statement in the text: it is empty or a comment.',
      { position: first?.start ?? null },
    );
  }
  throw refused(`${word} is not run here`, kind);
}

/** What the server executes: the insides of executable comments too, whatever version they are for. */
function executedTokens(sql: string, dialect: Dialect): Token[] {
  return tokenize(sql, dialect).flatMap((token) => {
    if (isTrivia(token)) return [];
    const inside = /^\/\*M?!\d*([\s\S]*?)(?:\*\/)?$/.exec(token.text)?.[1];
    return inside === undefined ? [token] : [token, ...executedTokens(inside, dialect)];
  });
}

function refused(what: string, kind: 'reads' | 'writes'): DatabaseError {
  const allowed =
    kind === 'reads' ? 'this connection only reads' : 'only statements that can be rolled back are';
  return new DatabaseError('readOnly', `${what}: ${allowed}. Nothing was changed.`);
}
