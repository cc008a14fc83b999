/** Rows of small databases: drawn by profile, obeying keys and foreign keys, and changed a little at a time. */
import type { Random } from './random.ts';
import type { ColumnShape, ForeignKeyShape, SearchSpace, TableShape } from './search-space.ts';
import type { ValuePool } from './values.ts';

/** Cells as text that the server reads, in the order of the shape's columns; null is NULL. */
export type SmallRow = readonly (string | null)[];

/** One small database with the values of the placeholders. */
export interface SmallDatabase {
  /** rows per table, in the order of the search space's tables */
  readonly rows: readonly (readonly SmallRow[])[];
  readonly parameters: readonly (string | null)[];
}

/** How a database is drawn. */
export interface Profile {
  /** rows per table, at least and at most */
  readonly size: readonly [number, number];
  /** share of NULLs where NULL is allowed */
  readonly nulls: number;
  /** different values per group of columns */
  readonly domain: number;
  /** share of values that the statements name, just beside, odd; the rest is plain */
  readonly named: number;
  readonly near: number;
  readonly odd: number;
  /** share of rows that repeat an earlier one, keys aside */
  readonly repeats: number;
  /** share of tables that stay empty */
  readonly empty: number;
}

const PROFILES: readonly Profile[] = [
  // rows that reach the output: everything takes the values that the statements name
  { size: [2, 4], nulls: 0.1, domain: 2, named: 0.8, near: 0.1, odd: 0, repeats: 0.2, empty: 0 },
  { size: [1, 1], nulls: 0, domain: 1, named: 0.7, near: 0.2, odd: 0, repeats: 0, empty: 0 },
  { size: [1, 3], nulls: 0.4, domain: 2, named: 0.5, near: 0.1, odd: 0.1, repeats: 0.2, empty: 0.1 },
  { size: [2, 5], nulls: 0.15, domain: 3, named: 0.4, near: 0.4, odd: 0.1, repeats: 0.2, empty: 0 },
  { size: [2, 5], nulls: 0.1, domain: 1, named: 0.5, near: 0.1, odd: 0, repeats: 0.7, empty: 0 },
  { size: [1, 4], nulls: 0.2, domain: 4, named: 0.2, near: 0.2, odd: 0.4, repeats: 0.1, empty: 0 },
  { size: [1, 3], nulls: 0.9, domain: 2, named: 0.5, near: 0, odd: 0, repeats: 0, empty: 0 },
  { size: [1, 3], nulls: 0.1, domain: 2, named: 0.6, near: 0.1, odd: 0.1, repeats: 0.1, empty: 0.4 },
  { size: [3, 7], nulls: 0.2, domain: 3, named: 0.4, near: 0.2, odd: 0.1, repeats: 0.3, empty: 0 },
  { size: [4, 8], nulls: 0.05, domain: 2, named: 0.6, near: 0.2, odd: 0.05, repeats: 0.3, empty: 0 },
];

/** With a result that is cut, every so many databases one is large enough to be cut. */
const PAGE_EVERY = 7;
/** Tries to find values that do not repeat a key before the row gets fresh ones. */
const KEY_TRIES = 6;

/** Draws databases of one search space. */
export class RowGenerator {
  private readonly space: SearchSpace;
  private readonly random: Random;

  constructor(space: SearchSpace, random: Random) {
    this.space = space;
    this.random = random;
  }

  /**
   * The n-th database of a series: first the empty one, then each profile in turn; thresholds of the statements
   * decide about the size of some.
   */
  draw(n: number): SmallDatabase {
    const { tables, thresholds } = this.space;
    if (n === 0) return { rows: tables.map(() => []), parameters: this.drawParameters(new Map(), 0) };
    if (this.space.page > 0 && n % PAGE_EVERY === PAGE_EVERY - 1) return this.fill(this.pageProfile(), null);
    const profile = PROFILES[n % PROFILES.length] ?? FALLBACK;
    const threshold = n % 4 === 3 ? this.random.pick(thresholds) : undefined;
    return this.fill(profile, threshold ?? null);
  }

  private fill(profile: Profile, threshold: number | null): SmallDatabase {
    const domains = new Map<string, readonly string[]>();
    const rows: SmallRow[][] = [];
    // with a threshold one table has that many rows, just fewer or just more, and most of them form one group
    const large = threshold === null ? -1 : this.random.between(0, this.space.tables.length - 1);
    const all = threshold !== null && this.random.chance(0.25);
    this.space.tables.forEach((shape, index) => {
      const isLarge = index === large || all;
      const drawn: Profile = isLarge
        ? { ...profile, domain: 1, nulls: profile.nulls / 4, repeats: 0.8 }
        : profile;
      const empty = !isLarge && this.random.chance(profile.empty);
      const size = isLarge
        ? (threshold ?? 0) + this.random.between(-1, 1)
        : this.random.between(...profile.size);
      rows.push(empty ? [] : this.fillTable(shape, index, size, drawn, domains, rows));
    });
    return { rows, parameters: this.drawParameters(domains, 0.15, profile) };
  }

