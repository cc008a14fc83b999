/**
 * What is asked of the catalog views, for SQL Server 2016 and later and Azure SQL. Every answer about a table begins
 * with the names of its schema and its own.
 * https://learn.microsoft.com/sql/relational-databases/system-catalog-views/catalog-views-transact-sql
 */

/** Tables and views of users; external tables are is_external. */
export const TABLES = `
  SELECT s.name, o.name, o.type, COALESCE(t.is_external, 0),
         CASE WHEN d.type = 'PS' THEN 1 ELSE 0 END AS partitioned,
         (SELECT SUM(p.rows) FROM sys.partitions AS p WHERE p.object_id = o.object_id AND p.index_id IN (0, 1)) AS rows_,
         (SELECT SUM(a.total_pages) * 8192
            FROM sys.partitions AS p
            JOIN sys.allocation_units AS a ON a.container_id = p.hobt_id
           WHERE p.object_id = o.object_id AND p.index_id IN (0, 1)) AS bytes
    FROM sys.objects AS o
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id
    LEFT JOIN sys.tables AS t ON t.object_id = o.object_id
    LEFT JOIN sys.indexes AS i ON i.object_id = o.object_id AND i.index_id IN (0, 1)
    LEFT JOIN sys.data_spaces AS d ON d.data_space_id = i.data_space_id
   WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0
   ORDER BY s.name, o.name`;

/** An alias type is told by the type that it stands for, a type of the common language runtime by its own name. */
export const COLUMNS = `
  SELECT s.name, o.name, c.name,
         CASE WHEN c.system_type_id = 240 THEN TYPE_NAME(c.user_type_id) ELSE TYPE_NAME(c.system_type_id) END AS type_name,
         c.max_length, c.precision, c.scale, c.is_nullable, c.is_identity, c.is_computed,
         COALESCE(k.is_persisted, 0) AS is_persisted,
         CASE WHEN c.default_object_id <> 0 THEN 1 ELSE 0 END AS has_default, c.collation_name, c.is_hidden
    FROM sys.columns AS c
    JOIN sys.objects AS o ON o.object_id = c.object_id
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id
    LEFT JOIN sys.computed_columns AS k ON k.object_id = c.object_id AND k.column_id = c.column_id
   WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0
   ORDER BY s.name, o.name, c.column_id`;

/**
 * One row for each column of each index; key columns in their order, then the others. A column that is there for the
 * partitions alone has the key_ordinal 0 and is not included.
 */
export const INDEXES = `
  SELECT s.name, o.name, i.name, i.type_desc, i.is_unique, i.is_primary_key, i.is_disabled, i.filter_definition,
         c.name, x.is_descending_key, x.is_included_column, x.key_ordinal
    FROM sys.indexes AS i
    JOIN sys.objects AS o ON o.object_id = i.object_id
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id
    JOIN sys.index_columns AS x ON x.object_id = i.object_id AND x.index_id = i.index_id
    JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id = x.column_id
   WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND i.is_hypothetical = 0 AND i.name IS NOT NULL
   ORDER BY s.name, o.name, i.is_primary_key DESC, i.index_id, x.is_included_column, x.key_ordinal, x.index_column_id`;

/** The column by which a table is partitioned, a heap too. */
export const PARTITIONS = `
  SELECT s.name, o.name, c.name
    FROM sys.indexes AS i
    JOIN sys.data_spaces AS d ON d.data_space_id = i.data_space_id AND d.type = 'PS'
    JOIN sys.objects AS o ON o.object_id = i.object_id AND o.is_ms_shipped = 0
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id
    JOIN sys.index_columns AS x ON x.object_id = i.object_id AND x.index_id = i.index_id AND x.partition_ordinal > 0
    JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id = x.column_id
   WHERE i.index_id IN (0, 1)
   ORDER BY s.name, o.name, x.partition_ordinal`;

