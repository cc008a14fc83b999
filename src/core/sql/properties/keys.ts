/** Uniqueness: keys of relations and of query results, and what follows for the rows of a block. */

import type { Expression, FunctionCall, Query } from '../ast.ts';
import { once } from '../facts.ts';
import type { Block, Conjunct, JoinStep, Output, Source, SourceColumn } from '../query-model.ts';
import { unwrapParens, walk } from '../walk.ts';
import { type ColumnEquality, equalitiesOf, isConstantFor, sourcesIn } from './equalities.ts';
import { aggregateResult, catalogFunctions, knownFunction } from './functions.ts';
import type { Names } from './names.ts';
import { filteringConjuncts, filteringJoins, isNullFrom, rejects } from './not-null.ts';
import { sameExpression } from './same-expression.ts';
import { usingPairs } from './using-pairs.ts';

/** Columns of a relation of which no two rows have equal values. */
export interface UniqueKey {
  readonly columns: readonly string[];
  /** NULLs count as equal: no two rows agree even so. Without it several rows may have NULL in the key. */
  readonly nullSafe: boolean;
  /** the constraint or index that it rests on, or what makes the rows of a query unique */
  readonly reason: string;
}

/**
 * The keys of a relation in FROM, by the names that its columns have there.
 *
 * Of a table: primary keys, unique constraints and unique indexes that are whole, plain and not deferrable. Of a derived
 * table or CTE: DISTINCT, GROUP BY, set operations without ALL, and keys passed through from inside. The keys of a
 * LATERAL one hold for each row that it refers to.
 */
export function keysOf(source: Source, names: Names): readonly UniqueKey[] {
  return uniqueKeys(source, names);
}

const uniqueKeys = once((source: Source, names: Names): readonly UniqueKey[] => {
  if (source.kind === 'table') return tableKeys(source);
  if ((source.kind !== 'derived' && source.kind !== 'cte') || !source.query || source.cte?.recursive)
    return [];
  const columns = source.columns;
  if (!columns) return [];
  return positionsKeys(source.query, names).flatMap((key) => {
    const named = key.positions.map((at) => columns[at]?.name);
    if (named.includes(undefined) || named.includes('')) return [];
    return [{ columns: named as string[], nullSafe: key.nullSafe, reason: key.reason }];
  });
});

function tableKeys(source: Source): UniqueKey[] {
  const { table, columns } = source;
  if (!table || !columns) return [];
  return table.keys.flatMap((key) => {
    if (key.deferrable) return [];
    const found = key.columns.map((name) =>
      columns.find((c) => c.table === table && c.column?.name === name),
    );
    if (found.length === 0 || found.includes(undefined)) return [];
    const present = found as SourceColumn[];
    const nullSafe = key.primary || key.nullsNotDistinct || present.every((column) => column.notNull);
    return [{ columns: present.map((column) => column.name), nullSafe, reason: key.name }];
  });
}

// ------------------------------------------------------------ results of queries

/** A key by the positions of the outputs. */
interface PositionKey {
  readonly positions: readonly number[];
  readonly nullSafe: boolean;
  readonly reason: string;
}

function positionsKeys(query: Query, names: Names): PositionKey[] {
  if (isAtMostOneRow(query, names)) return [{ positions: [], nullSafe: true, reason: 'at most one row' }];
  const { body } = query;
  if (body.kind === 'parenQuery') return positionsKeys(body.query, names);
  if (body.kind === 'setOperation') {
    const width = names.blocksOfQuery(query)[0];
    if (body.all || !width?.outputsComplete) return [];
    return [{ positions: width.outputs.map((_, i) => i), nullSafe: true, reason: body.operator }];
  }
  const block = body.kind === 'select' ? names.blocksOfQuery(query)[0] : undefined;
  return block ? blockKeys(block, names) : [];
}

