import type { Query } from '../../sql/ast.ts';
import type { AnalyzedStatement, Block, CteDefinition } from '../../sql/query-model.ts';
import { walk } from '../../sql/walk.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/**
 * A recursive CTE whose UNION ALL has nothing that ends it but the data: a cycle in the data makes it run for ever.
 */
export const unboundedRecursion: Pattern = {
  id: 'unbounded-recursion',
  title: 'Recursive CTE that a cycle in the data would keep running',
  category: 'subqueries',
  engines: allEngines('It is a question of an end, not of speed.'),
  severity: 'info',
  description:
    'UNION ALL keeps every row, so a cycle (a row that is its own ancestor) is followed for ever: until memory, the disk or the limit of recursions ends it.',
  source: 'https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-CYCLE',
  precondition:
    'The recursive part of a UNION ALL neither compares a computed column of the CTE, nor looks at the path, nor has CYCLE or a limit.',
  example: {
    schema: 'CREATE TABLE parts (id int PRIMARY KEY, parent_id int);',
    before:
      'WITH RECURSIVE tree AS (SELECT p.id FROM parts p WHERE p.id = 1 UNION ALL SELECT p.id FROM parts p JOIN tree t ON p.parent_id = t.id) SELECT id FROM tree;',
    after: null,
  },
  rewrites: false,
  needs: ['cte', 'setOperation'],
  *find(statement) {
    for (const cte of statement.ctes) {
      if (!cte.recursive || !cte.query || cte.node.clauses.some((clause) => clause.type === 'cycle'))
        continue;
      if (cte.query.body.kind !== 'setOperation' || !cte.query.body.all || isLimited(statement, cte))
        continue;
      const recursive = recursiveBlocks(statement, cte);
      if (recursive.length === 0 || recursive.every((block) => isBounded(statement, block, cte))) continue;
      yield advice(
        cte.node.name,
        `A cycle in the data keeps ${cte.node.name.text} running for ever. Count the depth and bound it, carry the path and skip what is in it, or use UNION (CYCLE in PostgreSQL).`,
      );
    }
  },
};

function recursiveBlocks(statement: AnalyzedStatement, cte: CteDefinition): Block[] {
  const query: Query | null = cte.query;
  return query
    ? statement.blocksOfQuery(query).filter((block) => block.sources.some((s) => s.cte === cte))
    : [];
}

/** The number of rows is limited where the CTE is read, or recursion is limited by an option. */
function isLimited(statement: AnalyzedStatement, cte: CteDefinition): boolean {
  const readers = cte.uses.filter((use) => !within(use.node.start, cte));
  const limited = readers.every(
    ({ block }) =>
      block.kind === 'select' && (block as Block).query.limit !== null && !(block as Block).grouped,
  );
  const option = statement.tokens.some((token) => token.upper === 'MAXRECURSION');
  return option || (readers.length > 0 && limited);
}

function within(at: number, cte: CteDefinition): boolean {
  return cte.node.start <= at && at < cte.node.end;
}

/**
 * A condition mentions the CTE and is more than an equality of columns: a bound on the depth, a look at the path. An equality with
 * the CTE is how the next rows are found.
 */
function isBounded(statement: AnalyzedStatement, block: Block, cte: CteDefinition): boolean {
  const conditions = [...block.where, ...block.joins.flatMap((join) => join.on)];
  return conditions.some(({ expression }) => {
    if (expression.kind === 'binary' && expression.operator === '=') return false;
    let mentions = false;
    walk(expression, (node) => {
      if (node.kind === 'column' && statement.resolve(node)?.source.cte === cte) mentions = true;
    });
    return mentions;
  });
}
