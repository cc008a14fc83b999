import type { Expression, FunctionCall } from '../../sql/ast.ts';
import { mayReturnSets } from '../../sql/properties/keys.ts';
import { referencesTo } from '../../sql/properties/usage.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type {
  AnalyzedStatement,
  Block,
  Conjunct,
  Output,
  ResolvedColumn,
  Source,
} from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { aliasOf, columnOf } from '../../sql/writing/identifiers.ts';
import { offer, offerToTest } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';
import { isFoundByName, listedGroups, mayMissOrRepeat, type Parent, parentOf } from './group-parent.ts';
import { leavesNoTies } from './numbered-rows.ts';

const ENGINES: readonly EngineSupport[] = [
  {
    dialect: 'postgresql',
    pays: 'when groups are few and large and an index on (group, order) exists: only the first rows of each group are read',
  },
  { dialect: 'mysql', from: 8, pays: 'when groups are few and large and an index on (group, order) exists' },
  { dialect: 'tsql', pays: 'when groups are few and large and an index on (group, order) exists' },
];

interface Shape {
  readonly outer: Block;
  readonly derived: Source;
  readonly inner: Block;
  readonly table: Source;
  readonly ranking: FunctionCall;
  readonly rankOutput: Output;
  readonly filter: Conjunct;
  readonly most: number;
  readonly group: ResolvedColumn;
  readonly parent: Parent;
}

/**
 * Matches `row_number() OVER (PARTITION BY k ORDER BY …) <= n` around one table whose k refers to a parent table.
 *
 * All rows are numbered to keep n of each group. The parent's key lists the groups, so LATERAL can fetch the first n of
 * each through an index. The foreign key makes sure that no group is missed.
 */
export const topPerGroupToLateral: Pattern = {
  id: 'top-n-per-group-to-lateral',
  title: 'First rows of each group by row_number(): LATERAL with LIMIT',
  category: 'aggregation',
  engines: ENGINES,
  severity: 'info',
  description:
    'Every row of the table is sorted and numbered, and all but the first of each group are thrown away. With an index on group and order, LATERAL reads only those.',
  source: 'PostgreSQL wiki, "Loose indexscan"; measured 2.3 times on PostgreSQL 15',
  precondition:
    'The group column is NOT NULL with a validated foreign key to a one-column parent key, the ranking is used in the filter only, and the order is the same. Where rows may tie, the rewrite needs tests.',
  example: {
    schema: `CREATE TABLE warehouses (id int PRIMARY KEY);
CREATE TABLE moves (id int PRIMARY KEY, warehouse_id int NOT NULL REFERENCES warehouses, moved_at timestamp NOT NULL);
CREATE INDEX ON moves (warehouse_id, moved_at, id);`,
    before: `SELECT m.warehouse_id, m.id
FROM (
  SELECT i.*, row_number() OVER (PARTITION BY i.warehouse_id ORDER BY i.moved_at DESC, i.id DESC) AS rn
  FROM moves i
) m
WHERE m.rn <= 3;`,
    after: `SELECT m.warehouse_id, m.id
FROM warehouses each_group
CROSS JOIN LATERAL (
  SELECT i.*
  FROM moves i
  WHERE i.warehouse_id = each_group.id
  ORDER BY i.moved_at DESC, i.id DESC
  LIMIT 3
) m;`,
  },
  rewrites: true,
  needs: ['derived', 'window call'],
  *find(statement) {
    for (const outer of statement.blocks) {
      for (const derived of outer.sources) {
        const shape = shapeOf(statement, outer, derived);
        if (shape) yield matchOf(statement, shape);
      }
    }
  },
};

