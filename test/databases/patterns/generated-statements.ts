/** Statements with set operations, pages, subqueries and joins, put together by chance from parts that fit. */

/** A small generator of even numbers over 32 bits (Numerical Recipes' constants): the same on every machine. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  below(limit: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * limit);
  }

  of<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  }

  maybe(text: string, share = 0.5): string {
    return this.below(1000) < share * 1000 ? text : '';
  }

  some<T>(items: readonly T[], count: number): T[] {
    const left = [...items];
    return Array.from(
      { length: Math.min(count, left.length) },
      () => left.splice(this.below(left.length), 1)[0] as T,
    );
  }
}

const TABLES = {
  facts: {
    columns: ['id', 'n', 'kind', 'code', 'made_at', 'parent_id', 'other_id', 'label'],
    numbers: ['id', 'n', 'parent_id', 'other_id'],
  },
  notes: {
    columns: ['note_id', 'fact_id', 'kind', 'body', 'made_at', 'parent_id'],
    numbers: ['note_id', 'fact_id', 'parent_id'],
  },
  parents: { columns: ['parent_id', 'name', 'grade', 'made_at'], numbers: ['parent_id', 'grade'] },
} as const;

type TableName = keyof typeof TABLES;

/** Columns that may stand at one place of the branches of a set operation, by table. */
const SHARED: readonly Readonly<Record<TableName, string>>[] = [
  { facts: 'id', notes: 'note_id', parents: 'parent_id' },
  { facts: 'n', notes: 'fact_id', parents: 'grade' },
  { facts: 'other_id', notes: 'parent_id', parents: 'parent_id' },
  { facts: 'parent_id', notes: 'parent_id', parents: 'parent_id' },
  { facts: 'kind', notes: 'kind', parents: 'name' },
  { facts: 'code', notes: 'body', parents: 'name' },
  { facts: 'made_at', notes: 'made_at', parents: 'made_at' },
];

function predicate(chance: Chance, table: TableName, alias: string): string {
  const number = `${alias}.${chance.of(TABLES[table].numbers)}`;
  const value = chance.of([0, 1, 2, 5, 17, 30, 300]);
  const kinds =
    table === 'parents'
      ? [`${alias}.name = 'parent ${chance.below(7)}'`]
      : [
          `${alias}.kind = '${chance.of(['red', 'green', 'blue'])}'`,
          `${alias}.kind IN ('red', '${chance.of(['green', 'blue'])}')`,
        ];
  return chance.of([
    ...kinds,
    `${number} ${chance.of(['=', '<', '<=', '>', '>='])} ${value}`,
    `${alias}.made_at ${chance.of(['<', '<=', '>', '>='])} '2024-0${chance.of([1, 2, 3])}-1${chance.below(3)}'`,
    `${number} BETWEEN ${value} AND ${value + 20}`,
    `${number} IS ${chance.maybe('NOT ')}NULL`,
    `(${number} = ${value} OR ${alias}.made_at < '2024-02-01')`,
  ]);
}

function where(chance: Chance, table: TableName, alias: string): string {
  const all = Array.from({ length: chance.below(3) }, () => predicate(chance, table, alias));
  return all.length > 0 ? ` WHERE ${all.join(' AND ')}` : '';
}

function branch(
  chance: Chance,
  places: readonly (Readonly<Record<TableName, string>> | string)[],
  at: number,
): string {
  const table = chance.of<TableName>(['facts', 'facts', 'notes', 'parents']);
  const alias = chance.of([`t${at}`, `t${at}`, 't']);
  const items = places.map((place) =>
    typeof place === 'string' ? `'${chance.of(['a', 'b', 'c'])}${place}'` : `${alias}.${place[table]}`,
  );
  const named = at === 0 ? items.map((item, i) => `${item} AS c${i}`) : items;
  return `SELECT ${chance.maybe('DISTINCT ', 0.15)}${named.join(', ')} FROM ${table} ${alias}${where(chance, table, alias)}`;
}

/** Two or three branches; the second may be the first with another condition. */
function union(chance: Chance, operator: string): { readonly text: string; readonly width: number } {
  const places: (Readonly<Record<TableName, string>> | string)[] = chance.some(SHARED, 1 + chance.below(3));
  if (chance.below(3) === 0) places.push('');
  const branches = [0, 1, ...(chance.below(3) === 0 ? [2] : [])].map((at) => branch(chance, places, at));
  const [first = '', second = ''] = branches;
  if (chance.below(3) > 0) {
    const values = chance.of([
      ["'red'", "'blue'"],
      ["'red'", "'red'"],
    ]);
    const table = / FROM (\w+) (\w+)/.exec(first);
    if (table && table[1] !== 'parents') {
      const clause = (text: string, value: string | undefined): string =>
        `${text}${text.includes(' WHERE ') ? ' AND' : ' WHERE'} ${table[2]}.kind = ${value}`;
      branches[0] = clause(first, values[0]);
      branches[1] = clause(first.replaceAll(/ AS c\d/g, ''), values[1]);
    }
  } else if (chance.below(4) === 0) {
    branches[1] = second.replace('SELECT ', 'SELECT ALL ').replace('ALL DISTINCT', 'DISTINCT');
  }
  return { text: branches.join(` ${operator} `), width: places.length };
}

function order(chance: Chance, columns: readonly string[]): string {
  return chance
    .some(columns, 1 + chance.below(columns.length))
    .map((column) => column + chance.of(['', ' DESC', ' ASC', ' DESC NULLS LAST', ' NULLS FIRST']))
    .join(', ');
}

