/** A schema with several filled databases of it on a PostgreSQL server: one namespace for each. */
import type pg from 'pg';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import type { Random } from '../../../src/core/verification/generate/random.ts';
import type { NamedValue } from '../../../src/core/verification/generate/values.ts';
import { type FilledTable, PROFILES, randomData } from './random-data.ts';

/** How many databases a world has. */
export const DATABASES = PROFILES.length;

export interface World {
  readonly schema: string;
  readonly catalog: Catalog;
  /** namespaces, the fullest first */
  readonly databases: readonly string[];
  drop(): Promise<void>;
}

/** What one statement did on one database. */
export interface Outcome {
  readonly database: number;
  readonly statement: number;
  /** number of rows and a hash over them, whatever their order; null when it raised an error */
  readonly bag: string | null;
  /** a hash over the rows in their order */
  readonly list: string | null;
  readonly error: string | null;
  /** SQLSTATE */
  readonly code: string | null;
}

/** Inserts rows one by one, so that those which a constraint refuses are left out; runs statements on databases. */
export const HARNESS = `
CREATE SCHEMA IF NOT EXISTS fuzz;
CREATE OR REPLACE FUNCTION fuzz.fill(head text, lines text[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  line text;
  filled int := 0;
BEGIN
  FOREACH line IN ARRAY lines LOOP
    BEGIN
      EXECUTE head || line;
      filled := filled + 1;
    EXCEPTION WHEN others THEN NULL;
    END;
  END LOOP;
  RETURN filled;
END $$;
CREATE OR REPLACE FUNCTION fuzz.run(databases text[], statements text[])
RETURNS TABLE (database int, statement int, bag text, list text, error text, code text) LANGUAGE plpgsql AS $$
BEGIN
  FOR d IN 1 .. cardinality(databases) LOOP
    PERFORM set_config('search_path', databases[d], true);
    FOR s IN 1 .. cardinality(statements) LOOP
      database := d - 1; statement := s - 1; bag := NULL; list := NULL; error := NULL; code := NULL;
      BEGIN
        EXECUTE 'SELECT count(*) || '':'' || coalesce(sum(hashtextextended(t, 0)::numeric), 0), md5(string_agg(t, chr(10))) FROM (SELECT row_to_json(r)::text AS t FROM ('
          || statements[s] || chr(10) || ') AS r) AS rows' INTO bag, list;
      EXCEPTION
        WHEN query_canceled THEN RAISE;
        WHEN others THEN error := SQLERRM; code := SQLSTATE;
      END;
      RETURN NEXT;
    END LOOP;
  END LOOP;
END $$;
`;

let worlds = 0;

/**
 * Create a world.
 * @param literals values that data is drawn from beside the usual ones
 * @returns null when the server refuses the schema
 */
export async function createWorld(
  client: pg.Client,
  schema: string,
  literals: readonly NamedValue[],
  random: Random,
): Promise<World | null> {
  const catalog = catalogFromDdl(schema, 'postgresql');
  const number = ++worlds;
  const databases: string[] = [];
  const drop = async (): Promise<void> => {
    for (const name of databases) await client.query(`DROP SCHEMA IF EXISTS ${name} CASCADE`);
  };
  try {
    for (const [n, profile] of PROFILES.entries()) {
      const name = `w${number}_${n}`;
      await client.query(`CREATE SCHEMA ${name}; SET search_path = ${name};`);
      databases.push(name);
      await client.query(schema);
      for (const filled of randomData(catalog, profile, literals, random)) await fill(client, filled);
    }
  } catch {
    await drop();
    return null;
  }
  return { schema, catalog, databases, drop };
}

async function fill(client: pg.Client, filled: FilledTable): Promise<void> {
  if (filled.rows.length === 0) return;
  await client.query('SELECT fuzz.fill($1, $2)', [insertHead(filled), filled.rows.map(rowText)]);
}

function insertHead({ table, columns }: FilledTable): string {
  return `INSERT INTO "${table.name}" (${columns.map(({ name }) => `"${name}"`).join(', ')}) OVERRIDING SYSTEM VALUE VALUES `;
}

function rowText(row: readonly (string | null)[]): string {
  return `(${row.map((cell) => (cell === null ? 'NULL' : `'${cell.replaceAll("'", "''")}'`)).join(', ')})`;
}

/** A database as text, for somebody who wants to see a difference: COPY-like INSERTs of what is in it. */
export async function databaseText(client: pg.Client, world: World, database: string): Promise<string> {
  const lines: string[] = [];
  for (const table of world.catalog.tables) {
    const { rows } = await client.query<{ line: string }>(
      `SELECT x::text AS line FROM ${database}."${table.name}" AS x`,
    );
    lines.push(`${table.name} (${table.columns.map(({ name }) => name).join(', ')})`);
    lines.push(...rows.map(({ line }) => `  ${line}`));
  }
  return lines.join('\n');
}

/** Run statements on databases of a world in one call. @throws what the server throws at the time limit */
export async function runStatements(
  client: pg.Client,
  databases: readonly string[],
  statements: readonly string[],
): Promise<readonly Outcome[]> {
  const { rows } = await client.query<Outcome>('SELECT * FROM fuzz.run($1, $2)', [databases, statements]);
  return rows;
}
