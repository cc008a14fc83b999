/** Reads the {@link Catalog} of a SQL Server database: one question per subject, each allowed to fail alone. */
import type { Catalog, CatalogGap, FunctionInfo } from '../../core/catalog/catalog.ts';
import { DatabaseError, type ReadOnlySession, type ServerInfo } from '../../core/database.ts';
import { endsReading, type Row, withoutTwins } from '../catalog-rows.ts';
import {
  CHECKS,
  COLUMNS,
  FOREIGN_KEYS,
  FUNCTIONS,
  INDEXES,
  PARTITIONS,
  ROW_SECURITY,
  SETTINGS,
  STATISTICS,
  TABLES,
  TRIGGERS,
  VIEWS,
} from './catalog-queries.ts';
import { TableParts } from './catalog-tables.ts';
import { quoteIdentifier } from './quoting.ts';

/** Tables up to which histograms are read: there is one question to the server for each statistic. */
const MANY_TABLES = 1000;
/** 'invalid object name': a version before sys.dm_db_stats_histogram. */
const UNKNOWN_OBJECT = '208';

/**
 * @param session the catalog views are read in its transaction
 * @throws DatabaseError when the connection fails; what the user may not read becomes a gap
 */
export async function readCatalog(session: ReadOnlySession, info: ServerInfo): Promise<Catalog> {
  const gaps: CatalogGap[] = [];
  const ask = async (what: CatalogGap['what'], sql: string): Promise<readonly Row[]> => {
    try {
      return (await session.query(sql)).rows;
    } catch (error) {
      if (!DatabaseError.is(error) || endsReading(error)) throw error;
      gaps.push({ what, reason: reasonOf(error), grant: grantFor(error, info) });
      return [];
    }
  };
  const tables = await ask('tables', TABLES);
  const parts = new TableParts({
    columns: await ask('columns', COLUMNS),
    indexes: await ask('indexes', INDEXES),
    partitions: await ask('tables', PARTITIONS),
    foreignKeys: await ask('constraints', FOREIGN_KEYS),
    checks: await ask('constraints', CHECKS),
    triggers: await ask('tables', TRIGGERS),
    rowSecurity: await ask('tables', ROW_SECURITY),
    views: await ask('tables', VIEWS),
    statistics:
      tables.length > MANY_TABLES ? tooMany(tables.length, gaps) : await ask('statistics', STATISTICS),
  });
  const functions = await ask('functions', FUNCTIONS);
  const settings = await readSettings(session, gaps);
  const { default_schema: schema = 'dbo', ...others } = settings;
  return {
    dialect: info.dialect,
    origin: 'server',
    version: info.version,
    searchPath: [...new Set([schema.toLowerCase(), 'dbo'])],
    tables: withoutTwins(
      tables.map((row) => parts.tableOf(row)),
      gaps,
    ),
    functions: functions.map(functionOf),
    settings: others,
    gaps,
  };
}

function tooMany(count: number, gaps: CatalogGap[]): readonly Row[] {
  gaps.push({
    what: 'statistics',
    reason: `the database has ${count} tables, so their histograms were not read`,
    grant: null,
  });
  return [];
}

function reasonOf(error: DatabaseError): string {
  if (error.code === UNKNOWN_OBJECT) return 'this version of the server does not have them';
  return error.message.replace(/\.$/, '');
}

async function readSettings(
  session: ReadOnlySession,
  gaps: CatalogGap[],
): Promise<Readonly<Record<string, string>>> {
  try {
    const { columns, rows } = await session.query(SETTINGS);
    const settings = columns.flatMap(({ name }, index) => {
      const value = rows[0]?.[index];
      return value === null || value === undefined ? [] : [[name, value] as const];
    });
    return Object.fromEntries(settings);
  } catch (error) {
    if (!DatabaseError.is(error) || endsReading(error)) throw error;
    gaps.push({ what: 'settings', reason: reasonOf(error), grant: null });
    return {};
  }
}

/** Without SCHEMABINDING the server does not look whether a function is deterministic. */
function functionOf([schema, name, type, deterministic, readsData]: Row): FunctionInfo {
  const kind = type?.trim() ?? '';
  const procedure = kind === 'P' || kind === 'PC';
  return {
    schema: (schema ?? '').toLowerCase(),
    name: (name ?? '').toLowerCase(),
    volatility: procedure || deterministic !== '1' ? 'volatile' : readsData === '1' ? 'stable' : 'immutable',
    strict: false,
    returnsSet: kind === 'IF' || kind === 'TF' || kind === 'FT',
    kind: procedure ? 'procedure' : kind === 'AF' ? 'aggregate' : 'function',
  };
}

/** https://learn.microsoft.com/sql/relational-databases/security/metadata-visibility-configuration */
function grantFor(error: DatabaseError, info: ServerInfo): string | null {
  return error.reason === 'permission' ? `GRANT VIEW DEFINITION TO ${quoteIdentifier(info.user)};` : null;
}
