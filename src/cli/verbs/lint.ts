import type { Finding } from '../../core/optimizer/optimization.ts';
import { findPatterns } from '../../core/patterns/find.ts';
import type { Severity } from '../../core/patterns/pattern.ts';
import { ScriptFinder } from '../../core/patterns/script/find.ts';
import { isSuppressed } from '../../core/patterns/suppression.ts';
import { analyzeStatement } from '../../core/sql/analyze.ts';
import type { TextEdit } from '../../core/sql/text.ts';
import { offlineCatalog } from '../connect.ts';
import { readSource } from '../read-source.ts';
import { sarifLog } from '../sarif.ts';
import { lineFinder, statementsOf } from '../statements.ts';
import { EXIT, textOption, UsageError, type Verb } from '../verb.ts';

/** A finding with its place in a file. */
export interface FileFinding extends Omit<Finding, 'range'> {
  readonly file: string;
  readonly range: {
    readonly start: number;
    readonly end: number;
    readonly line: number;
    readonly column: number;
  };
  readonly end: { readonly line: number; readonly column: number };
  /** of the file's text, where a rewrite of several statements is known; one of a single statement comes from optimize */
  readonly edits?: readonly TextEdit[];
}

const RANK: Readonly<Record<Severity, number>> = { hint: 0, info: 1, warning: 2, error: 3 };

/** `sqlopt lint`: findings of files, without a connection. */
export const lintVerb: Verb = {
  name: 'lint',
  summary: 'report findings of SQL files without a connection, as text, JSON or SARIF',
  usage: 'FILE… [--format text|json|sarif] [--fail-on error|warning|info] [--schema FILE.sql]',
  options: { format: { type: 'string' }, 'fail-on': { type: 'string' } },
  async run(context) {
    if (context.positionals.length === 0)
      throw new UsageError('Name the files to look at: sqlopt lint FILE…');
    const format = context.options['json'] ? 'json' : (textOption(context.options, 'format') ?? 'text');
    if (!['text', 'json', 'sarif'].includes(format))
      throw new UsageError(`--format takes text, json or sarif, not "${format}".`);
    const failOn = severityOption(textOption(context.options, 'fail-on') ?? 'error');
    const catalog = await offlineCatalog(context);
    const findings: FileFinding[] = [];
    for (const file of context.positionals) {
      const source = await readSource(file);
      const placeOf = lineFinder(source);
      const statements = statementsOf(source, catalog.dialect);
      const places = statements.map(({ leadingStart, range }) => ({ ...range, leadingStart }));
      const ofScript = new Map<number, (Finding & Pick<FileFinding, 'edits'>)[]>();
      for (const { statement, finding, rewrite } of new ScriptFinder().find(source, places, catalog)) {
        const placed = rewrite ? { ...finding, edits: rewrite.edits } : finding;
        ofScript.set(statement, [...(ofScript.get(statement) ?? []), placed]);
      }
      for (const statement of statements) {
        const comments = source.slice(statement.leadingStart, statement.range.start);
        const own = findPatterns(analyzeStatement(statement.text, catalog));
        const over = ofScript.get(statement.index) ?? [];
        for (const finding of [...over, ...own]) {
          if (isSuppressed(finding.pattern, comments)) continue;
          const start = statement.range.start + finding.range.start;
          const end = statement.range.start + finding.range.end;
          findings.push({ ...finding, file, range: { start, end, ...placeOf(start) }, end: placeOf(end) });
        }
      }
    }
    if (format === 'sarif')
      context.print(sarifLog(findings), () => `${JSON.stringify(sarifLog(findings), null, 2)}\n`);
    else
      context.print(findings, () =>
        format === 'json' ? `${JSON.stringify(findings, null, 2)}\n` : text(findings),
      );
    return findings.some((finding) => RANK[finding.severity] >= RANK[failOn]) ? EXIT.findings : EXIT.done;
  },
};

function severityOption(name: string): Severity {
  if (name === 'error' || name === 'warning' || name === 'info') return name;
  throw new UsageError(`--fail-on takes error, warning or info, not "${name}".`);
}

function text(findings: readonly FileFinding[]): string {
  const lines = findings.map(
    (f) =>
      `${f.file}:${f.range.line}:${f.range.column}: ${f.severity}: ${f.message} [${f.pattern}]${f.fixable ? ' (fixable)' : ''}`,
  );
  return `${[...lines, `${findings.length} finding${findings.length === 1 ? '' : 's'}.`].join('\n')}\n`;
}
