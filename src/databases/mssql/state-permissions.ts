/**
 * The permissions that statistics need. SQL Server 2022 divided them, and Azure SQL databases have none of the server.
 * https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/system-dynamic-management-views
 */
import type { ServerInfo } from '../../core/database.ts';
import { quoteIdentifier } from './quoting.ts';

/** SQL Server 2022. */
const DIVIDED = 16;

/** To look at the state of the database: the Query Store. */
export function databasePermission({ product, version: [major] }: ServerInfo): string {
  return product === 'SQL Server' && major < DIVIDED
    ? 'VIEW DATABASE STATE'
    : 'VIEW DATABASE PERFORMANCE STATE';
}

/** To look at the state of the server: plans in memory, the use of indexes. */
export function serverPermission(info: ServerInfo): string {
  if (info.product !== 'SQL Server') return databasePermission(info);
  return info.version[0] < DIVIDED ? 'VIEW SERVER STATE' : 'VIEW SERVER PERFORMANCE STATE';
}

/** The statement that gives a permission to the connection's user. */
export function grant(permission: string, { user }: ServerInfo): string {
  return `GRANT ${permission} TO ${quoteIdentifier(user)};`;
}
