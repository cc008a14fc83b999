/** Subqueries by chance, correlated and not: in conditions and as values. */
import { conditions, simple } from './predicates.ts';
import type { Draw, Reference, Relation } from './scope.ts';

/** A condition with a subquery. */
export function subqueryPredicate(draw: Draw, outer: readonly Relation[], depth: number): string {
  const inner = draw.relation();
  const pair = draw.pair(outer, inner);
  if (!pair) return simple(draw, outer);
  const { left, right } = pair;
  const where = innerWhere(draw, outer, inner, depth - 1, 0.5);
  const correlated = `${draw.chance(0.5) ? `${right.sql} = ${left.sql}` : `${left.sql} = ${right.sql}`}`;
  const second = draw.chance(0.25) ? draw.pair(outer, inner) : null;
  const also = second ? ` AND ${second.right.sql} ${draw.of(['=', '=', '<', '<>'])} ${second.left.sql}` : '';
  const from = `FROM ${inner.text} ${inner.alias}`;
  const list = `SELECT ${draw.maybe('DISTINCT ', 0.1)}${right.sql} ${from}${where('WHERE')}`;
  const matching = `${from} WHERE ${correlated}${also}${where('AND')}`;
  const not = draw.maybe('NOT ', 0.4);
  return draw.of([
    () => `${left.sql} ${not}IN (${list}${draw.maybe(` ORDER BY ${right.sql}`, 0.1)})`,
    () => `${left.sql} ${not}IN (${list})`,
    () =>
      `${not}EXISTS (SELECT ${draw.of(['1', '*', `${right.sql}`, 'DISTINCT 1'])} ${matching}${draw.maybe(' LIMIT 1', 0.1)})`,
    () => `${not}EXISTS (SELECT 1 ${matching})`,
    () =>
      `${left.sql} ${draw.of(['=', '<>', '>', '<', '>=', '<='])} ${draw.of(['ANY', 'ALL', 'SOME'])} (${list})`,
    () => countPredicate(draw, matching, inner),
    () => countPredicate(draw, matching, inner),
    () => aggregateComparison(draw, outer, inner, `${matching}`),
    () => aggregateComparison(draw, outer, inner, `${from}${where('WHERE')}`),
    () => {
      const twin = draw.relation();
      const other = draw.pair(outer, twin);
      const union = other
        ? ` UNION${draw.maybe(' ALL')} SELECT ${other.right.sql} FROM ${twin.text} ${twin.alias}`
        : '';
      return `${left.sql} ${not}IN (${list}${other?.right.family === right.family ? union : ''})`;
    },
    () =>
      `${left.sql} ${not}IN (SELECT ${right.sql} ${from}${where('WHERE')} GROUP BY ${right.sql} HAVING count(*) ${draw.of(['> 1', '>= 1', '= 1'])})`,
    () =>
      `EXISTS (SELECT 1 ${matching}) ${draw.of(['AND', 'AND NOT'])} EXISTS (SELECT 1 ${from} WHERE ${correlated} AND ${simple(draw, [inner])})`,
    () => `(${left.sql}, 1) IN (SELECT ${right.sql}, 1 ${from}${where('WHERE')})`,
    () =>
      `${not}EXISTS (SELECT 1 ${matching} UNION${draw.maybe(' ALL')} SELECT 2 ${from} WHERE ${simple(draw, [inner, ...outer])})`,
    () => `${left.sql} = ANY (ARRAY(${list}))`,
    () => `${left.sql} ${not}IN (SELECT DISTINCT ${right.sql} ${from}${where('WHERE')})`,
  ])();
}

function countPredicate(draw: Draw, matching: string, inner: Relation): string {
  const column = draw.column([inner]);
  const counted = draw.of(['*', '*', '1', column?.sql ?? '*', `DISTINCT ${column?.sql ?? '1'}`]);
  const test = draw.of(['> 0', '= 0', '>= 1', '< 1', '<> 0', '> 1', '= 1', '= 2', '<= 2']);
  return `(SELECT count(${counted}) ${matching}) ${test}`;
}

