/** Random queries over a small schema with keys, foreign keys and columns that may be NULL. */
import type { Random } from '../../src/core/verification/generate/random.ts';

export const SCHEMA = `
CREATE TABLE parent (id int PRIMARY KEY, u int UNIQUE, k int NOT NULL, s text);
CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent (id), k int, s text NOT NULL, at timestamp);
CREATE TABLE loose (k int, n numeric(6,2), s text);
`;

export type Type = 'int' | 'text' | 'decimal' | 'time';

/** Each table's columns by type. */
export const TABLES: Readonly<Record<string, Readonly<Record<string, Type>>>> = {
  parent: { id: 'int', u: 'int', k: 'int', s: 'text' },
  child: { id: 'int', parent_id: 'int', k: 'int', s: 'text', at: 'time' },
  loose: { k: 'int', n: 'decimal', s: 'text' },
};

export type Predicate =
  | { kind: 'compare'; left: string; operator: string; right: string; literal: Type | null }
  | { kind: 'null'; operand: string; not: boolean }
  | { kind: 'in'; operand: string; values: string[]; not: boolean }
  | { kind: 'between'; operand: string; low: string; high: string; literal: Type }
  | { kind: 'like'; operand: string; pattern: string; not: boolean }
  | { kind: 'subquery'; form: 'in' | 'exists'; not: boolean; outer: string; inner: Inner }
  | { kind: 'and' | 'or'; parts: Predicate[] }
  | { kind: 'not'; part: Predicate; form: 'NOT' | 'IS NOT TRUE' };

/** A subquery's single table: `column` meets the outer query. */
export interface Inner {
  table: string;
  alias: string;
  column: string;
  where: Predicate | null;
}

export type Item =
  | { kind: 'expression'; sql: string; type: Type }
  | { kind: 'aggregate'; call: string; argument: string; distinct: boolean; argumentType: Type }
  | { kind: 'scalar'; call: string; argument: string; outer: string; inner: Inner }
  | { kind: 'window'; call: string; partition: string | null; order: string };

export interface Join {
  type: 'JOIN' | 'LEFT JOIN' | 'RIGHT JOIN' | 'FULL JOIN';
  table: string;
  alias: string;
  on: Predicate;
}

export interface Select {
  distinct: boolean;
  items: Item[];
  table: string;
  alias: string;
  joins: Join[];
  where: Predicate | null;
  groupBy: string[];
  having: Predicate | null;
}

export interface Query {
  branches: Select[];
  operator: string;
  /** by all output columns, so that a page is the same on every run */
  order: ('ASC' | 'DESC')[] | null;
  limit: number | null;
  offset: number;
}

interface Column {
  readonly sql: string;
  readonly type: Type;
}

const LITERALS: Readonly<Record<Type, readonly string[]>> = {
  int: ['0', '1', '2', '3', '5'],
  decimal: ['0', '1', '1.50', '3', '10'],
  text: ["'a'", "'b'", "'A'", "''", "'ab'"],
  time: ["'2024-01-31'", "'2024-02-29'", "'2024-03-01'", "'2024-03-01 12:00'"],
};

export class QueryGrammar {
  private readonly random: Random;
  private aliases = 0;

  constructor(random: Random) {
    this.random = random;
  }

