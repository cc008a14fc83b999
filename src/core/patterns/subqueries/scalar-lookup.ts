import type { ColumnRef, Expression, SelectItem } from '../../sql/ast.ts';
import { isAtMostOneRow } from '../../sql/properties/keys.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { isNullFrom } from '../../sql/properties/not-null.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, ResolvedColumn, Source } from '../../sql/query-model.ts';
import type { TextEdit, TextRange } from '../../sql/text.ts';
import { walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import {
  type Fragment,
  joinFragments,
  parenthesized,
  source,
  sql,
  verbatim,
} from '../../sql/writing/fragment.ts';
import { aliasOf, identifier, inventName, qualified } from '../../sql/writing/identifiers.ts';
import { rebase } from '../../sql/writing/rebase.ts';
import { type Correlation, correlationOf } from '../correlation.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';
import { itemNamedBy, mayBeRepeated } from '../select-item.ts';
import { isPlainSelect } from '../subquery-shape.ts';
import { expandStars, mentions } from './derived-names.ts';
import { qualifyBare } from './qualify-bare.ts';
import { canonical, groupedBy, relationKey } from './shared-shape.ts';

const PAYS =
  'when many outer rows remain: one hash join takes the place of a lookup for each; for a few rows the lookups are as fast';

const ENGINES: readonly EngineSupport[] = [
  { dialect: 'postgresql', pays: PAYS },
  { dialect: 'mysql', pays: PAYS },
  { dialect: 'mariadb', pays: PAYS },
  {
    dialect: 'tsql',
    pays: 'when several columns of the same row are looked up: one join finds it once; of a single lookup it makes this join itself',
  },
];

/** `(SELECT c.name FROM customers c WHERE c.id = o.customer_id)`. */
interface Lookup {
  readonly block: Block;
  readonly outer: Block;
  readonly holder: Expression;
  readonly item: SelectItem;
  readonly correlation: Correlation;
  readonly table: Source;
}

/**
 * Matches scalar subqueries that look up a column of one table by its key.
 *
 * A left join by the key adds no row and drops none, and gives NULL where nothing is found, as the subquery does. Lookups of
 * several columns of the same row share one join.
 */
export const scalarLookupToJoin: Pattern = {
  id: 'scalar-lookup-to-left-join',
  title: 'Lookup by key for each row: left join',
  category: 'subqueries',
  engines: ENGINES,
  severity: 'info',
  description:
    'The subquery looks up one row by its key, again for every outer row. A left join finds the same rows, and lets the planner choose how: by hash, by merge, or by the same lookups.',
  source:
    'Galindo-Legaria and Joshi, "Orthogonal optimization of subqueries and aggregation", SIGMOD 2001; measured 10.5 times on PostgreSQL 15',
  precondition:
    'The conditions cover a unique key of the one table, what is selected is NULL where its columns are, and nothing is volatile.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before:
      'SELECT o.id, (SELECT c.name FROM customers c WHERE c.id = o.customer_id) AS customer FROM orders o;',
    after: 'SELECT o.id, c.name AS customer FROM orders o LEFT JOIN customers c ON c.id = o.customer_id;',
  },
  rewrites: true,
  needs: ['as scalar'],
  *find(statement) {
    const lookups = statement.blocks.flatMap((block) => lookupOf(statement, block) ?? []);
    for (const outer of new Set(lookups.map((one) => one.outer))) {
      const own = lookups.filter((one) => one.outer === outer);
      for (const group of groupedBy(own, (one) => keyOf(statement, one))) yield matchOf(statement, group);
    }
  },
};

function lookupOf(statement: AnalyzedStatement, block: Block): Lookup | null {
  const { holder } = block;
  const [item, ...more] = block.select.items;
  const [table, ...others] = block.sources;
  if (block.role !== 'scalar' || holder?.kind !== 'subquery' || !isPlainSelect(block)) return null;
  if (!item || more.length > 0 || table?.kind !== 'table' || others.length > 0) return null;
  const correlation = correlationOf(statement, block);
  if (correlation?.outer.kind !== 'select' || statement.scopeOf(holder) !== correlation.outer) return null;
  if (correlation.keys.length === 0 || correlation.other.length > 0) return null;
  const outer = correlation.outer as Block;
  const holds = (range: TextRange): boolean => range.start <= holder.start && holder.end <= range.end;
  const inWhere = outer.where.some((conjunct) => holds(conjunct.range));
  const inList = !outer.grouped && outer.select.items.some(holds);
  return inWhere || inList ? { block, outer, holder, item, correlation, table } : null;
}

/** The same for lookups of the same row. */
function keyOf(statement: AnalyzedStatement, { block }: Lookup): string | null {
  const relation = relationKey(statement, block);
  const conditions = block.where.map((conjunct) => canonical(statement, conjunct.expression, block));
  return relation && !conditions.includes(null) ? [relation, ...conditions.sort()].join(' AND ') : null;
}

