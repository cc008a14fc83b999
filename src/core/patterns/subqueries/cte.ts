import type { Cte } from '../../sql/ast.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { dependsOnRowOrder, isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, CteDefinition, Scope, Source } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { sql } from '../../sql/writing/fragment.ts';
import { tokenBefore, tokensWithin } from '../../sql/writing/ranges.ts';
import { postgresqlOnly } from '../engines.ts';
import { whenAsked } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/** The first version with [NOT] MATERIALIZED, and the first that inlines a CTE at all. */
const POSTGRESQL_INLINES = 12;

/**
 * Matches a CTE that is used several times, at least once with a filter on it.
 *
 * PostgreSQL computes such a CTE as a whole and filters the stored rows. NOT MATERIALIZED puts its query into each use,
 * where filters, indexes and join orders reach it.
 */
export const inlineFilteredCte: Pattern = {
  id: 'inline-filtered-cte',
  title: 'CTE used several times with filters: let each use be planned by itself',
  category: 'subqueries',
  engines: postgresqlOnly(
    'when the filters of the uses are selective; a costly CTE whose uses need all of it is better computed once',
    POSTGRESQL_INLINES,
  ),
  severity: 'info',
  description:
    'A CTE that is used more than once is computed as a whole and stored, and the filters of its uses are applied to the stored rows. Indexes that would serve the filters are not used.',
  source: 'PostgreSQL manual, "WITH Queries (Common Table Expressions)", CTE materialization',
  precondition:
    'The CTE is not recursive, changes no data, is deterministic and has no LIMIT, DISTINCT ON, window function or lock whose outcome could differ between two evaluations.',
  example: {
    schema: 'CREATE TABLE items (id int PRIMARY KEY, product_id int NOT NULL, quantity int NOT NULL);',
    before: `WITH sales AS (SELECT product_id, quantity FROM items)
SELECT (SELECT sum(quantity) FROM sales WHERE product_id = 1) AS a, (SELECT sum(quantity) FROM sales WHERE product_id = 2) AS b;`,
    after: `WITH sales AS NOT MATERIALIZED (SELECT product_id, quantity FROM items)
SELECT (SELECT sum(quantity) FROM sales WHERE product_id = 1) AS a, (SELECT sum(quantity) FROM sales WHERE product_id = 2) AS b;`,
  },
  rewrites: true,
  needs: ['cte'],
  *find(statement) {
    for (const cte of statement.ctes) {
      if (cte.uses.length < 2 || cte.node.materialized !== null || !cte.uses.some(isFiltered)) continue;
      yield inlined(statement, cte);
    }
  },
};

/**
 * Matches AS MATERIALIZED on a CTE that is used once: the fence keeps filters and join conditions out.
 */
export const removeMaterialized: Pattern = {
  id: 'remove-materialized',
  title: 'MATERIALIZED on a CTE that is used once: let the planner see through it',
  category: 'subqueries',
  engines: postgresqlOnly('when the use of the CTE filters or joins it selectively', POSTGRESQL_INLINES),
  severity: 'info',
  description:
    'MATERIALIZED makes the CTE a fence: it is computed as a whole before any filter of its use is applied.',
  source: 'PostgreSQL manual, "WITH Queries (Common Table Expressions)"; measured 157 times on PostgreSQL 15',
  precondition: 'The CTE is used once, is not recursive, changes no data and is deterministic.',
  example: {
    schema: 'CREATE TABLE items (id int PRIMARY KEY, product_id int NOT NULL);',
    before:
      'WITH i AS MATERIALIZED (SELECT id, product_id FROM items) SELECT product_id FROM i WHERE id = 7;',
    after: 'WITH i AS (SELECT id, product_id FROM items) SELECT product_id FROM i WHERE id = 7;',
  },
  rewrites: true,
  needs: ['cte'],
  *find(statement) {
    for (const cte of statement.ctes) {
      if (cte.uses.length !== 1 || cte.node.materialized !== true) continue;
      const words = materializedWord(statement, cte.node);
      if (words) yield unfenced(statement, cte, words);
    }
  },
};

