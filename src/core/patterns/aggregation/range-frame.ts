import type { FunctionCall, Window } from '../../sql/ast.ts';
import { aggregateResult } from '../../sql/properties/functions.ts';
import { determinesRow } from '../../sql/properties/keys.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { sql } from '../../sql/writing/fragment.ts';
import { offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { columnIn } from './aggregates.ts';
import { windowEngines } from './window-engines.ts';

/** `sum(x) OVER (ORDER BY id)` → `… ROWS UNBOUNDED PRECEDING`. */
export const rangeFrameToRows: Pattern = {
  id: 'range-frame-to-rows',
  title: 'Running total with the default RANGE frame: ROWS',
  category: 'aggregation',
  industries: ['analytics', 'time-series'],
  engines: windowEngines(
    'SQL Server spools RANGE frames to disk and ROWS frames in memory; elsewhere the search for rows that tie is spared.',
  ),
  severity: 'info',
  description:
    'Without a frame of its own a window with ORDER BY is RANGE UNBOUNDED PRECEDING: the rows that tie with the current one count, too, and are looked for at every row. Where nothing can tie, ROWS is the same and cheaper.',
  source:
    'https://learn.microsoft.com/sql/t-sql/queries/select-over-clause-transact-sql; Ben-Gan, "T-SQL Window Functions", 2019',
  precondition:
    'PARTITION BY and ORDER BY of the window together contain a key of every table: no two rows of a partition tie.',
  example: {
    schema: 'CREATE TABLE payments (id int PRIMARY KEY, account_id int NOT NULL, amount numeric);',
    before:
      'SELECT p.id, sum(p.amount) OVER (PARTITION BY p.account_id ORDER BY p.id) AS balance FROM payments p',
    after:
      'SELECT p.id, sum(p.amount) OVER (PARTITION BY p.account_id ORDER BY p.id ROWS UNBOUNDED PRECEDING) AS balance FROM payments p',
  },
  rewrites: true,
  needs: ['window call'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (block.grouped || !block.resolved) continue;
      for (const call of block.windows) {
        const match = matchOf(statement, block, call);
        if (match) yield match;
      }
    }
  },
};

/** Functions whose value the frame decides. */
const FRAMED = new Set(['first_value', 'last_value', 'nth_value']);

function matchOf(statement: AnalyzedStatement, block: Block, call: FunctionCall): Match | null {
  const { over } = call;
  if (over?.kind !== 'window' || over.base || over.orderBy.length === 0 || !isDefaultFrame(over)) return null;
  if (aggregateResult(call) === undefined && !FRAMED.has(call.function)) return null;
  const columns = [...over.partitionBy, ...over.orderBy.map((item) => item.expression)]
    .map((expression) => columnIn(statement, expression))
    .filter((column) => column?.source.block === block)
    .flatMap((column) => (column ? [{ source: column.source, column: column.name }] : []));
  if (over.orderBy.some((item) => item.using) || !determinesRow(block, columns, statement)) return null;
  const edits = editing(statement);
  if (over.frame) edits.replace(over.frame, sql`ROWS UNBOUNDED PRECEDING`);
  else edits.insert(over.end - 1, sql` ROWS UNBOUNDED PRECEDING`);
  const message =
    'No two rows of a partition tie, so ROWS gives the same as the default RANGE, without looking for ties.';
  return offer(
    call,
    message,
    () => edits.done(),
    'PARTITION BY and ORDER BY contain a key: no two rows tie.',
  );
}

/** No frame, or RANGE UNBOUNDED PRECEDING up to the current row. */
function isDefaultFrame({ frame }: Window): boolean {
  if (!frame) return true;
  return (
    frame.unit === 'RANGE' &&
    frame.from.edge === 'UNBOUNDED PRECEDING' &&
    (frame.to === null || frame.to.edge === 'CURRENT ROW') &&
    frame.exclude === null
  );
}
