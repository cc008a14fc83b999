/** Statements that write, by chance: UPDATE, DELETE, INSERT … SELECT, MERGE, ON CONFLICT, with and without RETURNING. */
import type { Catalog, Column, Table } from '../../../../src/core/catalog/catalog.ts';
import type { Random } from '../../../../src/core/verification/generate/random.ts';
import { conditions, simple } from './predicates.ts';
import { Draw, type Reference, type Relation, referencesOf } from './scope.ts';
import { scalarSubquery, subqueryPredicate } from './subqueries.ts';

const WRITES = [
  update,
  update,
  updateFrom,
  updateFromGroups,
  correlatedUpdate,
  selfJoinUpdate,
  deletion,
  deletion,
  deletionUsing,
  insertion,
  insertion,
  insertIfAbsent,
  merge,
] as const;

/** A write on a table of the catalog; some are refused by the server or by a constraint, as some of anybody's are. */
export function randomWrite(catalog: Catalog, random: Random): string {
  const draw = new Draw(random, catalog);
  return draw.of(WRITES)(draw);
}

function update(draw: Draw): string {
  const { target, text } = targetOf(draw);
  return `UPDATE ${text} SET ${assignments(draw, target, [target])}${where(draw, target)}${returning(draw, target)}`;
}

/** The other table is met by a key of its own, mostly: of several partners any one would be taken. */
function updateFrom(draw: Draw): string {
  const { target, text } = targetOf(draw);
  const other = draw.relation();
  const on = keyJoin(draw, target, other) ?? pairJoin(draw, target, other);
  const more = draw.maybe(` AND ${simple(draw, [target, other])}`);
  const set = assignments(draw, target, [other, target]);
  return `UPDATE ${text} SET ${set} FROM ${other.text} ${other.alias} WHERE ${on}${more}${returning(draw, target)}`;
}

function updateFromGroups(draw: Draw): string {
  const { target, text } = targetOf(draw);
  const inner = draw.relation();
  const pair = draw.pair([target], inner);
  const column = plainColumn(draw, target, 'integer', 'decimal');
  if (!pair || !column) return update(draw);
  const number = draw.column([inner], 'integer', 'decimal');
  const call = draw.of([`max(${number?.sql ?? '1'})`, 'count(*)', `min(${number?.sql ?? '1'})`]);
  const grouped = `SELECT ${pair.right.sql} AS k, ${call} AS m FROM ${inner.text} ${inner.alias}${draw.maybe(` WHERE ${simple(draw, [inner])}`)} GROUP BY ${pair.right.sql}`;
  const rest = `WHERE g.k = ${pair.left.sql}${draw.maybe(` AND ${simple(draw, [target])}`)}${draw.maybe(` AND ${pair.left.sql} = ${draw.literal(pair.left)}`, 0.3)}`;
  return draw.chance(0.5)
    ? `UPDATE ${text} SET ${column.name} = g.m FROM (${grouped}) g ${rest}${returning(draw, target)}`
    : `WITH g AS (${grouped}) UPDATE ${text} SET ${column.name} = g.m FROM g ${rest}${returning(draw, target)}`;
}

/** `SET a = (SELECT …), b = (SELECT …) WHERE EXISTS (…)` over the same rows. */
function correlatedUpdate(draw: Draw): string {
  const { target, text } = targetOf(draw);
  const inner = draw.relation();
  const pair = draw.pair([target], inner);
  const column = plainColumn(draw, target, 'integer', 'decimal');
  if (!pair || !column) return update(draw);
  const number = draw.column([inner], column.family);
  const value = number?.sql ?? '1';
  const also = draw.maybe(` AND ${simple(draw, [inner])}`, 0.3);
  const matching = `FROM ${inner.text} ${inner.alias} WHERE ${pair.right.sql} = ${pair.left.sql}${also}`;
  const call = draw.of([`sum(${value})`, `max(${value})`, `min(${value})`, 'count(*)', value]);
  const set = draw.of([
    `(SELECT ${call} ${matching})`,
    `(SELECT ${call} ${matching})`,
    `coalesce((SELECT ${call} ${matching}), ${column.name})`,
    `${column.name} + (SELECT ${call} ${matching})`,
  ]);
  const condition = draw.of([
    ` WHERE EXISTS (SELECT 1 ${matching})`,
    ` WHERE EXISTS (SELECT 1 ${matching}) AND ${simple(draw, [target])}`,
    ` WHERE ${pair.left.sql} IN (SELECT ${pair.right.sql} FROM ${inner.text} ${inner.alias}${draw.maybe(` WHERE ${simple(draw, [inner])}`)})`,
    where(draw, target),
    '',
  ]);
  return `UPDATE ${text} SET ${column.name} = ${set}${condition}${returning(draw, target)}`;
}

