/**
 * Reads the statements of a script one by one. What is read depends only on the state and the text behind its
 * position, so that reading can begin anywhere and an old result can be used again.
 */
import {
  copiesInline,
  delimiterLine,
  goLine,
  isConditional,
  lineEnd,
  psqlCommand,
  sendsStatement,
} from './client-commands.ts';
import { CopyData } from './copy-data.ts';
import type { Dialect } from './dialect.ts';
import { Lexer } from './lexer.ts';
import { brokenTokenCut, LINE_LIMIT } from './quote-recovery.ts';
import type { StatementRange } from './splitter.ts';
import { StatementBlocks } from './statement-blocks.ts';
import { type Gap, StatementShape } from './statement-shape.ts';
import { isTrivia, type Token } from './tokens.ts';

/** What reading the next statement depends on, beside the text. */
export interface SplitState {
  readonly position: number;
  /** ';' or what DELIMITER has set */
  readonly delimiter: string;
  /** the lines from here on are data of COPY */
  readonly copyData: boolean;
  /** how many broken quotes may still be mended: keeps the work linear on garbage */
  readonly mendings: number;
}

export const START_STATE: SplitState = { position: 0, delimiter: ';', copyData: false, mendings: 32 };

/** True when the two states go on alike, `shift` characters apart. */
export function sameState(a: SplitState, b: SplitState, shift: number): boolean {
  return (
    a.position + shift === b.position &&
    a.delimiter === b.delimiter &&
    a.copyData === b.copyData &&
    a.mendings === b.mendings
  );
}

export interface SplitStep {
  readonly range: StatementRange;
  readonly next: SplitState;
  /** an edit at or behind this offset does not change the step; Infinity when the end of the text had a say */
  readonly reach: number;
}

interface End {
  /** end of the statement's text */
  readonly end: number;
  readonly terminatorEnd: number;
  /** where to go on */
  readonly next: number;
  readonly copyData?: boolean;
}

/** Nothing but a comment up to the end of a line, its line break included. */
const REST_OF_LINE = /[ \t]{0,200}(?:--[^\r\n]*|\/\*[^*\r\n]{0,500}\*\/[ \t]{0,200})?(?:\r\n|\r|\n|$)/y;

/** Between two tokens with no line break between them. */
const NO_GAP: Gap = { lineStart: false, blankLine: false };

/** One pass over one text. Not reusable for another text. */
export class StatementReader {
  private readonly source: string;
  private readonly dialect: Dialect;
  private readonly lexer: Lexer;
  private readonly copy: CopyData;
  private delimiter = ';';
  private mendings = 0;
  private reach = 0;

  constructor(source: string, dialect: Dialect) {
    this.source = source;
    this.dialect = dialect;
    this.lexer = new Lexer(source, dialect);
    this.copy = new CopyData(source, dialect);
  }

  /** The statement (or command, or data) behind the state's position; null when only trivia follow. */
  read(state: SplitState): SplitStep | null {
    this.delimiter = state.delimiter;
    this.mendings = state.mendings;
    this.reach = 0;
    let position = state.position;
    if (state.copyData) {
      const data = this.copy.read(position);
      if (data.range !== null) return { range: data.range, next: this.state(data.next), reach: data.reach };
      position = data.next;
      this.reach = data.reach;
    }
    this.lexer.seek(position);
    const lead = this.readLead(position);
    if (lead === null) return null;
    return this.readPiece(lead.token, lead.leadingStart, lead.gap);
  }

  private state(position: number, copyData = false): SplitState {
    return { position, delimiter: this.delimiter, copyData, mendings: this.mendings };
  }

  /** Skip trivia and lone terminators up to the first token; find where the comments that belong to it begin. */
  private readLead(from: number): { token: Token; leadingStart: number; gap: Gap } | null {
    let leading: number | null = null;
    let fresh = from === 0;
    let lineStart = from === 0;
    for (;;) {
      if (this.skipDelimiter()) {
        leading = null;
        fresh = false;
        lineStart = false;
        continue;
      }
      const token = this.nextToken();
      if (token === null) return null;
      if (token.kind === 'whitespace') {
        const breaks = countLineBreaks(token.text);
        if (breaks > 0) {
          fresh = true;
          lineStart = true;
        }
        if (breaks > 1) leading = null;
      } else if (isTrivia(token)) {
        // A comment on the line of the last terminator belongs to what stands before it.
        if (fresh) leading ??= token.start;
        lineStart = lineStart && token.kind === 'blockComment';
      } else {
        return { token, leadingStart: leading ?? token.start, gap: { lineStart, blankLine: true } };
      }
    }
  }

