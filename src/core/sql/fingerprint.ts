/** Which statements are the same but for their constants: the key of everything that is kept per statement. */
import type { Dialect } from './dialect.ts';
import { type DialectData, dialectData } from './dialects/dialect-data.ts';
import { wordSet } from './dialects/word-set.ts';
import { hash64 } from './hash.ts';
import { tokenize } from './lexer.ts';
import { collapseLists } from './lists.ts';
import { isTrivia, type Token } from './tokens.ts';

export interface Fingerprint {
  /** one line: reserved words in upper case, names folded, each constant and parameter as ? */
  readonly normalized: string;
  /** 16 hexadecimal digits, the same in every version of the program */
  readonly fingerprint: string;
}

/** After these words a variable or template placeholder names a relation or is written to: it is no constant. */
const BEFORE_NAME = wordSet('FROM JOIN INTO UPDATE TABLE SET DECLARE EXEC EXECUTE');
/** Reserved words that end an operand all the same: a sign behind them is an operator. */
const OPERANDS = wordSet(`
  NULL TRUE FALSE END CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER LOCALTIME LOCALTIMESTAMP`);
/** Words that may stand in a list of GROUP BY or ORDER BY without ending it. */
const IN_ORDER_LIST = wordSet('ASC DESC NULLS FIRST LAST COLLATE USING');

/**
 * The normalized form of a statement and its hash. Works on tokens, so that it needs no valid syntax.
 *
 * Case, white space, comments, the final semicolon, quotes that a name does not need, and the number of rows of
 * VALUES and items of IN do not matter; `IN ($1, $2)` and `= ANY($1)` are one. Positions in GROUP BY and ORDER BY and
 * the lengths of types do matter, for they are no constants.
 *
 * @param text one statement
 */
export function fingerprint(text: string, dialect: Dialect): Fingerprint {
  const items = collapseLists(new Normalizer(dialect).items(text));
  const normalized = layOut(items, dialectData(dialect));
  return { normalized, fingerprint: hash64(normalized) };
}

/** Turns tokens into the words of the normalized form. */
class Normalizer {
  private readonly dialect: Dialect;
  private readonly data: DialectData;
  private readonly result: string[] = [];
  /** the last token that is no trivia */
  private previous: Token | null = null;
  private beforePrevious: Token | null = null;
  private depth = 0;
  /** the depth of the GROUP BY or ORDER BY list that is being read, -1 outside of one */
  private orderDepth = -1;
  /** the depth inside of the parentheses of a type, -1 outside */
  private typeDepth = -1;

  constructor(dialect: Dialect) {
    this.dialect = dialect;
    this.data = dialectData(dialect);
  }

  items(text: string): string[] {
    const tokens = tokenize(text, this.dialect).filter((token) => !isTrivia(token));
    while (tokens.at(-1)?.text === ';') tokens.pop();
    for (const token of tokens) {
      this.take(token);
      this.beforePrevious = this.previous;
      this.previous = token;
    }
    return this.result;
  }

  private take(token: Token): void {
    switch (token.kind) {
      case 'word':
        this.takeWord(token);
        return;
      case 'quotedIdentifier':
        this.result.push(this.name(token.text));
        return;
      case 'number':
        if (this.isPosition() || this.typeDepth >= 0) this.result.push(token.text);
        else this.constant();
        return;
      case 'string':
        // 'a' 'b' is one string
        if (this.previous?.kind !== 'string') this.constant();
        return;
      case 'bitString':
        this.constant();
        return;
      case 'placeholder':
      case 'variable':
        if (this.isName(token)) this.result.push(token.text.replace(/\s+/g, ' '));
        else this.constant();
        return;
      case 'punctuation':
        this.takePunctuation(token.text);
        return;
      default:
        this.result.push(token.text === '!=' ? '<>' : token.text);
    }
  }

  private takeWord({ text, upper }: Token): void {
    const qualified = this.previous?.text === '.';
    if (!qualified && (upper === 'NULL' || upper === 'TRUE' || upper === 'FALSE') && this.isValuePlace()) {
      this.constant();
      return;
    }
    const reserved = !qualified && this.data.reserved.has(upper);
    this.result.push(reserved ? upper : this.data.foldIdentifier(text, false));
    if (upper === 'BY') this.orderDepth = this.depth;
    else if (reserved && this.depth === this.orderDepth && !IN_ORDER_LIST.has(upper)) this.orderDepth = -1;
  }

  private takePunctuation(text: string): void {
    if (text === '(') {
      this.depth++;
      const typed = this.beforePrevious?.text === '::' || this.beforePrevious?.upper === 'AS';
      if (typed && this.previous?.kind === 'word' && this.typeDepth < 0) this.typeDepth = this.depth;
    } else if (text === ')') {
      if (this.depth === this.typeDepth) this.typeDepth = -1;
      this.depth--;
      if (this.depth < this.orderDepth) this.orderDepth = -1;
    }
    this.result.push(text);
  }

  /** A constant, with its sign. */
  private constant(): void {
    const sign = this.result.at(-1);
    if ((sign === '-' || sign === '+') && this.operandExpectedBefore()) this.result.pop();
    this.result.push('?');
  }

  /** True when the sign that was read last has no operand on its left. */
  private operandExpectedBefore(): boolean {
    const before = this.beforePrevious;
    if (before === null) return true;
    if (before.kind === 'operator') return before.text !== '*' || this.result.at(-3) !== '(';
    if (before.kind === 'punctuation')
      return before.text === '(' || before.text === ',' || before.text === '[';
    return before.kind === 'word' && this.data.reserved.has(before.upper) && !OPERANDS.has(before.upper);
  }

  /** NULL, TRUE and FALSE are constants here; they are not in IS NULL, NOT NULL and SELECT NULL. */
  private isValuePlace(): boolean {
    const { previous } = this;
    return previous?.kind === 'operator' || previous?.text === '(' || previous?.text === ',';
  }

  private isPosition(): boolean {
    if (this.orderDepth !== this.depth) return false;
    return this.previous?.upper === 'BY' || this.previous?.text === ',';
  }

  private isName(token: Token): boolean {
    if (token.text.startsWith('@@')) return true;
    const before = this.previous;
    if (before?.text === '.') return true;
    return before?.kind === 'word' && BEFORE_NAME.has(before.upper);
  }

  private name(quoted: string): string {
    if (!/^["`[]/.test(quoted)) return quoted;
    const closing = quoted.slice(-1);
    const inner = quoted.slice(1, -1).replaceAll(closing + closing, closing);
    const name = this.data.foldIdentifier(inner, true);
    const plain = /^[a-z_][a-z0-9_]*$/.test(name) && !this.data.reserved.has(name.toUpperCase());
    return plain ? name : `"${name.replaceAll('"', '""')}"`;
  }
}

/** The items as one line, with blanks where people put them. */
function layOut(items: readonly string[], data: DialectData): string {
  let line = '';
  let before = '';
  for (const item of items) {
    line += needsBlank(before, item, data) ? ` ${item}` : item;
    before = item;
  }
  return line;
}

function needsBlank(before: string, item: string, data: DialectData): boolean {
  if (before === '' || /^[([.]$/.test(before) || before === '::') return false;
  if (/^[,)\].;]$/.test(item) || item === '::') return false;
  if (item === '[') return !/[\w\])"]$/.test(before);
  if (item !== '(') return true;
  if (!/[\w"]$/.test(before)) return true;
  return data.reserved.has(before) && !data.functionKeywords.has(before);
}
