/** What a plan tells of trouble: each finding names the node, says what happens there and what helps. */
import type { Catalog } from '../catalog/catalog.ts';
import { findTable } from '../catalog/catalog.ts';
import type { Plan, PlanNode } from './plan.ts';
import { nodeTitle } from './plan-text.ts';
import { showplanFindings } from './showplan-findings.ts';

export type PlanFindingKind =
  | 'selective-sequential-scan'
  | 'repeated-subplan'
  | 'row-misestimate'
  | 'sort-spill'
  | 'hash-spill'
  | 'nested-loop-blow-up'
  | 'wasteful-filter'
  | 'missing-statistics'
  | 'missing-index'
  | 'implicit-conversion';

export interface PlanFinding {
  readonly kind: PlanFindingKind;
  /** the node's title: 'Seq Scan on orders o' */
  readonly node: string;
  readonly message: string;
  readonly advice: string;
}

/** Rows below which reading a whole table is not worth a word. */
const SMALL_TABLE = 1000;
/** An estimate this many times off leads planners to wrong joins [Leis et al., "How good are query optimizers, really?", VLDB 2015]. */
const MISESTIMATE = 10;
const MANY_LOOPS = 1000;

/**
 * The findings of a plan, parents before children.
 *
 * @param plan estimated or analyzed; some findings need actual figures
 * @param catalog for table sizes and statistics
 */
export function planFindings(plan: Plan, catalog: Catalog): PlanFinding[] {
  const found: PlanFinding[] = [];
  visit(plan.root, 1, (node, runs) => {
    for (const check of CHECKS) {
      const finding = check(node, runs, catalog);
      if (finding) found.push({ node: nodeTitle(node), ...finding });
    }
  });
  if (isSqlServer(catalog)) found.push(...showplanFindings(plan));
  return found;
}

type Check = (node: PlanNode, runs: number, catalog: Catalog) => Omit<PlanFinding, 'node'> | null;

/** The engines' words for reading a whole table. */
const WHOLE_TABLE = new Set(['Seq Scan', 'Table scan', 'Table Scan', 'Clustered Index Scan']);
const LOOPS = new Set(['Nested Loop', 'Nested Loops', 'Block Nested Loop', 'Batched Key Access']);

const CHECKS: readonly Check[] = [
  selectiveScan,
  repeatedSubplan,
  misestimate,
  sortSpill,
  hashSpill,
  nestedLoop,
  wastefulFilter,
  missingStatistics,
];

/** Visit every node with the number of times that it runs, as estimated by the outer sides above it. */
function visit(node: PlanNode, runs: number, see: (node: PlanNode, runs: number) => void): void {
  see(node, node.actual?.loops ?? runs);
  const outer = node.children.find((child) => child.relationship === 'Outer') ?? node.children[0];
  for (const child of node.children) {
    const loops =
      LOOPS.has(node.operation) && child !== outer ? runs * Math.max(1, outer?.estimatedRows ?? 1) : runs;
    visit(child, child.relationship === 'SubPlan' ? runs * Math.max(1, subplanRuns(node)) : loops, see);
  }
}

/** A subplan under a filter runs once for each row that the filter is tried on; what is known is what passes. */
function subplanRuns(node: PlanNode): number {
  return node.actual
    ? (node.actual.rows + node.actual.rowsRemovedByFilter) * node.actual.loops
    : node.estimatedRows;
}

function selectiveScan(node: PlanNode, _runs: number, catalog: Catalog): ReturnType<Check> {
  if (!WHOLE_TABLE.has(node.operation) || !node.filter || !node.relation) return null;
  const size = tableRows(node, catalog);
  const kept = node.actual ? node.actual.rows : node.estimatedRows;
  if (size === null || size < SMALL_TABLE || kept > size * 0.05) return null;
  return {
    kind: 'selective-sequential-scan',
    message: `All ${count(size)} rows of ${node.relation} are read to keep about ${count(kept)}: ${node.filter}.`,
    advice: `An index whose first columns are in this condition would read only those. When a function or a cast stands around the column, compare the bare column instead.`,
  };
}

function repeatedSubplan(node: PlanNode, runs: number): ReturnType<Check> {
  if (node.relationship !== 'SubPlan' || runs < MANY_LOOPS || node.operation === 'Hash') return null;
  return {
    kind: 'repeated-subplan',
    message: `${node.subplan ?? 'A subquery'} runs about ${count(runs)} times, once for each outer row.`,
    advice:
      'Compute it once for all keys in a grouped derived table and join it, or give its condition an index.',
  };
}

function misestimate(node: PlanNode, _runs: number, catalog: Catalog): ReturnType<Check> {
  if (!node.actual || node.actual.loops === 0) return null;
  const actual = Math.max(1, node.actual.rows);
  const estimated = Math.max(1, node.estimatedRows);
  const factor = Math.max(actual / estimated, estimated / actual);
  if (factor < MISESTIMATE || Math.max(actual, estimated) < 100) return null;
  return {
    kind: 'row-misestimate',
    message: `${count(estimated)} rows were expected and ${count(actual)} came: ${factor.toFixed(0)} times off.`,
    advice: isSqlServer(catalog)
      ? 'Run UPDATE STATISTICS … WITH FULLSCAN on the tables below. For columns that depend on each other, CREATE STATISTICS on both tells the planner so.'
      : isMysql(catalog)
        ? 'Run ANALYZE TABLE on the tables below; a histogram tells the planner of columns without an index.'
        : 'Run ANALYZE on the tables below. For columns that depend on each other, CREATE STATISTICS tells the planner so.',
  };
}

