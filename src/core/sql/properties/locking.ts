/** FOR UPDATE and FOR SHARE: whose rows they lock. */
import type { AnalyzedStatement, Block, Scope } from '../query-model.ts';

/**
 * Rows of the block are locked: by its own FOR UPDATE, or by one around the derived tables that it stands in, to which
 * PostgreSQL hands it down (manual: SELECT, "The Locking Clause"). A locked block cannot group, remove duplicates or be
 * a set operation. CTEs and subqueries of conditions are not reached.
 */
export function isLocked(block: Block): boolean {
  for (let at: Scope | null = block; at?.kind === 'select'; at = at.parent) {
    const { query, role } = at as Block;
    if (query.locking.length > 0) return true;
    if (role !== 'derived' && role !== 'lateral') return false;
  }
  return false;
}

/** Some derived table is locked from outside: what it may be rewritten to is limited by a clause that is not its own. */
export function locksDerivedTables(statement: AnalyzedStatement): boolean {
  return statement.blocks.some((block) => block.query.locking.length === 0 && isLocked(block));
}
