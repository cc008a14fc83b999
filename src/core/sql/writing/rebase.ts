/** Writes an expression again for another place, with its column references replaced. */
import type { ColumnRef, Expression, Query } from '../ast.ts';
import type { AnalyzedStatement, Block, ResolvedColumn, Source } from '../query-model.ts';
import type { TextRange } from '../text.ts';
import { walk } from '../walk.ts';
import { type Fragment, joinFragments, source, verbatim } from './fragment.ts';
import { qualified } from './identifiers.ts';

/**
 * What to write for a reference: a fragment, 'keep' for its own text, or null to give up.
 * References to sources of subqueries inside the moved expression are always kept.
 */
export type Mapping = (column: ResolvedColumn, reference: ColumnRef) => Fragment | 'keep' | null;

/**
 * An expression (or a query) with its column references replaced; all else is its own text, comments included.
 *
 * @returns null when a reference is unresolved, the mapping gives up, or a part is opaque or a `t.*`
 */
export function rebase(
  statement: AnalyzedStatement,
  node: Expression | Query,
  mapping: Mapping,
): Fragment | null {
  const replacements: { readonly range: TextRange; readonly by: Fragment }[] = [];
  let possible = true;
  walk(node, (part) => {
    if (part.kind === 'opaque' || (part.kind === 'star' && part.qualifier.length > 0)) possible = false;
    if (!possible || part.kind !== 'column') return possible;
    const column = statement.resolve(part);
    if (!column) {
      possible &&= statement.outputOf(part) !== null && node.kind === 'query';
      return false;
    }
    if (liesWithin(column.source, node)) return false;
    const by = mapping(column, part);
    if (by === null) possible = false;
    else if (by !== 'keep') replacements.push({ range: part, by });
    return false;
  });
  return possible ? assembled(statement, node, replacements) : null;
}

/** The expression with every reference written as `alias.column`. Null where {@link rebase} gives up. */
export function qualify(statement: AnalyzedStatement, node: Expression | Query): Fragment | null {
  return rebase(statement, node, (column, reference) =>
    reference.parts.length > 1 ? 'keep' : qualified(column, statement.dialect),
  );
}

/** The column references of an expression or query, those inside its subqueries too. */
export function columnRefsIn(node: Expression | Query): ColumnRef[] {
  const found: ColumnRef[] = [];
  walk(node, (part) => {
    if (part.kind === 'column') found.push(part);
  });
  return found;
}

/** A mapping that writes columns of one source under another name and keeps the rest, qualified. */
export function withAlias(statement: AnalyzedStatement, of: Source, alias: Fragment): Mapping {
  return (column, reference) => {
    const name = reference.parts.at(-1);
    if (column.source !== of)
      return reference.parts.length > 1 ? 'keep' : qualified(column, statement.dialect);
    return name ? joinFragments([alias, verbatim(name.text)], verbatim('.')) : null;
  };
}

/** The source belongs to a block inside of the node. */
function liesWithin(of: Source, node: TextRange): boolean {
  const { block } = of;
  const range = block.kind === 'select' ? (block as Block).select : null;
  return range !== null && node.start <= range.start && range.end <= node.end;
}

function assembled(
  statement: AnalyzedStatement,
  node: TextRange,
  replacements: readonly { readonly range: TextRange; readonly by: Fragment }[],
): Fragment {
  const parts: Fragment[] = [];
  let at = node.start;
  for (const { range, by } of [...replacements].sort((a, b) => a.range.start - b.range.start)) {
    if (range.start > at) parts.push(source(statement, { start: at, end: range.start }));
    parts.push(by);
    at = range.end;
  }
  if (at < node.end) parts.push(source(statement, { start: at, end: node.end }));
  return joinFragments(parts, verbatim(''));
}
