import type { Cte, With } from '../../sql/ast.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, CteDefinition } from '../../sql/query-model.ts';
import type { TextRange } from '../../sql/text.ts';
import { walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { tokenAfter } from '../../sql/writing/ranges.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/**
 * Matches a CTE that nothing reads.
 *
 * Engines do not run a query that nobody reads, so this is not slow; but it is planned, and it hides what the statement
 * is about. A CTE that changes data runs all the same.
 */
export const unusedCte: Pattern = {
  id: 'unused-cte',
  title: 'CTE that nothing reads: remove it',
  category: 'subqueries',
  engines: allEngines('hardly: it is parsed and planned, but not run'),
  severity: 'hint',
  description: 'The query of the CTE is never read. It is left over, or a reference to it is missing.',
  source: 'https://www.postgresql.org/docs/current/queries-with.html',
  precondition: 'Nothing refers to the CTE, and it changes no data.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total int);',
    before:
      'WITH big AS (SELECT id FROM orders WHERE total > 100), small AS (SELECT id FROM orders WHERE total < 10) SELECT id FROM small;',
    after: 'WITH small AS (SELECT id FROM orders WHERE total < 10) SELECT id FROM small;',
  },
  rewrites: true,
  styleOnly: true,
  needs: ['cte'],
  *find(statement) {
    for (const cte of statement.ctes) {
      if (cte.uses.length === 0) yield matchOf(statement, cte);
    }
  },
};

function matchOf(statement: AnalyzedStatement, cte: CteDefinition): Match {
  const { node, query } = cte;
  const message = `Nothing reads ${node.name.text}. Remove it, or use it where it is missing.`;
  const block = (why: string): Match => blocked(node.name, message, why);
  if (!query) return block('it changes data');
  if (!isDeterministic(query, statement)) return block('a volatile function is called');
  if (isNamedElsewhere(statement, node)) return block('its name stands elsewhere in the statement');
  const range = rangeOf(statement, node);
  if (!range) return block('its place is not understood');
  return offer(
    node.name,
    message,
    () => editing(statement).remove(range).done(),
    `nothing reads ${node.name.text}`,
  );
}

/** The definition with its comma; the whole WITH for the only one. */
function rangeOf(statement: AnalyzedStatement, cte: Cte): TextRange | null {
  const clause = withOf(statement, cte);
  if (!clause) return null;
  const at = clause.ctes.indexOf(cte);
  const next = clause.ctes[at + 1];
  const previous = clause.ctes[at - 1];
  if (next) return { start: cte.start, end: next.start };
  if (previous) return { start: previous.end, end: cte.end };
  const after = tokenAfter(statement.tokens, clause.end);
  return after && { start: clause.start, end: after.start };
}

function withOf(statement: AnalyzedStatement, cte: Cte): With | null {
  let found: With | null = null;
  walk(statement.tree, (node) => {
    if (node.kind === 'with' && node.ctes.includes(cte)) found = node;
    return found === null;
  });
  return found;
}

/** A name in a place that the model does not see (a hint, a function's text) may mean the CTE. */
function isNamedElsewhere({ tokens, opaque }: AnalyzedStatement, { name }: Cte): boolean {
  return tokens.some(
    (token) =>
      opaque.some((range) => range.start <= token.start && token.end <= range.end) &&
      token.text.toLowerCase().includes(name.name.toLowerCase()),
  );
}
