/** Columns of a result that are named by the text of their expression, so that another text is another name. */
import type { SelectItem } from '../ast.ts';
import type { AnalyzedStatement, Block } from '../query-model.ts';
import type { TextEdit } from '../text.ts';

/** Subqueries whose columns nobody sees by name. */
const NAMELESS: ReadonlySet<Block['role']> = new Set(['in', 'exists', 'quantified', 'scalar']);

/**
 * MySQL and MariaDB name an output without an alias by its text (manual: "SELECT Statement", aliases): no edit may
 * fall into it. Where a wider range is written anew, names are for the rule to give.
 *
 * @returns false when an edit would change such a name
 */
export function keepsTextNames(statement: AnalyzedStatement, edits: readonly TextEdit[]): boolean {
  if (statement.dialect !== 'mysql' && statement.dialect !== 'mariadb') return true;
  return !statement.blocks.some(
    (block) =>
      !NAMELESS.has(block.role) &&
      block.select.items.some((item) => isNamedByText(item) && edits.some((edit) => changes(edit, item))),
  );
}

function isNamedByText({ alias, expression }: SelectItem): boolean {
  return alias === null && expression.kind !== 'column' && expression.kind !== 'star';
}

function changes(edit: TextEdit, item: SelectItem): boolean {
  const wider =
    edit.start <= item.start && edit.end >= item.end && edit.end - edit.start > item.end - item.start;
  return edit.start < item.end && edit.end > item.start && !wider;
}
