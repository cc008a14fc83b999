/** The plan of one statement, parameters or not, on an engine of any kind. */
import { type Database, DatabaseError, type ExplainOptions, type ReadOnlySession } from '../database.ts';
import type { Plan } from '../plans/plan.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { assumeValues, needsValues, plannable } from './assumed-values.ts';
import type { BoundStatement } from './parameters.ts';

export interface StatementPlan {
  readonly plan: Plan;
  /** how the values were come by that it was planned for; null where none were assumed */
  readonly assumed: string | null;
}

/**
 * Plan a statement. PostgreSQL and SQL Server plan without the values of its parameters, MySQL and MariaDB with values that
 * are assumed for them.
 *
 * @param bound the statement as {@link numberPlaceholders} writes it
 * @throws DatabaseError also when no values can be assumed
 */
export async function planStatement(
  database: Database,
  statement: AnalyzedStatement,
  bound: BoundStatement,
  options: ExplainOptions,
): Promise<StatementPlan> {
  return database.readOnly((session) => planInSession(session, statement, bound, options), {
    signal: options.signal,
  });
}

/** {@link planStatement} in a session that is there already. @throws DatabaseError */
export async function planInSession(
  session: ReadOnlySession,
  statement: AnalyzedStatement,
  bound: BoundStatement,
  options: ExplainOptions,
): Promise<StatementPlan> {
  if (!needsValues(statement)) return { plan: await session.explain(bound.sql, options), assumed: null };
  const assumed = await assumeValues(session, statement, options);
  const valued = typeof assumed === 'string' ? null : plannable(statement, assumed);
  if (typeof assumed === 'string' || !valued) {
    const why = typeof assumed === 'string' ? ` None could be assumed: ${assumed}` : '';
    throw new DatabaseError(
      'other',
      `The statement has parameters without values, and this server plans for values only.${why} Put values in their place.`,
    );
  }
  const plan = await session.explain(valued.sql, { ...options, values: valued.values });
  return { plan, assumed: assumed.note };
}
