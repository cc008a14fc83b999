import type { Block, Scope } from '../../sql/query-model.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** Subqueries in a chain, the statement's own block not counted. */
const DEEPEST = 3;

/** Subqueries more than three deep. */
export const deepNesting: Pattern = {
  id: 'deep-subquery-nesting',
  title: 'Subqueries nested more than three deep',
  category: 'subqueries',
  engines: allEngines('Planners flatten some levels only; each that stays is planned by itself.'),
  severity: 'hint',
  description:
    'Each level that the planner cannot merge is planned by itself, without sight of the filters around it, and nobody reads such a statement with ease. Joins or CTEs say the same on one level.',
  source:
    'MySQL manual, "Optimizing Subqueries, Derived Tables, View References, and Common Table Expressions"',
  precondition: 'A subquery stands in a subquery in a subquery in a subquery.',
  example: {
    schema:
      'CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a_id int); CREATE TABLE c (id int PRIMARY KEY, b_id int);',
    before:
      'SELECT a.id FROM a WHERE a.id IN (SELECT b.a_id FROM b WHERE b.id IN (SELECT c.b_id FROM c WHERE c.id IN (SELECT b2.id FROM b b2 WHERE b2.a_id IN (SELECT a2.id FROM a a2))));',
    after: null,
  },
  rewrites: false,
  needs: [['as derived', 'as lateral', 'as scalar', 'as exists', 'as in', 'as quantified', 'as array']],
  *find(statement) {
    for (const block of statement.blocks) {
      if (depthOf(block) !== DEEPEST + 1 || block.setBranch) continue;
      yield advice(
        block.select,
        `This subquery is ${DEEPEST + 1} levels deep. Name the steps in CTEs, or join where a level only asks whether a row is there.`,
      );
    }
  },
};

/** How many subqueries and derived tables are around a block, itself included; a CTE begins anew. */
function depthOf(block: Block): number {
  let depth = 0;
  for (let at: Scope | null = block; at?.kind === 'select'; at = at.parent) {
    const { role } = at as Block;
    if (role === 'statement' || role === 'cte' || role === 'source') break;
    depth++;
  }
  return depth;
}
