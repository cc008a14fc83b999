/** A file of statements, as the rules see it that look at several of them. */
import type { Catalog } from '../../catalog/catalog.ts';
import { parseText } from '../../sql/analyze.ts';
import type { Statement } from '../../sql/ast.ts';
import type { Dialect } from '../../sql/dialect.ts';
import { tokenize } from '../../sql/lexer.ts';
import type { ParsedText } from '../../sql/resolve.ts';
import type { TextEdit, TextRange } from '../../sql/text.ts';
import { isTrivia, type Token } from '../../sql/tokens.ts';
import { atOnce, type Steps } from '../../steps.ts';
import type { PatternDeclaration } from '../pattern.ts';

export interface Script {
  readonly source: string;
  readonly dialect: Dialect;
  readonly catalog: Catalog;
  readonly statements: readonly ScriptStatement[];
}

/** One statement at its place. Ranges of its tree and its tokens refer to `text`; the statement's own to the source. */
export interface ScriptStatement extends TextRange {
  readonly index: number;
  readonly text: string;
  readonly leadingStart: number;
  readonly tree: Statement;
  /** without white space and comments */
  readonly words: readonly Token[];
  /** ranges that the parser did not understand */
  readonly opaque: readonly TextRange[];
}

/** An entry of the library that looks at several statements of a script. */
export interface ScriptPattern extends PatternDeclaration {
  find(script: Script): Iterable<ScriptMatch>;
}

/** Where a pattern applies: the finding is shown at a statement. */
export interface ScriptMatch {
  readonly statement: ScriptStatement;
  /** within the statement's text; the whole statement when left out */
  readonly range?: TextRange;
  readonly message: string;
  /** edits of the source */
  readonly rewrite: ScriptRewrite | null;
  readonly blockedBy?: string;
}

export interface ScriptRewrite {
  readonly edits: readonly TextEdit[];
  readonly assumptions: readonly string[];
  readonly soundness: 'proved' | 'likely';
}

/** Where a statement stands in its source. */
export interface StatementPlace extends TextRange {
  readonly leadingStart: number;
}

/** Parses each text once, and forgets those that are no longer in the source. */
export class ScriptReader {
  private known = new Map<string, KnownText>();

  /** A text parsed: for who looks at the statements one by one, too. */
  parse(text: string, dialect: Dialect): ParsedText {
    return this.knownText(text, dialect).parsed;
  }

  /** @param places of the SQL statements of the source, in its order */
  read(source: string, places: readonly StatementPlace[], catalog: Catalog): Script {
    return atOnce(this.reading(source, places, catalog));
  }

  /** {@link read}, a step for each statement. */
  *reading(source: string, places: readonly StatementPlace[], catalog: Catalog): Steps<Script> {
    const { dialect } = catalog;
    const statements: ScriptStatement[] = [];
    const kept = new Map<string, KnownText>();
    for (const [index, { start, end, leadingStart }] of places.entries()) {
      const text = source.slice(start, end);
      const known = this.knownText(text, dialect);
      kept.set(keyOf(text, dialect), known);
      known.words ??= known.parsed.tokens.filter((token) => !isTrivia(token));
      const { tree, opaque } = known.parsed;
      statements.push({ index, start, end, leadingStart, text, tree, opaque, words: known.words });
      yield;
    }
    this.known = kept;
    return { source, dialect, catalog, statements };
  }

  private knownText(text: string, dialect: Dialect): KnownText {
    const key = keyOf(text, dialect);
    let known = this.known.get(key);
    if (!known) {
      known = { parsed: parseText(text, dialect), words: null };
      this.known.set(key, known);
    }
    return known;
  }
}

interface KnownText {
  readonly parsed: ParsedText;
  /** found when the text is read as a part of a script */
  words: readonly Token[] | null;
}

function keyOf(text: string, dialect: Dialect): string {
  return `${dialect}\u0000${text}`;
}

/** Only a terminator, white space and comments stand between two statements. */
export function areNeighbours(script: Script, first: ScriptStatement, second: ScriptStatement): boolean {
  const between = gapTokens(script, first, second);
  return (
    between.every((token) => isTrivia(token) || token.text === ';') &&
    between.filter((token) => token.text === ';').length === 1
  );
}

/** A comment stands between two statements. */
export function hasCommentBetween(script: Script, first: ScriptStatement, second: ScriptStatement): boolean {
  return gapTokens(script, first, second).some(
    (token) => token.kind === 'lineComment' || token.kind === 'blockComment',
  );
}

/** The tokens between two statements, with offsets within the gap. */
export function gapTokens(script: Script, first: ScriptStatement, second: ScriptStatement): readonly Token[] {
  return tokenize(script.source.slice(first.end, second.start), script.dialect);
}

/** The words of a range of the statement, each with one blank behind: equal for parts that say the same. */
export function spoken(statement: ScriptStatement, range: TextRange): string {
  const words = statement.words.filter((word) => range.start <= word.start && word.end <= range.end);
  return words.map((word) => word.upper || word.text).join(' ');
}

/** Runs of neighbours that belong together, each of at least `least` statements. */
export function runsOf(
  script: Script,
  least: number,
  belongs: (first: ScriptStatement, next: ScriptStatement) => boolean,
): ScriptStatement[][] {
  const runs: ScriptStatement[][] = [];
  let run: ScriptStatement[] = [];
  for (const statement of script.statements) {
    const [first] = run;
    const last = run.at(-1);
    if (first && last && belongs(first, statement) && areNeighbours(script, last, statement))
      run.push(statement);
    else {
      if (run.length >= least) runs.push(run);
      run = [statement];
    }
  }
  if (run.length >= least) runs.push(run);
  return runs;
}

/** A match without a rewrite. */
export function scriptAdvice(statement: ScriptStatement, message: string, range?: TextRange): ScriptMatch {
  return {
    statement,
    message,
    rewrite: null,
    ...(range ? { range: { start: range.start, end: range.end } } : {}),
  };
}
