/** Reads which indexes the sys schema calls redundant. MySQL 8.0 and later, MariaDB 10.6 and later. */
import { DatabaseError, type ReadOnlySession, type ServerInfo } from '../../core/database.ts';
import { type IndexHints, MOST_HINTS } from '../../core/workload/index-hints.ts';
import type { StatisticsUnavailable } from '../../core/workload/statement-statistics.ts';
import { accountOf } from './quoting.ts';

/**
 * Of the connection's database. The view joins two that are made of information_schema.STATISTICS, so it shows tables on
 * which the user has some privilege.
 * https://dev.mysql.com/doc/refman/8.4/en/sys-schema-redundant-indexes.html
 * https://mariadb.com/kb/en/sys-schema-schema_redundant_indexes/
 */
export const REDUNDANT = `
  SELECT table_schema, table_name, redundant_index_name, redundant_index_columns, redundant_index_non_unique,
         dominant_index_name, dominant_index_columns, dominant_index_non_unique, subpart_exists
    FROM sys.schema_redundant_indexes
   WHERE table_schema = DATABASE()
   ORDER BY table_name, redundant_index_name, dominant_index_name
   LIMIT ${MOST_HINTS}`;

/** The view, and those that it is made of: it reads with the privileges of who asks. */
const VIEWS = ['schema_redundant_indexes', 'x$schema_flattened_keys'];

/** @throws DatabaseError when the connection fails */
export async function readIndexHints(
  session: ReadOnlySession,
  info: ServerInfo,
): Promise<IndexHints | StatisticsUnavailable> {
  try {
    const { rows } = await session.query(REDUNDANT);
    return {
      ...{ available: true, source: 'sys.schema_redundant_indexes', missing: [] },
      redundant: rows.map(
        ([schema, table, index, columns, repeats, other, otherColumns, otherRepeats, part]) => ({
          ...{ schema: schema ?? '', table: table ?? '', index: index ?? '', columns: namesIn(columns) },
          ...{ unique: repeats === '0', prefixes: part === '1' },
          dominant: { index: other ?? '', columns: namesIn(otherColumns), unique: otherRepeats === '0' },
        }),
      ),
      notes: [
        'The server compares columns alone: not whether a hint names an index, nor how large the other one is.',
      ],
    };
  } catch (error) {
    if (!DatabaseError.is(error)) throw error;
    const account = accountOf(info.user);
    if (error.reason === 'undefinedObject') {
      return {
        available: false,
        reason: 'The server has no sys.schema_redundant_indexes: its sys schema was not installed.',
        remedy: null,
      };
    }
    if (error.reason !== 'permission') throw error;
    return {
      available: false,
      reason: `${account} may not read which indexes the server calls redundant: the privilege SELECT on two views of the sys schema is missing.`,
      remedy: VIEWS.map((view) => `GRANT SELECT ON sys.${view} TO ${account};`).join('\n'),
    };
  }
}

/** The view joins names by commas. */
function namesIn(columns: string | null | undefined): readonly string[] {
  return (columns ?? '').split(',').filter((name) => name !== '');
}
