import type { Cast, Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { type Fragment, source } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { type Moment, nextUnit, parseMoment, type Unit } from './calendar.ts';
import { type Comparison, comparisonsOf } from './comparison.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';
import { boundsOf, zoneBlock, zoneFact } from './time-range.ts';

/** `to_char(x, 'YYYY-MM') = '2022-05'` → `x >= '2022-05-01' AND x < '2022-06-01'`. */
export const toCharOnColumn: Pattern = {
  id: 'to-char-on-column',
  title: 'Indexed date as text (to_char, DATE_FORMAT, CONVERT)',
  category: 'predicates',
  industries: ['analytics', 'e-commerce', 'saas'],
  engines: allEngines('The month or day is a small part of the table, and an index begins with the column.'),
  severity: 'warning',
  description:
    'Every row is turned into text to be compared. The same month or day as a half-open range is a search in the index, and comparing points in time is much cheaper than making text.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/dates',
  precondition:
    'The format is a beginning of YYYY-MM-DD (with any separator) and the text has its form: texts of one form are ordered like the dates under every collation. For an equality the date exists. to_char writes a year before Christ like one after it and one of five digits longer, and MySQL may hold dates with a month or day of zero, so the candidate is compared on data there.',
  example: {
    schema:
      'CREATE TABLE shipments (shipment_id bigint PRIMARY KEY, shipped_at timestamp);\nCREATE INDEX ON shipments (shipped_at);',
    before: "SELECT count(*) FROM shipments WHERE to_char(shipped_at, 'YYYY-MM') = '2022-05'",
    after: "SELECT count(*) FROM shipments WHERE shipped_at >= '2022-05-01' AND shipped_at < '2022-06-01'",
  },
  rewrites: true,
  needs: [['calls to_char', 'calls date_format', 'side cast']],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const comparisons = comparisonsOf(
        predicate.expression,
        (side) => formattedColumn(statement, side) !== null,
      );
      const [comparison] = comparisons ?? [];
      const formatted = comparison ? formattedColumn(statement, comparison.left) : null;
      const column = formatted ? searchableColumn(statement, formatted.column) : null;
      if (!comparisons || !formatted || !column || hasExpressionIndex(column, formatted.indexedAs)) continue;
      if (!familiesOf(statement).includes(column.resolved.column?.family ?? '')) continue;
      const conditions = comparisons.map((one) => conditionsOf(statement, formatted, one));
      if (conditions.includes(null)) continue;
      const bounds = conditions.flatMap((one) => one ?? []);
      const edits = () => replacePredicate(statement, predicate, bounds);
      yield matchOf(statement, predicate.expression, column, edits, isBounded(comparisons));
    }
  },
};

/** The bounds that one comparison with a text gives; null when the text is of another form than the format. */
function conditionsOf(
  statement: AnalyzedStatement,
  { column, format }: Formatted,
  { operator, right }: Comparison,
): readonly Fragment[] | null {
  if (right.kind !== 'literal' || right.type !== 'string') return null;
  const read = momentOf(right.value, format);
  // as a text, the 31st of a shorter month lies between its last day and the next month
  const past = !read && operator !== '=' ? dayPastTheMonth(right.value, format) : null;
  const moment = read ?? past;
  if (!moment) return null;
  const type = statement.dialect === 'tsql' ? 'basic' : null;
  const asked = past ? (operator.startsWith('<') ? '<' : '>=') : operator;
  const boundary = { kind: 'moment' as const, literal: { moment: moment.moment, type } as const };
  return boundsOf(source(statement, column), asked, boundary, moment.unit);
}

/** An equality or BETWEEN: neither infinity nor a far year can be between two texts of four-digit years. */
function isBounded(comparisons: readonly Comparison[]): boolean {
  return comparisons.length > 1 || comparisons[0]?.operator === '=';
}

function matchOf(
  statement: AnalyzedStatement,
  range: Expression,
  column: SearchableColumn,
  edits: () => ReturnType<typeof replacePredicate>,
  bounded: boolean,
): Match {
  const { name } = column.resolved;
  const message = `${quote(statement, range)} turns every ${name} into text. A range on ${name} can use ${serving(column)}.`;
  const fact = zoneFact(statement, column);
  if (!fact.sound) return blocked(range, message, zoneBlock(statement, column));
  // its years are 1 to 9999
  if (statement.dialect === 'tsql')
    return offer(range, message, edits, `${column.table.name}.${name} is ${column.resolved.column?.type}.`);
  const strange =
    statement.dialect !== 'postgresql'
      ? 'with a month or day of zero'
      : bounded
        ? 'before Christ or after the year 9999'
        : 'before Christ, after the year 9999 or infinite';
  const era = `${column.table.name}.${name} holds no date ${strange}.`;
  return offerToTest(range, message, edits, era, fact.assumption);
}

