import type { FunctionCall } from '../../sql/ast.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameEqualitySemantics, typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, ResolvedColumn, Source } from '../../sql/query-model.ts';
import type { TextEdit } from '../../sql/text.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, parenthesized, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { aliasOf, columnOf, identifier, inventName } from '../../sql/writing/identifiers.ts';
import { rebase, withAlias } from '../../sql/writing/rebase.ts';
import { rewriteOf, whenAsked } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';
import { itemNamedBy, mayBeRepeated } from '../select-item.ts';
import { type Candidate, candidateOf, rejectsNullValue, valueOnNoRows } from './correlated-candidate.ts';
import { valueBase } from './derived-names.ts';
import { columnsOnlyIn, conjunction, filteredCall, relationKey } from './shared-shape.ts';
import { obstacleOfWindow } from './windowed-table.ts';

const PAYS =
  'when most rows of the table are read anyway: it is read once instead of twice; with an index on the key and few rows left by other filters the subquery is cheap';

const ENGINES: readonly EngineSupport[] = [
  { dialect: 'postgresql', pays: PAYS },
  { dialect: 'mysql', from: 8, pays: PAYS },
  {
    dialect: 'mariadb',
    pays: 'without an index on the key; with one, MariaDB was measured slower (0.90 times)',
  },
  { dialect: 'tsql', pays: PAYS },
];

const WINDOWED = new Set(['sum', 'avg', 'min', 'max', 'count']);

/** A correlated aggregate over the very table of the outer row, with the same key on both sides. */
interface SelfAggregate extends Candidate {
  readonly own: Source;
  readonly call: FunctionCall;
  readonly keys: readonly ResolvedColumn[];
}

/**
 * Matches `t.x op (SELECT agg(y) FROM t t2 WHERE t2.k = t.k)`: the rows of the outer row's own group.
 *
 * The outer table has all rows of the group, so a window function gives the aggregate in the same pass ("WinMagic"). Where the key is
 * NULL there is no group for the subquery, but one for the window: such rows are left out where the comparison drops them, and
 * elsewhere the key must not be NULL.
 */
export const correlatedAggregateToWindow: Pattern = {
  id: 'correlated-aggregate-to-window',
  title: 'Aggregate over the group of the row itself: window function',
  category: 'subqueries',
  engines: ENGINES,
  severity: 'info',
  description:
    'The subquery reads the table that the outer row comes from once more, for the rows of the same group. A window function computes the value for each row in one pass.',
  source:
    'Zuzarte, Pirahesh, Ma, Cheng, Liu and Wong, "WinMagic", SIGMOD 2003; measured 3.6 and 11.9 times on PostgreSQL 15',
  precondition:
    'Same table or CTE, correlated by equality of the same columns; these are NOT NULL, or the comparison drops NULL; the aggregate is not DISTINCT.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total numeric(10,2) NOT NULL);',
    before: `SELECT o.id
FROM orders o
WHERE o.total > (SELECT avg(p.total) FROM orders p WHERE p.customer_id = o.customer_id);`,
    after: `SELECT o.id
FROM (SELECT o.*, avg(o.total) OVER (PARTITION BY o.customer_id) AS avg_total FROM orders o) o
WHERE o.total > o.avg_total;`,
  },
  rewrites: true,
  needs: ['as scalar'],
  *find(statement) {
    for (const block of statement.blocks) {
      const candidate = candidateOf(statement, block);
      const self = candidate && selfAggregate(statement, candidate);
      if (self) yield matchOf(statement, self);
    }
  },
};

function selfAggregate(statement: AnalyzedStatement, candidate: Candidate): SelfAggregate | null {
  const { block, outer, correlation, place } = candidate;
  const [inner] = block.sources;
  const [call] = block.aggregates;
  if (place.kind === 'group' || block.sources.length !== 1 || !inner || !call || block.aggregates.length > 1)
    return null;
  const keys: ResolvedColumn[] = [];
  for (const key of correlation.keys) {
    const within = key.inner.kind === 'column' ? statement.resolve(key.inner) : null;
    const around = key.outer.kind === 'column' ? statement.resolve(key.outer) : null;
    if (!within || !around || within.name !== around.name || around.source.block !== outer) return null;
    keys.push(around);
  }
  const own = keys[0]?.source;
  if (!own || keys.some((key) => key.source !== own) || own.kind !== inner.kind) return null;
  const same = own.kind === 'cte' ? own.cte === inner.cte : own.table !== null && own.table === inner.table;
  return same && relationKey(statement, block) !== null ? { ...candidate, own, call, keys } : null;
}