function sortSpill(node: PlanNode, _runs: number, catalog: Catalog): ReturnType<Check> {
  if (node.actual?.sortSpaceType !== 'Disk') return null;
  const kb = node.actual.sortSpaceKb ?? 0;
  if (isMysql(catalog)) {
    return {
      kind: 'sort-spill',
      message: `The sort did not fit into sort_buffer_size (${count(kb)} kB) and used files.`,
      advice:
        'Sort fewer or narrower rows, use an index in this order, or raise sort_buffer_size for this session.',
    };
  }
  if (isSqlServer(catalog)) {
    return {
      kind: 'sort-spill',
      message: `The sort did not fit into its memory grant and wrote ${count(kb)} kB to tempdb.`,
      advice: `Sort fewer or narrower rows, or use an index in this order. ${GRANT}`,
    };
  }
  return {
    kind: 'sort-spill',
    message: `The sort did not fit into work_mem and used ${count(kb)} kB on disk.`,
    advice: `Sort fewer or narrower rows, use an index in this order, or set work_mem to about ${count((kb * 3) / 1024)} MB for this session.`,
  };
}

/** What SQL Server grants follows the estimates. */
const GRANT =
  'The grant follows the estimated rows: mend those (UPDATE STATISTICS), or ask for more by OPTION (MIN_GRANT_PERCENT = …).';

function hashSpill(node: PlanNode, _runs: number, catalog: Catalog): ReturnType<Check> {
  const batches = node.actual?.hashBatches ?? 1;
  if (batches <= 1) return null;
  if (isSqlServer(catalog)) {
    return {
      kind: 'hash-spill',
      message: 'The hash table did not fit into its memory grant and was continued in tempdb.',
      advice: `Build the hash over fewer rows or columns. ${GRANT}`,
    };
  }
  return {
    kind: 'hash-spill',
    message: `The hash table did not fit into memory and was split into ${count(batches)} batches on disk.`,
    advice:
      'Build the hash over fewer rows or columns, or raise work_mem (or hash_mem_multiplier) for this session.',
  };
}

function nestedLoop(node: PlanNode): ReturnType<Check> {
  if (!LOOPS.has(node.operation)) return null;
  const [outer, inner] = node.children;
  if (!outer || !inner || inner.index || /^(Materialize|Memoize)$|Spool/.test(inner.operation)) return null;
  const loops = outer.actual ? outer.actual.rows * outer.actual.loops : outer.estimatedRows;
  const each = inner.actual ? inner.actual.rows + inner.actual.rowsRemovedByFilter : inner.estimatedRows;
  if (loops < 100 || loops * each < 1e6) return null;
  return {
    kind: 'nested-loop-blow-up',
    message: `For each of ${count(loops)} outer rows the inner side is read again without an index.`,
    advice:
      'An index on the inner join column, or an equality in the join condition that allows a hash join, avoids it.',
  };
}

function wastefulFilter(node: PlanNode): ReturnType<Check> {
  if (!node.actual || !node.index || node.actual.loops === 0) return null;
  const removed = node.actual.rowsRemovedByFilter * node.actual.loops;
  const kept = node.actual.rows * node.actual.loops;
  if (removed < SMALL_TABLE || removed < kept * 10) return null;
  return {
    kind: 'wasteful-filter',
    message: `The index finds ${count(removed + kept)} rows and the filter throws ${count(removed)} of them away: ${node.filter ?? ''}.`,
    advice: 'Add the filtered column to the index, after its equality columns.',
  };
}

function missingStatistics(node: PlanNode, _runs: number, catalog: Catalog): ReturnType<Check> {
  if (!node.relation || !/scan$/i.test(node.operation)) return null;
  const table = findTable(catalog, node.schema ? [node.schema, node.relation] : [node.relation]);
  if (!table || table.kind === 'view' || table.rows !== null || catalog.origin !== 'server') return null;
  return {
    kind: 'missing-statistics',
    message: `${table.name} was never analysed: the planner guesses its size and values.`,
    advice: isSqlServer(catalog)
      ? `Run UPDATE STATISTICS ${table.schema}.${table.name}.`
      : `Run ANALYZE ${isMysql(catalog) ? 'TABLE ' : ''}${table.name}.`,
  };
}

function isMysql({ dialect }: Catalog): boolean {
  return dialect === 'mysql' || dialect === 'mariadb';
}

function isSqlServer({ dialect }: Catalog): boolean {
  return dialect === 'tsql';
}

function tableRows(node: PlanNode, catalog: Catalog): number | null {
  if (!node.relation) return null;
  return findTable(catalog, node.schema ? [node.schema, node.relation] : [node.relation])?.rows ?? null;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