function shapeOf(statement: AnalyzedStatement, outer: Block, derived: Source): Shape | null {
  if (
    derived.kind !== 'derived' ||
    !derived.query ||
    derived.lateral ||
    derived.nullSupplied ||
    outer.sources.length > 1
  )
    return null;
  if (outer.select.items.some((item) => item.expression.kind === 'star') || !outer.resolved) return null;
  if (derived.node.kind !== 'derived' || !derived.node.alias || derived.node.alias.columns.length > 0)
    return null;
  const [inner, ...more] = statement.blocksOfQuery(derived.query);
  if (!inner || more.length > 0 || !isSingleTableSelect(inner)) return null;
  const [table] = inner.sources;
  const rankOutput = inner.outputs.find(
    (output) => output.expression !== null && isRowNumber(output.expression),
  );
  const ranking = rankOutput?.expression ? unwrapParens(rankOutput.expression) : null;
  if (!table?.table || ranking?.kind !== 'call' || !rankOutput?.name || inner.windows.length !== 1)
    return null;
  const filter = filterOn(statement, outer, derived, rankOutput.name);
  const group = groupOf(statement, ranking);
  const parent = group && parentOf(table, group);
  if (!filter || !group || !parent || group.source !== table || !group.notNull) return null;
  const uses = referencesTo(derived, statement, [filter.conjunct.range]);
  if (!uses || uses.some((ref) => ref.parts.at(-1)?.name === rankOutput.name)) return null;
  return {
    outer,
    derived,
    inner,
    table,
    ranking,
    rankOutput,
    filter: filter.conjunct,
    most: filter.most,
    group,
    parent,
  };
}

function isSingleTableSelect(block: Block): boolean {
  const { select, query } = block;
  return (
    query.body === select &&
    block.sources.length === 1 &&
    block.sources[0]?.kind === 'table' &&
    !block.grouped &&
    block.resolved &&
    block.outerReferences.length === 0 &&
    select.distinct === null &&
    select.top === null &&
    select.windows.length === 0 &&
    query.with === null &&
    query.orderBy.length === 0 &&
    query.limit === null &&
    query.locking.length === 0
  );
}

function isRowNumber(expression: Expression): boolean {
  const call = unwrapParens(expression);
  return (
    call.kind === 'call' &&
    call.function === 'row_number' &&
    call.over?.kind === 'window' &&
    call.over.base === null
  );
}

/** `d.rn <= 3`, `d.rn < 4` or `d.rn = 1`. */
function filterOn(statement: AnalyzedStatement, outer: Block, derived: Source, name: string) {
  for (const conjunct of outer.where) {
    const { expression } = conjunct;
    if (expression.kind !== 'binary') continue;
    const left = unwrapParens(expression.left);
    const right = unwrapParens(expression.right);
    const column = left.kind === 'column' ? statement.resolve(left) : null;
    if (column?.source !== derived || column.name !== name) continue;
    if (right.kind !== 'literal' || right.type !== 'number' || !/^\d+$/.test(right.value)) continue;
    const bound = Number(right.value);
    const most =
      expression.operator === '<='
        ? bound
        : expression.operator === '<'
          ? bound - 1
          : expression.operator === '=' && bound === 1
            ? 1
            : 0;
    if (most >= 1) return { conjunct, most };
  }
  return null;
}

function groupOf(statement: AnalyzedStatement, ranking: FunctionCall): ResolvedColumn | null {
  if (
    ranking.over?.kind !== 'window' ||
    ranking.over.partitionBy.length !== 1 ||
    ranking.over.orderBy.length === 0
  )
    return null;
  const [key] = ranking.over.partitionBy;
  const inner = key && unwrapParens(key);
  return inner?.kind === 'column' ? statement.resolve(inner) : null;
}

