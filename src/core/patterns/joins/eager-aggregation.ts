import type { Expression, FunctionCall } from '../../sql/ast.ts';
import { isNullFrom } from '../../sql/properties/not-null.ts';
import { predicateRejectsNull } from '../../sql/properties/null-rejection.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import { walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { aliasOf, columnOf, identifier, inventName } from '../../sql/writing/identifiers.ts';
import { rewriteOf, whenAsked } from '../offer.ts';
import { type PartialAggregate, partialAggregate } from '../partial-aggregates.ts';
import type { EngineSupport, Match, Pattern, Rewrite } from '../pattern.ts';
import { itemNamedBy } from '../select-item.ts';
import { isBareTable } from './join-shape.ts';
import { product, productName, type SumOfProduct, sumOfProduct } from './sum-of-product.ts';
import { groupingObstacle, partOf, replaceByPart, type TablePart } from './table-part.ts';

/** SQL Server aggregates before a join by itself. */
const ENGINES: readonly EngineSupport[] = (['postgresql', 'mysql', 'mariadb'] as const).map((dialect) => ({
  dialect,
  pays: 'when many rows share the join key and the join is not selective; a filter on the other side that leaves few rows makes it lose',
}));

/**
 * Matches GROUP BY over a join in which all that is summed and counted is of one table.
 *
 * All rows of that table with the same join columns meet the same rows of the others. So they can be aggregated first,
 * by these columns and whatever else of the table is used outside of the aggregates, and the join then is one of
 * groups. A group that meets several rows counts as often as its rows would: uniqueness of the other side is not needed.
 */
export const eagerAggregation: Pattern = {
  id: 'eager-aggregation',
  title: 'Aggregate over a join: aggregate before joining',
  category: 'joins',
  industries: ['analytics', 'e-commerce'],
  engines: ENGINES,
  severity: 'info',
  description:
    'Every row of the large table is joined before the rows are summed up. Summed up by the join columns first, only one row for each value of them has to be joined.',
  source:
    'Yan and Larson, "Eager aggregation and lazy aggregation", VLDB 1995; measured 1.3 times on PostgreSQL 15, 3.9 on MariaDB 10.11; 1.5 (by region) and 26 times (by customer, LEFT JOIN) on embedded PostgreSQL 18',
  precondition:
    'SUM, COUNT, MIN, MAX (on PostgreSQL AVG) of exact values of one table; other aggregates do not see copies; the table’s other columns in use compare by value and hold none of its keys.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, region text NOT NULL); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total numeric(10,2) NOT NULL);',
    before: `SELECT c.region, sum(o.total) AS total
FROM customers c
JOIN orders o ON o.customer_id = c.id
GROUP BY c.region;`,
    after: `SELECT c.region, sum(o.sum_total) AS total
FROM customers c
JOIN (
  SELECT o.customer_id, sum(o.total) AS sum_total
  FROM orders o
  GROUP BY o.customer_id
) o ON o.customer_id = c.id
GROUP BY c.region;`,
  },
  rewrites: true,
  needs: ['grouped', 'several sources'],
  *find(statement) {
    for (const block of statement.blocks) {
      const shape = shapeOf(statement, block);
      if (shape) yield matchOf(statement, shape);
    }
  },
};

/** A table whose rows can be aggregated before the join. */
interface Shape {
  readonly block: Block;
  readonly fact: Source;
  /** the aggregates of the fact table, count(*) among them */
  readonly calls: readonly FunctionCall[];
  /** sums of products with values of the other tables, which are the same for all rows that are summed up first */
  readonly products: readonly SumOfProduct[];
  readonly part: TablePart;
}

function shapeOf(statement: AnalyzedStatement, block: Block): Shape | null {
  if (!block.grouped || block.sources.length < 2 || !block.resolved || block.select.into) return null;
  // a correlated subquery would aggregate the whole table again for each row around it
  if (block.outerReferences.length > 0) return null;
  if (block.sources.some((one) => one.lateral || one.kind === 'unknown')) return null;
  const read = block.aggregates.map((call) => ({ call, sources: sourcesOf(statement, call) }));
  for (const fact of block.sources) {
    if (!isBareTable(fact)) continue;
    const calls = read
      .filter(
        ({ call, sources }) =>
          (call.star && call.filter === null) || (sources?.size === 1 && sources.has(fact)),
      )
      .map(({ call }) => call);
    const mixed = read.filter(({ sources }) => sources?.has(fact) && sources.size > 1);
    const products = mixed.flatMap(({ call }) => sumOfProduct(statement, call, fact) ?? []);
    const own = new Set([...calls, ...products.map(({ call }) => call)]);
    if (own.size === 0) continue;
    const others = read.filter(({ call }) => !own.has(call));
    if (!others.every(({ call, sources }) => sources && !sources.has(fact) && seesNoCopies(call))) continue;
    const part = partOf(statement, block, fact, [...own]);
    if (part) return { block, fact, calls, products, part };
  }
  return null;
}

/** The relations whose columns an aggregate reads; null when it holds a subquery, or a part that is not understood. */
function sourcesOf(statement: AnalyzedStatement, call: FunctionCall): ReadonlySet<Source> | null {
  const found = new Set<Source>();
  let known = true;
  walk(call, (node) => {
    if (node.kind === 'query' || node.kind === 'opaque') known = false;
    if (node.kind !== 'column') return known;
    const source = statement.resolve(node)?.source;
    if (source) found.add(source);
    else known = false;
    return known;
  });
  return known ? found : null;
}