/** `UPDATE t SET … FROM t AS other WHERE other.key = t.key` */
function selfJoinUpdate(draw: Draw): string {
  const { target, text } = targetOf(draw);
  if (!target.table) return update(draw);
  const other = draw.relation(target.table);
  const on = keyJoin(draw, target, other);
  if (!on) return update(draw);
  const filter = draw.of([simple(draw, [other]), subqueryPredicate(draw, [other], 1)]);
  const set = assignments(draw, target, [other]);
  return `UPDATE ${text} SET ${set} FROM ${other.text} ${other.alias} WHERE ${on} AND ${filter}${returning(draw, target)}`;
}

function deletion(draw: Draw): string {
  const { target, text } = targetOf(draw);
  return `DELETE FROM ${text}${where(draw, target)}${returning(draw, target)}`;
}

function deletionUsing(draw: Draw): string {
  const { target, text } = targetOf(draw);
  const other = draw.relation();
  const on = pairJoin(draw, target, other);
  const more = draw.maybe(` AND ${simple(draw, [other, target])}`);
  return `DELETE FROM ${text} USING ${other.text} ${other.alias} WHERE ${on}${more}${draw.maybe(` RETURNING ${target.alias}.*`, 0.4)}`;
}

function insertion(draw: Draw): string {
  const table = draw.of(draw.catalog.tables);
  const inner = draw.chance(0.4) ? draw.relation(table) : draw.relation();
  const columns = writable(table);
  const values = columns.map((column) => insertedValue(draw, table, column, inner));
  const distinct = draw.maybe('DISTINCT ', 0.2);
  const order = draw.maybe(` ORDER BY ${draw.of(referencesOf([inner])).sql}`, 0.2);
  const source = `SELECT ${distinct}${values.join(', ')} FROM ${inner.text} ${inner.alias}${where(draw, inner)}${distinct ? '' : order}`;
  const union = draw.chance(0.2)
    ? ` UNION${draw.maybe(' ALL')} SELECT ${values.join(', ')} FROM ${inner.text} ${inner.alias}${where(draw, inner)}`
    : '';
  const text = union ? `${source.replace(order, '')}${union}` : source;
  return `INSERT INTO ${table.name} (${columns.map(({ name }) => name).join(', ')}) ${text}${conflict(draw, table)}${draw.maybe(' RETURNING *', 0.4)}`;
}

/** `INSERT … SELECT … WHERE NOT EXISTS (the key)` */
function insertIfAbsent(draw: Draw): string {
  const keyed = draw.catalog.tables.filter((table) => table.keys.length > 0);
  const table = draw.random.pick(keyed);
  const key = table && draw.random.pick(table.keys);
  if (!table || !key) return insertion(draw);
  const columns = writable(table);
  if (draw.chance(0.4)) {
    const literals = columns.map((column) => draw.literal(column));
    const test = key.columns.map((name) => `${name} = ${literals[indexOf(columns, name)]}`).join(' AND ');
    return `INSERT INTO ${table.name} (${columns.map(({ name }) => name).join(', ')}) SELECT ${literals.join(', ')} WHERE NOT EXISTS (SELECT 1 FROM ${table.name} WHERE ${test})${draw.maybe(' RETURNING *', 0.3)}`;
  }
  const inner = draw.relation();
  const values = columns.map((column) => insertedValue(draw, table, column, inner));
  const test = key.columns.map((name) => `x.${name} = ${values[indexOf(columns, name)]}`).join(' AND ');
  return `INSERT INTO ${table.name} (${columns.map(({ name }) => name).join(', ')}) SELECT ${values.join(', ')} FROM ${inner.text} ${inner.alias} WHERE NOT EXISTS (SELECT 1 FROM ${table.name} x WHERE ${test})${draw.maybe(` AND ${simple(draw, [inner])}`)}`;
}

