/**
 * Statements of a server's statistics without the values in them. PostgreSQL and MySQL take most constants out by
 * themselves; SQL Server's texts, the slow log and statements such as CREATE ROLE … PASSWORD '…' keep them.
 */
import type { Dialect } from '../sql/dialect.ts';
import { tokenize } from '../sql/lexer.ts';
import type { Token } from '../sql/tokens.ts';
import { isStructural } from '../sql/value-kinds.ts';

const LITERALS: ReadonlySet<Token['kind']> = new Set(['string', 'number', 'bitString']);
/** A number behind these is part of the statement's form: how many rows are wanted. T-SQL takes no variable there. */
const BEFORE_COUNT = new Set(['TOP', 'LIMIT', 'OFFSET', 'NEXT', 'FIRST']);
/** Types with lengths. */
const SIZED =
  /^(n?(var)?char|character|varying|(var)?binary|bit|decimal|dec|numeric|float|double|time|timestamp|timestamptz|datetime2?|datetimeoffset)$/i;

/**
 * The statement with a parameter for each value, the same one for the same value, and without comments. What prompts
 * keep is kept here too: whole numbers below 10, fields and lengths of time, formats of dates.
 */
export function withoutValues(sql: string, dialect: Dialect): string {
  const parameter = parameters(sql, dialect);
  const before = new Before();
  return tokenize(sql, dialect)
    .map((token) => {
      if (token.kind === 'lineComment') return '';
      if (token.kind === 'blockComment') return ' ';
      const kept = before.isForm(token);
      before.read(token);
      // a string that is cut off has no end, and is no string to the lexer
      const cut = token.kind === 'unknown' && token.text.length > 1;
      if (!cut && (!LITERALS.has(token.kind) || isStructural(token.text) || kept)) return token.text;
      return parameter(token.text);
    })
    .join('')
    .trim();
}

/** What stands in the statement before a token. */
class Before {
  private last: Token | null = null;
  private depth = 0;
  /** the depth inside of a type's parentheses or of TOP's, -1 outside */
  private formDepth = -1;

  /** A number that is a length of a type, or a number of rows. */
  isForm({ kind }: Token): boolean {
    if (kind !== 'number') return false;
    return this.formDepth >= 0 || BEFORE_COUNT.has(this.last?.upper ?? '');
  }

  read(token: Token): void {
    if (token.kind === 'whitespace') return;
    if (token.text === '(') {
      this.depth++;
      const word = this.last?.kind === 'word' ? this.last.text : '';
      if (this.formDepth < 0 && (SIZED.test(word) || word.toUpperCase() === 'TOP')) {
        this.formDepth = this.depth;
      }
    } else if (token.text === ')') {
      if (this.depth === this.formDepth) this.formDepth = -1;
      this.depth--;
    }
    this.last = token;
  }
}

/** Parameters as the dialect writes them, under names that the statement does not have. */
function parameters(sql: string, dialect: Dialect): (literal: string) => string {
  if (dialect === 'mysql' || dialect === 'mariadb') return () => '?';
  let prefix = dialect === 'tsql' ? '@v' : ':v';
  while (sql.toLowerCase().includes(prefix)) prefix += 'v';
  const known = new Map<string, string>();
  return (literal) => {
    const name = known.get(literal) ?? `${prefix}${known.size + 1}`;
    known.set(literal, name);
    return name;
  };
}
