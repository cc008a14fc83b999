/** How a column's type is had in a fresh database that knows nothing of the user's own types. */
import type { Column, Table, TypeFamily } from '../../catalog/catalog.ts';
import { typeFamily } from '../../catalog/type-family.ts';
import type { Dialect } from '../../sql/dialect.ts';
import { isMysql, NotReproducible } from './search-space.ts';

/** Types that cannot be created in a fresh database: their definition is not in the catalog. */
const UNKNOWN_FAMILIES: readonly TypeFamily[] = ['other', 'range'];

/** Built-in types of the families that are otherwise unknown. */
const BUILT_IN =
  /^(oid|name|"char"|xml|point|money|tsvector|int4range|int8range|numrange|daterange|tsrange|tstzrange)$/;

/** What stands in for a domain over a type of the family: the widest of them, without the domain's own checks. */
const BASE_TYPES: Partial<Readonly<Record<TypeFamily, string>>> = {
  boolean: 'boolean',
  integer: 'bigint',
  decimal: 'numeric',
  float: 'double precision',
  text: 'text',
  enum: 'text',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  interval: 'interval',
  uuid: 'uuid',
  json: 'json',
  jsonb: 'jsonb',
  binary: 'bytea',
};

/** Collects what the columns of a space need beside their tables. */
export class ScratchTypes {
  /** type name → the built-in type that a domain of that name is made of */
  readonly domains = new Map<string, string>();
  private readonly dialect: Dialect;
  private readonly notes: Set<string>;
  private readonly ordered: ReadonlySet<string>;

  /**
   * @param notes gets a sentence for everything that is not as in the user's database
   * @param ordered names of columns whose order matters: sorted, compared by < or >, MIN or MAX
   */
  constructor(notes: Set<string>, ordered: ReadonlySet<string>, dialect: Dialect) {
    this.dialect = dialect;
    this.notes = notes;
    this.ordered = ordered;
  }

  /**
   * Make sure that a column's type will exist.
   * @throws NotReproducible when nothing can stand in for it
   */
  need(column: Column, table: Table): void {
    const { family, type } = column;
    const place = `${table.name}.${column.name}`;
    if (isMysql(this.dialect)) {
      // the same server builds them, so they are the same types; what cannot be filled with values is left alone
      if (!UNKNOWN_FAMILIES.includes(family)) return;
      throw new NotReproducible(`${place} has the type ${type}, so no test databases were built.`);
    }
    if (!column.deterministicCollation && (family === 'text' || family === 'char')) {
      this.notes.add(`${place} has a collation of its own that the generated databases do not have.`);
    }
    if (UNKNOWN_FAMILIES.includes(family) && !BUILT_IN.test(type)) {
      throw new NotReproducible(
        `${place} has the type ${type}, which exists only in your database, so no test databases were built.`,
      );
    }
    const base = BASE_TYPES[family];
    if (base === undefined || (family !== 'enum' && typeFamily(type, 'postgresql') === family)) return;
    this.domains.set(type, base);
    if (family !== 'enum') {
      this.notes.add(`${place} has the type ${type} of your database; its own checks were not reproduced.`);
    } else if (this.ordered.has(column.name)) {
      this.notes.add(
        `The order of the values of ${type} (${place}) is not known: they were compared as text.`,
      );
    }
  }
}
