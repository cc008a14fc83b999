/** Reads the {@link Catalog} of a MySQL or MariaDB server: one question per subject, each allowed to fail alone. */
import type { Catalog, CatalogGap, FunctionInfo } from '../../core/catalog/catalog.ts';
import { DatabaseError, type ReadOnlySession, type ServerInfo } from '../../core/database.ts';
import { endsReading, type Row, withoutTwins } from '../catalog-rows.ts';
import { columnOf } from './catalog-columns.ts';
import { MARIADB_QUERIES, MYSQL_QUERIES, SCHEMAS, SETTINGS } from './catalog-queries.ts';
import { TableParts, type TableRow } from './catalog-tables.ts';
import { accountOf, quoteIdentifier, quoteLiteral } from './quoting.ts';

/** Tables up to which all schemas are read; beyond it only that of the connection is. */
const MANY_TABLES = 3000;

/**
 * @param session information_schema is read in its transaction
 * @throws DatabaseError when the connection fails; what the user may not read becomes a gap
 */
export async function readCatalog(session: ReadOnlySession, info: ServerInfo): Promise<Catalog> {
  const gaps: CatalogGap[] = [];
  const rows = async (what: CatalogGap['what'], sql: string): Promise<readonly Row[]> => {
    try {
      return (await session.query(sql)).rows;
    } catch (error) {
      if (!DatabaseError.is(error) || endsReading(error)) throw error;
      gaps.push({ what, reason: error.message.replace(/\.$/, ''), grant: grantFor(error, info) });
      return [];
    }
  };
  const schemas = chooseSchemas(await rows('tables', SCHEMAS), info.database, gaps);
  const list = schemas.map(quoteLiteral).join(', ') || "''";
  const queries = info.dialect === 'mariadb' ? MARIADB_QUERIES : MYSQL_QUERIES;
  const ask = (what: CatalogGap['what'], sql: string) => rows(what, sql.replace(':schemas', list));
  const tables = await ask('tables', queries.tables);
  const parts = new TableParts({
    columns: await ask('columns', queries.columns),
    indexes: await ask('indexes', queries.indexes),
    foreignKeys: await ask('constraints', queries.foreignKeys),
    checks: await ask('constraints', queries.checks),
    views: await ask('tables', queries.views),
    triggers: await ask('tables', queries.triggers),
    partitions: await ask('tables', queries.partitions),
  });
  const functions = await ask('functions', queries.routines);
  const settings = await readSettings(session, gaps);
  return {
    dialect: info.dialect,
    origin: 'server',
    version: info.version,
    searchPath: info.database === '' ? [] : [info.database.toLowerCase()],
    tables: withoutTwins(
      tables.map((row) => parts.tableOf(tableRow(row), info.dialect, columnOf)),
      gaps,
    ),
    functions: functions.map(functionOf),
    settings,
    gaps,
  };
}

function chooseSchemas(found: readonly Row[], current: string, gaps: CatalogGap[]): string[] {
  const all = found.map(([name]) => name ?? '');
  const count = found.reduce((sum, [, tables]) => sum + Number(tables), 0);
  if (count <= MANY_TABLES || current === '') return all.length > 0 ? all : [current];
  gaps.push({
    what: 'tables',
    reason: `the server has ${count} tables, so only those of ${current} were read`,
    grant: null,
  });
  return [current];
}

function tableRow([schema, name, type, engine, rows, bytes]: Row): TableRow {
  return {
    schema: schema ?? '',
    name: name ?? '',
    view: type?.endsWith('VIEW') ?? false,
    engine: engine ?? null,
    rows: rows === null || rows === undefined ? null : Number(rows),
    bytes: bytes === null || bytes === undefined ? null : Number(bytes),
  };
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
    const found = Object.fromEntries(settings);
    const zone = found['time_zone'] === 'SYSTEM' ? found['system_time_zone'] : found['time_zone'];
    return zone === undefined ? found : { ...found, timezone: zone };
  } catch (error) {
    if (!DatabaseError.is(error) || endsReading(error)) throw error;
    gaps.push({ what: 'settings', reason: error.message.replace(/\.$/, ''), grant: null });
    return {};
  }
}

/** DETERMINISTIC is what its author says; without it a function counts as one that may do anything. */
function functionOf([schema, name, type, deterministic, access]: Row): FunctionInfo {
  const reads = access === 'READS SQL DATA';
  const writes = access === 'MODIFIES SQL DATA';
  return {
    schema: (schema ?? '').toLowerCase(),
    name: (name ?? '').toLowerCase(),
    volatility: deterministic !== 'YES' || writes ? 'volatile' : reads ? 'stable' : 'immutable',
    strict: false,
    returnsSet: false,
    kind: type === 'PROCEDURE' ? 'procedure' : 'function',
  };
}

/** information_schema shows what one may do something with: SELECT on the schema is enough. */
function grantFor(error: DatabaseError, info: ServerInfo): string | null {
  if (error.reason !== 'permission') return null;
  const schema = info.database === '' ? '*' : quoteIdentifier(info.database);
  return `GRANT SELECT, SHOW VIEW ON ${schema}.* TO ${accountOf(info.user)};`;
}
