/** CREATE INDEX and its undo as each engine writes them, in the form that disturbs a running server the least. */
import type { Catalog, Table } from '../catalog/catalog.ts';
import type { Dialect } from '../sql/dialect.ts';
import { identifierText } from '../sql/writing/identifiers.ts';
import type { DetailsByName } from './index-details.ts';

export interface NewKey {
  /** the catalog's name, or null for an expression */
  readonly column: string | null;
  /** as SQL over unqualified columns */
  readonly expression: string | null;
  readonly descending: boolean;
}

/** The columns that a key is made of. An expression is a call of one column: `lower("E-mail")`. */
export function columnOfKey({ column, expression }: NewKey): string {
  if (column !== null) return column;
  return (/\((.*)\)/s.exec(expression ?? '')?.[1] ?? '').replace(/^"(.*)"$/s, '$1').replaceAll('""', '"');
}

/** An index that is not there yet: a b-tree over the whole table. */
export interface NewIndex {
  readonly table: Table;
  readonly keys: readonly NewKey[];
}

export interface IndexDdl {
  readonly name: string;
  /** online where the engine can, with the semicolon */
  readonly create: string;
  readonly drop: string;
  /** what is held while it is built, and about how long, in words */
  readonly lock: string;
}

/** Characters of a name: PostgreSQL cuts at 63 bytes, MySQL refuses above 64 characters. */
const LONGEST_NAME = 60;

/**
 * @param online false: within a transaction, for a trial
 * @returns null when the table's name as the server spells it is not known
 */
export function createIndexDdl(index: NewIndex, catalog: Catalog, details: DetailsByName): IndexDdl | null {
  const { dialect } = catalog;
  const table = qualifiedName(index.table, catalog, details);
  if (table === null) return null;
  const name = freeName(index, catalog);
  const quoted = identifierText(name, dialect);
  const keys = keyList(index, dialect);
  switch (dialect) {
    case 'postgresql': {
      const schema = identifierText(index.table.schema, dialect);
      return {
        name,
        create: `CREATE INDEX CONCURRENTLY ${quoted} ON ${table} (${keys});`,
        drop: `DROP INDEX CONCURRENTLY ${schema}.${quoted};`,
        lock: 'CONCURRENTLY lets writes go on while it is built; it reads the table twice, and cannot stand in a transaction',
      };
    }
    case 'mysql':
    case 'mariadb':
      return {
        name,
        create: `CREATE INDEX ${quoted} ON ${table} (${keys}) ALGORITHM=INPLACE LOCK=NONE;`,
        drop: `DROP INDEX ${quoted} ON ${table};`,
        lock: 'INPLACE with LOCK=NONE lets writes go on while it is built, or refuses at once',
      };
    case 'tsql':
      return {
        name,
        create: `CREATE INDEX ${quoted} ON ${table} (${keys});`,
        drop: `DROP INDEX ${quoted} ON ${table};`,
        lock: 'writes wait while it is built; editions that can take WITH (ONLINE = ON) let them go on',
      };
    default:
      return dialect satisfies never;
  }
}

/** CREATE INDEX of PostgreSQL without a name, as it can stand in a transaction and be given to HypoPG. */
export function namelessIndexDdl(index: NewIndex, catalog: Catalog, details: DetailsByName): string | null {
  const table = qualifiedName(index.table, catalog, details);
  return table === null ? null : `CREATE INDEX ON ${table} (${keyList(index, catalog.dialect)})`;
}

/** Catalogs of servers fold the names that MySQL tells apart: there they have to be read as they are spelled. */
function qualifiedName(
  { schema, name }: Table,
  { dialect, origin }: Catalog,
  details: DetailsByName,
): string | null {
  const known = details.table(schema, name);
  if (known) return known.qualified;
  if ((dialect === 'mysql' || dialect === 'mariadb') && origin === 'server') return null;
  const parts = schema === '' ? [name] : [schema, name];
  return parts.map((part) => identifierText(part, dialect)).join('.');
}

function keyList({ keys }: NewIndex, dialect: Dialect): string {
  return keys.map((key) => keyText(key, dialect)).join(', ');
}

function keyText({ column, expression, descending }: NewKey, dialect: Dialect): string {
  const text = column === null ? `(${expression ?? ''})` : identifierText(column, dialect);
  return descending ? `${text} DESC` : text;
}

/** `orders_customer_id_day_idx`, with a number behind it when there is one of that name. */
function freeName({ table, keys }: NewIndex, catalog: Catalog): string {
  const words = keys.map(({ column, expression }) => column ?? (expression ?? '').replace(/\W+/g, '_'));
  const base = [table.name, ...words]
    .join('_')
    .replace(/_+/g, '_')
    .slice(0, LONGEST_NAME - 7);
  const taken = new Set(
    catalog.tables.flatMap((one) => [
      one.name.toLowerCase(),
      ...one.indexes.map(({ name }) => name.toLowerCase()),
    ]),
  );
  for (let number = 1; ; number++) {
    const name = `${base}_idx${number === 1 ? '' : number}`;
    if (!taken.has(name.toLowerCase())) return name;
  }
}
