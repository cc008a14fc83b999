/** What the core proves of random queries, against random small databases full of NULLs and duplicates. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PGlite } from '@electric-sql/pglite';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { isAtMostOneRow, keysOf, rowsAreUnique } from '../../../src/core/sql/properties/keys.ts';
import { isNotNull } from '../../../src/core/sql/properties/not-null.ts';
import { rejectsNull } from '../../../src/core/sql/properties/null-rejection.ts';
import { isTotalOrder } from '../../../src/core/sql/properties/order.ts';
import { areDisjoint } from '../../../src/core/sql/properties/value-sets.ts';
import type { AnalyzedStatement, Block } from '../../../src/core/sql/query-model.ts';

const SCHEMA = `
  CREATE TABLE p (id integer PRIMARY KEY, u integer UNIQUE, x integer, y integer NOT NULL, s text);
  CREATE TABLE c (a integer NOT NULL, b integer NOT NULL, p_id integer REFERENCES p, x integer, PRIMARY KEY (a, b));
  CREATE TABLE n (k integer UNIQUE NULLS NOT DISTINCT, v integer, w integer, UNIQUE (v, w));
`;
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  p: ['id', 'u', 'x', 'y'],
  c: ['a', 'b', 'p_id', 'x'],
  n: ['k', 'v', 'w'],
};
const DATABASES = 10;
const QUERIES = 400;

const catalog = catalogFromDdl(SCHEMA, 'postgresql');

/** Mulberry32: a small generator with a seed, so that a failure can be seen again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function nameOf(column: string): string {
  return column.slice(column.indexOf('.') + 1);
}

class Generator {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = random(seed);
  }

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  one<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  /** A database of few rows that obeys the constraints: violating rows are left out. */
  rows(): string {
    const value = (nullable = true): string =>
      nullable && this.chance(0.35) ? 'NULL' : String(this.below(4));
    const insert = (table: string, values: string): string =>
      `INSERT INTO ${table} VALUES (${values}) ON CONFLICT DO NOTHING;`;
    const lines: string[] = [];
    for (let i = this.below(6); i > 0; i--) {
      lines.push(
        insert(
          'p',
          `${value(false)}, ${value()}, ${value()}, ${value(false)}, ${this.one(["'a'", "'b'", 'NULL'])}`,
        ),
      );
    }
    for (let i = this.below(7); i > 0; i--) {
      lines.push(
        insert(
          'c',
          `${value(false)}, ${value(false)}, (SELECT id FROM p ORDER BY random() LIMIT 1), ${value()}`,
        ),
      );
    }
    for (let i = this.below(5); i > 0; i--) lines.push(insert('n', `${value()}, ${value()}, ${value()}`));
    return `TRUNCATE p, c, n; ${lines.join(' ')}`;
  }

  /** A relation and the columns that it has under its alias. */
  private relation(alias: string): { text: string; columns: string[] } {
    const table = this.one(Object.keys(COLUMNS));
    const columns = COLUMNS[table] ?? [];
    if (this.chance(0.75))
      return { text: `${table} ${alias}`, columns: columns.map((column) => `${alias}.${column}`) };
    const [g, h] = [this.one(columns), this.one(columns)];
    const query = this.one([
      `SELECT ${g} AS g, count(*) AS h FROM ${table} GROUP BY ${g}`,
      `SELECT DISTINCT ${g} AS g, ${h} AS h FROM ${table}`,
      `SELECT max(${g}) AS g, min(${h}) AS h FROM ${table}`,
      `SELECT ${g} AS g, ${h} AS h FROM ${table}`,
      `SELECT ${g} AS g, ${h} AS h FROM ${table} UNION SELECT k, v FROM n`,
      `SELECT ${g} AS g, ${h} AS h FROM ${table} WHERE ${g} = ${this.below(4)}`,
      `SELECT ${g} AS g, ${h} AS h FROM ${table} ORDER BY ${g} LIMIT 1`,
    ]);
    return { text: `(${query}) ${alias}`, columns: [`${alias}.g`, `${alias}.h`] };
  }

  /** A derived table that refers to what stands to its left. */
  private lateral(alias: string, columns: readonly string[]): { text: string; columns: string[] } {
    const left = this.one(columns);
    const query = this.one([
      `SELECT max(x) AS g, count(*) AS h FROM c WHERE a = ${left}`,
      `SELECT x AS g, y AS h FROM p WHERE id = ${left}`,
      `SELECT b AS g, x AS h FROM c WHERE a >= ${left} ORDER BY a, b LIMIT 1`,
      `SELECT DISTINCT v AS g, w AS h FROM n WHERE k <> ${left}`,
      `SELECT ${left} AS g, 1 AS h`,
    ]);
    return { text: `LATERAL (${query}) ${alias}`, columns: [`${alias}.g`, `${alias}.h`] };
  }

  predicate(columns: readonly string[]): string {
    const [a, b] = [this.one(columns), this.one(columns)];
    const k = this.below(4);
    return this.one([
      `${a} = ${b}`,
      `${a} = ${k}`,
      `${a} = ${b}`,
      `${a} > ${k}`,
      `${a} IS NULL`,
      `${a} IS NOT NULL`,
      `NOT (${a} IS NULL)`,
      `${a} IN (${k}, ${b})`,
      `${a} NOT IN (${k}, ${this.below(4)})`,
      `(${a} = ${k} OR ${b} > ${k})`,
      `(${a} = ${k} OR ${a} < ${k})`,
      `coalesce(${a}, ${k}) = ${b}`,
      `${a} BETWEEN ${k} AND ${b}`,
      `${a} IS DISTINCT FROM ${b}`,
      `${a} IS NOT DISTINCT FROM ${k}`,
      `${a} + ${b} > ${k}`,
      `(${a} > ${b}) IS NOT FALSE`,
      `CASE WHEN ${a} > ${k} THEN ${b} END = ${k}`,
      `NOT (${a} = ${b})`,
      `${a} IN (SELECT x FROM p)`,
      `${a} NOT IN (SELECT a FROM c)`,
      `${a} > ALL (SELECT v FROM n)`,
    ]);
  }

  conjunction(columns: readonly string[], most: number): string {
    return Array.from({ length: 1 + this.below(most) }, () => this.predicate(columns)).join(' AND ');
  }

  /** FROM with the columns in sight. */
  private from(): { text: string; columns: string[] } {
    let { text, columns } = this.relation('r0');
    for (let i = 1, joins = this.below(3); i <= joins; i++) {
      const right = this.chance(0.15) ? this.lateral(`r${i}`, columns) : this.relation(`r${i}`);
      if (right.text.startsWith('LATERAL')) {
        const join = this.one(['CROSS JOIN', 'LEFT JOIN']);
        text = `${text} ${join} ${right.text}${join === 'LEFT JOIN' ? ` ON ${this.predicate([...columns, ...right.columns])}` : ''}`;
        columns = [...columns, ...right.columns];
        continue;
      }
      const type = this.one(['JOIN', 'LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'CROSS JOIN']);
      const all = [...columns, ...right.columns];
      const equality = `${this.one(columns)} = ${this.one(right.columns)}`;
      // PostgreSQL wants a FULL JOIN to be mergeable
      const shared = columns
        .filter((one) => right.columns.some((other) => nameOf(one) === nameOf(other)))
        .map(nameOf);
      const [name] = shared;
      if (name && shared.length === 1 && type !== 'CROSS JOIN' && type !== 'FULL JOIN' && this.chance(0.4)) {
        text = `${text} ${type} ${right.text} USING (${name})`;
        columns = all;
        continue;
      }
      const extra = type !== 'FULL JOIN' && this.chance(0.3) ? ` AND ${this.predicate(all)}` : '';
      text = `${text} ${type} ${right.text}${type === 'CROSS JOIN' ? '' : ` ON ${equality}${extra}`}`;
      columns = all;
    }
    return { text, columns };
  }

  query(): string {
    const { text, columns } = this.from();
    const where = this.chance(0.7) ? ` WHERE ${this.conjunction(columns, 3)}` : '';
    const width = 1 + this.below(3);
    const outputs = Array.from({ length: width }, () => this.one(columns));
    const list = outputs.map((column, i) => `${column} AS o${i}`).join(', ');
    const order = `ORDER BY ${outputs.slice(0, 1 + this.below(width)).join(', ')}`;
    const shape = this.below(10);
    if (shape === 0) return `SELECT DISTINCT ${list} FROM ${text}${where}`;
    if (shape === 1)
      return `SELECT ${list}, count(*) AS n FROM ${text}${where} GROUP BY ${outputs.join(', ')}`;
    if (shape === 2)
      return `SELECT ${outputs[0]} AS o0, count(*) AS n FROM ${text}${where} GROUP BY ROLLUP (${outputs.join(', ')})`;
    if (shape === 3) return `SELECT max(${outputs[0]}) AS o0, count(*) AS n FROM ${text}${where}`;
    return `SELECT ${list} FROM ${text}${where}${shape < 6 ? ` ${order}` : ''}`;
  }
}

let db: PGlite;
before(async () => {
  db = await PGlite.create();
  await db.exec(SCHEMA);
});
after(() => db.close());

/** A claim, as a query that must give 0. */
interface Claim {
  readonly about: string;
  readonly violations: string;
}

function claimsOf(statement: AnalyzedStatement, block: Block): Claim[] {
  const { text } = statement;
  const claims: Claim[] = [];
  const claim = (about: string, violations: string): void => {
    claims.push({ about: `${about}: ${text}`, violations });
  };
  const names = block.outputs.map((output) => output.name).join(', ');
  if (rowsAreUnique(block, statement)) {
    claim(
      'rows are unique',
      `SELECT count(*) FROM (SELECT 1 FROM (${text}) q GROUP BY ${names} HAVING count(*) > 1) z`,
    );
  }
  if (isAtMostOneRow(block.query, statement)) {
    claim('at most one row', `SELECT greatest(count(*) - 1, 0) FROM (${text}) q`);
  }
  for (const output of block.outputs) {
    const proved =
      output.notNull ||
      (output.expression !== null && !block.grouped && isNotNull(output.expression, block, statement));
    if (proved)
      claim(`${output.name} is not null`, `SELECT count(*) FROM (${text}) q WHERE ${output.name} IS NULL`);
  }
  if (block.orderBy.length > 0 && isTotalOrder(block, statement)) {
    const keys = block.orderBy.map((item) => text.slice(item.start, item.end)).join(', ');
    const bare = text.slice(0, text.indexOf(' ORDER BY ', text.lastIndexOf(')') + 1));
    claim(
      'total order',
      `SELECT count(*) FROM (SELECT count(*) OVER (PARTITION BY ${keys}) AS ties FROM ${bare.slice(bare.indexOf(' FROM ') + 6)}) q WHERE ties > 1`,
    );
  }
  for (const source of block.sources) {
    for (const key of keysOf(source, statement)) {
      const range = text.slice(source.node.start, source.node.end);
      if (key.columns.length === 0 || source.lateral) continue;
      const columns = key.columns.map((column) => `${source.alias}.${column}`);
      const filter = key.nullSafe
        ? ''
        : `WHERE ${columns.map((column) => `${column} IS NOT NULL`).join(' AND ')}`;
      claim(
        `key ${columns.join()}`,
        `SELECT count(*) FROM (SELECT 1 FROM ${range} ${filter} GROUP BY ${columns.join(', ')} HAVING count(*) > 1) q`,
      );
    }
  }
  claims.push(...joinClaims(statement, block));
  return claims;
}

/** A LEFT JOIN whose NULLs are rejected gives what an inner join gives. */
function joinClaims(statement: AnalyzedStatement, block: Block): Claim[] {
  const { text } = statement;
  return block.joins.flatMap((join) => {
    const [right] = join.right;
    if (join.type !== 'left' || join.right.length !== 1 || !right || !join.node) return [];
    if (!block.where.some((conjunct) => rejectsNull(conjunct, right, statement))) return [];
    // an outer join further out may fill the row up again
    if (block.joins.some((other) => other.type === 'full' || other.type === 'right')) return [];
    const { start, end } = join.node.joinRange;
    const inner = `${text.slice(0, start)}JOIN${text.slice(end)}`;
    const difference = `(SELECT count(*) FROM ((${text}) EXCEPT ALL (${inner})) d)`;
    return [{ about: `inner join instead of ${right.alias}: ${text}`, violations: `SELECT ${difference}` }];
  });
}

test('what is proved of random queries holds on random databases', async () => {
  const generator = new Generator(20260101);
  const claims: Claim[] = [];
  for (let i = 0; i < QUERIES; i++) {
    const statement = analyzeStatement(generator.query(), catalog);
    assert.ok(statement.root, statement.text);
    claims.push(...claimsOf(statement, statement.root));
  }
  const kinds = new Set(claims.map((claim) => claim.about.replace(/^(\w+ \w+).*/s, '$1')));
  assert.ok(claims.length > QUERIES / 2, `only ${claims.length} claims`);
  for (const kind of ['rows are', 'at most', 'total order', 'inner join', 'o0 is'])
    assert.ok(kinds.has(kind), kind);
  const refuted = new Set<string>();
  for (let i = 0; i < DATABASES; i++) {
    await db.exec(generator.rows());
    // one message for all claims: planning them is what takes the time
    const results = await db.exec(
      claims.map(({ violations }) => `SELECT (${violations})::int AS n;`).join('\n'),
    );
    claims.forEach(({ about }, at) => {
      if (results[at]?.rows[0]?.['n'] !== 0) refuted.add(about);
    });
  }
  assert.deepEqual([...refuted], []);
});

test('predicates that are said to have nothing in common never hold of one value', async () => {
  const generator = new Generator(7);
  const refuted: string[] = [];
  let proved = 0;
  for (let i = 0; i < 3000; i++) {
    const [a, b] = [generator.conjunction(['p.x'], 2), generator.conjunction(['p.x'], 2)];
    const statement = analyzeStatement(
      `SELECT p.x FROM p WHERE ${a} UNION ALL SELECT p.x FROM p WHERE ${b}`,
      catalog,
    );
    const [first, second] = statement.blocks;
    const [x, y] = [first?.select.items[0]?.expression, second?.select.items[0]?.expression];
    if (!first || !second || !x || !y || !areDisjoint(first.where, x, second.where, y, statement)) continue;
    proved++;
    const holds = await db.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM (VALUES (-1), (0), (1), (2), (3), (4), (5), (NULL)) p(x) WHERE (${a}) AND (${b})`,
    );
    if (holds.rows[0]?.n !== 0) refuted.push(`${a} / ${b}`);
  }
  assert.ok(proved > 50, `only ${proved} pairs are proved disjoint`);
  assert.deepEqual(refuted, []);
});