function merge(draw: Draw): string {
  const { target, text } = targetOf(draw);
  const other = draw.relation();
  const on = keyJoin(draw, target, other) ?? pairJoin(draw, target, other);
  const source = draw.chance(0.6)
    ? `${other.text} ${other.alias}`
    : `(SELECT * FROM ${other.text} s WHERE ${simple(draw, [{ ...other, alias: 's' }])}) ${other.alias}`;
  const matched = draw.of([
    `WHEN MATCHED THEN UPDATE SET ${assignments(draw, target, [other])}`,
    `WHEN MATCHED AND ${simple(draw, [target, other])} THEN UPDATE SET ${assignments(draw, target, [other, target])}`,
    `WHEN MATCHED AND ${simple(draw, [other])} THEN DELETE`,
    'WHEN MATCHED THEN DO NOTHING',
  ]);
  const columns = target.table ? writable(target.table) : [];
  const values = columns.map((column) =>
    target.table ? insertedValue(draw, target.table, column, other) : '',
  );
  const missing = draw.chance(0.5)
    ? ` WHEN NOT MATCHED THEN INSERT (${columns.map(({ name }) => name).join(', ')}) VALUES (${values.join(', ')})`
    : '';
  return `MERGE INTO ${text} USING ${source} ON ${on} ${matched}${missing}`;
}

/** Leaves of the foreign keys more often than others: rows that nothing refers to can be deleted. */
function targetOf(draw: Draw): { readonly target: Relation; readonly text: string } {
  const { tables } = draw.catalog;
  const leaves = tables.filter(
    (table) =>
      !tables.some((other) => other.foreignKeys.some(({ references }) => references.table === table.name)),
  );
  const table = draw.chance(0.6) && leaves.length > 0 ? draw.of(leaves) : draw.table();
  const target = draw.relation(table);
  return { target, text: `${target.text}${draw.maybe(' AS')} ${target.alias}` };
}

function where(draw: Draw, relation: Relation): string {
  return draw.of([
    () => ` WHERE ${conditions(draw, [relation], 1)}`,
    () => ` WHERE ${conditions(draw, [relation], 1)}`,
    () => ` WHERE ${subqueryPredicate(draw, [relation], 1)}`,
    () => ` WHERE ${subqueryPredicate(draw, [relation], 1)} AND ${simple(draw, [relation])}`,
    () => ` WHERE ${simple(draw, [relation])} OR ${subqueryPredicate(draw, [relation], 1)}`,
    () => ` WHERE ${simple(draw, [relation])}`,
    () => '',
  ])();
}

function returning(draw: Draw, target: Relation): string {
  if (!draw.chance(0.4)) return '';
  const subquery = draw.chance(0.3) ? scalarSubquery(draw, [target], 1) : null;
  const column = draw.of(referencesOf([target])).sql;
  return ` RETURNING ${draw.of([`${target.alias}.*`, column, `${column} AS c`])}${subquery ? `, ${subquery} AS s` : ''}`;
}

function assignments(draw: Draw, target: Relation, sources: readonly Relation[]): string {
  const columns = target.columns.filter((column) => isPlain(target, column.name));
  const chosen = draw.random.sample(columns.length > 0 ? columns : target.columns, draw.chance(0.3) ? 2 : 1);
  return chosen.map((column) => `${column.name} = ${newValue(draw, column, target, sources)}`).join(', ');
}

