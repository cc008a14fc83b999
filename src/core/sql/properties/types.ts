/** Types of expressions, as far as they are known without a server. */
import { canonicalType, typeFamily } from '../../catalog/type-family.ts';
import type { Cast, Expression, Literal, TypeName } from '../ast.ts';
import type { SqlType } from '../query-model.ts';
import { callType } from './call-types.ts';
import type { Names } from './names.ts';
import { binaryType, unaryType } from './operator-types.ts';
import { NUMERIC, plain, TEXTS, wider } from './type-parts.ts';

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
      return unaryType(expression, names);
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

export function truth(names: Names): SqlType {
  return names.dialect === 'postgresql' || names.dialect === 'tsql'
    ? BOOLEAN
    : { family: 'integer', text: null, deterministic: true };
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
export function commonValueType(values: readonly Expression[], names: Names): SqlType | null {
  const typed = values.filter(
    (value) => !(value.kind === 'literal' && (value.type === 'null' || value.type === 'string')),
  );
  if (typed.length === 0) return null;
  return commonType(typed.map((value) => typeOf(value, names)));
}
