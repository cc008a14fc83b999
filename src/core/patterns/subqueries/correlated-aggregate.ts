import { canRaise } from '../../sql/properties/raising.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, lineBreak, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { identifier, inventName } from '../../sql/writing/identifiers.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { qualify } from '../../sql/writing/rebase.ts';
import { allEngines } from '../engines.ts';
import { whenAsked } from '../offer.ts';
import type { Match, Pattern, Rewrite } from '../pattern.ts';
import { itemNamedBy } from '../select-item.ts';
import {
  type Candidate,
  candidateOf,
  obstacle,
  rejectsNullValue,
  valueOnNoRows,
} from './correlated-candidate.ts';
import {
  expandStars,
  keyItem,
  lastName,
  mentions,
  namesOfKeys,
  startsOwnLine,
  valueBase,
} from './derived-names.ts';

/**
 * Matches `x op (SELECT agg(y) FROM t WHERE t.k = outer.k AND …)` in WHERE, in the select list or in HAVING.
 *
 * The subquery runs once for each outer row. The same values come from one grouped derived table, joined on the key.
 * An outer row without a group gives NULL, which is what the aggregate of no rows is, except for COUNT, which is 0: it
 * gets COALESCE ("the count bug" [Kim, "On optimizing an SQL-like nested query", ACM TODS 1982; Ganski and Wong,
 * SIGMOD 1987]). Grouping makes the key unique, so the join adds no rows, whatever duplicates the outer side has.
 */
export const correlatedAggregateToJoin: Pattern = {
  id: 'correlated-aggregate-to-join',
  title: 'Correlated aggregate: compute it once per key and join',
  category: 'subqueries',
  engines: allEngines(
    'when many outer rows remain and the subquery has no index on its key, or keys repeat; an index and few outer rows make the subquery cheap',
  ),
  severity: 'warning',
  description:
    'A subquery that aggregates the rows of the current outer row runs again for every outer row. One grouped pass over the table gives all values at once, and a join picks the right one.',
  source: 'Galindo-Legaria and Joshi, "Orthogonal optimization of subqueries and aggregation", SIGMOD 2001',
  precondition:
    'The subquery is one aggregate over equality-correlated rows, key types compare equal in the same way on both sides, and nothing in it is volatile or depends on order.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total numeric(10,2) NOT NULL);',
    before: `SELECT o.id
FROM orders o
WHERE o.total > (SELECT avg(o2.total) FROM orders o2 WHERE o2.customer_id = o.customer_id);`,
    after: `SELECT o.id
FROM orders o
JOIN (
  SELECT o2.customer_id, avg(o2.total) AS avg_total FROM orders o2 GROUP BY o2.customer_id
) avg_by_customer_id ON avg_by_customer_id.customer_id = o.customer_id
WHERE o.total > avg_by_customer_id.avg_total;`,
  },
  rewrites: true,
  needs: ['as scalar'],
  *find(statement) {
    for (const block of statement.blocks) {
      const candidate = candidateOf(statement, block);
      if (candidate) yield matchOf(statement, candidate);
    }
  },
};

function matchOf(statement: AnalyzedStatement, candidate: Candidate): Match {
  const { holder, item, correlation } = candidate;
  const keys = correlation.keys.map((key) => statement.text.slice(key.inner.start, key.inner.end)).join(', ');
  const value = statement.text.slice(item.expression.start, item.expression.end);
  return whenAsked(
    { start: holder.start, end: holder.end },
    `${value} is computed again for every outer row. Compute it once for each ${keys} in a grouped derived table and join that.`,
    () => obstacle(statement, candidate) ?? rewriteOf(statement, candidate),
  );
}

function rewriteOf(statement: AnalyzedStatement, candidate: Candidate): Rewrite | null {
  const { block, outer, holder, item, correlation, place } = candidate;
  const { dialect } = statement;
  const aggregate = block.aggregates[0];
  const valueName = inventName(statement, valueBase(statement, aggregate));
  const keyNames = namesOfKeys(statement, candidate, [valueName]);
  const first = correlation.keys[0];
  const alias = inventName(
    statement,
    `${aggregate?.function ?? 'value'}_by_${first ? lastName(first.inner) : 'key'}`,
    [valueName, ...keyNames],
  );

  const list = joinFragments([
    ...correlation.keys.map((key, i) => keyItem(statement, key.inner, keyNames[i] ?? 'key')),
    sql`${source(statement, item.expression)} AS ${identifier(valueName, dialect)}`,
  ]);
  const groupBy = joinFragments(correlation.keys.map((key) => source(statement, key.inner)));
  const derived = new QueryCopy(statement, block)
    .selectList(list)
    .withoutConjuncts(correlation.keys.map((key) => key.conjunct))
    .append(
      startsOwnLine(statement, block) ? sql`${lineBreak()}GROUP BY ${groupBy}` : sql` GROUP BY ${groupBy}`,
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
  const onNoRows = valueOnNoRows(item.expression);
  const joined = sql`${identifier(alias, dialect)}.${identifier(valueName, dialect)}`;
  const column = place.kind === 'group' ? sql`max(${joined})` : joined;
  const value =
    onNoRows === 'null'
      ? column
      : sql`coalesce(${column}, ${typeof onNoRows === 'object' ? source(statement, onNoRows.value) : verbatim('0')})`;
  const dropsRows =
    onNoRows === 'null' && place.kind === 'where' && rejectsNullValue(statement, place.conjunct, holder);
  const edits = editing(statement);
  edits.addJoin(
    outer,
    outer.sources.filter((s) => correlation.keys.some((key) => mentions(statement, key.outer, s))),
    dropsRows
      ? sql`JOIN (
        ${derived}
      ) ${identifier(alias, dialect)} ON ${on}`
      : sql`LEFT JOIN (
        ${derived}
      ) ${identifier(alias, dialect)} ON ${on}`,
  );
  edits.replace(holder, value);
  const unnamed = itemNamedBy(statement, holder);
  const name = block.outputs[0]?.name;
  if (unnamed && name) edits.insert(unnamed.end, sql` AS ${identifier(name, dialect)}`);
  expandStars(statement, outer, edits);
  const done = edits.done();
  if (!done) return null;
  const raising = canRaise(block.query, statement);
  return {
    edits: done,
    assumptions: [
      `${correlation.keys.map((key) => statement.text.slice(key.inner.start, key.inner.end)).join(', ')} is the grouping key, so each outer row meets at most one group`,
    ],
    soundness: raising ? 'likely' : 'proved',
  };
}
