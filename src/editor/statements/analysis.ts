/** The core's parser and pattern library for the editor; loaded when the first SQL file is looked at. */
import type { Catalog } from '../../core/catalog/catalog.ts';
import { catalogFromDdl } from '../../core/catalog/from-ddl.ts';
import { type FindOptions, findPatterns } from '../../core/patterns/find.ts';
import { ScriptFinder } from '../../core/patterns/script/find.ts';
import type { Dialect } from '../../core/sql/dialect.ts';
import { resolveStatement } from '../../core/sql/resolve.ts';
import { DocumentFindings } from './document-findings.ts';

/** Keeps the findings of one document. A pattern that fails is reported, and the others' findings stand. */
export function documentFindings(onFailure: NonNullable<FindOptions['onFailure']>): DocumentFindings {
  const script = new ScriptFinder({ onFailure });
  return new DocumentFindings(
    (text, catalog) =>
      findPatterns(resolveStatement(script.parse(text, catalog.dialect), catalog), { onFailure }),
    (source, statements, catalog) => script.finding(source, statements, catalog),
  );
}

/** What is known without a database: nothing. One object per dialect, so that results can be kept by catalog. */
export function unknownCatalog(dialect: Dialect): Catalog {
  const known = UNKNOWN.get(dialect) ?? catalogFromDdl('', dialect);
  UNKNOWN.set(dialect, known);
  return known;
}

const UNKNOWN = new Map<Dialect, Catalog>();