function blockKeys(block: Block, names: Names): PositionKey[] {
  if (!block.outputsComplete || mayReturnSets(block, names)) return [];
  const keys: PositionKey[] = [];
  if (block.select.distinct === 'distinct') {
    keys.push({ positions: block.outputs.map((_, i) => i), nullSafe: true, reason: 'DISTINCT' });
  }
  const grouping = groupingPositions(block, names);
  if (grouping) keys.push({ positions: grouping, nullSafe: true, reason: 'GROUP BY' });
  if (!block.grouped) keys.push(...passedThrough(block, names));
  return keys;
}

/** Positions of the outputs that are the grouping expressions, when all of these are selected. */
function groupingPositions(block: Block, names: Names): number[] | null {
  const { groupBy } = block.select;
  if (!groupBy || groupBy.sets.length > 0 || block.groupBy.length === 0) return null;
  const positions = block.groupBy.map((expression) =>
    block.outputs.findIndex((output) => isOutputOf(output, expression, names)),
  );
  return positions.includes(-1) ? null : positions;
}

/** The output is that expression; an output of a star is the column that it brings. */
export function isOutputOf(output: Output, expression: Expression, names: Names): boolean {
  if (output.expression) return sameExpression(output.expression, expression, names);
  const e = unwrapParens(expression);
  const column = e.kind === 'column' ? names.resolve(e) : null;
  return column !== null && column.source === output.source && column.name === output.column?.name;
}

/** Minimal sets of plain outputs that determine the row, tried for each key of each source. */
function passedThrough(block: Block, names: Names): PositionKey[] {
  const all = plainOutputs(block).map(({ at }) => at);
  if (!determinesRow(block, columnsAt(block, all), names)) return [];
  let positions = all;
  for (const at of all) {
    const without = positions.filter((other) => other !== at);
    if (determinesRow(block, columnsAt(block, without), names)) positions = without;
  }
  return [{ positions, nullSafe: true, reason: 'keys of the tables inside' }];
}

function plainOutputs(block: Block): { at: number; output: Output }[] {
  return block.outputs
    .map((output, at) => ({ at, output }))
    .filter(
      ({ output }) => output.source !== null && output.source.block === block && output.column !== null,
    );
}

function columnsAt(block: Block, positions: readonly number[]): SourceField[] {
  return positions.flatMap((at) => {
    const output = block.outputs[at];
    return output?.source && output.column ? [{ source: output.source, column: output.column.name }] : [];
  });
}

// ------------------------------------------------------------ rows of a block

/** A column of a source of the block. */
export interface SourceField {
  readonly source: Source;
  readonly column: string;
}

/**
 * No two rows of the block's result are equal (NULLs equal to each other), by the given outputs alone, or by all.
 *
 * True for DISTINCT, for GROUP BY with all grouping expressions selected, for at most one row, and where the selected
 * columns determine the row of every source.
 */
export function rowsAreUnique(block: Block, names: Names, among: readonly Output[] = block.outputs): boolean {
  if (mayReturnSets(block, names)) return false;
  if (isSingleRow(block)) return true;
  const whole = among === block.outputs;
  if (whole && block.select.distinct === 'distinct') return true;
  const grouping = groupingPositions(block, names);
  if (grouping?.every((at) => among.includes(block.outputs[at] as Output))) return true;
  if (block.grouped) return false;
  const fields = among.flatMap((output) =>
    output.source?.block === block && output.column
      ? [{ source: output.source, column: output.column.name }]
      : [],
  );
  return determinesRow(block, fields, names);
}

/**
 * Rows of FROM and WHERE that agree in the given columns (NULLs equal to each other) are the same row: a key of every
 * source follows from these columns, from equalities with constants and with each other, and from the keys of joins.
 */
