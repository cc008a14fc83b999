/**
 * PostgreSQL's text form of a row, `(1,"a b",)`, back to its cells. An empty place is NULL, `""` the empty text;
 * inside of quotes a quote and a backslash are doubled.
 * Source: the manual, "Composite Types", section "Composite Type Input and Output Syntax".
 */
import type { Cell } from '../../database.ts';

/** The cells of a row's text. @throws RangeError when the text is no row */
export function parseRecordText(text: string): Cell[] {
  if (!text.startsWith('(') || !text.endsWith(')')) throw new RangeError(`no row: ${text.slice(0, 40)}`);
  const cells: Cell[] = [];
  let at = 1;
  const end = text.length - 1;
  for (;;) {
    const cell = readCell(text, at, end);
    cells.push(cell.value);
    at = cell.next;
    if (at >= end) return cells;
    at++;
  }
}

/** The cell that begins at `at`; `next` is its comma or the closing parenthesis. */
function readCell(text: string, at: number, end: number): { value: Cell; next: number } {
  if (text[at] !== '"') {
    const comma = text.indexOf(',', at);
    const next = comma < 0 || comma > end ? end : comma;
    return { value: next === at ? null : text.slice(at, next), next };
  }
  let value = '';
  let i = at + 1;
  for (;;) {
    const character = text[i];
    if (character === undefined) throw new RangeError(`no end of a quoted cell: ${text.slice(0, 40)}`);
    if (character === '"' && text[i + 1] !== '"') return { value, next: i + 1 };
    if (character === '"' || character === '\\') i++;
    value += text[i] ?? '';
    i++;
  }
}
