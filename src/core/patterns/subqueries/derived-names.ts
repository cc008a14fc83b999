/** Names and parts of the derived table that takes the place of a correlated subquery. */
import type { Expression, FunctionCall, Star } from '../../sql/ast.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import type { RewriteEdits } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { aliasOf, identifier, inventName } from '../../sql/writing/identifiers.ts';
import { isWithin } from '../correlation.ts';
import type { Candidate } from './correlated-candidate.ts';

/** `o.customer_id`, with an alias only where the plain name would be ambiguous outside. */
export function keyItem(statement: AnalyzedStatement, key: Expression, name: string): Fragment {
  return key.kind === 'column' && lastName(key) === name
    ? source(statement, key)
    : sql`${source(statement, key)} AS ${identifier(name, statement.dialect)}`;
}

/** The keys' own column names where nobody outside uses them without qualification, else new ones. */
export function namesOfKeys(
  statement: AnalyzedStatement,
  { correlation, block }: Pick<Candidate, 'correlation' | 'block'>,
  taken: readonly string[],
): string[] {
  const names: string[] = [];
  for (const key of correlation.keys) {
    const natural = lastName(key.inner);
    const free =
      key.inner.kind === 'column' && !names.includes(natural) && !usedBare(statement, natural, block);
    names.push(free ? natural : inventName(statement, `${natural}_key`, [...taken, ...names]));
  }
  return names;
}

/** An unqualified reference of that name stands outside of the subquery. */
export function usedBare(statement: AnalyzedStatement, name: string, block: Block): boolean {
  let used = false;
  walk(statement.tree, (node) => {
    if (node.kind !== 'column' || node.parts.length > 1 || node.parts[0].name !== name) return;
    const column = statement.resolve(node);
    if (!column || !isWithin(column.source.block, block)) used = true;
  });
  return used;
}

export function lastName(expression: Expression): string {
  const inner = unwrapParens(expression);
  return inner.kind === 'column' ? (inner.parts.at(-1)?.name ?? 'key') : 'key';
}

/** avg_total for avg(o.total). */
export function valueBase(statement: AnalyzedStatement, aggregate: FunctionCall | undefined): string {
  if (!aggregate) return 'value';
  const [argument] = aggregate.args;
  if (aggregate.star || !argument) return `${aggregate.function}_rows`;
  const inner = unwrapParens(argument.value);
  const text = inner.kind === 'column' ? lastName(inner) : statement.text.slice(inner.start, inner.end);
  return text.length <= 24 ? `${aggregate.function}_${text}` : `${aggregate.function}_value`;
}

export function startsOwnLine(statement: AnalyzedStatement, block: Block): boolean {
  return statement.text.slice(block.select.start, block.select.end).includes('\n');
}

export function mentions(
  statement: AnalyzedStatement,
  expression: Expression,
  of: Block['sources'][number],
): boolean {
  let found = false;
  walk(expression, (node) => {
    if (node.kind === 'column' && statement.resolve(node)?.source === of) found = true;
  });
  return found;
}

/** `SELECT *` must not show the joined columns: it becomes `a.*, b.*`. */
export function expandStars(statement: AnalyzedStatement, outer: Block, edits: RewriteEdits): void {
  for (const item of outer.select.items) {
    if (item.expression.kind !== 'star' || (item.expression as Star).qualifier.length > 0) continue;
    if (outer.joins.some((join) => join.using !== null)) {
      edits.fail();
      return;
    }
    edits.replace(
      item.expression,
      joinFragments(outer.sources.map((s) => sql`${aliasOf(s, statement.dialect)}.*`)),
    );
  }
}

/**
 * ORDER BY of a block may mean a selected column by its name or position, which is another one when the select list
 * changes.
 */
export function capturesOutputNames(statement: AnalyzedStatement, block: Block): boolean {
  return block.query.orderBy.some(({ expression }) => {
    const e = unwrapParens(expression);
    if (e.kind === 'literal') return true;
    return e.kind === 'column' && e.parts.length === 1 && statement.outputOf(e) !== null;
  });
}
