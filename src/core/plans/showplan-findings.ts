/** What SQL Server says of trouble in its plans by itself. */
import type { Plan } from './plan.ts';
import type { PlanFinding } from './plan-findings.ts';
import { nodeTitle } from './plan-text.ts';
import type { MissingIndex, PlanConversion } from './read-showplan.ts';

/** Percent of a statement's cost below which the server's wish for an index is not worth a word. */
const WORTH_PERCENT = 20;

/** Indexes that the planner missed, and conversions that kept it from one. */
export function showplanFindings({ root }: Plan): PlanFinding[] {
  const node = nodeTitle(root);
  const { MissingIndexes: missing = [], PlanAffectingConversions: conversions = [] } = root.details as {
    readonly MissingIndexes?: readonly MissingIndex[];
    readonly PlanAffectingConversions?: readonly PlanConversion[];
  };
  const seeks = conversions.filter(({ issue }) => issue === 'Seek Plan');
  return [
    ...missing
      .filter(({ impact }) => impact >= WORTH_PERCENT)
      .map(
        ({ impact, ddl }): PlanFinding => ({
          kind: 'missing-index',
          node,
          message: `The server misses an index that would lower the statement’s cost by about ${Math.round(impact)} %.`,
          advice: `Its wish for this statement alone, with equality columns in no good order: ${ddl} Compare it with the indexes that exist before creating it.`,
        }),
      ),
    ...seeks.map(
      ({ expression }): PlanFinding => ({
        kind: 'implicit-conversion',
        node,
        message: `A column is converted for a comparison, so that its index cannot be searched: ${expression}.`,
        advice:
          'Give the value or the parameter the column’s own type (varchar, not nvarchar), or convert the value.',
      }),
    ),
  ];
}
