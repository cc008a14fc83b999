/** Reads the {@link Catalog} of a PostgreSQL database: one question per subject, each allowed to fail alone. */
import type {
  Catalog,
  CatalogGap,
  CheckConstraint,
  FunctionDefinition,
  FunctionInfo,
  Table,
} from '../../core/catalog/catalog.ts';
import { standardBody } from '../../core/catalog/function-definition.ts';
import { DatabaseError, type ReadOnlySession, type ServerInfo } from '../../core/database.ts';
import { columnOf, statisticsByColumn } from './catalog-columns.ts';
import { indexOf, keyOf } from './catalog-indexes.ts';
import {
  COLUMNS,
  CONSTRAINTS,
  functionsQuery,
  INDEXES,
  SETTINGS,
  STATISTICS,
  TABLES,
  VIEWS,
} from './catalog-queries.ts';
import type {
  ColumnsRow,
  ConstraintRow,
  FunctionRow,
  IndexRow,
  SettingsRow,
  StatisticsRow,
  TableRow,
  ViewRow,
} from './catalog-rows.ts';
import { quoteIdentifier } from './quoting.ts';

/**
 * @param session the catalogs are read in its transaction, so they fit each other
 * @throws DatabaseError when the connection fails; what the user may not read becomes a gap
 */
export async function readCatalog(session: ReadOnlySession, info: ServerInfo): Promise<Catalog> {
  const gaps: CatalogGap[] = [];
  const rows = async <T>(what: CatalogGap['what'], sql: string): Promise<T[]> => {
    try {
      const result = await session.query(sql);
      return result.rows.map(([json]) => JSON.parse(json ?? 'null') as T);
    } catch (error) {
      if (!DatabaseError.is(error) || isFatal(error)) throw error;
      gaps.push({ what, reason: unfinished(error.message), grant: grantFor(error, what, info) });
      return [];
    }
  };
  const tables = await rows<TableRow>('tables', TABLES);
  const columns = await rows<ColumnsRow>('columns', COLUMNS);
  const constraints = await rows<ConstraintRow>('constraints', CONSTRAINTS);
  const indexes = await rows<IndexRow>('indexes', INDEXES);
  const views = await rows<ViewRow>('tables', VIEWS);
  const statistics = await rows<StatisticsRow>('statistics', STATISTICS);
  const functions = await rows<FunctionRow>('functions', functionsQuery(info.version[0]));
  const [settings] = await rows<SettingsRow>('settings', SETTINGS);
  gaps.push(...hiddenStatistics(tables, info));
  const parts = new TableParts({ columns, constraints, indexes, views, statistics });
  return {
    dialect: 'postgresql',
    origin: 'server',
    version: info.version,
    searchPath: settings?.searchPath ?? ['public'],
    tables: tables.map((row) => parts.tableOf(row, info)),
    functions: functions.map(functionOf),
    settings: { ...settings?.database, ...settings?.settings },
    gaps,
  };
}

function isFatal({ reason }: DatabaseError): boolean {
  return reason === 'cancelled' || reason === 'connectionLost' || reason === 'timeout';
}

/** What belongs to each table, by its object number. */
class TableParts {
  private readonly columns: Map<number, ColumnsRow>;
  private readonly constraints: Map<number, ConstraintRow[]>;
  private readonly indexes: Map<number, IndexRow[]>;
  private readonly views: Map<number, ViewRow>;
  private readonly statistics: ReturnType<typeof statisticsByColumn>;

  constructor(rows: {
    readonly columns: readonly ColumnsRow[];
    readonly constraints: readonly ConstraintRow[];
    readonly indexes: readonly IndexRow[];
    readonly views: readonly ViewRow[];
    readonly statistics: readonly StatisticsRow[];
  }) {
    this.columns = new Map(rows.columns.map((row) => [row.oid, row]));
    this.constraints = byTable(rows.constraints);
    this.indexes = byTable(rows.indexes);
    this.views = new Map(rows.views.map((row) => [row.oid, row]));
    this.statistics = statisticsByColumn(rows.statistics);
  }

  tableOf(row: TableRow, info: ServerInfo): Table {
    const constraints = this.constraints.get(row.oid) ?? [];
    const indexes = this.indexes.get(row.oid) ?? [];
    const rows = rowsOf(row, info);
    return {
      schema: row.schema,
      name: row.name,
      kind: kindOf(row),
      columns: (this.columns.get(row.oid)?.columns ?? []).map((column) =>
        columnOf(column, this.statistics(row.schema, row.name, column.name, rows)),
      ),
      // the rows of child tables are read with the parent's and obey none of its keys
      keys: row.children ? [] : indexes.flatMap((index) => keyOf(index) ?? []),
      foreignKeys: constraints.flatMap((constraint) => foreignKeyOf(constraint, row) ?? []),
      checks: constraints.flatMap((constraint) => checkOf(constraint, row) ?? []),
      indexes: indexes.map(indexOf),
      rows,
      bytes: row.pages > 0 ? row.pages * row.blockSize : null,
      partitionKey: row.partitionKey ?? [],
      rowSecurity: row.rowSecurity || row.rules,
      hasTriggers: row.triggers,
      definition: this.views.get(row.oid)?.definition ?? null,
    };
  }
}

