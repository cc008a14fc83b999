/** What one more index costs those who write to its table. */
import type { Database } from '../database.ts';
import type { WriteCost } from './advice.ts';
import type { Candidate } from './candidates.ts';
import type { PricedStatement } from './choose-indexes.ts';
import { columnOfKey } from './index-ddl.ts';

/**
 * @param writes counts of the server, null where there are none
 * @param workload in which updates of its columns are looked for
 */
export function writeCost(
  index: Candidate,
  writes: WriteCost['counted'],
  database: Database | null,
  workload: readonly PricedStatement[],
): WriteCost | null {
  const updated = updatedColumns(index, workload);
  const hot = database?.info.dialect === 'postgresql';
  const changed =
    updated.length === 0
      ? ''
      : ` Statements of this workload change ${updated.join(', ')}${hot ? ', and such updates can no longer leave the indexes alone (HOT)' : ''}.`;
  if (!writes) return changed === '' ? null : { counted: null, text: `${EACH}${changed}` };
  const since = writes.since === null ? '' : ` since ${writes.since.slice(0, 10)}`;
  const counts = `${count(writes.inserts)} inserted, ${count(writes.updates)} updated and ${count(writes.deletes)} deleted rows are counted${since}`;
  const share =
    writes.hotUpdates === null || writes.updates === 0
      ? ''
      : ` (${Math.round((100 * writes.hotUpdates) / writes.updates)} % of the updates wrote to no index)`;
  return { counted: writes, text: `${EACH} ${counts}${share}.${changed}` };
}

const EACH =
  'Each row that is inserted writes an entry more, and so does each update that moves the row or changes these columns.';

function updatedColumns({ table, keys }: Candidate, workload: readonly PricedStatement[]): string[] {
  const names = new Set<string>();
  for (const { asked } of workload) {
    for (const { statement, target } of asked.statement.writes) {
      if (target?.table !== table || statement.kind !== 'update') continue;
      for (const assignment of statement.assignments) {
        for (const column of assignment.targets) names.add(column.parts.at(-1)?.name ?? '');
      }
    }
  }
  return keys.map(columnOfKey).filter((column) => names.has(column));
}

function count(rows: number): string {
  return rows.toLocaleString('en-US');
}