  /** More rows than a result is cut at, of many values, so that enough of them pass the conditions and form groups. */
  private pageProfile(): Profile {
    const { page } = this.space;
    return {
      size: [page + 1, 3 * page + 3],
      nulls: 0.08,
      domain: page + 3,
      named: 0.35,
      near: 0.2,
      odd: 0.05,
      repeats: this.random.chance(0.5) ? 0.5 : 0.1,
      empty: 0,
    };
  }

  private fillTable(
    shape: TableShape,
    index: number,
    size: number,
    profile: Profile,
    domains: Map<string, readonly string[]>,
    above: readonly (readonly SmallRow[])[],
  ): SmallRow[] {
    const rows: SmallRow[] = [];
    const seen = shape.keys.map(() => new Set<string>());
    for (let i = 0; i < size; i++) {
      for (let attempt = 0; attempt <= KEY_TRIES; attempt++) {
        const repeated = this.random.chance(profile.repeats) ? this.random.pick(rows) : undefined;
        const row = shape.columns.map((column, at): string | null => {
          if (repeated && !inKey(shape, at)) return repeated[at] ?? null;
          // rows that are equal but for the primary key: a unique column that is NULL in both
          if (repeated && mayRepeatNull(shape, at) && this.random.chance(0.4)) return null;
          return this.drawCell(column, profile, domains);
        });
        if (!this.placeForeignKeys(row, shape, index, rows, above, profile)) break;
        if (attempt === KEY_TRIES) this.freshKeys(row, shape, i);
        if (isRepeated(row, shape, seen)) continue;
        rows.push(row);
        break;
      }
    }
    return rows;
  }

  private drawCell(
    column: ColumnShape,
    profile: Profile,
    domains: Map<string, readonly string[]>,
  ): string | null {
    if (!column.notNull && this.random.chance(profile.nulls)) return null;
    const domain = this.domainOf(column.group, column.family, column.pool, profile, domains);
    return this.random.pick(domain) ?? (column.notNull ? '' : null);
  }

  /** The few values that a group of columns takes in one database: small, so that rows meet and repeat. */
  private domainOf(
    group: number,
    family: string,
    pool: ValuePool,
    profile: Profile,
    domains: Map<string, readonly string[]>,
  ): readonly string[] {
    const key = `${group}:${family}:${profile.domain}`;
    const known = domains.get(key);
    if (known) return known;
    const values = new Set<string>();
    for (let i = 0; i < profile.domain * 2 && values.size < profile.domain; i++) {
      const value = this.drawValue(pool, profile);
      if (value !== undefined) values.add(value);
    }
    const domain = [...values];
    domains.set(key, domain);
    return domain;
  }

  private drawValue(pool: ValuePool, profile: Profile): string | undefined {
    const dice = this.random.next();
    const { named, near, plain, odd } = pool;
    if (dice < profile.named && named.length > 0) return this.random.pick(named);
    if (dice < profile.named + profile.near && near.length > 0) return this.random.pick(near);
    if (dice < profile.named + profile.near + profile.odd && odd.length > 0) return this.random.pick(odd);
    return this.random.pick(plain) ?? this.random.pick(named) ?? this.random.pick(odd);
  }

  /** Let foreign keys point at rows that exist. @returns false when there is none and NULL is not allowed */
  private placeForeignKeys(
    row: (string | null)[],
    shape: TableShape,
    index: number,
    own: readonly SmallRow[],
    above: readonly (readonly SmallRow[])[],
    profile: Profile,
  ): boolean {
    return shape.foreignKeys.every((foreignKey) => {
      const nullable = foreignKey.columns.filter((at) => !shape.columns[at]?.notNull);
      const parents = foreignKey.table === index ? [...own, row] : (above[foreignKey.table] ?? []);
      if (nullable.length > 0 && (parents.length === 0 || this.random.chance(profile.nulls))) {
        for (const at of nullable) row[at] = null;
        return true;
      }
      const parent = this.pickParent(parents, foreignKey, profile);
      if (!parent) return false;
      foreignKey.columns.forEach((at, i) => {
        row[at] = parent[foreignKey.references[i] ?? -1] ?? null;
      });
      return true;
    });
  }

  /** With a domain of one value most rows hang on one parent: large groups. */
  private pickParent(
    parents: readonly SmallRow[],
    foreignKey: ForeignKeyShape,
    profile: Profile,
  ): SmallRow | undefined {
    const complete = parents.filter((parent) => foreignKey.references.every((at) => parent[at] != null));
    if (profile.domain === 1 && this.random.chance(0.9)) return complete[0];
    return this.random.pick(complete);
  }

  /** Values that no other row has, for the last column of each key that is not bound by a foreign key. */
  private freshKeys(row: (string | null)[], shape: TableShape, n: number): void {
    for (const key of shape.keys) {
      const free = key.columns.filter((at) => !shape.foreignKeys.some((fk) => fk.columns.includes(at)));
      if (key.columns.some((each) => row[each] === null && mayRepeatNull(shape, each))) continue;
      const at = free.at(-1);
      const column = at === undefined ? undefined : shape.columns[at];
      if (at !== undefined && column) row[at] = freshValue(column, n);
    }
  }

