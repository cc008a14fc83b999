/**
 * How many different values columns have, counted in the first rows of their tables: MySQL and MariaDB keep no statistics of
 * columns that no index begins with, and without them nobody can tell a column worth an index from a flag.
 */
import type { Catalog, Column, Table } from '../catalog/catalog.ts';
import { type Database, DatabaseError } from '../database.ts';
import { identifierText } from '../sql/writing/identifiers.ts';
import type { OracleLimits } from './cost-oracle.ts';
import type { DetailsByName } from './index-details.ts';
import { searchesOf } from './searches.ts';
import { LEAST_ROWS } from './small-tables.ts';
import type { Workload } from './workload.ts';

/** Rows that are read of a table. The true number of values is no smaller than what is found in them. */
const SAMPLED = 20_000;

/**
 * The catalog with what was counted of columns that the workload compares and of which nothing is known.
 *
 * @returns the catalog itself when there is nothing to count. @throws DatabaseError when the call is stopped
 */
export async function sampleColumns(
  catalog: Catalog,
  database: Database,
  workload: Workload,
  details: DetailsByName,
  limits: OracleLimits,
): Promise<Catalog> {
  if (catalog.dialect !== 'mysql' && catalog.dialect !== 'mariadb') return catalog;
  const wanted = new Map<Table, Set<Column>>();
  for (const search of workload.statements.flatMap(({ statement }) => searchesOf(statement))) {
    if ((search.table.rows ?? 0) < LEAST_ROWS) continue;
    const columns = wanted.get(search.table) ?? new Set<Column>();
    wanted.set(search.table, columns);
    for (const { column } of [...search.equal, ...search.lists, ...search.joins]) {
      if (column.statistics === null) columns.add(column);
    }
  }
  const sampled = new Map<Column, Column>();
  await database.readOnly(
    async (session) => {
      for (const [table, set] of wanted) {
        const columns = [...set];
        const from = details.table(table.schema, table.name)?.qualified;
        if (from === undefined || columns.length === 0) continue;
        const names = columns.map(({ name }) => identifierText(name, catalog.dialect));
        const sql = `SELECT COUNT(*), ${names.map((name) => `COUNT(${name}), COUNT(DISTINCT ${name})`).join(', ')} FROM (SELECT ${names.join(', ')} FROM ${from} LIMIT ${SAMPLED}) AS sampled`;
        const [[count, ...figures] = []] = await session
          .query(sql, limits)
          .then(({ rows }) => rows)
          .catch((error: unknown) => {
            if (!DatabaseError.is(error) || DatabaseError.is(error, 'cancelled', 'connectionLost'))
              throw error;
            // unknown as before
            return [];
          });
        const all = Number(count ?? 0);
        for (const [place, column] of columns.entries()) {
          const present = Number(figures[2 * place] ?? 0);
          const distinct = Number(figures[2 * place + 1] ?? 0);
          if (all > 0 && distinct > 0) sampled.set(column, withCounts(column, 1 - present / all, distinct));
        }
      }
    },
    { timeoutMs: limits.timeoutMs },
  );
  if (sampled.size === 0) return catalog;
  return {
    ...catalog,
    tables: catalog.tables.map((table) =>
      wanted.has(table)
        ? { ...table, columns: table.columns.map((column) => sampled.get(column) ?? column) }
        : table,
    ),
  };
}

function withCounts(column: Column, nullFraction: number, distinct: number): Column {
  const unknown = { correlation: null, averageWidth: null, mostCommon: [], histogram: [] };
  return { ...column, statistics: { ...unknown, nullFraction, distinct } };
}
