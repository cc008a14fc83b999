import type { Expression, FunctionCall } from '../../sql/ast.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import type { AnalyzedStatement, Conjunct } from '../../sql/query-model.ts';
import { rangesOverlap } from '../../sql/text.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source, sql } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { nextUnit, parseMoment, type TimeLiteral } from './calendar.ts';
import { comparisonsOf } from './comparison.ts';
import { type Floored, type FlooredRule, findFloored } from './floored-column.ts';
import { searchableColumn, serving } from './indexed-column.ts';
import { type Boundary, writeMoment, zoneBlock, zoneFact } from './time-range.ts';

/** `EXTRACT(YEAR FROM x) = 2022` → `x >= '2022-01-01' AND x < '2023-01-01'`. */
export const extractYearOnColumn: Pattern = {
  id: 'extract-year-on-column',
  title: 'EXTRACT(YEAR) of an indexed column',
  category: 'predicates',
  industries: ['analytics', 'e-commerce'],
  engines: allEngines('The year is a small part of the table, or an index alone can answer.'),
  severity: 'warning',
  description:
    'EXTRACT(YEAR FROM column), or YEAR(column), is computed for every row. The year as a half-open range is a search in the index.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/dates',
  precondition:
    'The column is a date or timestamp, or a timestamp with time zone in a session whose time zone is UTC; the year is a whole number from 1 to 9998, written with four digits. MySQL and MariaDB may hold dates with a month of zero, so the candidate is compared on data there.',
  example: {
    schema:
      'CREATE TABLE orders (order_id bigint PRIMARY KEY, placed_at timestamp);\nCREATE INDEX ON orders (placed_at);',
    before: 'SELECT count(*) FROM orders WHERE EXTRACT(YEAR FROM placed_at) = 2022',
    after: "SELECT count(*) FROM orders WHERE placed_at >= '2022-01-01' AND placed_at < '2023-01-01'",
  },
  rewrites: true,
  needs: [
    ['side call', 'side cast'],
    ['calls extract', 'calls datepart', 'calls date_part', 'calls year', 'calls month'],
  ],
  *find(statement) {
    const months = [...monthsOfYears(statement)];
    yield* months;
    for (const match of findFloored(statement, ruleOf(statement))) {
      if (!months.some((month) => rangesOverlap(month.range, match.range))) yield match;
    }
  },
};

const FAMILIES: readonly string[] = ['date', 'timestamp', 'timestamptz'];

/** SQL Server's points in time with an offset have a year of their own each. */
function familiesOf({ dialect }: AnalyzedStatement): readonly string[] {
  return dialect === 'tsql' ? ['date', 'timestamp'] : FAMILIES;
}

function ruleOf(statement: AnalyzedStatement): FlooredRule {
  return {
    floored: yearOf,
    boundary: (value) => yearBoundary(statement, value),
    families: familiesOf(statement),
  };
}

/** `EXTRACT(YEAR FROM x) = 2024 AND EXTRACT(MONTH FROM x) = 2` is one month. */
function* monthsOfYears(statement: AnalyzedStatement): Generator<Match> {
  for (const scope of [...statement.writes, ...statement.blocks]) {
    for (const year of partsIn(scope.where, 'year')) {
      const month = partsIn(scope.where, 'month').find((one) =>
        sameExpression(one.column, year.column, statement),
      );
      const column = month ? searchableColumn(statement, year.column) : null;
      const start = month ? parseMoment(`${year.value}-${month.value.padStart(2, '0')}-01`) : null;
      if (
        !month ||
        !column ||
        start === null ||
        !familiesOf(statement).includes(column.resolved.column?.family ?? '')
      )
        continue;
      const range = year.conjunct.expression;
      const message = `The year and the month of ${column.resolved.name} are computed for every row. Together they are a range that can use ${serving(column)}.`;
      const fact = zoneFact(statement, column);
      if (!fact.sound) {
        yield blocked(range, message, zoneBlock(statement, column));
        continue;
      }
      const written = source(statement, year.column);
      const bounds = sql`${written} >= ${writeMoment(start, literalType(statement))} AND ${written} < ${writeMoment(nextUnit(start, 'month'), literalType(statement))}`;
      const edits = () =>
        editing(statement).replaceConjunct(year.conjunct, bounds).removeConjunct(month.conjunct).done();
      const type = `${column.table.name}.${column.resolved.name} is ${column.resolved.column?.type}.`;
      yield isMySql(statement)
        ? offerToTest(range, message, edits, type, fact.assumption, NO_MONTH_ZERO)
        : offer(range, message, edits, type, fact.assumption);
    }
  }
}

