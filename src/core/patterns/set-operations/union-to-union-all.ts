import type { Query } from '../../sql/ast.ts';
import { rowsAreUnique } from '../../sql/properties/keys.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { sql } from '../../sql/writing/fragment.ts';
import { removesDuplicates } from '../duplicates.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { operationsOf, unionBranches } from './branches.ts';
import { disjointness } from './disjoint.ts';

/** `a UNION b` → `a UNION ALL b` where there is nothing to remove. */
export const unionToUnionAll: Pattern = {
  id: 'union-to-union-all',
  title: 'UNION where UNION ALL gives the same',
  category: 'set-operations',
  industries: ['analytics', 'saas'],
  engines: allEngines(
    'The branches have many or wide rows: they are no longer sorted or hashed to look for duplicates.',
  ),
  severity: 'warning',
  description:
    'UNION compares every row with every other to remove duplicates. Where the branches have none, UNION ALL gives the same rows without that work, and lets LIMIT and conditions reach the branches.',
  source: 'https://www.postgresql.org/docs/current/queries-union.html',
  precondition:
    'No branch has duplicates (it selects a key, groups or is DISTINCT) and no two branches can have a row in common; or the union is only asked for existence or membership, or read by a query that removes duplicates itself (DISTINCT, MIN, MAX).',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, status text NOT NULL, note text);',
    before:
      "SELECT order_id, status, note FROM orders WHERE status = 'returned' UNION SELECT order_id, status, note FROM orders WHERE status = 'cancelled'",
    after:
      "SELECT order_id, status, note FROM orders WHERE status = 'returned' UNION ALL SELECT order_id, status, note FROM orders WHERE status = 'cancelled'",
  },
  rewrites: true,
  needs: ['setOperation'],
  *find(statement) {
    const seen = new Set<Query>();
    for (const block of statement.blocks) {
      if (!block.setBranch || seen.has(block.query)) continue;
      seen.add(block.query);
      const branches = unionBranches(statement, block.query);
      if (branches) yield* matchOf(statement, block, branches);
    }
  },
};

function* matchOf(statement: AnalyzedStatement, block: Block, branches: readonly Block[]): Generator<Match> {
  const operations = operationsOf(block.query);
  const range = operations[0]?.operatorRange;
  if (!range || branches.length > MOST_BRANCHES || isRecursive(statement, block)) return;
  const facts = reasons(statement, block, branches);
  if (facts === null) return;
  const message =
    'UNION looks for duplicates where there are none. UNION ALL gives the same rows without the work.';
  if (typeof facts === 'string') {
    yield blocked(
      range,
      'UNION looks for duplicates. If there are none, UNION ALL gives the same rows without the work.',
      facts,
    );
    return;
  }
  const edits = () => {
    const all = editing(statement);
    for (const operation of operations) all.replace(operation.operatorRange, sql`UNION ALL`);
    return all.done();
  };
  yield offer(range, message, edits, ...facts);
}

/** Every pair of branches is compared: more would keep the editor waiting. */
const MOST_BRANCHES = 40;

/** UNION is what ends a recursion. */
function isRecursive(statement: AnalyzedStatement, block: Block): boolean {
  return statement.ctes.some((cte) => cte.recursive && cte.node === block.holder);
}

/** The facts that make it sound; what is missing; null when the branches do have rows in common, for all we know. */
function reasons(
  statement: AnalyzedStatement,
  block: Block,
  branches: readonly Block[],
): readonly string[] | string | null {
  if (!block.query.limit) {
    const membership = block.role === 'in' || block.role === 'exists' || block.role === 'quantified';
    if (membership) return ['The union is only asked whether it has such a row.'];
    if (block.role === 'derived' && block.parent?.kind === 'select' && block.parent.resolved) {
      const why = removesDuplicates(block.parent as Block, statement);
      if (why) return ['The query around the union does not show how often a row occurs.'];
    }
  }
  const facts = new Set<string>();
  for (const [i, a] of branches.entries()) {
    for (const b of branches.slice(i + 1)) {
      const reason = disjointness(statement, a, b);
      if (!reason) return null;
      facts.add(reason);
    }
  }
  const repeated = branches.findIndex(
    (branch) => !branch.outputsComplete || !rowsAreUnique(branch, statement),
  );
  if (repeated >= 0) return `Branch ${repeated + 1} may have duplicates itself: it selects no key.`;
  return [...facts, 'No branch has duplicates: each selects a key.'];
}
