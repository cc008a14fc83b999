import type { Node, SelectItem } from '../../sql/ast.ts';
import { nodesOfKind } from '../../sql/properties/nodes.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { referencesTo } from '../../sql/properties/usage.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import { contains } from '../../sql/text.ts';
import { editing } from '../../sql/writing/edits.ts';
import { allEngines } from '../engines.ts';
import { removeListItems } from '../list-items.ts';
import { offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/** A window function or aggregate of a derived table or CTE whose column nobody reads. */
export const unusedComputedColumn: Pattern = {
  id: 'unused-window-column',
  title: 'Window function or aggregate of a subquery that nobody reads',
  category: 'aggregation',
  industries: ['analytics'],
  engines: allEngines(
    'The rows of the subquery are many, and it is materialized: a CTE in PostgreSQL, every one with window functions in MySQL and MariaDB.',
  ),
  severity: 'warning',
  description:
    'The rows of a subquery are sorted or added up for a column that the query around it does not read. Planners leave plain columns out, but not always what is computed over many rows.',
  source:
    'https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-CTE-MATERIALIZATION; sqlcheck, implicit columns',
  precondition:
    'No query that reads the derived table or CTE reads the column, which is not sorted by inside either; nothing is DISTINCT or limited inside, and another column is left. What could raise an error is to be tested.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total numeric);',
    before:
      'SELECT d.id FROM (SELECT o.id, o.total, rank() OVER (PARTITION BY o.customer_id ORDER BY o.total) AS place FROM orders o) d WHERE d.total > 5',
    after: 'SELECT d.id FROM (SELECT o.id, o.total FROM orders o) d WHERE d.total > 5',
  },
  rewrites: true,
  needs: [
    ['as derived', 'as cte'],
    ['window call', 'aggregate'],
  ],
  *find(statement) {
    for (const block of statement.blocks) {
      const readers = isPlain(block) ? readersOf(statement, block) : null;
      if (!readers || readers.length === 0) continue;
      const match = matchOf(statement, block, readers);
      if (match) yield match;
    }
  },
};

function isPlain(block: Block): boolean {
  const { select, query } = block;
  return (
    query.body === select &&
    query.limit === null &&
    query.locking.length === 0 &&
    query.trailing.length === 0 &&
    select.distinct === null &&
    select.top === null &&
    select.into === null &&
    select.qualify === null &&
    select.windows.length === 0 &&
    block.resolved &&
    block.windows.length + block.aggregates.length > 0 &&
    select.items.length > 1 &&
    select.items.every((item) => item.expression.kind !== 'star')
  );
}

/** The FROM items that read the block's rows; null when somebody else may. */
function readersOf(statement: AnalyzedStatement, block: Block): readonly Source[] | null {
  if (block.role === 'derived') {
    const reader = block.parent?.sources.find((source) => source.query === block.query);
    return reader && reader.node.kind === 'derived' && !reader.node.alias?.columns.length ? [reader] : null;
  }
  if (block.role !== 'cte') return null;
  const cte = statement.ctes.find((one) => one.query === block.query);
  const named = cte?.uses.some((use) => use.node.kind === 'table' && use.node.alias?.columns.length);
  return cte && !cte.recursive && cte.node.columns.length === 0 && !named ? cte.uses : null;
}

function matchOf(statement: AnalyzedStatement, block: Block, readers: readonly Source[]): Match | null {
  // count(d.*) reads all columns without naming them
  if (hasStarInside(statement)) return null;
  const uses = readers.map((reader) => referencesTo(reader, statement));
  if (uses.includes(null)) return null;
  const read = new Set(uses.flatMap((refs) => (refs ?? []).map((ref) => ref.parts.at(-1)?.name)));
  const unread = block.outputs.flatMap(({ item, name }) =>
    item && name && !read.has(name) && isComputed(block, item) ? [item] : [],
  );
  const removed = unread.filter((item) => isRemovable(statement, block, item, unread));
  const [first] = removed;
  if (!first || removed.length === block.select.items.length) return null;
  const names = removed
    .map((item) => item.alias?.text ?? statement.text.slice(item.start, item.end))
    .join(', ');
  const message = `${names} is computed for every row of the subquery, and nobody reads it.`;
  const edits = () => removeListItems(editing(statement), block.select.items, new Set(removed)).done();
  const why = `No query that reads the subquery reads ${names}.`;
  return removed.some((item) => canRaise(item.expression, statement))
    ? offerToTest(first, message, edits, why)
    : offer(first, message, edits, why);
}

/** `d.*` as an argument or an operand. */
function hasStarInside(statement: AnalyzedStatement): boolean {
  const stars = nodesOfKind(statement, 'star').filter(({ qualifier }) => qualifier.length > 0);
  if (stars.length === 0) return false;
  const items = new Set<Node>(
    statement.blocks.flatMap(({ select }) => select.items.map((i) => i.expression)),
  );
  return stars.some((star) => !items.has(star));
}

function isComputed(block: Block, item: SelectItem): boolean {
  return [...block.windows, ...block.aggregates].some((call) => contains(item, call));
}

function isRemovable(
  statement: AnalyzedStatement,
  block: Block,
  item: SelectItem,
  removed: readonly SelectItem[],
): boolean {
  if (!isDeterministic(item.expression, statement)) return false;
  // an ordinal, or the column's name, in a clause of the subquery
  const { groupBy } = block.select;
  const written = groupBy?.items ?? [];
  if (block.query.orderBy.length > 0 || written.some((one, at) => one !== block.groupBy[at])) return false;
  if (block.references.some((ref) => statement.outputOf(ref)?.item === item)) return false;
  if (groupBy) return true;
  // without its last aggregate the block would not be one row of all
  return !block.grouped || block.aggregates.some((call) => !removed.some((one) => contains(one, call)));
}