function matchOf(statement: AnalyzedStatement, group: readonly Lookup[]): Match {
  const [first] = group as [Lookup, ...Lookup[]];
  const name = first.table.table?.name ?? first.table.alias;
  const message = `A row of ${name} is looked up by its key for every outer row. A left join finds the same.`;
  const why = group.map((one) => obstacle(statement, one)).find((one) => one !== null);
  if (why) return blocked(first.holder, message, why);
  const give = group.some((one) => canRaise(one.block.query, statement)) ? offerToTest : offer;
  return give(
    first.holder,
    message,
    () => editsOf(statement, group),
    `the conditions cover a key of ${name}, so each outer row meets at most one of its rows`,
  );
}

function obstacle(
  statement: AnalyzedStatement,
  { block, outer, holder, item, table }: Lookup,
): string | null {
  if (!isDeterministic(block.query, statement)) return 'the subquery calls a volatile function';
  if (!isAtMostOneRow(block.query, statement))
    return 'the conditions cover no key: several rows are an error';
  if (
    !isNullFrom(
      item.expression,
      statement,
      (e) => e.kind === 'column' && statement.resolve(e)?.source === table,
    )
  )
    return 'what it selects may not be NULL where no row is found';
  if (isLocked(outer)) return 'the rows are locked with FOR UPDATE';
  if (outer.joins.some((join) => join.node?.natural || join.using !== null))
    return 'USING or NATURAL would see the new columns';
  if (!outer.resolved || table.columns === null || table.node.kind !== 'table') return 'a name is not known';
  if (mayBeRepeated(statement, holder)) return 'GROUP BY or ORDER BY may repeat the subquery';
  return itemNamedBy(statement, holder) && !block.outputs[0]?.name
    ? 'the column of the result would get another name'
    : null;
}

function editsOf(statement: AnalyzedStatement, group: readonly Lookup[]): TextEdit[] | null {
  const [first] = group as [Lookup, ...Lookup[]];
  const { block: base, outer, correlation, table } = first;
  const { dialect } = statement;
  const holders = group.map((one) => one.holder);
  if (table.node.kind !== 'table') return null;
  const taken =
    isQualifier(statement, table.alias, holders) || outer.sources.some((s) => s.alias === table.alias);
  const alias = taken
    ? identifier(inventName(statement, table.table?.name ?? table.alias), dialect)
    : aliasOf(table, dialect);
  const last = table.node.name.at(-1);
  const name = last && source(statement, { start: table.node.start, end: last.end });
  if (!name) return null;
  const conditions = base.where.map(({ expression }) => {
    const written = moved(statement, expression, table, alias);
    return (
      written &&
      (expression.kind === 'binary' && expression.operator === 'OR' ? parenthesized(written) : written)
    );
  });
  if (conditions.includes(null)) return null;
  const edits = editing(statement).addJoin(
    outer,
    outer.sources.filter((s) => correlation.keys.some((key) => mentions(statement, key.outer, s))),
    sql`LEFT JOIN ${taken ? sql`${name} ${alias}` : source(statement, table.node)} ON ${joinFragments(
      conditions.filter((one) => one !== null),
      sql` AND `,
    )}`,
  );
  for (const { holder, item, block, table: own } of group) {
    const written = moved(statement, item.expression, own, alias);
    if (!written) return null;
    const simple = ['column', 'call', 'paren', 'cast'].includes(item.expression.kind);
    edits.replace(holder, simple ? written : parenthesized(written));
    const unnamed = itemNamedBy(statement, holder);
    const output = block.outputs[0]?.name;
    const stays =
      simple && item.expression.kind === 'column' && statement.dialect === 'postgresql' && !item.alias;
    if (unnamed && output && !stays) edits.insert(unnamed.end, sql` AS ${identifier(output, dialect)}`);
  }
  if (!qualifyBare(statement, outer, table, holders, edits)) return null;
  expandStars(statement, outer, edits);
  return edits.done();
}

/** An expression of the subquery for the place of the join: its own columns by the alias, the others qualified. */
function moved(
  statement: AnalyzedStatement,
  expression: Expression,
  table: Source,
  alias: Fragment,
): Fragment | null {
  return rebase(statement, expression, (column: ResolvedColumn, reference: ColumnRef) => {
    const name = reference.parts.at(-1);
    if (column.source !== table || !name) return qualified(column, statement.dialect);
    return joinFragments([alias, verbatim(name.text)], verbatim('.'));
  });
}

/** The name qualifies a column somewhere outside of the subqueries. */
function isQualifier(statement: AnalyzedStatement, alias: string, holders: readonly TextRange[]): boolean {
  let found = false;
  walk(statement.tree, (node) => {
    if (holders.some((holder) => node === holder)) return false;
    if (node.kind === 'column' && node.parts.length > 1 && node.parts.at(-2)?.name === alias) found = true;
    return !found;
  });
  return found;
}
