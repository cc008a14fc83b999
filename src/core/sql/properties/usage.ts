/** Where a source is used. */
import type { ColumnRef, Node, SelectItem } from '../ast.ts';
import type { AnalyzedStatement, Block, Scope, Source, WriteBlock } from '../query-model.ts';
import { contains, type TextRange } from '../text.ts';
import { walk } from '../walk.ts';

/**
 * All references to a source in the statement, outside of the given ranges.
 *
 * @returns null when that cannot be told: some name in the scope of the source, or in blocks inside of it, is unresolved, or a
 *   star brings columns of the source
 */
export function referencesTo(
  source: Source,
  statement: AnalyzedStatement,
  except: readonly TextRange[] = [],
): ColumnRef[] | null {
  const { block } = source;
  if (!block.resolved || starBrings(source, block) || isMerged(source)) return null;
  const found: ColumnRef[] = [];
  const collect = (scope: Scope): void => {
    for (const reference of scope.references) {
      if (except.some((range) => contains(range, reference))) continue;
      if (statement.resolve(reference)?.source === source) found.push(reference);
    }
    for (const child of scope.children) collect(child);
  };
  collect(block);
  return found;
}

/** USING or NATURAL of some join merges a column of the source, or may do so. */
function isMerged({ block, columns }: Source): boolean {
  return block.joins.some(({ using, node }) => {
    if (using === null) return node?.natural === true;
    return columns === null || using.some((name) => columns.some((column) => column.name === name));
  });
}

/** The source is not referred to outside of the ranges, for certain. */
export function isUnused(
  source: Source,
  statement: AnalyzedStatement,
  except: readonly TextRange[] = [],
): boolean {
  return referencesTo(source, statement, except)?.length === 0;
}

/** `*` or `alias.*` in a select list or RETURNING brings the source's columns. */
function starBrings(source: Source, scope: Scope): boolean {
  if (scope.children.some((child) => starBrings(source, child))) return true;
  const items = itemsOf(scope).filter((item) => item.expression.kind === 'star');
  if (items.length === 0) return false;
  if (scope.kind !== 'select') return true;
  const block = scope as Block;
  if (!block.outputsComplete) return true;
  return block.outputs.some((output) => output.item === null && output.source === source);
}

function itemsOf(scope: Scope): readonly SelectItem[] {
  return scope.kind === 'select' ? (scope as Block).select.items : (scope as WriteBlock).statement.returning;
}

/** The block depends on nothing outside of it, for certain: its query gives the same for every row around it. */
export function isUncorrelated(block: Block): boolean {
  return block.resolved && block.outerReferences.length === 0;
}

/** A node of any of the kinds stands in the node, subqueries included. */
export function containsKind(node: Node, ...kinds: readonly Node['kind'][]): boolean {
  let found = false;
  walk(node, (part) => {
    if (kinds.includes(part.kind)) found = true;
    return !found;
  });
  return found;
}
