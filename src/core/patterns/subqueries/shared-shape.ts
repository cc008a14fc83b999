/** Subqueries that read the same rows: what makes them alike, and how an expression of one is written for another. */
import type { Expression, FunctionCall } from '../../sql/ast.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement, Block, Conjunct } from '../../sql/query-model.ts';
import type { TextRange } from '../../sql/text.ts';
import { walk } from '../../sql/walk.ts';
import {
  type Fragment,
  joinFragments,
  parenthesized,
  source,
  sql,
  verbatim,
} from '../../sql/writing/fragment.ts';
import { aliasOf } from '../../sql/writing/identifiers.ts';
import { tokensWithin } from '../../sql/writing/ranges.ts';
import { type Mapping, rebase, withAlias } from '../../sql/writing/rebase.ts';

/**
 * What stands in FROM, the same for blocks that read the same relations: the table or CTE of a single one whatever its alias, the
 * text of several. Null for what cannot be told (functions, hints, samples).
 */
export function relationKey(statement: AnalyzedStatement, block: Block): string | null {
  const { from } = block.select.clauses;
  const [only, ...more] = block.sources;
  if (!from || !only || !block.sources.every((s) => s.block === block && isPlainRelation(s.node)))
    return null;
  if (more.length > 0) return `from ${normalized(statement, from)}`;
  if (only.kind === 'table' && only.table) return `table ${only.table.schema}.${only.table.name}`;
  return only.kind === 'cte' && only.cte ? `cte ${only.cte.node.start}` : null;
}

function isPlainRelation(node: Block['sources'][number]['node']): boolean {
  return node.kind === 'table' && node.modifiers.length === 0 && !node.only && !node.alias?.columns.length;
}

/**
 * The statement's text of a range with its white space made one blank, comments left out. Names of tables may differ by case
 * outside of PostgreSQL.
 */
export function normalized(statement: AnalyzedStatement, range: TextRange): string {
  return tokensWithin(statement.tokens, range)
    .filter((token) => !['whitespace', 'lineComment', 'blockComment'].includes(token.kind))
    .map((token) => (token.kind === 'word' && statement.dialect === 'postgresql' ? token.upper : token.text))
    .join(' ');
}

/** An expression of a block, written the same for all blocks of one {@link relationKey}; null when it cannot be. */
export function canonical(statement: AnalyzedStatement, expression: Expression, block: Block): string | null {
  const single = block.sources.length === 1;
  const fragment = rebase(statement, expression, (column) => {
    const own = block.sources.indexOf(column.source);
    const name = own >= 0 && single ? '#' : column.source.alias;
    return verbatim(`${name}.${column.name}`);
  });
  return fragment && plainText(fragment);
}

/** The text of a fragment with white space outside of strings made one blank. */
export function plainText(fragment: Fragment): string {
  return fragment.pieces
    .map((piece) => (piece.kind === 'break' ? ' ' : piece.text))
    .join('')
    .split(/('(?:[^']|'')*')/)
    .map((part, i) => (i % 2 === 0 ? part.replace(/\s+/g, ' ') : part))
    .join('')
    .trim();
}

/** How columns of one block are written in another of the same {@link relationKey}. */
export function mappingTo(statement: AnalyzedStatement, from: Block, to: Block): Mapping {
  const [own] = from.sources;
  const [other] = to.sources;
  if (from === to || from.sources.length > 1 || !own || !other) return () => 'keep';
  return withAlias(statement, own, aliasOf(other, statement.dialect));
}

/** Conjuncts with AND between them, an OR in parentheses; null when one cannot be written. */
export function conjunction(
  statement: AnalyzedStatement,
  conjuncts: readonly Conjunct[],
  mapping: Mapping,
): Fragment | null {
  const parts = conjuncts.map(({ expression }) => {
    const written = rebase(statement, expression, mapping);
    const loose = expression.kind === 'binary' && expression.operator === 'OR';
    return written && (loose && conjuncts.length > 1 ? parenthesized(written) : written);
  });
  return parts.includes(null)
    ? null
    : joinFragments(
        parts.filter((part) => part !== null),
        sql` AND `,
      );
}

