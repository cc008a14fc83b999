import type { Dialect } from '../sql/dialect.ts';
import type { TypeFamily } from './catalog.ts';

/** Families whose comparisons are of one total order (PostgreSQL puts NaN above all numbers; the others have none). */
export const TOTALLY_ORDERED: ReadonlySet<TypeFamily> = new Set<TypeFamily>([
  'integer',
  'decimal',
  'float',
  'text',
  'char',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'uuid',
]);

/** Names without modifiers, the same in every dialect unless {@link OVERRIDES} says otherwise. */
const FAMILIES: Readonly<Record<TypeFamily, readonly string[]>> = {
  boolean: ['boolean', 'bool'],
  integer: [
    'smallint',
    'integer',
    'int',
    'bigint',
    'tinyint',
    'mediumint',
    'int2',
    'int4',
    'int8',
    'serial',
    'bigserial',
    'smallserial',
    'serial2',
    'serial4',
    'serial8',
    'year',
  ],
  decimal: ['numeric', 'decimal', 'dec', 'fixed', 'money', 'smallmoney'],
  float: ['real', 'double precision', 'double', 'float', 'float4', 'float8'],
  text: [
    'text',
    'character varying',
    'char varying',
    'varchar',
    'nvarchar',
    'national character varying',
    'national varchar',
    'tinytext',
    'mediumtext',
    'longtext',
    'ntext',
    'sysname',
    'name',
  ],
  char: ['character', 'char', 'bpchar', 'nchar', 'national character', 'national char'],
  binary: [
    'bytea',
    'binary',
    'varbinary',
    'image',
    'blob',
    'tinyblob',
    'mediumblob',
    'longblob',
    'rowversion',
  ],
  date: ['date'],
  time: ['time', 'time without time zone'],
  timestamp: ['timestamp', 'timestamp without time zone', 'datetime', 'datetime2', 'smalldatetime'],
  timestamptz: ['timestamptz', 'timestamp with time zone', 'datetimeoffset'],
  interval: ['interval'],
  uuid: ['uuid', 'uniqueidentifier'],
  json: ['json'],
  jsonb: ['jsonb'],
  array: [],
  enum: ['enum'],
  range: [
    'int4range',
    'int8range',
    'numrange',
    'tsrange',
    'tstzrange',
    'daterange',
    'int4multirange',
    'int8multirange',
    'nummultirange',
    'tsmultirange',
    'tstzmultirange',
    'datemultirange',
  ],
  network: ['inet', 'cidr', 'macaddr', 'macaddr8', 'inet4', 'inet6'],
  bit: ['bit', 'bit varying', 'varbit'],
  other: [],
};

const MYSQL: Readonly<Record<string, TypeFamily>> = {
  bool: 'integer',
  boolean: 'integer',
  // stored in UTC and shown in the session's zone
  timestamp: 'timestamptz',
};

/** Where a dialect means something else by a name. */
const OVERRIDES: Readonly<Record<Dialect, Readonly<Record<string, TypeFamily>>>> = {
  postgresql: {},
  mysql: MYSQL,
  mariadb: MYSQL,
  tsql: { bit: 'boolean', timestamp: 'binary' },
};

const FAMILY_OF = new Map<string, TypeFamily>();
for (const [family, names] of Object.entries(FAMILIES)) {
  for (const name of names) FAMILY_OF.set(name, family as TypeFamily);
}

/** PostgreSQL's other spellings and what `format_type` prints for them. */
const POSTGRESQL_NAMES: Readonly<Record<string, string>> = {
  int: 'integer',
  int4: 'integer',
  serial: 'integer',
  serial4: 'integer',
  int8: 'bigint',
  bigserial: 'bigint',
  serial8: 'bigint',
  int2: 'smallint',
  smallserial: 'smallint',
  serial2: 'smallint',
  bool: 'boolean',
  decimal: 'numeric',
  dec: 'numeric',
  float8: 'double precision',
  float: 'double precision',
  float4: 'real',
  varchar: 'character varying',
  'char varying': 'character varying',
  char: 'character',
  bpchar: 'character',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  time: 'time without time zone',
  timetz: 'time with time zone',
  varbit: 'bit varying',
};

/**
 * The family of a type.
 *
 * @param type as the server prints it or as it is written in DDL: 'numeric(10,2)', 'int unsigned', 'text[]'
 * @returns 'other' for what is not known (user-defined types and domains among them)
 */
export function typeFamily(type: string, dialect: Dialect): TypeFamily {
  const written = type.trim().toLowerCase();
  if (/\]$/.test(written) || / array(\[\d*\])?$/.test(written)) return 'array';
  const name = bareTypeName(written);
  if (/^interval\b/.test(name)) return 'interval';
  if (/^(enum|set)$/.test(name)) return name === 'enum' ? 'enum' : 'other';
  return OVERRIDES[dialect][name] ?? FAMILY_OF.get(name) ?? 'other';
}

/**
 * A type under the name that the server prints, so that equal types have equal texts.
 *
 * @returns for PostgreSQL 'integer' for 'int4', 'timestamp(3) with time zone' for 'timestamptz(3)'; for the other
 *   dialects the type in lower case with single blanks
 */
export function canonicalType(type: string, dialect: Dialect): string {
  const key = `${dialect} ${type}`;
  const known = CANONICAL.get(key);
  if (known !== undefined) return known;
  const found = readCanonicalType(type, dialect);
  if (CANONICAL.size >= MOST_KEPT) CANONICAL.clear();
  CANONICAL.set(key, found);
  return found;
}

/** Types that were asked for: a database has few different ones, and each is asked for again and again. */
const CANONICAL = new Map<string, string>();
const MOST_KEPT = 1000;

function readCanonicalType(type: string, dialect: Dialect): string {
  const written = type.trim().toLowerCase().replace(/\s+/g, ' ');
  if (dialect !== 'postgresql') return written.replace(/\s*\(\s*/, '(').replace(/\s*,\s*/g, ',');
  const dimensions = /(\s*\[\d*\])+$/.exec(written);
  const element = dimensions ? written.slice(0, dimensions.index) : written;
  const modifiers = /\(([^)]*)\)/.exec(element)?.[1]?.replace(/\s/g, '');
  const bare = bareTypeName(element.replace(/^pg_catalog\./, ''));
  if (bare === 'float' && modifiers !== undefined) {
    return (Number(modifiers) <= 24 ? 'real' : 'double precision') + (dimensions ? '[]' : '');
  }
  const name = POSTGRESQL_NAMES[bare] ?? bare;
  return withModifiers(name, bare, modifiers) + (dimensions ? '[]' : '');
}

function withModifiers(name: string, written: string, modifiers: string | undefined): string {
  if (modifiers === undefined) return name === 'character' && written !== 'bpchar' ? 'character(1)' : name;
  const numeric = name === 'numeric' && !modifiers.includes(',') ? `${modifiers},0` : modifiers;
  const zone = / with(out)? time zone$/.exec(name);
  if (zone) return `${name.slice(0, zone.index)}(${numeric})${zone[0]}`;
  return `${name}(${numeric})`;
}

/** Without modifiers, UNSIGNED, CHARACTER SET and so on; inner blanks as one. */
function bareTypeName(type: string): string {
  return type
    .replace(/\([^)]*\)/g, ' ')
    .replace(/\b(unsigned|signed|zerofill)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
