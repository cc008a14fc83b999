import type { Exists, Expression, In } from '../../sql/ast.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct } from '../../sql/query-model.ts';
import { contains } from '../../sql/text.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, parenthesized, source, sql } from '../../sql/writing/fragment.ts';
import { rebase } from '../../sql/writing/rebase.ts';
import { correlationOf } from '../correlation.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';
import { hasSubquery, isPlainSelect } from '../subquery-shape.ts';
import {
  addRelation,
  allOf,
  ambiguousOnceJoined,
  joinObstacle,
  namesTarget,
  type PlainWrite,
  plainWrite,
  readsTarget,
  written,
} from './plain-write.ts';

const ENGINES: readonly EngineSupport[] = [
  {
    dialect: 'mariadb',
    pays: 'Nearly always: the subquery of an UPDATE or DELETE runs for every row of the table (measured 333 times on 10.11).',
  },
  {
    dialect: 'mysql',
    pays: 'Before 8.0.21 nearly always, since then where the optimizer still reports a dependent subquery.',
  },
  {
    dialect: 'postgresql',
    pays: 'When few rows of the table are met and it has an index for the join (measured 2.7 times on 15); not when the subquery repeats its values often.',
  },
];

const SCHEMA =
  'CREATE TABLE customers (id int PRIMARY KEY, closed boolean NOT NULL); CREATE TABLE orders (id int PRIMARY KEY, customer_id int, note text);';

/**
 * `DELETE FROM t WHERE x IN (SELECT y FROM s …)`: the rows of t that meet some row of s. A join names the same rows; one
 * that meets several rows of s is deleted once all the same.
 */
export const deleteSemiJoin: Pattern = {
  id: 'delete-in-to-join',
  title: 'DELETE with IN or EXISTS over a subquery: join the table',
  category: 'writes',
  engines: ENGINES,
  severity: 'warning',
  description:
    'MariaDB, and MySQL before 8.0.21, do not turn the subquery of a DELETE into a join: it runs again for every row of the table. A DELETE over a join may begin with the rows of the other table.',
  source:
    'https://dev.mysql.com/doc/refman/8.0/en/semijoins.html; measured on MariaDB 10.11 and PostgreSQL 15',
  precondition:
    'The subquery only joins and filters, calls nothing volatile, and its relations are not named like the table.',
  example: {
    schema: SCHEMA,
    before: 'DELETE FROM orders WHERE customer_id IN (SELECT c.id FROM customers c WHERE c.closed)',
    after: 'DELETE orders FROM orders JOIN customers c ON c.id = orders.customer_id WHERE c.closed',
  },
  rewrites: true,
  needs: ['write', 'delete', 'where'],
  find: (statement) => matchesOf(statement, 'delete'),
};

/** The same of an UPDATE: the values that it sets do not depend on the subquery's rows. */
export const updateSemiJoin: Pattern = {
  id: 'update-in-to-join',
  title: 'UPDATE with IN or EXISTS over a subquery: join the table',
  category: 'writes',
  engines: ENGINES,
  severity: 'warning',
  description:
    'MariaDB, and MySQL before 8.0.21, do not turn the subquery of an UPDATE into a join: it runs again for every row of the table. An UPDATE over a join may begin with the rows of the other table.',
  source:
    'https://dev.mysql.com/doc/refman/8.0/en/semijoins.html; measured on MariaDB 10.11 and PostgreSQL 15',
  precondition:
    'The subquery only joins and filters, calls nothing volatile, its relations are not named like the table, and no assignment reads what another one sets.',
  example: {
    schema: SCHEMA,
    before:
      "UPDATE orders SET note = 'closed' WHERE customer_id IN (SELECT c.id FROM customers c WHERE c.closed)",
    after: "UPDATE orders JOIN customers c ON c.id = orders.customer_id SET note = 'closed' WHERE c.closed",
  },
  rewrites: true,
  needs: ['write', 'update', 'where'],
  find: (statement) => matchesOf(statement, 'update'),
};

function* matchesOf(statement: AnalyzedStatement, kind: 'update' | 'delete'): Generator<Match> {
  for (const write of statement.writes) {
    const plain = plainWrite(write);
    if (plain?.node.kind !== kind) continue;
    for (const conjunct of write.where) {
      const test = unwrapParens(conjunct.expression);
      if (test.kind !== 'exists' && !(test.kind === 'in' && test.query && !test.negated)) continue;
      const block = statement.blocks.find((one) => one.holder === test);
      if (block && (test.kind === 'in' || block.outerReferences.length > 0))
        yield matchOf(statement, plain, conjunct, test, block);
    }
  }
}

function matchOf(
  statement: AnalyzedStatement,
  plain: PlainWrite,
  conjunct: Conjunct,
  test: In | Exists,
  block: Block,
): Match {
  const relation = block.sources[0]?.alias ?? 'the other table';
  const message = `The subquery over ${relation} may run for every row of ${plain.target.alias}. Join ${relation} instead.`;
  const obstacle = obstacleOf(statement, plain, test, block);
  if (obstacle !== null) return blocked(test, message, obstacle);
  const edits = () => editsOf(statement, plain, conjunct, test, block);
  const once = `a row of ${plain.target.alias} that meets several rows is written once`;
  const raises =
    canRaise(block.query, statement) || (test.kind === 'in' && canRaise(test.operand, statement));
  return raises ? offerToTest(test, message, edits, once) : offer(test, message, edits, once);
}

