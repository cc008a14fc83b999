/** The queries of the rewrite benchmark: `-- # title` and the statement below it. */
import { readFileSync } from 'node:fs';

export type SchemaName = 'star' | 'shop';

export interface BenchQuery {
  readonly schema: SchemaName;
  readonly title: string;
  readonly sql: string;
}

/** All queries of a schema, in the order of its file. */
export function benchQueries(schema: SchemaName): BenchQuery[] {
  return readFileSync(new URL(`${schema}.sql`, import.meta.url), 'utf8')
    .split(/^-- # /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      const sql = part
        .slice(end + 1)
        .trim()
        .replace(/;$/, '');
      return { schema, title: part.slice(0, end).trim(), sql };
    });
}