  private readPiece(token: Token, leadingStart: number, gap: Gap): SplitStep {
    const { source } = this;
    const { start } = token;
    if (this.isBackslash(token)) {
      const command = psqlCommand(source, start);
      const copyData = copiesInline(source, start);
      const next = copyData ? afterLineBreak(source, command.next) : command.next;
      return this.step('psql', leadingStart, start, {
        end: Math.max(command.end, start + 1),
        terminatorEnd: Math.max(command.end, start + 1),
        next: Math.max(next, start + 1),
        copyData,
      });
    }
    const line = this.clientLine(token, gap);
    if (line !== null) {
      return this.step(line.kind, leadingStart, start, {
        end: line.end,
        terminatorEnd: line.end,
        next: line.next,
      });
    }
    return this.step('sql', leadingStart, start, this.readStatement(token));
  }

  private step(kind: StatementRange['kind'], leadingStart: number, start: number, end: End): SplitStep {
    return {
      range: { kind, leadingStart, start, end: end.end, terminatorEnd: end.terminatorEnd },
      next: this.state(end.next, end.copyData ?? false),
      // A character at the very end of a line still belongs to that line.
      reach: Math.max(this.reach, this.lexer.reach, end.next + 2),
    };
  }

  /** A GO or DELIMITER line that begins with the token. Sets the delimiter. */
  private clientLine(
    token: Token,
    gap: Gap,
  ): { kind: 'batch' | 'delimiter'; end: number; next: number } | null {
    if (!gap.lineStart) return null;
    if (this.dialect === 'tsql' && token.upper === 'GO') {
      const go = goLine(this.source, token.start);
      return go && { kind: 'batch', ...go };
    }
    if ((this.dialect === 'mysql' || this.dialect === 'mariadb') && token.upper === 'DELIMITER') {
      const line = delimiterLine(this.source, token.start);
      if (line === null) return null;
      this.delimiter = line.delimiter;
      const next = lineEnd(this.source, token.start);
      this.lookedTo(next);
      return { kind: 'delimiter', end: line.end, next };
    }
    return null;
  }

  /** Read on from the first token of a statement to its end. */
  private readStatement(first: Token): End {
    const blocks = new StatementBlocks(this.dialect);
    const shape = new StatementShape(this.source, this.dialect);
    let last = first;
    let token: Token | null = first;
    let gap = NO_GAP;
    for (;;) {
      if (token === null) return untilHere(last);
      if (token.kind === 'whitespace') {
        const breaks = countLineBreaks(token.text);
        if (breaks > 0) gap = { lineStart: true, blankLine: gap.blankLine || breaks > 1 };
      } else if (!isTrivia(token)) {
        if (token !== first) {
          const end = this.endBefore(token, last, gap, blocks, shape);
          if (end !== null) return end;
        }
        const whole = this.mended(token);
        shape.see(whole, blocks.inside);
        blocks.see(whole);
        last = whole;
        gap = NO_GAP;
        if (whole !== token && !blocks.inside && this.source[whole.end] !== ';') return untilHere(last);
      } else if (token.kind === 'lineComment') {
        gap = { lineStart: false, blankLine: gap.blankLine };
      }
      const terminator = this.terminatorEnd(last, blocks, shape);
      if (terminator !== null) return terminator;
      token = this.nextToken();
    }
  }

  /** The end of the statement when it ends before the token without a terminator of its own, or with a client's. */
  private endBefore(
    token: Token,
    last: Token,
    gap: Gap,
    blocks: StatementBlocks,
    shape: StatementShape,
  ): End | null {
    const { source } = this;
    if (this.isBackslash(token)) return this.endAtBackslash(token, last, gap);
    if (this.isMySql() && token.text.startsWith('\\') && /^[gG]$/.test(source[token.start + 1] ?? '')) {
      return { end: last.end, terminatorEnd: token.start + 2, next: token.start + 2 };
    }
    if (gap.lineStart && this.isClientLine(token)) return untilHere(last);
    if (blocks.inside) return this.startsRoutine(token, gap) ? untilHere(last) : null;
    if (blocks.wholeBatch || (blocks.routine && this.isMySql())) return null;
    return shape.begins(token, gap) ? untilHere(last) : null;
  }

  private endAtBackslash(token: Token, last: Token, gap: Gap): End | null {
    const { source } = this;
    if (source[token.start + 1] === ';') {
      return { end: last.end, terminatorEnd: token.start + 2, next: token.start + 2 };
    }
    if (sendsStatement(source, token.start)) {
      const command = psqlCommand(source, token.start);
      this.lookedTo(command.next);
      return { end: last.end, terminatorEnd: command.end, next: command.next };
    }
    // \if … \endif inside of a statement is part of it, for it changes the statement.
    return gap.lineStart && !isConditional(source, token.start) ? untilHere(last) : null;
  }

