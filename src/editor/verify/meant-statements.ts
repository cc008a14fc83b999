/** Which statements the user means: by cursors and selections. Knows no editor. */
import type { TextRange } from '../../core/sql/text.ts';
import { type SqlStatement, statementAt } from '../statements/sql-statement.ts';

export type MeantStatements =
  /** two statements, the upper one first */
  | { readonly kind: 'pair'; readonly before: SqlStatement; readonly after: SqlStatement }
  /** one statement; what it is compared with is still to be chosen */
  | { readonly kind: 'one'; readonly statement: SqlStatement }
  /** a sentence for the user */
  | { readonly kind: 'none'; readonly message: string };

/**
 * The statements that cursors and selections touch.
 *
 * @param statements of the document, in their order
 * @param selections offsets in the source; start equals end for a cursor without a selection
 */
export function meantStatements(
  statements: readonly SqlStatement[],
  selections: readonly TextRange[],
  source: string,
): MeantStatements {
  const touched = new Set(selections.flatMap((selection) => touchedBy(statements, selection, source)));
  const meant = statements.filter((statement) => touched.has(statement));
  const [before, after] = meant;
  if (!before) return { kind: 'none', message: 'There is no SQL statement in this file yet.' };
  if (!after) return { kind: 'one', statement: before };
  if (meant.length === 2) return { kind: 'pair', before, after };
  return {
    kind: 'none',
    message: `${meant.length} statements are selected, and two can be compared. Select exactly two, or put the cursor into one.`,
  };
}

function touchedBy(
  statements: readonly SqlStatement[],
  { start, end }: TextRange,
  source: string,
): readonly SqlStatement[] {
  if (start < end) {
    const inside = statements.filter((statement) => statement.start < end && start < statement.end);
    if (inside.length > 0) return inside;
  }
  const at = statementAt(statements, start, source);
  return at ? [at] : [];
}
