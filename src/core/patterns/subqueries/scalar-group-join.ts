import { canRaise } from '../../sql/properties/raising.ts';
import type { AnalyzedStatement, Conjunct } from '../../sql/query-model.ts';
import type { TextEdit } from '../../sql/text.ts';
import { editing } from '../../sql/writing/edits.ts';
import {
  type Fragment,
  joinFragments,
  lineBreak,
  source,
  sql,
  verbatim,
} from '../../sql/writing/fragment.ts';
import { identifier, inventName } from '../../sql/writing/identifiers.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { qualify } from '../../sql/writing/rebase.ts';
import { allEngines } from '../engines.ts';
import { rewriteOf, whenAsked } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { itemNamedBy } from '../select-item.ts';
import { type Candidate, candidateOf, obstacle, valueOnNoRows } from './correlated-candidate.ts';
import {
  expandStars,
  keyItem,
  lastName,
  mentions,
  namesOfKeys,
  startsOwnLine,
  valueBase,
} from './derived-names.ts';
import {
  canonical,
  commonConjuncts,
  conjunction,
  filteredItem,
  groupedBy,
  mappingTo,
  plainText,
  relationKey,
} from './shared-shape.ts';

/**
 * Matches several correlated aggregates of one outer block over the same table and key.
 *
 * Each runs for every outer row, though all look at the same rows. One grouped derived table gives all their values;
 * the filters in which they differ go into the aggregates.
 */
export const scalarSubqueriesToOneJoin: Pattern = {
  id: 'scalar-subqueries-to-one-join',
  title: 'Several correlated aggregates over one table: one grouped join',
  category: 'subqueries',
  engines: allEngines(
    'when many outer rows remain; with a selective outer filter and an index on the key the subqueries are cheap',
  ),
  severity: 'warning',
  description:
    'Each of the subqueries looks up the same rows of the same table again, for every outer row. One grouped pass gives all of their values.',
  source: 'Sellis, "Multiple-query optimization", ACM TODS 1988; measured 5.0 and 7.4 times on PostgreSQL 15',
  precondition:
    'The subqueries are aggregates over the same relations, correlated by the same equalities whose types compare alike, and nothing in them is volatile.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total int, open boolean NOT NULL);',
    before: `SELECT c.id,
  (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS orders,
  (SELECT sum(o.total) FROM orders o WHERE o.customer_id = c.id AND o.open) AS due
FROM customers c;`,
    after: `SELECT c.id,
  coalesce(by_customer_id.count_rows, 0) AS orders,
  by_customer_id.sum_total AS due
FROM customers c
LEFT JOIN (
  SELECT o.customer_id, count(*) AS count_rows, sum(o.total) FILTER (WHERE o.open) AS sum_total FROM orders o GROUP BY o.customer_id
) by_customer_id ON by_customer_id.customer_id = c.id;`,
  },
  rewrites: true,
  needs: ['several scalar subqueries'],
  *find(statement) {
    const candidates = statement.blocks.flatMap((block) => candidateOf(statement, block) ?? []);
    for (const outer of new Set(candidates.map((one) => one.outer))) {
      const own = candidates.filter((one) => one.outer === outer && one.place.kind !== 'group');
      for (const group of groupedBy(own, (one) => keyOf(statement, one))) {
        if (group.length > 1) yield matchOf(statement, group);
      }
    }
  },
};

/** The same for subqueries that can share one derived table. */
function keyOf(statement: AnalyzedStatement, { block, correlation }: Candidate): string | null {
  const relation = relationKey(statement, block);
  const keys = correlation.keys.map((key) => {
    const outer = qualify(statement, key.outer);
    return `${canonical(statement, key.inner, block)} = ${outer ? plainText(outer) : ''}`;
  });
  return relation && [relation, ...keys].join('; ');
}

