/**
 * The lexer: total (the tokens joined are the source, whatever it holds), linear, and the same code for every dialect;
 * what differs is data in `dialects/`.
 */
import type { Dialect } from './dialect.ts';
import { type DialectData, dialectData } from './dialects/dialect-data.ts';
import {
  expectsOperandAfter,
  placeholderEnd,
  placeholderEndsOperator,
  questionOperatorEnd,
} from './placeholders.ts';
import { Scanner } from './scanner.ts';
import { isTrivia, type Token, type TokenKind } from './tokens.ts';

/** No rule looks further than this behind a token: the longest placeholder and the blanks before an operand. */
const LOOKAHEAD = 512;

/** An operator is no longer than a name (NAMEDATALEN - 1). */
const MAX_OPERATOR = 63;

/**
 * All tokens of a source, trivia included, in order and without gaps.
 *
 * A string, quoted name or comment without its end is one 'unknown' token up to the end of the source. A comment whose
 * content MySQL executes (`/*!`) and a template block (`{% … %}`) inside of a statement are 'unknown' too: the
 * grammar cannot see through them.
 *
 * @param source any text: it may be half typed, binary or hold lone surrogates
 */
export function tokenize(source: string, dialect: Dialect): Token[] {
  const lexer = new Lexer(source, dialect);
  const tokens: Token[] = [];
  for (let token = lexer.next(); token !== null; token = lexer.next()) tokens.push(token);
  return tokens;
}

/** Words in upper case: most words of a text are the same few ones. */
const UPPER = new Map<string, string>();
const MOST_WORDS = 4000;
/** What is longer V8 may keep as a piece of its source, which would be held on to as a whole. */
const LONGEST_KEPT = 12;

function upperCase(word: string): string {
  if (word.length > LONGEST_KEPT) return word.toUpperCase();
  let upper = UPPER.get(word);
  if (upper === undefined) {
    upper = word.toUpperCase();
    if (UPPER.size >= MOST_WORDS) UPPER.clear();
    UPPER.set(word, upper);
  }
  return upper;
}

/** Reads tokens one by one from any place on: what the splitter needs, which must skip what is not SQL. */
export class Lexer {
  private readonly source: string;
  private readonly data: DialectData;
  private readonly scan: Scanner;
  private at: number;
  private afterOperand = false;
  private adjacent = false;
  private brackets = 0;
  private afterBracket = false;
  /** no token but trivia since the last semicolon */
  private atStatementStart = true;
  /** the end of the token that is being read */
  private end = 0;
  private furthest = 0;

  constructor(source: string, dialect: Dialect, start = 0) {
    this.source = source;
    this.data = dialectData(dialect);
    this.scan = new Scanner(source, this.data);
    this.at = start;
  }

  /** The offset where the next token begins. */
  get position(): number {
    return this.at;
  }

  /**
   * The offset up to which the tokens since the last {@link seek} depend on the source: an edit at or behind it does
   * not change them. Infinity when the end of the source had a say, as for a string without its end.
   */
  get reach(): number {
    return Math.max(this.furthest, this.at + LOOKAHEAD);
  }

  /** Go on at another place, as at the beginning of a statement. */
  seek(position: number): void {
    this.at = position;
    this.furthest = 0;
    this.afterOperand = false;
    this.adjacent = false;
    this.brackets = 0;
    this.afterBracket = false;
    this.atStatementStart = true;
  }

  /** The next token, or null at the end of the source. */
  next(): Token | null {
    const start = this.at;
    if (start >= this.source.length) return null;
    const kind = this.read(start);
    const text = this.source.slice(start, this.end);
    const token: Token = {
      kind,
      start,
      end: this.end,
      text,
      upper: kind === 'word' ? upperCase(text) : '',
    };
    this.at = this.end;
    this.remember(token);
    return token;
  }

  /** Keep what the next token's meaning depends on. */
  private remember(token: Token): void {
    if (isTrivia(token)) {
      this.adjacent = false;
      return;
    }
    const qualified = this.adjacent && this.source[token.start - 1] === '.';
    this.adjacent = true;
    this.atStatementStart = false;
    this.afterBracket = false;
    switch (token.kind) {
      case 'word':
        this.afterOperand = qualified || !expectsOperandAfter(token.upper);
        return;
      case 'operator':
        this.afterOperand = false;
        return;
      case 'punctuation':
        this.rememberPunctuation(token.text);
        return;
      default:
        this.afterOperand = true;
    }
  }

