import type { Top } from '../../sql/ast.ts';
import type { Block } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** `SELECT TOP 100 PERCENT … ORDER BY x` in a view or subquery → neither. */
export const top100Percent: Pattern = {
  id: 'top-100-percent',
  title: 'TOP 100 PERCENT to sort a view or a subquery',
  category: 'pagination',
  engines: [
    { dialect: 'tsql', pays: 'Hardly: the optimizer ignores it, and so does the order that was hoped for.' },
  ],
  severity: 'warning',
  description:
    'All rows are the top 100 percent. It is written to get ORDER BY into a view or a subquery, but since SQL Server 2005 that does not order the result: only ORDER BY of the outermost query does.',
  source: 'https://learn.microsoft.com/sql/t-sql/queries/top-transact-sql',
  precondition:
    'TOP is 100 PERCENT. In a subquery or a view ORDER BY goes with it, as nobody sees that order.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total decimal(10, 2));',
    before: 'SELECT o.id FROM (SELECT TOP 100 PERCENT id, total FROM orders ORDER BY total) o',
    after: 'SELECT o.id FROM (SELECT id, total FROM orders) o',
  },
  rewrites: true,
  styleOnly: true,
  needs: ['top'],
  *find(statement) {
    for (const block of statement.blocks) {
      const { top } = block.select;
      if (!top || !isEverything(top) || block.query.trailing.length > 0 || block.query.limit) continue;
      const edits = editing(statement).removeClause(top);
      const inside = !isOutermost(block, statement.tree.kind);
      if (inside && block.query.orderBy.length > 0) edits.removeOrderBy(block.query);
      yield offer(
        top,
        inside
          ? 'TOP 100 PERCENT leaves nothing out, and ORDER BY beside it does not order the query around it.'
          : 'TOP 100 PERCENT leaves nothing out.',
        () => edits.done(),
        'The top 100 percent are all rows.',
      );
    }
  },
};

function isEverything({ percent, count }: Top): boolean {
  const e = unwrapParens(count);
  return percent && e.kind === 'literal' && e.type === 'number' && Number(e.value) === 100;
}

/** ORDER BY is the result's own; that of INSERT … SELECT numbers the rows. */
function isOutermost(block: Block, tree: string): boolean {
  return block.role === 'statement' || (block.role === 'source' && tree !== 'createView') || block.setBranch;
}