function matchOf(statement: AnalyzedStatement, self: SelfAggregate): Match {
  const { holder, own, block } = self;
  const message = `The subquery reads ${own.alias} again for the rows of the same group. A window function over ${own.alias} gives the value in one pass.`;
  return whenAsked(
    holder,
    message,
    () =>
      obstacle(statement, self) ??
      rewriteOf(
        editsOf(statement, self),
        canRaise(block.query, statement) ? 'likely' : 'proved',
        'both sides read the same relation, so the rows of the group are those of the window partition',
      ),
  );
}

function obstacle(statement: AnalyzedStatement, self: SelfAggregate): string | null {
  const { block, outer, own, call, holder, item, correlation } = self;
  if (!isDeterministic(block.query, statement)) return 'the subquery calls a volatile function';
  if (!WINDOWED.has(call.function) || call.distinct || call.filter || call.orderBy.length > 0)
    return 'the aggregate has no window form';
  if (!columnsOnlyIn(item.expression, [call])) return 'a column stands outside of the aggregate';
  const unfit = obstacleOfWindow(statement, outer, own);
  if (unfit !== null) return unfit;
  if (holder.kind !== 'subquery' || mayBeRepeated(statement, holder))
    return 'GROUP BY or ORDER BY may repeat it';
  if (itemNamedBy(statement, holder) && !block.outputs[0]?.name)
    return 'the column of the result would get another name';
  for (const key of correlation.keys) {
    if (!sameEqualitySemantics(typeOf(key.inner, statement), typeOf(key.outer, statement)))
      return 'the two sides of the correlation compare by different rules';
  }
  return self.keys.every((key) => key.notNull) || dropsNullKeys(statement, self)
    ? null
    : 'the key may be NULL';
}

/** The comparison is not true without a group, so rows whose key is NULL go anyway. */
function dropsNullKeys(statement: AnalyzedStatement, { place, holder, item }: SelfAggregate): boolean {
  return (
    place.kind === 'where' &&
    valueOnNoRows(item.expression) === 'null' &&
    rejectsNullValue(statement, place.conjunct, holder)
  );
}

function editsOf(statement: AnalyzedStatement, self: SelfAggregate): TextEdit[] | null {
  const { block, outer, own, call, holder, item, correlation, keys } = self;
  const { dialect } = statement;
  const alias = aliasOf(own, dialect);
  const name = inventName(statement, valueBase(statement, call));
  const [inner] = block.sources;
  if (!inner) return null;
  const mapping = withAlias(statement, inner, alias);
  const filter = correlation.local.length > 0 ? conjunction(statement, correlation.local, mapping) : null;
  if (correlation.local.length > 0 && !filter) return null;
  const value = filter ? filteredCall(statement, call, filter, mapping) : rebase(statement, call, mapping);
  if (!value) return null;
  const partition = joinFragments(keys.map((key) => columnOf(own, key.name, dialect)));
  const column = sql`${alias}.${identifier(name, dialect)}`;
  const edits = editing(statement)
    .replace(
      own.node,
      sql`(SELECT ${alias}.*, ${value} OVER (PARTITION BY ${partition}) AS ${identifier(name, dialect)} FROM ${source(statement, own.node)}) ${alias}`,
    )
    .replace(holder, writtenItem(statement, self, column));
  for (const key of keys) {
    if (!key.notNull) edits.addConjunct(outer, sql`${columnOf(own, key.name, dialect)} IS NOT NULL`);
  }
  const unnamed = itemNamedBy(statement, holder);
  const output = block.outputs[0]?.name;
  if (unnamed && output) edits.insert(unnamed.end, sql` AS ${identifier(output, dialect)}`);
  return item ? edits.done() : null;
}

/** The item of the subquery with the window's column in the place of its aggregate. */
function writtenItem(
  statement: AnalyzedStatement,
  { item, call }: SelfAggregate,
  column: ReturnType<typeof sql>,
) {
  const { expression } = item;
  if (expression === call) return column;
  const whole = joinFragments(
    [
      source(statement, { start: expression.start, end: call.start }),
      column,
      source(statement, { start: call.end, end: expression.end }),
    ],
    verbatim(''),
  );
  return expression.kind === 'call' || expression.kind === 'paren' ? whole : parenthesized(whole);
}
