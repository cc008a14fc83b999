import type { FunctionCall } from '../../sql/ast.ts';
import { isNotNull } from '../../sql/properties/not-null.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { verbatim } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { columnIn, keepName, mustRepeatItems, soleArgument } from './aggregates.ts';

/** `count(x)` with an x that is never NULL → `count(*)`. */
export const countOfNotNull: Pattern = {
  id: 'count-of-not-null',
  title: 'count(x) of a column that is never NULL: count(*)',
  category: 'aggregation',
  engines: allEngines(
    'The column is in no index that the query could read alone, or is costly to unpack: count(*) may read any index.',
  ),
  severity: 'hint',
  description:
    'Every row is looked at to see whether the column is NULL, which it cannot be. count(*) counts rows and may read the smallest index.',
  source: 'https://www.postgresql.org/docs/current/functions-aggregate.html; soar FUN.002, FUN.005',
  precondition:
    'The counted column is declared NOT NULL (and not on the null-supplied side of an outer join), or WHERE rejects its NULLs, or a literal is counted.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, customer_id integer NOT NULL);',
    before: 'SELECT count(o.customer_id) AS orders FROM orders o',
    after: 'SELECT count(*) AS orders FROM orders o',
  },
  rewrites: true,
  needs: ['aggregate', 'calls count'],
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
  const argument = call.function === 'count' && !call.distinct && !call.over ? soleArgument(call) : null;
  // an aggregate of an outer column alone is one of the block around: count(*) would be one of the block where it stands
  if (!argument || statement.blockOf(call) !== block) return null;
  const column = columnIn(statement, argument);
  const literal = unwrapParens(argument).kind === 'literal';
  if (!literal && column?.source.block !== block) return null;
  const text = statement.text.slice(argument.start, argument.end);
  const message = `count(${text}) looks for NULLs in every row. count(*) counts the rows.`;
  if (!isNotNull(argument, block, statement))
    return column?.sourceColumn?.notNull && column.source.nullSupplied
      ? blocked(call, message, `${text} is NULL in rows that the outer join fills up.`)
      : null;
  if (mustRepeatItems(block)) return blocked(call, message, 'ORDER BY of DISTINCT repeats the select list.');
  const edits = keepName(statement, call, 'count', editing(statement).replace(argument, verbatim('*')));
  return offer(call, message, () => edits.done(), `${text} is not NULL in any row that is counted.`);
}
