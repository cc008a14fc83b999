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
  return readQueries(new URL(`${schema}.sql`, import.meta.url)).map((query) => ({ schema, ...query }));
}

/** The queries of a file: `-- # title` above each. */
export function readQueries(file: URL): Omit<BenchQuery, 'schema'>[] {
  return readFileSync(file, 'utf8')
    .split(/^-- # /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      const sql = part
        .slice(end + 1)
        .trim()
        .replace(/;$/, '');
      return { title: part.slice(0, end).trim(), sql };
    });
}
