/**
 * Statements of one document with their findings. Knows no editor. Only what an edit touches is split and analysed
 * again, in slices, so that the extension host stays free for everything else.
 */
import type { Catalog } from '../../core/catalog/catalog.ts';
import type { Finding } from '../../core/optimizer/optimization.ts';
import { isSuppressed } from '../../core/patterns/suppression.ts';
import { type IndexedStatement, StatementIndex } from '../../core/sql/statement-index.ts';
import type { Steps } from '../../core/steps.ts';
import type { SqlStatement, StatementFindings } from './sql-statement.ts';

/** What is found in one statement. */
export type FindInStatement = (text: string, catalog: Catalog) => readonly Finding[];

/** What is found when several statements of the text are looked at together, in steps. */
export type FindInScript = (
  source: string,
  statements: readonly SqlStatement[],
  catalog: Catalog,
) => Steps<readonly ScriptFinding[]>;

interface ScriptFinding {
  /** index of the statement */
  readonly statement: number;
  readonly finding: Finding;
}

/** Milliseconds of work before others get their turn. */
const SLICE_MS = 12;

export class DocumentFindings {
  private readonly find: FindInStatement;
  private readonly findInScript: FindInScript | null;
  private catalog: Catalog | null = null;
  private index: StatementIndex<readonly Finding[]> | null = null;

  constructor(find: FindInStatement, findInScript: FindInScript | null = null) {
    this.find = find;
    this.findInScript = findInScript;
  }

  /** The statements of a text; psql commands, COPY data and batch separators are left out. */
  statements(source: string, catalog: Catalog): readonly SqlStatement[] {
    return this.indexed(source, catalog).map((each) => placed(each, source));
  }

  /**
   * Findings of every statement of a text.
   *
   * @returns null when `signal` ended it: a newer text is there
   */
  async update(
    source: string,
    catalog: Catalog,
    signal: AbortSignal,
  ): Promise<readonly StatementFindings[] | null> {
    const steps = this.updating(source, catalog);
    let sliceEnd = performance.now() + SLICE_MS;
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) return step.value;
      if (performance.now() < sliceEnd) continue;
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) return null;
      sliceEnd = performance.now() + SLICE_MS;
    }
  }

  /** Split the text, then a step for each statement, then those over several statements. */
  private *updating(source: string, catalog: Catalog): Steps<readonly StatementFindings[]> {
    const found: StatementFindings[] = [];
    for (const each of this.indexed(source, catalog)) {
      yield;
      const statement = placed(each, source);
      found.push({ statement, findings: unsuppressed(each.analysis, statement.comments) });
    }
    const statements = found.map((one) => one.statement);
    return this.findInScript
      ? withFurther(found, yield* this.findInScript(source, statements, catalog))
      : found;
  }

  private indexed(source: string, catalog: Catalog): readonly IndexedStatement<readonly Finding[]>[] {
    if (!this.index || catalog !== this.catalog) {
      this.catalog = catalog;
      this.index = new StatementIndex(catalog.dialect, (text) => this.find(text, catalog));
    }
    return this.index.update(source).filter(({ range }) => range.kind === 'sql');
  }
}

/** What is found over several statements stands before what is found in the statement. */
function withFurther(
  found: readonly StatementFindings[],
  overSeveral: readonly ScriptFinding[],
): readonly StatementFindings[] {
  const further = new Map<number, Finding[]>();
  for (const { statement, finding } of overSeveral) {
    further.set(statement, [...(further.get(statement) ?? []), finding]);
  }
  return found.map((one, index) => {
    const more = further.get(index);
    if (!more) return one;
    return { ...one, findings: [...unsuppressed(more, one.statement.comments), ...one.findings] };
  });
}

function placed({ range, text }: IndexedStatement<unknown>, source: string): SqlStatement {
  const { start, end, leadingStart } = range;
  return { start, end, leadingStart, text, comments: source.slice(leadingStart, start) };
}

function unsuppressed(findings: readonly Finding[], comments: string): readonly Finding[] {
  if (!comments.includes('sqlopt-ignore')) return findings;
  return findings.filter((finding) => !isSuppressed(finding.pattern, comments));
}
