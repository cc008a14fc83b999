/** `floor(x) op c`, where floor cuts to the start of a unit of time, as bounds on x itself. */
import type { Expression } from '../../sql/ast.ts';
import { formatTimestamp } from '../../sql/properties/constants.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { type Fragment, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { isUtc, type Moment, nextUnit, type TimeLiteral, truncate, type Unit } from './calendar.ts';
import type { Comparison } from './comparison.ts';
import { isRowConstant, type SearchableColumn } from './indexed-column.ts';

/** What stands on the other side of the comparison: a point in time, or an expression that is the start of a unit. */
export type Boundary =
  | {
      readonly kind: 'moment';
      readonly literal: TimeLiteral;
      /** what must be true of the column's values, when the catalog does not say */
      readonly assumes?: string | null;
    }
  | {
      readonly kind: 'expression';
      readonly start: Fragment;
      readonly next: Fragment;
      /** what must be true of the expression's value, when the statement does not say */
      readonly assumes: string | null;
    };

/**
 * Bounds on a column that hold exactly when `floor(column) operator boundary` does.
 *
 * @returns conditions that must all hold; null when it is never true (`date_trunc('month', x) = '2024-05-02'`), for
 *   `<>`, and for an expression that is compared in a way that needs its value
 */
export function boundsOf(
  column: Fragment,
  operator: Comparison['operator'],
  boundary: Boundary,
  unit: Unit,
): readonly Fragment[] | null {
  const { start, next, aligned } = edgesOf(boundary, unit);
  const from = (edge: Fragment): Fragment => sql`${column} >= ${edge}`;
  const before = (edge: Fragment): Fragment => sql`${column} < ${edge}`;
  const ceiling = aligned ? start : next;
  switch (operator) {
    case '=':
      return aligned ? [from(start), before(next)] : null;
    case '>=':
      return [from(ceiling)];
    case '>':
      return [from(next)];
    case '<':
      return [before(ceiling)];
    case '<=':
      return [before(next)];
    case '<>':
      return null;
  }
}

function edgesOf(boundary: Boundary, unit: Unit): { start: Fragment; next: Fragment; aligned: boolean } {
  if (boundary.kind === 'expression') return { ...boundary, aligned: true };
  const { moment, type } = boundary.literal;
  const start = truncate(moment, unit);
  return {
    start: writeMoment(start, type),
    next: writeMoment(nextUnit(moment, unit), type),
    aligned: start === moment,
  };
}

/** A point in time as a literal of the type that the statement's own one has. */
export function writeMoment(moment: Moment, type: TimeLiteral['type']): Fragment {
  const text = verbatim(`'${formatTimestamp(moment)}'`);
  switch (type) {
    case null:
      return text;
    case 'date':
      return sql`DATE ${text}`;
    case 'timestamp':
      return sql`TIMESTAMP ${text}`;
    case 'timestamptz':
      return sql`TIMESTAMPTZ ${text}`;
    case 'basic':
      return verbatim(`'${basicText(formatTimestamp(moment))}'`);
    case 'utc':
      return sql`TIMESTAMPTZ ${verbatim(`'${withClock(moment)}+00'`)}`;
  }
}

/** `20240501` and `2024-05-01T12:30:00`: SET LANGUAGE and SET DATEFORMAT do not matter to these. */
function basicText(text: string): string {
  return text.includes(':') ? text.replace(' ', 'T') : text.replaceAll('-', '');
}

/** The time of day is always there: an offset is read behind it only. */
function withClock(moment: Moment): string {
  const text = formatTimestamp(moment);
  return text.includes(':') ? text : `${text} 00:00:00`;
}

/** Bounds for all comparisons (two for BETWEEN), null when one has none. */
export function allBounds(
  column: Fragment,
  comparisons: readonly Comparison[],
  unit: Unit,
  boundaryOf: (value: Expression) => Boundary | null,
): readonly Fragment[] | null {
  const conditions: Fragment[] = [];
  for (const { operator, right } of comparisons) {
    const boundary = boundaryOf(right);
    const bounds = boundary ? boundsOf(column, operator, boundary, unit) : null;
    if (!bounds) return null;
    conditions.push(...bounds);
  }
  return conditions;
}

/** Whether local time matters for a column of that type, and if so whether this session's is UTC. */
export function zoneFact(
  statement: AnalyzedStatement,
  column: SearchableColumn,
): { readonly sound: boolean; readonly assumption: string | null } {
  const family = column.resolved.column?.family;
  if (family === 'timestamp' || family === 'date') return { sound: true, assumption: null };
  const zone = statement.catalog.settings['timezone'];
  return {
    sound: family === 'timestamptz' && isUtc(zone),
    assumption: `The session's time zone is ${zone ?? 'unknown'}, where no clock is ever put forward or back.`,
  };
}

/** Why a rewrite over local time is not offered. */
export function zoneBlock(statement: AnalyzedStatement, column: SearchableColumn): string {
  const zone = statement.catalog.settings['timezone'];
  return `${column.resolved.name} is a timestamp with time zone, and ${
    zone
      ? `in the session's time zone ${zone} clocks are put forward and back`
      : "the session's time zone is not known"
  }.`;
}

/** The family of a value that is the same for every row, or null. */
export function constantFamily(statement: AnalyzedStatement, value: Expression): string | null {
  return isRowConstant(value) ? (typeOf(value, statement)?.family ?? null) : null;
}

/** The user's own text of an expression, in parentheses unless it is simple. */
export function operandText(statement: AnalyzedStatement, value: Expression): Fragment {
  const text = source(statement, value);
  const simple = ['literal', 'typedLiteral', 'placeholder', 'column', 'call', 'cast', 'paren'];
  return simple.includes(value.kind) ? text : sql`(${text})`;
}
