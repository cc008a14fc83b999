/** What is explained: facts that were computed, each a sentence. A model may word them; it may not add any. */
import type { Candidate } from '../../core/optimizer/optimization.ts';
import { findingsOf, findMatches } from '../../core/patterns/find.ts';
import { patternById } from '../../core/patterns/library.ts';
import { type Plan, planNodes } from '../../core/plans/plan.ts';
import { planFindings } from '../../core/plans/plan-findings.ts';
import { nodeTitle } from '../../core/plans/plan-text.ts';
import type { AnalyzedStatement } from '../../core/sql/query-model.ts';
import { EVIDENCE_MEANING } from '../../core/verification/evidence.ts';

/** Nodes of a plan that are named one by one. */
const MOST_STEPS = 12;

/** What is known of a statement: its findings, and its plan when there is one. */
export function statementFacts(statement: AnalyzedStatement, plan: Plan | null): string[] {
  const facts = findingsOf(findMatches(statement)).map(({ message }) => message);
  if (!plan) return facts.length > 0 ? facts : ['The pattern library finds nothing slow in the statement.'];
  return [...facts, ...planFacts(plan), ...advice(plan, statement)];
}

/** What is known of a rewrite: what it does, what speaks for it, what was measured. */
export function rewriteFacts(candidate: Candidate): string[] {
  const { patterns, measured, cost, evidence, model } = candidate;
  const rules = patterns.flatMap((id) => {
    const pattern = patternById(id);
    return pattern ? [`${pattern.title}. ${pattern.description}`] : [];
  });
  return [
    ...rules,
    ...(model ? ['The rewrite was written by a language model, not by a rule.'] : []),
    EVIDENCE_MEANING[evidence.level],
    ...evidence.assumptions,
    ...(cost ? [`The planner prices it at ${round(cost.after)} instead of ${round(cost.before)}.`] : []),
    measured
      ? `Measured: ${round(measured.before.medianMs)} ms before, ${round(measured.after.medianMs)} ms after.`
      : 'It was not measured.',
  ];
}

function planFacts(plan: Plan): string[] {
  const nodes = [...planNodes(plan.root)];
  const steps = nodes.slice(0, MOST_STEPS).map((node) => {
    const share = plan.cost > 0 ? (100 * ownCost(node)) / plan.cost : 0;
    return `Step: ${nodeTitle(node)}, about ${round(node.estimatedRows)} rows, ${Math.max(0, Math.round(share))} % of the cost.`;
  });
  const more = nodes.length > MOST_STEPS ? [`There are ${nodes.length - MOST_STEPS} more steps.`] : [];
  return [
    `The planner’s estimate for the whole statement is ${round(plan.cost)}, in its own unit.`,
    ...steps,
    ...more,
  ];
}

function advice(plan: Plan, statement: AnalyzedStatement): string[] {
  return planFindings(plan, statement.catalog).map(
    (finding) => `${finding.node}: ${finding.message} ${finding.advice}`,
  );
}

function ownCost(node: Plan['root']): number {
  return node.totalCost - node.children.reduce((sum, child) => sum + child.totalCost, 0);
}

function round(value: number): string {
  return value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en-US');
}
