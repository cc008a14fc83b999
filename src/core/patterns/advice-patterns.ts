/** Patterns that only advise, made of a declaration and what they say of one predicate or one call. */
import type { Expression, FunctionCall } from '../sql/ast.ts';
import { nodesOfKind } from '../sql/properties/nodes.ts';
import type { AnalyzedStatement, Conjunct } from '../sql/query-model.ts';
import type { Part } from './needs.ts';
import { advice } from './offer.ts';
import type { Match, Pattern } from './pattern.ts';
import { positiveConjuncts, positivePredicates } from './predicates/positive.ts';

/** What a pattern that only advises declares. */
export type AdviceDeclaration = Omit<Pattern, 'rewrites' | 'find' | 'example'> & {
  readonly example: { readonly schema: string; readonly before: string };
};

/** A pattern that looks at each predicate of WHERE and ON, through AND and OR; null is no advice. */
export function predicateAdvice(
  declaration: AdviceDeclaration,
  say: (expression: Expression, statement: AnalyzedStatement) => string | null,
): Pattern {
  return made(declaration, 'condition', (statement) => {
    const found: Match[] = [];
    for (const { expression } of positivePredicates(statement)) {
      const message = say(expression, statement);
      if (message !== null) found.push(advice(expression, message));
    }
    return found;
  });
}

/** A pattern that looks at each conjunct of WHERE and ON as a whole; null is no advice. */
export function conjunctAdvice(
  declaration: AdviceDeclaration,
  say: (conjunct: Conjunct, statement: AnalyzedStatement) => string | null,
): Pattern {
  return made(declaration, 'condition', (statement) => {
    const found: Match[] = [];
    for (const conjunct of positiveConjuncts(statement)) {
      const message = say(conjunct, statement);
      if (message !== null) found.push(advice(conjunct.expression, message));
    }
    return found;
  });
}

/** A pattern that looks at each function call of a statement; null is no advice. */
export function callAdvice(
  declaration: AdviceDeclaration,
  say: (call: FunctionCall, statement: AnalyzedStatement) => string | null,
): Pattern {
  return made(declaration, 'call', (statement) => {
    const found: Match[] = [];
    for (const call of callsOf(statement)) {
      const message = say(call, statement);
      if (message !== null) found.push(advice(call, message));
    }
    return found;
  });
}

function made(declaration: AdviceDeclaration, place: Part, find: Pattern['find']): Pattern {
  const needs = [place, ...(declaration.needs ?? [])];
  return { ...declaration, example: { ...declaration.example, after: null }, rewrites: false, needs, find };
}

/** Every function call of a statement, in the order of the text. */
export function callsOf(statement: AnalyzedStatement): readonly FunctionCall[] {
  return nodesOfKind(statement, 'call');
}
