/**
 * Rows by chance for the tables of a catalog: NULLs, duplicates, rows without partners, keys and foreign keys obeyed.
 * Values are texts as a server reads them in quotes, so that they serve PostgreSQL and MariaDB alike.
 */
import { type Catalog, type Column, findTable, type Table } from '../../../src/core/catalog/catalog.ts';
import type { Random } from '../../../src/core/verification/generate/random.ts';
import {
  type NamedValue,
  type ValuePool,
  valuePool,
} from '../../../src/core/verification/generate/values.ts';

export type Row = readonly (string | null)[];

export interface FilledTable {
  readonly table: Table;
  /** the columns that get values: all but computed ones */
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** What the rows of one database look like. */
export interface DataProfile {
  readonly rows: number;
  /** share of NULLs where they are allowed */
  readonly nulls: number;
  /** different values of a column at most */
  readonly values: number;
  /** share of values from those that break assumptions */
  readonly odd: number;
}

/** From full tables to empty ones; the first shows most differences. */
export const PROFILES: readonly DataProfile[] = [
  { rows: 14, nulls: 0.15, values: 4, odd: 0.3 },
  { rows: 9, nulls: 0.4, values: 2, odd: 0.2 },
  { rows: 24, nulls: 0.1, values: 6, odd: 0.5 },
  { rows: 6, nulls: 0, values: 3, odd: 0.1 },
  { rows: 3, nulls: 0.3, values: 1, odd: 0.3 },
  { rows: 1, nulls: 0.2, values: 2, odd: 0.3 },
  { rows: 0, nulls: 0, values: 1, odd: 0 },
];

/**
 * Rows for all base tables of a catalog, parents first.
 *
 * @param literals values that the statements name: they and their neighbours are drawn more often
 */
export function randomData(
  catalog: Catalog,
  profile: DataProfile,
  literals: readonly NamedValue[],
  random: Random,
): FilledTable[] {
  const filled: FilledTable[] = [];
  for (const table of parentsFirst(catalog)) {
    const size = random.chance(0.08) ? 0 : Math.ceil(profile.rows * (0.6 + 0.8 * random.next()));
    filled.push(new TableFiller(table, catalog, filled, profile, literals, random).fill(size));
  }
  return filled;
}

class TableFiller {
  private readonly table: Table;
  private readonly catalog: Catalog;
  private readonly above: readonly FilledTable[];
  private readonly profile: DataProfile;
  private readonly random: Random;
  private readonly columns: readonly Column[];
  private readonly domains: readonly (readonly string[])[];

  constructor(
    table: Table,
    catalog: Catalog,
    above: readonly FilledTable[],
    profile: DataProfile,
    literals: readonly NamedValue[],
    random: Random,
  ) {
    this.table = table;
    this.catalog = catalog;
    this.above = above;
    this.profile = profile;
    this.random = random;
    this.columns = table.columns.filter(({ generated }) => generated !== 'stored' && generated !== 'virtual');
    this.domains = this.columns.map((column) => {
      const checks = table.checks.filter(({ expression }) => expression.includes(column.name));
      const checked = checks.flatMap(({ expression }) => literalsOf(expression));
      return this.domain(
        valuePool(column.family, column.type, [...checked, ...literals]),
        checked.length > 0,
      );
    });
  }

  fill(size: number): FilledTable {
    const rows: Row[] = [];
    const seen = this.table.keys.map(() => new Set<string>());
    for (let attempt = 0; rows.length < size && attempt < size * 3; attempt++) {
      const row = this.row(rows, attempt);
      if (row && !this.repeats(row, seen)) rows.push(row);
    }
    return { table: this.table, columns: this.columns, rows };
  }

  private domain(pool: ValuePool, checked: boolean): string[] {
    const { random, profile } = this;
    const values = new Set<string>();
    for (let i = 0; i < profile.values * 2 && values.size < profile.values; i++) {
      const named = checked ? 0.8 : 0.45;
      const from = random.chance(profile.odd)
        ? pool.odd
        : random.chance(named)
          ? pool.named
          : random.chance(0.4)
            ? pool.near
            : pool.plain;
      const value = random.pick(from) ?? random.pick(pool.plain) ?? random.pick(pool.odd);
      if (value !== undefined) values.add(value);
    }
    return [...values];
  }

