import type { Block } from '../../sql/query-model.ts';
import { allEngines } from '../engines.ts';
import type { Pattern } from '../pattern.ts';

/**
 * Matches `SELECT *` where rows leave the database or are kept: not in EXISTS, not over a derived table that names its
 * columns.
 */
export const selectStar: Pattern = {
  id: 'select-star',
  title: 'SELECT * reads every column',
  category: 'schema',
  engines: allEngines('for wide tables, and where an index alone could answer the query'),
  severity: 'hint',
  description:
    'All columns are read and sent, also those that nobody needs; an index that holds the needed ones cannot answer alone, and a new column changes the result. A view keeps the columns that the table had when it was created; an INSERT fails, or writes other columns.',
  source: 'Karwin, "SQL Antipatterns", 2010: implicit columns',
  precondition: 'Advice: which columns are needed is known to the caller only.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, note text);',
    before: 'SELECT * FROM orders WHERE id = 1;',
    after: null,
  },
  rewrites: false,
  needs: ['star'],
  *find(statement) {
    const { kind } = statement.tree;
    for (const block of statement.blocks) {
      if (block.role !== 'statement' && block.role !== 'source') continue;
      for (const { expression } of block.select.items) {
        if (expression.kind !== 'star' || !readsTable(block)) continue;
        yield {
          range: { start: expression.start, end: expression.end },
          message: MESSAGES[block.role === 'source' ? kind : 'queryStatement'] ?? MESSAGES.queryStatement,
          rewrite: null,
        };
      }
    }
  },
};

const MESSAGES: { readonly queryStatement: string; readonly [kind: string]: string } = {
  queryStatement: 'Every column is read and sent. Name the columns that are needed.',
  createView: 'The view keeps the columns that the table has now, whatever is added later. Name them.',
  insert:
    'A column that is added, dropped or moved in the source breaks the INSERT, or its values. Name the columns.',
};

function readsTable(block: Block): boolean {
  return block.sources.some((source) => source.kind === 'table');
}
