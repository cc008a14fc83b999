import type { Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { source } from '../../sql/writing/fragment.ts';
import { blocked, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { type Moment, parseMoment, type Unit } from './calendar.ts';
import { comparisonsOf } from './comparison.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';
import { boundsOf, zoneBlock, zoneFact } from './time-range.ts';

/** `to_char(x, 'YYYY-MM') = '2022-05'` → `x >= '2022-05-01' AND x < '2022-06-01'`. */
export const toCharOnColumn: Pattern = {
  id: 'to-char-on-column',
  title: 'to_char of an indexed column',
  category: 'predicates',
  industries: ['analytics', 'e-commerce', 'saas'],
  engines: [
    {
      dialect: 'postgresql',
      pays: 'The month or day is a small part of the table, and an index begins with the column.',
    },
  ],
  severity: 'warning',
  description:
    'Every row is turned into text to be compared. The same month or day as a half-open range is a search in the index, and comparing points in time is much cheaper than making text.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/dates',
  precondition:
    'The format is a beginning of YYYY-MM-DD (with any separator) and the text a date that exists. to_char writes a year before Christ like one after it, so the candidate is compared on data unless the column holds no such dates.',
  example: {
    schema:
      'CREATE TABLE shipments (shipment_id bigint PRIMARY KEY, shipped_at timestamp);\nCREATE INDEX ON shipments (shipped_at);',
    before: "SELECT count(*) FROM shipments WHERE to_char(shipped_at, 'YYYY-MM') = '2022-05'",
    after: "SELECT count(*) FROM shipments WHERE shipped_at >= '2022-05-01' AND shipped_at < '2022-06-01'",
  },
  rewrites: true,
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const comparison = comparisonsOf(predicate.expression, isToChar)?.[0];
      if (comparison?.operator !== '=' || predicate.expression.kind === 'between') continue;
      const formatted = formattedColumn(comparison.left);
      const column = formatted ? searchableColumn(statement, formatted.column) : null;
      if (!formatted || !column || hasExpressionIndex(column, 'to_char')) continue;
      if (!['date', 'timestamp', 'timestamptz'].includes(column.resolved.column?.family ?? '')) continue;
      const moment =
        comparison.right.kind === 'literal' ? momentOf(comparison.right.value, formatted.format) : null;
      if (!moment) continue;
      const bounds = boundsOf(
        source(statement, formatted.column),
        '=',
        { kind: 'moment', literal: moment },
        moment.unit,
      );
      const edits = bounds ? replacePredicate(statement, predicate, bounds) : null;
      yield matchOf(statement, predicate.expression, column, edits);
    }
  },
};

function matchOf(
  statement: AnalyzedStatement,
  range: Expression,
  column: SearchableColumn,
  edits: ReturnType<typeof replacePredicate>,
): Match {
  const { name } = column.resolved;
  const message = `${quote(statement, range)} turns every ${name} into text. A range on ${name} can use ${serving(column)}.`;
  const fact = zoneFact(statement, column);
  if (!fact.sound) return blocked(range, message, zoneBlock(statement, column));
  const era = `${column.table.name}.${name} holds no date before Christ.`;
  return offerToTest(range, message, edits, era, fact.assumption);
}

interface Formatted {
  readonly column: Expression;
  readonly format: string;
}

function isToChar(side: Expression): boolean {
  return formattedColumn(side) !== null;
}

function formattedColumn(side: Expression): Formatted | null {
  if (side.kind !== 'call' || side.function !== 'to_char' || side.args.length !== 2 || side.name.length > 1)
    return null;
  const column = side.args[0] ? unwrapParens(side.args[0].value) : null;
  const format = side.args[1] ? unwrapParens(side.args[1].value) : null;
  if (column?.kind !== 'column' || format?.kind !== 'literal' || format.type !== 'string') return null;
  return { column, format: format.value };
}

/** Formats whose text orders and nests like the date itself, with what their last part is. */
const FORMAT = /^YYYY(?:([-/. ]?)MM(?:\1DD)?)?$/i;

function momentOf(
  text: string,
  format: string,
): {
  readonly moment: Moment;
  readonly type: null;
  readonly unit: Unit;
} | null {
  const match = FORMAT.exec(format);
  if (!match) return null;
  const separator = match[1] ?? '';
  const parts = [text.slice(0, 4)];
  let at = 4;
  for (let n = 1; n < format.replace(/[^A-Za-z]/g, '').length / 2 - 1; n++) {
    if (!text.startsWith(separator, at)) return null;
    at += separator.length;
    parts.push(text.slice(at, at + 2));
    at += 2;
  }
  if (at !== text.length || parts.some((part) => !/^\d+$/.test(part))) return null;
  const unit: Unit = parts.length === 1 ? 'year' : parts.length === 2 ? 'month' : 'day';
  const moment = parseMoment([...parts, '01', '01'].slice(0, 3).join('-'));
  return moment === null ? null : { moment, type: null, unit };
}
