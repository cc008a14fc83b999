/** The place in the tokens of one statement, and what was found wrong on the way. */
import type { Opaque } from '../ast.ts';
import type { DialectData } from '../dialects/dialect-data.ts';
import type { TextRange } from '../text.ts';
import { isTrivia, type Token } from '../tokens.ts';
import type { Grammar } from './grammar.ts';

/** A place where the statement does not follow the grammar. */
export interface SyntaxProblem extends TextRange {
  /** what is wrong there, in plain words */
  readonly message: string;
}

/** A range that is not understood, or understood only as a whole. */
export interface OpaqueRange extends TextRange {
  /** what is missing or kept there */
  readonly reason: string;
  /** see {@link Opaque.inert} */
  readonly inert?: boolean;
  /** it is understood, has a node of its own, and is kept as it is all the same: a partition, IGNORE */
  readonly understood?: boolean;
}

/**
 * How deep expressions and queries may nest before the rest becomes opaque. A level takes up to a dozen stack frames;
 * the usual stack of JavaScript engines (1 MB) holds several times this.
 */
const MAX_DEPTH = 300;

/** Words that begin or end a clause: no skipping goes over one. */
const CLAUSE_WORDS: ReadonlySet<string> = new Set([
  'SELECT',
  'FROM',
  'WHERE',
  'GROUP',
  'HAVING',
  'WINDOW',
  'QUALIFY',
  'UNION',
  'INTERSECT',
  'EXCEPT',
  'ORDER',
  'LIMIT',
  'OFFSET',
  'FETCH',
  'RETURNING',
  'OPTION',
  'FOR',
  'SET',
  'VALUES',
]);

export class Cursor {
  readonly text: string;
  readonly dialect: DialectData;
  readonly grammar: Grammar;
  readonly opaque: OpaqueRange[];
  readonly errors: SyntaxProblem[];
  /** the token that is next to be read; at the end one with an empty text */
  token: Token;
  /** where the token that was read last ends */
  lastEnd = 0;
  private readonly tokens: Token[] = [];
  /** for each opening parenthesis or bracket the index of its partner, -1 for none */
  private readonly partner: Int32Array;
  /** for each ( 1 when a query begins in it, maybe after more parentheses */
  private readonly opensQuery: Uint8Array;
  private readonly last: Token;
  /** how many tokens were read */
  index = 0;
  /** how many brackets are open around the current place */
  brackets = 0;
  private depth = 0;
  /** how many statements are around this one */
  readonly level: number;

  /** @param whole the cursor over a longer text that these tokens are a part of: what is noted here is noted there */
  constructor(
    text: string,
    tokens: readonly Token[],
    dialect: DialectData,
    grammar: Grammar,
    whole: Cursor | null = null,
  ) {
    this.text = text;
    this.dialect = dialect;
    this.grammar = grammar;
    this.opaque = whole?.opaque ?? [];
    this.errors = whole?.errors ?? [];
    this.depth = whole?.depth ?? 0;
    this.level = whole === null ? 0 : whole.level + 1;
    for (const token of tokens) if (!isTrivia(token)) this.tokens.push(token);
    const end = whole === null ? text.length : (tokens.at(-1)?.end ?? whole.lastEnd);
    this.last = { kind: 'unknown', start: end, end, text: '', upper: '' };
    this.partner = new Int32Array(this.tokens.length).fill(-1);
    this.opensQuery = new Uint8Array(this.tokens.length);
    this.pair();
    this.token = this.tokens[0] ?? this.last;
    this.lastEnd = this.token === this.last ? 0 : this.token.start;
  }

