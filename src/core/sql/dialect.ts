/** The SQL dialects that the lexer, splitter and parser know. */
export type Dialect = 'postgresql' | 'mysql' | 'mariadb' | 'tsql';

export const DIALECTS: readonly Dialect[] = ['postgresql', 'mysql', 'mariadb', 'tsql'];

/** True when `name` is one of {@link DIALECTS}. */
export function isDialect(name: string): name is Dialect {
  return (DIALECTS as readonly string[]).includes(name);
}
