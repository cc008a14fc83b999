/** Statements of T-SQL changed at one place by what decides which rows count: TOP, WITH TIES, OFFSET, APPLY, hints. */
import type { Node, Query, Select } from '../../../src/core/sql/ast.ts';
import { parseStatement } from '../../../src/core/sql/parse.ts';
import { nodeText, walk } from '../../../src/core/sql/walk.ts';

interface Place {
  readonly select: Select;
  readonly query: Query;
}

type Change = (sql: string, place: Place) => string | null;

const CHANGES: readonly Change[] = [
  (sql, place) => withTop(sql, place, 'TOP (2)'),
  (sql, place) => withTop(sql, place, 'TOP (1) WITH TIES', true),
  (sql, place) => withTop(sql, place, 'TOP 100 PERCENT'),
  (sql, place) => withTop(sql, place, 'TOP (1)', true),
  withOffset,
  withDistinct,
  withFilter,
  withApply,
];

/** Every statement that one change makes of it, each once. */
export function* mutations(sql: string): Generator<string> {
  const { tree, errors } = parseStatement(sql, 'tsql');
  if (errors.length > 0 || tree.kind !== 'queryStatement') return;
  const seen = new Set([sql]);
  for (const place of placesIn(tree)) {
    for (const change of CHANGES) {
      const changed = change(sql, place);
      if (changed === null || seen.has(changed) || parseStatement(changed, 'tsql').errors.length > 0)
        continue;
      seen.add(changed);
      yield changed;
    }
  }
}

/** Every SELECT that is all of its query. */
function placesIn(tree: Node): Place[] {
  const places: Place[] = [];
  walk(tree, (node) => {
    if (node.kind === 'query' && node.body.kind === 'select') places.push({ query: node, select: node.body });
  });
  return places;
}

function insert(sql: string, at: number, text: string): string {
  return `${sql.slice(0, at)}${text}${sql.slice(at)}`;
}

function withTop(sql: string, { select, query }: Place, top: string, ordered = false): string | null {
  if (select.top || query.limit) return null;
  if (ordered && query.orderBy.length === 0) {
    const [first] = select.items;
    if (!first || first.expression.kind === 'star' || select.distinct) return null;
    const order = ` ORDER BY ${nodeText(sql, first.expression)}`;
    return insert(insert(sql, select.end, order), select.clauses.select.end, ` ${top}`);
  }
  return insert(sql, select.clauses.select.end, ` ${top}`);
}

function withOffset(sql: string, { select, query }: Place): string | null {
  if (select.top || query.limit || query.orderBy.length === 0) return null;
  return insert(sql, query.orderBy.at(-1)?.end ?? query.end, ' OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY');
}

function withDistinct(sql: string, { select }: Place): string | null {
  if (select.distinct || select.top) return null;
  return insert(sql, select.clauses.select.end, ' DISTINCT');
}

/** Another condition that some rows meet. */
function withFilter(sql: string, { select }: Place): string | null {
  const [column] = columnsOf(select);
  if (column === undefined) return null;
  const text = `${column} IS NOT NULL`;
  if (select.clauses.where) return insert(sql, select.clauses.where.end, ` AND ${text}`);
  return select.clauses.from ? insert(sql, select.clauses.from.end, ` WHERE ${text}`) : null;
}

function columnsOf(select: Select): string[] {
  const found: string[] = [];
  for (const { expression } of select.items) {
    if (expression.kind === 'column') found.push(expression.parts.map(({ text }) => text).join('.'));
  }
  return found;
}

/** JOIN t ON c becomes CROSS APPLY (SELECT * FROM t WHERE c), LEFT JOIN becomes OUTER APPLY. */
function withApply(sql: string, { select }: Place): string | null {
  for (const item of select.from) {
    if (item.kind !== 'join' || !item.on || (item.type !== 'inner' && item.type !== 'left')) continue;
    if (item.right.kind !== 'table') continue;
    const alias = item.right.alias?.name.text ?? item.right.name.at(-1)?.text ?? 'x';
    const inner = `(SELECT * FROM ${nodeText(sql, item.right)} WHERE ${nodeText(sql, item.on)}) AS ${alias}`;
    const words = item.type === 'left' ? 'OUTER APPLY' : 'CROSS APPLY';
    return `${sql.slice(0, item.joinRange.start)}${words} ${inner}${sql.slice(item.end)}`;
  }
  return null;
}
