import type { ColumnRef, FunctionCall } from '../../sql/ast.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, ResolvedColumn } from '../../sql/query-model.ts';
import { contains } from '../../sql/text.ts';
import { editing, type RewriteEdits } from '../../sql/writing/edits.ts';
import {
  type Fragment,
  joinFragments,
  lineBreak,
  source,
  sql,
  verbatim,
} from '../../sql/writing/fragment.ts';
import { identifier, inventName } from '../../sql/writing/identifiers.ts';
import { postgresqlOnly } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import {
  columnIn,
  groupingColumns,
  isPlainlyGrouped,
  keepName,
  mustRepeatItems,
  soleArgument,
} from './aggregates.ts';

/** `count(DISTINCT x)` beside other aggregates, or over everything → aggregate by x first, then put together. */
export const countDistinctBeside: Pattern = {
  id: 'count-distinct-in-two-steps',
  title: 'count(DISTINCT x) beside other aggregates: aggregate per value first',
  category: 'aggregation',
  industries: ['analytics'],
  engines: postgresqlOnly(
    'Groups are large and hold few distinct values: PostgreSQL sorts the values of each group, alone and not in parallel, where grouping by them hashes.',
  ),
  severity: 'info',
  description:
    'PostgreSQL sorts the values of each group to count the distinct ones, and neither hashes nor uses parallel workers for it. Grouped by the value first, each value is one row, and the other aggregates are put together from those of the values.',
  source:
    'Galindo-Legaria and Joshi, "Orthogonal optimization of subqueries and aggregation", SIGMOD 2001; Calcite, AggregateExpandDistinctAggregatesRule; measured 1.7 times on PostgreSQL 15 without groups',
  precondition:
    'One column is counted distinct; the other aggregates are plain count, min, max, or sum of exact numbers; grouped by plain columns at most, whose equality, like the counted one’s, is that of bytes.',
  example: {
    schema: 'CREATE TABLE visits (id int PRIMARY KEY, shop_id int, customer_id int, spent numeric);',
    before:
      'SELECT v.shop_id, count(DISTINCT v.customer_id) AS customers, sum(v.spent) AS spent FROM visits v GROUP BY v.shop_id',
    after:
      'SELECT per_value.shop_id, count(per_value.customer_id) AS customers, sum(per_value.part_1) AS spent FROM (SELECT v.shop_id, v.customer_id, sum(v.spent) AS part_1 FROM visits v GROUP BY v.shop_id, v.customer_id) per_value GROUP BY per_value.shop_id',
  },
  rewrites: true,
  needs: ['aggregate', 'distinct call'],
  *find(statement) {
    for (const block of statement.blocks) {
      const shape = shapeOf(statement, block);
      if (shape) yield matchOf(statement, block, shape);
    }
  },
};

interface Shape {
  readonly value: ResolvedColumn;
  readonly keys: readonly ResolvedColumn[];
  readonly others: readonly FunctionCall[];
  readonly distinct: readonly FunctionCall[];
}

function shapeOf(statement: AnalyzedStatement, block: Block): Shape | null {
  const distinct = block.aggregates.filter((call) => call.distinct && call.function === 'count');
  const others = block.aggregates.filter((call) => !distinct.includes(call));
  const value = columnIn(statement, distinct[0] && soleArgument(distinct[0]));
  const keys = groupingColumns(statement, block);
  const { select, query } = block;
  if (!value || value.source.block !== block || !keys || (block.select.groupBy && !isPlainlyGrouped(block)))
    return null;
  // one count per group alone is the business of count-distinct-subquery
  if (others.length === 0 && keys.length > 0) return null;
  const plain =
    block.resolved &&
    block.children.length === 0 &&
    block.windows.length === 0 &&
    select.distinct === null &&
    select.qualify === null &&
    select.into === null &&
    query.locking.length === 0 &&
    select.clauses.from !== null;
  const same = distinct.every((call) => {
    const column = columnIn(statement, soleArgument(call));
    return !call.filter && column?.source === value.source && column.name === value.name;
  });
  return plain && same ? { value, keys, others, distinct } : null;
}

function matchOf(statement: AnalyzedStatement, block: Block, shape: Shape): Match {
  const [call] = shape.distinct;
  const range = call ?? block.select.clauses.select;
  const message = `The values of ${shape.value.name} are sorted to count the distinct ones. Grouped by them first, each is one row.`;
  const why = obstacle(statement, block, shape);
  if (why !== null) return blocked(range, message, why);
  const edits = editsFor(statement, block, shape);
  return offer(
    range,
    message,
    () => edits?.done() ?? null,
    'A NULL is counted by neither, and every row is in the group of one value.',
  );
}

