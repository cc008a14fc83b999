/** What small databases for two statements are made of: their tables, the values that matter, the sizes that matter. */
import type { Column, ForeignKey, Table, TypeFamily } from '../../catalog/catalog.ts';
import { typeFamily } from '../../catalog/type-family.ts';
import type { ValuePool } from './values.ts';

/** A table of the small databases: the columns that matter, and what the catalog says that rows obey. */
export interface TableShape {
  readonly table: Table;
  readonly columns: readonly ColumnShape[];
  /** unique keys, as indexes into `columns` */
  readonly keys: readonly KeyShape[];
  readonly foreignKeys: readonly ForeignKeyShape[];
  /** CHECK expressions as SQL */
  readonly checks: readonly string[];
}

export interface ColumnShape {
  readonly name: string;
  readonly type: string;
  readonly family: TypeFamily;
  readonly notNull: boolean;
  /** columns of one group are compared with each other: their values come from one small set */
  readonly group: number;
  readonly pool: ValuePool;
}

export interface KeyShape {
  readonly columns: readonly number[];
  readonly primary: boolean;
  readonly nullsNotDistinct: boolean;
}

export interface ForeignKeyShape {
  readonly columns: readonly number[];
  /** index into the search space's tables; parents come first unless it is the table itself */
  readonly table: number;
  readonly references: readonly number[];
}

/** A placeholder that both statements share. */
export interface ParameterShape {
  /** the key that identifies it in both statements */
  readonly key: string;
  readonly type: string;
  readonly group: number;
  readonly pool: ValuePool;
}

export interface SearchSpace {
  /** parents before the tables that reference them */
  readonly tables: readonly TableShape[];
  readonly views: readonly ViewShape[];
  readonly parameters: readonly ParameterShape[];
  /** numbers of rows at which something changes: LIMIT, OFFSET, thresholds of counts */
  readonly thresholds: readonly number[];
  /** what could not be reproduced, each a sentence: the level drops by it */
  readonly notes: readonly string[];
}

export interface ViewShape {
  readonly table: Table;
  readonly definition: string;
}

/** Why no small databases can be built for a pair of statements. */
export class NotReproducible extends Error {
  override readonly name = 'NotReproducible';
}

/** The identity of a column over all statements. */
export function columnKey(table: Pick<Table, 'schema' | 'name'>, column: string): string {
  return `${table.schema}.${table.name}.${column}`;
}

/** Types that cannot be created in a fresh database: their definition is not in the catalog. */
const UNKNOWN_FAMILIES: readonly TypeFamily[] = ['other', 'range'];

/** Built-in types of the families that are otherwise unknown. */
const BUILT_IN =
  /^(oid|name|"char"|xml|point|money|tsvector|int4range|int8range|numrange|daterange|tsrange|tstzrange)$/;

/** How a column is declared in the small databases; what stands in for a type that cannot be reproduced. */
export function scratchType(
  column: Column,
  table: Table,
  notes: Set<string>,
): { type: string; family: TypeFamily } {
  const place = `${table.name}.${column.name}`;
  if (!column.deterministicCollation && (column.family === 'text' || column.family === 'char')) {
    notes.add(`${place} has a collation of its own that the generated databases do not have.`);
  }
  if (column.family === 'enum') {
    notes.add(
      `The order of the values of ${column.type} (${place}) is not known: they were compared as text.`,
    );
    return { type: 'text', family: 'enum' };
  }
  if (UNKNOWN_FAMILIES.includes(column.family) && !BUILT_IN.test(column.type)) {
    throw new NotReproducible(
      `${place} has the type ${column.type}, which exists only in your database, so no test databases were built.`,
    );
  }
  const base = BASE_TYPES[column.family];
  if (base !== undefined && typeFamily(column.type, 'postgresql') !== column.family) {
    notes.add(`${place} has the type ${column.type} of your database, which was replaced by ${base}.`);
    return { type: base, family: column.family };
  }
  return { type: column.type, family: column.family };
}

/** What stands in for a domain over a type of the family: the widest of them, without the domain's own checks. */
const BASE_TYPES: Partial<Readonly<Record<TypeFamily, string>>> = {
  boolean: 'boolean',
  integer: 'bigint',
  decimal: 'numeric',
  float: 'double precision',
  text: 'text',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  interval: 'interval',
  uuid: 'uuid',
  json: 'json',
  jsonb: 'jsonb',
  binary: 'bytea',
};

/** A foreign key that counts: enforced for every row, and not put off to the end of a transaction. */
export function isEnforced(foreignKey: ForeignKey): boolean {
  return foreignKey.validated && !foreignKey.deferrable;
}
