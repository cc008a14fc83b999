import type { FunctionCall } from '../../sql/ast.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { hasSubquery } from '../subquery-shape.ts';
import { columnIn, soleArgument } from './aggregates.ts';

/** `SELECT MIN(x), MAX(x) FROM t` → two scalar subqueries, each of which reads one end of the index. */
export const minMaxByIndex: Pattern = {
  id: 'min-and-max-by-index',
  title: 'MIN and MAX in one query: one look-up each',
  category: 'aggregation',
  industries: ['time-series'],
  engines: [
    {
      dialect: 'tsql',
      pays: 'An index begins with the column: MIN alone and MAX alone are look-ups at its ends, both together are a scan.',
    },
  ],
  severity: 'info',
  description:
    'SQL Server turns a lone MIN or MAX of an indexed column into the first or last entry of the index, but reads all of it for both in one query. PostgreSQL, MySQL and MariaDB take both ends themselves.',
  source: 'https://learn.microsoft.com/sql/relational-databases/query-processing-architecture-guide',
  precondition:
    'One table; only MIN and MAX are selected, each of a column that an index begins with; conditions do not depend on when they are asked.',
  example: {
    schema:
      'CREATE TABLE readings (id int NOT NULL PRIMARY KEY, taken_at date); CREATE INDEX r ON readings (taken_at);',
    before: 'SELECT MIN(r.taken_at) AS earliest, MAX(r.taken_at) AS latest FROM readings r',
    after:
      'SELECT (SELECT MIN(r.taken_at) FROM readings r) AS earliest, (SELECT MAX(r.taken_at) FROM readings r) AS latest',
  },
  rewrites: true,
  *find(statement) {
    for (const block of statement.blocks) {
      const match = matchOf(statement, block);
      if (match) yield match;
    }
  },
};

function matchOf(statement: AnalyzedStatement, block: Block): Match | null {
  const [table, ...more] = block.sources;
  if (!table || more.length > 0 || !isPlain(block) || !isQuiet(statement, block)) return null;
  const calls = block.select.items.map((item) => unwrapParens(item.expression));
  if (calls.length < 2 || !calls.every((call) => isExtreme(statement, call, block, table))) return null;
  const { from, where } = block.select.clauses;
  const first = block.select.items[0];
  if (!from || !first) return null;
  const rest = where ? sql`${source(statement, from)} ${source(statement, where)}` : source(statement, from);
  const items = block.select.items.map((item) => {
    const alias = item.alias ? sql` AS ${source(statement, item.alias)}` : sql``;
    return sql`(SELECT ${source(statement, item.expression)} ${rest})${alias}`;
  });
  const edits = () =>
    editing(statement)
      .replaceSelectList(block, joinFragments(items))
      .removeClause({ start: from.start, end: where?.end ?? from.end })
      .done();
  const message = `Both ends of ${table.alias} in one query are a scan; each by itself is a look-up in the index.`;
  return offer(first, message, edits, 'Each aggregate reads the same rows as before.');
}

function isPlain({ select, query, role, setBranch }: Block): boolean {
  return (
    query.body === select &&
    !setBranch &&
    (role === 'statement' || role === 'derived' || role === 'cte') &&
    query.orderBy.length === 0 &&
    query.limit === null &&
    query.trailing.length === 0 &&
    select.groupBy === null &&
    select.having === null &&
    select.distinct === null &&
    select.top === null &&
    select.into === null
  );
}

/** The conditions may be asked twice, and stand for themselves. */
function isQuiet(statement: AnalyzedStatement, block: Block): boolean {
  return (
    block.resolved &&
    block.outerReferences.length === 0 &&
    block.children.length === 0 &&
    block.where.every(({ expression }) => isDeterministic(expression, statement) && !hasSubquery(expression))
  );
}

function isExtreme(
  statement: AnalyzedStatement,
  call: ReturnType<typeof unwrapParens>,
  block: Block,
  table: Source,
): boolean {
  if (call.kind !== 'call' || !block.aggregates.includes(call as FunctionCall)) return false;
  if (!['min', 'max'].includes(call.function) || call.distinct || call.over) return false;
  const column = columnIn(statement, soleArgument(call));
  if (column?.source !== table) return false;
  return (table.table?.indexes ?? []).some(
    (index) => index.valid && index.predicate === null && index.columns[0]?.column === column.name,
  );
}