function matchOf(statement: AnalyzedStatement, group: readonly Candidate[]): Match {
  const [first] = group as [Candidate, ...Candidate[]];
  const table = first.block.sources[0]?.alias ?? 'the table';
  const message = `${group.length} subqueries look up the same rows (${table}) for every outer row. One grouped derived table gives all their values.`;
  return whenAsked(first.holder, message, () => {
    const why = group.map((one) => obstacle(statement, one)).find((one) => one !== null);
    if (why) return why;
    const key = first.correlation.keys.map(({ inner }) => statement.text.slice(inner.start, inner.end));
    return rewriteOf(
      editsOf(statement, group),
      group.some((one) => canRaise(one.block.query, statement)) ? 'likely' : 'proved',
      `${key.join(', ')} is the grouping key, so each outer row meets at most one group`,
    );
  });
}

function editsOf(statement: AnalyzedStatement, group: readonly Candidate[]): TextEdit[] | null {
  const [first] = group as [Candidate, ...Candidate[]];
  const { block: base, outer, correlation } = first;
  const { dialect } = statement;
  const rest = commonConjuncts(
    statement,
    group.map((one) => ({ block: one.block, conjuncts: one.correlation.local })),
  );
  const names: string[] = [];
  for (const { block } of group)
    names.push(inventName(statement, valueBase(statement, block.aggregates[0]), names));
  const keyNames = namesOfKeys(statement, first, names);
  const alias = inventName(
    statement,
    `by_${correlation.keys[0] ? lastName(correlation.keys[0].inner) : 'key'}`,
    [...names, ...keyNames],
  );
  const columns = group.map((one, i) => columnOf(statement, one, base, rest[i] ?? []));
  if (columns.includes(null)) return null;
  const list = joinFragments([
    ...correlation.keys.map((key, i) => keyItem(statement, key.inner, keyNames[i] ?? 'key')),
    ...columns.map(
      (column, i) => sql`${column ?? verbatim('NULL')} AS ${identifier(names[i] ?? 'value', dialect)}`,
    ),
  ]);
  const groupBy = joinFragments(correlation.keys.map((key) => source(statement, key.inner)));
  const derived = new QueryCopy(statement, base)
    .selectList(list)
    .withoutConjuncts([...correlation.keys.map((key) => key.conjunct), ...(rest[0] ?? [])])
    .append(
      startsOwnLine(statement, base) ? sql`${lineBreak()}GROUP BY ${groupBy}` : sql` GROUP BY ${groupBy}`,
    )
    .moved();
  if (!derived) return null;
  const on = joinFragments(
    correlation.keys.map(
      (key, i) =>
        sql`${identifier(alias, dialect)}.${identifier(keyNames[i] ?? 'key', dialect)} = ${qualify(statement, key.outer) ?? source(statement, key.outer)}`,
    ),
    sql` AND `,
  );
  const edits = editing(statement).addJoin(
    outer,
    outer.sources.filter((s) => correlation.keys.some((key) => mentions(statement, key.outer, s))),
    sql`LEFT JOIN (
      ${derived}
    ) ${identifier(alias, dialect)} ON ${on}`,
  );
  group.forEach(({ holder, block, item }, i) => {
    const column = sql`${identifier(alias, dialect)}.${identifier(names[i] ?? 'value', dialect)}`;
    const onNoRows = valueOnNoRows(item.expression);
    const other = typeof onNoRows === 'object' ? source(statement, onNoRows.value) : verbatim('0');
    edits.replace(holder, onNoRows === 'null' ? column : sql`coalesce(${column}, ${other})`);
    const unnamed = itemNamedBy(statement, holder);
    const name = block.outputs[0]?.name;
    if (unnamed && name) edits.insert(unnamed.end, sql` AS ${identifier(name, dialect)}`);
  });
  expandStars(statement, outer, edits);
  return edits.done();
}

function columnOf(
  statement: AnalyzedStatement,
  { block, item }: Candidate,
  base: Candidate['block'],
  filters: readonly Conjunct[],
): Fragment | null {
  const mapping = mappingTo(statement, block, base);
  const filter = filters.length > 0 ? conjunction(statement, filters, mapping) : null;
  if (filters.length > 0 && !filter) return null;
  return filteredItem(statement, item.expression, block.aggregates, filter, mapping);
}
