/** What a select list asks of a rewrite: names of columns stay, and so do expressions that GROUP BY or ORDER BY repeat. */
import type { Expression, SelectItem } from '../sql/ast.ts';
import { containsKind } from '../sql/properties/usage.ts';
import type { AnalyzedStatement, Block } from '../sql/query-model.ts';
import { unwrapParens } from '../sql/walk.ts';

/** Subqueries whose columns nobody sees by name. */
const NAMELESS: ReadonlySet<Block['role']> = new Set(['in', 'exists', 'quantified', 'scalar']);

/**
 * The item whose column takes its name from an expression, so that it needs an alias when that is replaced; null when
 * the name stays (there is an alias, it comes from elsewhere, or nobody sees it).
 *
 * @param expression in the select list of a block, or elsewhere in the statement
 */
export function itemNamedBy(statement: AnalyzedStatement, expression: Expression): SelectItem | null {
  const block = statement.blockOf(expression);
  if (!block || NAMELESS.has(block.role)) return null;
  const item = block.select.items.find((one) => one.start <= expression.start && expression.end <= one.end);
  if (!item || item.alias) return null;
  // PostgreSQL looks for a name through casts and the like; others take the text of the whole expression
  return statement.dialect !== 'postgresql' || givesName(item.expression, expression) ? item : null;
}

/**
 * MySQL and MariaDB name a column without an alias by the text of its expression: a change inside of it changes the name.
 *
 * @param expression that is to be replaced, in the select list or elsewhere
 */
export function namesColumnByText(statement: AnalyzedStatement, expression: Expression): boolean {
  if (statement.dialect !== 'mysql' && statement.dialect !== 'mariadb') return false;
  const item = itemNamedBy(statement, expression);
  return item !== null && unwrapParens(item.expression).kind !== 'column';
}

function givesName(whole: Expression, part: Expression): boolean {
  const inner = unwrapParens(whole);
  if (inner === part) return true;
  if (inner.kind === 'cast' || inner.kind === 'collate') return givesName(inner.operand, part);
  if (inner.kind === 'case') return inner.otherwise !== null && givesName(inner.otherwise, part);
  return false;
}

/**
 * An expression with a subquery in the select list may have to be the same as one of GROUP BY, DISTINCT ON or ORDER BY:
 * then neither can be rewritten alone.
 */
export function mayBeRepeated(statement: AnalyzedStatement, expression: Expression): boolean {
  const block = statement.blockOf(expression);
  if (!block) return false;
  const { distinct, groupBy } = block.select;
  if (groupBy && containsKind(groupBy, 'query')) return true;
  const ordered = block.query.orderBy.some((item) => containsKind(item, 'query'));
  return distinct !== null && distinct !== 'all' && (ordered || typeof distinct === 'object');
}
