import type { Case, Expression, FunctionCall } from '../../sql/ast.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, source, sql } from '../../sql/writing/fragment.ts';
import { postgresqlOnly } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { itemNamedBy } from '../select-item.ts';
import { isPlainlyGrouped, keepName, mustRepeatItems, soleArgument } from './aggregates.ts';

/** `sum(CASE WHEN p THEN 1 ELSE 0 END)` → `count(*) FILTER (WHERE p)`. */
export const sumOfOnes: Pattern = {
  id: 'sum-of-ones-to-count-filter',
  title: 'sum(CASE … 1 ELSE 0) counts rows: count(*) FILTER',
  category: 'aggregation',
  industries: ['analytics'],
  engines: postgresqlOnly(
    'Many rows and several such sums: no value is made, added and carried for rows that do not count.',
  ),
  severity: 'hint',
  description:
    'A number is made and added for every row, to count some of them. FILTER passes over the others, and the rows of a condition can then be seen as such.',
  source: 'Apache Calcite, AggregateCaseToFilterRule',
  precondition:
    'The rows are grouped plainly (a sum over no rows is NULL, a count 0), or the sum stands in COALESCE(…, 0). The numbers are 1 and 0.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, customer_id integer NOT NULL, state text);',
    before:
      "SELECT o.customer_id, sum(CASE WHEN o.state = 'open' THEN 1 ELSE 0 END) AS open FROM orders o GROUP BY o.customer_id",
    after:
      "SELECT o.customer_id, count(*) FILTER (WHERE o.state = 'open') AS open FROM orders o GROUP BY o.customer_id",
  },
  rewrites: true,
  needs: ['aggregate', 'case'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const call of block.aggregates) {
        const match = matchOf(statement, block, call);
        if (match) yield match;
      }
    }
  },
};

function matchOf(statement: AnalyzedStatement, block: Block, call: FunctionCall): Match | null {
  // an aggregate of an outer column alone is one of the block around: count(*) would be one of the block where it stands
  const plain = !call.distinct && !call.over && !call.filter && statement.blockOf(call) === block;
  const argument = plain ? soleArgument(call) : null;
  const counted = argument ? unwrapParens(argument) : null;
  if (counted?.kind !== 'case' || (call.function !== 'sum' && call.function !== 'count')) return null;
  const condition = call.function === 'sum' ? onesOf(statement, counted) : countedRows(statement, counted);
  if (!condition) return null;
  const message =
    call.function === 'sum'
      ? 'The sum of ones and zeros counts rows: count(*) FILTER passes over the rows that do not count.'
      : 'Only rows that meet the condition are counted: FILTER says so without making a value for the others.';
  const around = call.function === 'sum' && !isPlainlyGrouped(block) ? zeroed(statement, block, call) : call;
  if (!around) return blocked(call, message, 'Over no rows at all the sum is NULL and the count is 0.');
  if (mustRepeatItems(block)) return blocked(call, message, 'ORDER BY of DISTINCT repeats the select list.');
  const edits = editing(statement).replace(around, sql`count(*) FILTER (WHERE ${condition})`);
  return offer(
    around,
    message,
    () => keepName(statement, around, 'count', edits).done(),
    call.function === 'sum' ? 'There is at least one row, or the sum of none is taken for 0.' : null,
  );
}

/** The condition of `CASE WHEN p THEN 1 ELSE 0 END`. */
function onesOf(statement: AnalyzedStatement, { operand, branches, otherwise }: Case): Fragment | null {
  const [branch, ...more] = branches;
  if (!branch || more.length > 0 || !isNumber(branch.then, '1') || !otherwise || !isNumber(otherwise, '0'))
    return null;
  return conditionOf(statement, operand, branch.when);
}

/** The condition of `CASE WHEN p THEN 1 END`, with any literal that is not NULL. */
function countedRows(statement: AnalyzedStatement, { operand, branches, otherwise }: Case): Fragment | null {
  const [branch, ...more] = branches;
  if (!branch || more.length > 0) return null;
  const then = unwrapParens(branch.then);
  const rest = otherwise ? unwrapParens(otherwise) : null;
  if (then.kind !== 'literal' || then.type === 'null' || then.type === 'default') return null;
  if (rest && !(rest.kind === 'literal' && rest.type === 'null')) return null;
  return conditionOf(statement, operand, branch.when);
}

/** WHEN of a searched CASE; `x = v` of a simple one whose parts need no parentheses. */
function conditionOf(
  statement: AnalyzedStatement,
  operand: Expression | null,
  when: Expression,
): Fragment | null {
  if (!operand) return source(statement, when);
  return operand.kind === 'column' && when.kind === 'literal'
    ? sql`${source(statement, operand)} = ${source(statement, when)}`
    : null;
}

/** `COALESCE(sum(…), 0)` around the sum, as an item of the select list. */
function zeroed(statement: AnalyzedStatement, block: Block, call: FunctionCall): FunctionCall | null {
  for (const item of block.select.items) {
    const e = unwrapParens(item.expression);
    if (e.kind !== 'call' || e.function !== 'coalesce' || e.args.length !== 2) continue;
    const [first, second] = e.args;
    if (!first || !second || unwrapParens(first.value) !== call || !isNumber(second.value, '0')) continue;
    return itemNamedBy(statement, e) === null || e.name.length === 1 ? e : null;
  }
  return null;
}

function isNumber(expression: Expression, value: string): boolean {
  const e = unwrapParens(expression);
  return e.kind === 'literal' && e.type === 'number' && e.value === value;
}
