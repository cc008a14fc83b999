/**
 * What is asked of the system catalogs. For PostgreSQL 13 to 18; columns that came later are read through
 * `to_jsonb(row) ->> 'column'`, which is NULL where they do not exist.
 * https://www.postgresql.org/docs/current/catalogs.html
 *
 * Nothing here takes a lock on a user's table: sizes come from pg_class, not from pg_table_size().
 */

/** Schemas that belong to users: neither the server's own nor temporary ones of other sessions. */
const USER_SCHEMAS = `
  n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND n.nspname !~ '^pg_(toast_)?temp_'`;

/** One row for each table, view and the like, as JSON. */
export const TABLES = `
SELECT json_build_object(
         'oid', c.oid::bigint,
         'schema', n.nspname,
         'name', c.relname,
         'relkind', c.relkind,
         'partition', c.relispartition,
         'children', c.relkind = 'r' AND c.relhassubclass,
         'rows', c.reltuples,
         'pages', c.relpages,
         'partitionRows', CASE WHEN c.relkind = 'p' AND c.reltuples < 0 THEN (
            SELECT CASE WHEN bool_and(leaf.reltuples >= 0) THEN sum(leaf.reltuples) END
              FROM pg_partition_tree(c.oid) AS part
              JOIN pg_class AS leaf ON leaf.oid = part.relid
             WHERE part.isleaf) END,
         'blockSize', current_setting('block_size')::int,
         'rowSecurity', c.relrowsecurity,
         'rules', c.relhasrules AND c.relkind IN ('r', 'p'),
         'triggers', c.relhastriggers AND EXISTS (
            SELECT FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal),
         'readable', has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'),
         'partitionKey', CASE WHEN c.relkind = 'p' THEN (
            SELECT json_agg(coalesce(a.attname::text, pg_get_partkeydef(c.oid)) ORDER BY k.place)
              FROM pg_partitioned_table AS p,
                   unnest(p.partattrs::int2[]) WITH ORDINALITY AS k (attnum, place)
              LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum AND k.attnum > 0
             WHERE p.partrelid = c.oid) END)
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${USER_SCHEMAS}
 ORDER BY n.nspname, c.relname`;

/**
 * One row for each table with all its columns. From PostgreSQL 18 on a NOT NULL may be there without having been
 * checked (NOT VALID), or not be passed on to the children of a table (NO INHERIT): both are no proof.
 */
export const COLUMNS = `
SELECT json_build_object('oid', c.oid::bigint, 'columns', json_agg(json_build_object(
         'number', a.attnum,
         'name', a.attname,
         'type', format_type(a.atttypid, a.atttypmod),
         'typtype', t.typtype,
         'category', t.typcategory,
         'base', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
         'notNull', a.attnotnull AND NOT EXISTS (
            SELECT FROM pg_constraint AS k
             WHERE k.conrelid = c.oid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum]
               AND (NOT k.convalidated OR (k.connoinherit AND c.relhassubclass))),
         'hasDefault', a.atthasdef AND a.attgenerated = '',
         'generated', CASE WHEN a.attidentity <> '' THEN 'identity'
                           WHEN a.attgenerated = 's' THEN 'stored'
                           WHEN a.attgenerated = 'v' THEN 'virtual' END,
         'collation', CASE WHEN a.attcollation NOT IN (0, 100) THEN l.collname END,
         'deterministic', coalesce(l.collisdeterministic, true) AND t.typname <> 'citext'
       ) ORDER BY a.attnum))
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${USER_SCHEMAS}
 GROUP BY c.oid`;

/**
 * Foreign keys and checks. A foreign key whose triggers are switched off, or that is for a period, proves nothing.
 * The server keeps a copy of a foreign key for each partition of the table that it references: those are left out.
 */
export const CONSTRAINTS = `
SELECT json_build_object(
         'oid', k.conrelid::bigint,
         'type', k.contype,
         'name', k.conname,
         'columns', (SELECT json_agg(a.attname ORDER BY u.place)
                       FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, place)
                       JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
         'validated', k.convalidated
            AND coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
            AND NOT coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false)
            AND NOT EXISTS (SELECT FROM pg_trigger AS g WHERE g.tgconstraint = k.oid AND g.tgenabled = 'D'),
         'deferrable', k.condeferrable,
         'noInherit', k.connoinherit,
         'refSchema', rn.nspname,
         'refTable', r.relname,
         'refColumns', (SELECT json_agg(a.attname ORDER BY u.place)
                          FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, place)
                          JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.attnum),
         'expression', CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END)
  FROM pg_constraint AS k
  JOIN pg_class AS c ON c.oid = k.conrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_class AS r ON r.oid = k.confrelid
  LEFT JOIN pg_namespace AS rn ON rn.oid = r.relnamespace
  LEFT JOIN pg_constraint AS parent ON parent.oid = k.conparentid
 WHERE k.contype IN ('c', 'f') AND ${USER_SCHEMAS}
   AND parent.conrelid IS DISTINCT FROM k.conrelid
 ORDER BY k.conrelid, k.conname`;

