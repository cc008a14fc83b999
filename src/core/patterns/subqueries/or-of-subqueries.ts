import type { Binary, Exists, Expression, In } from '../../sql/ast.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import type { TextEdit } from '../../sql/text.ts';
import { disjunctsOf, unwrapParens, walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, parenthesized, source, sql } from '../../sql/writing/fragment.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { itemNamedBy, mayBeRepeated } from '../select-item.ts';
import { isPlainSelect } from '../subquery-shape.ts';
import { commonConjuncts, conjunction, mappingTo, relationKey } from './shared-shape.ts';

/**
 * Matches `EXISTS (… WHERE k AND f) OR EXISTS (… WHERE k AND g)` over the same relations.
 *
 * A row that meets f or a row that meets g is there when a row is there that meets f OR g. As one EXISTS that is a condition of WHERE, it can
 * be a semi-join; beside an OR it cannot.
 */
export const orOfExists: Pattern = {
  id: 'or-of-exists-to-one',
  title: 'EXISTS or EXISTS over the same table: one EXISTS',
  category: 'subqueries',
  engines: allEngines(
    'when many outer rows remain: one semi-join takes the place of two subqueries for each row',
  ),
  severity: 'warning',
  description:
    'Beside an OR, EXISTS cannot be a semi-join: each is a subquery that runs for each row, or a list that is searched. One EXISTS with the OR inside can.',
  source:
    'Bellamkonda et al., "Enhanced subquery optimizations in Oracle", VLDB 2009 (subquery coalescing); measured 16 times on PostgreSQL 15',
  precondition:
    'All sides of the OR are EXISTS over the same relations, without grouping and LIMIT, and none is volatile.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total int, kind int);',
    before:
      'SELECT c.id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.total > 100) OR EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.kind = 3);',
    after:
      'SELECT c.id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND (o.total > 100 OR o.kind = 3));',
  },
  rewrites: true,
  needs: ['operator OR', 'as exists'],
  *find(statement) {
    for (const node of topmostOrs(statement, 'exists')) {
      const sides = disjunctsOf(node).map(unwrapParens);
      const found = sides.filter((side): side is Exists => side.kind === 'exists');
      if (found.length !== sides.length) continue;
      const blocks = found.map((one) => statement.blocks.find((block) => block.holder === one) ?? null);
      const known = blocks.filter((block) => block !== null);
      const [first] = known;
      if (!first || known.length !== sides.length) continue;
      const key = relationKey(statement, first);
      if (key === null || !known.every((block) => relationKey(statement, block) === key)) continue;
      const message = `${sides.length} EXISTS over the same rows stand beside an OR, where none can be a semi-join. Put the OR inside of one.`;
      const why = obstacle(statement, node, known);
      if (why !== null) {
        yield blocked(node, message, why);
        continue;
      }
      const give = known.some((block) => canRaise(block.query, statement)) ? offerToTest : offer;
      yield give(
        node,
        message,
        () => existsEdits(statement, node, known),
        'a row that meets one or the other is a row that meets either',
      );
    }
  },
};

/**
 * Matches `x IN (SELECT a …) OR x IN (SELECT b …)`.
 *
 * x is in one list or the other when it is in both put together, and unknown in the same cases. IN over UNION ALL can be a semi-join.
 */
