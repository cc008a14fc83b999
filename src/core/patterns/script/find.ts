import type { Catalog } from '../../catalog/catalog.ts';
import type { Finding } from '../../optimizer/optimization.ts';
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
  const found: ScriptPatternMatch[] = [];
  for (const pattern of options.among ?? scriptPatterns) {
    if (!isFor(pattern.engines, script)) continue;
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

  /** @param places of the SQL statements of the source, in its order */
  find(source: string, places: readonly StatementPlace[], catalog: Catalog): ScriptFinding[] {
    const script = this.reader.read(source, places, catalog);
    return findScriptMatches(script, this.options).map(({ pattern, match }) => ({
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