function aggregateComparison(draw: Draw, outer: readonly Relation[], inner: Relation, rest: string): string {
  const own = draw.column(outer, 'integer', 'decimal', 'date', 'timestamp');
  const other = own ? draw.column([inner], own.family) : null;
  if (!own || !other) return simple(draw, outer);
  const calls =
    own.family === 'integer' || own.family === 'decimal' ? ['max', 'min', 'avg', 'sum'] : ['max', 'min'];
  const operator = draw.of(['=', '>', '<', '>=', '<=', '<>']);
  return `${own.sql} ${operator} (SELECT ${draw.of(calls)}(${other.sql}) ${rest})`;
}

/** A value by a subquery of one row at most. */
export function scalarSubquery(draw: Draw, outer: readonly Relation[], depth: number): string | null {
  const inner = draw.relation();
  const pair = draw.pair(outer, inner);
  if (!pair) return null;
  const { left, right } = pair;
  const where = innerWhere(draw, outer, inner, depth - 1, 0.35);
  const matching = `FROM ${inner.text} ${inner.alias} WHERE ${right.sql} = ${left.sql}${where('AND')}`;
  const value = draw.column([inner]);
  const number = draw.column([inner], 'integer', 'decimal');
  const ordered = draw.column([inner], 'integer', 'date', 'timestamp', 'decimal');
  return draw.of([
    () => `(SELECT count(*) ${matching})`,
    () => `(SELECT ${draw.of(['max', 'min', 'sum', 'avg'])}(${number?.sql ?? '1'}) ${matching})`,
    () => `(SELECT coalesce(sum(${number?.sql ?? '1'}), 0) ${matching})`,
    () => `coalesce((SELECT sum(${number?.sql ?? '1'}) ${matching}), 0)`,
    () => `(SELECT max(${ordered?.sql ?? '1'}) ${matching})`,
    () => `(SELECT count(DISTINCT ${value?.sql ?? '1'}) ${matching})`,
    () => `EXISTS (SELECT 1 ${matching})`,
    () => keyedLookup(draw, outer) ?? `(SELECT min(${number?.sql ?? '1'}) ${matching})`,
    () => keyedLookup(draw, outer) ?? `(SELECT count(*) ${matching})`,
    () => `(SELECT sum(${number?.sql ?? '1'}) FROM ${inner.text} ${inner.alias}${where('WHERE')})`,
    () => `(SELECT count(*) FILTER (WHERE ${simple(draw, [inner])}) ${matching})`,
    () => `CASE WHEN (SELECT count(*) ${matching}) > 0 THEN 'some' ELSE 'none' END`,
    () =>
      `(SELECT ${ordered?.sql ?? '1'} ${matching} ORDER BY ${ordered?.sql ?? '1'}${draw.of(['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'])} LIMIT 1)`,
  ])();
}

/** The value of the row that a key finds: at most one row. */
function keyedLookup(draw: Draw, outer: readonly Relation[]): string | null {
  const tables = draw.catalog.tables.filter((table) => table.keys.some((key) => key.columns.length === 1));
  const table = draw.random.pick(tables);
  const key = table?.keys.find(({ columns }) => columns.length === 1)?.columns[0];
  if (!table || key === undefined) return null;
  const inner = draw.relation(table);
  const column = table.columns.find(({ name }) => name === key);
  const same: Reference | null = column ? draw.column(outer, column.family) : null;
  const value = draw.column([inner]);
  if (!same || !value) return null;
  return `(SELECT ${value.sql} FROM ${inner.text} ${inner.alias} WHERE ${inner.alias}.${key} = ${same.sql})`;
}

/** An inner condition or none, after WHERE or AND. */
function innerWhere(
  draw: Draw,
  outer: readonly Relation[],
  inner: Relation,
  depth: number,
  share: number,
): (word: 'WHERE' | 'AND') => string {
  if (!draw.chance(share)) return () => '';
  const seen = draw.chance(0.15) ? [inner, ...outer] : [inner];
  const text = depth > 0 ? conditions(draw, seen, depth) : simple(draw, seen);
  return (word) => ` ${word} ${text}`;
}
