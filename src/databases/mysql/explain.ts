/** EXPLAIN as a statement, and its answer as a plan. */
import { type Cell, DatabaseError, type ParameterValue } from '../../core/database.ts';
import type { Plan } from '../../core/plans/plan.ts';
import { readMariadbPlan } from '../../core/plans/read-mariadb-plan.ts';
import { readMysqlPlan } from '../../core/plans/read-mysql-plan.ts';
import { readMysqlTree } from '../../core/plans/read-mysql-tree.ts';
import type { Dialect } from '../../core/sql/dialect.ts';
import { tokenize } from '../../core/sql/lexer.ts';
import { applyEdits } from '../../core/sql/text.ts';
import type { SessionFacts } from './connect.ts';
import { quoteLiteral } from './quoting.ts';

/**
 * The statement that asks for a plan.
 * https://mariadb.com/kb/en/analyze-format-json/, https://dev.mysql.com/doc/refman/8.4/en/explain.html
 */
export function explainStatement(sql: string, dialect: Dialect, analyze: boolean): string {
  if (!analyze) return `EXPLAIN FORMAT=JSON ${sql}`;
  return dialect === 'mariadb' ? `ANALYZE FORMAT=JSON ${sql}` : `EXPLAIN ANALYZE ${sql}`;
}

/** @throws DatabaseError when the answer holds no plan */
export function readPlan(
  rows: readonly (readonly Cell[])[],
  { mariadb }: SessionFacts,
  analyze: boolean,
): Plan {
  const text = rows[0]?.at(-1) ?? '';
  try {
    if (mariadb) return readMariadbPlan(text);
    return analyze ? readMysqlTree(text) : readMysqlPlan(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !(cause instanceof TypeError)) throw cause;
    throw new DatabaseError('driver', `The server returned a plan that cannot be read: ${cause.message}.`, {
      cause,
    });
  }
}

/** MySQL plans for values only: there is no plan that holds for all of them. @throws DatabaseError */
export function refuseParameters(sql: string, dialect: Dialect): void {
  if (!/[?]/.test(sql) || !tokenize(sql, dialect).some((token) => token.kind === 'placeholder')) return;
  throw new DatabaseError(
    'other',
    'The statement has parameters without values, and this server plans for values only. Put values in their place.',
  );
}

/**
 * The statement with a literal for each `?`.
 * @throws DatabaseError when there are more or fewer values
 */
export function withValues(sql: string, values: readonly ParameterValue[], dialect: Dialect): string {
  const places = tokenize(sql, dialect).filter(({ kind }) => kind === 'placeholder');
  if (places.length !== values.length) {
    throw new DatabaseError(
      'other',
      `The statement has ${places.length} parameters, and there are ${values.length} values.`,
    );
  }
  const edits = places.flatMap(({ start, end }, index) => {
    const value = values[index];
    return value ? [{ start, end, text: valueLiteral(value) }] : [];
  });
  return applyEdits(sql, edits);
}

function valueLiteral({ kind, text }: ParameterValue): string {
  if (kind === 'number' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return text;
  if (kind === 'bytes' && /^0x([\da-f]{2})+$/i.test(text)) return `x'${text.slice(2)}'`;
  return quoteLiteral(text);
}

/** An error about a statement with values of ours: its message and place are of a text that the caller never saw. */
export function withoutValues(error: unknown): unknown {
  if (!DatabaseError.is(error)) return error;
  const { reason, code } = error;
  // these sentences are ours; the others quote the server, and it quotes values
  if (reason === 'cancelled' || reason === 'timeout' || reason === 'connectionLost') return error;
  const message =
    reason === 'readOnly'
      ? 'The statement would change data, and this server plans no such statement on a connection that only reads. Nothing was changed.'
      : `The server did not plan the statement with values that were assumed for its parameters (error ${code ?? 'unknown'}).`;
  return new DatabaseError(reason, message, { code });
}