interface Formatted {
  readonly column: Expression;
  /** in the words of to_char */
  readonly format: string;
  /** what an expression index on it would contain */
  readonly indexedAs: string;
}

/** SQL Server's points in time with an offset have a local time each. */
function familiesOf({ dialect }: AnalyzedStatement): readonly string[] {
  return dialect === 'tsql' ? ['date', 'timestamp'] : ['date', 'timestamp', 'timestamptz'];
}

function formattedColumn({ dialect }: AnalyzedStatement, side: Expression): Formatted | null {
  if (dialect === 'tsql') return side.kind === 'cast' ? convertedColumn(side) : null;
  const indexedAs = dialect === 'postgresql' ? 'to_char' : 'date_format';
  if (side.kind !== 'call' || side.function !== indexedAs || side.args.length !== 2 || side.name.length > 1)
    return null;
  const column = side.args[0] ? unwrapParens(side.args[0].value) : null;
  const format = side.args[1] ? unwrapParens(side.args[1].value) : null;
  if (column?.kind !== 'column' || format?.kind !== 'literal' || format.type !== 'string') return null;
  const words = dialect === 'postgresql' ? format.value : inWords(format.value);
  return words === null ? null : { column, format: words, indexedAs };
}

/** MySQL's %Y-%m-%d; null for a format with another part. */
function inWords(format: string): string | null {
  const words = format.replace(/%Y/g, 'YYYY').replace(/%m/g, 'MM').replace(/%d/g, 'DD');
  return /%|[A-Za-z]/.test(format.replace(/%[Ymd]/g, '')) ? null : words;
}

/** What T-SQL's styles begin with. */
const STYLES: Readonly<Record<string, string>> = {
  '23': 'YYYY-MM-DD',
  '120': 'YYYY-MM-DD',
  '121': 'YYYY-MM-DD',
  '126': 'YYYY-MM-DD',
  '112': 'YYYYMMDD',
  '111': 'YYYY/MM/DD',
  '102': 'YYYY.MM.DD',
};

/** `CONVERT(varchar(7), x, 120)`: the beginning of a style, cut at a part. */
function convertedColumn(side: Cast): Formatted | null {
  const text = ['varchar', 'char', 'nvarchar', 'nchar'].includes(side.type.name) && side.style === 'convert';
  const length = side.type.modifiers[0];
  const style = side.format ? unwrapParens(side.format) : null;
  const column = unwrapParens(side.operand);
  if (!text || length?.kind !== 'literal' || style?.kind !== 'literal' || column.kind !== 'column')
    return null;
  const whole = Object.hasOwn(STYLES, style.value) ? STYLES[style.value] : undefined;
  const cut = Number(length.value);
  // cut at a separator it is no format, and longer than a day only 23 and those without a time of day are one
  if (!whole || cut > whole.length) return null;
  return { column, format: whole.slice(0, cut), indexedAs: 'convert' };
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
  const parts = partsOf(text, format);
  if (!parts) return null;
  const unit: Unit = parts.length === 1 ? 'year' : parts.length === 2 ? 'month' : 'day';
  const moment = parseMoment([...parts, '01', '01'].slice(0, 3).join('-'));
  return moment === null ? null : { moment, type: null, unit };
}

/** The month after the one whose 29th, 30th or 31st the text names although it has none. */
function dayPastTheMonth(text: string, format: string): { moment: Moment; unit: Unit } | null {
  const [year, month, day] = partsOf(text, format) ?? [];
  const first = year && month ? parseMoment(`${year}-${month}-01`) : null;
  return first !== null && day && /^(?:29|30|31)$/.test(day)
    ? { moment: nextUnit(first, 'month'), unit: 'day' }
    : null;
}

/** Year, month and day as far as the format has them, null for a text of another form. */
function partsOf(text: string, format: string): readonly string[] | null {
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
  return at !== text.length || parts.some((part) => !/^\d+$/.test(part)) ? null : parts;
}
