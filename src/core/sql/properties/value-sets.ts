/** The values that predicates leave to an expression, and when two such sets have nothing in common. */
import type { TypeFamily } from '../../catalog/catalog.ts';
import type { Expression } from '../ast.ts';
import { isComparison, mirrored } from '../comparison-operators.ts';
import type { Conjunct } from '../query-model.ts';
import { unwrapParens } from '../walk.ts';
import { type Constant, certainlyDifferent, compareConstants, constantOf } from './constant-values.ts';
import type { Names } from './names.ts';
import { sameExpression } from './same-expression.ts';
import { typeOf } from './types.ts';

export interface Bound {
  readonly value: Constant;
  readonly inclusive: boolean;
}

/** The values that an expression may have: an over-estimate. */
export interface ValueSet {
  /** NULL is possible */
  readonly mayBeNull: boolean;
  readonly low: Bound | null;
  readonly high: Bound | null;
  /** one of these, null without such a list */
  readonly values: readonly Constant[] | null;
  /** none of these */
  readonly excluded: readonly Constant[];
}

export const ANY_VALUE: ValueSet = { mayBeNull: true, low: null, high: null, values: null, excluded: [] };

/**
 * The values that an expression may have in rows that pass all the conjuncts.
 *
 * Equality, IN, BETWEEN and comparisons with constants are read, on either side; text is compared only where its
 * equality is that of bytes, and never by order. Everything else is passed over: the set is then larger.
 */
export function valuesOf(expression: Expression, conjuncts: readonly Conjunct[], names: Names): ValueSet {
  const type = typeOf(expression, names);
  if (!type?.deterministic) return ANY_VALUE;
  return conjuncts.reduce(
    (set, conjunct) => narrowed(set, conjunct.expression, expression, type.family, names),
    ANY_VALUE,
  );
}

/** No value, and not NULL either, is in both sets. */
export function haveNothingInCommon(a: ValueSet, b: ValueSet): boolean {
  if (a.mayBeNull && b.mayBeNull) return false;
  return valuesDisjoint(a, b) || valuesDisjoint(b, a);
}

/**
 * Rows that pass one list of conjuncts and rows that pass another never agree in an expression each.
 *
 * @example areDisjoint(first.where, statusOfFirst, second.where, statusOfSecond, statement)
 */
export function areDisjoint(
  conjunctsA: readonly Conjunct[],
  expressionA: Expression,
  conjunctsB: readonly Conjunct[],
  expressionB: Expression,
  names: Names,
): boolean {
  return haveNothingInCommon(
    valuesOf(expressionA, conjunctsA, names),
    valuesOf(expressionB, conjunctsB, names),
  );
}

/** No row passes the conjuncts: what they say of one expression contradicts itself. */
export function isEmptySet(set: ValueSet): boolean {
  if (set.mayBeNull) return false;
  if (set.values) return set.values.every((value) => !admits(set, value));
  const order = set.low && set.high ? compareConstants(set.low.value, set.high.value) : null;
  if (order === null || !set.low || !set.high) return false;
  return order > 0 || (order === 0 && !(set.low.inclusive && set.high.inclusive));
}

// ------------------------------------------------------------------ reading

function narrowed(
  set: ValueSet,
  predicate: Expression,
  expression: Expression,
  family: TypeFamily,
  names: Names,
): ValueSet {
  const p = unwrapParens(predicate);
  const isIt = (e: Expression): boolean => sameExpression(e, expression, names);
  const constant = (e: Expression): Constant | null => constantOf(e, family, names);
  switch (p.kind) {
    case 'binary': {
      const value = isIt(p.left) ? constant(p.right) : isIt(p.right) ? constant(p.left) : null;
      if (!value) return set;
      return compared(
        set,
        isIt(p.left) || !isComparison(p.operator) ? p.operator : mirrored(p.operator),
        value,
      );
    }
    case 'between': {
      if (p.negated || p.symmetric || !isIt(p.operand)) return set;
      const low = constant(p.low);
      const high = constant(p.high);
      const above = low ? compared(set, '>=', low) : { ...set, mayBeNull: false };
      return high ? compared(above, '<=', high) : above;
    }
    case 'in':
      return p.list && isIt(p.operand) ? listed(set, p.list.map(constant), p.negated) : set;
    case 'is':
      if (p.test !== 'null' || !isIt(p.operand)) return set;
      return p.negated ? { ...set, mayBeNull: false } : { ...set, values: [] };
    default:
      return set;
  }
}

function compared(set: ValueSet, operator: string, value: Constant): ValueSet {
  const certain = { ...set, mayBeNull: false };
  switch (operator) {
    case '=':
      return { ...certain, values: intersected(set.values, [value]) };
    case '<>':
      return { ...certain, excluded: [...set.excluded, value] };
    case '<':
    case '<=':
      return { ...certain, high: tighter(set.high, { value, inclusive: operator === '<=' }, -1) };
    case '>':
    case '>=':
      return { ...certain, low: tighter(set.low, { value, inclusive: operator === '>=' }, 1) };
    default:
      return set;
  }
}

function listed(set: ValueSet, items: readonly (Constant | null)[], negated: boolean): ValueSet {
  const values = items.filter((item): item is Constant => item !== null);
  if (negated) return { ...set, mayBeNull: false, excluded: [...set.excluded, ...values] };
  if (values.length < items.length) return { ...set, mayBeNull: false };
  return { ...set, mayBeNull: false, values: intersected(set.values, values) };
}

/** The values of both lists; a value stays when nothing says that it is in one only. */
function intersected(known: readonly Constant[] | null, values: readonly Constant[]): readonly Constant[] {
  if (!known) return values;
  return known.filter((one) => values.some((other) => !certainlyDifferent(one, other)));
}

/** The bound that leaves less; `direction` is 1 for a lower bound, -1 for an upper one. */
function tighter(known: Bound | null, bound: Bound, direction: 1 | -1): Bound {
  if (!known) return bound;
  const order = compareConstants(bound.value, known.value);
  if (order === null) return known;
  if (order === 0) return bound.inclusive ? known : bound;
  return order * direction > 0 ? bound : known;
}

// ------------------------------------------------------------------ comparing

function valuesDisjoint(a: ValueSet, b: ValueSet): boolean {
  if (a.values) return a.values.every((value) => !admits(a, value) || !admits(b, value));
  return b.values === null && endsBefore(a, b);
}

/** The value may be in the set. */
function admits(set: ValueSet, value: Constant): boolean {
  if (set.values && !set.values.some((one) => !certainlyDifferent(one, value))) return false;
  if (set.excluded.some((one) => compareConstants(one, value) === 0)) return false;
  return !(outside(set.low, value, 1) || outside(set.high, value, -1));
}

function outside(bound: Bound | null, value: Constant, direction: 1 | -1): boolean {
  const order = bound ? compareConstants(value, bound.value) : null;
  if (order === null || !bound) return false;
  return order === 0 ? !bound.inclusive : order * direction < 0;
}

/** Everything in a is less than everything in b. */
function endsBefore(a: ValueSet, b: ValueSet): boolean {
  const order = a.high && b.low ? compareConstants(a.high.value, b.low.value) : null;
  if (order === null || !a.high || !b.low) return false;
  return order < 0 || (order === 0 && !(a.high.inclusive && b.low.inclusive));
}
