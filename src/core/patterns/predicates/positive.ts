/**
 * Predicates where only TRUE counts: what WHERE and ON test directly or through AND and OR. There NULL and FALSE are
 * the same, so that a rule may exchange the one for the other. HAVING is left out: what it may mention is limited.
 */
import type { Expression } from '../../sql/ast.ts';
import { oncePerStatement } from '../../sql/facts.ts';
import type { AnalyzedStatement, Conjunct, Scope } from '../../sql/query-model.ts';
import type { TextRange } from '../../sql/text.ts';
import { conjunctsOf, disjunctsOf } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, parenthesized, sql } from '../../sql/writing/fragment.ts';

export interface PositivePredicate {
  /** without surrounding parentheses; never AND or OR */
  readonly expression: Expression;
  /** the conjunct that it is or is a part of */
  readonly conjunct: Conjunct;
  readonly scope: Scope;
}

/** Conditions that are compared with each other: in longer lists (generated statements) nothing is looked for in pairs. */
export const MOST_COMPARED = 64;

/** Every conjunct of WHERE and ON of a statement, of all its blocks and writes. */
export const positiveConjuncts = oncePerStatement((statement: AnalyzedStatement): readonly Conjunct[] => {
  const found: Conjunct[] = [];
  const scopes: readonly Scope[] = [...statement.writes, ...statement.blocks];
  for (const scope of scopes) {
    for (const join of scope.joins) found.push(...join.on);
    found.push(...scope.where);
  }
  return found;
});

/** The parts of {@link positiveConjuncts}, through AND and OR. */
export const positivePredicates = oncePerStatement(
  (statement: AnalyzedStatement): readonly PositivePredicate[] => {
    const found: PositivePredicate[] = [];
    for (const conjunct of positiveConjuncts(statement)) {
      for (const expression of leavesOf(conjunct.expression)) {
        found.push({ expression, conjunct, scope: conjunct.block });
      }
    }
    return found;
  },
);

function leavesOf(expression: Expression): Expression[] {
  const leaves: Expression[] = [];
  const open: Expression[] = [expression];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.kind === 'binary' && next.operator === 'AND') open.push(...conjunctsOf(next).reverse());
    else if (next.kind === 'binary' && next.operator === 'OR') open.push(...disjunctsOf(next).reverse());
    else leaves.push(next);
  }
  return leaves;
}

/**
 * The edits that put conditions, all of which must hold, in the place of a predicate; null when something would be lost.
 */
export function replacePredicate(
  statement: AnalyzedStatement,
  predicate: PositivePredicate,
  conditions: readonly Fragment[],
): ReturnType<ReturnType<typeof editing>['done']> {
  const all = conjunction(conditions);
  if (predicate.conjunct.expression === predicate.expression) {
    return editing(statement).replaceConjunct(predicate.conjunct, all).done();
  }
  return editing(statement)
    .replace(predicate.expression, conditions.length > 1 ? parenthesized(all) : all)
    .done();
}

function conjunction(conditions: readonly Fragment[]): Fragment {
  const [first = sql`TRUE`, ...rest] = conditions;
  return rest.reduce((all, next) => sql`${all} AND ${next}`, first);
}

/** The text of a range on one line, shortened for a message. */
export function quote(statement: AnalyzedStatement, range: TextRange): string {
  const text = statement.text.slice(range.start, range.end).replace(/\s+/g, ' ');
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
