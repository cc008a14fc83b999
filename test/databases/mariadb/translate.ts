/** DDL of PostgreSQL as MariaDB reads it, for cases that are written for PostgreSQL and mean the same there. */

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/\btimestamp with time zone\b|\btimestamptz(?:\(\d\))?(?!\w)/gi, 'datetime(6)'],
  [/\btimestamp(?:\(\d\))?(?: without time zone)?(?!\w)(?! ')/gi, 'datetime(6)'],
  [/\btext\b(?:\s+COLLATE\s+"C")?/gi, 'varchar(60)'],
  [/\bvarchar\b(?!\()/gi, 'varchar(60)'],
  [/\bbytea\b/gi, 'varbinary(60)'],
  [/\bjsonb\b/gi, 'json'],
  [/\bnumeric\b(?!\()/gi, 'decimal(20,6)'],
  [/\bdouble precision\b|\bfloat8\b/gi, 'double'],
];

/** The text with types and unnamed indexes in MariaDB's words; what has no counterpart is for the server to refuse. */
export function mariadbDdl(ddl: string): string {
  let text = ddl.replace(/\b(\w+_pattern_ops)\b/g, '');
  for (const [pattern, type] of TYPES) text = text.replace(pattern, type);
  let index = 0;
  return text.replace(/(CREATE (?:UNIQUE )?INDEX )ON\b/gi, (_, head: string) => `${head}index_${++index} ON`);
}
