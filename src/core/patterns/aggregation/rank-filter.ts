import type { Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement, Block, Conjunct } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source, sql } from '../../sql/writing/fragment.ts';
import { postgresqlOnly } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { columnIn } from './aggregates.ts';

const NUMBERS = new Set(['row_number', 'rank', 'dense_rank']);

/** `WHERE d.place IN (1, 2)` over `rank()` → `… AND d.place <= 2`. */
export const rankFilterToRunCondition: Pattern = {
  id: 'rank-filter-to-run-condition',
  title: 'A list of ranks: say the largest, too, so that ranking can stop',
  category: 'aggregation',
  industries: ['analytics', 'e-commerce'],
  engines: postgresqlOnly(
    'Partitions are large: ranking stops behind the largest number that is asked for.',
    15,
  ),
  severity: 'info',
  description:
    'PostgreSQL stops a window function that only grows as soon as a comparison with < or <= says that no more is wanted (a run condition). It does not see that in IN, so every row is ranked.',
  source:
    'https://www.postgresql.org/docs/15/release-15.html (window functions that use row_number(), rank() and count() are run more efficiently)',
  precondition:
    'A condition says that row_number(), rank() or dense_rank() of a derived table is in a list of whole numbers; the largest is an upper bound that follows from it.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total numeric);',
    before:
      'SELECT d.id FROM (SELECT o.id, rank() OVER (PARTITION BY o.customer_id ORDER BY o.total) AS place FROM orders o) d WHERE d.place IN (1, 2)',
    after:
      'SELECT d.id FROM (SELECT o.id, rank() OVER (PARTITION BY o.customer_id ORDER BY o.total) AS place FROM orders o) d WHERE d.place IN (1, 2) AND d.place <= 2',
  },
  rewrites: true,
  needs: ['in', 'where'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const conjunct of block.where) {
        const match = matchOf(statement, block, conjunct);
        if (match) yield match;
      }
    }
  },
};

function matchOf(statement: AnalyzedStatement, block: Block, conjunct: Conjunct): Match | null {
  const e = conjunct.expression;
  if (e.kind !== 'in' || e.negated || !e.list || e.list.length < 2 || !isRank(statement, e.operand))
    return null;
  const values = e.list.map(wholeOf);
  if (values.includes(null) || block.where.some((other) => isBound(statement, other, e.operand))) return null;
  const largest = values.reduce((a, b) => ((a ?? 0n) > (b ?? 0n) ? a : b)) ?? 0n;
  const edits = () =>
    editing(statement)
      .addConjunct(block, sql`${source(statement, e.operand)} <= ${String(largest)}`)
      .done();
  const name = statement.text.slice(e.operand.start, e.operand.end);
  return offer(
    conjunct.range,
    `Every row is ranked, as IN does not tell the planner that ranking may stop behind ${largest}.`,
    edits,
    `${name} is one of the numbers of the list, so it is at most ${largest}.`,
  );
}

/** The column of a derived table that is a number which grows along its partition. */
function isRank(statement: AnalyzedStatement, operand: Expression): boolean {
  const column = columnIn(statement, operand);
  const query = column?.source.kind === 'derived' ? column.source.query : null;
  const [inner, ...more] = query ? statement.blocksOfQuery(query) : [];
  if (!column || !inner || more.length > 0) return false;
  const output = inner.outputs.find((one) => one.name === column.name);
  const call = output?.expression ? unwrapParens(output.expression) : null;
  return call?.kind === 'call' && NUMBERS.has(call.function) && inner.windows.includes(call);
}

function wholeOf(expression: Expression): bigint | null {
  const e = unwrapParens(expression);
  return e.kind === 'literal' && e.type === 'number' && /^\d{1,9}$/.test(e.value) ? BigInt(e.value) : null;
}

/** An upper bound is said already. */
function isBound(statement: AnalyzedStatement, { expression }: Conjunct, operand: Expression): boolean {
  if (expression.kind !== 'binary' || !['<', '<=', '='].includes(expression.operator)) return false;
  const [own, other] = [columnIn(statement, operand), columnIn(statement, expression.left)];
  return own !== null && own.source === other?.source && own.name === other.name;
}