  query(): Query {
    const { random } = this;
    const first = this.select(null);
    const union = random.chance(0.2);
    const types = union ? this.outputTypes(first) : null;
    const branches = types ? [first, this.select(types)] : [first];
    const width = first.items.length;
    const paged = random.chance(0.15);
    return {
      branches,
      operator: this.of(['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'EXCEPT ALL']),
      order: paged ? Array.from({ length: width }, () => this.of(['ASC', 'DESC'] as const)) : null,
      limit: paged && random.chance(0.8) ? random.between(1, 4) : null,
      offset: paged && random.chance(0.3) ? random.between(1, 2) : 0,
    };
  }

  /** Types of plain columns only: aggregates change types in ways that a set operation refuses. */
  private outputTypes(select: Select): Type[] | null {
    const types = select.items.map((item) => (item.kind === 'expression' ? item.type : null));
    return types.some((type) => type === null) ? null : types.filter((type) => type !== null);
  }

  private select(types: readonly Type[] | null): Select {
    const { random } = this;
    const { table, alias } = this.table();
    let columns = columnsOf(table, alias);
    const joins: Join[] = [];
    for (let n = random.next() < 0.5 ? random.between(1, 2) : 0; n > 0; n--) {
      const joined = this.table();
      const theirs = columnsOf(joined.table, joined.alias);
      joins.push({
        ...joined,
        type: this.of(['JOIN', 'JOIN', 'LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'] as const),
        on: this.joinCondition(columns, theirs),
      });
      columns = [...columns, ...theirs];
    }
    const where = random.chance(0.75) ? this.predicate(columns, 2) : null;
    const grouped = types === null && random.chance(0.35);
    const base = { distinct: false, table, alias, joins, where, groupBy: [], having: null };
    if (grouped) return { ...base, ...this.grouping(columns) };
    const items = types
      ? types.map((type): Item => ({ kind: 'expression', sql: this.expressionOf(columns, type), type }))
      : Array.from({ length: random.between(1, 3) }, () => this.item(columns));
    return { ...base, items, distinct: random.chance(0.2) };
  }

  private grouping(columns: readonly Column[]): Pick<Select, 'items' | 'groupBy' | 'having' | 'distinct'> {
    const { random } = this;
    const keys = random.sample(columns, random.between(0, 2));
    const shown = keys.filter(() => random.chance(0.8));
    const items: Item[] = [
      ...shown.map(({ sql, type }): Item => ({ kind: 'expression', sql, type })),
      ...Array.from({ length: random.between(1, 2) }, () => this.aggregate(columns)),
    ];
    const having: Predicate | null = random.chance(0.4)
      ? {
          kind: 'compare',
          left: this.of(['count(*)', `count(${this.column(columns).sql})`]),
          operator: this.of(['>', '>=', '=', '<']),
          right: String(random.between(1, 3)),
          literal: 'int',
        }
      : null;
    return { items, groupBy: keys.map(({ sql }) => sql), having, distinct: random.chance(0.05) };
  }

  private aggregate(columns: readonly Column[]): Item {
    const call = this.of(['count', 'count', 'sum', 'min', 'max', 'avg']);
    if (call === 'count' && this.random.chance(0.4)) {
      return { kind: 'aggregate', call, argument: '*', distinct: false, argumentType: 'int' };
    }
    const numeric = call === 'sum' || call === 'avg';
    const { sql, type } = this.column(columns, numeric ? ['int', 'decimal'] : undefined);
    return {
      kind: 'aggregate',
      call,
      argument: sql,
      distinct: this.random.chance(0.15),
      argumentType: type,
    };
  }

  private item(columns: readonly Column[]): Item {
    const { random } = this;
    const dice = random.next();
    if (dice < 0.12) {
      const inner = this.inner(this.column(columns, ['int']));
      const { sql } = this.column(columnsOf(inner.inner.table, inner.inner.alias), ['int']);
      return { kind: 'scalar', call: this.of(['count', 'max', 'sum']), argument: sql, ...inner };
    }
    if (dice < 0.2) {
      const order = this.column(columns).sql;
      const partition = random.chance(0.6) ? this.column(columns).sql : null;
      // functions that do not depend on the order among peers
      const call = this.of([
        'rank()',
        'dense_rank()',
        'count(*)',
        `sum(${this.column(columns, ['int']).sql})`,
      ]);
      return { kind: 'window', call, partition, order };
    }
    const { type } = this.column(columns);
    return { kind: 'expression', sql: this.expressionOf(columns, type), type };
  }

  private expressionOf(columns: readonly Column[], type: Type): string {
    const { sql, type: found } = this.column(columns, [type]);
    if (found !== type) return `CAST(NULL AS ${SQL_TYPES[type]})`;
    const dice = this.random.next();
    if (dice < 0.75) return sql;
    const literal = this.of(LITERALS[type]);
    if (dice < 0.85) return `coalesce(${sql}, ${literal})`;
    if (dice < 0.92) return `nullif(${sql}, ${literal})`;
    const other = this.column(columns, [type]).sql;
    return `CASE WHEN ${sql} = ${literal} THEN ${other} ELSE ${sql} END`;
  }

  private joinCondition(ours: readonly Column[], theirs: readonly Column[]): Predicate {
    const right = this.column(theirs, ['int']);
    const link = theirs.find(({ sql }) => sql.endsWith('.parent_id'));
    const id = ours.find(({ sql }) => sql.endsWith('.id'));
    const equality: Predicate =
      link && id && this.random.chance(0.5)
        ? { kind: 'compare', left: link.sql, operator: '=', right: id.sql, literal: null }
        : {
            kind: 'compare',
            left: right.sql,
            operator: this.random.chance(0.9) ? '=' : this.of(['<', '<=', 'IS NOT DISTINCT FROM']),
            right: this.column(ours, ['int']).sql,
            literal: null,
          };
    if (this.random.chance(0.75)) return equality;
    return { kind: 'and', parts: [equality, this.predicate([...ours, ...theirs], 0)] };
  }

  private predicate(columns: readonly Column[], depth: number): Predicate {
    const { random } = this;
    const dice = random.next();
    if (depth > 0 && dice < 0.35) {
      const parts = Array.from({ length: 2 }, () => this.predicate(columns, depth - 1));
      return { kind: random.chance(0.6) ? 'and' : 'or', parts };
    }
    if (depth > 0 && dice < 0.42) {
      return { kind: 'not', part: this.predicate(columns, depth - 1), form: 'NOT' };
    }
    if (depth > 0 && dice < 0.57) {
      const form = this.of(['in', 'exists'] as const);
      return {
        kind: 'subquery',
        form,
        not: random.chance(0.4),
        ...this.inner(this.column(columns, ['int'])),
      };
    }
    return this.simple(columns);
  }

  private simple(columns: readonly Column[]): Predicate {
    const { random } = this;
    const { sql, type } = this.column(columns);
    const literals = LITERALS[type];
    const dice = random.next();
    if (dice < 0.12) return { kind: 'null', operand: sql, not: random.chance(0.5) };
    if (dice < 0.24) {
      return { kind: 'in', operand: sql, values: random.sample(literals, 2), not: random.chance(0.3) };
    }
    if (dice < 0.32 && type !== 'text') {
      const [low = '0', high = '5'] = random.sample(literals, 2).sort();
      return { kind: 'between', operand: sql, low, high, literal: type };
    }
    if (dice < 0.42 && type === 'text') {
      return {
        kind: 'like',
        operand: sql,
        pattern: this.of(["'a%'", "'%b'", "'a_'", "'a'"]),
        not: random.chance(0.2),
      };
    }
    const operator = this.of(['=', '=', '<>', '<', '<=', '>', '>=']);
    if (dice < 0.52) {
      const right = this.column(columns, [type]).sql;
      return { kind: 'compare', left: sql, operator, right, literal: null };
    }
    const left =
      dice > 0.92 && type === 'int'
        ? `${sql} ${this.of(['+ 1', '* 2', '- 1', '/ 2', '% 2'])}`
        : dice > 0.86
          ? `coalesce(${sql}, ${this.of(literals)})`
          : sql;
    return { kind: 'compare', left, operator, right: this.of(literals), literal: type };
  }

  private inner(outer: Column): { outer: string; inner: Inner } {
    const { table, alias } = this.table();
    const columns = columnsOf(table, alias);
    const { sql } = this.column(columns, ['int']);
    const where = this.random.chance(0.4) ? this.predicate(columns, 0) : null;
    return { outer: outer.sql, inner: { table, alias, column: sql, where } };
  }

  private table(): { table: string; alias: string } {
    return { table: this.of(Object.keys(TABLES)), alias: `t${++this.aliases}` };
  }

  private column(columns: readonly Column[], types?: readonly Type[]): Column {
    const fitting = types ? columns.filter(({ type }) => types.includes(type)) : columns;
    return this.of(fitting.length > 0 ? fitting : columns);
  }

  private of<T>(items: readonly T[]): T {
    const item = this.random.pick(items);
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  }
}

const SQL_TYPES: Readonly<Record<Type, string>> = {
  int: 'int',
  text: 'text',
  decimal: 'numeric',
  time: 'timestamp',
};

function columnsOf(table: string, alias: string): Column[] {
  return Object.entries(TABLES[table] ?? {}).map(([name, type]) => ({ sql: `${alias}.${name}`, type }));
}

export function queryText(query: Query): string {
  const branches = query.branches.map(selectText);
  const body = branches.join(` ${query.operator} `);
  const order = query.order
    ? ` ORDER BY ${query.order.map((direction, i) => `${i + 1} ${direction}`).join(', ')}`
    : '';
  const limit = query.limit === null ? '' : ` LIMIT ${query.limit}`;
  const offset = query.offset > 0 ? ` OFFSET ${query.offset}` : '';
  return `${body}${order}${limit}${offset}`;
}

function selectText(select: Select): string {
  const items = select.items.map((item, i) => `${itemText(item)} AS c${i + 1}`).join(', ');
  const joins = select.joins
    .map(({ type, table, alias, on }) => ` ${type} ${table} ${alias} ON ${predicateText(on)}`)
    .join('');
  const where = select.where ? ` WHERE ${predicateText(select.where)}` : '';
  const group = select.groupBy.length > 0 ? ` GROUP BY ${select.groupBy.join(', ')}` : '';
  const having = select.having ? ` HAVING ${predicateText(select.having)}` : '';
  const distinct = select.distinct ? 'DISTINCT ' : '';
  return `SELECT ${distinct}${items} FROM ${select.table} ${select.alias}${joins}${where}${group}${having}`;
}

function itemText(item: Item): string {
  switch (item.kind) {
    case 'expression':
      return item.sql;
    case 'aggregate':
      return `${item.call}(${item.distinct ? 'DISTINCT ' : ''}${item.argument})`;
    case 'scalar':
      return `(SELECT ${item.call}(${item.argument}) ${innerText(item.inner, item.outer)})`;
    case 'window': {
      const partition = item.partition === null ? '' : `PARTITION BY ${item.partition} `;
      return `${item.call} OVER (${partition}ORDER BY ${item.order})`;
    }
    default:
      return item satisfies never;
  }
}

/** FROM and WHERE of a correlated subquery. */
function innerText(inner: Inner, outer: string): string {
  const where = inner.where ? ` AND ${predicateText(inner.where)}` : '';
  return `FROM ${inner.table} ${inner.alias} WHERE ${inner.column} = ${outer}${where}`;
}

export function predicateText(predicate: Predicate): string {
  const not = 'not' in predicate && predicate.not ? 'NOT ' : '';
  switch (predicate.kind) {
    case 'compare':
      return `${predicate.left} ${predicate.operator} ${predicate.right}`;
    case 'null':
      return `${predicate.operand} IS ${not}NULL`;
    case 'in':
      return `${predicate.operand} ${not}IN (${predicate.values.join(', ')})`;
    case 'between':
      return `${predicate.operand} BETWEEN ${predicate.low} AND ${predicate.high}`;
    case 'like':
      return `${predicate.operand} ${not}LIKE ${predicate.pattern}`;
    case 'subquery': {
      const { inner, outer } = predicate;
      if (predicate.form === 'exists') return `${not}EXISTS (SELECT 1 ${innerText(inner, outer)})`;
      const where = inner.where ? ` WHERE ${predicateText(inner.where)}` : '';
      return `${outer} ${not}IN (SELECT ${inner.column} FROM ${inner.table} ${inner.alias}${where})`;
    }
    case 'and':
    case 'or':
      return `(${predicate.parts.map(predicateText).join(predicate.kind === 'and' ? ' AND ' : ' OR ')})`;
    case 'not':
      return predicate.form === 'NOT'
        ? `NOT (${predicateText(predicate.part)})`
        : `(${predicateText(predicate.part)}) IS NOT TRUE`;
    default:
      return predicate satisfies never;
  }
}
