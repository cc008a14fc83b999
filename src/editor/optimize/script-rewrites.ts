/** The rewrites of rules that look at several statements of a file, shown in the same diff as those of one statement. */
import * as vscode from 'vscode';
import type { Optimization } from '../../core/optimizer/optimization.ts';
import type { ScriptFinding } from '../../core/patterns/script/find.ts';
import { applyEdits, type TextRange } from '../../core/sql/text.ts';
import type { Previews } from '../diff/previews.ts';
import type { SqlDocuments } from '../statements/sql-documents.ts';
import type { SqlStatement } from '../statements/sql-statement.ts';
import type { StatementReference } from '../statements/statement-reference.ts';

/**
 * Show the rewrite of a finding over several statements.
 *
 * @param reference names the statement that the finding stands at, and its rule
 * @returns false when the rule looks at one statement, so that this is not for it
 */
export async function showScriptRewrite(
  { documents, previews }: { readonly documents: SqlDocuments; readonly previews: Previews },
  reference: StatementReference,
): Promise<boolean> {
  const [{ ScriptFinder }, { scriptPatterns }] = await Promise.all([
    import('../../core/patterns/script/find.ts'),
    import('../../core/patterns/script/list.ts'),
  ]);
  const rule = scriptPatterns.find(({ id }) => id === reference.pattern);
  if (!rule) return false;
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(reference.uri, true));
  const catalog = await documents.catalog(document);
  const statements = await documents.statements(document);
  const source = document.getText();
  const found = new ScriptFinder({ among: [rule] })
    .find(source, statements, catalog)
    .find(({ statement, rewrite }) => rewrite !== null && statements[statement]?.start === reference.start);
  if (!found?.rewrite) {
    void vscode.window.showInformationMessage(
      'The statements changed meanwhile, and the rewrite is not there any more.',
    );
    return true;
  }
  const range = touched(found, statements);
  const original = source.slice(range.start, range.end);
  await previews.show({
    document,
    range,
    original,
    result: resultOf(found, original, range.start),
    connection: null,
    stored: new Map(),
    pattern: rule.id,
  });
  return true;
}

/** From the first to the last statement that an edit falls into, the one of the finding among them. */
function touched({ statement, rewrite }: ScriptFinding, statements: readonly SqlStatement[]): TextRange {
  const own = statements[statement];
  const edits = rewrite?.edits ?? [];
  const places = [...edits, ...(own ? [own] : [])];
  const from = Math.min(...places.map(({ start }) => start));
  const to = Math.max(...places.map(({ end }) => end));
  const within = statements.filter(({ start, end }) => start < to && from < end);
  return {
    start: Math.min(from, ...within.map(({ start }) => start)),
    end: Math.max(to, ...within.map(({ end }) => end)),
  };
}

/** The rewrite as the one candidate of a result: it was neither priced nor measured. */
function resultOf({ finding, rewrite }: ScriptFinding, original: string, offset: number): Optimization {
  const edits = (rewrite?.edits ?? []).map(({ start, end, text }) => ({
    start: start - offset,
    end: end - offset,
    text,
  }));
  const evidence = {
    level: rewrite?.soundness === 'proved' ? 'proved' : 'unverified',
    assumptions: rewrite?.assumptions ?? [],
    databases: 0,
    rowsCompared: 0,
  } as const;
  const sql = applyEdits(original, edits);
  const unknown = { cost: null, estimate: null, measured: null };
  const candidate = {
    id: 'c1',
    sql,
    edits,
    patterns: [finding.pattern],
    origin: 'pattern',
    evidence,
  } as const;
  return {
    findings: [finding],
    candidates: [{ ...candidate, ...unknown }],
    refuted: [],
    best: null,
    reason: finding.message,
  };
}