  private rememberPunctuation(text: string): void {
    this.afterOperand = text === ')' || text === ']' || text === '}';
    if (text === '[') {
      this.brackets++;
      this.afterBracket = true;
    } else if (text === ']') {
      this.brackets = Math.max(0, this.brackets - 1);
    } else if (text === ';') {
      this.brackets = 0;
      this.atStatementStart = true;
    }
  }

  /** Kind of the token at `start`; its end is noted. */
  private read(start: number): TokenKind {
    const { scan, source } = this;
    const code = source.charCodeAt(start);
    if (scan.isSpace(code)) return this.found('whitespace', scan.spaceEnd(start));
    const comment = this.readComment(start, code);
    if (comment !== null) return comment;
    if (scan.isWordStart(code)) return this.readWord(start, code);
    if (code >= 0x30 && code <= 0x39) return this.readNumber(start);
    if (code === 0x2e /* . */ && this.isFraction(start)) return this.readNumber(start);
    const quote = scan.quoteKind(code);
    if (quote !== null) return this.found(quote, scan.quotedEnd(start, quote));
    return this.readTemplate(start, code) ?? this.readParameter(start, code) ?? this.readSymbol(start, code);
  }

  /** Note where the token ends; without an end, everything up to the end of the source is unknown. */
  private found(kind: TokenKind, end: number): TokenKind {
    if (end < 0) this.furthest = Number.POSITIVE_INFINITY;
    this.end = end < 0 ? this.source.length : end;
    return end < 0 ? 'unknown' : kind;
  }

  private context() {
    return {
      afterOperand: this.afterOperand,
      adjacent: this.adjacent,
      inBrackets: this.brackets > 0,
      afterBracket: this.afterBracket,
    };
  }

  private readComment(start: number, code: number): TokenKind | null {
    // this is asked of every token: nearly all of them begin with another character
    if (code !== 0x2f /* / */ && code !== 0x2d /* - */ && code !== 0x23 /* # */) return null;
    const { scan, source, data } = this;
    if (code === 0x2f && source.charCodeAt(start + 1) === 0x2a /* * */) {
      const executed = data.comments.executable.some((opener) => source.startsWith(opener, start));
      return this.found(executed ? 'unknown' : 'blockComment', scan.blockCommentEnd(start));
    }
    if (!scan.lineCommentAt(start)) return null;
    // #{x} is a placeholder of MyBatis where an operand is expected.
    return this.readBraces(start, code) ?? this.found('lineComment', scan.lineEnd(start));
  }

  /** #{x} and ${x}, whose first character begins a comment or a word in some dialects. */
  private readBraces(start: number, code: number): TokenKind | null {
    if ((code !== 0x23 && code !== 0x24) || this.source.charCodeAt(start + 1) !== 0x7b /* { */) return null;
    const end = placeholderEnd(this.source, start, this.data, this.context());
    return end < 0 ? null : this.found('placeholder', end);
  }

  private readWord(start: number, code: number): TokenKind {
    const { scan, source } = this;
    const braces = this.readBraces(start, code);
    if (braces !== null) return braces;
    if (code === 0x24 /* $ */ && this.data.numbers.money) {
      const next = source.charCodeAt(start + 1);
      if (next >= 0x30 && next <= 0x39) return this.found('number', scan.numberEnd(start + 1));
    }
    const prefixed = scan.prefixedQuote(start, code);
    if (prefixed !== null) return this.found(prefixed.kind, prefixed.end);
    return this.found('word', scan.wordEnd(start));
  }

  private readNumber(start: number): TokenKind {
    const { scan, data } = this;
    const radix = scan.radixEnd(start);
    if (radix > 0 && !scan.isWordPart(this.source.charCodeAt(radix))) {
      return this.found(data.numbers.hexadecimal, radix);
    }
    if (data.identifiers.mayStartWithDigit) {
      const word = scan.digitWordEnd(start, this.adjacent && this.source[start - 1] === '.');
      if (word > 0) return this.found('word', word);
    }
    return this.found('number', scan.numberEnd(start));
  }

