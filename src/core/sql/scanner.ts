/** How far a lexical element reaches: pure scanning without any memory of what came before. */
import type { DialectData } from './dialects/dialect-data.ts';
import type { TokenKind } from './tokens.ts';

const SPACE = 1;
const WORD_START = 2;
const WORD_PART = 4;
const PUNCTUATION = 8;
const OPERATOR = 16;
const STRING_QUOTE = 32;
const NAME_QUOTE = 64;
const PARAMETER = 128;

const BOM = 0xfeff;
const BACKSLASH = 0x5c;
const PREFIX_KINDS: Readonly<Record<string, TokenKind>> = {
  B: 'bitString',
  X: 'bitString',
  E: 'string',
  N: 'string',
};

/** Character classes and ends of lexical elements of one source in one dialect. An end is -1 when there is none. */
export class Scanner {
  private readonly source: string;
  private readonly data: DialectData;
  private readonly classes: Uint8Array;
  /** for each needle the place where it was last found, or Infinity when no more follow: keeps searches linear */
  private readonly found = new Map<string, { from: number; at: number }>();

  constructor(source: string, data: DialectData) {
    this.source = source;
    this.data = data;
    this.classes = classesOf(data);
  }

  isSpace(code: number): boolean {
    return code < 128 ? this.has(code, SPACE) : code === BOM;
  }

  isWordStart(code: number): boolean {
    return code < 128 ? this.has(code, WORD_START) : code !== BOM;
  }

  isWordPart(code: number): boolean {
    return code < 128 ? this.has(code, WORD_PART) : code >= 128 && code !== BOM;
  }

  isPunctuation(code: number): boolean {
    return code < 128 && this.has(code, PUNCTUATION);
  }

  isOperator(code: number): boolean {
    return code < 128 && this.has(code, OPERATOR);
  }

  /** A placeholder, a variable or a dollar quote may begin with the character. */
  mayBeginParameter(code: number): boolean {
    return code < 128 && this.has(code, PARAMETER);
  }

  spaceEnd(start: number): number {
    let at = start + 1;
    while (at < this.source.length && this.isSpace(this.source.charCodeAt(at))) at++;
    return at;
  }

  wordEnd(start: number): number {
    const { source, classes } = this;
    let at = start + 1;
    let code = source.charCodeAt(at);
    // isWordPart, spelled out: most characters of a source are read here
    while (code < 128 ? ((classes[code] ?? 0) & WORD_PART) !== 0 : code >= 128 && code !== BOM) {
      code = source.charCodeAt(++at);
    }
    return at;
  }

  /** The end of a run of characters that begin no token. A backslash stands alone: it may begin a client's command. */
  unknownEnd(start: number): number {
    let at = start + 1;
    if (this.source.charCodeAt(start) === BACKSLASH) return at;
    while (at < this.source.length) {
      const code = this.source.charCodeAt(at);
      if (code >= 128 || (this.classes[code] ?? 0) !== 0 || this.quoteKind(code) !== null || code === 0x24)
        break;
      at++;
    }
    return at;
  }

  /** Up to the line break, without it. */
  lineEnd(start: number): number {
    let at = start;
    while (at < this.source.length) {
      const code = this.source.charCodeAt(at);
      if (code === 0x0a || code === 0x0d) break;
      at++;
    }
    return at;
  }

  lineCommentAt(start: number): boolean {
    const code = this.source.charCodeAt(start);
    if (code === 0x23 /* # */) return this.data.comments.hash;
    if (code !== 0x2d /* - */ || this.source.charCodeAt(start + 1) !== 0x2d) return false;
    if (!this.data.comments.dashesNeedBlank || start + 2 >= this.source.length) return true;
    return this.source.charCodeAt(start + 2) <= 0x20;
  }

  blockCommentEnd(start: number): number {
    if (!this.data.comments.nested) return this.after('*/', start + 2);
    const marks = /\/\*|\*\//g;
    marks.lastIndex = start + 2;
    let depth = 1;
    for (let mark = marks.exec(this.source); mark !== null; mark = marks.exec(this.source)) {
      depth += mark[0] === '/*' ? 1 : -1;
      if (depth === 0) return marks.lastIndex;
    }
    return -1;
  }

  /** What a quoting character begins, or null when it is none. */
  quoteKind(code: number): 'string' | 'quotedIdentifier' | null {
    if (code >= 128 || !this.has(code, STRING_QUOTE | NAME_QUOTE)) return null;
    return this.has(code, STRING_QUOTE) ? 'string' : 'quotedIdentifier';
  }

  /** The end of a string or quoted name whose opening quote stands at `start`. */
  quotedEnd(
    start: number,
    kind: 'string' | 'quotedIdentifier',
    backslash = this.data.strings.backslash,
  ): number {
    const opening = this.source[start] ?? '';
    const closing = kind === 'string' ? opening : (this.data.identifiers.quotes[opening] ?? opening);
    if (kind === 'string' && backslash) return this.escapedEnd(start, closing);
    let at = start;
    for (;;) {
      at = this.source.indexOf(closing, at + 1);
      if (at < 0) return -1;
      if (this.source[at + 1] !== closing) return at + 1;
      at++;
    }
  }

