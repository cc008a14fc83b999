/** Puts together what the catalog queries say of each table. */
import type {
  CheckConstraint,
  Column,
  ForeignKey,
  Index,
  IndexKey,
  Key,
  Table,
} from '../../core/catalog/catalog.ts';
import type { Cell } from '../../core/database.ts';
import type { Dialect } from '../../core/sql/dialect.ts';
import { byTable, grouped, numberOf, type Row, tableKey } from '../catalog-rows.ts';

export interface TableRow {
  readonly schema: string;
  readonly name: string;
  readonly view: boolean;
  readonly engine: string | null;
  readonly rows: number | null;
  readonly bytes: number | null;
}

type MakeColumn = (row: Row, dialect: Dialect, distinct: number | null) => Column;

/** Rows of every subject by table; each begins with the names of schema and table. */
export class TableParts {
  private readonly columns: Map<string, Row[]>;
  private readonly indexes: Map<string, Row[]>;
  private readonly foreignKeys: Map<string, Row[]>;
  private readonly checks: Map<string, Row[]>;
  private readonly views: Map<string, Row[]>;
  private readonly triggers: Map<string, Row[]>;
  private readonly partitions: Map<string, Row[]>;

  constructor(rows: {
    readonly columns: readonly Row[];
    readonly indexes: readonly Row[];
    readonly foreignKeys: readonly Row[];
    readonly checks: readonly Row[];
    readonly views: readonly Row[];
    readonly triggers: readonly Row[];
    readonly partitions: readonly Row[];
  }) {
    this.columns = byTable(rows.columns);
    this.indexes = byTable(rows.indexes);
    this.foreignKeys = byTable(rows.foreignKeys);
    this.checks = byTable(rows.checks);
    this.views = byTable(rows.views);
    this.triggers = byTable(rows.triggers);
    this.partitions = byTable(rows.partitions);
  }

  tableOf(row: TableRow, dialect: Dialect, makeColumn: MakeColumn): Table {
    const at = tableKey(row.schema, row.name);
    const indexes = grouped(this.indexes.get(at) ?? []).map(indexRows);
    const distinct = new Map(
      indexes.flatMap(({ keys }) => {
        const [first] = keys;
        return first?.column && first.cardinality !== null
          ? [[first.column, first.cardinality] as const]
          : [];
      }),
    );
    const partitions = this.partitions.get(at);
    return {
      schema: row.schema.toLowerCase(),
      name: row.name.toLowerCase(),
      kind: row.view ? 'view' : partitions ? 'partitioned' : 'table',
      columns: (this.columns.get(at) ?? []).map((column) =>
        makeColumn(column, dialect, distinct.get((column[0] ?? '').toLowerCase()) ?? null),
      ),
      keys: indexes.flatMap((index) => uniqueKey(index) ?? []),
      foreignKeys: grouped(this.foreignKeys.get(at) ?? []).flatMap(foreignKeyOf),
      checks: (this.checks.get(at) ?? []).flatMap(checkOf),
      indexes: indexes.map(indexOf),
      rows: row.view ? null : row.rows,
      bytes: row.view ? null : row.bytes,
      partitionKey: partitionKey(partitions?.[0]?.[0] ?? null),
      rowSecurity: false,
      hasTriggers: this.triggers.has(at),
      definition: this.views.get(at)?.[0]?.[0] ?? null,
    };
  }
}

interface IndexRows {
  readonly name: string;
  readonly unique: boolean;
  readonly type: string;
  readonly hidden: boolean;
  readonly keys: readonly {
    readonly column: string | null;
    readonly expression: string | null;
    readonly descending: boolean;
    /** characters of the column that are indexed; null: all */
    readonly prefix: number | null;
    readonly cardinality: number | null;
    readonly nullable: boolean;
  }[];
}

/** INDEX_NAME, NON_UNIQUE, COLUMN_NAME, COLLATION, SUB_PART, CARDINALITY, NULLABLE, INDEX_TYPE, hidden, EXPRESSION */
function indexRows(rows: readonly Row[]): IndexRows {
  const [first = []] = rows;
  return {
    name: first[0] ?? '',
    unique: first[1] === '0',
    type: first[7] ?? '',
    hidden: first[8] === '1',
    keys: rows.map(([, , column, collation, prefix, cardinality, nullable, , , expression]) => ({
      column: column?.toLowerCase() ?? null,
      expression: expression ?? null,
      descending: collation === 'D',
      prefix: numberOf(prefix),
      cardinality: numberOf(cardinality),
      nullable: nullable === 'YES',
    })),
  };
}

/** NULLs come first in ascending order. A prefix is said by an operator class, so that it counts for no order. */
function indexOf(index: IndexRows): Index {
  return {
    name: index.name,
    method: index.type.toLowerCase(),
    unique: index.unique,
    primary: index.name === 'PRIMARY',
    // the planner passes it over, but it still keeps its values unique
    valid: !index.hidden,
    columns: index.keys.map(
      ({ column, expression, descending, prefix }): IndexKey => ({
        column,
        expression,
        descending,
        nullsFirst: !descending,
        operatorClass: prefix === null ? null : `prefix(${prefix})`,
        collation: null,
      }),
    ),
    include: [],
    predicate: null,
    definition: null,
    bytes: null,
  };
}

/** Null when the index proves no uniqueness of whole columns. */
function uniqueKey(index: IndexRows): Key | null {
  const columns = index.keys.flatMap(({ column, prefix }) =>
    column !== null && prefix === null ? [column] : [],
  );
  if (!index.unique || columns.length !== index.keys.length) return null;
  const primary = index.name === 'PRIMARY';
  return { name: index.name, columns, primary, nullsNotDistinct: primary, deferrable: false };
}

/** CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME */
function foreignKeyOf(rows: readonly Row[]): ForeignKey[] {
  const [first] = rows;
  if (!first) return [];
  const names = (at: number) => rows.map((row) => (row[at] ?? '').toLowerCase());
  return [
    {
      name: first[0] ?? '',
      columns: names(1),
      references: {
        schema: (first[2] ?? '').toLowerCase(),
        table: (first[3] ?? '').toLowerCase(),
        columns: names(4),
      },
      validated: true,
      deferrable: false,
    },
  ];
}

function checkOf([name, expression]: Row): CheckConstraint[] {
  return expression ? [{ name: name ?? '', expression, validated: true }] : [];
}

/** The plain columns of `PARTITION BY …`; what is put through a function is not among them. */
function partitionKey(expression: Cell): string[] {
  if (expression === null || expression.includes('(')) return [];
  return expression.split(',').map((name) => name.trim().replaceAll('`', '').toLowerCase());
}
