/** Types of what functions return. */
import type { TypeFamily } from '../../catalog/catalog.ts';
import type { Expression, FunctionCall } from '../ast.ts';
import type { SqlType } from '../query-model.ts';
import { aggregateResult, isOverloadedText, knownFunction } from './functions.ts';
import type { Names } from './names.ts';
import { plain, TEXTS, unmodified, withoutModifiers } from './type-parts.ts';
import { commonValueType, typeOf } from './types.ts';

export function callType(call: FunctionCall, names: Names): SqlType | null {
  const first = call.args[0]?.value;
  const firstType = first ? typeOf(first, names) : null;
  const aggregate = aggregateResult(call);
  if (aggregate !== undefined) return aggregateType(call, aggregate, firstType, names);
  if (call.over) return windowType(call, firstType);
  const known = knownFunction(call, names.dialect);
  if (!known || (isOverloadedText(call, names.dialect) && !isTextCall(call, names))) return null;
  if (['coalesce', 'greatest', 'least', 'ifnull'].includes(call.function)) {
    return commonValueType(
      call.args.map((argument) => argument.value),
      names,
    );
  }
  if (call.function === 'nullif') return nullifType(call, names);
  if (known.returns === 'first') return unmodified(firstType, names);
  if (known.returns !== null) return knownResult(call, known.returns, firstType, names);
  return dependentResult(call, firstType, names);
}

/** NULLIF is of its first argument's type when `=` does not convert that first. */
function nullifType(call: FunctionCall, names: Names): SqlType | null {
  const [first, second] = call.args.map((argument) => typeOf(argument.value, names));
  return first && second && first.text === second.text ? unmodified(first, names) : null;
}

/** A call of an overloaded function is the one for text: its first argument is text, all untyped ones are literals. */
export function isTextCall(call: FunctionCall, names: Names): boolean {
  const [first, ...rest] = call.args.map((argument) => argument.value);
  if (!isTextual(first, names)) return false;
  return first?.kind !== 'literal' || rest.every((argument) => isTextual(argument, names));
}

/** The expression is text: by its type, or as an untyped literal. */
function isTextual(expression: Expression | undefined, names: Names): boolean {
  if (!expression) return false;
  const type = typeOf(expression, names);
  return type ? TEXTS.has(type.family) : expression.kind === 'literal' && expression.type === 'string';
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
      if (call.args.length > 1)
        return first?.family === 'decimal' || first?.family === 'integer'
          ? plain('decimal', 'numeric')
          : null;
      if (first?.family === 'decimal') return first.text === 'money' ? null : plain('decimal', 'numeric');
      return first?.family === 'float' || first?.family === 'integer'
        ? plain('float', 'double precision')
        : null;
    case 'extract':
      // double precision until PostgreSQL 13
      return (names.catalog.version?.[0] ?? 14) < 14
        ? plain('float', 'double precision')
        : plain('decimal', 'numeric');
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
  if (call.function === 'any_value') return withoutModifiers(first);
  if (result === 'first') return unmodified(first, names);
  if (call.function === 'count') return plain('integer', 'bigint');
  if (result !== null) return plain(result, postgres ? (POSTGRESQL_RESULTS[result] ?? null) : null);
  if (call.function === 'string_agg') {
    return first && TEXTS.has(first.family)
      ? { ...first, family: 'text', text: postgres ? 'text' : null }
      : null;
  }
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

function windowType(call: FunctionCall, first: SqlType | null): SqlType | null {
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
      return withoutModifiers(first);
    default:
      return null;
  }
}
