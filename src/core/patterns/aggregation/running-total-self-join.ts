import type { FunctionCall } from '../../sql/ast.ts';
import { keysOf } from '../../sql/properties/keys.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, ResolvedColumn, Source } from '../../sql/query-model.ts';
import { contains } from '../../sql/text.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, sql } from '../../sql/writing/fragment.ts';
import { aliasOf, qualified } from '../../sql/writing/identifiers.ts';
import { rebase, withAlias } from '../../sql/writing/rebase.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { columnIn, groupingColumns, isPlainlyGrouped, keepName } from './aggregates.ts';
import { isOfPartition } from './running-total.ts';
import { windowEngines } from './window-engines.ts';

/** `FROM t a JOIN t b ON b.k = a.k AND b.id <= a.id GROUP BY a.id` → a window function. */
export const runningTotalSelfJoin: Pattern = {
  id: 'running-total-self-join',
  title: 'Running total by a self-join: window function',
  category: 'aggregation',
  industries: ['analytics', 'time-series'],
  engines: windowEngines('Always when groups have more than a few rows: the join makes n²/2 rows of n.'),
  severity: 'warning',
  description:
    'Each row is joined with all rows up to it, to add them up: half the square of the number of rows of a group. A window function carries the total along in one pass.',
  source:
    'Zuzarte et al., "WinMagic: subquery elimination using window aggregation", SIGMOD 2003; Karwin, "SQL Antipatterns", 2010',
  precondition:
    'One table is joined with itself by equalities of the same NOT NULL columns and one <= or >= of the same NOT NULL column, with no other condition but such as take or leave whole partitions; the rows are grouped by a key of the one side, and the other is only aggregated.',
  example: {
    schema: 'CREATE TABLE payments (id int PRIMARY KEY, account_id int NOT NULL, amount numeric);',
    before:
      'SELECT a.id, sum(b.amount) AS balance FROM payments a JOIN payments b ON b.account_id = a.account_id AND b.id <= a.id GROUP BY a.id',
    after:
      'SELECT a.id, sum(a.amount) OVER (PARTITION BY a.account_id ORDER BY a.id) AS balance FROM payments a',
  },
  rewrites: true,
  needs: ['join step', 'groupBy'],
  *find(statement) {
    for (const block of statement.blocks) {
      const shape = shapeOf(statement, block);
      if (shape) yield matchOf(statement, block, shape);
    }
  },
};

interface Shape {
  /** the row, and the rows up to it */
  readonly row: Source;
  readonly earlier: Source;
  readonly conditions: readonly Conjunct[];
  readonly partition: readonly ResolvedColumn[];
  readonly order: ResolvedColumn;
  readonly descending: boolean;
}

function shapeOf(statement: AnalyzedStatement, block: Block): Shape | null {
  const [a, b, ...more] = block.sources;
  const join = block.joins[0];
  if (!a || !b || more.length > 0 || !join || !['inner', 'comma', 'cross'].includes(join.type) || join.using)
    return null;
  if (!isSameTable(a, b) || !isPlainlyGrouped(block) || !isPlain(block)) return null;
  const keys = groupingColumns(statement, block);
  const row = keys?.[0]?.source;
  const earlier = row === a ? b : a;
  if (!row || !keys.every((key) => key.source === row)) return null;
  const conditions: Conjunct[] = [];
  const others: Conjunct[] = [];
  const partition: ResolvedColumn[] = [];
  let found: { readonly column: ResolvedColumn; readonly descending: boolean } | null = null;
  for (const conjunct of [...join.on, ...block.where]) {
    const { expression } = conjunct;
    const sides = expression.kind === 'binary' ? [expression.left, expression.right] : [];
    const [left, right] = sides.map((side) => columnIn(statement, side));
    const own = left?.source === row ? left : right;
    if (expression.kind !== 'binary' || !left || !right || !own || left.source === right.source) {
      others.push(conjunct);
      continue;
    }
    conditions.push(conjunct);
    if (left.name !== right.name) return null;
    if (expression.operator === '=') partition.push(own);
    else if (found || (expression.operator !== '<=' && expression.operator !== '>=')) return null;
    else found = { column: own, descending: (expression.operator === '<=') !== (right.source === row) };
  }
  // what else WHERE says must take or leave whole partitions
  const whole = partition.map((column) => column.reference);
  if (!others.every((one) => one.place === 'where' && isOfPartition(statement, one, whole))) return null;
  return found && { row, earlier, conditions, partition, order: found.column, descending: found.descending };
}

