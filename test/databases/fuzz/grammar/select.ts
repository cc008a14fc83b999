/** Plain SELECTs by chance, with everything that may stand in one. */
import { from } from './from.ts';
import { conditions, predicate, simple } from './predicates.ts';
import { type Draw, type Reference, type Relation, referencesOf } from './scope.ts';
import { scalarSubquery } from './subqueries.ts';

/** Rows of some joined tables. */
export function plainSelect(draw: Draw): string {
  const { text, relations } = from(draw, 3);
  const shown = draw.chance(0.35) ? relations.slice(0, 1) : relations;
  const items = selectItems(draw, shown, relations);
  const where = draw.chance(0.85) ? ` WHERE ${conditions(draw, relations, 2)}` : '';
  const distinct = draw.maybe('DISTINCT ', 0.18);
  const order = draw.chance(0.2) ? ` ORDER BY ${draw.of(['1', '1 DESC', '1, 2', '1 NULLS FIRST'])}` : '';
  const wide = items.length > 1 ? order : order.replace('1, 2', '1');
  return `SELECT ${distinct}${items.join(', ')} FROM ${text}${where}${wide}`;
}

/** The same row met twice: by its own key, or by one foreign key two times. */
export function repeatedJoin(draw: Draw): string {
  const one = draw.relation();
  const key = one.table?.keys.find(({ primary }) => primary)?.columns;
  const foreign = draw.random.pick(one.table?.foreignKeys ?? []);
  const parent = draw.catalog.tables.find(({ name }) => name === foreign?.references.table);
  const word = (): string => draw.of(['JOIN', 'JOIN', 'LEFT JOIN']);
  const where = (relations: readonly Relation[]): string =>
    draw.maybe(` WHERE ${conditions(draw, relations, 1)}`, 0.7);
  if (foreign && parent && draw.chance(0.5)) {
    const [a, b] = [draw.relation(parent), draw.relation(parent)];
    const on = (other: Relation): string =>
      foreign.columns
        .map((column, i) => `${other.alias}.${foreign.references.columns[i]} = ${one.alias}.${column}`)
        .join(' AND ');
    const items = draw.random.sample(referencesOf([one, a, b]), 4).map(({ sql }, i) => `${sql} AS c${i}`);
    return `SELECT ${items.join(', ')} FROM ${one.text} ${one.alias} ${word()} ${a.text} ${a.alias} ON ${on(a)} ${word()} ${b.text} ${b.alias} ON ${on(b)}${where([one, a, b])}`;
  }
  const twin = draw.relation(one.table ?? undefined);
  const on = (key ?? ['id'])
    .map((column) => `${twin.alias}.${column} = ${one.alias}.${column}`)
    .join(' AND ');
  const items = draw.random.sample(referencesOf([one, twin]), 4).map(({ sql }, i) => `${sql} AS c${i}`);
  return `SELECT ${items.join(', ')} FROM ${one.text} ${one.alias} ${word()} ${twin.text} ${twin.alias} ON ${on}${where([one, twin])}`;
}

/** Tables joined by commas, and columns of one row looked up one by one. */
export function olderStyle(draw: Draw): string {
  const one = draw.relation();
  const other = draw.relation();
  const pair = draw.pair([one], other);
  if (!pair) return plainSelect(draw);
  if (draw.chance(0.5)) {
    const items = draw.random.sample(referencesOf([one, other]), 3).map(({ sql }, i) => `${sql} AS c${i}`);
    return `SELECT ${items.join(', ')} FROM ${one.text} ${one.alias}, ${other.text} ${other.alias} WHERE ${pair.left.sql} = ${pair.right.sql} AND ${conditions(draw, [one, other], 1)}`;
  }
  const sort = draw.column([other], 'integer', 'date', 'timestamp');
  const unique = other.table?.keys.find(({ primary }) => primary)?.columns ?? [];
  const order = [...(sort ? [sort.sql] : []), ...unique.map((column) => `${other.alias}.${column}`)].join(
    ', ',
  );
  const looked = draw.random
    .sample(referencesOf([other]), 2)
    .map(
      ({ sql }, i) =>
        `(SELECT ${sql} FROM ${other.text} ${other.alias} WHERE ${pair.right.sql} = ${pair.left.sql} ORDER BY ${order || '1'} LIMIT 1) AS s${i}`,
    );
  return `SELECT ${draw.of(referencesOf([one])).sql}, ${looked.join(', ')} FROM ${one.text} ${one.alias}`;
}

