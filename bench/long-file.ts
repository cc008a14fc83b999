/** A long SQL file for benchmarks: the sample's own slow statements, over and over, each a little different. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../scripts/bootstrap.mjs';
import { splitStatements } from '../src/core/sql/splitter.ts';

/**
 * @param lines how many it has at least
 * @returns the same text for the same number
 */
export function longFile(lines: number): string {
  const sample = readFileSync(path.join(root, 'examples', 'shop', 'slow.sql'), 'utf8');
  const statements = splitStatements(sample, 'postgresql')
    .filter(({ kind }) => kind === 'sql')
    .map(({ start, end }) => sample.slice(start, end));
  const parts: string[] = [];
  let count = 0;
  for (let number = 0; count < lines; number++) {
    const text = statements[number % statements.length] ?? '';
    // A comment and a number of its own: no statement is the same text as another, so no cache helps.
    const part = `-- report ${number}\n${text.replace(/\b(\d{2,})\b/, (digits) => `${Number(digits) + number}`)}${/;\s*$/.test(text) ? '' : ';'}\n`;
    parts.push(part);
    count += part.split('\n').length;
  }
  return parts.join('\n');
}
