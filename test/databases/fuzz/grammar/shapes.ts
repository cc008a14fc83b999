/** Statements of the shapes that rewrites are known for: set operations, windows, CTEs, pages, shared scans. */
import { conditions, simple } from './predicates.ts';
import type { ColumnInSight, Draw, Relation } from './scope.ts';
import { referencesOf } from './scope.ts';
import { aggregate } from './select.ts';

/** Two or three branches. */
export function setOperation(draw: Draw): string {
  const first = draw.relation();
  const columns = draw.random.sample(referencesOf([first]), draw.random.between(1, 3));
  const key = first.table?.keys[0]?.columns ?? [];
  const picked = draw.chance(0.4)
    ? [...new Set([...key, ...columns.map(({ name }) => name)])]
    : columns.map(({ name }) => name);
  const branch = (): string => branchOf(draw, first, picked);
  const operator = draw.of([
    'UNION',
    'UNION',
    'UNION ALL',
    'UNION ALL',
    'INTERSECT',
    'EXCEPT',
    'INTERSECT ALL',
    'EXCEPT ALL',
  ]);
  const third = draw.chance(0.25)
    ? ` ${operator.startsWith('UNION') ? operator : 'UNION ALL'} ${branch()}`
    : '';
  const union = `${branch()} ${operator} ${branch()}${third}`;
  const count = picked.length;
  return draw.of([
    union,
    union,
    `(${branch()} ORDER BY 1) ${operator} (${branch()}${draw.of(['', ' ORDER BY 1 LIMIT 2'])})`,
    `${union} ORDER BY ${Array.from({ length: count }, (_, i) => i + 1).join(', ')} LIMIT ${draw.of(['1', '3', '5'])}`,
    `SELECT count(*) FROM (${union}) u`,
    `SELECT * FROM (${union}) u WHERE ${simple(draw, [relationOver(first, picked, 'u')])}`,
    `SELECT u.${picked[0]}, count(*) AS n FROM (${union}) u GROUP BY u.${picked[0]}`,
    `SELECT DISTINCT u.${picked[0]} FROM (${union}) u`,
  ]);
}

function branchOf(draw: Draw, like: Relation, names: readonly string[]): string {
  const table = like.table && draw.chance(0.75) ? like.table : draw.table();
  const relation = draw.relation(table);
  const items = names.map((name) => {
    const wanted = like.columns.find((column) => column.name === name);
    const own = relation.columns.find((column) => column.name === name && column.family === wanted?.family);
    if (own) return `${relation.alias}.${name}`;
    const other = wanted ? draw.column([relation], wanted.family) : null;
    return other ? `${other.sql} AS ${name}` : `NULL AS ${name}`;
  });
  const where = draw.chance(0.8)
    ? ` WHERE ${draw.chance(0.6) ? simple(draw, [relation]) : conditions(draw, [relation], 1)}`
    : '';
  return `SELECT ${draw.maybe('DISTINCT ', 0.08)}${items.join(', ')} FROM ${relation.text} ${relation.alias}${where}`;
}

function relationOver(source: Relation, names: readonly string[], alias: string): Relation {
  const columns = source.columns.filter(({ name }) => names.includes(name));
  return { alias, text: alias, columns, table: null };
}

/** The same groups counted in several ways, side by side or one below the other. */
export function sharedScans(draw: Draw): string {
  const table = draw.table();
  const scalar = (i: number): string => {
    const one = draw.relation(draw.chance(0.85) ? table : draw.table());
    const where = draw.chance(0.8) ? ` WHERE ${simple(draw, [one])}` : '';
    return `(SELECT ${aggregate(draw, [one])} FROM ${one.text} ${one.alias}${where}) AS v${i}`;
  };
  if (draw.chance(0.6))
    return `SELECT ${Array.from({ length: draw.of([2, 3, 4]) }, (_, i) => scalar(i)).join(', ')}`;
  const one = draw.relation(table);
  const group = draw.random.sample(referencesOf([one]), 2);
  const [a, b] = group;
  if (!a || !b) return `SELECT ${scalar(0)}`;
  const call = aggregate(draw, [one]);
  const source = `FROM ${one.text} ${one.alias}${draw.maybe(` WHERE ${simple(draw, [one])}`, 0.4)}`;
  return draw.of([
    `SELECT ${a.sql} AS g, ${b.sql} AS h, ${call} AS v ${source} GROUP BY ${a.sql}, ${b.sql} UNION ALL SELECT ${a.sql}, NULL, ${call} ${source} GROUP BY ${a.sql}`,
    `SELECT ${a.sql} AS g, ${call} AS v ${source} GROUP BY ${a.sql} UNION ALL SELECT NULL, ${call} ${source}`,
    `SELECT 'x' AS what, ${call} AS v ${source} UNION ALL SELECT 'y', ${call} ${source}`,
  ]);
}

