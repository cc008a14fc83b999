import { canRaise } from '../../sql/properties/raising.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import type { TextEdit } from '../../sql/text.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, lineBreak, source, sql } from '../../sql/writing/fragment.ts';
import { identifier, inventName } from '../../sql/writing/identifiers.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';
import { expandStars, keyItem, lastName, mentions, namesOfKeys, startsOwnLine } from './derived-names.ts';
import {
  type ExistsCandidate,
  existsCandidates,
  joinCondition,
  keyOfExists,
  obstacleOfExists,
  replaceExists,
} from './exists-candidate.ts';
import { commonConjuncts, conjunction, groupedBy, mappingTo } from './shared-shape.ts';

const PAYS =
  'when many outer rows remain and the keys do not fit into a hash table in memory, or there is no index on them';

const ONE_ENGINES: readonly EngineSupport[] = [
  { dialect: 'postgresql', pays: PAYS },
  {
    dialect: 'mysql',
    pays: 'when many outer rows remain: EXISTS outside of a plain WHERE runs for each of them',
  },
  {
    dialect: 'mariadb',
    pays: 'when many outer rows remain: EXISTS outside of a plain WHERE runs for each of them',
  },
];

/**
 * Matches a correlated EXISTS in the select list, in CASE or beside an OR.
 *
 * Planners make a semi-join of an EXISTS that is a condition of WHERE of its own. Elsewhere it is a subquery for each row.
 * A left join with the distinct keys of its rows answers it: the key is not NULL where a row exists.
 */
export const existsToLeftJoin: Pattern = {
  id: 'exists-to-left-join',
  title: 'EXISTS as a value or beside OR: left join with the distinct keys',
  category: 'subqueries',
  engines: ONE_ENGINES,
  severity: 'hint',
  description:
    'Outside of a plain condition of WHERE, EXISTS cannot be a semi-join: it runs for each row, or looks up a list of all keys. One join with the distinct keys answers it for all rows.',
  source:
    'Elhemali, Galindo-Legaria, Grabs and Joshi, "Execution strategies for SQL subqueries", SIGMOD 2007; measured 5.8 times on PostgreSQL 15',
  precondition:
    'The subquery is correlated by equalities whose types compare alike, takes no part of its rows, and is not volatile.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL);',
    before:
      'SELECT c.id, EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id) AS buys FROM customers c;',
    after:
      'SELECT c.id, keys_of_orders.customer_id IS NOT NULL AS buys FROM customers c LEFT JOIN (SELECT DISTINCT o.customer_id FROM orders o) keys_of_orders ON keys_of_orders.customer_id = c.id;',
  },
  rewrites: true,
  needs: ['as exists'],
  *find(statement) {
    for (const one of existsCandidates(statement)) {
      if (one.isConjunct || one.block.select.distinct !== null) continue;
      const message =
        'Here EXISTS cannot be a semi-join and is answered row by row. A left join with the distinct keys answers it for all rows at once.';
      const why = obstacleOfExists(statement, one);
      if (why !== null) {
        yield blocked(one.holder, message, why);
        continue;
      }
      const give = canRaise(one.block.query, statement) ? offerToTest : offer;
      yield give(
        one.holder,
        message,
        () => joinEdits(statement, one),
        'each outer row meets at most one distinct key',
      );
    }
  },
};

function joinEdits(statement: AnalyzedStatement, one: ExistsCandidate): TextEdit[] | null {
  const { block, outer, correlation } = one;
  const { dialect } = statement;
  const keyNames = namesOfKeys(statement, one, []);
  const table = block.sources[0]?.table?.name ?? block.sources[0]?.alias ?? 'rows';
  const alias = identifier(inventName(statement, `keys_of_${table}`, keyNames), dialect);
  const keys = joinFragments(
    correlation.keys.map((key, i) => keyItem(statement, key.inner, keyNames[i] ?? 'key')),
  );
  const derived = new QueryCopy(statement, block)
    .selectList(sql`DISTINCT ${keys}`)
    .withoutConjuncts(correlation.keys.map((key) => key.conjunct))
    .moved();
  if (!derived) return null;
  const edits = editing(statement).addJoin(
    outer,
    outer.sources.filter((s) => correlation.keys.some((key) => mentions(statement, key.outer, s))),
    sql`LEFT JOIN (
      ${derived}
    ) ${alias} ON ${joinCondition(statement, correlation, alias, keyNames)}`,
  );
  const key = sql`${alias}.${identifier(keyNames[0] ?? 'key', dialect)}`;
  replaceExists(statement, edits, one, sql`${key} IS NOT NULL`, sql`${key} IS NULL`);
  expandStars(statement, outer, edits);
  return edits.done();
}

/**
 * Matches several EXISTS of one block over the same table and key with different filters.
 *
 * One grouped derived table knows for each key which of the filters some row passes.
 */
