import type { ColumnRef, Expression, FromItem, Limit } from '../../sql/ast.ts';
import { keyCoveredByEquality, keysOf, mayReturnSets } from '../../sql/properties/keys.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, JoinStep, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { columnOf, identifier, inventName } from '../../sql/writing/identifiers.ts';
import { orderByRange } from '../../sql/writing/ranges.ts';
import { allEngines } from '../engines.ts';
import { advice, blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { hasSubquery } from '../subquery-shape.ts';

/** Fewer rows are skipped in no time. */
const DEEP = 1000;

const KEYSET =
  'If the reader goes from page to page, a condition on the last row of the page before (keyset paging) skips nothing at all.';

/** `… JOIN … ORDER BY … LIMIT 20 OFFSET 20000` → the page's keys first, then everything else for 20 rows. */
export const offsetPaging: Pattern = {
  id: 'offset-paging',
  title: 'Deep page by OFFSET',
  category: 'pagination',
  industries: ['saas', 'e-commerce'],
  engines: allEngines(
    'Many rows are skipped, they are wide or joined, and an index has the columns of ORDER BY.',
  ),
  severity: 'warning',
  description:
    'Every skipped row is read, joined and computed before it is thrown away. When the keys of the page are found first, in the index if there is one, only the rows of the page are completed.',
  source: 'https://use-the-index-luke.com/no-offset',
  precondition:
    'ORDER BY and WHERE are of one table that has a key; every join adds exactly one row or none that matters (an outer join to a key, or an inner join along a valid foreign key that is NOT NULL). When ORDER BY leaves ties, which of them are on the page was open before and is after.',
  example: {
    schema:
      'CREATE TABLE customers (customer_id integer PRIMARY KEY, full_name text);\nCREATE TABLE orders (order_id bigint PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers, placed_at timestamp NOT NULL, total numeric);\nCREATE INDEX ON orders (placed_at, order_id);',
    before:
      'SELECT o.order_id, o.total, c.full_name FROM orders o JOIN customers c ON c.customer_id = o.customer_id ORDER BY o.placed_at DESC, o.order_id DESC LIMIT 20 OFFSET 20000',
    after:
      'SELECT o.order_id, o.total, c.full_name FROM (SELECT o.order_id AS page_order_id FROM orders o ORDER BY o.placed_at DESC, o.order_id DESC LIMIT 20 OFFSET 20000) page JOIN orders o ON o.order_id = page.page_order_id JOIN customers c ON c.customer_id = o.customer_id ORDER BY o.placed_at DESC, o.order_id DESC',
  },
  rewrites: true,
  needs: ['limit'],
  *find(statement) {
    for (const block of statement.blocks) {
      const { limit } = block.query;
      if (!limit?.offset || !limit.count || block.query.body !== block.select || !isDeep(limit.offset))
        continue;
      yield matchOf(statement, block, limit);
    }
  },
};

/** Many rows are skipped, or a number that is not known here. */
export function isDeep(offset: Expression): boolean {
  const inner = unwrapParens(offset);
  return inner.kind === 'literal' ? Number(inner.value) >= DEEP : true;
}

function matchOf(statement: AnalyzedStatement, block: Block, limit: Limit): Match {
  const range = limit.offsetRange ?? limit;
  const skipped = limit.offset ? statement.text.slice(limit.offset.start, limit.offset.end) : '';
  const message = `OFFSET ${skipped} reads and completes all the rows that it skips.`;
  const page = pageOf(statement, block, limit);
  if (typeof page === 'string') {
    const isAlreadyKeys = page === '';
    return isAlreadyKeys
      ? advice(range, `${message} ${KEYSET}`)
      : blocked(range, `${message} ${KEYSET}`, page);
  }
  const edits = () => deferredJoin(statement, block, limit, page);
  const found = `${message} With the keys of the page found first, only its own rows are completed. ${KEYSET}`;
  const facts = [
    ...page.assumptions,
    `${page.key.reason} is a key of ${page.driver.table?.name ?? page.driver.alias}.`,
  ];
  if (page.total) return offer(range, found, edits, ...facts);
  return offerToTest(
    range,
    found,
    edits,
    ...facts,
    'Which of several rows with equal ORDER BY values are on the page is left open by the statement.',
  );
}

interface Page {
  readonly driver: Source;
  readonly key: { readonly columns: readonly string[]; readonly reason: string };
  /** ORDER BY leaves no ties */
  readonly total: boolean;
  readonly assumptions: readonly string[];
}

/** How the page can be found by the keys of one table, or why not; '' when the query reads nothing but keys already. */
function pageOf(statement: AnalyzedStatement, block: Block, limit: Limit): Page | string {
  if (!isSimple(block, limit))
    return 'The query groups, removes duplicates, locks rows or uses window functions.';
  const [item] = block.select.from;
  const driver =
    item && block.select.from.length === 1
      ? block.sources.find((one) => one.node === leftmost(item))
      : undefined;
  if (!driver?.table || driver.kind !== 'table' || driver.nullSupplied)
    return 'FROM does not begin with a table that everything else is joined to.';
  if (driver.node.kind === 'table' && driver.node.modifiers.length > 0)
    return `${driver.alias} is sampled or hinted, which would be done twice.`;
  const ordered = orderedColumns(statement, block, driver);
  if (!ordered) return `ORDER BY is not by columns of ${driver.alias} alone.`;
  if (!block.where.every((conjunct) => isOwn(statement, conjunct, driver))) {
    return `WHERE is not about ${driver.alias} alone.`;
  }
  const keys = keysOf(driver, statement).filter((key) => key.nullSafe);
  const key = keys[0];
  if (!key) return `No key of ${driver.alias} is known.`;
  if (onlyKeys(block, driver, key.columns)) return '';
  const assumptions: string[] = [];
  for (const join of block.joins) {
    const fact = keepsRows(statement, join);
    if (fact === null) return 'A join may add or remove rows, so that the page would be another one.';
    assumptions.push(fact);
  }
  return {
    driver,
    key,
    total: keys.some((one) => one.columns.every((name) => ordered.has(name))),
    assumptions,
  };
}

function isSimple(block: Block, limit: Limit): boolean {
  const { select, query } = block;
  return (
    !limit.withTies &&
    !block.grouped &&
    block.windows.length === 0 &&
    block.resolved &&
    block.outerReferences.length === 0 &&
    query.orderBy.length > 0 &&
    query.locking.length === 0 &&
    query.trailing.length === 0 &&
    (select.distinct === null || select.distinct === 'all') &&
    select.top === null &&
    select.into === null &&
    select.qualify === null &&
    select.having === null
  );
}

/** The first relation of an item of FROM. */
export function leftmost(item: FromItem): FromItem {
  let at = item;
  while (at.kind === 'join') at = at.left;
  return at;
}

/** The columns of ORDER BY, null when an item is anything but a column of the source. */
export function orderedColumns(
  statement: AnalyzedStatement,
  block: Block,
  driver: Source,
): Set<string> | null {
  const names = new Set<string>();
  for (const item of block.query.orderBy) {
    const name = item.expression.kind === 'column' ? columnName(statement, item.expression, driver) : null;
    if (name === null || item.using) return null;
    names.add(name);
  }
  return names;
}

/** The name of the source's column that an item of ORDER BY is; an output counts when it has its column's own name. */
function columnName(statement: AnalyzedStatement, reference: ColumnRef, driver: Source): string | null {
  const column = statement.resolve(reference);
  if (column) return column.source === driver ? column.name : null;
  const output = statement.outputOf(reference);
  const name = output?.source === driver ? output.column?.name : undefined;
  return name !== undefined && reference.parts.at(-1)?.name === name ? name : null;
}

/** The condition is about the source alone, and may be asked of it again. */
export function isOwn(statement: AnalyzedStatement, conjunct: Conjunct, driver: Source): boolean {
  const { expression } = conjunct;
  return (
    conjunct.resolved &&
    !conjunct.correlated &&
    conjunct.sources.every((one) => one === driver) &&
    !hasSubquery(expression) &&
    isDeterministic(expression, statement)
  );
}

/** Nothing but the key is selected from the one table: there is nothing to complete. */
function onlyKeys(block: Block, driver: Source, key: readonly string[]): boolean {
  return (
    block.sources.length === 1 &&
    block.outputs.every(
      (output) => output.source === driver && output.column && key.includes(output.column.name),
    )
  );
}

/** What makes sure that a join leaves every row of its left side there exactly once; null when nothing does. */
export function keepsRows(statement: AnalyzedStatement, join: JoinStep): string | null {
  const [right] = join.right;
  if (join.right.length !== 1 || !right?.table || join.using) return null;
  const key = keyCoveredByEquality(right, join.on, statement);
  if (!key) return null;
  if (join.type === 'left') return `${key.reason} is a key of ${right.table.name}.`;
  return join.type === 'inner' && join.on.length === key.columns.length
    ? foreignKeyOf(statement, join, right)
    : null;
}

/** All rows of the table are seen: no sample, no policy, and none that only another server knows. */
function isWhole({ table, node }: Source): boolean {
  return (
    table !== null &&
    (table.kind === 'table' || table.kind === 'partitioned') &&
    !table.rowSecurity &&
    node.kind === 'table' &&
    !node.only &&
    node.modifiers.length === 0
  );
}

/** Every row of the left side has its row on the right, by a foreign key whose columns are NOT NULL. */
function foreignKeyOf(statement: AnalyzedStatement, join: JoinStep, right: Source): string | null {
  const pairs = join.on.map(({ expression }) => {
    if (expression.kind !== 'binary' || expression.operator !== '=') return null;
    const sides = [unwrapParens(expression.left), unwrapParens(expression.right)];
    const columns = sides.map((side) => (side.kind === 'column' ? statement.resolve(side) : null));
    const to = columns.find((column) => column?.source === right);
    const from = columns.find((column) => column && column.source !== right);
    return to && from?.notNull && from.table ? { to, from } : null;
  });
  const first = pairs[0];
  if (!first || pairs.includes(null)) return null;
  if (!isWhole(right)) return null;
  const { table } = first.from;
  const foreignKey = table?.foreignKeys.find(
    (one) =>
      one.validated &&
      !one.deferrable &&
      one.references.table === right.table?.name &&
      one.references.schema === right.table.schema &&
      one.columns.length === pairs.length &&
      one.columns.every((name, at) =>
        pairs.some(
          (pair) =>
            pair?.from.source === first.from.source &&
            pair.from.column?.name === name &&
            pair.to.column?.name === one.references.columns[at],
        ),
      ),
  );
  return foreignKey
    ? `Foreign key ${foreignKey.name} gives every row of ${table?.name} one in ${right.table?.name}.`
    : null;
}

function deferredJoin(statement: AnalyzedStatement, block: Block, limit: Limit, { driver, key }: Page) {
  const order = orderByRange(statement, block.query);
  const { where } = block.select.clauses;
  if (!order || mayReturnSets(block, statement)) return null;
  const { dialect } = statement;
  const page = inventName(statement, 'page');
  const names = key.columns.map((column) => ({ column, alias: inventName(statement, `${page}_${column}`) }));
  const list = joinFragments(
    names.map(
      ({ column, alias }) => sql`${columnOf(driver, column, dialect)} AS ${identifier(alias, dialect)}`,
    ),
  );
  const on = joinFragments(
    names.map(
      ({ column, alias }) =>
        sql`${columnOf(driver, column, dialect)} = ${identifier(page, dialect)}.${identifier(alias, dialect)}`,
    ),
    sql` AND `,
  );
  const table = source(statement, driver.node);
  const filter = where ? source(statement, where) : null;
  const tail = filter
    ? sql`
        ${filter}
        ${source(statement, order)}
        ${source(statement, limit)}`
    : sql`
        ${source(statement, order)}
        ${source(statement, limit)}`;
  const edits = editing(statement)
    .replace(
      driver.node,
      sql`(
          SELECT ${list}
          FROM ${table}
          ${tail}
        ) ${identifier(page, dialect)}
        JOIN ${table} ON ${on}`,
    )
    .removeLimit(block.query);
  if (where) edits.removeClause(where);
  return keepStar(statement, block, driver, edits).done();
}

/** `*` would bring the page's key along: with one table it is that table's star. */
function keepStar(
  statement: AnalyzedStatement,
  block: Block,
  driver: Source,
  edits: ReturnType<typeof editing>,
) {
  for (const { expression } of block.select.items) {
    if (expression.kind !== 'star' || expression.qualifier.length > 0) continue;
    if (block.sources.length > 1) return edits.fail();
    edits.replace(expression, sql`${identifier(driver.alias, statement.dialect)}.*`);
  }
  return edits;
}
