/** Statements at their places in a document. */
import type { Finding } from '../../core/optimizer/optimization.ts';
import type { TextRange } from '../../core/sql/text.ts';

/** A statement at its place in a document's text. */
export interface SqlStatement extends TextRange {
  /** offset of the comments above that belong to it */
  readonly leadingStart: number;
  readonly text: string;
  /** the comments above */
  readonly comments: string;
}

export interface StatementFindings {
  readonly statement: SqlStatement;
  /** ranges are offsets in the statement's own text; suppressed ones are left out */
  readonly findings: readonly Finding[];
}

/**
 * The statement that a place means: the one around it, else the one that ends on its line before it, else the next.
 *
 * @param offset in the source
 */
export function statementAt(
  statements: readonly SqlStatement[],
  offset: number,
  source: string,
): SqlStatement | null {
  const around = statements.find((each) => each.leadingStart <= offset && offset <= each.end + 1);
  if (around) return around;
  const before = statements.findLast((each) => each.end <= offset);
  if (before && !source.slice(before.end, offset).includes('\n')) return before;
  return statements.find((each) => each.start >= offset) ?? before ?? null;
}
