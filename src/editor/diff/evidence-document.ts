/** All that is known of a candidate, as a document to read. */
import type { Candidate } from '../../core/optimizer/optimization.ts';
import { EVIDENCE_MEANING } from '../../core/verification/evidence.ts';
import { costText, estimateText, factor, milliseconds, speedText } from './evidence-text.ts';

/** Figures, evidence, and what each rule of the rewrite does, in Markdown. */
export async function evidenceDocument(candidate: Candidate): Promise<string> {
  const { patternById } = await import('../../core/patterns/library.ts');
  const rules = candidate.patterns.flatMap((id, index) => {
    const pattern = patternById(id);
    if (!pattern) return [`${index + 1}. \`${id}\``];
    return [
      `${index + 1}. **${pattern.title}** (\`${id}\`)`,
      `   ${pattern.description}`,
      `   Sound when: ${pattern.precondition}`,
      `   Source: ${pattern.source}`,
    ];
  });
  return [
    '# What speaks for this rewrite',
    '',
    '## Speed',
    '',
    ...speed(candidate),
    '',
    '## Same result',
    '',
    EVIDENCE_MEANING[candidate.evidence.level],
    '',
    ...candidate.evidence.assumptions.map((assumption) => `- ${assumption}`),
    `- ${candidate.evidence.rowsCompared.toLocaleString('en-US')} rows compared`,
    `- ${candidate.evidence.databases.toLocaleString('en-US')} generated databases tried`,
    '',
    estimateText(candidate.estimate),
    '',
    '## Rules, in the order of their application',
    '',
    ...(rules.length > 0 ? rules : modelLines(candidate)),
    '',
  ].join('\n');
}

function modelLines({ model }: Candidate): string[] {
  const from = `None of the library: it comes from a language model${model ? ` (${model.name})` : ''}. Only the tests above speak for it.`;
  return model && model.why !== '' ? [from, '', `The model says: ${model.why}`] : [from];
}

function speed({ measured, cost }: Candidate): string[] {
  const lines: string[] = [];
  if (measured) {
    const { before, after } = measured;
    const row = (name: string, of: (each: typeof before) => string): string =>
      `| ${name} | ${of(before)} | ${of(after)} |`;
    lines.push(
      `Measured by running both in turns: **${speedText(measured)}** (95 % interval ${factor(measured.low)}× to ${Number.isFinite(measured.high) ? `${factor(measured.high)}×` : 'unknown'}).`,
      '',
      '| | before | after |',
      '|---|---|---|',
      row(
        'median',
        (each) => `${milliseconds(each.medianMs)}${each.timedOut ? ' (stopped at the limit)' : ''}`,
      ),
      row('95 % interval', (each) => `${milliseconds(each.lowMs)} to ${milliseconds(each.highMs)}`),
      row('runs', (each) => String(each.runs)),
      row('rows', (each) => each.rows.toLocaleString('en-US')),
      row('blocks from cache', (each) => each.sharedHit.toLocaleString('en-US')),
      row('blocks read', (each) => each.sharedRead.toLocaleString('en-US')),
      row('temporary blocks', (each) => each.tempBlocks.toLocaleString('en-US')),
      row('processor time', (each) => (each.cpuMs === null ? 'not told' : milliseconds(each.cpuMs))),
      '',
    );
  } else {
    lines.push('It was **not measured**, so it is not called faster.', '');
  }
  lines.push(cost ? `An estimate, not a time: ${costText(cost)}.` : 'The planner was not asked for a price.');
  return lines;
}
