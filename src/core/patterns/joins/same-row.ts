/** One relation that stands for another in every row: of two, one can be left out. */
import { equalitiesOf } from '../../sql/properties/equalities.ts';
import { keysOf } from '../../sql/properties/keys.ts';
import { referencesTo } from '../../sql/properties/usage.ts';
import type { AnalyzedStatement, Block, Conjunct, Source } from '../../sql/query-model.ts';
import type { RewriteEdits } from '../../sql/writing/edits.ts';
import { joinFragments, verbatim } from '../../sql/writing/fragment.ts';
import { aliasOf } from '../../sql/writing/identifiers.ts';
import { namesColumnByText } from '../select-item.ts';
import { isBareTable } from './join-shape.ts';

/** Two uses of one table, neither sampled nor hinted, neither with its columns renamed. */
export function sameTable(a: Source, b: Source): boolean {
  if (a === b || a.table === null || a.table !== b.table || !isBareTable(a) || !isBareTable(b)) return false;
  return a.node.kind === 'table' && b.node.kind === 'table' && a.node.only === b.node.only;
}

/** `a.column = b.column` for one column of both: the column, or null. */
export function sharedColumn(
  statement: AnalyzedStatement,
  conjunct: Conjunct,
  a: Source,
  b: Source,
): string | null {
  if (!conjunct.sources.includes(a) || !conjunct.sources.includes(b)) return null;
  for (const { column, value } of equalitiesOf(conjunct, statement)) {
    const other = value.kind === 'column' ? statement.resolve(value) : null;
    if (column.source === a && other?.source === b && column.name === other.name) return column.name;
  }
  return null;
}

/** A key of the table of which all columns are among the given ones. */
export function keyWithin(statement: AnalyzedStatement, of: Source, columns: ReadonlySet<string>) {
  return keysOf(of, statement).find((key) => key.columns.every((column) => columns.has(column))) ?? null;
}

/**
 * Write every reference to one relation as a reference to another one of the same table.
 *
 * @param except ranges that are removed as a whole
 * @returns false when a use is not known or would not find its column under the other name
 */
export function renameReferences(
  statement: AnalyzedStatement,
  block: Block,
  edits: RewriteEdits,
  from: Source,
  to: Source,
  except: readonly { readonly start: number; readonly end: number }[],
): boolean {
  const references = referencesTo(from, statement, except);
  if (!references || !block.resolved) return false;
  const alias = aliasOf(to, statement.dialect);
  const names = new Set([to.alias]);
  for (const reference of references) {
    const name = reference.parts.at(-1);
    const scope = statement.scopeOf(reference);
    // in a subquery the other name may be taken
    for (let at = scope; at && at !== block; at = at.parent) {
      if (at.sources.some((one) => names.has(one.alias))) return false;
    }
    if (!name || reference.parts.length > 2 || namesColumnByText(statement, reference)) return false;
    edits.replace(reference, joinFragments([alias, verbatim(name.text)], verbatim('.')));
  }
  return true;
}
