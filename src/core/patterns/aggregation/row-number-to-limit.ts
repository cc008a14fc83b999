import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, lineBreak, source, sql } from '../../sql/writing/fragment.ts';
import { columnOf } from '../../sql/writing/identifiers.ts';
import { tokensWithin } from '../../sql/writing/ranges.ts';
import { postgresqlOnly } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { columnIn } from './aggregates.ts';
import {
  leavesNoTies,
  type NumberedRows,
  numberedRows,
  orderObstacle,
  withoutNumber,
} from './numbered-rows.ts';
import { windowEngines } from './window-engines.ts';

/** `WHERE rn <= 10` over `row_number() OVER (ORDER BY x)` → `ORDER BY x LIMIT 10`. */
export const rowNumberToLimit: Pattern = {
  id: 'row-number-to-limit',
  title: 'First rows by row_number() over everything: LIMIT',
  category: 'aggregation',
  industries: ['saas'],
  engines: windowEngines(
    'Always when many rows are numbered: LIMIT keeps the first in memory, or reads an index in their order, where numbering sorts all.',
  ),
  severity: 'warning',
  description:
    'All rows are sorted, numbered and put aside to keep the first few. ORDER BY with LIMIT keeps only those while it reads, and can stop early in an index. It is how pages were written before OFFSET was there.',
  source: 'https://use-the-index-luke.com/sql/partial-results/window-functions',
  precondition:
    'row_number() has no PARTITION BY, its number is compared with whole numbers only and not shown, and ORDER BY means the same for the query as for the window. When it leaves ties, which rows get the first numbers was open before and is after.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total numeric NOT NULL);',
    before:
      'SELECT d.id, d.total FROM (SELECT o.id, o.total, row_number() OVER (ORDER BY o.total DESC, o.id) AS rn FROM orders o) d WHERE d.rn <= 10',
    after:
      'SELECT d.id, d.total FROM (SELECT o.id, o.total FROM orders o ORDER BY o.total DESC, o.id LIMIT 10) d',
  },
  rewrites: true,
  needs: ['derived', 'window call'],
  *find(statement) {
    for (const outer of statement.blocks) {
      for (const rows of numberedRows(statement, outer)) {
        if (rows.window.partitionBy.length === 0) yield limited(statement, rows);
      }
    }
  },
};

function limited(statement: AnalyzedStatement, rows: NumberedRows): Match {
  const { call, window, inner, first, last } = rows;
  const message = `All rows are numbered to keep ${first === 1n ? `the first ${last}` : `numbers ${first} to ${last}`}. LIMIT finds these without numbering the others.`;
  if (rows.shown) return blocked(call, message, 'The number is read elsewhere, too.');
  const why = orderObstacle(statement, rows);
  if (why !== null) return blocked(call, message, why);
  const edits = withoutNumber(editing(statement), rows);
  const order = joinFragments(window.orderBy.map((item) => source(statement, item)));
  const lines = [sql`ORDER BY ${order}`, rowsOf(statement, rows)];
  edits.insert(inner.select.end, joinFragments([sql``, ...lines], lineBreak()));
  if (rows.orderedBy) {
    const outside = orderOutside(statement, rows);
    if (!outside) return blocked(call, message, 'The query around it is ordered by the number.');
    edits.replace(rows.orderedBy, outside);
  }
  return leavesNoTies(statement, rows)
    ? offer(call, message, () => edits.done(), 'ORDER BY contains a key: no two rows tie.')
    : offerToTest(
        call,
        message,
        () => edits.done(),
        'Which of several rows that tie get the first numbers is left open by the statement.',
      );
}

function rowsOf({ dialect }: AnalyzedStatement, { first, last }: NumberedRows): Fragment {
  const count = String(last - first + 1n);
  const skipped = String(first - 1n);
  if (dialect === 'tsql') return sql`OFFSET ${skipped} ROWS FETCH NEXT ${count} ROWS ONLY`;
  return first === 1n ? sql`LIMIT ${count}` : sql`LIMIT ${count} OFFSET ${skipped}`;
}

