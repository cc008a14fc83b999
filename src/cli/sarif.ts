/** Findings as a SARIF 2.1.0 log [OASIS, Static Analysis Results Interchange Format 2.1.0]. */

import { declarationById } from '../core/patterns/library.ts';
import type { Severity } from '../core/patterns/pattern.ts';
import type { FileFinding } from './verbs/lint.ts';

const LEVEL: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
  hint: 'note',
};

/** One run with the rules that were hit and a result a finding. */
export function sarifLog(findings: readonly FileFinding[]) {
  const ids = [...new Set(findings.map((finding) => finding.pattern))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'sqlopt', rules: ids.map(rule) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => ({
          ruleId: finding.pattern,
          ruleIndex: ids.indexOf(finding.pattern),
          level: LEVEL[finding.severity],
          message: { text: finding.message },
          locations: [{ physicalLocation: place(finding) }],
        })),
      },
    ],
  };
}

function rule(id: string) {
  const pattern = declarationById(id);
  return {
    id,
    shortDescription: { text: pattern?.title ?? id },
    fullDescription: { text: pattern?.description ?? '' },
    properties: { category: pattern?.category ?? '' },
  };
}

function place(finding: FileFinding) {
  return {
    artifactLocation: {
      uri: finding.file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/'),
    },
    region: {
      startLine: finding.range.line,
      startColumn: finding.range.column,
      endLine: finding.end.line,
      endColumn: finding.end.column,
    },
  };
}
