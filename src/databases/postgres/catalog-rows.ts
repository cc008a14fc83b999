/** The rows of `catalog-queries.ts`, as their JSON says them. */

export interface TableRow {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly relkind: 'r' | 'p' | 'v' | 'm' | 'f';
  readonly partition: boolean;
  /** other tables inherit from it */
  readonly children: boolean;
  readonly rows: number;
  readonly pages: number;
  readonly partitionRows: number | null;
  readonly blockSize: number;
  readonly rowSecurity: boolean;
  readonly rules: boolean;
  readonly triggers: boolean;
  readonly readable: boolean;
  readonly partitionKey: readonly string[] | null;
}

export interface ColumnsRow {
  readonly oid: number;
  readonly columns: readonly ColumnRow[];
}

export interface ColumnRow {
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly typtype: string;
  readonly category: string;
  readonly base: string | null;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly generated: 'stored' | 'virtual' | 'identity' | null;
  readonly collation: string | null;
  readonly deterministic: boolean;
}

export interface ConstraintRow {
  readonly oid: number;
  readonly type: 'c' | 'f';
  readonly name: string;
  readonly columns: readonly string[] | null;
  readonly validated: boolean;
  readonly deferrable: boolean;
  readonly noInherit: boolean;
  readonly refSchema: string | null;
  readonly refTable: string | null;
  readonly refColumns: readonly string[] | null;
  readonly expression: string | null;
}

export interface IndexRow {
  readonly oid: number;
  readonly name: string;
  readonly method: string;
  readonly unique: boolean;
  readonly primary: boolean;
  readonly valid: boolean;
  readonly immediate: boolean;
  readonly exclusion: boolean;
  readonly deferrable: boolean;
  readonly nullsNotDistinct: boolean;
  readonly predicate: string | null;
  readonly definition: string | null;
  readonly bytes: number | null;
  readonly keys: readonly IndexKeyRow[];
}

export interface IndexKeyRow {
  /** false for INCLUDE columns */
  readonly key: boolean;
  readonly column: string | null;
  readonly expression: string | null;
  /** bit 0: DESC, bit 1: NULLS FIRST */
  readonly option: number | null;
  readonly operatorClass: string | null;
  readonly collation: string | null;
  readonly comparable: boolean | null;
}

export interface ViewRow {
  readonly oid: number;
  readonly definition: string;
}

export interface StatisticsRow {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly inherited: boolean;
  readonly nullFraction: number;
  /** negative: a share of the rows */
  readonly distinct: number;
  readonly correlation: number | null;
  readonly width: number | null;
  readonly values: readonly unknown[] | null;
  readonly frequencies: readonly number[] | null;
  readonly histogram: readonly unknown[] | null;
}

export interface FunctionRow {
  readonly schema: string;
  readonly name: string;
  readonly volatility: 'i' | 's' | 'v';
  readonly strict: boolean;
  readonly returnsSet: boolean;
  readonly kind: 'f' | 'a' | 'w' | 'p';
  /** the server has a function of that name itself */
  readonly builtIn: boolean;
  /** null for aggregates, procedures and what belongs to an extension */
  readonly definition: {
    readonly language: string;
    readonly returns: string;
    readonly securityDefiner: boolean;
    readonly leakproof: boolean;
    readonly settings: readonly string[];
    /** the text of the body; null in other languages than SQL, and for very long ones */
    readonly source: string | null;
    /** `RETURN x` or `BEGIN ATOMIC … END`; null for a body in quotes */
    readonly standard: string | null;
    readonly parameters: readonly {
      readonly name: string | null;
      readonly type: string;
      readonly mode: 'i' | 'o' | 'b' | 'v' | 't';
      readonly default: string | null;
    }[];
  } | null;
}

export interface SettingsRow {
  readonly searchPath: readonly string[];
  readonly database: Readonly<Record<string, string>> | null;
  readonly settings: Readonly<Record<string, string>> | null;
}
