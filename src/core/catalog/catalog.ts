/** What is known of a database: read from a server by an adapter, or from DDL without one. */
import type { Dialect } from '../sql/dialect.ts';

export interface Catalog {
  readonly dialect: Dialect;
  /** 'server': as the server has it. 'ddl': from statements alone, so without statistics and without certainty about what else exists. */
  readonly origin: 'server' | 'ddl';
  /** server version as [major, minor], null without a server */
  readonly version: readonly [number, number] | null;
  /** the schemas that an unqualified name is looked up in, in order */
  readonly searchPath: readonly string[];
  readonly tables: readonly Table[];
  /** user-defined functions by lower-case name; unknown functions are treated as volatile */
  readonly functions: readonly FunctionInfo[];
  /** session settings that decide what an expression means, lower-case names: timezone, datestyle, lc_collate … */
  readonly settings: Readonly<Record<string, string>>;
  /** what could not be read and why (a missing privilege): features say so instead of guessing */
  readonly gaps: readonly CatalogGap[];
}

export interface CatalogGap {
  readonly what: 'tables' | 'columns' | 'constraints' | 'indexes' | 'statistics' | 'functions' | 'settings';
  readonly reason: string;
  /** the statement that would grant what is missing, if there is one */
  readonly grant: string | null;
}