/** ORDER BY of the query around it by the columns that the window is ordered by, when the subquery shows them. */
function orderOutside(
  statement: AnalyzedStatement,
  { outer, inner, derived, window, orderedBy }: NumberedRows,
): Fragment | null {
  if (outer.query.orderBy.length !== 1 || orderedBy?.nulls || outer.grouped || outer.select.distinct)
    return null;
  if (orderedBy?.direction === 'desc') return null;
  const items = window.orderBy.map((item) => {
    const column = columnIn(statement, unwrapParens(item.expression));
    const output = inner.outputs.find(
      (one) => one.name && one.source === column?.source && one.column?.name === column?.name,
    );
    if (!column || !output?.name || item.using) return null;
    const name = columnOf(derived, output.name, statement.dialect);
    const rest = source(statement, { start: item.expression.end, end: item.end });
    return joinFragments([name, rest], sql``);
  });
  return items.includes(null) ? null : joinFragments(items.filter((item) => item !== null));
}

/** `WHERE rn = 1` over `row_number() OVER (PARTITION BY k ORDER BY x)` → `DISTINCT ON (k) … ORDER BY k, x`. */
export const rowNumberToDistinctOn: Pattern = {
  id: 'row-number-to-distinct-on',
  title: 'First row of each group by row_number(): DISTINCT ON',
  category: 'aggregation',
  engines: postgresqlOnly(
    'An index on (group, order) gives the rows in order, so that nothing is numbered; without one the two are about equal (measured 0.95).',
  ),
  severity: 'hint',
  description:
    'Every row is numbered within its group, and all but the first are thrown away. DISTINCT ON takes the first of each group as they come, without a number.',
  source: 'https://www.postgresql.org/docs/current/sql-select.html#SQL-DISTINCT',
  precondition:
    'The number is compared with 1 only and not shown, and PARTITION BY and ORDER BY mean the same for the query as for the window. When ORDER BY leaves ties, which row is the first was open before and is after.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, placed_at timestamp NOT NULL);',
    before:
      'SELECT d.customer_id, d.id FROM (SELECT o.id, o.customer_id, row_number() OVER (PARTITION BY o.customer_id ORDER BY o.placed_at DESC, o.id) AS rn FROM orders o) d WHERE d.rn = 1',
    after:
      'SELECT d.customer_id, d.id FROM (SELECT DISTINCT ON (o.customer_id) o.id, o.customer_id FROM orders o ORDER BY o.customer_id, o.placed_at DESC, o.id) d',
  },
  rewrites: true,
  needs: ['derived', 'window call'],
  *find(statement) {
    for (const outer of statement.blocks) {
      for (const rows of numberedRows(statement, outer)) {
        if (rows.window.partitionBy.length > 0 && rows.first === 1n && rows.last === 1n)
          yield firstOfEach(statement, rows);
      }
    }
  },
};

function firstOfEach(statement: AnalyzedStatement, rows: NumberedRows): Match {
  const { call, window, inner } = rows;
  const message =
    'All rows are numbered to keep the first of each group. DISTINCT ON keeps it without numbers.';
  if (rows.shown || rows.orderedBy) return blocked(call, message, 'The number is read elsewhere, too.');
  const why = orderObstacle(statement, rows);
  if (why !== null) return blocked(call, message, why);
  const keys = joinFragments(window.partitionBy.map((key) => source(statement, key)));
  const order = joinFragments(
    [...window.partitionBy, ...window.orderBy].map((one) => source(statement, one)),
  );
  const word = tokensWithin(statement.tokens, inner.select.clauses.select)[0];
  const edits = withoutNumber(editing(statement), rows);
  if (word) edits.insert(word.end, sql` DISTINCT ON (${keys})`);
  else edits.fail();
  edits.insert(inner.select.end, joinFragments([sql``, sql`ORDER BY ${order}`], lineBreak()));
  return leavesNoTies(statement, rows)
    ? offer(
        call,
        message,
        () => edits.done(),
        'PARTITION BY and ORDER BY contain a key: no two rows of a group tie.',
      )
    : offerToTest(
        call,
        message,
        () => edits.done(),
        'Which of several rows that tie is the first is left open by the statement.',
      );
}
