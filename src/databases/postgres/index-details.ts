/** Reads what advice on indexes has to know beyond the catalog. PostgreSQL 13 to 18. */
import type { ReadOnlySession } from '../../core/database.ts';
import type { IndexDetails, SchemaDetails, TableDetails } from '../../core/indexes/index-details.ts';
import { timeOf } from '../statement-rows.ts';

/** Definitions are printed with every name qualified, so that they mean the same in any session. For this transaction only. */
const QUALIFY = `SELECT set_config('search_path', 'pg_catalog', true)`;

const USER_SCHEMAS = `
  n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND n.nspname !~ '^pg_(toast_)?temp_'`;

/**
 * pg_get_indexdef() leaves out the tablespace, the comment and statistics targets of expressions: an index that has one of
 * these is not created again exactly by it.
 * https://www.postgresql.org/docs/current/catalog-pg-index.html, .../catalog-pg-depend.html
 */
const INDEXES = `
SELECT json_build_object(
         'schema', n.nspname, 'table', c.relname, 'index', x.relname,
         'name', format('%I.%I', n.nspname, x.relname),
         'definition', pg_get_indexdef(i.indexrelid),
         'exact', x.reltablespace = 0
            AND obj_description(x.oid, 'pg_class') IS NULL
            AND NOT EXISTS (
                 SELECT FROM pg_attribute AS a
                  WHERE a.attrelid = x.oid AND a.attnum > 0 AND i.indkey[a.attnum - 1] = 0
                    AND coalesce((to_jsonb(a) ->> 'attstattarget')::int, -1) >= 0),
         'constraint', (SELECT min(k.conname::text) FROM pg_constraint AS k
                         WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x')),
         'foreignKey', (SELECT min(k.conname::text) FROM pg_constraint AS k
                         WHERE k.conindid = x.oid AND k.contype = 'f'),
         'exclusion', i.indisexclusion,
         'replica', i.indisreplident,
         'clustered', i.indisclustered,
         'partition', EXISTS (SELECT FROM pg_inherits AS h WHERE x.oid IN (h.inhrelid, h.inhparent)),
         'extension', EXISTS (SELECT FROM pg_depend AS d
                               WHERE d.classid = 'pg_class'::regclass AND d.objid = x.oid AND d.deptype IN ('e', 'x')),
         'depended', EXISTS (SELECT FROM pg_depend AS d
                              WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = x.oid AND d.deptype <> 'i'
                                AND NOT (d.classid = 'pg_constraint'::regclass)),
         'building', EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = x.oid))
  FROM pg_index AS i
  JOIN pg_class AS x ON x.oid = i.indexrelid
  JOIN pg_class AS c ON c.oid = i.indrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE ${USER_SCHEMAS} AND c.relkind IN ('r', 'p', 'm')`;

/** https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW */
const TABLES = `
SELECT json_build_object(
         'schema', n.nspname, 'table', c.relname,
         'name', format('%I.%I', n.nspname, c.relname),
         'inserts', s.n_tup_ins, 'updates', s.n_tup_upd, 'deletes', s.n_tup_del, 'hot', s.n_tup_hot_upd)
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_stat_user_tables AS s ON s.relid = c.oid
 WHERE ${USER_SCHEMAS} AND c.relkind IN ('r', 'p', 'm')`;

/**
 * stats_reset of a database is null until someone resets its counts. A crash throws the counts of all databases away, and
 * sets that of the background writer, which is never null: the counts are at least as old as it.
 */
const STATE = `
SELECT pg_is_in_recovery(), current_setting('track_counts'),
       (SELECT extract(epoch FROM coalesce(d.stats_reset, (SELECT b.stats_reset FROM pg_stat_bgwriter AS b)))::text
          FROM pg_stat_database AS d WHERE d.datname = current_database())`;

interface IndexRow {
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  readonly name: string;
  readonly definition: string;
  readonly exact: boolean;
  readonly constraint: string | null;
  readonly foreignKey: string | null;
  readonly exclusion: boolean;
  readonly replica: boolean;
  readonly clustered: boolean;
  readonly partition: boolean;
  readonly extension: boolean;
  readonly depended: boolean;
  readonly building: boolean;
}

interface TableRow {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly inserts: number | null;
  readonly updates: number | null;
  readonly deletes: number | null;
  readonly hot: number | null;
}

/** @throws DatabaseError */
export async function readSchemaDetails(session: ReadOnlySession): Promise<SchemaDetails> {
  await session.query(QUALIFY);
  const [[standby, counts, since] = []] = (await session.query(STATE)).rows;
  const read = async <T>(sql: string): Promise<T[]> =>
    (await session.query(sql)).rows.map(([json]) => JSON.parse(json ?? 'null') as T);
  const tables = await read<TableRow>(TABLES);
  const indexes = await read<IndexRow>(INDEXES);
  return {
    since: timeOf(since),
    standby: standby === 't',
    tables: tables.map((row) => tableOf(row, counts === 'on')),
    indexes: indexes.map(indexOf),
  };
}

function tableOf(row: TableRow, counted: boolean): TableDetails {
  const { schema, table, name, inserts, updates, deletes, hot } = row;
  const writes =
    counted && inserts !== null && updates !== null && deletes !== null
      ? { inserts, updates, deletes, hotUpdates: hot }
      : null;
  return { schema, table, qualified: name, writes };
}

function indexOf(row: IndexRow): IndexDetails {
  const { schema, table, index, name, definition, exact, building } = row;
  return {
    ...{ schema, table, index, building },
    // writes go on while it is built; the index is the same
    create: exact ? definition.replace(/^CREATE (UNIQUE )?INDEX /, 'CREATE $1INDEX CONCURRENTLY ') : null,
    drop: `DROP INDEX CONCURRENTLY ${name}`,
    restsOn: [
      ...(row.constraint === null ? [] : [`the constraint ${row.constraint}`]),
      ...(row.foreignKey === null ? [] : [`the foreign key ${row.foreignKey}`]),
      ...(row.exclusion && row.constraint === null ? ['an exclusion constraint'] : []),
      ...(row.replica ? ['logical replication (REPLICA IDENTITY USING INDEX)'] : []),
      ...(row.clustered ? ['the order of the table (CLUSTER)'] : []),
      ...(row.partition ? ['the index of a partitioned table'] : []),
      ...(row.extension ? ['an extension'] : []),
      ...(row.depended ? ['another object of the database'] : []),
    ],
  };
}