  private escapedEnd(start: number, closing: string): number {
    const quote = closing.charCodeAt(0);
    for (let at = start + 1; at < this.source.length; at++) {
      const code = this.source.charCodeAt(at);
      if (code === 0x5c /* \ */) at++;
      else if (code === quote) {
        if (this.source.charCodeAt(at + 1) !== quote) return at + 1;
        at++;
      }
    }
    return -1;
  }

  /** A string or name with a letter before its quote: E'', B'', X'', N'', U&'', U&"". */
  prefixedQuote(start: number, code: number): { kind: TokenKind; end: number } | null {
    const { source, data } = this;
    const next = source.charCodeAt(start + 1);
    if (next !== 0x27 /* ' */ && next !== 0x26 /* & */) return null;
    const letter = String.fromCharCode(code & ~0x20);
    if (letter === 'U' && next === 0x26 && data.strings.escapePrefixes) {
      const quote = source.charCodeAt(start + 2);
      if (quote === 0x27) return { kind: 'string', end: this.quotedEnd(start + 2, 'string') };
      if (quote === 0x22)
        return { kind: 'quotedIdentifier', end: this.quotedEnd(start + 2, 'quotedIdentifier') };
      return null;
    }
    if (next !== 0x27) return null;
    const kind = PREFIX_KINDS[letter];
    if (kind === undefined) return null;
    if (letter === 'E' && !data.strings.escapePrefixes) return null;
    if (kind === 'bitString' && !data.strings.bitPrefixes) return null;
    const backslash = letter === 'E' || (letter === 'N' && data.strings.backslash);
    return { kind, end: this.quotedEnd(start + 1, 'string', backslash) };
  }

  /** The end of 0xff, 0b01 or 0o17. */
  radixEnd(start: number): number {
    const form = this.data.numbers.underscores
      ? /0(?:[xX](?:_?[\da-fA-F])+|[bB](?:_?[01])+|[oO](?:_?[0-7])+)/y
      : /0(?:[xX][\da-fA-F]*|b[01]+)/y;
    form.lastIndex = start;
    return form.test(this.source) ? form.lastIndex : -1;
  }

  /** The end of a decimal number; `1..2` ends before the dots. */
  numberEnd(start: number): number {
    const form = this.data.numbers.underscores
      ? /(?:\d+(?:_\d+)*(?:\.(?!\.)(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?/y
      : /(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
    form.lastIndex = start;
    return form.test(this.source) ? form.lastIndex : start + 1;
  }

  /** The end of a word that begins with a digit (`2fa_codes`; after a dot `1` and `1e3` too), or -1. */
  digitWordEnd(start: number, afterDot: boolean): number {
    const end = this.wordEnd(start);
    const text = this.source.slice(start, end);
    if (afterDot) return end;
    if (/^\d+(?:[eE]\d*)?$/.test(text)) return -1;
    // 1e+5 is a number; 1ea is a name
    return end;
  }

  /** The end of @name, @@name or, in MySQL, @@session.name. */
  variableEnd(start: number): number {
    const { source } = this;
    const system = source.charCodeAt(start + 1) === 0x40;
    let at = start + (system ? 2 : 1);
    if (!this.isWordPart(source.charCodeAt(at))) return -1;
    at = this.wordEnd(at);
    const dots = this.data.strings.backslash;
    while (dots && source[at] === '.' && this.isWordPart(source.charCodeAt(at + 1)))
      at = this.wordEnd(at + 1);
    return at;
  }

  /** The opening tag of a dollar quote at `start`: `$$` or `$name$`. */
  dollarTag(start: number): string | null {
    const form = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
    form.lastIndex = start;
    return form.exec(this.source)?.[0] ?? null;
  }

  /** The end of the first `needle` at or after `from`. Searches for one needle never go over the same text twice. */
  after(needle: string, from: number): number {
    const known = this.found.get(needle);
    if (known !== undefined && known.from <= from && from <= known.at) {
      return known.at === Number.POSITIVE_INFINITY ? -1 : known.at + needle.length;
    }
    const at = this.source.indexOf(needle, from);
    this.found.set(needle, { from, at: at < 0 ? Number.POSITIVE_INFINITY : at });
    return at < 0 ? -1 : at + needle.length;
  }

  private has(code: number, flag: number): boolean {
    return ((this.classes[code] ?? 0) & flag) !== 0;
  }
}

const cache = new Map<DialectData, Uint8Array>();

function classesOf(data: DialectData): Uint8Array {
  const known = cache.get(data);
  if (known !== undefined) return known;
  const classes = new Uint8Array(128);
  const mark = (characters: string, flag: number) => {
    for (const character of characters) {
      const code = character.charCodeAt(0);
      classes[code] = (classes[code] ?? 0) | flag;
    }
  };
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_';
  mark(' \t\n\r\f\v', SPACE);
  mark(letters + data.identifiers.start, WORD_START);
  mark(`${letters}0123456789${data.identifiers.part}`, WORD_PART);
  mark('()[]{},;.:', PUNCTUATION);
  mark('+-*/<>=~!@#%^&|`?', OPERATOR);
  mark('?:%#$@', PARAMETER);
  mark(data.strings.quotes, STRING_QUOTE);
  mark(Object.keys(data.identifiers.quotes).join(''), NAME_QUOTE);
  cache.set(data, classes);
  return classes;
}
