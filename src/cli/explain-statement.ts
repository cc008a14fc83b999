/** The plan of a statement with what it tells of trouble: what `explain` prints and the tool `explain_plan` answers. */
import { numberPlaceholders } from '../core/optimizer/parameters.ts';
import type { Plan } from '../core/plans/plan.ts';
import { type PlanFinding, planFindings } from '../core/plans/plan-findings.ts';
import { planText } from '../core/plans/plan-text.ts';
import { analyzeStatement } from '../core/sql/analyze.ts';
import { isSafeToExecute } from '../core/sql/statement-facts.ts';
import type { Target } from './connect.ts';
import { UsageError } from './verb.ts';

export interface Explanation {
  readonly plan: Plan;
  readonly findings: readonly PlanFinding[];
  readonly text: string;
}

/**
 * @param text one statement
 * @param analyze execute it for actual figures; only for statements that read and have no parameters
 * @throws UsageError when it cannot be planned or may not be executed, DatabaseError
 */
export async function explainStatement(
  text: string,
  { database, catalog, timeoutMs }: Target,
  analyze: boolean,
  signal: AbortSignal,
): Promise<Explanation> {
  if (!database) throw new UsageError('A plan comes from a database: name one with --connection.');
  const statement = analyzeStatement(text, catalog);
  const bound = numberPlaceholders(statement);
  if (!bound) throw new UsageError('The statement has template placeholders: fill them in to see a plan.');
  if (analyze && !isSafeToExecute(statement)) {
    throw new UsageError(
      'The statement writes or calls a volatile function, so it is not executed. Leave out --analyze to see its plan.',
    );
  }
  if (analyze && bound.parameters > 0) {
    throw new UsageError(
      'The statement has parameters without values, so it is not executed. Leave out --analyze to see its generic plan.',
    );
  }
  const plan = await database.readOnly(
    (session) => session.explain(bound.sql, { analyze, timeoutMs, signal }),
    { signal },
  );
  return { plan, findings: planFindings(plan, catalog), text: planText(plan) };
}
