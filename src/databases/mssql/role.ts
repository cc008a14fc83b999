/** What the connection's own user may do beyond reading, and the user that would be enough. SQL Server and Azure SQL. */
import type { ReadOnlySession, RoleAdvice, RolePower } from '../../core/database.ts';
import { quoteIdentifier } from './quoting.ts';

/**
 * Fixed roles and permissions of the database. HAS_PERMS_BY_NAME counts what comes by roles too.
 * https://learn.microsoft.com/sql/relational-databases/security/authentication-access/database-level-roles
 */
const QUESTION = `
  SELECT USER_NAME(), DB_NAME(), IS_SRVROLEMEMBER('sysadmin'), IS_ROLEMEMBER('db_owner'),
         CASE WHEN IS_ROLEMEMBER('db_ddladmin') = 1 OR HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'ALTER') = 1
              THEN 1 ELSE 0 END,
         CASE WHEN IS_ROLEMEMBER('db_datawriter') = 1 OR HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'INSERT') = 1
                OR HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'UPDATE') = 1
                OR HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'DELETE') = 1
              THEN 1 ELSE 0 END`;

/** @throws DatabaseError */
export async function adviseOnRole(session: ReadOnlySession): Promise<RoleAdvice | null> {
  const [row = []] = (await session.query(QUESTION)).rows;
  const [user, database, administrator, owner, definer, writer] = row;
  const power = powerOf([administrator, owner === '1' || definer === '1' ? '1' : '0', writer]);
  return power === null ? null : { power, user: user ?? '', ddl: readerDdl(database ?? '') };
}

function powerOf([administrator, owner, writer]: readonly (string | null | undefined)[]): RolePower | null {
  if (administrator === '1') return 'superuser';
  if (owner === '1') return 'owner';
  return writer === '1' ? 'writer' : null;
}

/** A user of the database alone needs no log-in of the server where the database is contained, as Azure SQL's are. */
function readerDdl(database: string): string {
  return [
    `CREATE LOGIN sqlopt_reader WITH PASSWORD = '…';`,
    `USE ${quoteIdentifier(database)};`,
    'CREATE USER sqlopt_reader FOR LOGIN sqlopt_reader;',
    'ALTER ROLE db_datareader ADD MEMBER sqlopt_reader;',
    '-- SHOWPLAN lets plans be read, VIEW DEFINITION views and constraints',
    'GRANT SHOWPLAN, VIEW DEFINITION TO sqlopt_reader;',
  ].join('\n');
}