  private isClientLine(token: Token): boolean {
    if (this.dialect === 'tsql') return token.upper === 'GO' && goLine(this.source, token.start) !== null;
    return this.isMySql() && token.upper === 'DELIMITER' && delimiterLine(this.source, token.start) !== null;
  }

  /** A body of PostgreSQL holds no CREATE FUNCTION: the one before lacks its END. */
  private startsRoutine(token: Token, gap: Gap): boolean {
    if (this.dialect !== 'postgresql' || token.upper !== 'CREATE' || !gap.lineStart || !gap.blankLine)
      return false;
    const routine = /CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\b/iy;
    routine.lastIndex = token.start;
    return routine.test(this.source);
  }

  /** The end of the statement when its terminator stands at the lexer's position. */
  private terminatorEnd(last: Token, blocks: StatementBlocks, shape: StatementShape): End | null {
    const at = this.lexer.position;
    if (!this.source.startsWith(this.delimiter, at)) return null;
    if (this.delimiter === ';' && blocks.holdsSemicolon()) return null;
    const end = at + this.delimiter.length;
    if (this.delimiter === ';' && blocks.wholeBatch) return null;
    if (shape.mayHaveElse && this.elseFollows(end)) return null;
    const plain: End = { end: last.end, terminatorEnd: end, next: end };
    if (!shape.readsInlineData) return plain;
    // The data begin on the next line. A statement on the same line is read as one, for its data are out of reach.
    REST_OF_LINE.lastIndex = end;
    if (!REST_OF_LINE.test(this.source)) return plain;
    this.lookedTo(REST_OF_LINE.lastIndex + 1);
    return { ...plain, next: REST_OF_LINE.lastIndex, copyData: true };
  }

  private elseFollows(at: number): boolean {
    const peek = new Lexer(this.source, this.dialect, at);
    let token = peek.next();
    while (token !== null && isTrivia(token)) token = peek.next();
    this.lookedTo(peek.reach);
    return token?.upper === 'ELSE';
  }

  /** The next token, cut before a delimiter of the mysql client that it would hide. */
  private nextToken(): Token | null {
    const token = this.lexer.next();
    if (token === null || this.delimiter === ';') return token;
    if (token.kind === 'string' || token.kind === 'quotedIdentifier' || isTrivia(token)) return token;
    const at = token.text.indexOf(this.delimiter);
    if (at <= 0) return token;
    return this.cut(token, token.start + at, token.kind);
  }

  /** The token, or what is left of it when its end lies elsewhere for all one can tell. */
  private mended(token: Token): Token {
    if (this.mendings === 0 || !token.text.includes('\n')) return token;
    const terminated = token.kind !== 'unknown' || token.end < this.source.length;
    const at = brokenTokenCut(this.source, token, terminated);
    this.lookedTo(token.end + LINE_LIMIT);
    if (at === null || at <= token.start) return token;
    this.mendings--;
    return this.cut(token, at, 'unknown');
  }

  private cut(token: Token, end: number, kind: Token['kind']): Token {
    const text = this.source.slice(token.start, end);
    this.lookedTo(this.lexer.reach);
    this.lexer.seek(end);
    return { kind, start: token.start, end, text, upper: kind === 'word' ? text.toUpperCase() : '' };
  }

  private skipDelimiter(): boolean {
    const at = this.lexer.position;
    if (!this.source.startsWith(this.delimiter, at)) return false;
    this.lookedTo(this.lexer.reach);
    this.lexer.seek(at + this.delimiter.length);
    return true;
  }

  private lookedTo(offset: number): void {
    this.reach = Math.max(this.reach, offset);
  }

  private isBackslash(token: Token): boolean {
    return this.dialect === 'postgresql' && token.kind === 'unknown' && token.text.startsWith('\\');
  }

  private isMySql(): boolean {
    return this.dialect === 'mysql' || this.dialect === 'mariadb';
  }
}

function untilHere(last: Token): End {
  return { end: last.end, terminatorEnd: last.end, next: last.end };
}

function countLineBreaks(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x0a || (code === 0x0d && text.charCodeAt(at + 1) !== 0x0a)) count++;
  }
  return count;
}

/** Behind the line break at `at`, or `at` when there is none. */
function afterLineBreak(source: string, at: number): number {
  if (source.startsWith('\r\n', at)) return at + 2;
  return source[at] === '\n' || source[at] === '\r' ? at + 1 : at;
}
