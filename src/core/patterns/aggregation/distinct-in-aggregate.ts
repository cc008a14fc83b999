import type { FunctionCall } from '../../sql/ast.ts';
import { determinesRow } from '../../sql/properties/keys.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { editing, type RewriteEdits } from '../../sql/writing/edits.ts';
import { tokensWithin } from '../../sql/writing/ranges.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { columnIn, groupingColumns, keepName, mustRepeatItems, soleArgument } from './aggregates.ts';

/** Aggregates of which a value that comes twice is the same as one that comes once. */
const IDEMPOTENT = new Set(['min', 'max', 'bool_and', 'bool_or', 'every', 'bit_and', 'bit_or']);

/** `max(DISTINCT x)` → `max(x)`. */
export const distinctInExtreme: Pattern = {
  id: 'distinct-in-extreme',
  title: 'DISTINCT inside min(), max() and the like',
  category: 'aggregation',
  engines: allEngines('The engine sorts the values of each group to make them distinct, as PostgreSQL does.'),
  severity: 'info',
  description:
    'The largest value of a list is the same with and without its duplicates. PostgreSQL sorts every group for it.',
  source: 'https://www.postgresql.org/docs/current/sql-expressions.html#SYNTAX-AGGREGATES',
  precondition: 'The aggregate is min, max, bool_and, bool_or, every, bit_and or bit_or.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, customer_id integer, total numeric);',
    before: 'SELECT o.customer_id, max(DISTINCT o.total) FROM orders o GROUP BY o.customer_id',
    after: 'SELECT o.customer_id, max(o.total) FROM orders o GROUP BY o.customer_id',
  },
  rewrites: true,
  needs: ['aggregate', 'distinct call'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const call of block.aggregates) {
        if (!call.distinct || !IDEMPOTENT.has(call.function) || !soleArgument(call)) continue;
        const message = `${call.function}(DISTINCT …) is the same as ${call.function}(…), but sorts the values of each group.`;
        if (mustRepeatItems(block)) {
          yield blocked(call, message, 'ORDER BY of DISTINCT repeats the select list.');
          continue;
        }
        const edits = keepName(statement, call, call.function, withoutDistinct(statement, call));
        const why = 'A value that comes twice changes nothing.';
        // of values that are equal without being the same another one may be the first
        yield isOneOfEquals(statement, call)
          ? offerToTest(call, message, () => edits.done(), why)
          : offer(call, message, () => edits.done(), why);
      }
    }
  },
};

function isOneOfEquals(statement: AnalyzedStatement, call: FunctionCall): boolean {
  const argument = soleArgument(call);
  return !(argument && typeOf(argument, statement)?.deterministic);
}

/** `count(DISTINCT key)` → `count(key)`. */
export const distinctOfKey: Pattern = {
  id: 'distinct-of-key-in-aggregate',
  title: 'count(DISTINCT key): the values are distinct already',
  category: 'aggregation',
  engines: allEngines('Many rows are counted: the sort or the hash of all their keys is spared.'),
  severity: 'info',
  description:
    'The values of each group are sorted or hashed to remove duplicates that cannot exist, because they and the grouping columns contain a key of every table.',
  source: 'Paulley and Larson, "Exploiting uniqueness in query optimization", ICDE 1994',
  precondition:
    'The counted column and the grouping columns determine the row of every table by unique, NOT NULL keys and the equalities of joins. Sums only of exact numbers.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, customer_id integer NOT NULL);',
    before: 'SELECT o.customer_id, count(DISTINCT o.order_id) FROM orders o GROUP BY o.customer_id',
    after: 'SELECT o.customer_id, count(o.order_id) FROM orders o GROUP BY o.customer_id',
  },
  rewrites: true,
  needs: ['aggregate', 'distinct call'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const call of block.aggregates) {
        const match = keyMatch(statement, block, call);
        if (match) yield match;
      }
    }
  },
};

function keyMatch(statement: AnalyzedStatement, block: Block, call: FunctionCall): Match | null {
  if (!call.distinct || !['count', 'sum', 'avg'].includes(call.function) || !block.resolved) return null;
  const column = columnIn(statement, soleArgument(call));
  if (!column || column.source.block !== block || (block.select.groupBy?.sets.length ?? 0) > 0) return null;
  const family = typeOf(column.reference, statement)?.family;
  // the last digit of a sum of floats depends on the order in which they are added
  if (call.function !== 'count' && family !== 'integer' && family !== 'decimal') return null;
  const keys = block.groupBy.map((key) => columnIn(statement, key)).filter((key) => key !== null);
  const given = [column, ...keys].map((one) => ({ source: one.source, column: one.name }));
  if (!determinesRow(block, given, statement)) return null;
  const message = `The values of ${column.name} are distinct already: DISTINCT sorts or hashes them for nothing.`;
  if (mustRepeatItems(block)) return blocked(call, message, 'ORDER BY of DISTINCT repeats the select list.');
  const edits = keepName(statement, call, call.function, withoutDistinct(statement, call));
  const grouped = groupingColumns(statement, block);
  const by = grouped && grouped.length > 0 ? ` with ${grouped.map((key) => key.name).join(', ')}` : '';
  return offer(call, message, () => edits.done(), `${column.name}${by} determines the row.`);
}

function withoutDistinct(statement: AnalyzedStatement, call: FunctionCall): RewriteEdits {
  const edits = editing(statement);
  const [argument] = call.args;
  const word = tokensWithin(statement.tokens, call).find((token) => token.upper === 'DISTINCT');
  if (!argument || !word || word.start > argument.start) return edits.fail();
  return edits.remove({ start: word.start, end: argument.start });
}
