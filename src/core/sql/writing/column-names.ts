/** Columns of a result that are named by the text of their expression, so that another text is another name. */
import type { SelectItem } from '../ast.ts';
import type { AnalyzedStatement, Block } from '../query-model.ts';
import type { TextEdit } from '../text.ts';

/** Subqueries whose columns nobody sees by name. */
const NAMELESS: ReadonlySet<Block['role']> = new Set(['in', 'exists', 'quantified', 'scalar']);

/**
 * MySQL and MariaDB name an output without an alias by its text (manual: "SELECT Statement", aliases): no edit may
 * fall into it. SQL Server gives it no name. Where a wider range is written anew, names are for the rule to give.
 *
 * @returns false when an edit would change such a name
 */
export function keepsTextNames(statement: AnalyzedStatement, edits: readonly TextEdit[]): boolean {
  if (statement.dialect === 'postgresql') return true;
  const differs = statement.dialect === 'tsql' ? becomesColumn : changes;
  return !statement.blocks.some(
    (block) =>
      !NAMELESS.has(block.role) &&
      block.select.items.some((item) => isNamedByText(item) && edits.some((edit) => differs(edit, item))),
  );
}

const COLUMN = /^\s*(?:[\p{L}_#@"[][^\s()+*/,']*)\s*$/u;

/** SQL Server gives an expression no name, and a column its own: one must not take the place of the other. */
function becomesColumn(edit: TextEdit, item: SelectItem): boolean {
  return edit.start <= item.start && edit.end === item.end && COLUMN.test(edit.text);
}

function isNamedByText({ alias, expression }: SelectItem): boolean {
  return alias === null && expression.kind !== 'column' && expression.kind !== 'star';
}

function changes(edit: TextEdit, item: SelectItem): boolean {
  const wider =
    edit.start <= item.start && edit.end >= item.end && edit.end - edit.start > item.end - item.start;
  return edit.start < item.end && edit.end > item.start && !wider;
}