  /** `.5` is a number, but `t.5` is a qualified name and `x..5` a range. */
  private isFraction(start: number): boolean {
    const next = this.source.charCodeAt(start + 1);
    return (
      next >= 0x30 &&
      next <= 0x39 &&
      !(this.adjacent && (this.afterOperand || this.source[start - 1] === '.'))
    );
  }

  /** Jinja and its kin: {{ x }}, {% block %}, {# comment #}. */
  private readTemplate(start: number, code: number): TokenKind | null {
    if (code !== 0x7b /* { */) return null;
    switch (this.source.charCodeAt(start + 1)) {
      case 0x7b: // {{
        return this.foundTemplate('placeholder', this.scan.after('}}', start + 2));
      case 0x25: // {%
        // A block inside of a statement changes what the statement says: not trivia there.
        return this.foundTemplate(
          this.atStatementStart ? 'blockComment' : 'unknown',
          this.scan.after('%}', start + 2),
        );
      case 0x23: // {#
        return this.foundTemplate('blockComment', this.scan.after('#}', start + 2));
      default:
        return null;
    }
  }

  private foundTemplate(kind: TokenKind, end: number): TokenKind | null {
    if (end >= 0) return this.found(kind, end);
    this.furthest = Number.POSITIVE_INFINITY;
    return null;
  }

  /** Dollar quotes, placeholders and variables. */
  private readParameter(start: number, code: number): TokenKind | null {
    const { scan, source, data } = this;
    if (!scan.mayBeginParameter(code)) return null;
    if (code === 0x24 /* $ */ && data.strings.dollar) {
      const tag = scan.dollarTag(start);
      if (tag !== null) return this.found('string', scan.after(tag, start + tag.length));
    }
    const placeholder = placeholderEnd(source, start, data, this.context());
    if (placeholder > 0) return this.found('placeholder', placeholder);
    if (code !== 0x40 /* @ */ || data.placeholders.at !== 'variable') return null;
    const quote = scan.quoteKind(source.charCodeAt(start + 1));
    if (quote !== null && data.strings.backslash) {
      return this.found('variable', scan.quotedEnd(start + 1, quote));
    }
    const variable = scan.variableEnd(start);
    return variable < 0 ? null : this.found('variable', variable);
  }

  private readSymbol(start: number, code: number): TokenKind {
    const { source, scan } = this;
    if (code === 0x3a /* : */) {
      const next = source.charCodeAt(start + 1);
      const operator = next === 0x3a || next === 0x3d;
      return this.found(operator ? 'operator' : 'punctuation', start + (operator ? 2 : 1));
    }
    if (scan.isPunctuation(code)) return this.found('punctuation', start + 1);
    if (scan.isOperator(code)) return this.found('operator', this.operatorEnd(start, code));
    return this.found('unknown', scan.unknownEnd(start));
  }

  private operatorEnd(start: number, code: number): number {
    const { source, data } = this;
    if (data.operators !== 'munch') {
      const known = data.operators.find((operator) => source.startsWith(operator, start));
      return start + (known?.length ?? 1);
    }
    if (code === 0x3f /* ? */) return questionOperatorEnd(source, start);
    return this.munch(start);
  }

  /** The rules of "Operators" in the manual's chapter on lexical structure, cut short by a placeholder. */
  private munch(start: number): number {
    const { source, scan } = this;
    let end = start + 1;
    while (end - start < MAX_OPERATOR && scan.isOperator(source.charCodeAt(end))) {
      if (scan.lineCommentAt(end) || source.startsWith('/*', end)) break;
      if (placeholderEndsOperator(source, start, end)) break;
      end++;
    }
    // + and - end an operator only when it holds one of these characters: a*-1 is a * -1, but a @- b is one.
    if (end > start + 1 && !/[~!@#^&|`?%]/.test(source.slice(start, end))) {
      while (end > start + 1 && (source[end - 1] === '+' || source[end - 1] === '-')) end--;
    }
    return end;
  }
}
