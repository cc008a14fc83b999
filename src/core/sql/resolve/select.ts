/** One SELECT core: its FROM, its clauses, its outputs. */
import type { ColumnRef, Expression, Node, OrderItem, Query, Select, SelectItem } from '../ast.ts';
import { isNotNullExpression } from '../properties/not-null.ts';
import { typeOf } from '../properties/types.ts';
import type { Output, Source, SourceColumn } from '../query-model.ts';
import { conjunctsOf } from './conjuncts.ts';
import { isInputColumn, starSources, visit } from './expressions.ts';
import { resolveFrom } from './from.ts';
import { EMPTY_SIGHT, type Frame, type OpenBlock, type Resolution, type VisibleColumn } from './open.ts';
import { outputName } from './output-name.ts';
import type { QueryColumns, QueryPlace } from './query.ts';

/** Resolve a SELECT core and add its block. */
export function resolveSelect(
  select: Select,
  query: Query,
  place: QueryPlace,
  setBranch: boolean,
  resolution: Resolution,
): QueryColumns {
  const block = openBlock(select, query, place, setBranch);
  resolution.blocks.push(block);
  resolution.queryBlocks.get(query)?.push(block);
  place.parent?.children.push(block);
  const around = { scope: block, outer: place.outer, ctes: place.ctes };
  const sight = resolveFrom(select.from, around, EMPTY_SIGHT, resolution);
  const frame: Frame = { ...around, sight, groupingSets: false };
  const grouped: Frame = { ...frame, groupingSets: (select.groupBy?.sets.length ?? 0) > 0 };
  if (select.where) visit(select.where, frame, resolution);
  block.where = conjunctsOf(select.where, 'where', frame, null, resolution);
  for (const item of select.items) resolveItem(item, block, grouped, resolution);
  resolveGrouping(select, block, frame, resolution);
  resolveHaving(select, block, grouped, resolution);
  for (const window of select.windows) visit(window.window, grouped, resolution);
  for (const other of looseParts(select)) visit(other, grouped, resolution);
  resolveOrdering(select, query, block, grouped, resolution);
  block.grouped = select.groupBy !== null || select.having !== null || block.aggregates.length > 0;
  return columnsOf(block);
}

function openBlock(select: Select, query: Query, place: QueryPlace, setBranch: boolean): OpenBlock {
  return {
    kind: 'select',
    select,
    query,
    role: place.role,
    setBranch,
    holder: place.holder,
    parent: place.parent,
    children: [],
    sources: [],
    joins: [],
    where: [],
    having: [],
    groupBy: [],
    grouped: false,
    aggregates: [],
    windows: [],
    outputs: [],
    outputsComplete: true,
    orderBy: query.body === select ? query.orderBy : [],
    outerReferences: [],
    references: [],
    resolved: true,
  };
}

function looseParts(select: Select): Node[] {
  const parts: Node[] = [];
  if (select.qualify) parts.push(select.qualify);
  if (select.top) parts.push(select.top.count);
  return parts;
}

// ------------------------------------------------------------------ outputs

function resolveItem(item: SelectItem, block: OpenBlock, frame: Frame, resolution: Resolution): void {
  const { expression } = item;
  if (expression.kind === 'star') {
    resolution.scopes.set(expression, block);
    expandStar(expression.qualifier, block, frame);
    return;
  }
  visit(expression, frame, resolution);
  const meaning = expression.kind === 'column' ? resolution.resolve(expression) : null;
  block.outputs.push({
    name: item.alias?.name ?? outputName(expression, resolution),
    item,
    expression,
    source: meaning?.source ?? null,
    column: meaning?.sourceColumn ?? null,
    notNull: isNotNullExpression(expression, resolution),
    type: typeOf(expression, resolution),
  });
}

type Qualifier = Parameters<typeof starSources>[0];

function expandStar(qualifier: Qualifier, block: OpenBlock, frame: Frame): void {
  for (const column of starColumns(qualifier, frame)) {
    if (column.unknown || !column.source || !column.column) {
      block.outputsComplete = false;
      continue;
    }
    block.outputs.push(starOutput(column.source, column.column, frame));
  }
}

function starColumns(qualifier: Qualifier, frame: Frame): readonly VisibleColumn[] {
  if (qualifier.length === 0) return frame.sight.columns.filter(isListed);
  const sources = starSources(qualifier, frame);
  const source = sources[0];
  const unknown: VisibleColumn = { name: '', source: source ?? null, column: null, unknown: true };
  if (sources.length !== 1 || !source?.columns) return [unknown];
  return source.columns
    .map((column) => ({ name: column.name, source, column, unknown: false }))
    .filter(isListed);
}