function obstacleOf(
  statement: AnalyzedStatement,
  plain: PlainWrite,
  test: In | Exists,
  block: Block,
): string | null {
  const obstacle = joinObstacle(statement, plain);
  if (obstacle !== null) return obstacle;
  if (!isPlainSelect(block) || !block.resolved) return 'the subquery groups, limits or holds an unknown name';
  if (block.select.from.length !== 1) return 'the subquery has a list of tables';
  if (block.joins.some((join) => join.using !== null || join.node?.natural))
    return 'a join in the subquery merges columns';
  if (block.sources.some((one) => one.kind !== 'table' || one.table === null || one.lateral))
    return 'a relation of the subquery is no table that is known';
  if (namesTarget(block, plain.target)) return 'a relation of the subquery has the name of the table';
  if (statement.dialect !== 'postgresql' && readsTarget(statement, block, plain.target))
    return 'the subquery reads the table that is written';
  if (!isDeterministic(block.query, statement)) return 'the subquery calls a volatile function';
  if (
    plain.node.kind === 'update' &&
    plain.node.assignments.some((one) => !isDeterministic(one.value, statement))
  )
    return 'an assignment calls a volatile function';
  const correlation = correlationOf(statement, block);
  if (!correlation || correlation.outer !== plain.write)
    return 'the subquery depends on more than the row that is written';
  if (test.kind === 'exists') return correlation.keys.length > 0 ? null : 'no equality connects the two';
  if (!isDeterministic(test.operand, statement) || hasSubquery(test.operand))
    return 'the left side holds a subquery or calls a volatile function';
  return pairsOf(test, block) ? null : 'the two sides have different numbers of columns';
}

/** The compared expressions: one pair, or those of a row. */
function pairsOf(test: In, block: Block): { left: Expression; right: Expression }[] | null {
  const operand = unwrapParens(test.operand);
  const lefts = operand.kind === 'row' ? operand.items : [operand];
  const rights = block.select.items.map((item) => item.expression);
  if (lefts.length !== rights.length || rights.some((right) => right.kind === 'star')) return null;
  return lefts.map((left, i) => ({ left, right: rights[i] ?? left }));
}

function editsOf(
  statement: AnalyzedStatement,
  plain: PlainWrite,
  conjunct: Conjunct,
  test: In | Exists,
  block: Block,
) {
  const edits = editing(statement);
  const [from] = block.select.from;
  const ambiguous = ambiguousOnceJoined(statement, plain, block);
  if (!ambiguous || !from) return null;
  const inJoins = ambiguous.some((reference) => contains(from, reference));
  if (inJoins) return null;
  const text = (expression: Expression, all = false): Fragment | null =>
    rebase(statement, expression, (_, reference) =>
      reference.parts.length === 1 && (all || ambiguous.includes(reference))
        ? written(statement, reference)
        : 'keep',
    );
  const equalities: (Fragment | null)[] = [];
  const filters: (Fragment | null)[] = [];
  if (test.kind === 'in') {
    for (const { left, right } of pairsOf(test, block) ?? []) {
      const [inner, outer] = [text(right), text(left, true)];
      equalities.push(inner && outer && sql`${operand(inner, right)} = ${operand(outer, left)}`);
    }
  }
  const keys = correlationOf(statement, block)?.keys.map((key) => key.conjunct) ?? [];
  for (const one of block.where) {
    const isKey = test.kind === 'exists' && keys.includes(one);
    const written = text(one.expression, isKey);
    const isOr = one.expression.kind === 'binary' && one.expression.operator === 'OR';
    (isKey ? equalities : filters).push(written && isOr ? parenthesized(written) : written);
  }
  const [on, rest] = [known(equalities), known(filters)];
  if (!on || !rest || on.length === 0) return null;
  for (const reference of ambiguous) {
    if (!contains(test, reference)) edits.replace(reference, written(statement, reference));
  }
  const relation =
    from.kind === 'join' && statement.dialect !== 'postgresql'
      ? parenthesized(source(statement, from))
      : source(statement, from);
  if (statement.dialect === 'postgresql') {
    addRelation(statement, edits, plain, relation, null).replaceConjunct(conjunct, allOf([...on, ...rest]));
  } else {
    addRelation(statement, edits, plain, relation, allOf(on));
    if (rest.length > 0) edits.replaceConjunct(conjunct, allOf(rest));
    else edits.removeConjunct(conjunct);
  }
  return edits.done();
}

function known(fragments: readonly (Fragment | null)[]): Fragment[] | null {
  const all = fragments.filter((one) => one !== null);
  return all.length === fragments.length ? all : null;
}

/** An operand of `=`: in parentheses unless it is a name, a literal or a call. */
function operand(fragment: Fragment, expression: Expression): Fragment {
  const simple = ['column', 'literal', 'call', 'paren', 'placeholder', 'cast', 'typedLiteral'];
  return simple.includes(expression.kind) ? fragment : parenthesized(fragment);
}
