/** Scalar subqueries whose value is left to chance, or that may end in an error. */
import { determinesRow, isAtMostOneRow, mayReturnSets } from '../../sql/properties/keys.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** `(SELECT x … LIMIT 1)` without ORDER BY: any of the rows. */
export const scalarLimitWithoutOrder: Pattern = {
  id: 'scalar-limit-without-order',
  title: 'Scalar subquery with LIMIT 1 but no ORDER BY',
  category: 'subqueries',
  engines: allEngines('It is a question of results, not of speed.'),
  severity: 'warning',
  description:
    'Which of the rows gives the value is left to chance: it changes with the plan, with parallel workers, after an UPDATE.',
  source: 'https://www.postgresql.org/docs/current/queries-limit.html',
  precondition:
    'A scalar subquery limits its rows, has no ORDER BY, and may have several rows without the limit.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total int);',
    before:
      'SELECT c.id, (SELECT o.total FROM orders o WHERE o.customer_id = c.id LIMIT 1) AS total FROM customers c;',
    after: null,
  },
  rewrites: false,
  needs: ['as scalar', 'few rows'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (!isScalar(block) || block.query.orderBy.length > 0 || !isLimited(block)) continue;
      if (hasOneRowAnyway(statement, block)) continue;
      yield advice(
        block.holder ?? block.select,
        'Which row gives this value is left to chance. Add ORDER BY on columns that leave no ties, or an aggregate that says which value is meant.',
      );
    }
  },
};

/** `x = (SELECT y FROM t WHERE …)` where nothing makes sure that there is one row only. */
export const scalarManyRows: Pattern = {
  id: 'scalar-many-rows',
  title: 'Scalar subquery that may return several rows',
  category: 'subqueries',
  engines: allEngines('It is a question of errors, not of speed.'),
  severity: 'warning',
  description:
    'The statement ends with an error as soon as the subquery finds a second row: no key makes sure that there is only one.',
  source: 'https://www.postgresql.org/docs/current/sql-expressions.html#SQL-SYNTAX-SCALAR-SUBQUERIES',
  precondition:
    'All tables of the subquery are known, and no aggregate, limit or key that its conditions cover makes it one row.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total int);',
    before:
      'SELECT c.id FROM customers c WHERE 100 < (SELECT o.total FROM orders o WHERE o.customer_id = c.id);',
    after: null,
  },
  rewrites: false,
  needs: ['as scalar'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (!isScalar(block) || isLimited(block) || !isKnown(block)) continue;
      if (isAtMostOneRow(block.query, statement)) continue;
      yield advice(
        block.holder ?? block.select,
        'No key makes sure that this finds one row only: a second one ends the statement with an error. Aggregate, or cover a key by the conditions.',
      );
    }
  },
};

function isScalar(block: Block): boolean {
  return block.role === 'scalar' && block.query.body === block.select && block.sources.length > 0;
}

function isLimited({ query, select }: Block): boolean {
  return query.limit !== null || select.top !== null;
}

/** Every relation is a table whose keys are known, or a query over such. */
function isKnown(block: Block): boolean {
  return (
    block.resolved && block.sources.every((source) => source.columns !== null && source.kind !== 'function')
  );
}

function hasOneRowAnyway(statement: AnalyzedStatement, block: Block): boolean {
  const count = block.query.limit?.count ?? block.select.top?.count ?? null;
  const e = count && unwrapParens(count);
  if (e?.kind === 'literal' && e.value === '0') return true;
  if (mayReturnSets(block, statement)) return false;
  return block.grouped ? block.select.groupBy === null : determinesRow(block, [], statement);
}
