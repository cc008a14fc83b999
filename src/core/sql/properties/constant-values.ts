/** Constant expressions as values of a type's family, so that they can be compared. */
import type { TypeFamily } from '../../catalog/catalog.ts';
import type { Expression } from '../ast.ts';
import { unwrapParens } from '../walk.ts';
import { compareDecimals, type Decimal, parseDate, parseDecimal, parseTimestamp } from './constants.ts';
import type { Names } from './names.ts';
import { namedType } from './types.ts';

/** A constant. Dates and timestamps without zone are both moments, in microseconds since 1970. */
export type Constant =
  | { readonly kind: 'number'; readonly value: Decimal }
  | { readonly kind: 'moment'; readonly value: bigint }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'boolean'; readonly value: boolean };

/**
 * The value of a constant expression where it is compared with something of a type's family.
 *
 * @param family of what it is compared with: it gives an untyped literal its type
 * @returns null for what is no constant, or none of a form that every server reads alike
 */
export function constantOf(
  expression: Expression,
  family: TypeFamily,
  names: Pick<Names, 'dialect'>,
): Constant | null {
  const e = unwrapParens(expression);
  switch (e.kind) {
    case 'literal':
      if (e.type === 'number') return isNumeric(family) ? numberOf(e.value) : null;
      if (e.type === 'boolean')
        return family === 'boolean' ? { kind: 'boolean', value: /^t/i.test(e.value) } : null;
      return e.type === 'string' ? textAs(e.value, family) : null;
    case 'unary': {
      if (e.operator !== '-' && e.operator !== '+') return null;
      const inner = constantOf(e.operand, family, names);
      if (inner?.kind !== 'number') return null;
      const { digits, scale } = inner.value;
      return { kind: 'number', value: { digits: e.operator === '-' ? -digits : digits, scale } };
    }
    case 'typedLiteral':
      return e.operand === null && e.unit === null
        ? typedAs(e.value, namedType(e.type, names).family, family)
        : null;
    case 'cast': {
      const operand = unwrapParens(e.operand);
      if (operand.kind !== 'literal' || operand.type !== 'string') return null;
      return typedAs(operand.value, namedType(e.type, names).family, family);
    }
    default:
      return null;
  }
}

/** Negative, zero or positive; null when the two cannot be ordered (text: the collation decides). */
export function compareConstants(a: Constant, b: Constant): number | null {
  if (a.kind === 'number' && b.kind === 'number') return compareDecimals(a.value, b.value);
  if (a.kind === 'moment' && b.kind === 'moment') return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
  if (a.kind === 'boolean' && b.kind === 'boolean') return Number(a.value) - Number(b.value);
  if (a.kind === 'text' && b.kind === 'text' && a.value === b.value) return 0;
  return null;
}

/** The two are certainly not equal (text: under a collation whose equality is that of bytes). */
export function certainlyDifferent(a: Constant, b: Constant): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'text' && b.kind === 'text') return a.value !== b.value;
  const order = compareConstants(a, b);
  return order !== null && order !== 0;
}

function isNumeric(family: TypeFamily): boolean {
  return family === 'integer' || family === 'decimal';
}

function numberOf(text: string): Constant | null {
  const value = parseDecimal(text);
  return value && { kind: 'number', value };
}

/** An untyped string literal takes the family's type. */
function textAs(text: string, family: TypeFamily): Constant | null {
  switch (family) {
    case 'integer':
    case 'decimal':
      return /^[+-]?\d+(\.\d+)?$/.test(text) ? numberOf(text) : null;
    case 'date': {
      const days = parseDate(text);
      return days === null ? null : { kind: 'moment', value: BigInt(days) * 86_400_000_000n };
    }
    case 'timestamp': {
      const moment = parseTimestamp(text);
      return moment === null ? null : { kind: 'moment', value: moment };
    }
    case 'text':
      return { kind: 'text', value: text };
    case 'char':
      return { kind: 'text', value: text.replace(/ +$/, '') };
    case 'uuid': {
      const plain = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
      return plain ? { kind: 'text', value: text.toLowerCase() } : null;
    }
    case 'enum':
      return { kind: 'text', value: text };
    case 'boolean':
      return /^(true|false)$/i.test(text) ? { kind: 'boolean', value: /^t/i.test(text) } : null;
    default:
      return null;
  }
}

/** A literal of its own type, compared with a family: only where both are read alike. */
function typedAs(text: string, own: TypeFamily, family: TypeFamily): Constant | null {
  const moments = new Set<TypeFamily>(['date', 'timestamp']);
  const alike =
    own === family || (moments.has(own) && moments.has(family)) || (isNumeric(own) && isNumeric(family));
  if (!alike) return null;
  return textAs(text, own);
}
