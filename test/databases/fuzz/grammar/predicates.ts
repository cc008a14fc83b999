/** Conditions by chance: what people write around columns, sargable or not. */
import type { Draw, Reference, Relation } from './scope.ts';
import { subqueryPredicate } from './subqueries.ts';

const COMPARISONS = ['=', '=', '<>', '<', '<=', '>', '>='] as const;

/** A conjunction of some conditions. */
export function conditions(draw: Draw, relations: readonly Relation[], depth: number): string {
  const count = draw.of([1, 1, 2, 2, 3]);
  const parts = Array.from({ length: count }, () => predicate(draw, relations, depth));
  if (draw.chance(0.04) && parts[0]) parts.push(parts[0]);
  return parts.join(' AND ');
}

/** One condition. @param depth subqueries may be nested that deep in it */
export function predicate(draw: Draw, relations: readonly Relation[], depth: number): string {
  const dice = draw.random.next();
  if (dice < 0.22 && depth > 0) return subqueryPredicate(draw, relations, depth);
  if (dice < 0.3) return disjunction(draw, relations, depth);
  if (dice < 0.33) return `NOT (${simple(draw, relations)})`;
  if (dice < 0.35)
    return `(${simple(draw, relations)}) ${draw.of(['IS TRUE', 'IS NOT TRUE', 'IS NOT FALSE', '= true'])}`;
  return simple(draw, relations);
}

function disjunction(draw: Draw, relations: readonly Relation[], depth: number): string {
  const column = draw.column(relations);
  switch (draw.of(['same', 'any', 'any', 'factored', 'negated', 'subquery'])) {
    case 'same':
      if (!column) break;
      return `(${Array.from({ length: draw.of([2, 3]) }, () => `${column.sql} = ${draw.literal(column)}`).join(' OR ')})`;
    case 'factored': {
      const common = simple(draw, relations);
      return `((${common} AND ${simple(draw, relations)}) OR (${common} AND ${simple(draw, relations)}))`;
    }
    case 'negated':
      return `NOT (${simple(draw, relations)} ${draw.of(['AND', 'OR'])} ${simple(draw, relations)})`;
    case 'subquery':
      if (depth === 0) break;
      return `(${simple(draw, relations)} OR ${subqueryPredicate(draw, relations, depth)})`;
  }
  return `(${simple(draw, relations)} OR ${simple(draw, relations)}${draw.maybe(` OR ${simple(draw, relations)}`, 0.2)})`;
}

/** A condition without a subquery on one or two columns. */
export function simple(draw: Draw, relations: readonly Relation[]): string {
  const column = draw.column(relations);
  if (!column) return 'true';
  const dice = draw.random.next();
  if (dice < 0.3) return plain(draw, column);
  if (dice < 0.38) return twoColumns(draw, relations, column);
  if (dice < 0.42) return rowComparison(draw, relations);
  switch (column.family) {
    case 'integer':
    case 'decimal':
    case 'float':
      return onNumber(draw, column);
    case 'text':
      return onText(draw, column);
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return onInstant(draw, column);
    case 'boolean':
      return draw.of([
        column.sql,
        `NOT ${column.sql}`,
        `${column.sql} = true`,
        `${column.sql} = false`,
        `${column.sql} IS TRUE`,
        `${column.sql} IS NOT FALSE`,
        `coalesce(${column.sql}, false)`,
        `${column.sql} <> true`,
        `CASE WHEN ${column.sql} THEN 1 ELSE 0 END = 1`,
      ]);
    default:
      return plain(draw, column);
  }
}

