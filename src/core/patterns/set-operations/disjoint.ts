/** Whether two branches of a set operation can have a row in common. */
import type { Column, TypeFamily } from '../../catalog/catalog.ts';
import type { Expression } from '../../sql/ast.ts';
import {
  type Constant,
  certainlyDifferent,
  compareConstants,
  constantOf,
} from '../../sql/properties/constant-values.ts';
import { keysOf } from '../../sql/properties/keys.ts';
import { differentIn, textEqualityOf } from '../../sql/properties/letter-collations.ts';
import { filteringConjuncts } from '../../sql/properties/not-null.ts';
import type { AnalyzedStatement, Block, Conjunct, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { isUtc, timeLiteral } from '../predicates/calendar.ts';
import { comparisonsOf } from '../predicates/comparison.ts';

/**
 * Why no row of one branch equals a row of the other, or null when they may have one in common.
 *
 * Either a column of the result is certainly different, by constants in the select lists or by what WHERE says of it; or
 * both branches select a key of the same table, so that equal rows come from one row, of which WHERE says contradictory
 * things.
 */
export function disjointness(statement: AnalyzedStatement, a: Block, b: Block): string | null {
  if (!a.outputsComplete || !b.outputsComplete || a.outputs.length !== b.outputs.length) return null;
  for (const [at, output] of a.outputs.entries()) {
    const other = b.outputs[at];
    const family = output.type?.family ?? other?.type?.family ?? 'text';
    if (!other || (other.type && output.type && other.type.family !== output.type.family)) continue;
    if (!comparesByValue(output) || !comparesByValue(other)) continue;
    if (excludeEachOther(allowed(statement, a, output, family), allowed(statement, b, other, family))) {
      return `Column ${output.name ?? at + 1} is different in the two branches by their conditions.`;
    }
  }
  return sameRowContradicted(statement, a, b);
}

function comparesByValue({ type }: Block['outputs'][number]): boolean {
  return type === null || type.family !== 'text' || type.deterministic;
}

// ------------------------------------------------------------ sets of values

/** What is known of a value: one of a list, or within bounds. */
type Allowed =
  | { readonly kind: 'list'; readonly values: readonly Constant[] }
  | {
      readonly kind: 'bound';
      readonly side: 'low' | 'high';
      readonly value: Constant;
      readonly included: boolean;
    };

function allowed(
  statement: AnalyzedStatement,
  block: Block,
  output: Block['outputs'][number],
  family: TypeFamily,
): readonly Allowed[] {
  if (output.source?.block === block && output.column) {
    const { source } = output;
    return filteringConjuncts(block).flatMap((conjunct) =>
      allowedBy(statement, conjunct, source, output.column?.name ?? ''),
    );
  }
  const value = output.expression ? constantOf(output.expression, family, statement) : null;
  return value ? [{ kind: 'list', values: [value] }] : [];
}

/** What a conjunct says of a column. */
function allowedBy(
  statement: AnalyzedStatement,
  conjunct: Conjunct,
  of: Source,
  name: string,
): readonly Allowed[] {
  const isColumn = (side: Expression): boolean => {
    const column = side.kind === 'column' ? statement.resolve(side) : null;
    return column?.source === of && column.name === name;
  };
  const family = of.columns?.find((column) => column.name === name)?.type?.family;
  const { expression } = conjunct;
  if (!family) return [];
  if (expression.kind === 'in') {
    if (expression.negated || !expression.list || !isColumn(unwrapParens(expression.operand))) return [];
    const values = expression.list.map((item) => valueFor(statement, item, family));
    return values.includes(null) ? [] : [{ kind: 'list', values: values.filter((value) => value !== null) }];
  }
  return (comparisonsOf(expression, isColumn) ?? []).flatMap(({ operator, right }): readonly Allowed[] => {
    const value = valueFor(statement, right, family);
    if (!value || operator === '<>') return [];
    if (operator === '=') return [{ kind: 'list', values: [value] }];
    return [
      {
        kind: 'bound',
        side: operator.startsWith('<') ? 'high' : 'low',
        value,
        included: operator.length === 2,
      },
    ];
  });
}

/** A constant; of a timestamp with time zone only where the text is the same moment in every session, or in this one. */
function valueFor(statement: AnalyzedStatement, expression: Expression, family: TypeFamily): Constant | null {
  if (family !== 'timestamptz') return constantOf(expression, family, statement);
  const literal = timeLiteral(expression, true);
  if (!literal || literal.type === 'timestamp' || literal.type === 'date') return null;
  const text = statement.text.slice(expression.start, expression.end);
  const everywhere = /(?:Z|[+-]00(?::?00)?)'/.test(text);
  return everywhere || isUtc(statement.catalog.settings['timezone'])
    ? { kind: 'moment', value: literal.moment }
    : null;
}

type Differs = (a: Constant, b: Constant) => boolean;

function differsIn({ dialect }: AnalyzedStatement, column: Column): Differs {
  return (a, b) => differentIn(column, dialect, a, b);
}

function excludeEachOther(
  a: readonly Allowed[],
  b: readonly Allowed[],
  differ: Differs = certainlyDifferent,
): boolean {
  return a.some((one) => b.some((other) => excludes(one, other, differ)));
}

function excludes(a: Allowed, b: Allowed, differ: Differs): boolean {
  if (a.kind === 'list' && b.kind === 'list') {
    return a.values.every((x) => b.values.every((y) => differ(x, y)));
  }
  if (a.kind === 'list') return a.values.every((value) => isOutside(value, b));
  if (b.kind === 'list') return b.values.every((value) => isOutside(value, a));
  if (a.side === b.side) return false;
  const [low, high] = a.side === 'low' ? [a, b] : [b, a];
  const order = compareConstants(high.value, low.value);
  return order !== null && (order < 0 || (order === 0 && !(low.included && high.included)));
}

function isOutside(value: Constant, bound: Allowed): boolean {
  if (bound.kind !== 'bound') return false;
  const order = compareConstants(value, bound.value);
  if (order === null) return false;
  if (order === 0) return !bound.included;
  return bound.side === 'low' ? order < 0 : order > 0;
}

// ------------------------------------------------------------ one row, two claims

function sameRowContradicted(statement: AnalyzedStatement, a: Block, b: Block): string | null {
  for (const x of a.sources) {
    const y = b.sources.find((one) => one.table !== null && one.table === x.table);
    if (!x.table || !y || x.nullSupplied || y.nullSupplied || x.kind !== 'table' || y.kind !== 'table')
      continue;
    const key = keysOf(x, statement).find((one) => one.nullSafe && selectedAlike(a, b, x, y, one.columns));
    if (!key) continue;
    for (const column of x.table.columns) {
      const said = (block: Block, source: Source): readonly Allowed[] =>
        filteringConjuncts(block).flatMap((conjunct) => allowedBy(statement, conjunct, source, column.name));
      if (column.family === 'text' && textEqualityOf(column, statement.dialect) === null) continue;
      if (excludeEachOther(said(a, x), said(b, y), differsIn(statement, column))) {
        return `${key.reason} is a key of ${x.table.name}, so equal rows would be one row, whose ${column.name} cannot meet both conditions.`;
      }
    }
  }
  return null;
}

/** Both branches have the columns of a key at the same places. */
function selectedAlike(a: Block, b: Block, x: Source, y: Source, key: readonly string[]): boolean {
  return key.every((name) =>
    a.outputs.some((output, at) => {
      const other = b.outputs[at];
      return (
        output.source === x &&
        output.column?.name === name &&
        other?.source === y &&
        other.column?.name === name
      );
    }),
  );
}