interface CalendarPart {
  readonly conjunct: Conjunct;
  readonly column: Expression;
  readonly value: string;
}

/** Conjuncts `EXTRACT(field FROM column) = number`. */
function partsIn(where: readonly Conjunct[], field: 'year' | 'month'): CalendarPart[] {
  return where.flatMap((conjunct) => {
    if (conjunct.expression.kind !== 'binary') return [];
    const comparison = comparisonsOf(conjunct.expression, (side) => partColumn(side, field) !== null)?.[0];
    const column = comparison ? partColumn(comparison.left, field) : null;
    const value = comparison?.right;
    const form = field === 'year' ? /^\d{4}$/ : /^\d{1,2}$/;
    const isNumber = value?.kind === 'literal' && value.type === 'number' && form.test(value.value);
    return comparison?.operator === '=' && column && isNumber
      ? [{ conjunct, column, value: value.value }]
      : [];
  });
}

function yearOf(side: Expression): Floored | null {
  const column = partColumn(side, 'year');
  return column ? { column, unit: 'year', indexedAs: 'year' } : null;
}

/** The column whose year or month an expression is. */
function partColumn(side: Expression, wanted: 'year' | 'month'): Expression | null {
  if (side.kind === 'cast' && ['integer', 'int', 'int4'].includes(side.type.name)) {
    return partColumn(unwrapParens(side.operand), wanted);
  }
  const operand = side.kind === 'call' ? partOperand(side, wanted) : null;
  const column = operand ? unwrapParens(operand) : null;
  return column?.kind === 'column' ? column : null;
}

function partOperand(call: FunctionCall, wanted: string): Expression | null {
  if (['extract', 'datepart'].includes(call.function) && call.field === wanted)
    return call.args.at(-1)?.value ?? null;
  // YEAR(x) and MONTH(x); PostgreSQL has no such functions
  if (call.function === wanted && call.args.length === 1 && call.name.length === 1)
    return call.args[0]?.value ?? null;
  if (call.function !== 'date_part' || call.args.length !== 2) return null;
  const field = call.args[0] ? unwrapParens(call.args[0].value) : null;
  const isWanted =
    field?.kind === 'literal' && field.type === 'string' && field.value.toLowerCase() === wanted;
  return isWanted ? (call.args[1]?.value ?? null) : null;
}

/** Without NO_ZERO_IN_DATE there are dates such as 2024-00-00, whose year is 2024. */
const NO_MONTH_ZERO = 'No date has a month or day of zero.';

function isMySql({ dialect }: AnalyzedStatement): boolean {
  return dialect === 'mysql' || dialect === 'mariadb';
}

function literalType({ dialect }: AnalyzedStatement): TimeLiteral['type'] {
  return dialect === 'tsql' ? 'basic' : null;
}

function yearBoundary(statement: AnalyzedStatement, value: Expression): Boundary | null {
  if (value.kind !== 'literal' || value.type !== 'number' || !/^\d{4}$/.test(value.value)) return null;
  const moment = parseMoment(`${value.value}-01-01`);
  if (moment === null) return null;
  const literal = { moment, type: literalType(statement) };
  return { kind: 'moment', literal, assumes: isMySql(statement) ? NO_MONTH_ZERO : null };
}
