/** What is known of the engines' own functions. What is not listed here is taken to be volatile and to raise. */
import type { Catalog, FunctionInfo, TypeFamily } from '../../catalog/catalog.ts';
import type { FunctionCall } from '../ast.ts';
import type { Dialect } from '../dialect.ts';

export type Volatility = 'immutable' | 'stable' | 'volatile';

export interface KnownFunction {
  readonly volatility: Volatility;
  /** NULL when any argument is NULL */
  readonly strict: boolean;
  /** never NULL when no argument is */
  readonly total: boolean;
  /** no argument of a right type makes it raise an error */
  readonly safe: boolean;
  /** null when it depends on the arguments or is not known; 'first' is the type of the first argument */
  readonly returns: TypeFamily | 'first' | null;
}

type Row = readonly [names: string, flags: string, returns: TypeFamily | 'first' | null];

/**
 * PostgreSQL: `pg_proc.provolatile` and `proisstrict` of version 18 (a few differ by argument type: then the more
 * volatile one counts). Flags: i immutable, s stable, v volatile; n strict; t total; e may raise.
 */
const POSTGRESQL: readonly Row[] = [
  ['lower upper initcap reverse btrim ltrim rtrim trim translate replace quote_ident md5', 'int', 'text'],
  ['quote_literal', 'snt', 'text'],
  ['left right', 'int', 'text'],
  ['lpad rpad split_part overlay', 'inte', 'text'],
  ['substring substr', 'ine', 'text'],
  ['repeat chr', 'inte', 'text'],
  ['length char_length character_length octet_length bit_length strpos position ascii', 'int', 'integer'],
  ['starts_with', 'int', 'boolean'],
  ['regexp_replace', 'inte', 'text'],
  ['regexp_substr regexp_match', 'ine', null],
  ['regexp_count regexp_instr', 'inte', 'integer'],
  ['regexp_like', 'inte', 'boolean'],
  ['concat concat_ws', 's', 'text'],
  ['format', 'se', 'text'],
  ['to_hex', 'int', 'text'],
  ['encode', 'inte', 'text'],
  ['decode', 'inte', 'binary'],
  ['sha224 sha256 sha384 sha512', 'int', 'binary'],
  ['abs', 'inte', 'first'],
  ['sign ceil ceiling floor', 'int', null],
  ['round trunc', 'inte', null],
  ['mod div gcd lcm', 'inte', null],
  ['power pow sqrt cbrt exp ln log log10 factorial', 'inte', null],
  ['sin cos tan asin acos atan atan2 degrees radians pi', 'inte', 'float'],
  ['width_bucket', 'inte', 'integer'],
  ['coalesce', 'i', null],
  ['greatest least', 'i', null],
  ['nullif', 'i', 'first'],
  ['num_nulls num_nonnulls', 'i', 'integer'],
  // the time zone and the locale decide for timestamptz: stable
  ['date_trunc', 'snte', null],
  ['date_part extract', 'sne', null],
  // the function of the cast to date: of a text it may raise
  ['date', 'snte', 'date'],
  ['date_bin', 'inte', null],
  ['to_char', 'sne', 'text'],
  ['to_date', 'sne', 'date'],
  ['to_timestamp', 'sne', 'timestamptz'],
  ['to_number', 'sne', 'decimal'],
  ['age', 'snte', 'interval'],
  ['make_date', 'inte', 'date'],
  ['make_timestamp', 'inte', 'timestamp'],
  ['make_timestamptz', 'snte', 'timestamptz'],
  ['make_interval', 'inte', 'interval'],
  ['make_time', 'inte', 'time'],
  ['justify_days justify_hours justify_interval', 'inte', 'interval'],
  ['isfinite', 'int', 'boolean'],
  ['timezone', 'snte', null],
  ['now current_timestamp transaction_timestamp statement_timestamp', 'st', 'timestamptz'],
  ['current_date', 'st', 'date'],
  ['localtimestamp', 'st', 'timestamp'],
  ['localtime', 'st', 'time'],
  ['current_time', 'st', 'other'],
  ['current_user session_user user current_role current_catalog current_database', 'st', null],
  ['current_schema', 'se', null],
  ['current_setting', 'se', 'text'],
  ['current_schemas', 'se', 'array'],
  ['version', 'st', 'text'],
  ['pg_typeof', 's', 'other'],
  ['txid_current_if_assigned pg_backend_pid inet_client_addr', 's', null],
  ['cardinality array_length array_upper array_lower array_ndims array_position', 'ie', 'integer'],
  ['array_append array_prepend array_cat array_remove array_replace array_positions', 'ie', 'array'],
  ['string_to_array', 'i', 'array'],
  ['array_to_string', 's', 'text'],
  ['jsonb_array_length json_array_length', 'inte', 'integer'],
  ['jsonb_typeof json_typeof', 'int', 'text'],
  ['jsonb_extract_path_text json_extract_path_text', 'in', 'text'],
  ['jsonb_extract_path', 'in', 'jsonb'],
  ['jsonb_build_object jsonb_build_array to_jsonb', 'se', 'jsonb'],
  ['json_build_object json_build_array to_json row_to_json', 'se', 'json'],
  ['jsonb_set jsonb_insert jsonb_strip_nulls', 'ine', 'jsonb'],
  ['int4range int8range numrange tsrange tstzrange daterange', 'ie', 'range'],
  ['isempty lower_inc upper_inc lower_inf upper_inf', 'int', 'boolean'],
  ['host abbrev', 'int', 'text'],
  ['to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery', 'sne', 'other'],
  ['similarity word_similarity', 'int', 'float'],
  ['unaccent', 'snte', 'text'],
  [
    'random gen_random_uuid uuid_generate_v4 uuidv4 uuidv7 clock_timestamp timeofday random_normal',
    'vte',
    null,
  ],
  ['nextval currval lastval setval', 'vte', null],
  ['pg_sleep txid_current pg_advisory_lock pg_try_advisory_lock set_config', 'v', null],
];