  private row(own: readonly Row[], attempt: number): Row | null {
    const { random, profile } = this;
    const copied = own.length > 0 && random.chance(0.2) ? random.pick(own) : undefined;
    const row = this.columns.map((column, at): string | null => {
      if (copied && random.chance(0.85)) return copied[at] ?? null;
      if (!column.notNull && random.chance(profile.nulls)) return null;
      return random.pick(this.domains[at] ?? []) ?? null;
    });
    for (const key of this.table.keys) {
      if (!key.primary && !random.chance(0.6)) continue;
      const last = this.columns.findIndex(({ name }) => name === key.columns.at(-1));
      const column = this.columns[last];
      if (column && row[last] !== null) row[last] = fresh(column, attempt + 1) ?? row[last] ?? null;
    }
    return this.placeReferences(row, own) ? row : null;
  }

  private placeReferences(row: (string | null)[], own: readonly Row[]): boolean {
    const { random } = this;
    for (const { columns, references } of this.table.foreignKeys) {
      const parent = findTable(this.catalog, [references.schema, references.table]);
      const at = columns.map((name) => this.columns.findIndex((column) => column.name === name));
      const itself = parent === this.table;
      const above = itself ? this.columns : this.above.find(({ table }) => table === parent)?.columns;
      const parents = itself ? own : (this.above.find(({ table }) => table === parent)?.rows ?? []);
      const wanted = references.columns.map(
        (name) => above?.findIndex((column) => column.name === name) ?? -1,
      );
      const optional = at.filter((i) => this.columns[i]?.notNull === false);
      const chosen = random.pick(parents.filter((other) => wanted.every((i) => other[i] != null)));
      if (chosen && !(optional.length > 0 && random.chance(this.profile.nulls))) {
        at.forEach((i, n) => {
          row[i] = chosen[wanted[n] ?? -1] ?? null;
        });
      } else if (optional.length > 0) for (const i of optional) row[i] = null;
      else return false;
    }
    return true;
  }

  private repeats(row: Row, seen: readonly Set<string>[]): boolean {
    const texts = this.table.keys.map((key) => {
      const cells = key.columns.map((name) => row[this.columns.findIndex((c) => c.name === name)] ?? null);
      return cells.includes(null) && !key.nullsNotDistinct && !key.primary ? null : JSON.stringify(cells);
    });
    if (texts.some((text, i) => text !== null && seen[i]?.has(text))) return true;
    texts.forEach((text, i) => {
      if (text !== null) seen[i]?.add(text);
    });
    return false;
  }
}

/** Base tables, each after the tables that it references. */
function parentsFirst({ tables }: Catalog): Table[] {
  const placed: Table[] = [];
  const visiting = new Set<Table>();
  const place = (table: Table): void => {
    if (placed.includes(table) || visiting.has(table) || table.kind === 'view') return;
    visiting.add(table);
    for (const { references } of table.foreignKeys) {
      const parent = tables.find((other) => other.name === references.table);
      if (parent) place(parent);
    }
    placed.push(table);
  };
  for (const table of tables) if (table.kind !== 'materializedView') place(table);
  return placed;
}

/** Strings and numbers of an SQL text: enough to draw values from, not a parser. */
export function literalsOf(sql: string): NamedValue[] {
  return [...sql.matchAll(/'((?:[^']|'')*)'|(?<![\w.$])(\d+(?:\.\d+)?)(?![\w.])/g)].map((match) =>
    match[1] === undefined
      ? { text: match[2] ?? '', type: 'number' }
      : { text: match[1].replaceAll("''", "'"), type: 'string' },
  );
}

function fresh({ family }: Column, n: number): string | null {
  switch (family) {
    case 'integer':
    case 'decimal':
    case 'float':
      return String(n);
    case 'text':
    case 'char':
      return `k${n}`;
    case 'uuid':
      return `00000000-0000-4000-8000-${String(1000 + n).padStart(12, '0')}`;
    case 'date':
      return new Date(Date.UTC(2024, 0, n)).toISOString().slice(0, 10);
    default:
      return null;
  }
}
