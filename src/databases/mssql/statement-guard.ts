/**
 * Which statements may reach the server in a guarded session. SQL Server knows no read-only transactions, and a batch
 * may hold several statements without anything between them: so no word that begins a statement which does something
 * may stand in it anywhere. Those words are reserved (a name that is spelled so is in brackets), so that nothing that
 * reads is refused for its names.
 * https://learn.microsoft.com/sql/t-sql/language-elements/reserved-keywords-transact-sql
 */
import { DatabaseError } from '../../core/database.ts';
import { dialectData } from '../../core/sql/dialects/dialect-data.ts';
import { tokenize } from '../../core/sql/lexer.ts';
import { isTrivia, type Token } from '../../core/sql/tokens.ts';

const READS = new Set(['SELECT', 'WITH']);
const WRITES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);
/** Besides {@link WRITES}; `SET` and `INTO` are parts of those. */
const ACTS = new Set(
  `ALTER BACKUP BEGIN BREAK BULK CHECKPOINT CLOSE COMMIT CONTINUE CREATE DBCC DEALLOCATE DECLARE DENY DROP DUMP EXEC
   EXECUTE GOTO GRANT IF KILL LOAD OPEN OPENDATASOURCE OPENQUERY OPENROWSET PRINT PROC PROCEDURE RAISERROR READTEXT
   RECONFIGURE RESTORE RETURN REVERT REVOKE ROLLBACK SAVE SETUSER SHUTDOWN STATISTICS TRAN TRANSACTION TRIGGER TRUNCATE
   UPDATETEXT USE WAITFOR WHILE WRITETEXT`.split(/\s+/),
);
/** END CONVERSATION and the like begin with words that queries have too. */
const SPEAKS = new Set(['END', 'GET', 'MOVE']);

/** Words of {@link ACTS} and {@link WRITES} that read when this follows: join hints, OPTION (USE HINT (…)). */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  MERGE: ['JOIN', 'UNION'],
  USE: ['HINT', 'PLAN'],
};

/**
 * Refuse what could get around the guard.
 *
 * @param kind 'reads': queries only; 'writes': queries and what changes rows
 * @returns true when the statement changes rows
 * @throws DatabaseError 'readOnly', or 'syntax' for what begins no statement at all
 */
export function checkStatement(sql: string, kind: 'reads' | 'writes'): boolean {
  const tokens = tokenize(sql, 'tsql').filter((token) => !isTrivia(token));
  const first = tokens.find((token) => token.text !== '(' && token.text !== ';');
  const word = first?.upper ?? '';
  refuseSeveral(tokens, kind);
  if (!READS.has(word) && !WRITES.has(word)) throw refusedStart(first, word, kind);
  let changes = WRITES.has(word);
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1]?.upper ?? '';
    if (HARMLESS[token.upper]?.includes(next)) continue;
    if (ACTS.has(token.upper) || (SPEAKS.has(token.upper) && next === 'CONVERSATION')) {
      throw refused(`${token.upper} is not run here`, kind, token);
    }
    if (WRITES.has(token.upper)) changes = true;
    else if (isSequence(tokens, index)) {
      throw refused('NEXT VALUE FOR is not rolled back', kind, token);
    }
  }
  if (changes && kind === 'reads') {
    const write = tokens.find(({ upper }) => WRITES.has(upper));
    throw refused(`${write?.upper ?? word} changes data`, kind, write);
  }
  const into = changes ? undefined : tokens.find(({ upper }) => upper === 'INTO' || upper === 'SET');
  if (into)
    throw refused(
      `${into.upper === 'INTO' ? 'SELECT … INTO creates a table' : 'SET changes the session'}`,
      kind,
      into,
    );
  return changes;
}

function isSequence(tokens: readonly Token[], index: number): boolean {
  return ['NEXT', 'VALUE', 'FOR'].every((word, step) => tokens[index + step]?.upper === word);
}

/** A semicolon at the end is allowed, one between statements is not. */
function refuseSeveral(tokens: readonly Token[], kind: 'reads' | 'writes'): void {
  const from = tokens.findIndex(({ text }) => text !== ';');
  const end = tokens.findIndex(({ text }, index) => index > from && text === ';');
  const after = end < 0 ? undefined : tokens.slice(end).find(({ text }) => text !== ';');
  if (after) throw refused('Only one statement is run at a time', kind, after);
}

function refusedStart(first: Token | undefined, word: string, kind: 'reads' | 'writes'): DatabaseError {
  if (word !== '' && (ACTS.has(word) || dialectData('tsql').statementStarts.has(word))) {
    return refused(`${word} is not run here`, kind, first);
  }
  return new DatabaseError(
    'syntax',
    first
      ? `No statement that is run here begins with "${first.text.slice(0, 40)}".`
      : 'There is no statement in the text: it is empty or a comment.',
    { position: first?.start ?? null },
  );
}

function refused(what: string, kind: 'reads' | 'writes', token: Token | undefined): DatabaseError {
  const allowed =
    kind === 'reads' ? 'this connection only reads' : 'only statements that can be rolled back are';
  return new DatabaseError('readOnly', `${what}: ${allowed}. Nothing was changed.`, {
    position: token?.start ?? null,
  });
}
