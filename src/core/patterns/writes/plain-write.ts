/** UPDATE and DELETE of one table, as the rules that give them a join want them. */
import type { ColumnRef, Delete, TableRef, Update } from '../../sql/ast.ts';
import type { AnalyzedStatement, Block, Source, WriteBlock } from '../../sql/query-model.ts';
import type { TextRange } from '../../sql/text.ts';
import { walk } from '../../sql/walk.ts';
import type { RewriteEdits } from '../../sql/writing/edits.ts';
import {
  type Fragment,
  joinFragments,
  lineBreak,
  source,
  sql,
  verbatim,
} from '../../sql/writing/fragment.ts';
import { aliasOf, qualified } from '../../sql/writing/identifiers.ts';
import { startsLine, tokenBefore } from '../../sql/writing/ranges.ts';
import { isWithin } from '../correlation.ts';

export interface PlainWrite {
  readonly write: WriteBlock;
  readonly node: Update | Delete;
  readonly target: Source;
  readonly table: TableRef;
}

/** UPDATE or DELETE of one table: no second relation, no LIMIT or ORDER BY, no hint, nothing unread. */
export function plainWrite(write: WriteBlock): PlainWrite | null {
  const node = write.statement;
  const { target } = write;
  if ((node.kind !== 'update' && node.kind !== 'delete') || !target) return null;
  const table = node.target;
  const more = node.kind === 'update' ? node.from : node.using;
  if (table.kind !== 'table' || target.node !== table || more.length > 0 || write.sources.length > 1)
    return null;
  if (node.limit || node.orderBy.length > 0 || node.rest.length > 0 || table.modifiers.length > 0)
    return null;
  return { write, node, target, table };
}

/** Why no join may be added to the write, or null. */
export function joinObstacle(statement: AnalyzedStatement, plain: PlainWrite): string | null {
  const { node, write, target } = plain;
  if (!write.resolved) return 'a name is unknown';
  // a trigger INSTEAD OF of a view would run for each row of the join
  if (!target.table || !['table', 'partitioned', 'partition'].includes(target.table.kind))
    return 'what is written is no table that is known';
  if (node.returning.some((item) => item.expression.kind === 'star'))
    return 'RETURNING * would return the columns of the joined table too';
  if (node.kind === 'delete') {
    return plain.table.alias && statement.dialect === 'tsql' ? 'the alias has no place there' : null;
  }
  if (node.assignments.some((one) => one.targets.length === 0 || one.partial))
    return 'a variable or a part of a column is set';
  return statement.dialect === 'postgresql' || isOrderFree(statement, node)
    ? null
    : 'an assignment reads a column that another one sets: in a statement with several tables their order is open';
}

/** No assignment reads a column that another one writes. */
function isOrderFree(statement: AnalyzedStatement, node: Update): boolean {
  return node.assignments.every((assignment) => {
    const others = new Set(
      node.assignments.filter((one) => one !== assignment).flatMap((one) => one.targets.map(lastName)),
    );
    let free = true;
    walk(assignment.value, (part) => {
      if (part.kind === 'column' && others.has(lastName(part))) free = false;
    });
    return free || statement.dialect === 'tsql';
  });
}

function lastName(column: ColumnRef): string {
  return column.parts.at(-1)?.name ?? '';
}

/**
 * Add a relation to the write: `USING r` and `FROM r` in PostgreSQL, a join in the others.
 *
 * @param on the condition of the join; null in PostgreSQL, where it stands in WHERE
 */
export function addRelation(
  statement: AnalyzedStatement,
  edits: RewriteEdits,
  { node, target, table }: PlainWrite,
  relation: Fragment,
  on: Fragment | null,
): RewriteEdits {
  const { dialect } = statement;
  const lines = node.where !== null && whereStartsLine(statement, node.where);
  const gap = lines ? lineBreak() : verbatim(' ');
  const join = on ? sql`${gap}JOIN ${relation} ON ${on}` : sql``;
  if (node.kind === 'delete') {
    if (dialect === 'postgresql') return edits.insert(table.end, sql`${gap}USING ${relation}`);
    const from = tokenBefore(statement.tokens, table.start);
    if (from?.upper !== 'FROM') return edits.fail();
    return edits.insert(from.start, sql`${targetName(statement, target, table)} `).insert(table.end, join);
  }
  const last = node.assignments.at(-1);
  if (!last) return edits.fail();
  if (dialect === 'postgresql') return edits.insert(last.end, sql`${gap}FROM ${relation}`);
  if (dialect === 'tsql') {
    return edits.insert(last.end, sql`${gap}FROM ${source(statement, table)}${join}`);
  }
  return edits.insert(table.end, on ? sql` JOIN ${relation} ON ${on}` : sql``);
}

function whereStartsLine(statement: AnalyzedStatement, where: TextRange): boolean {
  const word = tokenBefore(statement.tokens, where.start);
  return word !== null && startsLine(statement.text, word.start);
}

function targetName(statement: AnalyzedStatement, target: Source, table: TableRef): Fragment {
  if (table.alias) return aliasOf(target, statement.dialect);
  const first = table.name[0];
  const last = table.name.at(-1) ?? first;
  return source(statement, { start: first.start, end: last.end });
}

/**
 * Bare names of the target or of the block that would mean two things once the block's relations stand beside the
 * target; null when that cannot be told.
 */
export function ambiguousOnceJoined(
  statement: AnalyzedStatement,
  { write, target }: PlainWrite,
  block: Block,
): ColumnRef[] | null {
  const sources = [target, ...block.sources];
  const count = new Map<string, number>();
  for (const { columns } of sources) {
    if (!columns) return null;
    for (const { name } of columns) count.set(name, (count.get(name) ?? 0) + 1);
  }
  const node = write.statement;
  const written = new Set(
    node.kind === 'update' && statement.dialect !== 'mysql' && statement.dialect !== 'mariadb'
      ? node.assignments.flatMap((one) => one.targets)
      : [],
  );
  const found: ColumnRef[] = [];
  walk(node, (part) => {
    if (part.kind !== 'column' || part.parts.length > 1 || written.has(part)) return;
    const meaning = statement.resolve(part);
    if (meaning && sources.includes(meaning.source) && (count.get(meaning.name) ?? 0) > 1) found.push(part);
  });
  return found;
}

/** `alias.column` for a reference whose source may also be the target. */
export function written(statement: AnalyzedStatement, reference: ColumnRef): Fragment {
  const meaning = statement.resolve(reference);
  return meaning ? qualified(meaning, statement.dialect) : source(statement, reference);
}

/** A relation inside of the block goes by the name of the target. */
export function namesTarget(block: Block, target: Source): boolean {
  return block.sources.some((one) => one.alias === target.alias);
}

/** The block reads the table that is written. */
export function readsTarget(statement: AnalyzedStatement, block: Block, target: Source): boolean {
  return statement.blocks.some(
    (at) => isWithin(at, block) && at.sources.some((one) => one.table !== null && one.table === target.table),
  );
}

/** Fragments joined by AND. */
export function allOf(conditions: readonly Fragment[]): Fragment {
  return joinFragments(conditions, sql` AND `);
}
