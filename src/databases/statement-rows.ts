/** Cells of the questions about statements, for every engine. */
import type { Cell } from '../core/database.ts';

/** A figure; 0 where there is none, as the sum of nothing is. */
export function figure(cell: Cell | undefined): number {
  return cell === null || cell === undefined ? 0 : Number(cell);
}

/** Seconds since 1970 as ISO 8601 in UTC; null where there is no time. */
export function timeOf(seconds: Cell | undefined): string | null {
  if (seconds === null || seconds === undefined || seconds === '') return null;
  const milliseconds = Number(seconds) * 1000;
  // MySQL answers 0 for a time that is out of its range
  return Number.isFinite(milliseconds) && milliseconds > 0 ? new Date(milliseconds).toISOString() : null;
}

/** '1 statement', '2 statements' */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
