/** Expressions that may end in an error: moving one past a filter could raise what was never raised. */
import type { TypeFamily } from '../../catalog/catalog.ts';
import type { Binary, Cast, Expression, FunctionCall, Node, Query } from '../ast.ts';
import { unwrapParens, walk } from '../walk.ts';
import { constantOf } from './constant-values.ts';
import { aggregateResult, knownFunction } from './functions.ts';
import { isAtMostOneRow } from './keys.ts';
import type { Names } from './names.ts';
import { namedType, typeOf } from './types.ts';

/**
 * An expression may raise an error for some row: division, arithmetic that may overflow, casts that may fail, subqueries
 * that may return several rows, functions that may raise, and all functions that are not known.
 *
 * What has neither columns nor subqueries (`now() - interval '7 days'`) raises for every row or for none: it counts as
 * safe, except for divisions and casts of literals that cannot be read here.
 */
export function canRaise(node: Expression | Query, names: Names): boolean {
  let may = false;
  walk(node, (part) => {
    if (!may && raises(part, names)) may = true;
    return !may;
  });
  return may;
}

function raises(node: Node, names: Names): boolean {
  switch (node.kind) {
    case 'opaque':
    case 'variable':
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
      return true;
    case 'binary':
      return binaryRaises(node, names);
    case 'unary':
      return (
        node.operator === '-' && typeOf(node.operand, names)?.family !== 'decimal' && !isLiteral(node.operand)
      );
    case 'cast':
      return castRaises(node, names);
    case 'call':
      return callRaises(node, names);
    case 'subquery':
      return !isAtMostOneRow(node.query, names);
    case 'like':
      return !isSafePattern(node.pattern) || node.escape !== null;
    case 'atTimeZone':
      return node.zone !== null && !isLiteral(node.zone);
    default:
      return false;
  }
}

const SAFE_OPERATORS = new Set([
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  '<=>',
  'AND',
  'OR',
  'XOR',
  '||',
  '->',
  '->>',
  '#>',
  '#>>',
  '@>',
  '<@',
  '&&',
  '?',
  '?|',
  '?&',
  '@@',
  '&',
  '|',
  '#',
]);

function binaryRaises(node: Binary, names: Names): boolean {
  const { operator } = node;
  if (SAFE_OPERATORS.has(operator)) return false;
  if (['~', '~*', '!~', '!~*'].includes(operator)) return !isLiteral(node.right);
  if (['+', '-', '*'].includes(operator)) return !isRowless(node) && arithmeticRaises(node, names);
  if (['/', '%', 'MOD', 'DIV'].includes(operator)) {
    const divisor = constantOf(node.right, 'decimal', names);
    const zero = divisor?.kind !== 'number' || divisor.value.digits === 0n;
    return zero || divisor.value.digits < 0n;
  }
  return true;
}

/**
 * Exact decimals have room for 131,072 digits (an integer operand becomes one first). A moment moved by a constant stays
 * in the calendar; the difference of two moments, or one moved by a column, may not (infinity among them).
 */
function arithmeticRaises(node: Binary, names: Names): boolean {
  switch (typeOf(node, names)?.family) {
    case 'decimal':
      return false;
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return !isRowless(node.left) && !isRowless(node.right);
    default:
      return true;
  }
}

/** Made of literals and functions of the engine alone, parameters excluded. */
function isRowless(node: Expression): boolean {
  let rowless = true;
  walk(node, (part) => {
    if (['column', 'query', 'placeholder', 'variable', 'opaque', 'star'].includes(part.kind)) rowless = false;
    return rowless;
  });
  return rowless;
}

function isLiteral(expression: Expression): boolean {
  const e = unwrapParens(expression);
  return e.kind === 'literal' || e.kind === 'typedLiteral';
}

function isSafePattern(pattern: Expression): boolean {
  const e = unwrapParens(pattern);
  return e.kind === 'literal' && !/(?<!\\)(\\\\)*\\$/.test(e.value);
}

/** Families that hold every value of another one. */
const WIDENING: Partial<Readonly<Record<TypeFamily, readonly TypeFamily[]>>> = {
  integer: ['decimal', 'float'],
  date: ['timestamp', 'timestamptz'],
  timestamp: ['date', 'timestamptz', 'time'],
  timestamptz: ['date', 'timestamp', 'time'],
  boolean: ['integer'],
  json: ['jsonb'],
  jsonb: ['json'],
  text: ['char'],
  char: ['text'],
};

function castRaises(node: Cast, names: Names): boolean {
  if (node.style === 'try') return false;
  const target = namedType(node.type, names);
  if (target.family === 'text' || target.family === 'char') return false;
  const operand = unwrapParens(node.operand);
  if (operand.kind === 'literal') {
    if (operand.type === 'null') return false;
    return (
      operand.type === 'string' &&
      constantOf(operand, target.family, names) === null &&
      target.family !== 'interval'
    );
  }
  const from = typeOf(operand, names);
  if (!from) return true;
  if (from.family === target.family) return narrows(from.text, target.text);
  if (target.text?.includes('(')) return true;
  return !(WIDENING[from.family]?.includes(target.family) ?? false);
}

/** A cast within a family that may not fit: bigint to integer, numeric to numeric(4,2). */
function narrows(from: string | null, to: string | null): boolean {
  if (from !== null && from === to) return false;
  if (to === null) return true;
  const sizes = ['smallint', 'integer', 'bigint'];
  const size = sizes.indexOf(to);
  if (size >= 0) return from === null || sizes.indexOf(from) < 0 || sizes.indexOf(from) > size;
  return to.includes('(') ||
    !['numeric', 'date', 'interval', 'boolean', 'uuid', 'jsonb', 'bytea', 'double precision'].includes(to)
    ? !/^timestamp/.test(to)
    : false;
}

function callRaises(call: FunctionCall, names: Names): boolean {
  const first = call.args[0]?.value;
  const family = first ? (typeOf(first, names)?.family ?? null) : null;
  if (aggregateResult(call) !== undefined) {
    if (['count', 'min', 'max', 'bool_and', 'bool_or', 'every', 'array_agg'].includes(call.function))
      return false;
    return !(
      (call.function === 'sum' || call.function === 'avg') &&
      (family === 'integer' || family === 'decimal')
    );
  }
  if (call.over)
    return !['row_number', 'rank', 'dense_rank', 'lag', 'lead', 'first_value', 'last_value'].includes(
      call.function,
    );
  const literalUnit = first !== undefined && isLiteral(first);
  // a unit that is a literal is right or wrong for every row
  if (call.function === 'date_trunc') return !literalUnit;
  if (call.function === 'extract' || call.function === 'date_part')
    return call.function === 'date_part' && !literalUnit;
  if (['round', 'trunc', 'abs'].includes(call.function)) return family !== 'decimal';
  if (call.function === 'length') return call.args.length > 1;
  if (['substring', 'substr'].includes(call.function))
    return !call.args.slice(1).every((a) => isLiteral(a.value));
  return !(knownFunction(call, names.dialect)?.safe ?? false);
}
