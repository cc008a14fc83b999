/** A plan for values that nobody wrote: what it says of conditions, without them. */
import type { Dialect } from '../sql/dialect.ts';
import { tokenize } from '../sql/lexer.ts';
import type { Plan } from './plan.ts';

const LITERALS: ReadonlySet<string> = new Set(['string', 'number', 'bitString']);
/** A text without any of these is a name or a figure, and no condition: `a between 1 and 2` has blanks at least. */
const CONDITION = /['"<>=(\s]/;

/** The plan with a `?` for every literal in its conditions, in what the engine gave too. */
export function planWithoutLiterals(plan: Plan, dialect: Dialect): Plan {
  return cleaned(plan, dialect);
}

function cleaned<T>(value: T, dialect: Dialect): T {
  if (typeof value === 'string') return withoutLiterals(value, dialect) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => cleaned(item, dialect)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]: [string, unknown]) => [name, cleaned(item, dialect)]),
  ) as T;
}

function withoutLiterals(text: string, dialect: Dialect): string {
  if (!CONDITION.test(text)) return text;
  return tokenize(text, dialect)
    .map((token) => (LITERALS.has(token.kind) || token.kind === 'unknown' ? '?' : token.text))
    .join('');
}