function isSameTable(a: Source, b: Source): boolean {
  return (
    a.table !== null &&
    a.table === b.table &&
    a.node.kind === 'table' &&
    b.node.kind === 'table' &&
    a.node.only === b.node.only &&
    a.node.modifiers.length + b.node.modifiers.length === 0
  );
}

function isPlain(block: Block): boolean {
  const { select, query } = block;
  return (
    block.resolved &&
    block.aggregates.length > 0 &&
    block.windows.length === 0 &&
    block.children.length === 0 &&
    select.having === null &&
    select.distinct === null &&
    select.qualify === null &&
    select.into === null &&
    query.locking.length === 0 &&
    select.items.every((item) => item.expression.kind !== 'star')
  );
}

function matchOf(statement: AnalyzedStatement, block: Block, shape: Shape): Match {
  const [aggregate] = block.aggregates;
  const range = aggregate ?? block.select.clauses.select;
  const message = `Each row of ${shape.row.table?.name ?? shape.row.alias} is joined with all rows up to it. A window function carries the value along in one pass.`;
  const why = obstacle(statement, block, shape);
  if (why !== null) return blocked(range, message, why);
  const edits = editing(statement).removeSource(shape.earlier).removeClause(block.select.clauses.groupBy);
  for (const conjunct of block.where) if (shape.conditions.includes(conjunct)) edits.removeConjunct(conjunct);
  const over = windowOf(statement, shape);
  for (const call of block.aggregates) {
    const own = rebase(
      statement,
      call,
      withAlias(statement, shape.earlier, aliasOf(shape.row, statement.dialect)),
    );
    if (!own) edits.fail();
    else edits.replace(call, sql`${own} OVER (${over})`);
    keepName(statement, call, call.function, edits);
  }
  const facts =
    'Every row is joined with itself, too, and the frame takes in the rows that tie with it as <= does.';
  const doubtful = block.aggregates.some((call) => canRaise(call, statement) || addsFloats(statement, call));
  return doubtful
    ? offerToTest(range, message, () => edits.done(), facts)
    : offer(range, message, () => edits.done(), facts);
}

function windowOf(statement: AnalyzedStatement, { partition, order, descending }: Shape): Fragment {
  const by = qualified(order, statement.dialect);
  const ordered = descending ? sql`ORDER BY ${by} DESC` : sql`ORDER BY ${by}`;
  if (partition.length === 0) return ordered;
  const keys = joinFragments(partition.map((column) => qualified(column, statement.dialect)));
  return sql`PARTITION BY ${keys} ${ordered}`;
}

function obstacle(
  statement: AnalyzedStatement,
  block: Block,
  { row, earlier, conditions, partition, order }: Shape,
): string | null {
  const keys = groupingColumns(statement, block) ?? [];
  const names = new Set(keys.map((key) => key.name));
  const unique = keysOf(row, statement).some(
    (key) => key.nullSafe && key.columns.every((name) => names.has(name)),
  );
  if (!unique) return 'The rows are not grouped by a key: several of them make one group.';
  if ([...partition, order].some((column) => !column.notNull))
    return 'A column of the join may be NULL: such rows are joined with none.';
  if (partition.some((column) => !typeOf(column.reference, statement)?.deterministic))
    return 'Equality of a column is not that of its bytes.';
  for (const call of block.aggregates) {
    if (!['sum', 'count', 'min', 'max', 'avg'].includes(call.function) || call.distinct || call.filter)
      return 'An aggregate is not plain.';
    if (call.orderBy.length > 0 || !isDeterministic(call, statement)) return 'An aggregate is not plain.';
  }
  const misplaced = block.references.some((ref) => {
    const column = statement.resolve(ref);
    const aggregated = block.aggregates.some((call) => contains(call, ref));
    if ([...conditions, ...block.where].some((one) => contains(one.range, ref)) || !column) return false;
    return column.source === earlier ? !aggregated : aggregated;
  });
  return misplaced
    ? 'The rows up to the current one are read outside of the aggregates, or it inside of them.'
    : null;
}

/** The last digit of a sum of floats depends on the order in which they are added. */
function addsFloats(statement: AnalyzedStatement, call: FunctionCall): boolean {
  const family = call.args[0] && typeOf(call.args[0].value, statement)?.family;
  return ['sum', 'avg'].includes(call.function) && (family === undefined || family === 'float');
}