/** Select items with names of their own where two would be called alike. */
function selectItems(draw: Draw, shown: readonly Relation[], all: readonly Relation[]): string[] {
  if (draw.chance(0.05)) return [`${draw.of(shown).alias}.*`];
  const columns = draw.random.sample(referencesOf(shown), draw.random.between(1, 4));
  const items = columns.map(({ sql }, i) => (draw.chance(0.3) ? `${sql} AS c${i}` : sql));
  if (draw.chance(0.3)) {
    for (let left = draw.of([1, 1, 2, 3]); left > 0; left--) {
      const value = scalarSubquery(draw, all, 2);
      if (value) items.push(`${value} AS s${left}`);
    }
  }
  if (draw.chance(0.08)) items.push(`${simple(draw, all)} AS test`);
  if (draw.chance(0.05)) items.push(windowCall(draw, all) ?? '1');
  return items;
}

function windowCall(draw: Draw, relations: readonly Relation[]): string | null {
  const [by, value] = [draw.column(relations), draw.column(relations, 'integer', 'decimal')];
  if (!by || !value) return null;
  return draw.of([
    `count(*) OVER (PARTITION BY ${by.sql}) AS w`,
    `sum(${value.sql}) OVER (PARTITION BY ${by.sql}) AS w`,
    `max(${value.sql}) OVER (PARTITION BY ${by.sql}) AS w`,
    `rank() OVER (ORDER BY ${by.sql}) AS w`,
    `sum(${value.sql}) OVER (ORDER BY ${by.sql}) AS w`,
  ]);
}

/** Groups with aggregates. */
export function groupedSelect(draw: Draw): string {
  const { text, relations } = from(draw, 3);
  const keys = draw.random.sample(referencesOf(relations), draw.of([0, 1, 1, 1, 2, 2, 3]));
  const source = `FROM ${text}${draw.maybe(` WHERE ${conditions(draw, relations, 1)}`, 0.6)}`;
  const calls = Array.from(
    { length: draw.of([1, 1, 2, 3]) },
    (_, i) => `${aggregate(draw, relations)} AS a${i}`,
  );
  if (keys.length === 0) {
    return `SELECT ${calls.join(', ')} ${source}${draw.maybe(` HAVING ${aggregate(draw, relations)} IS NOT NULL`, 0.1)}`;
  }
  const list = keys.map(({ sql }) => sql);
  const shown = draw.chance(0.8) ? keys.map(({ sql }, i) => `${sql} AS k${i}`) : [];
  const having = draw.chance(0.4) ? ` HAVING ${havingCondition(draw, relations, keys)}` : '';
  const group = draw.of([list.join(', '), list.join(', '), list.join(', '), `ROLLUP (${list.join(', ')})`]);
  const items = draw.chance(0.12) ? shown : [...shown, ...calls];
  const order = draw.chance(0.15) ? ' ORDER BY 1' : '';
  if (draw.chance(0.08) && keys[0]) {
    const call = draw.of(['sum', 'max', 'min', 'count']);
    const inner = `SELECT ${list.map((sql, i) => `${sql} AS k${i}`).join(', ')}, ${numeric(draw, relations)} AS a ${source} GROUP BY ${list.join(', ')}`;
    return `SELECT x.k0, ${call}(x.a) AS a FROM (${inner}) x GROUP BY x.k0`;
  }
  return `SELECT ${draw.maybe('DISTINCT ', 0.1)}${(items.length > 0 ? items : calls).join(', ')} ${source} GROUP BY ${group}${having}${order}`;
}

function havingCondition(draw: Draw, relations: readonly Relation[], keys: readonly Reference[]): string {
  const key = draw.of(keys);
  const onKey = draw.of([
    `${key.sql} = ${draw.literal(key)}`,
    `${key.sql} IS NOT NULL`,
    `${key.sql} IN (${draw.literal(key)}, ${draw.literal(key)})`,
    `${key.sql} > ${draw.literal(key)}`,
  ]);
  const onGroup = draw.of([
    `count(*) ${draw.of(['> 1', '>= 1', '= 1', '> 0', '< 3'])}`,
    `${numeric(draw, relations)} > ${draw.of(['0', '1', '5'])}`,
    `max(${draw.column(relations, 'integer')?.sql ?? '1'}) <> min(${draw.column(relations, 'integer')?.sql ?? '1'})`,
    `count(*) > (SELECT count(*) FROM ${draw.table().name})`,
  ]);
  return draw.of([onKey, onGroup, onGroup, `${onKey} AND ${onGroup}`]);
}

