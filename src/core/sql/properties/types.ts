/** Types of expressions, as far as they are known without a server. */
import type { TypeFamily } from '../../catalog/catalog.ts';
import { canonicalType, typeFamily } from '../../catalog/type-family.ts';
import type { Binary, Cast, Expression, FunctionCall, Literal, TypeName } from '../ast.ts';
import type { SqlType } from '../query-model.ts';
import { aggregateResult, knownFunction } from './functions.ts';
import type { Names } from './names.ts';

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
const NUMERIC: ReadonlySet<TypeFamily> = new Set<TypeFamily>(['integer', 'decimal', 'float']);
const TEXTS: ReadonlySet<TypeFamily> = new Set<TypeFamily>(['text', 'char']);

const BOOLEAN: SqlType = { family: 'boolean', text: 'boolean', deterministic: true };

/**
 * The type of an expression.
 *
 * @returns null where it is not known: parameters, PostgreSQL's untyped string literals, unknown functions. `text`
 *   is null where only the family is known
 */
export function typeOf(expression: Expression, names: Names): SqlType | null {
  switch (expression.kind) {
    case 'literal':
      return literalType(expression, names);
    case 'typedLiteral':
      return namedType(expression.type, names);
    case 'column':
      return names.resolve(expression)?.sourceColumn?.type ?? null;
    case 'paren':
      return typeOf(expression.expression, names);
    case 'unary':
      if (expression.operator === 'NOT' || expression.operator === '!') return truth(names);
      return expression.operator === '-' || expression.operator === '+'
        ? unmodified(typeOf(expression.operand, names), names)
        : null;
    case 'binary':
      return binaryType(expression, names);
    case 'is':
    case 'between':
    case 'in':
    case 'like':
    case 'exists':
    case 'quantified':
      return truth(names);
    case 'case':
      return commonValueType(
        [...expression.branches.map((b) => b.then), ...(expression.otherwise ? [expression.otherwise] : [])],
        names,
      );
    case 'cast':
      return castType(expression, names);
    case 'call':
      return callType(expression, names);
    case 'array':
      return { family: 'array', text: null, deterministic: false };
    case 'atTimeZone':
      return zonedType(typeOf(expression.operand, names));
    case 'collate':
      return collatedType(expression, names);
    case 'subquery':
      return commonType(names.blocksOfQuery(expression.query).map((b) => b.outputs[0]?.type ?? null));
    default:
      return null;
  }
}

/**
 * The type that both sides have, when values that are equal on one side are equal on the other: same family, same
 * exact type or one that compares in the same way, deterministic equality. Only then is `a = b` transitive and fit
 * as a grouping key in place of the other.
 */
export function sameEqualitySemantics(a: SqlType | null, b: SqlType | null): boolean {
  if (!a || !b || a.family !== b.family) return false;
  if (!a.deterministic || !b.deterministic) return false;
  switch (a.family) {
    case 'boolean':
    case 'integer':
    case 'decimal':
    case 'text':
    case 'char':
    case 'binary':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'interval':
    case 'uuid':
    case 'jsonb':
      return true;
    case 'float':
    case 'enum':
    case 'array':
    case 'range':
    case 'network':
    case 'bit':
      return a.text !== null && a.text === b.text;
    case 'json':
    case 'other':
      return false;
  }
}

/** The type of several values under one column; null when any is unknown or the families differ. */
export function commonType(types: readonly (SqlType | null)[]): SqlType | null {
  const first = types[0];
  if (!first) return null;
  let result: SqlType = first;
  for (const type of types.slice(1)) {
    if (!type) return null;
    if (type.family !== result.family) {
      if (!NUMERIC.has(type.family) || !NUMERIC.has(result.family)) return null;
      result = { family: wider(result.family, type.family), text: null, deterministic: true };
      continue;
    }
    result = {
      family: result.family,
      text: result.text === type.text ? result.text : null,
      deterministic: result.deterministic && type.deterministic,
    };
  }
  return result;
}

/** A type as it is written in a cast or in DDL. */
export function namedType(type: TypeName, names: Pick<Names, 'dialect'>): SqlType {
  const text = canonicalType(typeText(type), names.dialect);
  const family = type.schema && type.schema.name !== 'pg_catalog' ? 'other' : typeFamily(text, names.dialect);
  const deterministic = names.dialect === 'postgresql' || !TEXTS.has(family);
  return { family, text, deterministic: deterministic && family !== 'other' };
}

