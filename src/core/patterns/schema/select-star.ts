import { allEngines } from '../engines.ts';
import type { Pattern } from '../pattern.ts';

/** Matches `SELECT *` where rows leave the database: not in EXISTS, not over a derived table that names its columns. */
export const selectStar: Pattern = {
  id: 'select-star',
  title: 'SELECT * reads every column',
  category: 'schema',
  engines: allEngines('for wide tables, and where an index alone could answer the query'),
  severity: 'hint',
  description:
    'All columns are read and sent, also those that nobody needs; an index that holds the needed ones cannot answer alone, and a new column changes the result.',
  source: 'Karwin, "SQL Antipatterns", 2010: implicit columns',
  precondition: 'Advice: which columns are needed is known to the caller only.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, note text);',
    before: 'SELECT * FROM orders WHERE id = 1;',
    after: null,
  },
  rewrites: false,
  *find(statement) {
    for (const block of statement.blocks) {
      if (block.role !== 'statement') continue;
      for (const { expression } of block.select.items) {
        if (expression.kind !== 'star' || !block.sources.some((source) => source.kind === 'table')) continue;
        yield {
          range: { start: expression.start, end: expression.end },
          message: 'Every column is read and sent. Name the columns that are needed.',
          rewrite: null,
        };
      }
    }
  },
};
