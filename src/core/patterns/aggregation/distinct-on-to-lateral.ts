import type { Expression, OrderItem } from '../../sql/ast.ts';
import { determinesRow, mayReturnSets } from '../../sql/properties/keys.ts';
import { isNotNull } from '../../sql/properties/not-null.ts';
import { orderedOutput } from '../../sql/properties/order.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, ResolvedColumn, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { aliasOf, columnOf } from '../../sql/writing/identifiers.ts';
import { tokensWithin } from '../../sql/writing/ranges.ts';
import { postgresqlOnly } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { isFoundByName, listedGroups, mayMissOrRepeat, type Parent, parentOf } from './group-parent.ts';

/** `SELECT DISTINCT ON (k) … FROM t ORDER BY k, x` → the parent of k with LATERAL (… ORDER BY x LIMIT 1). */
export const distinctOnToLateral: Pattern = {
  id: 'distinct-on-to-lateral',
  title: 'First row of each group by DISTINCT ON: LATERAL with LIMIT 1',
  category: 'aggregation',
  engines: postgresqlOnly(
    'groups are few and large and an index begins with the group and the order: only the first row of each group is read',
  ),
  severity: 'info',
  description:
    'All rows are read and sorted (or read in the order of an index), and all but the first of each group are thrown away. The table that the group column refers to lists the groups, so LATERAL reads one row of each.',
  source: 'https://wiki.postgresql.org/wiki/Loose_indexscan',
  precondition:
    'One table; the group column cannot be NULL and has a validated foreign key to a one-column key, ORDER BY begins with it and has columns only. When ORDER BY leaves ties, which row is the first was open before and is after, and the candidate is compared on data.',
  example: {
    schema: `CREATE TABLE warehouses (id int PRIMARY KEY);
CREATE TABLE moves (id int PRIMARY KEY, warehouse_id int NOT NULL REFERENCES warehouses, moved_at timestamp NOT NULL);
CREATE INDEX ON moves (warehouse_id, moved_at, id);`,
    before: `SELECT DISTINCT ON (m.warehouse_id) m.warehouse_id, m.moved_at
FROM moves m
ORDER BY m.warehouse_id, m.moved_at DESC, m.id DESC;`,
    after: `SELECT m.warehouse_id, m.moved_at
FROM warehouses each_group
CROSS JOIN LATERAL (
  SELECT m.*
  FROM moves m
  WHERE m.warehouse_id = each_group.id
  ORDER BY m.moved_at DESC, m.id DESC
  LIMIT 1
) m
ORDER BY m.warehouse_id, m.moved_at DESC, m.id DESC;`,
  },
  rewrites: true,
  needs: ['distinct on'],
  *find(statement) {
    for (const block of statement.blocks) {
      const shape = shapeOf(statement, block);
      if (shape) yield matchOf(statement, shape);
    }
  },
};

interface Shape {
  readonly block: Block;
  readonly table: Source;
  readonly group: { readonly name: string };
  readonly parent: Parent;
  /** columns of ORDER BY behind the group's, each with the words of its direction */
  readonly order: readonly { readonly name: string; readonly item: Fragment }[];
}

function shapeOf(statement: AnalyzedStatement, block: Block): Shape | null {
  const { select } = block;
  const [table] = block.sources;
  const on = typeof select.distinct === 'object' ? (select.distinct?.on ?? []) : [];
  if (!table || on.length !== 1 || !isSingleTable(block, table)) return null;
  const key = on[0] ? unwrapParens(on[0]) : null;
  const group = key && groupOf(statement, key, block, table);
  const parent = group && parentOf(table, group);
  if (!group || !parent) return null;
  const meant = block.orderBy.map((item) => {
    const name = nameOrderedBy(statement, item, block, table);
    if (name === null || item.using !== null) return null;
    const words = { start: item.expression.end, end: item.end };
    return { name, item: sql`${columnOf(table, name, statement.dialect)}${source(statement, words)}` };
  });
  const [first, ...rest] = meant.filter((one) => one !== null);
  if (meant.includes(null) || first?.name !== group.name || rest.length === 0) return null;
  return { block, table, group, parent, order: rest };
}

