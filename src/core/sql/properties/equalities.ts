/** Equalities among conjuncts: what fixes a column to one value, what makes two columns equal. */

import type { Expression } from '../ast.ts';
import { once } from '../facts.ts';
import type { Conjunct, ResolvedColumn, Scope, Source } from '../query-model.ts';
import { unwrapParens, walk } from '../walk.ts';
import type { Names } from './names.ts';
import { sameEqualitySemantics, typeOf } from './types.ts';
import { isDeterministic } from './volatility.ts';

/** `column = value`, written either way round. */
export interface ColumnEquality {
  readonly column: ResolvedColumn;
  readonly value: Expression;
  readonly conjunct: Conjunct;
}

/**
 * The equalities that a conjunct states of columns, both ways for `a = b`.
 *
 * Only such whose equality is that of the column's own type, so that a unique key of the column admits one row for a
 * value: same family and deterministic on both sides, or a literal or parameter, which takes the column's type.
 */
export function equalitiesOf(conjunct: Conjunct, names: Names): readonly ColumnEquality[] {
  return equalities(conjunct, names);
}

const equalities = once((conjunct: Conjunct, names: Names): readonly ColumnEquality[] => {
  const e = conjunct.expression;
  if (e.kind === 'in' && e.list?.length === 1 && !e.negated && e.list[0]) {
    return oneWay(e.operand, e.list[0], conjunct, names);
  }
  if (e.kind !== 'binary' || e.operator !== '=') return [];
  return [...oneWay(e.left, e.right, conjunct, names), ...oneWay(e.right, e.left, conjunct, names)];
});

function oneWay(side: Expression, value: Expression, conjunct: Conjunct, names: Names): ColumnEquality[] {
  const e = unwrapParens(side);
  if (e.kind !== 'column') return [];
  const column = names.resolve(e);
  if (!column || !comparesAsColumn(column, unwrapParens(value), names)) return [];
  return isDeterministic(value, names) ? [{ column, value: unwrapParens(value), conjunct }] : [];
}

/** The comparison is made with the column's own equality. */
function comparesAsColumn(column: ResolvedColumn, value: Expression, names: Names): boolean {
  if (value.kind === 'placeholder') return true;
  const type = column.sourceColumn?.type ?? null;
  if (value.kind === 'literal') return literalTakesType(value.type, type?.family ?? null, names);
  const other = typeOf(value, names);
  if (!type || !other) return false;
  if (sameEqualitySemantics(type, other)) return true;
  if (sameCollation(column, value, names)) return true;
  const whole = new Set(['integer', 'decimal']);
  return whole.has(type.family) && whole.has(other.family);
}

/** MySQL compares text with a number as numbers: '5' and '05' are equal then. */
function literalTakesType(literal: string, family: string | null, names: Names): boolean {
  if (literal === 'null' || literal === 'default') return false;
  if (names.dialect === 'postgresql') return true;
  if (literal === 'string')
    return family !== null && family !== 'integer' && family !== 'decimal' && family !== 'float';
  return family === 'integer' || family === 'decimal' || family === 'boolean';
}

/** Two table columns of one family under one collation, whatever that is. */
function sameCollation(column: ResolvedColumn, value: Expression, names: Names): boolean {
  const other = value.kind === 'column' ? names.resolve(value)?.column : null;
  const own = column.column;
  if (!own || !other || own.family !== other.family) return false;
  return own.collation !== null && own.collation === other.collation;
}

/** The value mentions no source of a scope (and nothing unresolved): for each row around it is a constant. */
export function isConstantFor(value: Expression, scope: Scope, names: Names): boolean {
  let constant = true;
  walk(value, (node) => {
    if (node.kind === 'opaque' || node.kind === 'query' || node.kind === 'variable') constant = false;
    if (node.kind !== 'column') return constant;
    const column = names.resolve(node);
    if (!column || column.source.block === scope) constant = false;
    return false;
  });
  return constant;
}

/** The sources of a scope that a value mentions; null when that is not known. */
export function sourcesIn(value: Expression, scope: Scope, names: Names): Set<Source> | null {
  const found = new Set<Source>();
  let known = true;
  walk(value, (node) => {
    if (node.kind === 'opaque' || node.kind === 'query') known = false;
    if (node.kind !== 'column') return known;
    const column = names.resolve(node);
    if (!column) known = false;
    else if (column.source.block === scope) found.add(column.source);
    return false;
  });
  return known ? found : null;
}