const MYSQL: readonly Row[] = [
  ['lower lcase upper ucase reverse trim ltrim rtrim replace left right md5 hex', 'int', 'text'],
  ['substring substr substring_index lpad rpad repeat insert', 'ine', 'text'],
  ['concat', 'int', 'text'],
  ['concat_ws', 'i', 'text'],
  ['length char_length character_length octet_length ascii locate instr position', 'int', 'integer'],
  ['abs', 'inte', 'first'],
  ['sign ceil ceiling floor', 'int', null],
  ['round truncate mod', 'inte', null],
  ['power pow sqrt exp ln log log2 log10', 'ine', 'float'],
  ['coalesce ifnull if nullif', 'i', null],
  ['greatest least', 'in', null],
  ['isnull', 'it', 'integer'],
  ['date last_day', 'in', 'date'],
  ['year month day dayofmonth dayofweek dayofyear hour minute second quarter weekday', 'in', 'integer'],
  ['to_days extract datediff timestampdiff week', 'sn', 'integer'],
  ['date_add date_sub adddate subdate', 'sn', null],
  ['date_format time_format', 'sn', 'text'],
  ['str_to_date', 'sn', null],
  ['unix_timestamp', 's', null],
  ['from_unixtime', 'sn', null],
  ['now current_timestamp localtime localtimestamp utc_timestamp', 'st', 'timestamp'],
  ['curdate current_date utc_date', 'st', 'date'],
  ['curtime current_time utc_time', 'st', 'time'],
  ['user current_user database schema version connection_id session_user', 's', 'text'],
  ['json_extract json_unquote json_value json_contains json_length', 'ie', null],
  [
    'sysdate rand uuid uuid_short last_insert_id sleep get_lock release_lock row_count found_rows benchmark',
    'v',
    null,
  ],
];

