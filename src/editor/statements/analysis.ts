/** The core's parser and pattern library behind one function; loaded when the first SQL file is looked at. */
import type { Catalog } from '../../core/catalog/catalog.ts';
import { catalogFromDdl } from '../../core/catalog/from-ddl.ts';
import type { Finding } from '../../core/optimizer/optimization.ts';
import { type FindOptions, findPatterns } from '../../core/patterns/find.ts';
import { analyzeStatement } from '../../core/sql/analyze.ts';
import type { Dialect } from '../../core/sql/dialect.ts';
import { splitStatements } from '../../core/sql/splitter.ts';
import type { SqlStatement } from './document-findings.ts';

/** The statements of a text; psql commands, COPY data and batch separators are left out. */
export function sqlStatements(source: string, dialect: Dialect): SqlStatement[] {
  return splitStatements(source, dialect)
    .filter((range) => range.kind === 'sql')
    .map(({ start, end, leadingStart }) => ({
      start,
      end,
      leadingStart,
      text: source.slice(start, end),
      comments: source.slice(leadingStart, start),
    }));
}

/** What the pattern library finds in a statement. */
export function findingsIn(
  text: string,
  catalog: Catalog,
  onFailure: NonNullable<FindOptions['onFailure']>,
): Finding[] {
  return findPatterns(analyzeStatement(text, catalog), { onFailure });
}

/** What is known without a database: nothing. One object per dialect, so that results can be kept by catalog. */
export function unknownCatalog(dialect: Dialect): Catalog {
  const known = UNKNOWN.get(dialect) ?? catalogFromDdl('', dialect);
  UNKNOWN.set(dialect, known);
  return known;
}

const UNKNOWN = new Map<Dialect, Catalog>();