/** Aggregates that skip what CASE makes NULL. */
const SKIPS_NULL = new Set(['count', 'sum', 'avg', 'min', 'max']);

/**
 * A select item of aggregates whose aggregates see only the rows that pass a filter: FILTER on PostgreSQL, CASE elsewhere.
 *
 * @param aggregates the block's aggregates; those outside of the item are passed over
 * @returns null when an aggregate cannot be filtered so
 */
export function filteredItem(
  statement: AnalyzedStatement,
  item: Expression,
  aggregates: readonly FunctionCall[],
  filter: Fragment | null,
  mapping: Mapping,
): Fragment | null {
  if (!filter) return rebase(statement, item, mapping);
  const calls = aggregates.filter((call) => item.start <= call.start && call.end <= item.end);
  const parts: Fragment[] = [];
  let at = item.start;
  for (const call of [...calls].sort((a, b) => a.start - b.start)) {
    const written = filteredCall(statement, call, filter, mapping);
    if (!written) return null;
    parts.push(source(statement, { start: at, end: call.start }), written);
    at = call.end;
  }
  parts.push(source(statement, { start: at, end: item.end }));
  return joinFragments(parts, verbatim(''));
}

/** One aggregate call over the rows that pass a filter. */
export function filteredCall(
  statement: AnalyzedStatement,
  call: FunctionCall,
  filter: Fragment,
  mapping: Mapping,
): Fragment | null {
  if (call.filter || call.withinGroup.length > 0) return null;
  if (statement.dialect === 'postgresql') {
    const written = rebase(statement, call, mapping);
    return written && sql`${written} FILTER (WHERE ${filter})`;
  }
  const [argument] = call.args;
  if (!SKIPS_NULL.has(call.function) || call.args.length > 1 || call.orderBy.length > 0) return null;
  if (!argument)
    return call.star ? sql`${source(statement, call.name[0])}(CASE WHEN ${filter} THEN 1 END)` : null;
  // CASE takes a type of its own: it is that of the argument for numbers and moments
  const family = typeOf(argument.value, statement)?.family;
  if (call.function !== 'count' && !['integer', 'decimal', 'date', 'timestamp'].includes(family ?? ''))
    return null;
  const value = rebase(statement, argument.value, mapping);
  const distinct = call.distinct ? sql`DISTINCT ` : verbatim('');
  return value && sql`${source(statement, call.name[0])}(${distinct}CASE WHEN ${filter} THEN ${value} END)`;
}

/** Members whose key is the same, in the order of the first of each. */
export function groupedBy<T>(members: readonly T[], keyOf: (member: T) => string | null): T[][] {
  const groups = new Map<string, T[]>();
  for (const member of members) {
    const key = keyOf(member);
    if (key === null) continue;
    const group = groups.get(key);
    if (group) group.push(member);
    else groups.set(key, [member]);
  }
  return [...groups.values()];
}

/** Conjuncts that stand in every list, by their canonical text; each list's others. */
export function commonConjuncts(
  statement: AnalyzedStatement,
  lists: readonly { readonly block: Block; readonly conjuncts: readonly Conjunct[] }[],
): Conjunct[][] {
  const texts = lists.map(({ block, conjuncts }) =>
    conjuncts.map((one) => canonical(statement, one.expression, block)),
  );
  return lists.map(({ conjuncts }, i) =>
    conjuncts.filter((_, at) => {
      const text = texts[i]?.[at] ?? null;
      return text === null || !texts.every((list) => list.includes(text));
    }),
  );
}

/** Every column inside of the expression stands in one of the calls. */
export function columnsOnlyIn(expression: Expression, calls: readonly FunctionCall[]): boolean {
  let only = true;
  walk(expression, (node) => {
    if (calls.some((call) => call === node)) return false;
    if (node.kind === 'column' || node.kind === 'query') only = false;
    return only;
  });
  return only;
}