function byTable<T extends { readonly oid: number }>(rows: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(row.oid);
    if (group) group.push(row);
    else groups.set(row.oid, [row]);
  }
  return groups;
}

function kindOf({ relkind, partition }: TableRow): Table['kind'] {
  if (relkind === 'v') return 'view';
  if (relkind === 'm') return 'materializedView';
  if (relkind === 'p') return 'partitioned';
  if (partition) return 'partition';
  return relkind === 'f' ? 'foreign' : 'table';
}

/** -1 is "never analysed" since version 14; before, an empty page count says it. A view has no rows of its own. */
function rowsOf(row: TableRow, info: ServerInfo): number | null {
  if (row.relkind === 'v') return null;
  if (row.partitionRows !== null) return row.partitionRows;
  if (row.rows < 0) return null;
  return info.version[0] < 14 && row.rows === 0 && row.pages === 0 ? null : row.rows;
}

function foreignKeyOf(row: ConstraintRow, table: TableRow): Table['foreignKeys'][number] | null {
  if (row.type !== 'f' || row.refSchema === null || row.refTable === null) return null;
  return {
    name: row.name,
    columns: row.columns ?? [],
    references: { schema: row.refSchema, table: row.refTable, columns: row.refColumns ?? [] },
    // child tables do not take part in their parent's foreign keys
    validated: row.validated && !table.children,
    deferrable: row.deferrable,
  };
}

function checkOf(row: ConstraintRow, table: TableRow): CheckConstraint | null {
  if (row.type !== 'c' || row.expression === null) return null;
  return {
    name: row.name,
    expression: row.expression,
    validated: row.validated && !(row.noInherit && table.children),
  };
}

function functionOf(row: FunctionRow): FunctionInfo {
  const { schema, name, strict, returnsSet } = row;
  const volatility = ({ i: 'immutable', s: 'stable', v: 'volatile' } as const)[row.volatility];
  const kind = ({ f: 'function', a: 'aggregate', w: 'window', p: 'procedure' } as const)[row.kind];
  const definition = definitionOf(row);
  const known = { schema, name, volatility, strict, returnsSet, kind, overloadsBuiltIn: row.builtIn };
  return definition ? { ...known, definition } : known;
}

const MODES = { i: 'in', o: 'out', b: 'inout', v: 'variadic', t: 'table' } as const;

function definitionOf({ definition }: FunctionRow): FunctionDefinition | null {
  if (!definition) return null;
  const { source, standard, parameters, ...rest } = definition;
  return {
    ...rest,
    parameters: parameters.map((parameter) => ({ ...parameter, mode: MODES[parameter.mode] })),
    body: standard === null ? source : standardBody(standard),
    standardBody: standard !== null,
  };
}

/** pg_stats shows only columns that the user may read, without saying so. */
function hiddenStatistics(tables: readonly TableRow[], info: ServerInfo): CatalogGap[] {
  const hidden = tables.filter((table) => !table.readable && table.relkind !== 'v');
  if (hidden.length === 0) return [];
  const names = hidden.map(({ schema, name }) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`);
  return [
    {
      what: 'statistics',
      reason: `"${info.user}" may not read ${someOf(hidden.map((table) => table.name))}, so the statistics of ${hidden.length === 1 ? 'this table' : 'these tables'} are hidden`,
      grant: `GRANT SELECT ON ${names.join(', ')} TO ${quoteIdentifier(info.user)};`,
    },
  ];
}

function someOf(names: readonly string[]): string {
  const rest = names.length - 3;
  return rest > 0 ? `${names.slice(0, 3).join(', ')} and ${rest} more` : names.join(', ');
}

/** The catalog table or view that each subject needs, to name in a GRANT. */
const READ_FROM: Readonly<Record<CatalogGap['what'], string>> = {
  tables: 'pg_catalog.pg_class',
  columns: 'pg_catalog.pg_attribute',
  constraints: 'pg_catalog.pg_constraint',
  indexes: 'pg_catalog.pg_index',
  statistics: 'pg_catalog.pg_stats',
  functions: 'pg_catalog.pg_proc',
  settings: 'pg_catalog.pg_settings',
};

function grantFor(error: DatabaseError, what: CatalogGap['what'], info: ServerInfo): string | null {
  if (error.reason !== 'permission') return null;
  const named = /permission denied for (?:table|view|relation) (\w+)/.exec(error.message)?.[1];
  const relation = named ? `pg_catalog.${quoteIdentifier(named)}` : READ_FROM[what];
  return `GRANT SELECT ON ${relation} TO ${quoteIdentifier(info.user)};`;
}

/** Without the full stop: a gap's reason is put into a sentence. */
function unfinished(message: string): string {
  return message.replace(/\.$/, '');
}
