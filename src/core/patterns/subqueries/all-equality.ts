import { isAtMostOneRow } from '../../sql/properties/keys.ts';
import { nodesOfKind } from '../../sql/properties/nodes.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** `= ALL (subquery)` and `<> ANY (subquery)`: hardly ever what is meant. */
export const allEquality: Pattern = {
  id: 'equal-to-all',
  title: '= ALL or <> ANY: hardly what is meant',
  category: 'subqueries',
  engines: allEngines('It is a question of results, not of speed.'),
  severity: 'warning',
  description:
    '"= ALL" is true only when all rows have that one value (and when there is no row), "<> ANY" as soon as one row has another value. What is usually meant are IN and NOT IN.',
  source: 'Date, "SQL and Relational Theory", chapter 11; PostgreSQL manual, 9.24 Subquery Expressions',
  precondition: 'A subquery that may return several rows is compared by = ALL or <> ANY.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, total int); CREATE TABLE refunds (id int PRIMARY KEY, order_id int);',
    before: 'SELECT o.id FROM orders o WHERE o.id <> ANY (SELECT r.order_id FROM refunds r);',
    after: null,
  },
  rewrites: false,
  needs: ['quantified'],
  *find(statement) {
    for (const node of nodesOfKind(statement, 'quantified')) {
      if (!node.query || isAtMostOneRow(node.query, statement)) continue;
      if (node.operator === '=' && node.quantifier === 'ALL')
        yield advice(
          node,
          '= ALL is true only when every row of the subquery has that one value, or when there is none. To ask whether the value is among them, write IN.',
        );
      if (node.operator === '<>' && node.quantifier === 'ANY')
        yield advice(
          node,
          '<> ANY is true as soon as one row of the subquery differs. To ask that none is equal, write <> ALL or NOT EXISTS.',
        );
    }
  },
};