function numeric(draw: Draw, relations: readonly Relation[]): string {
  const number = draw.number(relations);
  return number ? `${draw.of(['sum', 'avg', 'max', 'min'])}(${number.sql})` : 'count(*)';
}

/** An aggregate over what is in sight. */
export function aggregate(draw: Draw, relations: readonly Relation[]): string {
  const number = draw.column(relations, 'integer', 'decimal');
  const any = draw.column(relations);
  const ordered = draw.column(relations, 'integer', 'decimal', 'text', 'date', 'timestamp');
  const value = number?.sql ?? '1';
  return draw.of([
    'count(*)',
    'count(*)',
    `count(${any?.sql ?? '1'})`,
    'count(1)',
    `count(DISTINCT ${any?.sql ?? '1'})`,
    `sum(${value})`,
    `avg(${value})`,
    `${draw.of(['max', 'min'])}(${ordered?.sql ?? '1'})`,
    `${draw.of(['max', 'min'])}(DISTINCT ${ordered?.sql ?? '1'})`,
    `sum(CASE WHEN ${simple(draw, relations)} THEN 1 ELSE 0 END)`,
    `sum(CASE WHEN ${simple(draw, relations)} THEN ${value} END)`,
    `count(CASE WHEN ${simple(draw, relations)} THEN 1 END)`,
    `count(*) FILTER (WHERE ${simple(draw, relations)})`,
    `bool_or(${simple(draw, relations)})`,
    `coalesce(sum(${value}), 0)`,
    `sum(DISTINCT ${value})`,
    `sum(1)`,
    `sum(${value} + 1)`,
    `sum(${value} * 2)`,
  ]);
}

/** Rows of the first table that have partners, or have none: joins for what is a semi-join. */
export function semiJoinSelect(draw: Draw): string {
  const one = draw.relation();
  const other = draw.relation();
  const pair = draw.pair([one], other);
  if (!pair) return plainSelect(draw);
  const columns = draw.random.sample(referencesOf([one]), draw.random.between(1, 4)).map(({ sql }) => sql);
  const key = one.table?.keys.find(({ primary }) => primary);
  const list = [
    ...new Set([...(key && draw.chance(0.6) ? key.columns.map((c) => `${one.alias}.${c}`) : []), ...columns]),
  ];
  const on = `${other.text} ${other.alias} ON ${pair.right.sql} = ${pair.left.sql}`;
  const where = draw.chance(0.5) ? ` AND ${predicate(draw, [one], 1)}` : '';
  const items = list.join(', ');
  const from = `FROM ${one.text} ${one.alias}`;
  return draw.of([
    `SELECT DISTINCT ${items} ${from} JOIN ${on} WHERE ${simple(draw, [other])}${where}`,
    `SELECT DISTINCT ${items} ${from} JOIN ${on}${where.replace(' AND', ' WHERE')}`,
    `SELECT ${items} ${from} JOIN ${on}${where.replace(' AND', ' WHERE')} GROUP BY ${items}`,
    `SELECT ${items} ${from} LEFT JOIN ${on} WHERE ${draw.of(referencesOf([other])).sql} IS NULL${where}`,
    `SELECT ${items} ${from} LEFT JOIN ${on} WHERE ${pair.right.sql} IS NULL${where}`,
    `SELECT ${items} ${from} LEFT JOIN ${on}${where.replace(' AND', ' WHERE')}`,
    `SELECT ${items} ${from} JOIN ${on}${where.replace(' AND', ' WHERE')}`,
    `SELECT ${items} ${from} LEFT JOIN ${on} WHERE ${simple(draw, [other])}${where}`,
    `SELECT count(DISTINCT ${draw.of(list)}) ${from} JOIN ${on}${where.replace(' AND', ' WHERE')}`,
    `SELECT ${items}, count(${pair.right.sql}) AS n ${from} LEFT JOIN ${on}${where.replace(' AND', ' WHERE')} GROUP BY ${items}`,
  ]);
}