/** A type name as text: `numeric(10,2)`, `text[]`. */
export function typeText(type: TypeName): string {
  const modifiers = type.modifiers.map((m) => (m.kind === 'literal' ? m.value : '')).join(',');
  const name =
    type.schema && type.schema.name !== 'pg_catalog' ? `${type.schema.name}.${type.name}` : type.name;
  return `${name}${modifiers ? `(${modifiers})` : ''}${'[]'.repeat(type.arrayDimensions)}`;
}

function truth(names: Names): SqlType {
  return names.dialect === 'postgresql' || names.dialect === 'tsql'
    ? BOOLEAN
    : { family: 'integer', text: null, deterministic: true };
}

function plain(family: TypeFamily, text: string | null = null): SqlType {
  return { family, text, deterministic: family !== 'other' };
}

function literalType(literal: Literal, names: Names): SqlType | null {
  const postgres = names.dialect === 'postgresql';
  if (literal.type === 'boolean') return truth(names);
  if (literal.type === 'string')
    return postgres ? null : { family: 'text', text: null, deterministic: false };
  if (literal.type !== 'number') return null;
  if (/^\d+$/.test(literal.value)) {
    const value = BigInt(literal.value);
    if (value <= 2147483647n) return plain('integer', postgres ? 'integer' : 'int');
    return value <= 9223372036854775807n ? plain('integer', 'bigint') : plain('decimal', 'numeric');
  }
  if (/^[\d.]+$/.test(literal.value) || (postgres && /^[\d._]+e[+-]?\d+$/i.test(literal.value))) {
    return plain('decimal', postgres ? 'numeric' : null);
  }
  return /e/i.test(literal.value) && !postgres ? plain('float') : null;
}

/** Results of operators and functions lose length and precision. */
function unmodified(type: SqlType | null, names: Names): SqlType | null {
  if (!type?.text) return type;
  if (names.dialect !== 'postgresql') return { ...type, text: null };
  const text = type.text.replace(/\([^)]*\)/, '');
  return { ...type, text: text === 'character varying' ? 'text' : text };
}

function wider(a: TypeFamily, b: TypeFamily): TypeFamily {
  if (a === 'float' || b === 'float') return 'float';
  return a === 'decimal' || b === 'decimal' ? 'decimal' : 'integer';
}

// ------------------------------------------------------------------ operators