export function determinesRow(block: Block, given: readonly SourceField[], names: Names): boolean {
  const known = new KnownFields(given);
  const filters = filteringEqualities(block, names);
  const notNull = (field: SourceField): boolean => isFilteredNotNull(field, block, names);
  const joins = block.joins.map((step) => ({ step, equalities: onEqualities(step, names) }));
  const merged = filteringJoins(block).flatMap(usingPairs);
  const determined = new Set<Source>();
  for (let before = -1; before < known.size + determined.size; ) {
    before = known.size + determined.size;
    for (const equality of filters) {
      if (isKnown(equality.value, block, known, names))
        known.add(equality.column.source, equality.column.name);
    }
    for (const { left, right } of merged) {
      if (known.has(left.source, left.column)) known.add(right.source, right.column);
      if (known.has(right.source, right.column)) known.add(left.source, left.column);
    }
    for (const source of block.sources) {
      if (determined.has(source) || !isFixedBy(source, determined, names)) continue;
      if (
        hasKnownKey(source, known, notNull, names) ||
        matchesOnce(source, block, joins, known, determined, names)
      ) {
        determined.add(source);
        for (const column of source.columns ?? []) known.add(source, column.name);
      }
    }
  }
  return block.sources.every((source) => determined.has(source));
}

const filteringEqualities = once((block: Block, names: Names): readonly ColumnEquality[] =>
  filteringConjuncts(block).flatMap((conjunct) => equalitiesOf(conjunct, names)),
);

/** What LATERAL refers to is determined: only then its keys are keys of the rows here. */
function isFixedBy(source: Source, determined: ReadonlySet<Source>, names: Names): boolean {
  if (!source.lateral) return true;
  if (!source.query) return false;
  const blocks = names.blocksOfQuery(source.query);
  return blocks.every(
    (block) =>
      block.resolved &&
      block.outerReferences.every(
        (reference) => reference.source.block !== source.block || determined.has(reference.source),
      ),
  );
}

class KnownFields {
  private readonly fields = new Map<Source, Set<string>>();
  size = 0;

  constructor(given: readonly SourceField[]) {
    for (const { source, column } of given) this.add(source, column);
  }

  add(source: Source, column: string): void {
    const columns = this.fields.get(source) ?? new Set<string>();
    if (!columns.has(column)) this.size++;
    this.fields.set(source, columns.add(column));
  }

  has(source: Source, column: string): boolean {
    return this.fields.get(source)?.has(column) ?? false;
  }
}

/** The value is made of constants and known columns. */
function isKnown(value: Expression, block: Block, known: KnownFields, names: Names): boolean {
  if (isConstantFor(value, block, names)) return true;
  const e = unwrapParens(value);
  const column = e.kind === 'column' ? names.resolve(e) : null;
  return column !== null && known.has(column.source, column.name);
}

function hasKnownKey(
  source: Source,
  known: KnownFields,
  notNull: (field: SourceField) => boolean,
  names: Names,
): boolean {
  return keysOf(source, names).some((key) => {
    if (!key.columns.every((column) => known.has(source, column))) return false;
    if (key.nullSafe && (!source.nullSupplied || tellsFilledRows(source, key))) return true;
    return key.columns.length > 0 && key.columns.every((column) => notNull({ source, column }));
  });
}

/** WHERE or an inner join drops the rows in which the column is NULL. */
function isFilteredNotNull({ source, column }: SourceField, block: Block, names: Names): boolean {
  const isIt = (e: Expression): boolean => {
    const meaning = e.kind === 'column' ? names.resolve(e) : null;
    return meaning?.source === source && meaning.name === column;
  };
  const merged = filteringJoins(block).flatMap(usingPairs);
  if (
    merged.flatMap((pair) => [pair.left, pair.right]).some((f) => f.source === source && f.column === column)
  ) {
    return true;
  }
  return filteringConjuncts(block).some((conjunct) =>
    rejects(conjunct.expression, names, (e) => isNullFrom(e, names, isIt)),
  );
}

/** A NULL in the key means that an outer join filled the row up: no real row has one. */
function tellsFilledRows(source: Source, key: UniqueKey): boolean {
  return key.columns.some((name) => source.columns?.some((column) => column.name === name && column.notNull));
}

type JoinEqualities = { readonly step: JoinStep; readonly equalities: readonly ColumnEquality[] };