/** Ranks, running totals and the latest row of each group, in the ways that people write them. */
export function windowed(draw: Draw): string {
  const one = draw.relation();
  const other = draw.relation(one.table ?? undefined);
  const group = draw.column([one]);
  const order = draw.column([one], 'integer', 'date', 'timestamp', 'decimal');
  const value = draw.column([one], 'integer', 'decimal');
  if (!group || !order || !value) return setOperation(draw);
  const twin = (column: { readonly name: string }): string => `${other.alias}.${column.name}`;
  const key = one.table?.keys.find(({ primary }) => primary)?.columns ?? ['id'];
  const keys = key.map((name) => `${one.alias}.${name}`);
  const total = draw.chance(0.6) ? `, ${keys.join(', ')}` : '';
  const source = `FROM ${one.text} ${one.alias}`;
  const twins = `FROM ${other.text} ${other.alias}`;
  const ranked = draw.of(['row_number()', 'row_number()', 'rank()', 'dense_rank()']);
  const direction = draw.of(['', ' DESC']);
  const list = [...new Set([...keys, group.sql, order.sql])].join(', ');
  const n = draw.of(['= 1', '<= 1', '<= 2', '< 3', '= 2']);
  const partition = draw.maybe(`PARTITION BY ${group.sql} `, 0.7);
  return draw.of([
    () =>
      `SELECT * FROM (SELECT ${list}, ${ranked} OVER (${partition}ORDER BY ${order.sql}${direction}${total}) AS rn ${source}) w WHERE w.rn ${n}`,
    () =>
      `SELECT ${list}, (SELECT sum(${twin(value)}) ${twins} WHERE ${twin(order)} <= ${order.sql}${draw.maybe(` AND ${twin(group)} = ${group.sql}`)}) AS running ${source}`,
    () =>
      `SELECT ${list} ${source} WHERE ${order.sql} = (SELECT ${draw.of(['max', 'min'])}(${twin(order)}) ${twins} WHERE ${twin(group)} = ${group.sql})`,
    () =>
      `SELECT ${list} ${source} JOIN (SELECT ${twin(group)} AS g, max(${twin(order)}) AS m ${twins} GROUP BY ${twin(group)}) x ON x.g = ${group.sql} AND x.m = ${order.sql}`,
    () =>
      `SELECT DISTINCT ON (${group.sql}) ${list} ${source} ORDER BY ${group.sql}, ${order.sql}${direction}${total}`,
    () => `SELECT ${list}, (SELECT count(*) ${twins} WHERE ${twin(group)} = ${group.sql}) AS n ${source}`,
    () =>
      `SELECT ${list} ${source} WHERE NOT EXISTS (SELECT 1 ${twins} WHERE ${twin(group)} = ${group.sql} AND ${twin(order)} > ${order.sql})`,
    () =>
      `SELECT ${list} ${source} WHERE ${value.sql} > (SELECT avg(${twin(value)}) ${twins} WHERE ${twin(group)} = ${group.sql})`,
    () =>
      `SELECT ${list} ${source} WHERE EXISTS (SELECT 1 ${twins} WHERE ${twin(group)} = ${group.sql} AND ${twin(value)} <> ${value.sql})`,
    () =>
      `SELECT ${list} ${source} WHERE (SELECT count(*) ${twins} WHERE ${twin(group)} = ${group.sql} AND ${twin(order)} > ${order.sql}) < ${draw.of(['1', '2', '3'])}`,
    () =>
      `SELECT ${list}, sum(${value.sql}) OVER (PARTITION BY ${group.sql}) AS t, ${value.sql} - avg(${value.sql}) OVER (PARTITION BY ${group.sql}) AS d ${source}`,
    () => `SELECT ${group.sql}, max(${order.sql}) AS m ${source} GROUP BY ${group.sql}`,
    () =>
      `SELECT ${list}, sum(${value.sql}) OVER (${partition}ORDER BY ${order.sql}${total}${draw.of(['', ' RANGE UNBOUNDED PRECEDING', ' ROWS UNBOUNDED PRECEDING', ' ROWS BETWEEN 1 PRECEDING AND CURRENT ROW'])}) AS t ${source}`,
    () => `SELECT DISTINCT ${group.sql}, max(${value.sql}) OVER (PARTITION BY ${group.sql}) AS m ${source}`,
    () =>
      `SELECT x.g FROM (SELECT ${group.sql} AS g, ${order.sql} AS o, row_number() OVER (ORDER BY ${order.sql}${total}) AS rn, count(*) OVER () AS n ${source}) x WHERE x.o IS NOT NULL`,
    () =>
      `SELECT a.g, a.m FROM (SELECT ${group.sql} AS g, max(${order.sql}) AS m, count(*) AS n ${source} GROUP BY ${group.sql}) a WHERE ${draw.of(['a.n > 1', 'a.m IS NOT NULL', 'a.g IS NOT NULL'])}`,
    () => `SELECT DISTINCT ${group.sql} ${source}`,
  ])();
}