export interface Table {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'partitioned' | 'partition' | 'view' | 'materializedView' | 'foreign';
  readonly columns: readonly Column[];
  /** primary key and unique constraints and unique, non-partial, plain-column indexes */
  readonly keys: readonly Key[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly checks: readonly CheckConstraint[];
  readonly indexes: readonly Index[];
  /** estimated rows; null when never analysed or without a server */
  readonly rows: number | null;
  /** size on disk in bytes, without indexes; null when not known */
  readonly bytes: number | null;
  readonly partitionKey: readonly string[];
  /** row security or a rule is active: what a statement sees depends on who asks */
  readonly rowSecurity: boolean;
  readonly hasTriggers: boolean;
  /** definition of a view, as the server prints it */
  readonly definition: string | null;
}

export interface Column {
  readonly name: string;
  /** the type as the server prints it: 'numeric(10,2)', 'timestamp with time zone', 'character varying(40)' */
  readonly type: string;
  /** the type's family, what most rules ask for */
  readonly family: TypeFamily;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly generated: 'stored' | 'virtual' | 'identity' | null;
  /** null is the database's default collation */
  readonly collation: string | null;
  /** equality is byte equality; false for non-deterministic and case-insensitive collations */
  readonly deterministicCollation: boolean;
  readonly statistics: ColumnStatistics | null;
  /** `*` leaves it out, its name finds it (MySQL, MariaDB) */
  readonly invisible?: boolean;
}

export type TypeFamily =
  | 'boolean'
  | 'integer'
  /** exact: numeric, decimal, money */
  | 'decimal'
  | 'float'
  | 'text'
  /** blank-padded: char(n) */
  | 'char'
  | 'binary'
  | 'date'
  | 'time'
  /** without time zone */
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'uuid'
  | 'json'
  | 'jsonb'
  | 'array'
  | 'enum'
  | 'range'
  | 'network'
  | 'bit'
  | 'other';

export interface ColumnStatistics {
  /** share of NULLs, 0 to 1 */
  readonly nullFraction: number;
  /** number of distinct values, estimated */
  readonly distinct: number;
  /** physical against logical order, -1 to 1; null when not known */
  readonly correlation: number | null;
  readonly averageWidth: number | null;
  /** values as text with their frequency (0 to 1), most common first */
  readonly mostCommon: readonly { readonly value: string; readonly frequency: number }[];
  /** bounds of equal-frequency buckets, as text */
  readonly histogram: readonly string[];
}

export interface Key {
  readonly name: string;
  readonly columns: readonly string[];
  readonly primary: boolean;
  /** two NULLs are equal to the key (UNIQUE NULLS NOT DISTINCT; every primary key) */
  readonly nullsNotDistinct: boolean;
  /** a deferrable key may be violated inside a transaction: no proof rests on it */
  readonly deferrable: boolean;
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly references: {
    readonly schema: string;
    readonly table: string;
    readonly columns: readonly string[];
  };
  /** validated and trusted: every row obeys it */
  readonly validated: boolean;
  readonly deferrable: boolean;
}

export interface CheckConstraint {
  readonly name: string;
  /** the expression as SQL, without the surrounding CHECK ( ) */
  readonly expression: string;
  readonly validated: boolean;
}

export interface Index {
  readonly name: string;
  readonly method: string;
  readonly unique: boolean;
  readonly primary: boolean;
  readonly valid: boolean;
  /** key columns in order; an expression has its SQL text */
  readonly columns: readonly IndexKey[];
  readonly include: readonly string[];
  /** the predicate of a partial index, as SQL */
  readonly predicate: string | null;
  readonly definition: string | null;
  readonly bytes: number | null;
}

export interface IndexKey {
  /** column name, or null for an expression */
  readonly column: string | null;
  readonly expression: string | null;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  readonly operatorClass: string | null;
  readonly collation: string | null;
}

export interface FunctionInfo {
  readonly schema: string;
  readonly name: string;
  readonly volatility: 'immutable' | 'stable' | 'volatile';
  readonly strict: boolean;
  readonly returnsSet: boolean;
  readonly kind: 'function' | 'aggregate' | 'window' | 'procedure';
  /** the server has a function of that name itself: which one a call means depends on its arguments. Left out without a server */
  readonly overloadsBuiltIn?: boolean;
  /** what it is made of; left out where that was not read (other engines, functions of extensions) */
  readonly definition?: FunctionDefinition | undefined;
}

/** What CREATE FUNCTION says beyond what every call shows. PostgreSQL: `pg_proc`. */
export interface FunctionDefinition {
  /** lower case: 'sql', 'plpgsql' */
  readonly language: string;
  /** all of them in their order, those that only give something back too */
  readonly parameters: readonly FunctionParameter[];
  /** the type as the server prints it, without modifiers and without SETOF; 'record' for RETURNS TABLE */
  readonly returns: string;
  readonly securityDefiner: boolean;
  readonly leakproof: boolean;
  /** its SET clauses as `pg_proc.proconfig` has them: 'search_path=sales, public' */
  readonly settings: readonly string[];
  /** the statements of a function in SQL, without BEGIN ATOMIC and END; `RETURN x` is `SELECT x`. Null in other languages */
  readonly body: string | null;
  /** the body is written without quotes (RETURN, BEGIN ATOMIC): its names were looked up when it was created */
  readonly standardBody: boolean;
}

export interface FunctionParameter {
  /** folded; null when it has none */
  readonly name: string | null;
  /** as the server prints it, without modifiers, which a function does not keep */
  readonly type: string;
  readonly mode: 'in' | 'out' | 'inout' | 'variadic' | 'table';
  /** the default as SQL, null without one */
  readonly default: string | null;
}

/**
 * Look a table up as the engine would.
 *
 * @param catalog where to look
 * @param name folded names, `[table]` or `[schema, table]`; a leading database name is ignored
 * @returns the table, or null when the catalog has none of that name
 */
export function findTable(catalog: Catalog, name: readonly string[]): Table | null {
  const table = name.at(-1);
  const schema = name.length > 1 ? name.at(-2) : undefined;
  if (schema !== undefined) {
    return catalog.tables.find((t) => t.name === table && t.schema === schema) ?? null;
  }
  for (const candidate of catalog.searchPath) {
    const found = catalog.tables.find((t) => t.name === table && t.schema === candidate);
    if (found) return found;
  }
  return null;
}

/** The column of that folded name, or null. */
export function findColumn(table: Table, name: string): Column | null {
  return table.columns.find((c) => c.name === name) ?? null;
}