  private pair(): void {
    const open: number[] = [];
    const { tokens } = this;
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i];
      if (token?.kind !== 'punctuation') continue;
      const { text } = token;
      if (text === '(' || text === '[') open.push(i);
      else if (text === ')' || text === ']') {
        const opener = open.pop();
        if (opener !== undefined) this.partner[opener] = i;
      }
    }
    for (let i = tokens.length - 2; i >= 0; i--) {
      if (tokens[i]?.text === '(' && this.beginsQuery(i + 1)) this.opensQuery[i] = 1;
    }
  }

  /** A query begins at the token, or in the parenthesis that it is. */
  private beginsQuery(at: number): boolean {
    const token = this.tokens[at];
    switch (token?.upper) {
      case 'SELECT':
      case 'WITH':
        return true;
      case 'VALUES':
        return this.grammar.valuesQuery && this.tokens[at + 1]?.text === '(';
      case 'TABLE':
        return this.grammar.tableQuery;
      default:
        return token?.text === '(' && this.opensQuery[at] === 1;
    }
  }

  get atEnd(): boolean {
    return this.token === this.last;
  }

  /** A token further on, the current one for 0. */
  peek(distance: number): Token {
    return this.tokens[this.index + distance] ?? this.last;
  }

  advance(): Token {
    const token = this.token;
    if (token !== this.last) {
      this.lastEnd = token.end;
      this.index++;
      this.token = this.tokens[this.index] ?? this.last;
    }
    return token;
  }

  /**
   * Read the next tokens on their own, as a statement inside of a statement: the other cursor ends behind them, and what
   * it notes is noted here too. Here they count as read.
   *
   * @param count how many tokens, at least one
   */
  part(count: number): Cursor {
    const end = Math.min(this.tokens.length, this.index + count);
    const inner = new Cursor(this.text, this.tokens.slice(this.index, end), this.dialect, this.grammar, this);
    this.lastEnd = this.tokens[end - 1]?.end ?? this.lastEnd;
    this.index = end;
    this.token = this.tokens[end] ?? this.last;
    return inner;
  }

  /** What was read since the token with that index. */
  tokensSince(index: number): readonly Token[] {
    return this.tokens.slice(index, this.index);
  }

  /** True at that keyword, given in upper case. */
  is(word: string): boolean {
    return this.token.upper === word;
  }

  /** True at these keywords one after another. */
  isWords(first: string, second: string): boolean {
    return this.token.upper === first && this.peek(1).upper === second;
  }

  /** True at that punctuation or operator. */
  isSymbol(symbol: string): boolean {
    return this.token.text === symbol;
  }

  /** Read the keyword if it is next. */
  accept(word: string): boolean {
    if (this.token.upper !== word) return false;
    this.advance();
    return true;
  }

  /** Read two keywords if they are next, both or none. */
  acceptWords(first: string, second: string): boolean {
    if (!this.isWords(first, second)) return false;
    this.advance();
    this.advance();
    return true;
  }

  acceptSymbol(symbol: string): boolean {
    if (this.token.text !== symbol) return false;
    this.advance();
    return true;
  }

  /** Read the keyword, or note that it is missing. */
  expect(word: string): boolean {
    if (this.accept(word)) return true;
    this.problem(`${word} is missing`);
    return false;
  }

  expectSymbol(symbol: string): boolean {
    if (this.acceptSymbol(symbol)) return true;
    this.problem(`"${symbol}" is missing`);
    return false;
  }

  /** True at an opening parenthesis in which a query begins, maybe after more parentheses. */
  get atQueryInParens(): boolean {
    return this.token.text === '(' && this.opensQuery[this.index] === 1;
  }

  /** True at a word that a query begins with. */
  get atQueryWord(): boolean {
    switch (this.token.upper) {
      case 'SELECT':
      case 'WITH':
        return true;
      case 'VALUES':
        return this.grammar.valuesQuery && this.peek(1).text === '(';
      case 'TABLE':
        return this.grammar.tableQuery;
      default:
        return false;
    }
  }

  /** Note a problem at the current token; a second one at the same place says nothing new. */
  problem(message: string): void {
    const { start, end } = this.token;
    if (this.errors.at(-1)?.start === start) return;
    this.errors.push({ start, end, message });
  }

  /** Go one level deeper. False when that is too deep: then nothing was entered. */
  enter(): boolean {
    if (this.depth >= MAX_DEPTH) return false;
    this.depth++;
    return true;
  }

  leave(): void {
    this.depth--;
  }

  /** An empty opaque node where something should stand. */
  missing(what: string): Opaque {
    this.problem(`${what} is missing`);
    return this.opaqueNode(this.lastEnd, this.lastEnd, `${what} is missing`);
  }

  /** An opaque node over what was read since `start`. */
  opaqueFrom(start: number, reason: string, inert?: 'inert'): Opaque {
    return this.opaqueNode(start, Math.max(start, this.lastEnd), reason, inert);
  }

  private opaqueNode(start: number, end: number, reason: string, inert?: 'inert'): Opaque {
    const part = { start, end, reason, ...(inert ? { inert: true } : {}) };
    this.opaque.push(part);
    return { kind: 'opaque', ...part };
  }

  /** Note that a node, although it is understood, must neither be changed nor moved, nor run for a comparison. */
  kept<T extends TextRange>(node: T, reason: string): T {
    this.opaque.push({ start: node.start, end: node.end, reason, understood: true });
    return node;
  }

  /** Read one token, and everything up to its partner when it opens a parenthesis or bracket. */
  skip(): void {
    const partner = this.partner[this.index] ?? -1;
    const opens = this.token.text === '(' || this.token.text === '[';
    if (opens && partner < 0) {
      this.skipToEnd();
      return;
    }
    this.advance();
    if (!opens) return;
    this.index = partner;
    this.token = this.tokens[partner] ?? this.last;
    this.advance();
  }

  private skipToEnd(): void {
    while (!this.atEnd && this.token.text !== ';') this.advance();
  }

  /** True where a clause, a parenthesis, a list element or the statement ends. */
  get atBoundary(): boolean {
    const { token } = this;
    if (token === this.last || token.text === ')' || token.text === ',') return true;
    if (token.text === ']') return this.brackets > 0;
    return token.text === ';' || CLAUSE_WORDS.has(token.upper);
  }

  /** True where the statement or the parentheses around the current place end. */
  get atClose(): boolean {
    const { token } = this;
    return token === this.last || token.text === ')' || token.text === ';';
  }

  /** What the grammar does not know up to the next boundary, as one opaque node; null at a boundary. */
  unexpected(): Opaque | null {
    return this.atBoundary ? null : this.unexpectedUntil(() => this.atBoundary);
  }

  /** At least one token up to where `stop` is true or the parentheses close, with a note that it is not understood. */
  unexpectedUntil(stop: () => boolean): Opaque {
    this.problem(`"${this.token.text}" is not expected here`);
    return this.keptUntil(stop, 'not understood');
  }

  /** Everything up to the end of the text but its last semicolons: bodies of routines hold semicolons of their own. */
  keptToEnd(reason: string): Opaque {
    const { start } = this.token;
    let end = start;
    while (!this.atEnd) {
      if (this.token.text !== ';') end = this.token.end;
      this.advance();
    }
    this.lastEnd = end;
    return this.opaqueFrom(start, reason);
  }

  /** Like {@link unexpectedUntil} for what is known to the dialect and kept as it is: no problem is noted. */
  keptUntil(stop: () => boolean, reason: string, inert?: 'inert'): Opaque {
    const start = this.token.start;
    do this.skip();
    while (!this.atClose && !stop());
    return this.opaqueFrom(start, reason, inert);
  }
}