  /** A database with one or two small changes: another value, NULL, a copied or a removed row. */
  mutate(database: SmallDatabase): SmallDatabase {
    const rows = database.rows.map((table) => [...table]);
    const changes = this.random.between(1, 2);
    for (let i = 0; i < changes; i++) this.change(rows);
    const parameters = this.random.chance(0.3) ? this.drawParameters(new Map(), 0.2) : database.parameters;
    return { rows, parameters };
  }

  private change(rows: SmallRow[][]): void {
    const filled = rows.flatMap((table, index) => (table.length > 0 ? [index] : []));
    const index = this.random.pick(filled);
    const shape = index === undefined ? undefined : this.space.tables[index];
    const table = index === undefined ? undefined : rows[index];
    if (!shape || !table) return;
    const at = this.random.between(0, table.length - 1);
    const row = table[at];
    if (!row) return;
    const dice = this.random.next();
    if (dice < 0.15) table.splice(at, 1);
    else if (dice < 0.4) {
      const nulls = this.random.chance(0.5);
      const copy = row.map((cell, column) => (nulls && mayRepeatNull(shape, column) ? null : cell));
      if (nulls) table[at] = [...copy];
      if (shape.keys.length > 0) this.freshKeys(copy, shape, 50 + this.random.between(0, 40));
      table.splice(this.random.between(0, table.length), 0, copy);
    } else table[at] = this.changeCell(row, shape, table);
  }

  private changeCell(row: SmallRow, shape: TableShape, table: readonly SmallRow[]): SmallRow {
    const at = this.random.between(0, shape.columns.length - 1);
    const column = shape.columns[at];
    if (!column) return row;
    const copy = [...row];
    const dice = this.random.next();
    if (!column.notNull && dice < 0.25) copy[at] = null;
    else if (dice < 0.5) copy[at] = this.random.pick(table)?.[at] ?? row[at] ?? null;
    else {
      const profile = this.random.pick(PROFILES) ?? FALLBACK;
      copy[at] = this.drawValue(column.pool, profile) ?? row[at] ?? null;
    }
    return copy;
  }

  private drawParameters(
    domains: ReadonlyMap<string, readonly string[]>,
    nulls: number,
    profile: Profile = FALLBACK,
  ): (string | null)[] {
    return this.space.parameters.map(({ group, pool }) => {
      if (this.random.chance(nulls)) return null;
      const shared = [...domains]
        .filter(([key]) => key.startsWith(`${group}:`))
        .flatMap(([, values]) => values);
      if (shared.length > 0 && this.random.chance(0.7)) return this.random.pick(shared) ?? null;
      return this.drawValue(pool, profile) ?? null;
    });
  }
}

const FALLBACK: Profile = {
  size: [1, 4],
  nulls: 0.2,
  domain: 3,
  named: 0.5,
  near: 0.2,
  odd: 0.1,
  repeats: 0.2,
  empty: 0,
};

/** True when a key's values are there already; otherwise they are remembered. */
function isRepeated(row: SmallRow, shape: TableShape, seen: readonly Set<string>[]): boolean {
  const found = shape.keys.map((key) => {
    const cells = key.columns.map((at) => row[at] ?? null);
    if (!key.primary && !key.nullsNotDistinct && cells.includes(null)) return null;
    return JSON.stringify(cells);
  });
  if (found.some((text, i) => text !== null && seen[i]?.has(text))) return true;
  found.forEach((text, i) => {
    if (text !== null) seen[i]?.add(text);
  });
  return false;
}

function inKey({ keys }: TableShape, column: number): boolean {
  return keys.some((key) => key.columns.includes(column));
}

/** Whether several rows may be NULL in a column of a key: one that is unique, but not the primary one. */
function mayRepeatNull(shape: TableShape, column: number): boolean {
  const keys = shape.keys.filter((key) => key.columns.includes(column));
  return (
    shape.columns[column]?.notNull === false &&
    keys.length > 0 &&
    keys.every((key) => !key.primary && !key.nullsNotDistinct)
  );
}

function freshValue(column: ColumnShape, n: number): string | null {
  switch (column.family) {
    case 'integer':
    case 'decimal':
    case 'float':
      return String(101 + n);
    case 'text':
    case 'char':
      return `k${n}`;
    case 'uuid':
      return `00000000-0000-4000-8000-${String(1000 + n).padStart(12, '0')}`;
    case 'date':
      return new Date(Date.UTC(2024, 5, 1 + n)).toISOString().slice(0, 10);
    case 'timestamp':
      return new Date(Date.UTC(2024, 5, 1, 0, n)).toISOString().slice(0, 19).replace('T', ' ');
    case 'timestamptz':
      return `${new Date(Date.UTC(2024, 5, 1, 0, n)).toISOString().slice(0, 19).replace('T', ' ')}+00`;
    default:
      return column.notNull ? (column.pool.plain[0] ?? null) : null;
  }
}
