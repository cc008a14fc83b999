import type { AtTimeZone, Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { type Fragment, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { postgresqlOnly } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { isUtc, timeLiteral, truncate } from './calendar.ts';
import { type Comparison, comparisonsOf } from './comparison.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { type PositivePredicate, positivePredicates, quote, replacePredicate } from './positive.ts';
import { boundsOf, constantFamily, operandText, writeMoment } from './time-range.ts';

/** `x AT TIME ZONE 'UTC' >= '2024-05-01'` → `x >= TIMESTAMPTZ '2024-05-01 00:00:00+00'`. */
export const atTimeZoneOnColumn: Pattern = {
  id: 'at-time-zone-on-column',
  title: 'AT TIME ZONE on an indexed timestamp with time zone',
  category: 'predicates',
  industries: ['saas', 'time-series', 'analytics'],
  engines: postgresqlOnly(
    'The range holds a small part of the table, and an index or the partitions are by the column.',
  ),
  severity: 'warning',
  description:
    'The index holds points in time, not their local times, so every row is converted. The constant can be converted instead, once.',
  source: 'https://www.postgresql.org/docs/current/functions-datetime.html#FUNCTIONS-DATETIME-ZONECONVERT',
  precondition:
    "The column is a timestamp with time zone and the zone is the literal 'UTC' (or GMT): in other zones one local time may be two points in time. The other side is a literal or a constant expression of type timestamp.",
  example: {
    schema:
      'CREATE TABLE events (event_id bigint PRIMARY KEY, at timestamptz NOT NULL);\nCREATE INDEX ON events (at);',
    before: "SELECT count(*) FROM events WHERE (at AT TIME ZONE 'UTC')::date = '2024-05-01'",
    after:
      "SELECT count(*) FROM events WHERE at >= TIMESTAMPTZ '2024-05-01 00:00:00+00' AND at < TIMESTAMPTZ '2024-05-02 00:00:00+00'",
  },
  rewrites: true,
  needs: ['atTimeZone', ['side atTimeZone', 'side cast']],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const comparisons = comparisonsOf(predicate.expression, (side) => localOf(side) !== null);
      const local = comparisons?.[0] ? localOf(comparisons[0].left) : null;
      const column = local ? searchableColumn(statement, local.zoned.operand) : null;
      if (!comparisons || !local || !column || column.resolved.column?.family !== 'timestamptz') continue;
      if (hasExpressionIndex(column, 'time zone') || hasExpressionIndex(column, 'timezone')) continue;
      const match = matchOf(statement, predicate, comparisons, local, column);
      if (match) yield match;
    }
  },
};

interface Local {
  readonly zoned: AtTimeZone;
  /** cut to the date */
  readonly asDate: boolean;
}

function localOf(side: Expression): Local | null {
  if (side.kind === 'atTimeZone') return { zoned: side, asDate: false };
  const isDate =
    side.kind === 'cast' &&
    side.type.name === 'date' &&
    side.type.schema === null &&
    side.type.arrayDimensions === 0;
  const inner = isDate ? unwrapParens(side.operand) : null;
  return inner?.kind === 'atTimeZone' ? { zoned: inner, asDate: true } : null;
}

function matchOf(
  statement: AnalyzedStatement,
  predicate: PositivePredicate,
  comparisons: readonly Comparison[],
  local: Local,
  column: SearchableColumn,
): Match | null {
  const { expression } = predicate;
  const message = `${quote(statement, expression)} converts ${column.resolved.name} in every row. Compared as a point in time it can use ${serving(column)}.`;
  const zone = local.zoned.zone ? unwrapParens(local.zoned.zone) : null;
  if (zone?.kind !== 'literal' || zone.type !== 'string') return null;
  if (!isUtc(zone.value))
    return blocked(
      expression,
      message,
      `In ${zone.value} clocks are put back, or may be: one local time is then two points in time.`,
    );
  const written = source(statement, local.zoned.operand);
  const conditions: Fragment[] = [];
  for (const comparison of comparisons) {
    const parts = local.asDate
      ? dateBounds(written, comparison)
      : momentBound(statement, written, comparison, source(statement, local.zoned.zone ?? local.zoned));
    if (!parts) return null;
    conditions.push(...parts);
  }
  const edits = () => replacePredicate(statement, predicate, conditions);
  return offer(
    expression,
    message,
    edits,
    `${column.resolved.name} is a timestamp with time zone, and local time in ${zone.value} never jumps.`,
  );
}

function dateBounds(column: Fragment, { operator, right }: Comparison): readonly Fragment[] | null {
  const literal = timeLiteral(right);
  if (!literal || literal.moment !== truncate(literal.moment, 'day')) return null;
  if (literal.type !== null && literal.type !== 'date') return null;
  return boundsOf(
    column,
    operator,
    { kind: 'moment', literal: { moment: literal.moment, type: 'utc' } },
    'day',
  );
}

function momentBound(
  statement: AnalyzedStatement,
  column: Fragment,
  { operator, right }: Comparison,
  zone: Fragment,
): readonly Fragment[] | null {
  const sign = verbatim(operator);
  const literal = timeLiteral(right);
  if (literal) {
    if (literal.type === 'timestamptz') return null;
    return [sql`${column} ${sign} ${writeMoment(literal.moment, 'utc')}`];
  }
  if (constantFamily(statement, right) !== 'timestamp') return null;
  return [sql`${column} ${sign} ${operandText(statement, right)} AT TIME ZONE ${zone}`];
}