/** Chains nest to the left, thousands deep in generated SQL: so from the leftmost operand outwards. */
function binaryType(expression: Binary, names: Names): SqlType | null {
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

// ------------------------------------------------------------ casts, functions

function castType(cast: Cast, names: Names): SqlType {
  const type = namedType(cast.type, names);
  if (!TEXTS.has(type.family)) return type;
  // a cast of text to text keeps its operand's collation
  const operand = typeOf(cast.operand, names);
  const keeps = operand !== null && TEXTS.has(operand.family);
  return { ...type, deterministic: keeps ? operand.deterministic : type.deterministic };
}

function collatedType(expression: Extract<Expression, { kind: 'collate' }>, names: Names): SqlType | null {
  const type = typeOf(expression.operand, names);
  if (!type) return null;
  const collation = expression.collation.at(-1)?.name ?? '';
  const bytewise = ['C', 'POSIX', 'ucs_basic', 'default'].includes(collation) || /_bin2?$/.test(collation);
  return { ...type, deterministic: bytewise };
}

function zonedType(type: SqlType | null): SqlType | null {
  if (type?.family === 'timestamptz') return plain('timestamp', 'timestamp without time zone');
  return type?.family === 'timestamp' ? plain('timestamptz', 'timestamp with time zone') : null;
}

/** The type of CASE, COALESCE and the like: untyped literals and NULL take the others' type. */
function commonValueType(values: readonly Expression[], names: Names): SqlType | null {
  const typed = values.filter(
    (value) => !(value.kind === 'literal' && (value.type === 'null' || value.type === 'string')),
  );
  if (typed.length === 0) return null;
  return commonType(typed.map((value) => typeOf(value, names)));
}

function callType(call: FunctionCall, names: Names): SqlType | null {
  const first = call.args[0]?.value;
  const firstType = first ? typeOf(first, names) : null;
  const aggregate = aggregateResult(call);
  if (aggregate !== undefined) return aggregateType(call, aggregate, firstType, names);
  if (call.over) return windowType(call, firstType, names);
  const known = knownFunction(call, names.dialect);
  if (!known) return null;
  if (['coalesce', 'greatest', 'least', 'ifnull'].includes(call.function)) {
    return commonValueType(
      call.args.map((argument) => argument.value),
      names,
    );
  }
  if (known.returns === 'first') return unmodified(firstType, names);
  if (known.returns !== null) return knownResult(call, known.returns, firstType, names);
  return dependentResult(call, firstType, names);
}

function knownResult(call: FunctionCall, family: TypeFamily, first: SqlType | null, names: Names): SqlType {
  if (TEXTS.has(family)) {
    return {
      family,
      text: names.dialect === 'postgresql' ? 'text' : null,
      deterministic: first ? first.deterministic : names.dialect === 'postgresql' && call.args.length === 0,
    };
  }
  const text = names.dialect === 'postgresql' ? (POSTGRESQL_RESULTS[family] ?? null) : null;
  return plain(family, text);
}

const POSTGRESQL_RESULTS: Partial<Readonly<Record<TypeFamily, string>>> = {
  boolean: 'boolean',
  integer: 'integer',
  date: 'date',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  interval: 'interval',
  jsonb: 'jsonb',
  json: 'json',
};

/** Functions whose result type follows their argument's. */
function dependentResult(call: FunctionCall, first: SqlType | null, names: Names): SqlType | null {
  if (names.dialect !== 'postgresql') return null;
  switch (call.function) {
    case 'ceil':
    case 'ceiling':
    case 'floor':
    case 'round':
    case 'trunc':
    case 'sign':
      if (first?.family === 'decimal') return first.text === 'money' ? null : plain('decimal', 'numeric');
      return first?.family === 'float' || first?.family === 'integer'
        ? plain('float', 'double precision')
        : null;
    case 'extract':
      return plain('decimal', 'numeric');
    case 'date_part':
      return plain('float', 'double precision');
    case 'date_trunc': {
      const value = call.args[1]?.value;
      const type = value ? typeOf(value, names) : null;
      if (type?.family === 'date') return plain('timestamptz', 'timestamp with time zone');
      const kept =
        type?.family === 'timestamp' || type?.family === 'timestamptz' || type?.family === 'interval';
      return kept ? unmodified(type, names) : null;
    }
    default:
      return null;
  }
}

function aggregateType(
  call: FunctionCall,
  result: TypeFamily | 'first' | null,
  first: SqlType | null,
  names: Names,
): SqlType | null {
  const postgres = names.dialect === 'postgresql';
  if (result === 'first') return unmodified(first, names);
  if (call.function === 'count') return plain('integer', 'bigint');
  if (result !== null) return plain(result, postgres ? (POSTGRESQL_RESULTS[result] ?? null) : null);
  if (call.function === 'string_agg')
    return first && TEXTS.has(first.family) ? unmodified(first, names) : null;
  if (!postgres || !first) return null;
  if (call.function === 'sum') return sumType(first);
  if (call.function === 'avg') {
    if (first.family === 'integer' || first.family === 'decimal') return plain('decimal', 'numeric');
    return first.family === 'float'
      ? plain('float', 'double precision')
      : first.family === 'interval'
        ? first
        : null;
  }
  return null;
}

/** sum(smallint or integer) is bigint, sum(bigint) numeric. */
function sumType(first: SqlType): SqlType | null {
  if (first.family === 'integer') {
    if (first.text === 'bigint') return plain('decimal', 'numeric');
    return first.text === null ? null : plain('integer', 'bigint');
  }
  if (first.family === 'decimal') return plain('decimal', first.text === 'money' ? 'money' : 'numeric');
  if (first.family === 'float') return plain('float', first.text);
  return first.family === 'interval' ? first : null;
}

function windowType(call: FunctionCall, first: SqlType | null, names: Names): SqlType | null {
  switch (call.function) {
    case 'row_number':
    case 'rank':
    case 'dense_rank':
      return plain('integer', 'bigint');
    case 'ntile':
      return plain('integer', 'integer');
    case 'percent_rank':
    case 'cume_dist':
      return plain('float', 'double precision');
    case 'lag':
    case 'lead':
    case 'first_value':
    case 'last_value':
    case 'nth_value':
      return unmodified(first, names);
    default:
      return null;
  }
}
