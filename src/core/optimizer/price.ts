/** The planner's price of a statement. It is an estimate and is never called time. */
import { DatabaseError, type ReadOnlySession } from '../database.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { numberPlaceholders } from './parameters.ts';
import type { Pricer } from './search.ts';

/** The server refused what we wrote: the candidate is wrong, whatever its price. */
const REFUSALS = ['syntax', 'undefinedObject', 'dataException'] as const;

/**
 * A pricer over one session.
 *
 * @param session plans the statements (EXPLAIN without executing)
 * @param timeoutMs limit of one call, milliseconds
 * @returns prices; null for a statement that cannot be planned without its values or in time
 */
export function planPricer(
  session: ReadOnlySession,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Pricer {
  return async (statement: AnalyzedStatement) => {
    const bound = numberPlaceholders(statement);
    if (!bound) return null;
    try {
      return (await session.explain(bound.sql, { timeoutMs, signal })).cost;
    } catch (error) {
      if (DatabaseError.is(error, ...REFUSALS)) return 'invalid';
      if (DatabaseError.is(error, 'cancelled', 'connectionLost') || !DatabaseError.is(error)) throw error;
      return null;
    }
  };
}
