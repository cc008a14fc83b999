/**
 * Statements of one document with their findings. Knows no editor. Only statements whose text changed are analysed
 * again, in slices, so that the extension host stays free for everything else.
 */
import type { Catalog } from '../../core/catalog/catalog.ts';
import type { Finding } from '../../core/optimizer/optimization.ts';
import { isSuppressed } from '../../core/patterns/suppression.ts';
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

/** What is found in one statement. */
export type FindInStatement = (text: string, catalog: Catalog) => readonly Finding[];

/** Milliseconds of work before others get their turn. */
const SLICE_MS = 12;

export class DocumentFindings {
  private readonly find: FindInStatement;
  private catalog: Catalog | null = null;
  private byText = new Map<string, readonly Finding[]>();
  /** statements that were analysed, not taken from what was known: for tests and the log */
  analysed = 0;

  constructor(find: FindInStatement) {
    this.find = find;
  }

  /**
   * Findings of every statement of a text.
   *
   * @returns null when `signal` ended it: a newer text is there
   */
  async update(
    statements: readonly SqlStatement[],
    catalog: Catalog,
    signal: AbortSignal,
  ): Promise<readonly StatementFindings[] | null> {
    if (catalog !== this.catalog) {
      this.byText.clear();
      this.catalog = catalog;
    }
    let sliceEnd = performance.now() + SLICE_MS;
    for (const { text } of statements) {
      if (this.byText.has(text)) continue;
      if (performance.now() >= sliceEnd) {
        await new Promise((resolve) => setImmediate(resolve));
        if (signal.aborted || this.catalog !== catalog) return null;
        sliceEnd = performance.now() + SLICE_MS;
      }
      this.byText.set(text, this.find(text, catalog));
      this.analysed++;
    }
    const found = statements.map((statement) => ({ statement, findings: this.unsuppressed(statement) }));
    this.forgetOthers(statements);
    return found;
  }

  private unsuppressed({ text, comments }: SqlStatement): readonly Finding[] {
    const findings = this.byText.get(text) ?? [];
    if (!comments.includes('sqlopt-ignore')) return findings;
    return findings.filter((finding) => !isSuppressed(finding.pattern, comments));
  }

  private forgetOthers(statements: readonly SqlStatement[]): void {
    if (this.byText.size <= statements.length) return;
    const texts = new Set(statements.map((statement) => statement.text));
    this.byText = new Map([...this.byText].filter(([text]) => texts.has(text)));
  }
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
