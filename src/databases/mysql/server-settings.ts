/** Reads what a MariaDB or MySQL server is set to. */
import type { ReadOnlySession, ServerInfo } from '../../core/database.ts';
import {
  type ServerSetting,
  type ServerSettings,
  type SettingChange,
  serverSettings,
  shownValue,
} from '../../core/settings/server-settings.ts';

/** https://mariadb.com/kb/en/information-schema-system_variables-table/ */
const MARIADB = `
  SELECT VARIABLE_NAME, GLOBAL_VALUE, DEFAULT_VALUE, VARIABLE_SCOPE, READ_ONLY, GLOBAL_VALUE_ORIGIN, VARIABLE_COMMENT
    FROM information_schema.SYSTEM_VARIABLES
   WHERE VARIABLE_SCOPE <> 'SESSION ONLY'`;

/**
 * Where each value comes from, but neither defaults nor what it takes to change them.
 * https://dev.mysql.com/doc/refman/8.4/en/performance-schema-variables-info-table.html
 */
export const MYSQL = `
  SELECT g.VARIABLE_NAME, g.VARIABLE_VALUE, i.VARIABLE_SOURCE
    FROM performance_schema.global_variables AS g
    LEFT JOIN performance_schema.variables_info AS i ON i.VARIABLE_NAME = g.VARIABLE_NAME`;

/** @throws DatabaseError */
export async function readServerSettings(
  session: ReadOnlySession,
  { dialect }: ServerInfo,
): Promise<ServerSettings> {
  return dialect === 'mariadb' ? ofMariadb(session) : ofMysql(session);
}

async function ofMariadb(session: ReadOnlySession): Promise<ServerSettings> {
  const { rows } = await session.query(MARIADB);
  const settings = rows.map(([given, value, initial, scope, readOnly, origin, comment]): ServerSetting => {
    const name = (given ?? '').toLowerCase();
    const change = readOnly === 'YES' ? 'restart' : scope === 'SESSION' ? 'session' : 'reload';
    return {
      name,
      value: shownValue(name, value ?? ''),
      defaultValue: initial === null || initial === undefined ? null : shownValue(name, initial),
      // AUTO: the server made it from other settings or from the machine
      isSet: origin === 'CONFIG' || origin === 'SQL',
      change,
      pendingRestart: false,
      description: comment ?? '',
    };
  });
  return serverSettings(settings);
}

async function ofMysql(session: ReadOnlySession): Promise<ServerSettings> {
  const { rows } = await session.query(MYSQL);
  const settings = rows.map(([name = null, value, source]): ServerSetting => {
    const known = name ?? '';
    return {
      name: known,
      value: shownValue(known, value ?? ''),
      defaultValue: null,
      isSet: source === null || source === undefined ? null : source !== 'COMPILED',
      change: changeOnMysql(known),
      pendingRestart: false,
      description: '',
    };
  });
  return serverSettings(settings, [
    'MySQL tells neither defaults nor what it takes to change a setting: that is said for those that tuning is about only.',
  ]);
}

/** https://dev.mysql.com/doc/refman/8.4/en/server-system-variable-reference.html, columns "Var Scope" and "Dynamic" */
const BY_MANUAL: Readonly<Record<SettingChange, readonly string[]>> = {
  restart: [
    ...[
      'innodb_buffer_pool_chunk_size',
      'innodb_buffer_pool_instances',
      'innodb_flush_method',
      'innodb_log_files_in_group',
    ],
    ...['innodb_page_cleaners', 'innodb_purge_threads', 'innodb_read_io_threads', 'innodb_write_io_threads'],
    ...['innodb_numa_interleave', 'innodb_open_files', 'innodb_temp_data_file_path', 'innodb_undo_directory'],
    ...[
      'innodb_dedicated_server',
      'innodb_doublewrite_files',
      'log_bin',
      'lower_case_table_names',
      'open_files_limit',
    ],
    ...['performance_schema', 'performance_schema_digests_size', 'performance_schema_max_digest_length'],
    ...[
      'back_log',
      'datadir',
      'ft_min_word_len',
      'skip_name_resolve',
      'table_open_cache_instances',
      'thread_handling',
    ],
  ],
  fixed: ['innodb_page_size', 'version', 'version_compile_machine', 'version_compile_os'],
  reload: [
    ...[
      'innodb_buffer_pool_size',
      'innodb_flush_log_at_trx_commit',
      'innodb_io_capacity',
      'innodb_io_capacity_max',
    ],
    ...[
      'innodb_log_buffer_size',
      'innodb_redo_log_capacity',
      'innodb_max_dirty_pages_pct',
      'innodb_flush_neighbors',
    ],
    ...['innodb_adaptive_hash_index', 'innodb_stats_persistent_sample_pages', 'innodb_thread_concurrency'],
    ...['key_buffer_size', 'max_connections', 'slow_query_log', 'sync_binlog', 'table_open_cache'],
    ...[
      'table_definition_cache',
      'thread_cache_size',
      'temptable_max_ram',
      'temptable_max_mmap',
      'log_output',
    ],
  ],
  session: [
    ...['join_buffer_size', 'sort_buffer_size', 'read_buffer_size', 'read_rnd_buffer_size', 'tmp_table_size'],
    ...['max_heap_table_size', 'bulk_insert_buffer_size', 'eq_range_index_dive_limit', 'optimizer_switch'],
    ...[
      'optimizer_search_depth',
      'range_optimizer_max_mem_size',
      'long_query_time',
      'max_execution_time',
      'sql_mode',
    ],
    ...[
      'group_concat_max_len',
      'innodb_lock_wait_timeout',
      'internal_tmp_mem_storage_engine',
      'wait_timeout',
    ],
  ],
};

function changeOnMysql(name: string): SettingChange | null {
  const changes: readonly SettingChange[] = ['restart', 'fixed', 'reload', 'session'];
  return changes.find((change) => BY_MANUAL[change].includes(name)) ?? null;
}
