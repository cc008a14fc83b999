/** Puts together what the catalog queries say of each table. */
import type {
  CheckConstraint,
  Column,
  ColumnStatistics,
  ForeignKey,
  Index,
  Key,
  Table,
} from '../../core/catalog/catalog.ts';
import { catalogFromDdl } from '../../core/catalog/from-ddl.ts';
import { byTable, grouped, numberOf, type Row, tableKey } from '../catalog-rows.ts';
import { columnOf } from './catalog-columns.ts';

/** The answers by subject; each row begins with the names of schema and table. */
export interface Answers {
  readonly columns: readonly Row[];
  readonly indexes: readonly Row[];
  readonly partitions: readonly Row[];
  readonly foreignKeys: readonly Row[];
  readonly checks: readonly Row[];
  readonly triggers: readonly Row[];
  readonly rowSecurity: readonly Row[];
  readonly views: readonly Row[];
  readonly statistics: readonly Row[];
}

/** Makes tables of the rows of {@link Answers}. */
export class TableParts {
  private readonly parts: Readonly<Record<keyof Answers, Map<string, Row[]>>>;

  constructor(answers: Answers) {
    this.parts = {
      columns: byTable(answers.columns),
      indexes: byTable(answers.indexes),
      partitions: byTable(answers.partitions),
      foreignKeys: byTable(answers.foreignKeys),
      checks: byTable(answers.checks),
      triggers: byTable(answers.triggers),
      rowSecurity: byTable(answers.rowSecurity),
      views: byTable(answers.views),
      statistics: byTable(answers.statistics),
    };
  }

  /** @param row as TABLES gives it */
  tableOf([schema = '', name = '', type, external, partitioned, rows, bytes]: Row): Table {
    const at = tableKey(schema ?? '', name ?? '');
    const of = (part: keyof Answers) => this.parts[part].get(at) ?? [];
    const view = type?.trim() === 'V';
    const statistics = statisticsByColumn(of('statistics'));
    const indexes = grouped(of('indexes'));
    return {
      schema: lower(schema),
      name: lower(name),
      kind: view ? 'view' : external === '1' ? 'foreign' : partitioned === '1' ? 'partitioned' : 'table',
      columns: of('columns').map(
        (column): Column => columnOf(column, statistics.get(lower(column[0])) ?? null),
      ),
      keys: indexes.flatMap(keyOf),
      foreignKeys: grouped(of('foreignKeys')).flatMap(foreignKeyOf),
      checks: of('checks').flatMap(checkOf),
      indexes: indexes.flatMap(indexOf),
      rows: view ? null : numberOf(rows),
      bytes: view ? null : numberOf(bytes),
      partitionKey: of('partitions').map(([column]) => lower(column)),
      rowSecurity: of('rowSecurity').length > 0,
      hasTriggers: of('triggers').length > 0,
      definition: queryOf(of('views')[0]?.[0] ?? null),
    };
  }
}

function lower(name: string | null | undefined): string {
  return (name ?? '').toLowerCase();
}

/** COLUMN, distinct_values, null_fraction: the first of a column is the best. */
function statisticsByColumn(rows: readonly Row[]): Map<string, ColumnStatistics> {
  const found = new Map<string, ColumnStatistics>();
  for (const [column, distinct, nulls] of rows) {
    if (distinct === null || found.has(lower(column))) continue;
    found.set(lower(column), {
      nullFraction: Number(nulls ?? 0),
      distinct: Number(distinct),
      correlation: null,
      averageWidth: null,
      mostCommon: [],
      histogram: [],
    });
  }
  return found;
}

/** name, type_desc, is_unique, is_primary_key, is_disabled, filter_definition, column, descending, included, key_ordinal */
interface IndexRows {
  readonly name: string;
  readonly method: string;
  readonly unique: boolean;
  readonly primary: boolean;
  readonly disabled: boolean;
  readonly predicate: string | null;
  readonly keys: readonly { readonly column: string; readonly descending: boolean }[];
  readonly include: readonly string[];
}

/** Rows of both kinds of trees are found by a search; the rest keeps its own name. */
const METHODS: Readonly<Record<string, string>> = {
  CLUSTERED: 'btree',
  NONCLUSTERED: 'btree',
  'NONCLUSTERED HASH': 'hash',
  'CLUSTERED COLUMNSTORE': 'columnstore',
  'NONCLUSTERED COLUMNSTORE': 'columnstore',
};

function indexRows(rows: readonly Row[]): IndexRows | null {
  const [first] = rows;
  if (!first) return null;
  const [name, type, unique, primary, disabled, predicate] = first;
  const included = (row: Row) => row[8] === '1';
  return {
    name: name ?? '',
    method: METHODS[type ?? ''] ?? lower(type),
    unique: unique === '1',
    primary: primary === '1',
    disabled: disabled === '1',
    predicate: predicate ?? null,
    keys: rows
      .filter((row) => !included(row) && row[9] !== '0')
      .map((row) => ({ column: lower(row[6]), descending: row[7] === '1' })),
    include: rows.filter(included).map((row) => lower(row[6])),
  };
}

/** NULLs are the smallest values. */
function indexOf(rows: readonly Row[]): Index[] {
  const index = indexRows(rows);
  if (!index) return [];
  return [
    {
      name: index.name,
      method: index.method,
      unique: index.unique,
      primary: index.primary,
      valid: !index.disabled,
      columns: index.keys.map(({ column, descending }) => ({
        column,
        expression: null,
        descending,
        nullsFirst: !descending,
        operatorClass: null,
        collation: null,
      })),
      include: index.include,
      predicate: index.predicate,
      definition: null,
      bytes: null,
    },
  ];
}

/** A disabled index proves nothing any more; two NULLs are equal to every unique index here. */
function keyOf(rows: readonly Row[]): Key[] {
  const index = indexRows(rows);
  if (!index?.unique || index.disabled || index.predicate !== null || index.keys.length === 0) return [];
  return [
    {
      name: index.name,
      columns: index.keys.map(({ column }) => column),
      primary: index.primary,
      nullsNotDistinct: true,
      deferrable: false,
    },
  ];
}

/** name, column, referenced schema, table and column, is_disabled, is_not_trusted */
function foreignKeyOf(rows: readonly Row[]): ForeignKey[] {
  const [first] = rows;
  if (!first) return [];
  const names = (at: number) => rows.map((row) => lower(row[at]));
  return [
    {
      name: first[0] ?? '',
      columns: names(1),
      references: { schema: lower(first[2]), table: lower(first[3]), columns: names(4) },
      validated: first[5] !== '1' && first[6] !== '1',
      deferrable: false,
    },
  ];
}

/** A constraint that is switched off says nothing of the rows. */
function checkOf([name, definition, disabled, untrusted]: Row): CheckConstraint[] {
  if (!definition || disabled === '1') return [];
  const expression = definition.replace(/^\(([\s\S]*)\)$/, '$1');
  return [{ name: name ?? '', expression, validated: untrusted !== '1' }];
}

/** The query of CREATE VIEW; null when it cannot be told from the rest, or is encrypted. */
function queryOf(definition: string | null): string | null {
  if (definition === null) return null;
  return catalogFromDdl(definition, 'tsql').tables.find(({ kind }) => kind === 'view')?.definition ?? null;
}
