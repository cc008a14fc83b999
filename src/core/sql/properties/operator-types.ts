/** Types of operators' results. */
import type { TypeFamily } from '../../catalog/catalog.ts';
import type { Binary, Expression, Unary } from '../ast.ts';
import type { SqlType } from '../query-model.ts';
import type { Names } from './names.ts';
import { NUMERIC, plain, TEXTS, unmodified, wider } from './type-parts.ts';
import { truth, typeOf } from './types.ts';

const COMPARISONS = new Set([
  '=',
  '<>',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '<=>',
  'AND',
  'OR',
  'XOR',
  '~',
  '~*',
  '!~',
  '!~*',
]);

export function unaryType(expression: Unary, names: Names): SqlType | null {
  if (expression.operator === 'NOT' || expression.operator === '!') return truth(names);
  if (expression.operator !== '-' && expression.operator !== '+') return null;
  const type = typeOf(expression.operand, names);
  return type && (NUMERIC.has(type.family) || type.family === 'interval') ? unmodified(type, names) : null;
}

/** Chains nest to the left, thousands deep in generated SQL: so from the leftmost operand outwards. */
export function binaryType(expression: Binary, names: Names): SqlType | null {
  const chain: Binary[] = [expression];
  let left = expression.left;
  while (left.kind === 'binary' && !COMPARISONS.has(chain.at(-1)?.operator ?? '')) {
    chain.push(left);
    left = left.left;
  }
  let type: SqlType | null = null;
  for (const [i, part] of chain.reverse().entries()) {
    const operand: SqlType | null =
      i === 0 && !COMPARISONS.has(part.operator) ? typeOf(part.left, names) : type;
    type = operationType(part, operand, names);
  }
  return type;
}

function operationType(expression: Binary, left: SqlType | null, names: Names): SqlType | null {
  const { operator } = expression;
  if (COMPARISONS.has(operator)) return truth(names);
  if (operator === '->>' || operator === '#>>')
    return plain('text', names.dialect === 'postgresql' ? 'text' : null);
  if (operator === '->' || operator === '#>') {
    return left?.family === 'json' || left?.family === 'jsonb' ? plain(left.family, left.text) : null;
  }
  const right = typeOf(expression.right, names);
  if (operator === '||') return concatenation(left, right, expression, names);
  if (operator === '+' || operator === '-' || operator === '*' || operator === '/' || operator === '%') {
    return arithmeticType(operator, left, right, names);
  }
  return null;
}

function concatenation(left: SqlType | null, right: SqlType | null, e: Binary, names: Names): SqlType | null {
  if (names.dialect !== 'postgresql') return null;
  const textual = (type: SqlType | null, operand: Expression): boolean =>
    type ? TEXTS.has(type.family) : operand.kind === 'literal' && operand.type === 'string';
  const leftText = textual(left, e.left);
  const rightText = textual(right, e.right);
  if (leftText && rightText) {
    return { family: 'text', text: 'text', deterministic: (left ?? right)?.deterministic ?? false };
  }
  if (left?.family === 'jsonb' && right?.family === 'jsonb') return left;
  return left?.family === 'array' && right?.family === 'array' ? left : null;
}

function arithmeticType(
  operator: string,
  left: SqlType | null,
  right: SqlType | null,
  names: Names,
): SqlType | null {
  if (!left || !right) return null;
  if (NUMERIC.has(left.family) && NUMERIC.has(right.family)) {
    return numericResult(operator, left, right, names);
  }
  return names.dialect === 'postgresql' ? dateArithmetic(operator, left.family, right.family) : null;
}

function numericResult(operator: string, left: SqlType, right: SqlType, names: Names): SqlType | null {
  const family = wider(left.family, right.family);
  const mysql = names.dialect === 'mysql' || names.dialect === 'mariadb';
  if (mysql && operator === '/' && family === 'integer') return plain('decimal');
  if (names.dialect !== 'postgresql') return plain(family);
  if (family === 'decimal') {
    const money = left.text === 'money' || right.text === 'money';
    return plain('decimal', money ? null : 'numeric');
  }
  if (family === 'float') return plain('float', left.text === right.text ? left.text : 'double precision');
  return plain('integer', integerResult(left.text, right.text));
}

/** The wider of smallint, integer and bigint. */
function integerResult(left: string | null, right: string | null): string | null {
  const sizes = ['smallint', 'integer', 'bigint'];
  const l = sizes.indexOf(left ?? '');
  const r = sizes.indexOf(right ?? '');
  return l < 0 || r < 0 ? null : (sizes[Math.max(l, r)] ?? null);
}

/** PostgreSQL's date and time operators (manual, "Date/Time Operators"). */
function dateArithmetic(operator: string, left: TypeFamily, right: TypeFamily): SqlType | null {
  const key = `${left} ${operator} ${right}`;
  switch (key) {
    case 'date + integer':
    case 'integer + date':
    case 'date - integer':
      return plain('date', 'date');
    case 'date - date':
      return plain('integer', 'integer');
    case 'date + interval':
    case 'interval + date':
    case 'date - interval':
    case 'timestamp + interval':
    case 'interval + timestamp':
    case 'timestamp - interval':
    case 'date + time':
      return plain('timestamp', 'timestamp without time zone');
    case 'timestamptz + interval':
    case 'interval + timestamptz':
    case 'timestamptz - interval':
      return plain('timestamptz', 'timestamp with time zone');
    case 'timestamp - timestamp':
    case 'timestamptz - timestamptz':
    case 'timestamp - date':
    case 'date - timestamp':
    case 'interval + interval':
    case 'interval - interval':
    case 'time - time':
      return plain('interval', 'interval');
    default:
      break;
  }
  const scaled = (operator === '*' || operator === '/') && left === 'interval' && NUMERIC.has(right);
  const reversed = operator === '*' && right === 'interval' && NUMERIC.has(left);
  return scaled || reversed ? plain('interval', 'interval') : null;
}
