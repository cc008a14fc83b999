// The table that ends a test run, and the verdict.

/**
 * @param {readonly import('./run-suite.mjs').Row[]} rows
 * @param {{ strict: boolean }} options strict: what could not run is a failure (CI)
 * @returns {{ text: string, failed: boolean }} the last line of text is `N passed, N failed, N skipped`
 */
export function conclude(rows, { strict }) {
  const cells = [['suite', 'against', 'passed', 'failed', 'skipped', 'time']];
  let [passed, failed, skipped] = [0, 0, 0];
  /** @type {string[]} */
  const notes = [];
  for (const row of rows) {
    const couldNotRun = row.missing !== undefined;
    const refused = row.skipped.filter(({ reason }) => strict && !isOptional(reason));
    const failures = row.failed + refused.length + (couldNotRun && strict ? 1 : 0);
    const skips = row.skipped.length - refused.length + (couldNotRun && !strict ? 1 : 0);
    cells.push([
      row.suite,
      row.against,
      ...(couldNotRun ? ['not run', '', ''] : [`${row.passed}`, `${failures}`, `${skips}`]),
      duration(row.durationMs),
    ]);
    if (couldNotRun) notes.push(`${row.suite}, ${row.against}: could not run: ${row.missing}`);
    for (const { name, reason } of row.skipped) notes.push(`${row.suite}: skipped: ${name}: ${reason}`);
    passed += row.passed;
    failed += failures;
    skipped += skips;
  }
  if (strict && notes.length > 0) notes.push('In CI, what could not run is a failure.');
  const text = [
    '',
    ...align(cells),
    ...(notes.length > 0 ? ['', ...notes] : []),
    '',
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  ].join('\n');
  return { text, failed: failed > 0 };
}

/** A test of a part that no machine has by itself: it runs where its variable names a server. */
function isOptional(/** @type {string} */ reason) {
  return /\b(SQLOPT_TEST_\w+|OLLAMA_HOST)\b/.test(reason);
}

/** @param {number} ms */
function duration(ms) {
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** @param {readonly (readonly string[])[]} rows @returns {string[]} with a line below the head; numbers to the right */
function align(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  return [lines[0] ?? '', widths.map((width) => '─'.repeat(width)).join('──'), ...lines.slice(1)];
}