function matchOf(statement: AnalyzedStatement, shape: Shape): Match {
  const { ranking, parent, most, group } = shape;
  const range = { start: ranking.start, end: ranking.end };
  const message = `All rows are numbered to keep ${most === 1 ? 'the first' : `the first ${most}`} of each ${group.name}. ${parent.table} lists the groups, so LATERAL can fetch just these rows of each.`;
  const edits = () =>
    obstacle(statement, shape) ?? editsFor(statement, shape) ?? 'a part of the statement would be lost';
  const listed = `${group.name} is NOT NULL and its foreign key to ${parent.table} (${parent.column}) is validated, so ${parent.table} lists every group`;
  const window = ranking.over?.kind === 'window' ? ranking.over : null;
  return window && leavesNoTies(statement, { inner: shape.inner, window })
    ? offer(range, message, edits, listed, 'PARTITION BY and ORDER BY contain a key: no two rows tie.')
    : offerToTest(
        range,
        message,
        edits,
        'Which of several rows that tie get the first numbers is left open by the statement.',
        listed,
      );
}

function obstacle(statement: AnalyzedStatement, { inner, ranking, parent, table }: Shape): string | null {
  if (!isDeterministic(inner.query, statement)) return 'a volatile function is called';
  if (mayReturnSets(inner, statement)) return 'the subquery selects a function that returns several rows';
  if (!isFoundByName(statement, parent)) return `${parent.table} means something else here`;
  const order = ranking.over?.kind === 'window' ? ranking.over.orderBy : [];
  return order.every((item) => meansTheSameInOrderBy(statement, inner, table, item.expression))
    ? null
    : 'ORDER BY of the window would mean something else as ORDER BY of the query';
}

/** In ORDER BY of a query, a number is a position, and a bare name is a column of the result before one of the table. */
function meansTheSameInOrderBy(
  statement: AnalyzedStatement,
  inner: Block,
  table: Source,
  expression: Expression,
): boolean {
  const e = unwrapParens(expression);
  if (e.kind === 'literal' || e.kind === 'unary') return false;
  if (e.kind !== 'column' || e.parts.length > 1) return true;
  const meant = statement.resolve(e);
  return inner.outputs.every(
    (output) =>
      output.name !== e.parts[0].name ||
      (output.source === table && meant?.source === table && output.column?.name === meant.name),
  );
}

function editsFor(statement: AnalyzedStatement, shape: Shape) {
  const { outer, inner, derived, ranking, rankOutput, filter, most, group, parent, table } = shape;
  const { dialect } = statement;
  const item = rankOutput.item;
  const window = ranking.over;
  if (
    !item ||
    window?.kind !== 'window' ||
    inner.select.items.length < 2 ||
    mayMissOrRepeat(statement, parent)
  )
    return null;
  const groups = listedGroups(statement, parent, outer);
  const first = window.orderBy[0];
  const last = window.orderBy.at(-1);
  if (!first || !last) return null;
  const kept = inner.select.items.filter((other) => other !== item).map((other) => source(statement, other));
  const orderBy = source(statement, { start: first.start, end: last.end });
  const { from, where } = inner.select.clauses;
  if (!from) return null;
  const condition = sql`${columnOf(table, group.name, dialect)} = ${groups.key}`;
  const conditions =
    where && inner.select.where ? sql`${parenthesizedWhere(statement, inner)} AND ${condition}` : condition;
  const alias = aliasOf(derived, dialect);
  const rows =
    dialect === 'tsql'
      ? sql`${groups.from}
      CROSS APPLY (
        SELECT TOP (${String(most)}) ${joinFragments(kept)}
        ${source(statement, from)}
        WHERE ${conditions}
        ORDER BY ${orderBy}
      ) ${alias}`
      : sql`${groups.from}
      CROSS JOIN LATERAL (
        SELECT ${joinFragments(kept)}
        ${source(statement, from)}
        WHERE ${conditions}
        ORDER BY ${orderBy}
        LIMIT ${String(most)}
      ) ${alias}`;
  return editing(statement).replace(derived.node, rows).removeConjunct(filter).done();
}

function parenthesizedWhere(statement: AnalyzedStatement, inner: Block) {
  const where = inner.select.where;
  if (!where) return verbatim('TRUE');
  const text = source(statement, where);
  return where.kind === 'binary' && where.operator === 'OR'
    ? joinFragments([verbatim('('), text, verbatim(')')], verbatim(''))
    : text;
}
