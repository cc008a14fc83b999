/** What random statements are put together from: relations in sight, their columns, literals that meet the data. */
import type { Catalog, Table, TypeFamily } from '../../../../src/core/catalog/catalog.ts';
import type { Random } from '../../../../src/core/verification/generate/random.ts';
import { valuePool } from '../../../../src/core/verification/generate/values.ts';

export interface ColumnInSight {
  readonly name: string;
  readonly type: string;
  readonly family: TypeFamily;
}

/** A table, derived table or CTE by the alias that it is in sight by. */
export interface Relation {
  readonly alias: string;
  /** how it stands in FROM, without its alias */
  readonly text: string;
  readonly columns: readonly ColumnInSight[];
  readonly table: Table | null;
}

/** A column with the relation that it is of. */
export interface Reference extends ColumnInSight {
  readonly sql: string;
}

const NUMBERS: readonly TypeFamily[] = ['integer', 'decimal', 'float'];

/** Chance and names for one statement. */
export class Draw {
  readonly random: Random;
  readonly catalog: Catalog;
  private aliases = 0;

  constructor(random: Random, catalog: Catalog) {
    this.random = random;
    this.catalog = catalog;
  }

  chance(probability: number): boolean {
    return this.random.chance(probability);
  }

  of<T>(items: readonly T[]): T {
    const item = this.random.pick(items);
    if (item === undefined) throw new Error('There is nothing to choose from.');
    return item;
  }

  maybe(text: string, probability = 0.5): string {
    return this.random.chance(probability) ? text : '';
  }

  table(): Table {
    return this.of(this.catalog.tables);
  }

  /** A table under a new alias; now and then under its own name. */
  relation(table: Table = this.table()): Relation {
    const alias = this.alias(table.name.slice(0, 1));
    return { alias, text: table.name, columns: table.columns, table };
  }

  alias(letter: string): string {
    this.aliases++;
    return `${letter}${this.aliases}`;
  }

  /** A column of one of the relations, of a family when it is asked for; null when there is none. */
  column(relations: readonly Relation[], ...families: readonly TypeFamily[]): Reference | null {
    const all = referencesOf(relations).filter(
      ({ family }) => families.length === 0 || families.includes(family),
    );
    return this.random.pick(all) ?? null;
  }

  number(relations: readonly Relation[]): Reference | null {
    return this.column(relations, ...NUMBERS);
  }

  /** Two columns of comparable types, one of each side; foreign keys more often than others. */
  pair(
    left: readonly Relation[],
    right: Relation,
  ): { readonly left: Reference; readonly right: Reference } | null {
    const linked = this.chance(0.6) ? this.random.pick(linksOf(left, right)) : undefined;
    if (linked) return linked;
    const pairs = referencesOf(left).flatMap((one) =>
      referencesOf([right])
        .filter((other) => comparable(one.family, other.family))
        .map((other) => ({ left: one, right: other })),
    );
    return this.random.pick(pairs) ?? null;
  }

  /** A literal of the column's type, with the values that the data is drawn from. */
  literal({ family, type }: ColumnInSight): string {
    if (family === 'boolean') return this.of(['true', 'false']);
    const { plain, odd } = valuePool(family, type, []);
    const value = this.of(this.chance(0.7) && plain.length > 0 ? plain : odd.length > 0 ? odd : ['1']);
    return NUMBERS.includes(family) ? value : `'${value.replaceAll("'", "''")}'`;
  }
}

/** All columns of some relations, qualified. */
export function referencesOf(relations: readonly Relation[]): Reference[] {
  return relations.flatMap(({ alias, columns }) =>
    columns.map(({ name, type, family }) => ({ name, type, family, sql: `${alias}.${name}` })),
  );
}

/** Pairs of columns that a foreign key of one column ties together, either way round. */
function linksOf(left: readonly Relation[], right: Relation): { left: Reference; right: Reference }[] {
  return left.flatMap((one) => [
    ...links(one, right).map(([a, b]) => ({ left: a, right: b })),
    ...links(right, one).map(([a, b]) => ({ left: b, right: a })),
  ]);
}

function links(child: Relation, parent: Relation): [Reference, Reference][] {
  const found: [Reference, Reference][] = [];
  for (const key of child.table?.foreignKeys ?? []) {
    if (key.references.table !== parent.table?.name) continue;
    key.columns.forEach((name, i) => {
      const own = referencesOf([child]).find((column) => column.name === name);
      const other = referencesOf([parent]).find((column) => column.name === key.references.columns[i]);
      if (own && other) found.push([own, other]);
    });
  }
  return found;
}

function comparable(left: TypeFamily, right: TypeFamily): boolean {
  if (left === right) return left !== 'boolean';
  return NUMBERS.includes(left) && NUMBERS.includes(right) && left !== 'float' && right !== 'float';
}