function isSingleTable(block: Block, table: Source): boolean {
  const { select, query } = block;
  return (
    query.body === select &&
    block.sources.length === 1 &&
    table.kind === 'table' &&
    table.node.kind === 'table' &&
    table.node.modifiers.length === 0 &&
    !table.node.alias?.columns.length &&
    !block.grouped &&
    block.resolved &&
    block.outerReferences.length === 0 &&
    block.windows.length === 0 &&
    select.windows.length === 0 &&
    select.into === null &&
    select.rest.length === 0 &&
    query.limit === null &&
    query.locking.length === 0 &&
    query.trailing.length === 0 &&
    block.references.every((one) => one.parts.length <= 2)
  );
}

/** The table's column that DISTINCT ON means, maybe through a star, when it cannot be NULL. */
function groupOf(
  statement: AnalyzedStatement,
  key: Expression,
  block: Block,
  table: Source,
): { readonly name: string } | null {
  const column = columnOfTable(statement, key, table);
  if (column) return isNotNull(key, block, statement) ? column : null;
  const output = key.kind === 'column' ? statement.outputOf(key) : null;
  return output?.source === table && output.column && output.notNull ? { name: output.column.name } : null;
}

/** The table's column that an item of ORDER BY means, maybe through the result. */
function nameOrderedBy(
  statement: AnalyzedStatement,
  item: OrderItem,
  block: Block,
  table: Source,
): string | null {
  const output = orderedOutput(item, block, statement);
  if (output?.source === table && output.column) return output.column.name;
  const expression = output ? output.expression : item.expression;
  return expression ? (columnOfTable(statement, unwrapParens(expression), table)?.name ?? null) : null;
}

function columnOfTable(
  statement: AnalyzedStatement,
  expression: Expression,
  table: Source,
): ResolvedColumn | null {
  const column = expression.kind === 'column' ? statement.resolve(expression) : null;
  return column?.source === table && column.column !== null ? column : null;
}

function matchOf(statement: AnalyzedStatement, shape: Shape): Match {
  const { block, group, parent, order } = shape;
  const range = block.select.clauses.select;
  const message = `All rows are read to keep the first of each ${group.name}. ${parent.table} lists the groups, so LATERAL can fetch just this row of each.`;
  const why = obstacle(statement, shape);
  if (why !== null) return blocked(range, message, why);
  const edits = () => editsFor(statement, shape);
  const listed = `${group.name} is NOT NULL and its foreign key to ${parent.table} (${parent.column}) is validated, so ${parent.table} lists every group`;
  const fields = [group, ...order].map(({ name }) => ({ source: shape.table, column: name }));
  return determinesRow(block, fields, statement)
    ? offer(range, message, edits, listed)
    : offerToTest(
        range,
        message,
        edits,
        'Which of several rows that tie is the first is left open by the statement.',
        listed,
      );
}

function obstacle(statement: AnalyzedStatement, { block, parent }: Shape): string | null {
  if (!isDeterministic(block.query, statement)) return 'a volatile function is called';
  if (mayReturnSets(block, statement)) return 'a function that returns several rows is selected';
  if (!isFoundByName(statement, parent)) return `${parent.table} means something else here`;
  return mayMissOrRepeat(statement, parent) ? `${parent.table} may not list each group once` : null;
}

function editsFor(statement: AnalyzedStatement, { block, table, group, parent, order }: Shape) {
  const { dialect, tokens } = statement;
  const { select } = block;
  const { from, where } = select.clauses;
  const word = tokensWithin(tokens, select.clauses.select).find(({ upper }) => upper === 'DISTINCT');
  const [firstItem] = select.items;
  if (!from || !word || !firstItem) return null;
  const alias = aliasOf(table, dialect);
  const groups = listedGroups(statement, parent, block);
  const own = sql`${columnOf(table, group.name, dialect)} = ${groups.key}`;
  const edits = editing(statement);
  edits.remove({ start: word.start, end: firstItem.start });
  for (const { expression } of select.items) {
    if (expression.kind === 'star' && expression.qualifier.length === 0)
      edits.replace(expression, sql`${alias}.*`);
  }
  edits.replace(
    from,
    sql`FROM ${groups.from}
    CROSS JOIN LATERAL (
      SELECT ${alias}.*
      ${source(statement, from)}
      WHERE ${select.where ? sql`${whereText(statement, select.where)} AND ${own}` : own}
      ORDER BY ${joinFragments(order.map(({ item }) => item))}
      LIMIT 1
    ) ${alias}`,
  );
  if (where) edits.removeClause(where);
  return edits.done();
}

function whereText(statement: AnalyzedStatement, where: Expression): Fragment {
  const text = source(statement, where);
  return where.kind === 'binary' && where.operator === 'OR' ? sql`(${text})` : text;
}
