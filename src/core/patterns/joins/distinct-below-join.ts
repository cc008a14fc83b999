import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, sql } from '../../sql/writing/fragment.ts';
import { columnOf } from '../../sql/writing/identifiers.ts';
import { removesDuplicates } from '../duplicates.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { isBareTable, isInner, stepOf } from './join-shape.ts';
import { groupingObstacle, partOf, replaceByPart, type TablePart } from './table-part.ts';

/**
 * Matches SELECT DISTINCT (or what does the same) over a join, where few columns of a table are used and no key is among
 * them: the table's copies can be removed before they are joined.
 */
export const distinctBelowJoin: Pattern = {
  id: 'distinct-below-join',
  title: 'DISTINCT over a join: remove duplicates before joining',
  category: 'joins',
  industries: ['analytics'],
  engines: allEngines(
    'when the table repeats the used columns many times; with nearly distinct rows the second DISTINCT is extra work',
  ),
  severity: 'hint',
  description:
    'Rows that are alike in all columns that the query uses are joined one by one, only to be made one at the end. Made one before the join, they are joined once.',
  source:
    'Paulley and Larson, "Exploiting uniqueness in query optimization", ICDE 1994; measured 2.3 times on embedded PostgreSQL 18, 200,000 rows',
  precondition:
    'The block does not show copies (DISTINCT, or only MIN, MAX, COUNT(DISTINCT)); the used columns of the table compare by value and hold none of its keys.',
  example: {
    schema:
      'CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL); CREATE TABLE sales (id int PRIMARY KEY, product_id int NOT NULL, store_id int NOT NULL);',
    before: 'SELECT DISTINCT p.name, s.store_id FROM products p JOIN sales s ON s.product_id = p.id;',
    after:
      'SELECT DISTINCT p.name, s.store_id FROM products p JOIN (SELECT DISTINCT s.product_id, s.store_id FROM sales s) s ON s.product_id = p.id;',
  },
  rewrites: true,
  needs: ['several sources', ['distinct', 'grouped']],
  *find(statement) {
    for (const block of statement.blocks) {
      if (block.sources.length < 2 || !block.resolved || block.sources.some((one) => one.lateral)) continue;
      if (block.outerReferences.length > 0 || removesDuplicates(block, statement) === null) continue;
      for (const table of block.sources) {
        const part = isBareTable(table) && isMany(block, table) ? partOf(statement, block, table, []) : null;
        if (!part || !isShown(statement, block, table)) continue;
        yield matchOf(statement, block, table, part);
        break;
      }
    }
  },
};

/** It is joined as the side that has the copies: not alone on the side that its step preserves. */
function isMany(block: Block, table: Source): boolean {
  const own = stepOf(block, table);
  return own ? isInner(own) || own.type === 'left' : block.joins.every(isInner);
}

/** A column of it is used outside of the conditions; else the join only filters, and EXISTS is better. */
function isShown(statement: AnalyzedStatement, block: Block, table: Source): boolean {
  return block.references.some(
    (reference) =>
      statement.resolve(reference)?.source === table &&
      ![...block.where, ...block.joins.flatMap((step) => step.on)].some(
        ({ range }) => range.start <= reference.start && reference.end <= range.end,
      ),
  );
}

function matchOf(statement: AnalyzedStatement, block: Block, table: Source, part: TablePart): Match {
  const range = { start: table.node.start, end: table.node.end };
  const columns = part.keys.join(', ');
  const message = `Rows of ${table.alias} that are alike in ${columns} are joined one by one, and made one at the end. Made one before, they are joined once.`;
  const obstacle = isDeterministic(block.query, statement)
    ? groupingObstacle(table, part)
    : 'a volatile function is called';
  if (obstacle !== null) return blocked(range, message, obstacle);
  const list = joinFragments(part.keys.map((key) => columnOf(table, key, statement.dialect)));
  const edits = () =>
    replaceByPart(
      statement,
      editing(statement),
      table,
      part.local,
      sql`SELECT DISTINCT ${list}`,
      null,
    ).done();
  return offer(range, message, edits, `only ${columns} of ${table.alias} are used, and copies do not show`);
}