function plain(draw: Draw, column: Reference): string {
  const { sql } = column;
  const value = (): string => draw.literal(column);
  return draw.of([
    () => `${sql} ${draw.of(COMPARISONS)} ${value()}`,
    () => `${sql} = ${value()}`,
    () => `${value()} ${draw.of(COMPARISONS)} ${sql}`,
    () => `${sql} IS ${draw.maybe('NOT ')}NULL`,
    () =>
      `${sql} ${draw.maybe('NOT ', 0.3)}IN (${value()}, ${value()}${draw.maybe(`, ${value()}`)}${draw.maybe(', NULL', 0.08)})`,
    () => `${sql} ${draw.maybe('NOT ', 0.3)}BETWEEN ${value()} AND ${value()}`,
    () => `${sql} >= ${value()} AND ${sql} < ${value()}`,
    () => `${sql} IS ${draw.maybe('NOT ', 0.3)}DISTINCT FROM ${value()}`,
    () => `coalesce(${sql}, ${value()}) ${draw.of(COMPARISONS)} ${value()}`,
    () => `nullif(${sql}, ${value()}) ${draw.of(['IS NULL', 'IS NOT NULL', `= ${value()}`])}`,
    () => `${sql} = ${draw.of(['ANY', 'ANY', 'SOME'])} (ARRAY[${value()}, ${value()}])`,
    () => `${sql} <> ALL (ARRAY[${value()}, ${value()}])`,
    () =>
      `CASE WHEN ${sql} = ${value()} THEN 'x' WHEN ${sql} > ${value()} THEN 'y' ${draw.maybe("ELSE 'z' ")}END = ${draw.of(["'x'", "'y'", "'z'"])}`,
    () => `(${sql} = ${value()} OR ${sql} IS NULL)`,
    () => `(${sql} IS NULL OR ${sql} <> ${value()})`,
    () => `${sql} ${draw.of(['=', '<>', '>='])} ${sql}`,
    () => `(${sql} = ${value()}) IS ${draw.of(['TRUE', 'NOT TRUE', 'FALSE', 'NOT NULL'])}`,
    () =>
      `${draw.of(['1 = 1', 'true', '1 = 0', 'NOT false'])}${draw.of([' AND', ' OR'])} ${sql} = ${value()}`.replace(
        /^(.* OR .*)$/,
        '($1)',
      ),
    () => `cast(${sql} AS text) = ${textOf(value())}`,
    () => `${sql} IN (VALUES (${value()}), (${value()}))`,
    () => `${sql} = ANY (ARRAY(SELECT ${value()} UNION ALL SELECT ${value()}))`,
    () => `NOT ${sql} ${draw.of(COMPARISONS)} ${value()}`,
    () => `(${sql} BETWEEN ${value()} AND ${value()} OR ${sql} BETWEEN ${value()} AND ${value()})`,
    () => `(${sql} < ${value()} OR ${sql} >= ${value()})`,
  ])();
}

function textOf(literal: string): string {
  return literal.startsWith("'") ? literal : `'${literal}'`;
}

function twoColumns(draw: Draw, relations: readonly Relation[], column: Reference): string {
  const own = relations.filter(({ alias }) => column.sql.startsWith(`${alias}.`));
  const other = draw.column(relations.length > 1 && draw.chance(0.7) ? relations : own, column.family);
  if (!other) return plain(draw, column);
  return draw.of([
    `${column.sql} ${draw.of(COMPARISONS)} ${other.sql}`,
    `coalesce(${column.sql}, ${draw.literal(column)}) = ${other.sql}`,
    `${column.sql} IS NOT DISTINCT FROM ${other.sql}`,
    `(${column.sql} = ${other.sql} OR (${column.sql} IS NULL AND ${other.sql} IS NULL))`,
    `greatest(${column.sql}, ${other.sql}) > ${draw.literal(column)}`,
    `coalesce(${column.sql}, ${other.sql}) ${draw.of(COMPARISONS)} ${draw.literal(column)}`,
    `${column.sql} ${draw.of(['<', '<=', '='])} ${other.sql} AND ${other.sql} ${draw.of(['<', '<=', '='])} ${draw.literal(column)}`,
  ]);
}

function rowComparison(draw: Draw, relations: readonly Relation[]): string {
  const [a, b] = [draw.column(relations), draw.column(relations)];
  if (!a || !b) return 'true';
  const [x, y] = [draw.literal(a), draw.literal(b)];
  const operator = draw.of(['>', '<']);
  return draw.of([
    `(${a.sql}, ${b.sql}) ${draw.of(['=', '>', '<', '>=', '<='])} (${x}, ${y})`,
    `(${a.sql} ${operator} ${x} OR (${a.sql} = ${x} AND ${b.sql} ${operator} ${y}))`,
    `(${a.sql} ${operator} ${x} OR ${a.sql} = ${x} AND ${b.sql} ${operator}= ${y})`,
    `(${a.sql}, ${b.sql}) IN ((${x}, ${y}), (${draw.literal(a)}, ${draw.literal(b)}))`,
  ]);
}

function onNumber(draw: Draw, column: Reference): string {
  const { sql, family } = column;
  const operator = draw.of(COMPARISONS);
  const k = draw.of(['0', '1', '2', '3', '-1', '5', '10']);
  const c = draw.of(['1', '2', '3', '-2', '10']);
  return draw.of([
    `${sql} + ${c} ${operator} ${k}`,
    `${sql} - ${c} ${operator} ${k}`,
    `${c} - ${sql} ${operator} ${k}`,
    `${sql} * ${c} ${operator} ${k}`,
    `${k} ${operator} ${sql} * ${c}`,
    `-${sql} ${operator} ${k}`,
    `${sql} / 2 ${operator} ${k}`,
    `abs(${sql}) ${operator} ${k}`,
    `${draw.of(['floor', 'ceil', 'round', 'trunc'])}(${sql}) ${operator} ${k}`,
    `${sql}::int = ${k}`,
    `cast(${sql} AS bigint) ${operator} ${k}`,
    `${sql} * ${c} + 1 ${operator} ${k}`,
    `${family === 'integer' ? `${sql} % 2` : `mod(${sql}::numeric, 2)`} = ${k}`,
    `${sql} ${operator} ${c} + ${k}`,
    `${sql} ${operator} ${k} * 2 - 1`,
    `sign(${sql}) = 1`,
    `${sql} > ${k} AND ${sql} > ${c}`,
    `${sql} = ${k} AND ${sql} ${operator} ${c}`,
    `power(${sql}, 2) ${operator} 4`,
    `${sql} BETWEEN ${k} AND ${k}`,
  ]);
}

