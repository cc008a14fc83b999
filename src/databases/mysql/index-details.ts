/** Reads what advice on indexes has to know beyond the catalog. MySQL 8.0 and later, MariaDB 10.6 and later. */
import { DatabaseError, type ReadOnlySession } from '../../core/database.ts';
import type {
  IndexDetails,
  SchemaDetails,
  TableDetails,
  TableWrites,
} from '../../core/indexes/index-details.ts';
import { figure, timeOf } from '../statement-rows.ts';
import { quoteIdentifier } from './quoting.ts';

/** Names as they are spelled; tables whose indexes are worth a look at their definition have more than the primary key. */
const TABLES = `
  SELECT t.TABLE_SCHEMA, t.TABLE_NAME,
         (SELECT COUNT(DISTINCT s.INDEX_NAME) FROM information_schema.STATISTICS AS s
           WHERE s.TABLE_SCHEMA = t.TABLE_SCHEMA AND s.TABLE_NAME = t.TABLE_NAME)
    FROM information_schema.TABLES AS t
   WHERE t.TABLE_TYPE = 'BASE TABLE'
     AND t.TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')`;

/** https://dev.mysql.com/doc/refman/8.4/en/performance-schema-table-wait-summary-tables.html */
const WRITES = `
  SELECT OBJECT_SCHEMA, OBJECT_NAME, COUNT_INSERT, COUNT_UPDATE, COUNT_DELETE
    FROM performance_schema.table_io_waits_summary_by_table
   WHERE OBJECT_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')`;

const INSTRUMENT = `
  SELECT ENABLED FROM performance_schema.setup_instruments WHERE NAME = 'wait/io/table/sql/handler'`;
const UPTIME = "SHOW GLOBAL STATUS LIKE 'Uptime'";
const NOW = 'SELECT UNIX_TIMESTAMP()';

/**
 * With NO_KEY_OPTIONS, MariaDB leaves comments and the like out of SHOW CREATE TABLE, which then creates another index.
 * https://mariadb.com/kb/en/sql-mode/
 */
const MODE = 'SELECT @@sql_mode';

/** Tables whose definitions are read at most. */
const MOST_TABLES = 500;

/** @throws DatabaseError */
export async function readSchemaDetails(session: ReadOnlySession): Promise<SchemaDetails> {
  const tables = (await session.query(TABLES)).rows.map(([schema, table, indexes]) => ({
    ...{ schema: schema ?? '', table: table ?? '', indexes: Number(indexes ?? 0) },
  }));
  const counted = await readWrites(session);
  const mode = (await session.query(MODE)).rows[0]?.[0] ?? '';
  const exact = !mode.includes('NO_KEY_OPTIONS');
  const indexes: IndexDetails[] = [];
  for (const { schema, table } of tables.filter((one) => one.indexes > 1).slice(0, MOST_TABLES)) {
    const read = await indexesOf(session, schema, table);
    indexes.push(...(exact ? read : read.map((one) => ({ ...one, create: null }))));
  }
  return {
    since: counted?.since ?? null,
    standby: false,
    tables: tables.map(
      ({ schema, table }): TableDetails => ({
        ...{ schema, table, qualified: qualified(schema, table) },
        writes: counted === null ? null : (counted.byTable.get(JSON.stringify([schema, table])) ?? null),
      }),
    ),
    indexes,
  };
}

interface Counted {
  readonly since: string | null;
  readonly byTable: ReadonlyMap<string, TableWrites>;
}

/** Null where the server does not count, or does not show it. */
async function readWrites(session: ReadOnlySession): Promise<Counted | null> {
  try {
    if ((await session.query(INSTRUMENT)).rows[0]?.[0] !== 'YES') return null;
    const [[now] = []] = (await session.query(NOW)).rows;
    const [[, uptime] = []] = (await session.query(UPTIME)).rows;
    const { rows } = await session.query(WRITES);
    return {
      since: timeOf(String(figure(now) - figure(uptime))),
      byTable: new Map(
        rows.map(([schema, table, inserts, updates, deletes]) => [
          JSON.stringify([schema, table]),
          {
            ...{ inserts: figure(inserts), updates: figure(updates), deletes: figure(deletes) },
            hotUpdates: null,
          },
        ]),
      ),
    };
  } catch (error) {
    if (DatabaseError.is(error, 'permission', 'undefinedObject')) return null;
    throw error;
  }
}

/** What SHOW CREATE TABLE says of each key: that line, word for word, creates it again. */
async function indexesOf(session: ReadOnlySession, schema: string, table: string): Promise<IndexDetails[]> {
  const name = qualified(schema, table);
  try {
    const { rows } = await session.query(`SHOW CREATE TABLE ${name}`);
    return keyLines(rows[0]?.[1] ?? '').map(({ index, line }) => ({
      ...{ schema, table, index, building: false, restsOn: [] },
      create: `ALTER TABLE ${name} ADD ${line}`,
      drop: `DROP INDEX ${quoteIdentifier(index)} ON ${name}`,
    }));
  } catch (error) {
    // dropped meanwhile, or not for our eyes
    if (DatabaseError.is(error, 'permission', 'undefinedObject')) return [];
    throw error;
  }
}

/**
 * The lines of plain and unique keys. Each stands on a line of its own that begins with two blanks; a line break within a
 * name or a comment would end it too early, so a line is taken only if its quotes are closed.
 */
export function keyLines(definition: string): { readonly index: string; readonly line: string }[] {
  return definition.split('\n').flatMap((text) => {
    const line = /^ {2}((?:UNIQUE )?KEY (`(?:[^`]|``)+`) .*?),?$/.exec(text);
    const [, written = '', quoted = ''] = line ?? [];
    if (!line || !isClosed(written)) return [];
    return [{ index: quoted.slice(1, -1).replaceAll('``', '`'), line: written }];
  });
}

function isClosed(text: string): boolean {
  const rest = text.replace(/`(?:[^`]|``)*`|'(?:[^'\\]|''|\\.)*'/g, '');
  return !/[`']/.test(rest) && (rest.match(/\(/g) ?? []).length === (rest.match(/\)/g) ?? []).length;
}

function qualified(schema: string, table: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
}