export const existsToOneJoin: Pattern = {
  id: 'several-exists-to-one-join',
  title: 'Several EXISTS over one table: one grouped join',
  category: 'subqueries',
  engines: allEngines(
    'when some of them stand in the select list, in CASE or beside an OR; as conditions of WHERE they are semi-joins, which were measured faster (0.83 times) on PostgreSQL 15',
  ),
  severity: 'hint',
  description:
    'Each EXISTS looks up the same rows of the same table again. One grouped pass tells for each key which of the conditions some row meets.',
  source: 'Bellamkonda et al., "Enhanced subquery optimizations in Oracle", VLDB 2009 (subquery coalescing)',
  precondition:
    'The subqueries read the same relations and are correlated by the same equalities, whose types compare alike; nothing in them is volatile.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total int);',
    before:
      'SELECT c.id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.total > 100) AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.total < 10);',
    after:
      'SELECT c.id FROM customers c LEFT JOIN (SELECT o.customer_id, MAX(CASE WHEN o.total > 100 THEN 1 ELSE 0 END) AS has_1, MAX(CASE WHEN o.total < 10 THEN 1 ELSE 0 END) AS has_2 FROM orders o GROUP BY o.customer_id) by_customer_id ON by_customer_id.customer_id = c.id WHERE COALESCE(by_customer_id.has_1, 0) = 1 AND (COALESCE(by_customer_id.has_2, 0) = 0);',
  },
  rewrites: true,
  needs: ['as exists'],
  *find(statement) {
    const all = existsCandidates(statement);
    for (const outer of new Set(all.map((one) => one.outer))) {
      const own = all.filter((one) => one.outer === outer);
      for (const group of groupedBy(own, (one) => keyOfExists(statement, one))) {
        if (group.length > 1) yield groupMatch(statement, group);
      }
    }
  },
};

function groupMatch(statement: AnalyzedStatement, group: readonly ExistsCandidate[]): Match {
  const [first] = group as [ExistsCandidate, ...ExistsCandidate[]];
  const message = `${group.length} EXISTS look up the same rows (${first.block.sources[0]?.alias ?? ''}) again. One grouped join answers them all.`;
  const why = group.map((one) => obstacleOfExists(statement, one)).find((one) => one !== null);
  if (why) return blocked(first.holder, message, why);
  const give = group.some((one) => canRaise(one.block.query, statement)) ? offerToTest : offer;
  return give(
    first.holder,
    message,
    () => groupEdits(statement, group),
    'the key is the grouping key, so each outer row meets at most one group',
  );
}

function groupEdits(statement: AnalyzedStatement, group: readonly ExistsCandidate[]): TextEdit[] | null {
  const [first] = group as [ExistsCandidate, ...ExistsCandidate[]];
  const { block: base, outer, correlation } = first;
  const { dialect } = statement;
  const rest = commonConjuncts(
    statement,
    group.map((one) => ({ block: one.block, conjuncts: one.correlation.local })),
  );
  const names: string[] = [];
  for (const at of group.keys()) names.push(inventName(statement, `has_${at + 1}`, names));
  const keyNames = namesOfKeys(statement, first, names);
  const alias = identifier(
    inventName(statement, `by_${correlation.keys[0] ? lastName(correlation.keys[0].inner) : 'key'}`, [
      ...names,
      ...keyNames,
    ]),
    dialect,
  );
  const flags = group.map(({ block }, i) => {
    const filters = rest[i] ?? [];
    if (filters.length === 0) return sql`1 AS ${identifier(names[i] ?? 'has', dialect)}`;
    const filter = conjunction(statement, filters, mappingTo(statement, block, base));
    return (
      filter && sql`max(CASE WHEN ${filter} THEN 1 ELSE 0 END) AS ${identifier(names[i] ?? 'has', dialect)}`
    );
  });
  if (flags.includes(null)) return null;
  const list = joinFragments([
    ...correlation.keys.map((key, i) => keyItem(statement, key.inner, keyNames[i] ?? 'key')),
    ...flags.filter((flag) => flag !== null),
  ]);
  const groupBy = joinFragments(correlation.keys.map((key) => source(statement, key.inner)));
  const copy = new QueryCopy(statement, base)
    .selectList(list)
    .withoutConjuncts([...correlation.keys.map((key) => key.conjunct), ...(rest[0] ?? [])])
    .append(
      startsOwnLine(statement, base) ? sql`${lineBreak()}GROUP BY ${groupBy}` : sql` GROUP BY ${groupBy}`,
    );
  const derived = base.select.distinct === null ? copy.moved() : null;
  if (!derived) return null;
  const edits = editing(statement).addJoin(
    outer,
    outer.sources.filter((s) => correlation.keys.some((key) => mentions(statement, key.outer, s))),
    sql`LEFT JOIN (
      ${derived}
    ) ${alias} ON ${joinCondition(statement, correlation, alias, keyNames)}`,
  );
  group.forEach((one, i) => {
    const flag = sql`coalesce(${alias}.${identifier(names[i] ?? 'has', dialect)}, 0)`;
    replaceExists(statement, edits, one, sql`${flag} = 1`, sql`${flag} = 0`);
  });
  expandStars(statement, outer, edits);
  return edits.done();
}
