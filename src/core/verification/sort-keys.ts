/**
 * What a statement's own ORDER BY and LIMIT say, and the statement with its sort keys made visible: two rows may
 * change places when their sort keys are equal, which the result alone does not tell.
 */
import type { Expression, Limit, OrderItem, Query, Select, SelectItem } from '../sql/ast.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { applyEdits, type TextEdit } from '../sql/text.ts';

/** A sort key: an extra column at the end of the result, or one of the result's own columns. */
export type SortKey =
  /** the n-th of the appended columns, from 0 */
  | { readonly at: 'appended'; readonly index: number }
  | { readonly at: 'position'; readonly index: number }
  | { readonly at: 'name'; readonly name: string };

export interface SortedStatement {
  /** the statement, with the sort keys that are not visible appended to its select list */
  readonly sql: string;
  /** the same without LIMIT and OFFSET; null when there is none */
  readonly unlimited: string | null;
  readonly appended: number;
  /** null: no ORDER BY */
  readonly keys: readonly SortKey[] | null;
  /** rows to skip and to return; null when there is no limit */
  readonly offset: number;
  readonly limit: number | null;
}

/**
 * Read a statement's top-level ORDER BY and LIMIT.
 *
 * @returns null when they cannot be told: a limit that is no plain number (a placeholder, an expression), FETCH …
 *   WITH TIES (which is deterministic in number, not in order), sort keys that cannot be made visible
 */
export function sortedStatement(statement: AnalyzedStatement): SortedStatement | null {
  if (statement.tree.kind !== 'queryStatement') return null;
  const query = unwrap(statement.tree.query);
  const bounds = query.limit ? limitBounds(query.limit) : { offset: 0, limit: null };
  if (!bounds) return null;
  const { keys, edits } = sortKeys(query, statement.text);
  if (keys?.includes(null)) return null;
  const visible = keys === null ? null : keys.filter((key) => key !== null);
  const appended = visible?.filter((key) => key.at === 'appended').length ?? 0;
  return {
    sql: applyEdits(statement.text, edits),
    unlimited: query.limit ? applyEdits(statement.text, [...edits, ...limitEdits(query.limit)]) : null,
    appended,
    keys: visible,
    ...bounds,
  };
}

/** A query in parentheses, `(SELECT … ORDER BY …)`, is the query inside when nothing is added outside. */
function unwrap(query: Query): Query {
  const { body } = query;
  const bare = query.orderBy.length === 0 && query.limit === null && query.with === null;
  return bare && body.kind === 'parenQuery' ? unwrap(body.query) : query;
}

function sortKeys(query: Query, text: string): { keys: (SortKey | null)[] | null; edits: TextEdit[] } {
  if (query.orderBy.length === 0) return { keys: null, edits: [] };
  const select = query.body.kind === 'select' ? query.body : null;
  const edits: TextEdit[] = [];
  const keys = query.orderBy.map((item): SortKey | null => {
    if (select && canAppend(select)) {
      const expression = keyExpression(item, select);
      const last = select.items.at(-1);
      if (expression === null || !last) return null;
      const index = edits.length;
      edits.push({
        start: last.end,
        end: last.end,
        text: `, (${text.slice(expression.start, expression.end)}) AS sqlopt_key_${index + 1}`,
      });
      return { at: 'appended', index };
    }
    return visibleKey(item, select, text);
  });
  return { keys, edits };
}

/** DISTINCT removes duplicates of the whole row, so that nothing may be appended; its sort keys are visible anyway. */
function canAppend(select: Select): boolean {
  return select.distinct !== 'distinct';
}

/** What the item sorts by, as an expression that can stand in the select list; null when it is not known. */
function keyExpression(item: OrderItem, select: Select): Expression | null {
  const expression = bare(item.expression);
  const ordinal = ordinalOf(expression);
  if (ordinal !== null) {
    const before = select.items.slice(0, ordinal + 1);
    if (before.some(isStar)) return null;
    return before.at(ordinal)?.expression ?? null;
  }
  // a bare name is an output's name first (SQL standard and PostgreSQL), and only then an input column
  if (expression.kind === 'column' && expression.parts.length === 1) {
    const name = expression.parts[0].name;
    const output = select.items.find((candidate) => candidate.alias?.name === name);
    if (output) return output.expression;
  }
  return expression.kind === 'opaque' ? null : expression;
}

/** The item as one of the result's own columns, for DISTINCT and set operations. */
function visibleKey(item: OrderItem, select: Select | null, text: string): SortKey | null {
  const expression = bare(item.expression);
  const ordinal = ordinalOf(expression);
  if (ordinal !== null) return { at: 'position', index: ordinal };
  if (expression.kind === 'column' && expression.parts.length === 1) {
    const name = expression.parts[0].name;
    const named = !select || select.items.some((i) => i.alias?.name === name || isStar(i));
    if (named) return { at: 'name', name };
  }
  if (!select || select.items.some(isStar)) {
    return expression.kind === 'column' ? { at: 'name', name: expression.parts.at(-1)?.name ?? '' } : null;
  }
  const wanted = normalized(text, expression);
  const index = select.items.findIndex((i) => sameColumn(i.expression, expression, text, wanted));
  return index < 0 ? null : { at: 'position', index };
}

function sameColumn(left: Expression, right: Expression, text: string, rightText: string): boolean {
  const a = bare(left);
  if (normalized(text, a) === rightText) return true;
  // `o.id` and `id` in a statement that is valid: the same column
  return a.kind === 'column' && right.kind === 'column' && a.parts.at(-1)?.name === right.parts.at(-1)?.name;
}

function normalized(text: string, expression: Expression): string {
  return text.slice(expression.start, expression.end).replace(/\s+/g, ' ').toLowerCase();
}

function isStar(item: SelectItem): boolean {
  return (
    item.expression.kind === 'star' || (item.expression.kind === 'field' && item.expression.field === null)
  );
}

function bare(expression: Expression): Expression {
  return expression.kind === 'paren' ? bare(expression.expression) : expression;
}

function ordinalOf(expression: Expression): number | null {
  const number = expression.kind === 'literal' && expression.type === 'number' ? Number(expression.value) : 0;
  return Number.isInteger(number) && number > 0 ? number - 1 : null;
}

function limitBounds(limit: Limit): { offset: number; limit: number | null } | null {
  if (limit.withTies) return null;
  const offset = limit.offset ? wholeNumber(limit.offset) : 0;
  // FETCH FIRST ROW ONLY has no number, and LIMIT ALL no end
  if (limit.countRange && !limit.count) return null;
  const count = limit.count ? wholeNumber(limit.count) : null;
  if (offset === null || (limit.count && count === null)) return null;
  return { offset, limit: count };
}

function wholeNumber(expression: Expression): number | null {
  const inner = bare(expression);
  // CAST('10' AS bigint) is what a bound placeholder becomes
  if (inner.kind === 'cast') return wholeNumber(inner.operand);
  if (inner.kind !== 'literal' || !/^\d{1,15}$/.test(inner.value)) return null;
  return Number(inner.value);
}

function limitEdits(limit: Limit): TextEdit[] {
  return [{ start: limit.start, end: limit.end, text: '' }];
}
