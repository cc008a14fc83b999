import type { FromItem, Update } from '../../sql/ast.ts';
import { equalitiesOf } from '../../sql/properties/equalities.ts';
import { keysOf } from '../../sql/properties/keys.ts';
import { referencesTo } from '../../sql/properties/usage.ts';
import type { AnalyzedStatement, Conjunct, Source, WriteBlock } from '../../sql/query-model.ts';
import { contains, type TextRange } from '../../sql/text.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source, sql } from '../../sql/writing/fragment.ts';
import { aliasOf } from '../../sql/writing/identifiers.ts';
import { postgresqlOnly } from '../engines.ts';
import { advice, blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { quote } from '../predicates/positive.ts';

/**
 * `UPDATE t SET … FROM t AS x JOIN s ON s.k = x.k WHERE x.id = t.id`: what SQL Server wants to see. In PostgreSQL the
 * target is there already, and x is the same row once more.
 */
export const selfJoinUpdate: Pattern = {
  id: 'update-self-join',
  title: 'UPDATE that joins its own table by the key',
  category: 'writes',
  engines: postgresqlOnly('the table is read once instead of twice'),
  severity: 'warning',
  description:
    'FROM names the written table once more and joins it to itself by the key: every row meets itself. The table is read twice and joined for nothing.',
  source: 'https://www.postgresql.org/docs/current/sql-update.html: do not repeat the target table',
  precondition:
    'WHERE equates a key of both that cannot be NULL, the second one stands first in an inner join or alone in the list, and RETURNING does not mention it (it would give the old values).',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, rate int); CREATE TABLE customers (id int PRIMARY KEY, rate int);',
    before:
      'UPDATE orders SET rate = c.rate FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = orders.id',
    after: 'UPDATE orders SET rate = c.rate FROM customers c WHERE c.id = orders.customer_id',
  },
  rewrites: true,
  needs: ['write', 'update'],
  *find(statement) {
    for (const write of statement.writes) {
      const node = write.statement;
      const { target } = write;
      if (node.kind !== 'update' || !target?.table) continue;
      for (const copy of write.sources) {
        if (copy === target || copy.table !== target.table || !isWholeTable(copy)) continue;
        const tie = tieOf(statement, write, target, copy);
        if (tie) yield matchOf(statement, write, node, target, copy, tie);
      }
    }
  },
};

/** A table that is read as it is, under its own column names. */
function isWholeTable({ kind, node }: Source): boolean {
  return (
    kind === 'table' &&
    node.kind === 'table' &&
    node.modifiers.length === 0 &&
    (node.alias?.columns.length ?? 0) === 0
  );
}

/** The conjunct that equates a key of one column of both. */
function tieOf(
  statement: AnalyzedStatement,
  write: WriteBlock,
  target: Source,
  copy: Source,
): Conjunct | null {
  const keys = keysOf(target, statement).filter((key) => key.nullSafe && key.columns.length === 1);
  for (const conjunct of write.where) {
    for (const { column, value } of equalitiesOf(conjunct, statement)) {
      const other = value.kind === 'column' ? statement.resolve(value) : null;
      const ties = column.source === target && other?.source === copy && column.name === other.name;
      if (ties && keys.some((key) => key.columns[0] === column.name)) return conjunct;
    }
  }
  return null;
}

function matchOf(
  statement: AnalyzedStatement,
  write: WriteBlock,
  node: Update,
  target: Source,
  copy: Source,
  tie: Conjunct,
): Match {
  const message = `${copy.alias} is the row of ${target.alias} itself: FROM need not name the table again.`;
  const references = referencesTo(copy, statement);
  const place = placeOf(node.from, copy);
  if (!references || !place)
    return blocked(copy.node, message, 'it stands in a join that cannot do without it, or a name is unknown');
  if (
    node.returning.some(
      (item) => item.expression.kind === 'star' || references.some((one) => contains(item, one)),
    )
  )
    return blocked(copy.node, message, 'RETURNING gives the old values of it');
  const alias = aliasOf(target, statement.dialect);
  const edits = editing(statement).removeConjunct(tie);
  for (const range of place.removed) edits.remove(range);
  const moved = write.joins.find((join) => join.node === place.join)?.on ?? [];
  const written = (range: TextRange) =>
    references.filter((one) => contains(range, one) && !contains(tie.range, one));
  for (const conjunct of moved) {
    const text = source(statement, conjunct.expression);
    const inside = written(conjunct.range);
    edits.addConjunct(
      write,
      inside.length === 0 ? text : renamed(statement, conjunct.expression, inside, alias),
    );
  }
  for (const reference of references) {
    if (contains(tie.range, reference) || moved.some((one) => contains(one.range, reference))) continue;
    const name = reference.parts.at(-1);
    if (name) edits.replace(reference, sql`${alias}.${source(statement, name)}`);
  }
  return offer(
    copy.node,
    message,
    () => edits.done(),
    `${quote(statement, tie.expression)} ties every row to itself`,
  );
}

