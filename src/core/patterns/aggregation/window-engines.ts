/** Engines with window functions. */
import type { EngineSupport } from '../pattern.ts';

/**
 * Support on every engine that has window functions with a frame: PostgreSQL, MySQL 8, MariaDB 10, SQL Server 2012.
 *
 * @param pays when it is faster, the same on each
 */
export function windowEngines(pays: string): readonly EngineSupport[] {
  return [
    { dialect: 'postgresql', pays },
    { dialect: 'mysql', from: 8, pays },
    { dialect: 'mariadb', from: 10, pays },
    { dialect: 'tsql', from: 11, pays },
  ];
}
