import type { Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { isUtc, type Moment, parseMoment, type TimeLiteral, timeLiteral } from './calendar.ts';
import { type Comparison, comparisonsOf } from './comparison.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { type PositivePredicate, positivePredicates, quote, replacePredicate } from './positive.ts';
import { writeMoment } from './time-range.ts';

const MICROS = 1_000_000n;

/** `EXTRACT(EPOCH FROM x) >= 1714521600` → `x >= TIMESTAMPTZ '2024-05-01 00:00:00+00'`. */
export const epochOnColumn: Pattern = {
  id: 'epoch-on-column',
  title: 'Seconds since 1970 of an indexed column',
  category: 'predicates',
  industries: ['time-series', 'analytics'],
  engines: (['postgresql', 'mysql', 'mariadb'] as const).map((dialect) => ({
    dialect,
    pays: 'The range holds a small part of the table, and an index begins with the column.',
  })),
  severity: 'warning',
  description:
    'The seconds are computed for every row, and the index holds points in time. The number can be written as a point in time once.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/dates',
  precondition:
    'The number is whole. PostgreSQL: EXTRACT(EPOCH) of a date or timestamp. MySQL and MariaDB: UNIX_TIMESTAMP of a TIMESTAMP column, in a session whose time zone is UTC.',
  example: {
    schema:
      'CREATE TABLE events (event_id bigint PRIMARY KEY, at timestamptz NOT NULL);\nCREATE INDEX ON events (at);',
    before: 'SELECT count(*) FROM events WHERE EXTRACT(EPOCH FROM at) >= 1714521600',
    after: "SELECT count(*) FROM events WHERE at >= TIMESTAMPTZ '2024-05-01 00:00:00+00'",
  },
  rewrites: true,
  needs: ['side call', ['calls unix_timestamp', 'calls extract', 'calls date_part']],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const comparisons = comparisonsOf(
        predicate.expression,
        (side) => epochColumn(statement, side) !== null,
      );
      const operand = comparisons?.[0] ? epochColumn(statement, comparisons[0].left) : null;
      const column = operand ? searchableColumn(statement, operand) : null;
      const type = column ? writtenAs(statement, column) : undefined;
      if (!comparisons || !operand || !column || type === undefined || hasExpressionIndex(column, 'epoch'))
        continue;
      const moments = comparisons.map(({ right }) => momentOf(right));
      if (moments.some((moment) => moment === null)) continue;
      const message = `${quote(statement, predicate.expression)} counts seconds in every row. A point in time can use ${serving(column)}.`;
      if (statement.dialect !== 'postgresql' && !isUtc(statement.catalog.settings['timezone'])) {
        yield blocked(predicate.expression, message, "The session's time zone is not known to be UTC.");
        continue;
      }
      const written = source(statement, operand);
      const conditions = comparisons.map(
        ({ operator }, at) => sql`${written} ${verbatim(operator)} ${writeMoment(moments[at] ?? 0n, type)}`,
      );
      const edits = () => replacePredicate(statement, predicate, conditions);
      yield offer(
        predicate.expression,
        message,
        edits,
        `${column.resolved.name} is ${column.resolved.column?.type}.`,
      );
    }
  },
};

/** How a point in time is written beside the column; undefined for columns that the rule is not for. */
function writtenAs(statement: AnalyzedStatement, column: SearchableColumn): TimeLiteral['type'] | undefined {
  const family = column.resolved.column?.family;
  if (statement.dialect !== 'postgresql') return family === 'timestamptz' ? null : undefined;
  if (family === 'timestamptz') return 'utc';
  return family === 'timestamp' || family === 'date' ? 'timestamp' : undefined;
}

function epochColumn({ dialect }: AnalyzedStatement, side: Expression): Expression | null {
  if (side.kind !== 'call' || side.name.length > 1 || side.over) return null;
  const args = side.args.map((argument) => unwrapParens(argument.value));
  const last = args.at(-1);
  if (last?.kind !== 'column') return null;
  if (dialect !== 'postgresql') return side.function === 'unix_timestamp' && args.length === 1 ? last : null;
  if (side.function === 'extract') return side.field === 'epoch' ? last : null;
  const [field] = args;
  const isEpoch =
    field?.kind === 'literal' && field.type === 'string' && field.value.toLowerCase() === 'epoch';
  return side.function === 'date_part' && args.length === 2 && isEpoch ? last : null;
}

