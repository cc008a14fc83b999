/** Shorthands for the precedence tables. */
import type { Infix, InfixForm } from '../grammar.ts';

/** A left-associative binary operator. */
export function left(precedence: number, operator: string | null = null): Infix {
  return { form: 'binary', precedence, associativity: 'left', restricted: true, operator };
}

/** A binary operator that does not associate with its own level. */
export function nonassociative(precedence: number, operator: string | null = null): Infix {
  return { form: 'binary', precedence, associativity: 'none', restricted: true, operator };
}

/** AND, OR and other binary words that end an expression in b_expr position. */
export function logical(precedence: number, operator: string): Infix {
  return { form: 'binary', precedence, associativity: 'left', restricted: false, operator };
}

/** A predicate or another form of its own. */
export function form(
  name: InfixForm,
  precedence: number,
  associativity: 'left' | 'none' = 'none',
  restricted = false,
): Infix {
  return { form: name, precedence, associativity, restricted, operator: null };
}

/** Table entries for several operators of one kind. */
export function all(operators: string, infix: Infix): [string, Infix][] {
  return operators.split(' ').map((operator) => [operator, infix]);
}