/** An aggregate of other tables that gives the same when a row of theirs comes once for many. */
function seesNoCopies(call: FunctionCall): boolean {
  if (call.function === 'count') return call.distinct;
  return ['min', 'max', 'bool_and', 'bool_or', 'every'].includes(call.function);
}

function matchOf(statement: AnalyzedStatement, shape: Shape): Match {
  const { fact } = shape;
  const { keys } = shape.part;
  const range = { start: fact.node.start, end: fact.node.end };
  const message = `Every row of ${fact.alias} is joined before it is aggregated. Aggregated by ${keys.join(', ')} first, only one row for each value has to be joined.`;
  return whenAsked(range, message, () => obstacleOf(statement, shape) ?? aggregatedFirst(statement, shape));
}

function aggregatedFirst(statement: AnalyzedStatement, shape: Shape): Rewrite | string {
  const { block, fact, calls } = shape;
  const partials = new Map<FunctionCall, PartialAggregate>();
  for (const call of calls) {
    const partial = partialAggregate(statement, call);
    if (typeof partial === 'string') return partial;
    partials.set(call, partial);
  }
  const raises = [...calls, ...shape.products.map(({ call }) => call)].some((call) =>
    canRaise(call, statement),
  );
  return rewriteOf(
    editsOf(statement, shape, partials),
    raises ? 'likely' : 'proved',
    `all rows of ${fact.alias} with the same ${shape.part.keys.join(', ')} meet the same rows of the other tables`,
    shape.products.length > 0 ? 'a sum of products with one value is the product of the sum' : null,
    block.groupBy.length === 0 ? 'a count of no rows is 0' : null,
  );
}

function obstacleOf(
  statement: AnalyzedStatement,
  { block, fact, calls, products, part }: Shape,
): string | null {
  if (!isDeterministic(block.query, statement)) return 'a volatile function is called';
  const obstacle = groupingObstacle(fact, part);
  if (obstacle !== null) return obstacle;
  if (fact.nullSupplied) {
    for (const call of calls) {
      if (!isNullWithoutFact(statement, call, fact))
        return `${statement.text.slice(call.start, call.end)} may count rows without a partner`;
    }
  }
  for (const call of [...calls, ...products.map((one) => one.call)]) {
    const item = itemNamedBy(statement, call);
    if (item && outputName(block, item) === null)
      return `${statement.text.slice(call.start, call.end)} has no alias, and its column would get another name`;
  }
  return null;
}

/** A row that the outer join fills up gives the aggregate nothing; count(*) is mended by counting it as one. */
function isNullWithoutFact(statement: AnalyzedStatement, call: FunctionCall, fact: Source): boolean {
  if (call.filter && predicateRejectsNull(call.filter, fact, statement)) return true;
  if (call.filter) return false;
  if (call.star) return true;
  const isColumn = (e: Expression): boolean => e.kind === 'column' && statement.resolve(e)?.source === fact;
  return call.args.every(({ value }) => isNullFrom(value, statement, isColumn));
}

function outputName(block: Block, item: Block['select']['items'][number]): string | null {
  return block.outputs.find((output) => output.item === item)?.name ?? null;
}

function editsOf(
  statement: AnalyzedStatement,
  shape: Shape,
  partials: ReadonlyMap<FunctionCall, PartialAggregate>,
) {
  const { block, fact } = shape;
  const { local, keys } = shape.part;
  const { dialect } = statement;
  const alias = aliasOf(fact, dialect);
  const edits = editing(statement);
  const taken: string[] = [];
  const items = keys.map((key) => columnOf(fact, key, dialect));
  const known = new Map<string, readonly Fragment[]>();
  const mayBeEmpty =
    fact.nullSupplied || block.groupBy.length === 0 || (block.select.groupBy?.sets.length ?? 0) > 0;
  for (const [call, partial] of partials) {
    const text = statement.text.slice(call.start, call.end).toLowerCase();
    const names =
      known.get(text) ??
      partial.parts.map((part) => {
        const name = inventName(statement, part.name, taken);
        taken.push(name);
        const expression = part.expression((e) => source(statement, e));
        if (!expression) edits.fail();
        else items.push(sql`${expression} AS ${identifier(name, dialect)}`);
        return identifier(name, dialect);
      });
    known.set(text, names);
    const columns = names.map((name) => joinFragments([alias, name], verbatim('.')));
    // a row without a partner is one row for count(*)
    const counted =
      fact.nullSupplied && call.star && !call.filter
        ? columns.map((column) => sql`coalesce(${column}, 1)`)
        : columns;
    edits.replace(call, partial.combine(counted, mayBeEmpty));
    const item = itemNamedBy(statement, call);
    const name = item && outputName(block, item);
    // PostgreSQL names a column by its function, through the cast
    const keepsName = dialect === 'postgresql' && ['sum', 'min', 'max'].includes(call.function);
    if (item && name && !keepsName) edits.insert(item.end, sql` AS ${identifier(name, dialect)}`);
  }
  for (const { call, own, others } of shape.products) {
    const invented = inventName(statement, productName(own), taken);
    taken.push(invented);
    const name = identifier(invented, dialect);
    const argument = call.args[0]?.value;
    items.push(sql`sum(${product(statement, own)}) AS ${name}`);
    if (argument) edits.replace(argument, sql`${alias}.${name} * ${product(statement, others)}`);
  }
  const groupBy = sql`GROUP BY ${joinFragments(keys.map((key) => columnOf(fact, key, dialect)))}`;
  return replaceByPart(statement, edits, fact, local, sql`SELECT ${joinFragments(items)}`, groupBy).done();
}
