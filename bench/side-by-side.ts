/** Timing things against each other in one run: turns, medians, ratios. */

export interface Contestant {
  readonly name: string;
  /** one run; may be asynchronous */
  readonly run: () => unknown;
}

export interface Timing {
  readonly name: string;
  /** milliseconds of one run */
  readonly medianMs: number;
  /** the middle half of all runs lies between these, in milliseconds */
  readonly lowMs: number;
  readonly highMs: number;
  readonly runs: number;
}

/**
 * Runs everything in turns (A B C A B C …), so that a slow moment of the machine hits all alike.
 *
 * @param budgetMs of all runs together; every contestant runs at least three times, after one warm-up
 */
export async function takeTurns(contestants: readonly Contestant[], budgetMs: number): Promise<Timing[]> {
  const times = contestants.map((): number[] => []);
  for (const { run } of contestants) await run();
  const end = performance.now() + budgetMs;
  for (let round = 0; round < 3 || (performance.now() < end && round < 200); round++) {
    for (const [index, { run }] of contestants.entries()) {
      const began = performance.now();
      await run();
      times[index]?.push(performance.now() - began);
    }
  }
  return contestants.map(({ name }, index) => timing(name, times[index] ?? []));
}

/** The median and the middle half of some times in milliseconds. */
export function timing(name: string, times: readonly number[]): Timing {
  const sorted = [...times].sort((left, right) => left - right);
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
  return { name, medianMs: at(0.5), lowMs: at(0.25), highMs: at(0.75), runs: sorted.length };
}

/**
 * A table with every row's ratio to the first one.
 *
 * @param title what is compared, with its unit of work ("5,000 lines, 640 statements")
 */
export function comparison(title: string, timings: readonly Timing[]): string {
  const baseline = timings[0]?.medianMs ?? Number.NaN;
  const rows = timings.map(({ name, medianMs, lowMs, highMs, runs }) => [
    name,
    milliseconds(medianMs),
    `${milliseconds(lowMs)} … ${milliseconds(highMs)}`,
    `${runs}`,
    `${(medianMs / baseline).toFixed(medianMs / baseline < 10 ? 2 : 0)} ×`,
  ]);
  return [title, ...align([['', 'median ms', 'middle half', 'runs', 'against the first'], ...rows])].join(
    '\n',
  );
}

function milliseconds(value: number): string {
  return value < 1 ? value.toFixed(3) : value < 100 ? value.toFixed(1) : value.toFixed(0);
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}
