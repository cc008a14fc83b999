/** From text to the query model. */
import type { Catalog } from '../catalog/catalog.ts';
import type { Dialect } from './dialect.ts';
import { parseStatement } from './parse.ts';
import type { AnalyzedStatement } from './query-model.ts';
import { type ParsedText, resolveStatement } from './resolve.ts';

/**
 * Parse one statement and resolve its names.
 *
 * @param text one statement, without its terminator; any text may be given, the parser never throws
 * @param catalog what its names mean; gives the dialect too
 */
export function analyzeStatement(text: string, catalog: Catalog): AnalyzedStatement {
  return resolveStatement(parseText(text, catalog.dialect), catalog);
}

/** One statement's tree, tokens and opaque ranges. */
export function parseText(text: string, dialect: Dialect): ParsedText {
  return { text, ...parseStatement(text, dialect) };
}
