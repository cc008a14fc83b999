/** Parts that the types of operators and of functions have in common. */
import type { TypeFamily } from '../../catalog/catalog.ts';
import type { SqlType } from '../query-model.ts';
import type { Names } from './names.ts';

export const NUMERIC: ReadonlySet<TypeFamily> = new Set<TypeFamily>(['integer', 'decimal', 'float']);

export const TEXTS: ReadonlySet<TypeFamily> = new Set<TypeFamily>(['text', 'char']);

export function plain(family: TypeFamily, text: string | null = null): SqlType {
  return { family, text, deterministic: family !== 'other' };
}

/** Results of operators and functions lose length and precision. */
export function unmodified(type: SqlType | null, names: Names): SqlType | null {
  if (!type?.text) return type;
  if (names.dialect !== 'postgresql') return { ...type, text: null };
  const text = type.text.replace(/\([^)]*\)/, '');
  return { ...type, text: text === 'character varying' ? 'text' : text };
}

/** Functions of any type keep varchar varchar. */
export function withoutModifiers(type: SqlType | null): SqlType | null {
  return type && { ...type, text: type.text?.replace(/\([^)]*\)/, '') ?? null };
}

export function wider(a: TypeFamily, b: TypeFamily): TypeFamily {
  if (a === 'float' || b === 'float') return 'float';
  return a === 'decimal' || b === 'decimal' ? 'decimal' : 'integer';
}
