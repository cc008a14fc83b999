/** A counterexample as a person reads it: statements that build the database, and what each side returns. */
import type { ResultColumn } from '../../database.ts';
import { multisetDifference, type Row, rowsText } from '../compare-results.ts';
import type { Counterexample } from '../evidence.ts';
import { setupText } from '../generate/ddl.ts';
import { FROZEN_NOW } from '../generate/instants.ts';
import type { SmallDatabase } from '../generate/rows.ts';
import type { SearchSpace } from '../generate/search-space.ts';
import type { RawOutcome } from '../search/harness.ts';
import { visibleRows } from '../search/judge.ts';
import { parseRecordText } from '../search/record-text.ts';
import type { Trials } from '../search/trials.ts';

/** Build the text of a counterexample by running the pair once more. */
export async function counterexampleOf(
  database: SmallDatabase,
  space: SearchSpace,
  trials: Trials,
): Promise<Counterexample> {
  const [result] = await trials.run([database]);
  if (!result) return { setup: setupText(database, space), before: '', after: '' };
  const show = trials.writing ? writeText : readText;
  const { original, candidate, judgement } = result;
  const { visible } = trials.columns;
  const other = judgement.verdict === 'different' ? judgement.alternative : undefined;
  return {
    setup: [...remarks(database, space, trials), setupText(result.database, space)].join('\n'),
    before: show(original, candidate, visible, space),
    after: other
      ? `it may also return these, since its own order leaves them open:\n${rowsText(visible, other)}`
      : show(candidate, original, visible, space),
  };
}

function remarks(database: SmallDatabase, space: SearchSpace, trials: Trials): string[] {
  const bound = space.parameters.map(
    ({ key }, i) => `-- parameter ${key} is ${database.parameters[i] ?? 'NULL'}`,
  );
  return trials.clock ? [...bound, `-- now() is ${FROZEN_NOW}`] : bound;
}

function readText(outcome: RawOutcome, _other: RawOutcome, columns: readonly ResultColumn[]): string {
  if (outcome.error !== undefined) return `error: ${outcome.error}`;
  if (outcome.over) return 'more rows than were fetched';
  return rowsText(columns, visibleRows(outcome, columns.length));
}

function writeText(
  outcome: RawOutcome,
  other: RawOutcome,
  columns: readonly ResultColumn[],
  space: SearchSpace,
): string {
  if (outcome.error !== undefined) return `error: ${outcome.error}`;
  const parts = [`${outcome.count ?? 0} rows affected`];
  space.tables.forEach((shape, index) => {
    const rows = tableRows(outcome, index);
    const types = shape.columns.map(({ name, type }) => ({ name, type }));
    const { onlyBefore, onlyAfter } = multisetDifference(rows, tableRows(other, index), types);
    if (onlyBefore.length + onlyAfter.length > 0)
      parts.push(`${shape.table.name} afterwards:`, rowsText(types, rows));
  });
  if (columns.length > 0) parts.push('returned:', rowsText(columns, visibleRows(outcome, columns.length)));
  return parts.join('\n');
}

function tableRows(outcome: RawOutcome, index: number): Row[] {
  return (outcome.tables?.[index] ?? []).map(parseRecordText);
}