function renamed(
  statement: AnalyzedStatement,
  whole: TextRange,
  references: readonly { start: number; end: number; parts: readonly { start: number; end: number }[] }[],
  alias: ReturnType<typeof aliasOf>,
) {
  let text = sql``;
  let at = whole.start;
  for (const reference of references) {
    const name = reference.parts.at(-1) ?? reference;
    text = sql`${text}${source(statement, { start: at, end: reference.start })}${alias}.${source(statement, name)}`;
    at = reference.end;
  }
  return sql`${text}${source(statement, { start: at, end: whole.end })}`;
}

/** What goes when the relation goes: an item of a list, or the left side of an inner join with its ON. */
function placeOf(
  from: readonly FromItem[],
  copy: Source,
): { removed: TextRange[]; join: FromItem | null } | null {
  const at = from.findIndex((item) => item.start <= copy.node.start && copy.node.end <= item.end);
  const item = from[at];
  if (!item) return null;
  if (item === copy.node) {
    const [previous, next] = [from[at - 1], from[at + 1]];
    if (previous) return { removed: [{ start: previous.end, end: item.end }], join: null };
    return next ? { removed: [{ start: item.start, end: next.start }], join: null } : null;
  }
  if (item.kind !== 'join' || item.left !== copy.node || item.type !== 'inner' || !item.on || item.natural)
    return null;
  return {
    removed: [
      { start: item.start, end: item.right.start },
      { start: item.right.end, end: item.end },
    ],
    join: item,
  };
}

/** `UPDATE t … FROM s` (or DELETE … USING) where nothing connects s with t. */
export const unconnectedWrite: Pattern = {
  id: 'write-without-join-condition',
  title: 'UPDATE … FROM or DELETE … USING without a join condition',
  category: 'writes',
  engines: [
    { dialect: 'postgresql', pays: 'always: every row meets every row' },
    { dialect: 'tsql', pays: 'always: every row meets every row' },
  ],
  severity: 'error',
  description:
    'No condition connects the written table with a relation of FROM or USING. Every row of it meets every row of the other: all rows are written, each with the values of an arbitrary one.',
  source: 'https://www.postgresql.org/docs/current/sql-update.html, Notes',
  precondition:
    'A relation beside the written table is mentioned together with it by no conjunct of WHERE and ON, and no subquery is there to do it.',
  example: {
    schema: 'CREATE TABLE orders (id int, rate int); CREATE TABLE rates (rate int);',
    before: 'UPDATE orders SET rate = r.rate FROM rates r WHERE r.rate > 3',
    after: null,
  },
  rewrites: false,
  needs: ['write', 'several sources'],
  *find(statement) {
    for (const write of statement.writes) {
      const node = write.statement;
      const { target } = write;
      if ((node.kind !== 'update' && node.kind !== 'delete') || !target || !write.resolved) continue;
      const conditions = [...write.where, ...write.joins.flatMap((join) => join.on)];
      const merged = write.joins.some((join) => join.using !== null || join.node?.natural);
      if (write.sources.length < 2 || merged || conditions.some((one) => one.hasSubquery)) continue;
      const other = write.sources.find(
        (one) => one !== target && (one.kind === 'table' || one.kind === 'cte'),
      );
      if (!other || isOneRow(other) || reaches(conditions, target)) continue;
      yield advice(
        other.node,
        `Nothing connects ${other.alias} with ${target.alias}: every row of ${target.alias} is written. Add the join condition to WHERE.`,
      );
    }
  },
};

/** Some conjunct mentions the target and another relation. */
function reaches(conditions: readonly Conjunct[], target: Source): boolean {
  return conditions.some((one) => one.sources.includes(target) && one.sources.length > 1);
}

/** A query without FROM or of aggregates alone: it is meant to meet every row. */
function isOneRow(source: Source): boolean {
  const body = source.query?.body;
  if (body?.kind !== 'select') return false;
  const computed = body.items.every((item) => unwrapParens(item.expression).kind === 'call');
  return body.from.length === 0 || (computed && body.groupBy === null);
}
