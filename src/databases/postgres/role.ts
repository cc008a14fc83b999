/** What the connection's own role may do beyond reading, and the role that would be enough. PostgreSQL 13 and later. */
import type { ReadOnlySession, RoleAdvice, RolePower } from '../../core/database.ts';
import { quoteIdentifier } from './quoting.ts';

/** Schemas of the server itself. */
const OWN_SCHEMAS = `n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`;

const POWERS = `
  SELECT current_user,
         current_database(),
         coalesce((SELECT rolsuper FROM pg_roles WHERE rolname = current_user), false),
         pg_has_role(current_user, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'USAGE')
           OR EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                       WHERE c.relkind IN ('r', 'p') AND ${OWN_SCHEMAS}
                         AND pg_has_role(current_user, c.relowner, 'USAGE')),
         EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                  WHERE c.relkind IN ('r', 'p') AND ${OWN_SCHEMAS}
                    AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')),
         (SELECT string_agg(DISTINCT n.nspname, E'\\n' ORDER BY n.nspname)
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE c.relkind IN ('r', 'p', 'v', 'm') AND ${OWN_SCHEMAS} AND has_schema_privilege(n.oid, 'USAGE'))`;

/** @throws DatabaseError */
export async function adviseOnRole(session: ReadOnlySession): Promise<RoleAdvice | null> {
  const [row = []] = (await session.query(POWERS)).rows;
  const [user, database, superuser, owner, writer, schemas] = row;
  const power: RolePower | null =
    superuser === 't' ? 'superuser' : owner === 't' ? 'owner' : writer === 't' ? 'writer' : null;
  if (power === null) return null;
  return { power, user: user ?? '', ddl: readerDdl(database ?? '', schemas?.split('\n') ?? ['public']) };
}

/** https://www.postgresql.org/docs/current/sql-grant.html, sql-alterdefaultprivileges.html */
function readerDdl(database: string, schemas: readonly string[]): string {
  const reader = 'sqlopt_reader';
  return [
    `CREATE ROLE ${reader} LOGIN PASSWORD '…';`,
    `ALTER ROLE ${reader} SET default_transaction_read_only = on;`,
    `GRANT CONNECT ON DATABASE ${quoteIdentifier(database)} TO ${reader};`,
    ...schemas
      .map(quoteIdentifier)
      .flatMap((schema) => [
        `GRANT USAGE ON SCHEMA ${schema} TO ${reader};`,
        `GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${reader};`,
        `-- tables that you create later:`,
        `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT ON TABLES TO ${reader};`,
      ]),
  ].join('\n');
}