const TSQL: readonly Row[] = [
  ['lower upper reverse ltrim rtrim trim replace', 'int', 'text'],
  // a negative length; TRANSLATE of lists that are not equally long
  ['left right translate', 'inte', 'text'],
  ['substring stuff replicate', 'ine', 'text'],
  ['concat concat_ws', 'it', 'text'],
  ['len datalength charindex patindex ascii unicode', 'int', 'integer'],
  ['abs', 'inte', 'first'],
  ['sign ceiling floor', 'int', null],
  ['round power sqrt exp log log10', 'inte', null],
  ['coalesce isnull nullif iif choose', 'i', null],
  ['year month day datepart datediff datediff_big', 'ine', 'integer'],
  ['dateadd eomonth datefromparts datetimefromparts', 'ine', null],
  ['datename format', 'sne', 'text'],
  ['getdate sysdatetime current_timestamp getutcdate sysutcdatetime', 'st', 'timestamp'],
  ['sysdatetimeoffset', 'st', 'timestamptz'],
  ['suser_sname user_name db_name schema_name object_id', 's', null],
  ['isnumeric isdate', 'st', 'integer'],
  ['newid newsequentialid rand scope_identity crypt_gen_random', 'v', null],
];

const TABLES: Readonly<Record<Dialect, ReadonlyMap<string, KnownFunction>>> = {
  postgresql: tableOf(POSTGRESQL),
  mysql: tableOf(MYSQL),
  mariadb: tableOf(MYSQL),
  tsql: tableOf(TSQL),
};

function tableOf(rows: readonly Row[]): Map<string, KnownFunction> {
  const table = new Map<string, KnownFunction>();
  for (const [names, flags, returns] of rows) {
    const known: KnownFunction = {
      volatility: flags.includes('v') ? 'volatile' : flags.includes('s') ? 'stable' : 'immutable',
      strict: flags.includes('n'),
      total: flags.includes('t'),
      safe: !flags.includes('e'),
      returns,
    };
    for (const name of names.split(' ')) table.set(name, known);
  }
  return table;
}

/** The names of the engine's functions that are known here. */
export function knownFunctionNames(dialect: Dialect): string[] {
  return [...TABLES[dialect].keys()];
}

/** Aggregates whose result does not depend on the order of their input, with what they return. */
const ORDERLESS_AGGREGATES: Readonly<Record<string, TypeFamily | 'first' | null>> = {
  count: 'integer',
  sum: null,
  avg: null,
  min: 'first',
  max: 'first',
  bool_and: 'boolean',
  bool_or: 'boolean',
  every: 'boolean',
  bit_and: 'first',
  bit_or: 'first',
  bit_xor: 'first',
  stddev: null,
  stddev_pop: null,
  stddev_samp: null,
  variance: null,
  var_pop: null,
  var_samp: null,
  corr: 'float',
  covar_pop: 'float',
  covar_samp: 'float',
  regr_avgx: 'float',
  regr_avgy: 'float',
  regr_count: null,
  regr_intercept: 'float',
  regr_r2: 'float',
  regr_slope: 'float',
  regr_sxx: 'float',
  regr_sxy: 'float',
  regr_syy: 'float',
  any_value: 'first',
  mode: null,
  percentile_cont: null,
  percentile_disc: null,
  grouping: 'integer',
  approx_count_distinct: 'integer',
  count_big: 'integer',
  stdev: 'float',
  stdevp: 'float',
  var: 'float',
  varp: 'float',
  checksum_agg: 'integer',
  std: 'float',
};

const ORDERED_AGGREGATES: Readonly<Record<string, TypeFamily | null>> = {
  array_agg: 'array',
  string_agg: null,
  group_concat: 'text',
  json_agg: 'json',
  jsonb_agg: 'jsonb',
  json_object_agg: 'json',
  jsonb_object_agg: 'jsonb',
  json_arrayagg: 'json',
  json_objectagg: 'json',
  json_agg_strict: 'json',
  jsonb_agg_strict: 'jsonb',
  xmlagg: 'other',
  range_agg: null,
  range_intersect_agg: null,
};

