import { rowsAreUnique } from '../../sql/properties/keys.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/**
 * Matches SELECT DISTINCT whose rows are distinct anyway: the list holds a key of every relation, or all grouping columns.
 */
export const redundantDistinct: Pattern = {
  id: 'redundant-distinct',
  title: 'DISTINCT over rows that are distinct already',
  category: 'aggregation',
  engines: allEngines(
    'with many rows: sorting or hashing all of them is spared; MySQL removes it itself in simple cases',
  ),
  severity: 'info',
  description:
    'All rows are sorted or hashed to remove duplicates that cannot exist, because the selected columns contain a key.',
  source: 'Paulley and Larson, "Exploiting uniqueness in query optimization", ICDE 1994',
  precondition:
    'The select list determines the row of every relation by unique, NOT NULL keys and the equalities of joins, or holds every grouping column.',
  example: {
    schema: 'CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL);',
    before: 'SELECT DISTINCT c.id, c.email FROM customers c;',
    after: 'SELECT c.id, c.email FROM customers c;',
  },
  rewrites: true,
  needs: ['distinct'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (block.select.distinct !== 'distinct' || !block.outputsComplete) continue;
      if (rowsAreUnique(block, statement, [...block.outputs])) yield withoutDistinct(statement, block);
    }
  },
};

function withoutDistinct(statement: AnalyzedStatement, block: Block): Match {
  const { select } = block.select.clauses;
  const why = block.grouped
    ? 'every grouping column is selected'
    : 'the selected columns contain a key of every table';
  return offer(
    { start: select.start, end: select.end },
    `The rows are distinct already, because ${why}. DISTINCT only costs a sort or a hash of all rows.`,
    () => editing(statement).removeDistinct(block).done() ?? 'DISTINCT cannot be removed here',
    why,
  );
}
