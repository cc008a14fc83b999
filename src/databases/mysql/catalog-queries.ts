/**
 * What is asked of information_schema. The two products name a few columns differently.
 * https://mariadb.com/kb/en/information-schema-tables/, https://dev.mysql.com/doc/refman/8.4/en/information-schema.html
 */

/** The schemas to read, as a condition on a column of names: `:schemas` stands for the list. */
export interface CatalogQueries {
  readonly tables: string;
  readonly columns: string;
  readonly indexes: string;
  readonly foreignKeys: string;
  readonly checks: string;
  readonly views: string;
  readonly triggers: string;
  readonly partitions: string;
  readonly routines: string;
}

/** User schemas with the number of their tables. */
export const SCHEMAS = `
  SELECT TABLE_SCHEMA, COUNT(*)
    FROM information_schema.TABLES
   WHERE TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
   GROUP BY TABLE_SCHEMA`;

/** One row, whose columns are the settings that decide what an expression means. */
export const SETTINGS = `
  SELECT @@sql_mode AS sql_mode, @@time_zone AS time_zone, @@system_time_zone AS system_time_zone,
         @@lower_case_table_names AS lower_case_table_names, @@collation_connection AS collation_connection,
         @@collation_database AS collation_database, @@div_precision_increment AS div_precision_increment,
         @@group_concat_max_len AS group_concat_max_len, @@default_week_format AS default_week_format,
         @@lc_time_names AS lc_time_names, @@max_sort_length AS max_sort_length,
         @@sql_auto_is_null AS sql_auto_is_null, @@optimizer_switch AS optimizer_switch`;

const COMMON = {
  tables: `
    SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH
      FROM information_schema.TABLES
     WHERE TABLE_SCHEMA IN (:schemas) AND TABLE_TYPE <> 'SEQUENCE'`,
  columns: `
    SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME
      FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA IN (:schemas)
     ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`,
  foreignKeys: `
    SELECT k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME, k.COLUMN_NAME,
           k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME
      FROM information_schema.KEY_COLUMN_USAGE AS k
     WHERE k.TABLE_SCHEMA IN (:schemas) AND k.REFERENCED_TABLE_NAME IS NOT NULL
     ORDER BY k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION`,
  views: `
    SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION
      FROM information_schema.VIEWS
     WHERE TABLE_SCHEMA IN (:schemas)`,
  triggers: `
    SELECT DISTINCT EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE
      FROM information_schema.TRIGGERS
     WHERE EVENT_OBJECT_SCHEMA IN (:schemas)`,
  partitions: `
    SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME, PARTITION_EXPRESSION
      FROM information_schema.PARTITIONS
     WHERE TABLE_SCHEMA IN (:schemas) AND PARTITION_NAME IS NOT NULL`,
  routines: `
    SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE, IS_DETERMINISTIC, SQL_DATA_ACCESS
      FROM information_schema.ROUTINES
     WHERE ROUTINE_SCHEMA IN (:schemas)`,
};

/** @param hidden the column that says whether the planner passes the index over, as an expression */
function indexes(hidden: string, expression: string): string {
  return `
    SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, COLLATION, SUB_PART, CARDINALITY,
           NULLABLE, INDEX_TYPE, ${hidden}, ${expression}
      FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA IN (:schemas)
     ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX`;
}

export const MARIADB_QUERIES: CatalogQueries = {
  ...COMMON,
  indexes: indexes("IGNORED = 'YES'", 'NULL'),
  checks: `
    SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE
      FROM information_schema.CHECK_CONSTRAINTS
     WHERE CONSTRAINT_SCHEMA IN (:schemas)`,
};

export const MYSQL_QUERIES: CatalogQueries = {
  ...COMMON,
  indexes: indexes("IS_VISIBLE = 'NO'", 'EXPRESSION'),
  checks: `
    SELECT c.CONSTRAINT_SCHEMA, t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE
      FROM information_schema.CHECK_CONSTRAINTS AS c
      JOIN information_schema.TABLE_CONSTRAINTS AS t
        ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME
       AND t.CONSTRAINT_TYPE = 'CHECK'
     WHERE c.CONSTRAINT_SCHEMA IN (:schemas) AND t.ENFORCED = 'YES'`,
};
