import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { sql } from '../../sql/writing/fragment.ts';
import { identifier, inventName } from '../../sql/writing/identifiers.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { isWithin } from '../correlation.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/** `x IN (SELECT … LIMIT 10)`: error 1235 in MySQL and MariaDB; a derived table may have a LIMIT. */
export const limitInSubquery: Pattern = {
  id: 'limit-in-in-subquery',
  title: 'LIMIT in a subquery of IN, ANY or ALL',
  category: 'subqueries',
  engines: [
    { dialect: 'mysql', pays: 'always: without it the statement fails' },
    { dialect: 'mariadb', pays: 'always: without it the statement fails' },
  ],
  severity: 'error',
  description:
    'MySQL and MariaDB refuse LIMIT in a subquery of IN, ANY, SOME and ALL (error 1235). In a derived table inside of it the LIMIT is allowed and means what was meant.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/subquery-restrictions.html',
  precondition: 'The subquery mentions nothing of the query around it: a derived table could not see it.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total int);',
    before: 'SELECT id FROM orders WHERE id IN (SELECT id FROM orders ORDER BY total DESC LIMIT 10)',
    after:
      'SELECT id FROM orders WHERE id IN (SELECT * FROM (SELECT id FROM orders ORDER BY total DESC LIMIT 10) AS page)',
  },
  rewrites: true,
  needs: ['limit', ['as in', 'as quantified']],
  *find(statement) {
    for (const block of statement.blocks) {
      const { query, role } = block;
      if ((role !== 'in' && role !== 'quantified') || !query.limit || query.body !== block.select) continue;
      const message =
        'LIMIT is refused in a subquery of IN, ANY or ALL (error 1235). Put it into a derived table.';
      if (!block.resolved || block.outerReferences.length > 0) {
        yield blocked(query.limit, message, 'the subquery depends on the query around it');
        continue;
      }
      const alias = identifier(inventName(statement, 'page'), statement.dialect);
      const edits = () =>
        editing(statement)
          .insert(query.start, sql`SELECT * FROM (`)
          .insert(query.end, sql`) AS ${alias}`)
          .done();
      yield offer(query.limit, message, edits, 'the subquery stands for itself');
    }
  },
};

/** UPDATE and DELETE whose subquery reads the written table: error 1093 in MySQL. */
export const targetInSubquery: Pattern = {
  id: 'write-target-in-subquery',
  title: 'UPDATE or DELETE whose subquery reads the written table',
  category: 'writes',
  engines: [{ dialect: 'mysql', pays: 'always: without it the statement fails' }],
  severity: 'error',
  description:
    'MySQL refuses an UPDATE or DELETE whose subquery reads the table that is written (error 1093). A derived table that has to be materialized is read before the first row is written.',
  source:
    'https://dev.mysql.com/doc/refman/8.4/en/update.html, https://dev.mysql.com/doc/refman/8.4/en/derived-table-optimization.html',
  precondition: 'The subquery mentions nothing of the row that is written.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total int);',
    before: 'DELETE FROM orders WHERE total < (SELECT avg(total) FROM orders)',
    after: 'DELETE FROM orders WHERE total < (SELECT * FROM (SELECT avg(total) FROM orders) AS snapshot)',
  },
  rewrites: true,
  needs: ['write', ['as scalar', 'as exists', 'as in', 'as quantified']],
  *find(statement) {
    for (const write of statement.writes) {
      const { target, statement: node } = write;
      if (!target?.table || (node.kind !== 'update' && node.kind !== 'delete')) continue;
      for (const block of statement.blocks) {
        const isValue =
          block.role === 'in' ||
          block.role === 'scalar' ||
          block.role === 'exists' ||
          block.role === 'quantified';
        if (block.parent !== write || !isValue || block.setBranch) continue;
        if (readsDirectly(statement, block, target.table)) yield matchOf(statement, block, target.alias);
      }
    }
  },
};

/** The table stands in FROM of the block or of a subquery inside of it, not in a derived table. */
function readsDirectly(statement: AnalyzedStatement, block: Block, table: unknown): boolean {
  return statement.blocks.some((at) => {
    if (!isWithin(at, block) || !at.sources.some((one) => one.table === table)) return false;
    for (let up: Block | null = at; up && up !== block; up = up.parent as Block | null) {
      if (up.role === 'derived') return false;
    }
    return true;
  });
}

function matchOf(statement: AnalyzedStatement, block: Block, table: string): Match {
  const { query, select } = block;
  const message = `The subquery reads ${table}, which is written: MySQL refuses that (error 1093). Read it in a derived table first.`;
  if (!block.resolved || block.outerReferences.length > 0)
    return blocked(
      query,
      message,
      'the subquery depends on the row that is written: use a join with the table under another name',
    );
  const alias = identifier(inventName(statement, 'snapshot'), statement.dialect);
  const isMaterialized = block.grouped || select.distinct === 'distinct' || query.limit !== null;
  if (isMaterialized || block.role === 'scalar') {
    if (!isMaterialized)
      return blocked(query, message, 'the optimizer may merge the derived table: add a LIMIT');
    const edits = () =>
      editing(statement)
        .insert(query.start, sql`SELECT * FROM (`)
        .insert(query.end, sql`) AS ${alias}`)
        .done();
    return offer(
      query,
      message,
      edits,
      'an aggregate, DISTINCT or LIMIT keeps the derived table from being merged',
    );
  }
  const first = select.items[0];
  const copy =
    first && select.distinct === null
      ? new QueryCopy(statement, block, query)
          .replace({ start: first.start, end: first.start }, sql`DISTINCT `)
          .done()
      : null;
  if (!copy) return blocked(query, message, 'the subquery is not plain');
  const edits = editing(statement).replace(query, sql`SELECT * FROM (${copy}) AS ${alias}`).done();
  return offer(
    query,
    message,
    edits,
    'DISTINCT keeps the derived table from being merged, and repeats do not matter to the test',
  );
}