/** Invisible columns have a name and are in no `*`. */
function isListed({ column }: VisibleColumn): boolean {
  return !(column?.table && column.column?.invisible);
}

function starOutput(source: Source, column: SourceColumn, frame: Frame): Output {
  return {
    name: column.name,
    item: null,
    expression: null,
    source,
    column,
    notNull: column.notNull && !source.nullSupplied && !frame.groupingSets,
    type: column.type,
  };
}

/** The block's outputs as columns of a source. */
function columnsOf(block: OpenBlock): QueryColumns {
  if (!block.outputsComplete) return null;
  return block.outputs.map((output) => ({
    name: output.name ?? '',
    notNull: output.notNull,
    column: output.column?.column ?? null,
    table: output.column?.table ?? null,
    type: output.type,
  }));
}

// ----------------------------------------- GROUP BY, HAVING, ORDER BY: names of outputs

function resolveGrouping(select: Select, block: OpenBlock, frame: Frame, resolution: Resolution): void {
  if (!select.groupBy) return;
  for (const set of select.groupBy.sets) visit(set, frame, resolution);
  for (const item of select.groupBy.items) {
    block.groupBy.push(groupedExpression(item, block, frame, resolution));
  }
}

/** GROUP BY: an input column comes before an output of that name (PostgreSQL and MySQL alike). */
function groupedExpression(
  item: Expression,
  block: OpenBlock,
  frame: Frame,
  resolution: Resolution,
): Expression {
  const ordinal = ordinalOutput(item, block);
  if (ordinal?.expression) return ordinal.expression;
  if (item.kind === 'column' && item.parts.length === 1 && resolution.dialect !== 'tsql') {
    const output = isInputColumn(item, frame) ? null : outputNamed(item, block);
    if (output?.expression) {
      resolution.outputNames.set(item, output);
      return output.expression;
    }
  }
  visit(item, frame, resolution);
  return item;
}

function resolveHaving(select: Select, block: OpenBlock, frame: Frame, resolution: Resolution): void {
  if (!select.having) return;
  const mysql = resolution.dialect === 'mysql' || resolution.dialect === 'mariadb';
  visit(select.having, mysql ? withOutputs(frame, block) : frame, resolution);
  block.having = conjunctsOf(select.having, 'having', frame, null, resolution);
}

/** ORDER BY and DISTINCT ON: a bare name is an output first, then an input column. */
function resolveOrdering(
  select: Select,
  query: Query,
  block: OpenBlock,
  frame: Frame,
  resolution: Resolution,
): void {
  const on = select.distinct !== null && typeof select.distinct === 'object' ? select.distinct.on : [];
  const expressions = [...on, ...block.orderBy.map((item: OrderItem) => item.expression)];
  const inside = resolution.dialect === 'postgresql' ? frame : withOutputs(frame, block);
  for (const expression of expressions) {
    resolution.scopes.set(expression, block);
    if (ordinalOutput(expression, block)) continue;
    const output = expression.kind === 'column' ? outputNamed(expression, block) : null;
    if (expression.kind === 'column' && output) resolution.outputNames.set(expression, output);
    else visit(expression, inside, resolution);
  }
  const { limit } = query;
  if (query.body !== select || !limit) return;
  for (const bound of [limit.count, limit.offset]) if (bound) visit(bound, frame, resolution);
}

/** MySQL and SQL Server let names of outputs stand inside expressions where no input column has the name. */
function withOutputs(frame: Frame, block: OpenBlock): Frame {
  return { ...frame, outputNamed: (reference) => outputNamed(reference, block) };
}

function outputNamed(reference: ColumnRef, block: OpenBlock): Output | null {
  if (reference.parts.length !== 1) return null;
  const found = block.outputs.filter((output) => output.name === reference.parts[0].name);
  // an unexpanded star may bring the name too
  return block.outputsComplete || found[0]?.item ? (found[0] ?? null) : null;
}

/** The output that an ordinal (`ORDER BY 2`) means. */
function ordinalOutput(expression: Expression, block: OpenBlock): Output | null {
  if (expression.kind !== 'literal' || expression.type !== 'number') return null;
  if (!block.outputsComplete || !/^\d+$/.test(expression.value)) return null;
  return block.outputs[Number(expression.value) - 1] ?? null;
}