/** WITH queries that are used once, twice or not at all. */
export function withQuery(draw: Draw): string {
  const inner = draw.relation();
  const kept = draw.random.sample(referencesOf([inner]), draw.random.between(2, 4));
  const number = draw.column([inner], 'integer', 'decimal');
  const grouped = draw.chance(0.4) && number && kept[0];
  const columns: readonly ColumnInSight[] = grouped
    ? [
        { name: kept[0]?.name ?? 'id', type: kept[0]?.type ?? 'int', family: kept[0]?.family ?? 'integer' },
        { name: 'total', type: 'numeric', family: 'decimal' },
      ]
    : kept.map(({ name, type, family }) => ({ name, type, family }));
  const where = draw.maybe(` WHERE ${simple(draw, [inner])}`, 0.4);
  const source = `FROM ${inner.text} ${inner.alias}${where}`;
  const list = kept.map(({ sql }) => sql).join(', ');
  const union = `SELECT 'x' AS tag, ${list} ${source} UNION ALL SELECT 'y', ${list} FROM ${inner.text} ${inner.alias} WHERE ${simple(draw, [inner])}`;
  const tagged = !grouped && draw.chance(0.25);
  const body = grouped
    ? `SELECT ${kept[0]?.sql}, ${draw.of(['sum', 'max', 'avg'])}(${number.sql}) AS total ${source} GROUP BY ${kept[0]?.sql}`
    : tagged
      ? union
      : `SELECT ${draw.maybe('DISTINCT ', 0.15)}${list} ${source}`;
  const seen = tagged ? [{ name: 'tag', type: 'text', family: 'text' as const }, ...columns] : columns;
  const [a, b]: Relation[] = ['a', 'b'].map((alias) => ({ alias, text: 'w', columns: seen, table: null }));
  if (!a || !b) return body;
  const head = `WITH w AS ${draw.of(['', '', 'MATERIALIZED ', 'NOT MATERIALIZED '])}(${body})`;
  const value = draw.column([a], 'integer', 'decimal');
  const pair = draw.pair([a], { ...b, table: null });
  const on = pair ? `${pair.left.sql} = ${pair.right.sql}` : 'true';
  const item = draw.of(referencesOf([a])).sql;
  const filter = (relation: Relation): string =>
    tagged && draw.chance(0.6)
      ? `${relation.alias}.tag = ${draw.of(["'x'", "'y'"])}`
      : simple(draw, [relation]);
  return draw.of([
    `${head} SELECT a.* FROM w a WHERE ${filter(a)}`,
    `${head} SELECT ${item} FROM w a WHERE ${filter(a)}`,
    `${head} SELECT a.*, b.* FROM w a JOIN w b ON ${on} WHERE ${filter(a)} AND ${filter(b)}`,
    `${head} SELECT a.* FROM w a LEFT JOIN w b ON ${on} AND ${filter(b)} WHERE ${filter(a)}`,
    `${head} SELECT a.* FROM w a WHERE ${value?.sql ?? '1'} > (SELECT avg(b.${value?.name ?? 'total'}) FROM w b${draw.maybe(` WHERE ${on}`)})`,
    `${head} SELECT ${item}, count(*) AS c FROM w a WHERE ${filter(a)} GROUP BY ${item}`,
    `${head}, v AS (SELECT * FROM w a WHERE ${filter(a)}) SELECT count(*) FROM v`,
    `${head} SELECT a.* FROM w a UNION ALL SELECT b.* FROM w b WHERE ${filter(b)}`,
    `${head} SELECT count(*) FROM w a`,
  ]);
}

/** Pages of sorted rows. */
export function page(draw: Draw): string {
  const one = draw.relation();
  const items = draw.random.sample(referencesOf([one]), draw.random.between(1, 4));
  const key = one.table?.keys.find(({ primary }) => primary)?.columns ?? [];
  const sort = draw.column([one]);
  const total = key.map((name) => `${one.alias}.${name}`);
  const by = [
    ...new Set([...(sort && draw.chance(0.7) ? [`${sort.sql}${draw.of(['', ' DESC'])}`] : []), ...total]),
  ];
  const order = by.length > 0 ? ` ORDER BY ${by.join(', ')}` : ' ORDER BY 1';
  const other = draw.relation();
  const pair = draw.chance(0.4) ? draw.pair([one], other) : null;
  const join = pair
    ? ` ${draw.of(['JOIN', 'LEFT JOIN', 'LEFT JOIN'])} ${other.text} ${other.alias} ON ${pair.left.sql} = ${pair.right.sql}`
    : '';
  const where = draw.chance(0.6) ? ` WHERE ${conditions(draw, [one], 1)}` : '';
  const limit = draw.of([
    ' LIMIT 2',
    ' LIMIT 1',
    ' LIMIT 3 OFFSET 2',
    ' OFFSET 3 LIMIT 5',
    ' FETCH FIRST 2 ROWS ONLY',
    '',
  ]);
  const list = items.map(({ sql }, i) => `${sql} AS c${i}`).join(', ');
  return `SELECT ${list} FROM ${one.text} ${one.alias}${join}${where}${order}${limit}`;
}
