/** What small databases for two statements are made of: their tables, the values that matter, the sizes that matter. */
import type { ForeignKey, FunctionInfo, Table, TypeFamily } from '../../catalog/catalog.ts';
import type { Dialect } from '../../sql/dialect.ts';
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
  /** of the statements and of the databases that are built for them */
  readonly dialect: Dialect;
  /** parents before the tables that reference them */
  readonly tables: readonly TableShape[];
  readonly views: readonly ViewShape[];
  /** functions in SQL that the statements call, a function behind those that it calls */
  readonly functions: readonly FunctionInfo[];
  /** user-defined types by name, with the built-in type that stands in for each */
  readonly domains: ReadonlyMap<string, string>;
  readonly parameters: readonly ParameterShape[];
  /** numbers of rows at which something changes: LIMIT, OFFSET, thresholds of counts */
  readonly thresholds: readonly number[];
  /** the row at which a result is cut by LIMIT after OFFSET, where it is a small one; 0 without */
  readonly page: number;
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

/** MySQL and MariaDB, whose databases are built on the user's own server. */
export function isMysql(dialect: Dialect): boolean {
  return dialect === 'mysql' || dialect === 'mariadb';
}

/** The identity of a column over all statements. */
export function columnKey(table: Pick<Table, 'schema' | 'name'>, column: string): string {
  return `${table.schema}.${table.name}.${column}`;
}

/** A foreign key that counts: enforced for every row, and not put off to the end of a transaction. */
export function isEnforced(foreignKey: ForeignKey): boolean {
  return foreignKey.validated && !foreignKey.deferrable;
}