/** Seconds from 1970 to 2038, so that every engine counts them alike. */
function momentOf(value: Expression): Moment | null {
  if (value.kind !== 'literal' || value.type !== 'number' || !/^[1-9]\d{0,9}$/.test(value.value)) return null;
  const seconds = BigInt(value.value);
  return seconds < 2_147_483_647n ? seconds * MICROS : null;
}

/** `FROM_UNIXTIME(n) BETWEEN '2024-05-01' AND '2024-05-02'` → `n BETWEEN 1714521600 AND 1714608000`. */
export const fromUnixtimeOnColumn: Pattern = {
  id: 'from-unixtime-on-column',
  title: 'FROM_UNIXTIME of an indexed number',
  category: 'predicates',
  industries: ['time-series', 'analytics'],
  engines: (['mysql', 'mariadb'] as const).map((dialect) => ({
    dialect,
    pays: 'The range holds a small part of the table, and an index begins with the column.',
  })),
  severity: 'warning',
  description:
    'Every number is turned into a point in time to be compared. The point in time can be written as a number once.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/date-and-time-functions.html#function_from-unixtime',
  precondition:
    "The column is an integer and the session's time zone is UTC. FROM_UNIXTIME is NULL for negative numbers and for those beyond its range, so a range that is open on one side is compared on data.",
  example: {
    schema:
      'CREATE TABLE events (event_id bigint PRIMARY KEY, at int NOT NULL);\nCREATE INDEX events_at ON events (at);',
    before: "SELECT count(*) FROM events WHERE FROM_UNIXTIME(at) = '2024-05-01 00:00:00'",
    after: null,
  },
  rewrites: true,
  needs: ['side call'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const comparisons = comparisonsOf(predicate.expression, (side) => unixtimeColumn(side) !== null);
      const operand = comparisons?.[0] ? unixtimeColumn(comparisons[0].left) : null;
      const column = operand ? searchableColumn(statement, operand) : null;
      if (!comparisons || !operand || column?.resolved.column?.family !== 'integer') continue;
      const match = secondsMatch(statement, predicate, comparisons, column, operand);
      if (match) yield match;
    }
  },
};

function unixtimeColumn(side: Expression): Expression | null {
  const isCall = side.kind === 'call' && side.function === 'from_unixtime' && side.args.length === 1;
  const operand = isCall && side.name.length === 1 ? side.args[0]?.value : null;
  const column = operand ? unwrapParens(operand) : null;
  return column?.kind === 'column' ? column : null;
}

function secondsMatch(
  statement: AnalyzedStatement,
  predicate: PositivePredicate,
  comparisons: readonly Comparison[],
  column: SearchableColumn,
  operand: Expression,
): Match | null {
  const seconds = comparisons.map(({ right }) => secondsOf(right));
  if (seconds.some((one) => one === null)) return null;
  const { expression } = predicate;
  const message = `${quote(statement, expression)} makes a point in time of every ${column.resolved.name}. Compared as a number it can use ${serving(column)}.`;
  if (!isUtc(statement.catalog.settings['timezone'])) {
    return blocked(expression, message, "The session's time zone is not known to be UTC.");
  }
  const written = source(statement, operand);
  const conditions = comparisons.map(
    ({ operator }, at) => sql`${written} ${verbatim(operator)} ${verbatim(String(seconds[at]))}`,
  );
  const edits = () => replacePredicate(statement, predicate, conditions);
  const closed = comparisons.length === 2 || comparisons[0]?.operator === '=';
  return closed
    ? offer(expression, message, edits, `${column.resolved.name} is an integer.`)
    : offerToTest(
        expression,
        message,
        edits,
        `Every ${column.resolved.name} is within the range of FROM_UNIXTIME.`,
      );
}

function secondsOf(value: Expression): bigint | null {
  const literal = value.kind === 'literal' && value.type === 'string' ? timeLiteral(value) : null;
  if (!literal || literal.moment < parsed('1970-01-01') || literal.moment >= parsed('2038-01-19'))
    return null;
  return literal.moment % MICROS === 0n ? literal.moment / MICROS : null;
}

function parsed(date: string): Moment {
  return parseMoment(date) ?? 0n;
}