export const orOfIn: Pattern = {
  id: 'or-of-in-to-union-all',
  title: 'IN or IN over subqueries: IN over UNION ALL',
  category: 'subqueries',
  engines: allEngines(
    'when the lists are long: they can be a semi-join, and be searched from the smaller side',
  ),
  severity: 'warning',
  description:
    'Beside an OR, IN cannot be a semi-join: every row is looked up in both lists, and the lists cannot drive the join. One IN over the lists put together can.',
  source: 'measured 73 times on PostgreSQL 15 for OR across tables',
  precondition:
    'All sides of the OR are IN of the same deterministic expression over selects whose columns have the same type.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int); CREATE TABLE visits (id int PRIMARY KEY, customer_id int);',
    before:
      'SELECT c.id FROM customers c WHERE c.id IN (SELECT o.customer_id FROM orders o) OR c.id IN (SELECT v.customer_id FROM visits v);',
    after:
      'SELECT c.id FROM customers c WHERE c.id IN (SELECT o.customer_id FROM orders o UNION ALL SELECT v.customer_id FROM visits v);',
  },
  rewrites: true,
  needs: ['operator OR', 'as in'],
  *find(statement) {
    for (const node of topmostOrs(statement, 'in')) {
      const sides = disjunctsOf(node).map(unwrapParens);
      const found = sides.filter(
        (side): side is In => side.kind === 'in' && side.query !== null && !side.negated,
      );
      const [first] = found;
      if (!first || found.length !== sides.length) continue;
      if (!found.every((one) => sameExpression(one.operand, first.operand, statement))) continue;
      const message = `The same value is looked up in ${sides.length} lists beside an OR, where none can be a semi-join. Put the lists together with UNION ALL.`;
      const blocks = found.map((one) => statement.blocks.find((block) => block.holder === one) ?? null);
      const known = blocks.filter((block) => block !== null);
      const why =
        known.length < sides.length ? 'a list is no plain SELECT' : obstacle(statement, node, known);
      const types = known.map((block) => block.outputs[0]?.type?.text ?? null);
      const one = known.every((block) => block.outputs.length === 1 && block.outputsComplete);
      const plain = known.every((block) => block.outputs[0]?.type?.deterministic === true);
      const alike = one && plain && types[0] != null && types.every((type) => type === types[0]);
      if (why !== null || !alike || !isDeterministic(first.operand, statement)) {
        yield blocked(node, message, why ?? 'the columns of the lists may have different types');
        continue;
      }
      const lists = joinFragments(
        known.map(({ query }) => source(statement, query)),
        sql` UNION ALL `,
      );
      const edits = () =>
        editing(statement)
          .replace(node, sql`${source(statement, first.operand)} IN (${lists})`)
          .done();
      const give = known.some((block) => canRaise(block.query, statement)) ? offerToTest : offer;
      yield give(
        node,
        message,
        edits,
        'a value is in one of the lists when it is in all of them put together',
      );
    }
  },
};

/** ORs that are no side of another OR; none where the statement has not two subqueries of the kind. */
function topmostOrs(statement: AnalyzedStatement, role: Block['role']): Binary[] {
  if (statement.blocks.filter((block) => block.role === role).length < 2) return [];
  const inner = new Set<Expression>();
  const found: Binary[] = [];
  walk(statement.tree, (node) => {
    if (node.kind === 'paren' && inner.has(node)) inner.add(node.expression);
    if (node.kind !== 'binary' || node.operator !== 'OR') return;
    inner.add(node.left);
    inner.add(node.right);
    if (!inner.has(node)) found.push(node);
  });
  return found;
}

function obstacle(statement: AnalyzedStatement, node: Binary, blocks: readonly Block[]): string | null {
  for (const block of blocks) {
    if (!isPlainSelect(block) || !block.resolved) return 'a subquery groups, limits or holds an unknown name';
    if (!isDeterministic(block.query, statement)) return 'a subquery calls a volatile function';
  }
  if (!statement.scopeOf(node)) return 'it does not stand in a query';
  if (mayBeRepeated(statement, node)) return 'GROUP BY or ORDER BY may repeat the condition';
  return itemNamedBy(statement, node) ? 'the column of the result would get another name' : null;
}

function existsEdits(
  statement: AnalyzedStatement,
  node: Binary,
  blocks: readonly Block[],
): TextEdit[] | null {
  const [base] = blocks;
  if (!base) return null;
  const rest = commonConjuncts(
    statement,
    blocks.map((block) => ({ block, conjuncts: block.where })),
  );
  const copy = new QueryCopy(statement, base).withoutConjuncts(rest[0] ?? []);
  // one that asks for nothing more decides alone
  if (rest.every((conjuncts) => conjuncts.length > 0)) {
    const sides = rest.map((conjuncts, i) => {
      const block = blocks[i] ?? base;
      const written = conjunction(statement, conjuncts, mappingTo(statement, block, base));
      return written && (conjuncts.length > 1 ? parenthesized(written) : written);
    });
    if (sides.includes(null)) return null;
    const either = joinFragments(
      sides.filter((side) => side !== null),
      sql` OR `,
    );
    copy.addConjunct(base.where.length > (rest[0]?.length ?? 0) ? parenthesized(either) : either);
  }
  const query = copy.done();
  return query && editing(statement).replace(node, sql`EXISTS (${query})`).done();
}
