import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** `EXISTS (SELECT count(*) …)`: an aggregate without GROUP BY always has a row. */
export const existsOfAggregate: Pattern = {
  id: 'exists-of-aggregate',
  title: 'EXISTS over an aggregate: always true',
  category: 'subqueries',
  engines: allEngines('It is a question of results, not of speed.'),
  severity: 'error',
  description:
    'An aggregate without GROUP BY gives one row even of no rows, so EXISTS is true and NOT EXISTS false, whatever the subquery asks for.',
  source: 'ISO/IEC 9075-2, 7.16: a grouped table without GROUP BY has one group',
  precondition: 'The subquery of EXISTS aggregates without GROUP BY, HAVING and LIMIT.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before:
      'SELECT c.id FROM customers c WHERE EXISTS (SELECT count(*) FROM orders o WHERE o.customer_id = c.id);',
    after: null,
  },
  rewrites: false,
  needs: ['as exists', 'aggregate'],
  *find(statement) {
    for (const block of statement.blocks) {
      const { select, query, holder } = block;
      if (block.role !== 'exists' || query.body !== select || holder?.kind !== 'exists') continue;
      const oneRow = block.aggregates.length > 0 && select.groupBy === null && select.having === null;
      if (!oneRow || query.limit !== null || select.top !== null || select.qualify !== null) continue;
      yield advice(
        holder,
        'This is always true: an aggregate without GROUP BY gives a row even where none matches. Select 1 instead of the aggregate, or compare the aggregate with a number.',
      );
    }
  },
};