/** PostgreSQL's own functions that return a set of rows, with the names of their columns; null is the alias. */
const SET_RETURNING: Readonly<Record<string, readonly (string | null)[]>> = {
  generate_series: [null],
  generate_subscripts: [null],
  unnest: [null],
  regexp_split_to_table: [null],
  regexp_matches: [null],
  string_to_table: [null],
  json_array_elements: ['value'],
  jsonb_array_elements: ['value'],
  json_array_elements_text: ['value'],
  jsonb_array_elements_text: ['value'],
  json_each: ['key', 'value'],
  jsonb_each: ['key', 'value'],
  json_each_text: ['key', 'value'],
  jsonb_each_text: ['key', 'value'],
  json_object_keys: [null],
  jsonb_object_keys: [null],
};

/** PostgreSQL's text functions that are something else for ranges, bytea and bits: lower(range) may be NULL. */
const OVERLOADED_TEXT = new Set(
  'lower upper reverse btrim ltrim rtrim trim substring substr overlay'.split(' '),
);

/** The function of that name is another one for arguments that are no text. */
export function isOverloadedText(call: FunctionCall, dialect: Dialect): boolean {
  return dialect === 'postgresql' && OVERLOADED_TEXT.has(call.function);
}

/** The engine's own function of that name, or null. A schema other than pg_catalog makes it somebody else's. */
export function knownFunction(call: FunctionCall, dialect: Dialect): KnownFunction | null {
  const schema = call.name.length > 1 ? call.name.at(-2)?.name : undefined;
  if (schema !== undefined && schema !== 'pg_catalog') return null;
  return TABLES[dialect].get(call.function) ?? null;
}

/** Functions of the catalog with a call's name: overloads share it, so all of them count. */
export function catalogFunctions(call: FunctionCall, catalog: Catalog): FunctionInfo[] {
  const schema = call.name.length > 1 ? call.name.at(-2)?.name : undefined;
  return catalog.functions.filter(
    (f) => f.name.toLowerCase() === call.function && (schema === undefined || f.schema === schema),
  );
}

/** True for an aggregate call, used as a window function or not. */
export function isAggregateCall(call: FunctionCall, catalog: Catalog): boolean {
  if (call.star || call.filter || call.withinGroup.length > 0) return true;
  if (aggregateResult(call) !== undefined) return true;
  return catalogFunctions(call, catalog).some((f) => f.kind === 'aggregate');
}

/** The aggregate's result depends on the order in which rows reach it (array_agg and the like, and all unknown). */
export function isOrderSensitiveAggregate(call: FunctionCall): boolean {
  return !Object.hasOwn(ORDERLESS_AGGREGATES, call.function);
}

/** The family that a built-in aggregate returns; undefined when the call is none. */
export function aggregateResult(call: FunctionCall): TypeFamily | 'first' | null | undefined {
  if (Object.hasOwn(ORDERLESS_AGGREGATES, call.function)) return ORDERLESS_AGGREGATES[call.function];
  return Object.hasOwn(ORDERED_AGGREGATES, call.function) ? ORDERED_AGGREGATES[call.function] : undefined;
}

/**
 * The columns of a table function of SQL Server; null when they are not known.
 *
 * The manual's pages of STRING_SPLIT, OPENJSON (without WITH) and GENERATE_SERIES.
 */
export function transactTableColumns(call: FunctionCall): readonly string[] | null {
  if (call.name.length > 1) return null;
  switch (call.function) {
    case 'string_split':
      // with a third argument there may be an ordinal too
      return call.args.length === 2 ? ['value'] : null;
    case 'generate_series':
      return ['value'];
    case 'openjson':
      return ['key', 'value', 'type'];
    default:
      return null;
  }
}

/** Column names of a set-returning function of the engine; null inside stands for the alias. Null when unknown. */
export function setReturningColumns(call: FunctionCall): readonly (string | null)[] | null {
  if (call.function === 'unnest' && call.args.length !== 1) return null;
  return Object.hasOwn(SET_RETURNING, call.function) ? (SET_RETURNING[call.function] ?? null) : null;
}
