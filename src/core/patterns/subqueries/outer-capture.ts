import type { ColumnRef } from '../../sql/ast.ts';
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/**
 * `WHERE id IN (SELECT order_id FROM returns)` where returns has no order_id, but the query around it has: the bare name
 * means the outer column, and the condition is true for every row.
 */
export const outerNameCapture: Pattern = {
  id: 'outer-name-capture',
  title: 'Bare column in a subquery that means a column of the query around it',
  category: 'subqueries',
  engines: allEngines('It is a question of results, not of speed.'),
  severity: 'warning',
  description:
    "A bare name that the subquery's tables do not have is looked up in the query around it. A wrong name then raises no error: the subquery compares the outer row with itself, and IN is true for every row.",
  source: 'Date and Darwen, "A Guide to the SQL Standard", on name qualification in subqueries',
  precondition:
    "The subquery selects, or compares with its own tables' columns nowhere but by, a bare name of the query around it; the columns of its tables are known.",
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, order_no int); CREATE TABLE returns (id int PRIMARY KEY, order_id int);',
    before: 'SELECT id FROM orders WHERE order_no IN (SELECT order_no FROM returns);',
    after: null,
  },
  rewrites: false,
  needs: [['as scalar', 'as exists', 'as in', 'as quantified']],
  *find(statement) {
    for (const block of statement.blocks) {
      if (!['in', 'exists', 'scalar', 'quantified'].includes(block.role)) continue;
      if (block.sources.length === 0 || block.sources.some((source) => source.columns === null)) continue;
      for (const reference of capturedIn(statement, block)) {
        const meant = statement.resolve(reference);
        if (!meant) continue;
        yield advice(
          reference,
          `${reference.parts[0].text} is no column of ${names(block.sources)}: it means ${meant.source.alias}.${meant.name} of the query around it. Qualify it, or correct the name.`,
        );
      }
    }
  },
};

/** Bare names in the select list of IN, ANY and scalar subqueries, and in conditions that see no other outer column. */
function capturedIn(statement: AnalyzedStatement, block: Block): ColumnRef[] {
  const bare = block.references.filter((reference) => {
    const column = reference.parts.length === 1 ? statement.resolve(reference) : null;
    return column !== null && column.depth > 0;
  });
  if (block.role !== 'exists') {
    const selected = bare.filter((reference) =>
      block.select.items.some((item) => item.start <= reference.start && reference.end <= item.end),
    );
    if (selected.length > 0) return selected;
  }
  return bare.filter((reference) => comparesOuterOnly(statement, block, reference));
}

/** A condition of the subquery that mentions none of its own columns: it says nothing of its rows. */
function comparesOuterOnly(statement: AnalyzedStatement, block: Block, reference: ColumnRef): boolean {
  const conjunct = block.where.find(
    ({ range }) => range.start <= reference.start && reference.end <= range.end,
  );
  if (!conjunct || conjunct.hasSubquery || conjunct.sources.length > 0) return false;
  const inside = block.references.filter(
    (other) => conjunct.range.start <= other.start && other.end <= conjunct.range.end,
  );
  return inside.length > 1 && inside.every((other) => (statement.resolve(other)?.depth ?? 0) > 0);
}

function names(sources: readonly Source[]): string {
  return sources.map((source) => source.alias).join(' or ');
}
