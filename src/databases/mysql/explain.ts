/** EXPLAIN as a statement, and its answer as a plan. */
import { type Cell, DatabaseError } from '../../core/database.ts';
import type { Plan } from '../../core/plans/plan.ts';
import { readMariadbPlan } from '../../core/plans/read-mariadb-plan.ts';
import { readMysqlPlan } from '../../core/plans/read-mysql-plan.ts';
import { readMysqlTree } from '../../core/plans/read-mysql-tree.ts';
import type { Dialect } from '../../core/sql/dialect.ts';
import { tokenize } from '../../core/sql/lexer.ts';
import type { SessionFacts } from './connect.ts';

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
