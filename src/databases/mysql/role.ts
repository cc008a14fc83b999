/** What the connection's own user may do beyond reading, and the user that would be enough. MySQL and MariaDB. */
import type { ReadOnlySession, RoleAdvice, RolePower } from '../../core/database.ts';
import { quoteIdentifier } from './quoting.ts';

/**
 * Privileges that change no data and no definitions: https://mariadb.com/kb/en/grant/,
 * https://dev.mysql.com/doc/refman/9.4/en/privileges-provided.html
 */
const HARMLESS = new Set([
  'USAGE',
  'SELECT',
  'SHOW VIEW',
  'SHOW DATABASES',
  'SHOW CREATE ROUTINE',
  'SHOW_ROUTINE',
  'PROCESS',
  'PROXY',
  'EXECUTE',
  'LOCK TABLES',
  'CREATE TEMPORARY TABLES',
  'REFERENCES',
  'REPLICATION CLIENT',
  'REPLICATION SLAVE',
  'BINLOG MONITOR',
  'SLAVE MONITOR',
  'REPLICA MONITOR',
]);

/** Of these, one that holds for a whole database makes its owner. */
const OWNING = new Set(['ALL PRIVILEGES', 'ALL', 'CREATE', 'DROP', 'ALTER', 'GRANT OPTION']);

/** @throws DatabaseError */
export async function adviseOnRole(session: ReadOnlySession): Promise<RoleAdvice | null> {
  const grants = (await session.query('SHOW GRANTS')).rows.map(([grant]) => grant ?? '');
  const [row = []] = (await session.query('SELECT CURRENT_USER(), DATABASE()')).rows;
  const power = powerOf(grants);
  if (power === null) return null;
  return { power, user: row[0] ?? '', ddl: readerDdl(row[1] ?? null) };
}

/**
 * The most that grants allow, null when nothing but reading.
 *
 * @param grants as SHOW GRANTS prints them
 */
export function powerOf(grants: readonly string[]): RolePower | null {
  const powers = grants.map(powerOfGrant);
  return (['superuser', 'owner', 'writer'] as const).find((power) => powers.includes(power)) ?? null;
}

function powerOfGrant(grant: string): RolePower | null {
  // the grant of a role has no ON; its privileges have rows of their own while the role is active
  const [, list = '', level = ''] =
    /^GRANT (.+?) ON (?:(?:TABLE|FUNCTION|PROCEDURE|PACKAGE) )?(\S+) TO /s.exec(grant) ?? [];
  const privileges = list
    .replace(/\([^)]*\)/g, '')
    .split(',')
    .map((privilege) => privilege.trim().toUpperCase())
    .concat(/ WITH GRANT OPTION/.test(grant) ? ['GRANT OPTION'] : [])
    .filter((privilege) => privilege !== '');
  const strong = privileges.filter((privilege) => !HARMLESS.has(privilege));
  if (strong.length === 0) return null;
  const everywhere = level === '*.*';
  if (everywhere && strong.some((privilege) => ['ALL PRIVILEGES', 'ALL', 'SUPER'].includes(privilege))) {
    return 'superuser';
  }
  return level.endsWith('.*') && strong.some((privilege) => OWNING.has(privilege)) ? 'owner' : 'writer';
}

/** https://mariadb.com/kb/en/create-user/ */
function readerDdl(database: string | null): string {
  const level = database === null ? '*.*' : `${quoteIdentifier(database)}.*`;
  return [
    `CREATE USER sqlopt_reader IDENTIFIED BY '…';`,
    `-- SHOW VIEW lets plans of views be read`,
    `GRANT SELECT, SHOW VIEW ON ${level} TO sqlopt_reader;`,
  ].join('\n');
}
