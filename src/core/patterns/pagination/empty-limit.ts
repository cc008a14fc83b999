import type { Limit, Query } from '../../sql/ast.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { tokensWithin } from '../../sql/writing/ranges.ts';
import { offer, offerToTest } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';

/** Not T-SQL: FETCH and an ORDER BY in a subquery cannot do without OFFSET there. */
const ENGINES: readonly EngineSupport[] = (['postgresql', 'mysql', 'mariadb'] as const).map((dialect) => ({
  dialect,
  pays:
    dialect === 'postgresql'
      ? 'In a subquery: without it the planner may merge the subquery and push filters into it.'
      : 'Hardly: it says less with the same meaning.',
}));

/** `LIMIT 20 OFFSET 0` → `LIMIT 20`; `LIMIT ALL` → nothing. */
export const emptyLimit: Pattern = {
  id: 'limit-that-limits-nothing',
  title: 'OFFSET 0 or LIMIT ALL',
  category: 'pagination',
  engines: ENGINES,
  severity: 'hint',
  description:
    'No row is skipped and none is left out. In a subquery it keeps PostgreSQL from merging the subquery and from pushing filters into it, which is sometimes meant, and often forgotten.',
  source: 'https://www.postgresql.org/docs/current/queries-limit.html',
  precondition:
    'The offset is the literal 0, or the limit ALL or NULL. In a subquery it may be a fence that was put there: then the rewrite is to be tested.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total numeric);',
    before: 'SELECT o.id, o.total FROM orders o ORDER BY o.id LIMIT 20 OFFSET 0',
    after: 'SELECT o.id, o.total FROM orders o ORDER BY o.id LIMIT 20',
  },
  rewrites: true,
  needs: ['limit'],
  *find(statement) {
    const seen = new Set<Query>();
    for (const block of statement.blocks) {
      const { limit } = block.query;
      if (!limit || seen.has(block.query)) continue;
      seen.add(block.query);
      const match = matchOf(statement, block, limit);
      if (match) yield match;
    }
  },
};

function matchOf(statement: AnalyzedStatement, block: Block, limit: Limit): Match | null {
  const noOffset = isZero(limit) ? limit.offsetRange : null;
  const noCount = isUnlimited(statement, limit) ? limit.countRange : null;
  if (!noOffset && !noCount) return null;
  const edits = editing(statement);
  const { offset, count, countRange, offsetRange } = limit;
  const nothingLeft =
    (noOffset || !offset) && (noCount || !count) && !(count === null && countRange && !noCount);
  if (nothingLeft) edits.removeClause(limit);
  else if (noCount) edits.removeClause(noCount);
  // MySQL's LIMIT 0, 20
  else if (offset && count && countRange?.start === offsetRange?.start)
    edits.remove({ start: offset.start, end: count.start });
  else edits.removeClause(noOffset);
  const range = noOffset ?? noCount ?? limit;
  const words = statement.text.slice(range.start, range.end);
  if (block.role === 'statement')
    return offer(
      range,
      `${words} leaves nothing out.`,
      () => edits.done(),
      'No row is skipped, and none is left out.',
    );
  return offerToTest(
    range,
    `${words} leaves nothing out, but keeps the planner from merging the subquery. Is it meant as a fence?`,
    () => edits.done(),
    'No filter of the query around it may raise an error for a row that the subquery leaves out.',
  );
}

function isZero({ offset }: Limit): boolean {
  const e = offset ? unwrapParens(offset) : null;
  return e?.kind === 'literal' && e.type === 'number' && /^0+$/.test(e.value);
}

/** LIMIT ALL or LIMIT NULL; FETCH FIRST ROW without a number is one row. */
function isUnlimited(statement: AnalyzedStatement, { count, countRange }: Limit): boolean {
  if (!countRange || statement.dialect !== 'postgresql') return false;
  const e = count ? unwrapParens(count) : null;
  if (e) return e.kind === 'literal' && e.type === 'null';
  return tokensWithin(statement.tokens, countRange).some((token) => token.upper === 'ALL');
}