function onText(draw: Draw, column: Reference): string {
  const { sql } = column;
  const value = draw.of(["'a'", "'b'", "'ab'", "''", "'A'", "'a%'"]);
  return draw.of([
    `lower(${sql}) = ${value}`,
    `upper(${sql}) = ${draw.of(["'A'", "'AB'"])}`,
    `left(${sql}, 1) ${draw.of(['=', '<>'])} ${draw.of(["'a'", "'A'", "'%'", "'ab'"])}`,
    `substr(${sql}, 1, 1) = ${draw.of(["'a'", "'b'"])}`,
    `substring(${sql} FROM 1 FOR 2) = 'ab'`,
    `${sql} ${draw.maybe('NOT ', 0.3)}LIKE ${draw.of(["'a%'", "'%a'", "'a'", "'a_'", "'%'", "'%b%'", "''"])}`,
    `${sql} ILIKE ${draw.of(["'a%'", "'a'"])}`,
    `${sql} || 'x' = ${draw.of(["'ax'", "'x'"])}`,
    `'x' || ${sql} = 'xa'`,
    `length(${sql}) ${draw.of(COMPARISONS)} ${draw.of(['0', '1', '2'])}`,
    `trim(${sql}) = ${value}`,
    `coalesce(${sql}, '') = ${value}`,
    `coalesce(${sql}, '') <> ''`,
    `position('a' in ${sql}) > 0`,
    `starts_with(${sql}, 'a')`,
    `replace(${sql}, 'a', 'b') = 'b'`,
    `concat(${sql}, 'x') = 'ax'`,
    `${sql} || '' = ${value}`,
    `${sql} ~ '^(a|b|ab)$'`,
    `${sql} ~ '^a$'`,
    `${sql} ~ '^a'`,
    `${sql} ~ 'b$'`,
  ]);
}

function onInstant(draw: Draw, column: Reference): string {
  const { sql, family } = column;
  const day = draw.of(['2024-01-15', '2024-02-29', '2023-12-31', '2024-03-31', '2024-02-01', '2024-01-01']);
  const operator = draw.of(COMPARISONS);
  const unit = draw.of(['day', 'month', 'year', 'quarter', 'week', 'hour']);
  const common = [
    `date_trunc('${unit}', ${sql}) ${operator} ${draw.of(['DATE', 'TIMESTAMP', 'date'])} '${day}'`,
    `date_trunc('${unit}', ${sql}) = '${day}'`,
    `extract(year FROM ${sql}) ${operator} ${draw.of(['2023', '2024'])}`,
    `date_part('year', ${sql}) = 2024`,
    `extract(year FROM ${sql}) = 2024 AND extract(month FROM ${sql}) = ${draw.of(['1', '2', '12'])}`,
    `extract(month FROM ${sql}) = 2`,
    `to_char(${sql}, '${draw.of(['YYYY-MM', 'YYYY', 'YYYY-MM-DD', 'YYYYMM'])}') ${draw.of(['=', '>=', '<'])} '${draw.of(['2024-01', '2024', '2024-01-15', '202402'])}'`,
    `${sql} + interval '${draw.of(['1 day', '2 hours', '1 month', '7 days'])}' ${operator} '${day}'`,
    `${sql} - interval '1 day' ${operator} timestamp '${day}'`,
    `${sql} >= '${day}' AND ${sql} < '${day}'::date + 1`,
    `extract(epoch FROM ${sql}) ${operator} ${draw.of(['1704067200', '1705312800', '1705312800.5'])}`,
    `${sql} AT TIME ZONE 'UTC' ${operator} '${day}'`,
    `${sql} BETWEEN '${day}' AND '${day} 23:59:59'`,
  ];
  const timed = [
    `${sql}::date ${operator} '${day}'`,
    `cast(${sql} AS date) = DATE '${day}'`,
    `date(${sql}) ${operator} '${day}'`,
    `${sql}::date BETWEEN '2024-01-01' AND '${day}'`,
    `${sql}::date IN ('${day}', '2024-01-15')`,
  ];
  const dated = [
    `${sql} + 1 ${operator} DATE '${day}'`,
    `${sql} - 7 >= '${day}'`,
    `DATE '${day}' - ${sql} < 30`,
  ];
  return draw.of([...common, ...(family === 'date' ? dated : timed)]);
}