export const FOREIGN_KEYS = `
  SELECT s.name, o.name, f.name, c.name, rs.name, r.name, rc.name, f.is_disabled, f.is_not_trusted
    FROM sys.foreign_keys AS f
    JOIN sys.objects AS o ON o.object_id = f.parent_object_id
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id
    JOIN sys.objects AS r ON r.object_id = f.referenced_object_id
    JOIN sys.schemas AS rs ON rs.schema_id = r.schema_id
    JOIN sys.foreign_key_columns AS k ON k.constraint_object_id = f.object_id
    JOIN sys.columns AS c ON c.object_id = k.parent_object_id AND c.column_id = k.parent_column_id
    JOIN sys.columns AS rc ON rc.object_id = k.referenced_object_id AND rc.column_id = k.referenced_column_id
   ORDER BY s.name, o.name, f.name, k.constraint_column_id`;

export const CHECKS = `
  SELECT s.name, o.name, k.name, k.definition, k.is_disabled, k.is_not_trusted
    FROM sys.check_constraints AS k
    JOIN sys.objects AS o ON o.object_id = k.parent_object_id
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id
   ORDER BY s.name, o.name, k.name`;

/** What stands in the way of reasoning: what fires on changes, and policies that hide rows. */
export const TRIGGERS = `
  SELECT DISTINCT s.name, o.name
    FROM sys.triggers AS g
    JOIN sys.objects AS o ON o.object_id = g.parent_id
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id`;

export const ROW_SECURITY = `
  SELECT DISTINCT s.name, o.name
    FROM sys.security_predicates AS q
    JOIN sys.security_policies AS y ON y.object_id = q.object_id AND y.is_enabled = 1
    JOIN sys.objects AS o ON o.object_id = q.target_object_id
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id`;

export const VIEWS = `
  SELECT s.name, o.name, m.definition
    FROM sys.sql_modules AS m
    JOIN sys.objects AS o ON o.object_id = m.object_id AND o.type = 'V' AND o.is_ms_shipped = 0
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id`;

/**
 * Distinct values and the share of NULLs by the histogram of each statistic's first column; of several statistics of
 * one column the one with most rows sampled. sys.dm_db_stats_histogram: 2016 SP1 CU2 and later.
 * https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/sys-dm-db-stats-histogram-transact-sql
 */
export const STATISTICS = `
  SELECT s.name, o.name, c.name, SUM(h.distinct_range_rows) + COUNT(*) AS distinct_values,
         SUM(CASE WHEN h.range_high_key IS NULL THEN h.equal_rows ELSE 0 END)
           / NULLIF(SUM(h.equal_rows + h.range_rows), 0) AS null_fraction
    FROM sys.stats AS t
    JOIN sys.objects AS o ON o.object_id = t.object_id AND o.type = 'U' AND o.is_ms_shipped = 0
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id
    JOIN sys.stats_columns AS k ON k.object_id = t.object_id AND k.stats_id = t.stats_id AND k.stats_column_id = 1
    JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
   CROSS APPLY sys.dm_db_stats_histogram(t.object_id, t.stats_id) AS h
   WHERE t.has_filter = 0
   GROUP BY s.name, o.name, c.name, t.stats_id
   ORDER BY s.name, o.name, c.name, SUM(h.equal_rows + h.range_rows) DESC`;

/** IsDeterministic is what the server itself has found out; it asks for WITH SCHEMABINDING. */
export const FUNCTIONS = `
  SELECT s.name, o.name, o.type, OBJECTPROPERTY(o.object_id, 'IsDeterministic'),
         OBJECTPROPERTYEX(o.object_id, 'UserDataAccess')
    FROM sys.objects AS o
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id
   WHERE o.type IN ('FN', 'IF', 'TF', 'FS', 'FT', 'AF', 'P', 'PC') AND o.is_ms_shipped = 0`;

/** One row, whose columns are the settings that decide what an expression means. */
export const SETTINGS = `
  SELECT SCHEMA_NAME() AS default_schema,
         CAST(DATABASEPROPERTYEX(DB_NAME(), 'Collation') AS nvarchar(128)) AS collation_database,
         (SELECT compatibility_level FROM sys.databases WHERE database_id = DB_ID()) AS compatibility_level,
         x.language, x.date_format AS dateformat, x.date_first AS datefirst, x.ansi_nulls, x.quoted_identifier,
         x.concat_null_yields_null, x.arithabort, x.ansi_warnings
    FROM sys.dm_exec_sessions AS x
   WHERE x.session_id = @@SPID`;