function inlined(statement: AnalyzedStatement, cte: CteDefinition): Match {
  const { node } = cte;
  return whenAsked(
    { start: node.name.start, end: node.name.end },
    `${node.name.text} is used ${cte.uses.length} times, so it is computed as a whole before the filters of its uses apply. NOT MATERIALIZED lets each use be planned with its own filters.`,
    () => {
      const blockedBy = obstacle(statement, cte, true);
      if (blockedBy !== null) return blockedBy;
      const open = tokenBefore(statement.tokens, node.body.start);
      if (!open) return 'it has no body';
      const edits = editing(statement).insert(open.start, sql`NOT MATERIALIZED `).done();
      return (
        edits && {
          edits,
          assumptions: [`${node.name.text} gives the same rows each time it is evaluated`],
          soundness: isGuard(statement, cte) ? 'likely' : 'proved',
        }
      );
    },
  );
}

function unfenced(
  statement: AnalyzedStatement,
  cte: CteDefinition,
  word: { start: number; end: number },
): Match {
  return whenAsked(
    word,
    `MATERIALIZED keeps the filters of the query out of ${cte.node.name.text}, though it is used only once.`,
    () => {
      const blockedBy = obstacle(statement, cte, cte.uses.some(isInSubquery));
      if (blockedBy !== null) return blockedBy;
      const edits = editing(statement).removeClause(word).done();
      return (
        edits && {
          edits,
          assumptions: [`${cte.node.name.text} is used once and is deterministic`],
          soundness: isGuard(statement, cte) ? 'likely' : 'proved',
        }
      );
    },
  );
}

/** Why the CTE cannot be planned where it is used, or null. */
function obstacle(statement: AnalyzedStatement, cte: CteDefinition, severalTimes: boolean): string | null {
  const { query } = cte;
  if (cte.recursive) return 'it is recursive';
  if (!query) return 'it changes data';
  if (!isDeterministic(query, statement)) return 'it calls a volatile function';
  if (statement.writes.length > 0) return 'the statement changes data';
  const blocks = statement.blocks.filter(
    (block) => query.start <= block.select.start && block.select.end <= query.end,
  );
  if (blocks.some((block) => isLocked(block))) return 'it locks rows';
  if (!severalTimes) return null;
  return dependsOnRowOrder(query) ? 'which rows it gives could differ from one evaluation to the next' : null;
}

/** A subquery may be evaluated for each row around it: a CTE in it is used more often than it is written. */
function isInSubquery(use: Source): boolean {
  for (let at: Scope | null = use.block; at; at = at.parent) {
    const role = at.kind === 'select' ? (at as Block).role : 'statement';
    if (!['statement', 'derived', 'cte', 'source'].includes(role)) return true;
  }
  return false;
}

/**
 * Without the fence, a condition of the query around it may be tested before those of the CTE. If it can raise an error
 * (`WHERE 10 / quantity > 1` over rows whose quantity the CTE says is not zero), the fence may be there for that.
 */
function isGuard(statement: AnalyzedStatement, { query }: CteDefinition): boolean {
  if (!query) return true;
  return statement.blocks.some((block) => {
    const isInside = query.start <= block.select.start && block.select.end <= query.end;
    if (isInside) return block.select.items.some(({ expression }) => canRaise(expression, statement));
    const conditions = [...block.where, ...block.joins.flatMap((join) => join.on)];
    return conditions.some(({ expression }) => canRaise(expression, statement));
  });
}

/** A conjunct of the block that uses the CTE mentions the CTE alone or together with others. */
function isFiltered(use: Source): boolean {
  return use.block.where.some((conjunct) => conjunct.sources.includes(use));
}

function materializedWord(statement: AnalyzedStatement, cte: Cte) {
  return tokensWithin(statement.tokens, { start: cte.name.end, end: cte.body.start }).find(
    (token) => token.upper === 'MATERIALIZED',
  );
}
