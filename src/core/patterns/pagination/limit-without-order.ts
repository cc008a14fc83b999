import type { Top } from '../../sql/ast.ts';
import { determinesRow, mayReturnSets } from '../../sql/properties/keys.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** `LIMIT 20` without ORDER BY: any rows. */
export const limitWithoutOrder: Pattern = {
  id: 'limit-without-order-by',
  title: 'LIMIT without ORDER BY',
  category: 'pagination',
  engines: allEngines('It is a question of results, not of speed.'),
  severity: 'info',
  description:
    'Which rows come back is left to chance: it changes with the plan, with parallel workers, after an UPDATE. Pages overlap or miss rows.',
  source: 'https://www.postgresql.org/docs/current/queries-limit.html',
  precondition:
    'A query has LIMIT or OFFSET and no ORDER BY, may have several rows, and is not inside of EXISTS.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric);',
    before: 'SELECT * FROM orders LIMIT 20',
    after: null,
  },
  rewrites: false,
  needs: ['few rows'],
  *find(statement) {
    for (const block of statement.blocks) {
      const { query, role } = block;
      const limit = query.limit ?? limitingTop(block.select.top);
      if (!limit || query.orderBy.length > 0 || query.body !== block.select || role === 'exists') continue;
      if (block.sources.length === 0 || hasOneRow(statement, block)) continue;
      if (limit.count?.kind === 'literal' && limit.count.value === '0') continue;
      yield advice(
        limit,
        'Without ORDER BY any rows may come back, and others the next time. Order by columns that leave no ties, or say that any row will do.',
      );
    }
  },
};

/** TOP that leaves rows out: not TOP 100 PERCENT. */
function limitingTop(top: Top | null): Top | null {
  const all = top?.percent && top.count.kind === 'literal' && Number(top.count.value) >= 100;
  return all ? null : top;
}

/** One row at most, without LIMIT: an aggregate over everything, or equality with a key. */
function hasOneRow(statement: AnalyzedStatement, block: Block): boolean {
  if (mayReturnSets(block, statement)) return false;
  return block.grouped ? block.select.groupBy === null : determinesRow(block, [], statement);
}
