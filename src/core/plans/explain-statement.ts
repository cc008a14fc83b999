/** The plan of a statement with what it tells of trouble: what `explain` prints and the tool `explain_plan` answers. */
import type { Catalog } from '../catalog/catalog.ts';
import type { Database } from '../database.ts';
import { numberPlaceholders } from '../optimizer/parameters.ts';
import { planStatement } from '../optimizer/plan-statement.ts';
import { analyzeStatement } from '../sql/analyze.ts';
import { isSafeToExecute } from '../sql/statement-facts.ts';
import type { Plan } from './plan.ts';
import { type PlanFinding, planFindings } from './plan-findings.ts';
import { planText } from './plan-text.ts';

/** The statement cannot be planned, or must not be executed: the message says why. */
export class ExplainRefused extends Error {
  override readonly name = 'ExplainRefused';
}

export interface ExplainTarget {
  readonly database: Database;
  readonly catalog: Catalog;
  /** limit of the call */
  readonly timeoutMs: number;
}

export interface Explanation {
  readonly plan: Plan;
  readonly findings: readonly PlanFinding[];
  readonly text: string;
}

/**
 * @param text one statement
 * @param analyze execute it for actual figures; only for statements that read and have no parameters
 * @throws ExplainRefused when it cannot be planned or may not be executed, DatabaseError
 */
export async function explainStatement(
  text: string,
  { database, catalog, timeoutMs }: ExplainTarget,
  analyze: boolean,
  signal: AbortSignal,
): Promise<Explanation> {
  const statement = analyzeStatement(text, catalog);
  const bound = numberPlaceholders(statement);
  if (!bound)
    throw new ExplainRefused('The statement has template placeholders: fill them in to see a plan.');
  if (analyze && !isSafeToExecute(statement)) {
    throw new ExplainRefused(
      'The statement writes or calls a volatile function, so it is not executed. Its plan can be had without executing it.',
    );
  }
  if (analyze && bound.parameters > 0) {
    throw new ExplainRefused(
      'The statement has parameters without values, so it is not executed. Its generic plan can be had without executing it.',
    );
  }
  const options = { analyze, timeoutMs, signal };
  const { plan, assumed } = await planStatement(database, statement, bound, options);
  const said = assumed === null ? '' : `${assumed}\n`;
  return { plan, findings: planFindings(plan, catalog), text: planText(plan) + said };
}
