/** What an operator of an actual showplan did, over all of its threads. */
import type { ActualFigures, PlanNode } from './plan.ts';
import { actualFigures } from './plan-node.ts';
import { descendants, find, numberOf, type XmlElement } from './showplan-xml.ts';

const PAGE_KB = 8;

/**
 * @param children as they are read already: their pages count in their parent's
 * @returns zero loops for an operator that was never executed
 */
export function runtimeFigures(operator: XmlElement, children: readonly PlanNode[]): ActualFigures {
  const threads = descendants(find(operator, 'RunTimeInformation') ?? NOTHING, 'RunTimeCountersPerThread');
  const sum = (name: string) => threads.reduce((total, thread) => total + (numberOf(thread, name) ?? 0), 0);
  const loops = sum('ActualExecutions');
  const below = (pick: (figures: ActualFigures) => number) =>
    children.reduce((total, { actual }) => total + (actual ? pick(actual) : 0), 0);
  const logical = sum('ActualLogicalReads') + sum('ActualLobLogicalReads');
  const physical = sum('ActualPhysicalReads') + sum('ActualReadAheads');
  const spill = spillOf(operator);
  const perLoop = (total: number) => (loops === 0 ? 0 : total / loops);
  return actualFigures({
    rows: perLoop(sum('ActualRows')),
    loops,
    totalMs: perLoop(Math.max(0, ...threads.map((thread) => numberOf(thread, 'ActualElapsedms') ?? 0))),
    rowsRemovedByFilter: perLoop(Math.max(0, sum('ActualRowsRead') - sum('ActualRows'))),
    sharedHit: Math.max(0, logical - physical) + below(({ sharedHit }) => sharedHit),
    sharedRead: physical + below(({ sharedRead }) => sharedRead),
    tempRead: spill.read + below(({ tempRead }) => tempRead),
    tempWritten: spill.written + below(({ tempWritten }) => tempWritten),
    ...sortFigures(operator, spill, loops),
    hashBatches: spill.hash ? 2 ** Math.max(1, spill.level) : null,
  });
}

const NOTHING: XmlElement = { name: '', attributes: {}, children: [] };

interface Spill {
  readonly sort: boolean;
  readonly hash: boolean;
  readonly level: number;
  /** pages of tempdb */
  readonly read: number;
  readonly written: number;
}

/** The warnings SpillToTempDb, SortSpillDetails and HashSpillDetails. */
function spillOf(operator: XmlElement): Spill {
  const warnings = find(operator, 'Warnings') ?? NOTHING;
  const general = find(warnings, 'SpillToTempDb');
  const sort = find(warnings, 'SortSpillDetails');
  const hash = find(warnings, 'HashSpillDetails');
  const details = sort ?? hash;
  const isSort = /Sort/.test(operator.attributes['PhysicalOp'] ?? '');
  return {
    sort: sort !== null || (general !== null && isSort),
    hash: hash !== null || (general !== null && !isSort),
    level: (general && numberOf(general, 'SpillLevel')) ?? 1,
    read: (details && numberOf(details, 'ReadsFromTempDb')) ?? 0,
    written: (details && numberOf(details, 'WritesToTempDb')) ?? 0,
  };
}

function sortFigures(
  operator: XmlElement,
  spill: Spill,
  loops: number,
): Pick<ActualFigures, 'sortMethod' | 'sortSpaceKb' | 'sortSpaceType'> {
  if (operator.attributes['PhysicalOp'] !== 'Sort' || loops === 0) {
    return { sortMethod: null, sortSpaceKb: null, sortSpaceType: null };
  }
  return {
    sortMethod: operator.attributes['LogicalOp'] ?? 'Sort',
    sortSpaceKb: spill.sort ? spill.written * PAGE_KB : null,
    sortSpaceType: spill.sort ? 'Disk' : 'Memory',
  };
}
