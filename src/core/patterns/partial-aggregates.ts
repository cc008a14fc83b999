/** Aggregates in two steps: parts for groups of rows, and the whole from the parts. */
import type { Expression, FunctionCall } from '../sql/ast.ts';
import { typeOf } from '../sql/properties/types.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { unwrapParens } from '../sql/walk.ts';
import { type Fragment, sql, verbatim } from '../sql/writing/fragment.ts';

/** An aggregate that can be put together from the same aggregate over parts of the rows. */
export interface PartialAggregate {
  /** what to compute for each part */
  readonly parts: readonly PartOfAggregate[];
  /**
   * The aggregate over all rows, of the same type as the original.
   *
   * @param columns the parts' columns, one for each of `parts`
   * @param mayBeEmpty the whole may be of no parts at all: a count is 0 then
   */
  combine(columns: readonly Fragment[], mayBeEmpty: boolean): Fragment;
}

/** What is computed for each part of the rows. */
export interface PartOfAggregate {
  /** a speaking name: sum_total, count_rows */
  readonly name: string;
  /**
   * The aggregate over the part.
   *
   * @param write writes the argument and the condition of FILTER for their new place; null when that is not possible
   */
  expression(write: (e: Expression) => Fragment | null): Fragment | null;
}

/** Families whose least and greatest value is one value. */
const ORDERED: ReadonlySet<string> = new Set([
  'integer',
  'decimal',
  'float',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'text',
]);

/**
 * How to compute an aggregate in two steps, or the reason why that is not the same: the last digits of a sum of floats
 * depend on the order of the rows, DISTINCT needs them all, the result would be of another type.
 */
export function partialAggregate(
  statement: AnalyzedStatement,
  call: FunctionCall,
): PartialAggregate | string {
  const { dialect } = statement;
  const name = statement.text.slice(call.start, call.end);
  if (call.over || call.withinGroup.length > 0 || call.orderBy.length > 0 || call.name.length > 1)
    return `${name} is no plain aggregate`;
  const [argument, ...more] = call.args;
  const type = argument ? typeOf(argument.value, statement) : null;
  if (more.length > 0) return `${name} has several arguments`;
  const part = (of: 'sum' | 'count' | 'min' | 'max'): PartOfAggregate => ({
    name: `${of}_${suffixOf(statement, call)}`,
    expression: (write) => partExpression(call, of, write),
  });
  switch (call.function) {
    case 'count': {
      if (call.distinct) return `${name} needs to see all values`;
      const combine = (columns: readonly Fragment[], mayBeEmpty: boolean): Fragment => {
        const total = sql`sum(${columns[0] ?? verbatim('')})`;
        const counted = mayBeEmpty ? sql`coalesce(${total}, 0)` : total;
        return castTo(counted, dialect === 'postgresql' ? 'bigint' : 'SIGNED');
      };
      return { parts: [part('count')], combine };
    }
    case 'sum': {
      if (call.distinct || !argument) return `${name} needs to see all values`;
      if (type?.family !== 'integer' && type?.family !== 'decimal')
        return type?.family === 'float'
          ? `the last digits of ${name} depend on the order of the rows`
          : `the type of ${name} is not known`;
      // sum(integer) is a bigint, and the sum of these a numeric
      const narrow = dialect === 'postgresql' && type.family === 'integer' && type.text !== 'bigint';
      if (narrow && type.text === null) return `the type of ${name} is not known`;
      const combine = ([column = verbatim('')]: readonly Fragment[]): Fragment =>
        narrow ? castTo(sql`sum(${column})`, 'bigint') : sql`sum(${column})`;
      return { parts: [part('sum')], combine };
    }
    case 'min':
    case 'max': {
      if (!type?.deterministic || !ORDERED.has(type.family))
        return `values that are equal for ${name} may look different`;
      const whole = call.function === 'min' ? 'min' : 'max';
      const combine = ([column = verbatim('')]: readonly Fragment[]): Fragment =>
        whole === 'min' ? sql`min(${column})` : sql`max(${column})`;
      return { parts: [part(whole)], combine };
    }
    case 'avg': {
      if (call.distinct || !argument) return `${name} needs to see all values`;
      const exact = (type?.family === 'integer' || type?.family === 'decimal') && type.text !== 'money';
      // elsewhere the number of digits of a quotient follows other rules than that of an average
      if (dialect !== 'postgresql' || !exact) return `${name} would be rounded in another way`;
      const combine = ([total = verbatim(''), rows = verbatim('')]: readonly Fragment[]): Fragment =>
        sql`(sum(${total}) / sum(${rows}))`;
      return { parts: [part('sum'), part('count')], combine };
    }
    default:
      return `${name} cannot be put together from parts`;
  }
}

function partExpression(
  call: FunctionCall,
  of: 'sum' | 'count' | 'min' | 'max',
  write: (e: Expression) => Fragment | null,
): Fragment | null {
  const [argument] = call.args;
  const value = call.star || !argument ? verbatim('*') : write(argument.value);
  if (!value) return null;
  const aggregate = {
    sum: sql`sum(${value})`,
    count: sql`count(${value})`,
    min: sql`min(${value})`,
    max: sql`max(${value})`,
  }[of];
  if (!call.filter) return aggregate;
  const condition = write(call.filter);
  return condition && sql`${aggregate} FILTER (WHERE ${condition})`;
}

function castTo(value: Fragment, type: string): Fragment {
  return sql`CAST(${value} AS ${type})`;
}

/** total for sum(o.total), rows for count(*). */
function suffixOf(statement: AnalyzedStatement, call: FunctionCall): string {
  const argument = call.args[0] ? unwrapParens(call.args[0].value) : null;
  if (!argument || call.star) return 'rows';
  const column = columnOf(argument);
  const text = column ?? statement.text.slice(argument.start, argument.end);
  return text.length <= 24 ? text : 'value';
}

function columnOf(expression: Expression): string | null {
  return expression.kind === 'column' ? (expression.parts.at(-1)?.name ?? null) : null;
}