function newValue(
  draw: Draw,
  column: Relation['columns'][number],
  target: Relation,
  sources: readonly Relation[],
): string {
  const other = draw.column(sources, column.family);
  const own = `${target.alias}.${column.name}`;
  const isNumber = column.family === 'integer' || column.family === 'decimal';
  return draw.of([
    () => draw.literal(column),
    () => other?.sql ?? draw.literal(column),
    () => other?.sql ?? draw.literal(column),
    () => (isNumber ? `${own} + 1` : own),
    () => `coalesce(${other?.sql ?? own}, ${draw.literal(column)})`,
    () => (isNumber ? (scalarSubquery(draw, [target], 1) ?? own) : own),
    () => `CASE WHEN ${simple(draw, [target])} THEN ${draw.literal(column)} ELSE ${own} END`,
  ])();
}

function insertedValue(draw: Draw, table: Table, column: Column, inner: Relation): string {
  const same = draw.column([inner], column.family)?.sql;
  const own = referencesOf([inner]).find(
    ({ name, family }) => name === column.name && family === column.family,
  );
  const isKey = table.keys.some(({ columns }) => columns.includes(column.name));
  if (isKey && column.family === 'integer') {
    const value = own?.sql ?? same ?? '1';
    return draw.of([`${value} + 1000`, `${value} + 1000`, value]);
  }
  return draw.of([own?.sql, own?.sql, same, draw.literal(column)].filter((one) => one !== undefined));
}

function conflict(draw: Draw, table: Table): string {
  const key = draw.random.pick(table.keys);
  if (!key || draw.chance(0.45)) return '';
  const plain = writable(table).filter(
    ({ name }) => !table.keys.some(({ columns }) => columns.includes(name)),
  );
  const column = draw.random.pick(plain);
  return draw.of([
    ' ON CONFLICT DO NOTHING',
    ` ON CONFLICT (${key.columns.join(', ')}) DO NOTHING`,
    column
      ? ` ON CONFLICT (${key.columns.join(', ')}) DO UPDATE SET ${column.name} = excluded.${column.name}`
      : ' ON CONFLICT DO NOTHING',
  ]);
}

/** The other table's key is compared with columns of the target: one partner at most. */
function keyJoin(draw: Draw, target: Relation, other: Relation): string | null {
  const key = draw.random.pick(other.table?.keys ?? []);
  if (!key) return null;
  const pairs = key.columns.map((name) => {
    const column = referencesOf([other]).find((one) => one.name === name);
    const sameName = referencesOf([target]).find((one) => one.name === name && one.family === column?.family);
    const partner =
      target.table === other.table ? sameName : draw.column([target], column?.family ?? 'integer');
    return column && partner ? `${column.sql} = ${partner.sql}` : null;
  });
  return pairs.includes(null) ? null : pairs.join(' AND ');
}

function pairJoin(draw: Draw, target: Relation, other: Relation): string {
  const pair = draw.pair([target], other);
  return pair ? `${pair.left.sql} = ${pair.right.sql}` : simple(draw, [other]);
}

function plainColumn(
  draw: Draw,
  target: Relation,
  ...families: readonly Reference['family'][]
): Reference | null {
  const columns = referencesOf([target]).filter(
    ({ name, family }) => families.includes(family) && isPlain(target, name),
  );
  return draw.random.pick(columns) ?? null;
}

/** No key and no foreign key has the column. */
function isPlain({ table }: Relation, name: string): boolean {
  return ![...(table?.keys ?? []), ...(table?.foreignKeys ?? [])].some(({ columns }) =>
    columns.includes(name),
  );
}

function writable(table: Table): readonly Column[] {
  return table.columns.filter(({ generated }) => generated !== 'stored' && generated !== 'virtual');
}

function indexOf(columns: readonly Column[], name: string): number {
  return columns.findIndex((column) => column.name === name);
}