/**
 * Indexes with their keys. `comparable`: equality in the index is the column's own equality, so a unique index is a
 * key of the table (another collation or a special operator class may see other values as equal).
 */
export const INDEXES = `
SELECT json_build_object(
         'oid', i.indrelid::bigint,
         'name', x.relname,
         'method', m.amname,
         'unique', i.indisunique,
         'primary', i.indisprimary,
         'valid', i.indisvalid AND i.indisready AND i.indislive,
         'immediate', i.indimmediate,
         'exclusion', i.indisexclusion,
         'deferrable', coalesce((SELECT bool_or(k.condeferrable) FROM pg_constraint AS k
                                  WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')), false),
         'nullsNotDistinct', coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
         'predicate', pg_get_expr(i.indpred, i.indrelid, true),
         'definition', pg_get_indexdef(i.indexrelid),
         'bytes', CASE WHEN x.relpages > 0 THEN x.relpages::bigint * current_setting('block_size')::int END,
         'keys', (SELECT json_agg(json_build_object(
                           'key', u.place <= i.indnkeyatts,
                           'column', a.attname,
                           'expression', CASE WHEN u.attnum = 0
                              THEN pg_get_indexdef(i.indexrelid, u.place::int, true) END,
                           'option', i.indoption[u.place - 1],
                           'operatorClass', CASE WHEN NOT o.opcdefault THEN o.opcname END,
                           'collation', CASE WHEN l.oid IS DISTINCT FROM a.attcollation AND l.oid <> 100
                              THEN l.collname END,
                           'comparable',
                              (o.opcdefault OR o.opcname IN ('text_pattern_ops', 'varchar_pattern_ops', 'bpchar_pattern_ops'))
                              AND (l.oid IS NULL OR l.oid = a.attcollation
                                   OR (l.collisdeterministic AND coalesce(al.collisdeterministic, true)))
                         ) ORDER BY u.place)
                    FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u (attnum, place)
                    LEFT JOIN pg_attribute AS a
                      ON a.attrelid = i.indrelid AND a.attnum = u.attnum AND u.attnum <> 0
                    LEFT JOIN pg_collation AS al ON al.oid = a.attcollation
                    LEFT JOIN pg_opclass AS o ON o.oid = i.indclass[u.place - 1] AND u.place <= i.indnkeyatts
                    LEFT JOIN pg_collation AS l
                      ON l.oid = i.indcollation[u.place - 1] AND u.place <= i.indnkeyatts))
  FROM pg_index AS i
  JOIN pg_class AS x ON x.oid = i.indexrelid
  JOIN pg_am AS m ON m.oid = x.relam
  JOIN pg_class AS c ON c.oid = i.indrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE ${USER_SCHEMAS} AND c.relkind IN ('r', 'p', 'm')
 ORDER BY i.indrelid, x.relname`;

/** The server prints a view's definition under a short lock on the view. */
export const VIEWS = `
SELECT json_build_object('oid', c.oid::bigint, 'definition', pg_get_viewdef(c.oid, true))
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('v', 'm') AND ${USER_SCHEMAS}`;

/**
 * What ANALYZE found, for the columns that the user may read; of a parent table what includes its children.
 * Values of a type `anyarray` become text through the array's own text form. Of databases with very many columns
 * only the most common values are read: all of it could be hundreds of megabytes.
 */
export const STATISTICS = `
SELECT json_build_object(
         'schema', s.schemaname, 'table', s.tablename, 'column', s.attname,
         'inherited', s.inherited,
         'nullFraction', s.null_frac, 'distinct', s.n_distinct,
         'correlation', s.correlation, 'width', s.avg_width,
         'values', to_json((s.most_common_vals::text::text[])[1:size.values]),
         'frequencies', to_json(s.most_common_freqs[1:size.values]),
         'histogram', CASE WHEN size.histograms THEN to_json(s.histogram_bounds::text::text[]) END)
  FROM pg_stats AS s
  JOIN pg_namespace AS n ON n.nspname = s.schemaname,
       (SELECT CASE WHEN c.reltuples > 20000 THEN 10 ELSE 10000 END AS values,
               c.reltuples <= 20000 AS histograms
          FROM pg_class AS c WHERE c.oid = 'pg_catalog.pg_statistic'::regclass) AS size
 WHERE ${USER_SCHEMAS}
 ORDER BY s.inherited`;

