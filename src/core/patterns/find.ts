import type { Finding } from '../optimizer/optimization.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { patterns } from './library.ts';
import { AskedByParts, meetsNeeds } from './needs.ts';
import type { EngineSupport, Match, Pattern, PatternDeclaration } from './pattern.ts';

/** A place in a statement where a pattern of the library applies. */
export interface PatternMatch {
  readonly pattern: Pattern;
  readonly match: Match;
}

/** A pattern that failed on a statement: the other patterns' matches still stand. */
export interface PatternFailure {
  readonly pattern: PatternDeclaration;
  readonly error: unknown;
}

export interface FindOptions {
  /** the patterns to look for, the whole library when left out */
  readonly among?: readonly Pattern[];
  /** ask every pattern, those too whose needs the statement does not meet: for tests of the needs */
  readonly everywhere?: boolean;
  /** called for each pattern that threw, be it later when a rewrite is asked for; without it the error is thrown on */
  readonly onFailure?: (failure: PatternFailure) => void;
}

/**
 * Every match of the library in a statement, in the order of the text.
 *
 * @param statement an analyzed statement
 * @returns matches of patterns that are for the statement's dialect and the catalog's server version
 * @throws what a pattern throws, unless `onFailure` is given
 */
export function findMatches(statement: AnalyzedStatement, options: FindOptions = {}): PatternMatch[] {
  const found: PatternMatch[] = [];
  for (const pattern of askedOf(statement, options)) {
    try {
      for (const match of pattern.find(statement)) found.push({ pattern, match });
    } catch (error) {
      if (!options.onFailure) throw error;
      options.onFailure({ pattern, error });
    }
  }
  return found.sort((a, b) => a.match.range.start - b.match.range.start);
}

/** The patterns that are for the statement's engine and whose needs it meets. */
function askedOf(statement: AnalyzedStatement, { among, everywhere }: FindOptions): readonly Pattern[] {
  if (!among && everywhere !== true) return library(statement).asked.of(statement);
  const supported = among?.filter((one) => isFor(one.engines, statement)) ?? library(statement).patterns;
  return everywhere === true ? supported : supported.filter(({ needs }) => meetsNeeds(needs, statement));
}

/**
 * The matches as findings, for diagnostics and reports.
 *
 * @param onFailure called when a rewrite cannot be written because its pattern throws: the finding is not fixable then
 */
export function findingsOf(
  matches: readonly PatternMatch[],
  onFailure?: FindOptions['onFailure'],
): Finding[] {
  return matches.map(({ pattern, match }) => ({
    pattern: pattern.id,
    category: pattern.category,
    severity: pattern.severity,
    message: match.message,
    range: match.range,
    // most findings are only shown, and it takes writing the rewrite to know
    get fixable() {
      try {
        return match.rewrite !== null;
      } catch (error) {
        if (!onFailure) throw error;
        onFailure({ pattern, error });
        return false;
      }
    },
  }));
}

/** What the library finds in a statement. See {@link findMatches}. */
export function findPatterns(statement: AnalyzedStatement, options: FindOptions = {}): Finding[] {
  return findingsOf(findMatches(statement, options), options.onFailure);
}

interface Library {
  readonly patterns: readonly Pattern[];
  readonly asked: AskedByParts<Pattern>;
}

/** The library's patterns by dialect and server version: the same for every statement of a file. */
const SUPPORTED = new Map<string, Library>();

function library(statement: AnalyzedStatement): Library {
  const key = `${statement.dialect} ${statement.catalog.version?.[0] ?? ''}`;
  const known = SUPPORTED.get(key);
  if (known) return known;
  const supported = patterns.filter((pattern) => isFor(pattern.engines, statement));
  const made = { patterns: supported, asked: new AskedByParts(supported) };
  SUPPORTED.set(key, made);
  return made;
}

/** One of the engines is that of the dialect, in the version of the catalog's server. */
export function isFor(
  engines: readonly EngineSupport[],
  { dialect, catalog }: Pick<AnalyzedStatement, 'dialect' | 'catalog'>,
): boolean {
  const major = catalog.version?.[0];
  return engines.some(
    (engine) =>
      engine.dialect === dialect &&
      (major === undefined ||
        ((engine.from === undefined || engine.from <= major) &&
          (engine.until === undefined || major <= engine.until))),
  );
}
