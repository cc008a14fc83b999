/**
 * When two cells of a result are the same value. Cells are text as the server prints it, so most types are compared
 * as text; numbers, JSON and arrays of numbers have several spellings of one value.
 */
import type { Cell } from '../database.ts';

/** How a column's cells are compared. */
export type CellComparison = 'text' | 'numeric' | 'float' | 'json' | 'numericArray' | 'floatArray';

/**
 * Floating-point sums depend on the order of their terms. Two values are equal when they differ by no more than
 * this share of the larger one (about 1e-16 per operation would be exact; 1e-9 leaves room for millions of terms).
 */
export const FLOAT_TOLERANCE = 1e-9;
/** Below this difference, floats around zero are equal: the rest of sums that cancel. */
const FLOAT_FLOOR = 1e-12;

const COMPARISONS: readonly (readonly [RegExp, CellComparison])[] = [
  [/^(double precision|double|real|float\d*|float)(\(\d+\))?( unsigned)?$/, 'float'],
  [/^(numeric|decimal)(\([\d, -]+\))?( unsigned)?$/, 'numeric'],
  [/^(double precision|real|float\d*)\[\]/, 'floatArray'],
  [/^(numeric|decimal)(\([\d, -]+\))?\[\]/, 'numericArray'],
  [/^jsonb?$/, 'json'],
];

/** How the cells of a column of that type (the engine's name of it) are compared. */
export function cellComparison(type: string): CellComparison {
  const name = type.toLowerCase();
  return COMPARISONS.find(([pattern]) => pattern.test(name))?.[1] ?? 'text';
}

/**
 * One spelling for all spellings of a value, except for floats, whose equality is no equivalence: those are left
 * as they are and compared by {@link floatsEqual}.
 */
export function canonicalCell(cell: Cell, comparison: CellComparison): Cell {
  if (cell === null) return null;
  switch (comparison) {
    case 'text':
    case 'float':
    case 'floatArray':
      return cell;
    case 'numeric':
      return canonicalNumber(cell);
    case 'numericArray':
      return cell.replace(/-?\d+(\.\d+)?/g, canonicalNumber);
    case 'json':
      return canonicalJson(cell);
    default:
      return comparison satisfies never;
  }
}

/** True when two floating-point cells (or arrays of them) are equal within {@link FLOAT_TOLERANCE}. */
export function floatsEqual(left: Cell, right: Cell): boolean {
  if (left === right) return true;
  if (left === null || right === null) return false;
  if (!left.startsWith('{')) return nearlyEqual(left, right);
  const lefts = left.split(/[{},]/);
  const rights = right.split(/[{},]/);
  return lefts.length === rights.length && lefts.every((part, i) => nearlyEqual(part, rights[i] ?? ''));
}

function nearlyEqual(left: string, right: string): boolean {
  if (left === right) return true;
  const a = Number(left);
  const b = Number(right);
  if (left === '' || right === '' || !Number.isFinite(a) || !Number.isFinite(b)) return false;
  return Math.abs(a - b) <= Math.max(FLOAT_FLOOR, FLOAT_TOLERANCE * Math.max(Math.abs(a), Math.abs(b)));
}

/** `1.50` and `1.5`, `-0.00` and `0` are one value; anything that is no plain number stays as it is. */
function canonicalNumber(text: string): string {
  const match = /^(-?)0*(\d+?)(?:\.(\d*?)0*)?$/.exec(text);
  if (!match) return text;
  const [, sign = '', whole = '0', fraction = ''] = match;
  const digits = fraction === '' ? whole : `${whole}.${fraction}`;
  return digits === '0' ? '0' : sign + digits;
}

/** JSON with sorted keys and no blanks. Numbers are compared as the parser reads them. */
function canonicalJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text, sortKeys));
  } catch {
    // not JSON after all: compared as text
    return text;
  }
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
