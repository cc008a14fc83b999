import type { Catalog } from '../../catalog/catalog.ts';
import type { Finding } from '../../optimizer/optimization.ts';
import type { Dialect } from '../../sql/dialect.ts';
import type { ParsedText } from '../../sql/resolve.ts';
import { atOnce, type Steps } from '../../steps.ts';
import { isFor } from '../find.ts';
import { scriptPatterns } from './list.ts';
import {
  type Script,
  type ScriptMatch,
  type ScriptPattern,
  ScriptReader,
  type ScriptRewrite,
  type StatementPlace,
} from './script.ts';

export interface ScriptPatternMatch {
  readonly pattern: ScriptPattern;
  readonly match: ScriptMatch;
}

/** A finding at one of the statements that were given. */
export interface ScriptFinding {
  /** index of the statement */
  readonly statement: number;
  /** its range is within the statement's text */
  readonly finding: Finding;
  /** edits of the source, null without a rewrite */
  readonly rewrite: ScriptRewrite | null;
}

export interface ScriptFindOptions {
  readonly among?: readonly ScriptPattern[];
  /** called for each pattern that threw; without it the error is thrown on */
  readonly onFailure?: (failure: { readonly pattern: ScriptPattern; readonly error: unknown }) => void;
}

/** Every match of patterns over several statements, in the order of the statements. */
export function findScriptMatches(script: Script, options: ScriptFindOptions = {}): ScriptPatternMatch[] {
  return atOnce(findingScriptMatches(script, options));
}

/** A step for each pattern. */
function* findingScriptMatches(script: Script, options: ScriptFindOptions): Steps<ScriptPatternMatch[]> {
  const found: ScriptPatternMatch[] = [];
  for (const pattern of options.among ?? scriptPatterns) {
    if (!isFor(pattern.engines, script)) continue;
    yield;
    try {
      for (const match of pattern.find(script)) found.push({ pattern, match });
    } catch (error) {
      if (!options.onFailure) throw error;
      options.onFailure({ pattern, error });
    }
  }
  return found.sort((a, b) => a.match.statement.index - b.match.statement.index);
}

/** Finds the patterns over several statements of a source; keeps what it parsed for the next time. */
export class ScriptFinder {
  private readonly reader = new ScriptReader();
  private readonly options: ScriptFindOptions;

  constructor(options: ScriptFindOptions = {}) {
    this.options = options;
  }

  /** A statement's text parsed: it is parsed once for what is found in it and over several statements. */
  parse(text: string, dialect: Dialect): ParsedText {
    return this.reader.parse(text, dialect);
  }

  /** @param places of the SQL statements of the source, in its order */
  find(source: string, places: readonly StatementPlace[], catalog: Catalog): ScriptFinding[] {
    return atOnce(this.finding(source, places, catalog));
  }

  /** {@link find} in steps, none of which looks at more than one statement or for more than one pattern. */
  *finding(source: string, places: readonly StatementPlace[], catalog: Catalog): Steps<ScriptFinding[]> {
    const script = yield* this.reader.reading(source, places, catalog);
    const matches = yield* findingScriptMatches(script, this.options);
    return matches.map(({ pattern, match }) => ({
      statement: match.statement.index,
      finding: {
        pattern: pattern.id,
        category: pattern.category,
        severity: pattern.severity,
        message: match.message,
        range: match.range ?? { start: 0, end: match.statement.text.length },
        fixable: match.rewrite !== null,
      },
      rewrite: match.rewrite,
    }));
  }
}