function setOperation(chance: Chance): string {
  const operator = chance.of(['UNION', 'UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT']);
  const { text, width } = union(chance, operator);
  const columns = Array.from({ length: width }, (_, i) => `c${i}`);
  switch (chance.below(4)) {
    case 0:
      return text;
    case 1:
      return `${text} ORDER BY ${order(chance, columns)}`;
    case 2:
      return `SELECT ${chance.some(columns, width).join(', ')} FROM (${text}) u`;
    default:
      return `SELECT count(*), min(c0) FROM (${text}) u`;
  }
}

function limitedUnion(chance: Chance): string {
  const { text, width } = union(chance, 'UNION ALL');
  const columns = Array.from({ length: width }, (_, i) => `c${i}`);
  const limit = ` LIMIT ${1 + chance.below(30)}${chance.maybe(` OFFSET ${chance.below(40)}`)}`;
  if (chance.below(2) === 0) return `${text} ORDER BY ${order(chance, columns)}${limit}`;
  const shown = chance.some(columns, 1 + chance.below(width));
  const by = order(
    chance,
    columns.map((column) => `u.${column}`),
  );
  return `SELECT ${shown.map((column) => `u.${column}`).join(', ')} FROM (${text}) u ORDER BY ${by}${limit}`;
}

function page(chance: Chance): string {
  const joins = [
    'JOIN parents p ON p.parent_id = f.parent_id',
    'LEFT JOIN parents p ON p.parent_id = f.other_id',
    'JOIN parents p ON p.parent_id = f.other_id',
    'LEFT JOIN notes p ON p.fact_id = f.id',
    'LEFT JOIN parents p ON p.parent_id = f.parent_id AND p.grade > 1',
    'JOIN parents p ON p.parent_id = f.parent_id AND p.grade > 1',
  ];
  const join = chance.maybe(` ${chance.of(joins)}`, 0.8);
  const items = [
    ...chance.some(['f.id', 'f.n', 'f.code', 'f.made_at'], 2),
    ...(join ? ['p.made_at AS at', 'p.parent_id'] : []),
  ];
  const by = order(
    chance,
    chance.of([
      ['f.made_at', 'f.id'],
      ['f.id'],
      ['f.n', 'f.id'],
      ['f.kind', 'f.big'],
      ...(join ? [['p.made_at', 'f.id']] : []),
    ]),
  );
  const star = !join && chance.below(3) === 0;
  return `SELECT ${star ? '*' : items.join(', ')} FROM facts f${join}${where(chance, 'facts', 'f')} ORDER BY ${by} LIMIT ${1 + chance.below(20)} OFFSET ${1000 + chance.below(500)}`;
}

function sortedSubquery(chance: Chance): string {
  const inner = `SELECT t.id, t.n, t.kind, t.price FROM facts t${where(chance, 'facts', 't')} ORDER BY ${order(chance, ['t.n', 't.kind', 't.id'])}${chance.maybe(' LIMIT 7', 0.15)}`;
  return chance.of([
    `SELECT count(*), sum(s.n) FROM (${inner}) s`,
    `SELECT s.kind, max(s.id), sum(s.price) FROM (${inner}) s GROUP BY s.kind`,
    `SELECT s.kind, array_agg(s.id) FROM (${inner}) s GROUP BY s.kind`,
    `SELECT s.kind, string_agg(s.kind, ',' ORDER BY s.id) FROM (${inner}) s GROUP BY s.kind`,
    `SELECT s.id, s.n FROM (${inner}) s ORDER BY s.id DESC`,
    `WITH s AS (${inner}) SELECT a.id FROM s a JOIN s b ON b.id = a.id WHERE b.n > 3 ORDER BY a.id`,
    `SELECT p.parent_id FROM parents p WHERE EXISTS (SELECT 1 FROM (${inner}) s WHERE s.id = p.parent_id)`,
    `SELECT DISTINCT ON (s.kind) s.kind, s.id FROM (${inner}) s ORDER BY s.kind, s.id`,
    `SELECT s.id, row_number() OVER () AS r FROM (${inner}) s ORDER BY s.id`,
  ]);
}

function rangeOverJoin(chance: Chance): string {
  const side = chance.of(['p', 'f']);
  const range = chance.of([
    `${side}.parent_id > 30`,
    `${side}.parent_id BETWEEN 3 AND 9`,
    `7 >= ${side}.parent_id`,
    `${side}.parent_id IN (1, 40)`,
  ]);
  const right = chance.of([
    'facts f',
    '(SELECT parent_id, count(*) AS n FROM facts GROUP BY parent_id) f',
    '(SELECT other_id AS parent_id, min(n) AS n FROM facts GROUP BY other_id) f',
  ]);
  const join = chance.of(['JOIN', 'JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
  return `SELECT p.name, f.n FROM parents p ${join} ${right} ON f.parent_id = p.parent_id WHERE ${range}${chance.maybe(' AND f.n > 2')}`;
}

/** Statements by chance, the same for the same seed. */
export function* generatedStatements(count: number, seed: number): Generator<string> {
  const chance = new Chance(seed);
  const kinds = [setOperation, setOperation, limitedUnion, page, sortedSubquery, rangeOverJoin];
  for (let i = 0; i < count; i++) yield chance.of(kinds)(chance);
}