/**
 * Functions with their definitions: of those of extensions only what a call shows, and bodies only of functions in SQL,
 * the shorter ones, until they are a few megabytes. `pg_get_function_sqlbody` came with version 14, as the bodies that
 * it prints did: written without quotes, with names that were looked up when the function was created. It prints these
 * as the session's search path needs them.
 *
 * @param major version of the server
 */
export function functionsQuery(major: number): string {
  const written = major >= 14 ? 'pg_get_function_sqlbody(f.oid)' : 'NULL::text';
  return `
WITH own AS (
  SELECT p.*, n.nspname, l.lanname,
         EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') AS extension
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    JOIN pg_language AS l ON l.oid = p.prolang
   WHERE ${USER_SCHEMAS}),
sized AS (
  SELECT own.*, length(prosrc) <= ${LONGEST_BODY}
           AND sum(length(prosrc)) FILTER (WHERE lanname = 'sql' AND NOT extension AND length(prosrc) <= ${LONGEST_BODY})
                 OVER (ORDER BY own.oid) <= ${MOST_BODIES} AS readable
    FROM own)
SELECT json_build_object(
         'schema', f.nspname, 'name', f.proname, 'volatility', f.provolatile,
         'strict', f.proisstrict, 'returnsSet', f.proretset, 'kind', f.prokind,
         'builtIn', EXISTS (SELECT FROM pg_proc AS b
                             WHERE b.proname = f.proname AND b.pronamespace = 'pg_catalog'::regnamespace),
         'definition', CASE WHEN f.prokind = 'f' AND NOT f.extension THEN json_build_object(
           'language', f.lanname,
           'returns', format_type(f.prorettype, NULL),
           'securityDefiner', f.prosecdef, 'leakproof', f.proleakproof,
           'settings', coalesce(to_json(f.proconfig), '[]'),
           'source', CASE WHEN f.lanname = 'sql' AND f.readable THEN f.prosrc END,
           'standard', CASE WHEN f.lanname = 'sql' AND f.readable THEN ${written} END,
           'parameters', (SELECT coalesce(json_agg(json_build_object(
                              'name', nullif(f.proargnames[u.place], ''),
                              'type', format_type(u.type, NULL),
                              'mode', coalesce(f.proargmodes[u.place]::text, 'i'),
                              'default', pg_get_function_arg_default(f.oid, u.place::int)) ORDER BY u.place), '[]')
                            FROM unnest(coalesce(f.proallargtypes, f.proargtypes::oid[]))
                                   WITH ORDINALITY AS u (type, place))) END)
  FROM sized AS f`;
}

/** Characters of one body that is read, and of all of them together. */
const LONGEST_BODY = 8_000;
const MOST_BODIES = 4_000_000;

/**
 * Settings that decide what an expression means or what a plan costs. LC_COLLATE is the database's since 16, but it
 * says how texts are ordered only where the collation is libc's; the built-in ones (17 and later) all order by bytes.
 */
export const SETTINGS = `
SELECT json_build_object(
         'searchPath', to_json(current_schemas(false)),
         'database', (SELECT json_build_object(
                               'lc_collate', d.datcollate, 'lc_ctype', d.datctype,
                               'default_collation_order', CASE coalesce(to_jsonb(d) ->> 'datlocprovider', 'c')
                                 WHEN 'b' THEN 'bytes' WHEN 'i' THEN 'icu'
                                 ELSE CASE WHEN d.datcollate IN ('C', 'POSIX') THEN 'bytes' ELSE 'libc' END END)
                        FROM pg_database AS d WHERE d.datname = current_database()),
         'settings', (SELECT json_object_agg(lower(s.name), s.setting)
                        FROM pg_settings AS s
                       WHERE lower(s.name) IN (
                         'timezone', 'datestyle', 'intervalstyle', 'lc_collate', 'lc_ctype', 'lc_numeric',
                         'lc_monetary', 'server_encoding', 'standard_conforming_strings',
                         'transform_null_equals', 'default_text_search_config', 'extra_float_digits',
                         'bytea_output', 'server_version', 'server_version_num', 'search_path', 'work_mem',
                         'hash_mem_multiplier', 'shared_buffers', 'effective_cache_size', 'random_page_cost',
                         'seq_page_cost', 'cpu_tuple_cost', 'cpu_operator_cost', 'cpu_index_tuple_cost',
                         'jit', 'max_parallel_workers_per_gather', 'from_collapse_limit',
                         'join_collapse_limit', 'default_statistics_target', 'block_size',
                         'shared_preload_libraries', 'row_security', 'constraint_exclusion')))`;