function obstacle(statement: AnalyzedStatement, block: Block, { value, keys, others }: Shape): string | null {
  const columns = [value, ...keys];
  if (columns.some((column) => !typeOf(column.reference, statement)?.deterministic))
    return 'Equality of a column is not that of its bytes.';
  if (new Set(columns.map((column) => column.name)).size < columns.length)
    return 'Two of the columns have the same name.';
  if (mustRepeatItems(block)) return 'ORDER BY of DISTINCT repeats the select list.';
  if (block.select.items.some((item) => item.expression.kind === 'star')) return 'All columns are selected.';
  for (const call of others)
    if (!isMergeable(statement, call, block)) return `${call.function} cannot be put together from parts.`;
  if (block.where.some(({ expression }) => !isDeterministic(expression, statement)))
    return 'A volatile function is called.';
  const other = outsideReferences(statement, block).some((ref) => {
    const column = statement.resolve(ref);
    return !keys.some((key) => key.source === column?.source && key.name === column.name);
  });
  return other ? 'Another column is used.' : null;
}

/** Aggregates of parts give the aggregate of the whole, of the same type. */
function isMergeable(statement: AnalyzedStatement, call: FunctionCall, block: Block): boolean {
  if (call.distinct || call.filter || call.over || statement.blockOf(call) !== block) return false;
  if (!isDeterministic(call, statement) || canRaise(call, statement)) return false;
  if (call.function === 'count') return call.star || soleArgument(call) !== null;
  const argument = soleArgument(call);
  if (!argument) return false;
  if (call.function === 'min' || call.function === 'max')
    return typeOf(argument, statement)?.deterministic === true;
  const type = typeOf(call, statement)?.text;
  return call.function === 'sum' && (type === 'bigint' || type === 'numeric');
}

/** References in the select list, GROUP BY, HAVING and ORDER BY, outside of aggregates. */
function outsideReferences(statement: AnalyzedStatement, block: Block): ColumnRef[] {
  const { from, where } = block.select.clauses;
  const inside = [from, where, ...block.aggregates].filter((range) => range !== null);
  return block.references.filter(
    (ref) => statement.resolve(ref) !== null && !inside.some((range) => contains(range, ref)),
  );
}

function editsFor(statement: AnalyzedStatement, block: Block, shape: Shape): RewriteEdits | null {
  const { value, keys, others, distinct } = shape;
  const { from, where } = block.select.clauses;
  if (!from) return null;
  const { dialect } = statement;
  const alias = identifier(inventName(statement, 'per_value'), dialect);
  const inAlias = (name: string): Fragment =>
    joinFragments([alias, identifier(name, dialect)], verbatim('.'));
  const parts = others.map((call, at) => ({ call, name: inventName(statement, `part_${at + 1}`) }));
  const columns = joinFragments([...keys, value].map((column) => source(statement, column.reference)));
  const items = joinFragments([
    columns,
    ...parts.map(({ call, name }) => sql`${source(statement, call)} AS ${identifier(name, dialect)}`),
  ]);
  const filter = where ? sql`${lineBreak()}${source(statement, where)}` : verbatim('');
  const edits = editing(statement).replace(
    { start: from.start, end: where?.end ?? from.end },
    sql`FROM (
      SELECT ${items}
      ${source(statement, from)}${filter}
      GROUP BY ${columns}
    ) ${alias}`,
  );
  for (const ref of outsideReferences(statement, block)) {
    const name = statement.resolve(ref)?.name;
    if (name !== undefined) edits.replace(ref, inAlias(name));
  }
  for (const call of distinct) edits.replace(call, sql`count(${inAlias(value.name)})`);
  for (const { call, name } of parts) {
    edits.replace(call, putTogether(statement, call, inAlias(name), keys.length > 0));
    const counted = keys.length > 0 ? 'sum' : 'coalesce';
    keepName(statement, call, call.function === 'count' ? counted : call.function, edits);
  }
  return edits;
}

const BIGINT = verbatim('bigint');

/** The aggregate of the whole from those of the parts, with its own type: the sum of bigints is a numeric. */
function putTogether(
  statement: AnalyzedStatement,
  call: FunctionCall,
  part: Fragment,
  grouped: boolean,
): Fragment {
  if (call.function === 'min' || call.function === 'max') return sql`${call.function}(${part})`;
  // over no rows a count is 0
  if (call.function === 'count')
    return grouped ? sql`CAST(sum(${part}) AS ${BIGINT})` : sql`CAST(coalesce(sum(${part}), 0) AS ${BIGINT})`;
  return typeOf(call, statement)?.text === 'bigint'
    ? sql`CAST(sum(${part}) AS ${BIGINT})`
    : sql`sum(${part})`;
}
