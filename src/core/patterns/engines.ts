import type { Dialect } from '../sql/dialect.ts';
import type { EngineSupport } from './pattern.ts';

/** Support on every engine, with the same word on when it pays. */
export function allEngines(pays: string): readonly EngineSupport[] {
  return [
    { dialect: 'postgresql', pays },
    { dialect: 'mysql', pays },
    { dialect: 'mariadb', pays },
    { dialect: 'tsql', pays },
  ];
}

/** Support on PostgreSQL only. */
export function postgresqlOnly(pays: string, from?: number, until?: number): readonly EngineSupport[] {
  return [
    {
      dialect: 'postgresql',
      pays,
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
    },
  ];
}

/** Support on some engines, with the same word on when it pays. */
export function enginesOf(dialects: readonly Dialect[], pays: string): readonly EngineSupport[] {
  return dialects.map((dialect) => ({ dialect, pays }));
}