/** The lone right side of a LEFT JOIN whose left row is determined, with a key fixed by ON: one row, or none. */
function matchesOnce(
  source: Source,
  block: Block,
  joins: readonly JoinEqualities[],
  known: KnownFields,
  determined: ReadonlySet<Source>,
  names: Names,
): boolean {
  const join = joins.find(
    ({ step }) => step.type === 'left' && step.right.length === 1 && step.right[0] === source,
  );
  // other conjuncts of ON may look at any column of the left row
  if (!join?.step.left.every((left) => determined.has(left))) return false;
  const fixed = new Set<string>();
  for (const { column, value } of join.equalities) {
    if (column.source === source && isKnownBeside(value, source, block, known, names)) fixed.add(column.name);
  }
  for (const { left, right } of usingPairs(join.step)) {
    if (right.source === source && known.has(left.source, left.column)) fixed.add(right.column);
  }
  return keysOf(source, names).some((key) =>
    key.columns.every((column) => fixed.has(column) || (key.nullSafe && known.has(source, column))),
  );
}

function isKnownBeside(
  value: Expression,
  source: Source,
  block: Block,
  known: KnownFields,
  names: Names,
): boolean {
  const sources = sourcesIn(value, block, names);
  return sources !== null && !sources.has(source) && isKnown(value, block, known, names);
}

function onEqualities(step: JoinStep, names: Names): ColumnEquality[] {
  return step.type === 'left' ? step.on.flatMap((conjunct) => equalitiesOf(conjunct, names)) : [];
}

/**
 * At most one row of a source agrees with the conjuncts, because these fix all columns of a key to values that do not
 * come from the source itself.
 *
 * @returns the key, or null when none is covered
 */
export function keyCoveredByEquality(
  source: Source,
  conjuncts: readonly Conjunct[],
  names: Names,
): UniqueKey | null {
  const fixed = new Set<string>();
  for (const conjunct of conjuncts) {
    for (const { column, value } of equalitiesOf(conjunct, names)) {
      if (column.source !== source) continue;
      const sources = sourcesIn(value, source.block, names);
      if (sources && !sources.has(source)) fixed.add(column.name);
    }
  }
  return keysOf(source, names).find((key) => key.columns.every((column) => fixed.has(column))) ?? null;
}

/**
 * A query gives at most one row, for each row around it: a global aggregate, LIMIT 1, one row of VALUES, or equality with a key of
 * every source.
 */
export function isAtMostOneRow(query: Query, names: Names): boolean {
  if (isOne(query.limit?.count ?? null) && !query.limit?.withTies) return true;
  const { body } = query;
  if (body.kind === 'values') return body.rows.length === 1;
  if (body.kind === 'parenQuery') return isAtMostOneRow(body.query, names);
  const block = body.kind === 'select' ? names.blocksOfQuery(query)[0] : undefined;
  if (!block || mayReturnSets(block, names)) return false;
  if (isSingleRow(block)) return true;
  const { top } = block.select;
  if (top && isOne(top.count) && !top.percent && !top.withTies) return true;
  return !block.grouped && determinesRow(block, [], names);
}

/** An aggregate over everything, or a SELECT without FROM. */
function isSingleRow(block: Block): boolean {
  if (block.select.groupBy) return false;
  return block.grouped || (block.sources.length === 0 && block.select.from.length === 0);
}

function isOne(count: Expression | null): boolean {
  if (!count) return false;
  const e = unwrapParens(count);
  return e.kind === 'literal' && e.type === 'number' && (e.value === '1' || e.value === '0');
}

/** A function in the select list that may return several rows, as unnest does. Unknown functions may. */
export function mayReturnSets(block: Block, names: Names): boolean {
  let may = false;
  for (const item of block.select.items) {
    walk(item, (node) => {
      if (node.kind === 'query') return false;
      if (node.kind === 'call' && !returnsOneValue(node, names)) may = true;
      if (node.kind === 'opaque') may = true;
      return !may;
    });
  }
  return may;
}

function returnsOneValue(call: FunctionCall, names: Names): boolean {
  // only PostgreSQL has functions that return sets outside of FROM
  if (call.over || names.dialect !== 'postgresql' || aggregateResult(call) !== undefined) return true;
  if (call.syntax !== 'plain' || knownFunction(call, names.dialect)) return true;
  const own = catalogFunctions(call, names.catalog);
  return own.length > 0 && own.every((f) => !f.returnsSet);
}
