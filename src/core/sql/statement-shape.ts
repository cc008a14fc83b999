/**
 * Whether a word that begins statements begins a new one or goes on with the current one. T-SQL needs this always,
 * because semicolons are optional there; the other dialects need it for a statement that is still being typed.
 */
import type { Dialect } from './dialect.ts';
import { dialectData } from './dialects/dialect-data.ts';
import { wordSet } from './dialects/word-set.ts';
import type { Token } from './tokens.ts';

/** What stands between two tokens. */
export interface Gap {
  /** only blanks stand before the token on its line */
  readonly lineStart: boolean;
  /** an empty line lies between */
  readonly blankLine: boolean;
}

/** After these words a statement goes on. */
const CONTINUING = wordSet(`
  UNION ALL DISTINCT EXCEPT INTERSECT MINUS AS FOR OF AFTER BEFORE THEN DO INSTEAD ALSO OR WITH GRANT REVOKE DENY
  EXPLAIN ANALYZE VERBOSE DESCRIBE ATOMIC BULK ON RETURN`);
const DATA_VERBS = wordSet('SELECT INSERT UPDATE DELETE MERGE VALUES TABLE REPLACE');
/** What may follow INSERT INTO t (…). */
const INSERT_SOURCES = wordSet('SELECT WITH VALUES TABLE EXEC EXECUTE');
/** Actions of ALTER that are statements of their own elsewhere, and those that are not. */
const ALTER_ACTIONS = wordSet('ALTER DROP SET ENABLE DISABLE RESET');
const OTHER_ALTER_ACTIONS = wordSet('ADD RENAME REBUILD REORGANIZE SWITCH CHECK NOCHECK OWNER MODIFY CHANGE');
/** T-SQL: after these, ALL ends what they say; it is no UNION ALL. */
const BEFORE_ALL = wordSet('CONSTRAINT TRIGGER INDEX SYSTEM_TIME');
const LABEL = /:(?=\s|$)/y;
const JOIN = /\s{1,200}JOIN\b/iy;
/** Functions, columns of triggers and the like when a parenthesis follows. */
const CALLABLE = wordSet('UPDATE INSERT REPLACE TRUNCATE');
/** Words that begin a statement after an empty line even without a semicolon before. */
const STRONG = wordSet(`
  SELECT INSERT UPDATE DELETE WITH MERGE CREATE ALTER DROP TRUNCATE EXPLAIN GRANT REVOKE VACUUM REFRESH CALL COMMIT
  ROLLBACK`);
/** `WITH name AS` or `WITH name (columns) AS`: not WITH (NOLOCK), WITH ROLLUP, WITH TIME ZONE. */
const COMMON_TABLE =
  /WITH\s{1,200}(?:RECURSIVE\s{1,200})?(?:"[^"]{1,200}"|`[^`]{1,200}`|\[[^\]]{1,200}\]|[\p{ID_Start}_#][\p{ID_Continue}$#@]{0,200})\s{0,200}(?:\([^()]{0,2000}\)\s{0,200})?AS\b/iuy;
const PARENTHESIS = /\s{0,200}\(/y;
const IF_EXISTS_NAME = /\s{1,200}EXISTS\s{1,200}[^\s(]/iy;
const OPERAND = /\s{1,200}[\p{ID_Start}_"`[#@(\d*']/uy;

/** Follows the tokens of one statement. */
export class StatementShape {
  private readonly source: string;
  private readonly dialect: Dialect;
  private readonly starts: ReadonlySet<string>;
  private readonly reserved: ReadonlySet<string>;
  private count = 0;
  private first = '';
  private second = '';
  /** the word that says what is done: the one after WITH … and EXPLAIN, the body's after IF */
  private verb = '';
  private previous: Token | null = null;
  private beforePrevious: Token | null = null;
  private parentheses = 0;
  /** a WITH clause has not met its statement yet */
  private withPending = false;
  /** EXPLAIN has not met its statement yet */
  private explainPending = false;
  /** IF, WHILE or ELSE has not met its body yet (T-SQL) */
  private bodyPending = false;
  private sourceSeen = false;
  private setSeen = false;
  private actionSeen = false;
  private stdin = false;

  constructor(source: string, dialect: Dialect) {
    this.source = source;
    this.dialect = dialect;
    this.starts = dialectData(dialect).statementStarts;
    this.reserved = dialectData(dialect).reserved;
  }

  /** True for IF … in T-SQL: an ELSE may follow its semicolon. */
  get mayHaveElse(): boolean {
    return this.dialect === 'tsql' && this.first === 'IF';
  }

  /** True for COPY … FROM STDIN. */
  get readsInlineData(): boolean {
    return this.dialect === 'postgresql' && this.first === 'COPY' && this.stdin;
  }

  /** True when the token, outside of BEGIN … END, begins a new statement. */
  begins(token: Token, gap: Gap): boolean {
    if (this.endsUse(gap)) return true;
    if (token.kind !== 'word') return false;
    const word = token.upper;
    if (this.beginsLabel(token, gap)) return true;
    if (!this.starts.has(word) || this.previous?.text === '.') return false;
    if (this.dialect !== 'tsql' && !(gap.lineStart && gap.blankLine && STRONG.has(word))) return false;
    if (word === 'WITH' && !(gap.lineStart && matches(COMMON_TABLE, this.source, token.start))) return false;
    // DROP TABLE IF EXISTS t, not IF EXISTS (SELECT …)
    if (word === 'IF' && matches(IF_EXISTS_NAME, this.source, token.end)) return false;
    if (CALLABLE.has(word) && matches(PARENTHESIS, this.source, token.end)) return false;
    // INNER MERGE JOIN
    if (word === 'MERGE' && matches(JOIN, this.source, token.end)) return false;
    if (!this.reserved.has(word) && !this.looksLikeStatement(token, gap)) return false;
    if (this.parentheses > 0) return gap.blankLine && gap.lineStart && !this.mayHoldQuery();
    return !this.continuesWith(word);
  }

  /**
   * Take the next token of the statement that is no trivia.
   *
   * @param inBlock true inside of BEGIN … END or CASE … END
   */
  see(token: Token, inBlock: boolean): void {
    this.count++;
    const word = token.upper;
    if (this.count === 1) this.startWith(word);
    else if (this.count === 2) this.second = word;
    if (token.text === '(') this.parentheses++;
    else if (token.text === ')') this.parentheses = Math.max(0, this.parentheses - 1);
    if (token.kind === 'word' && this.parentheses === 0 && this.count > 1 && !inBlock)
      this.seeWord(word, token);
    this.beforePrevious = this.previous;
    this.previous = token;
  }

  private startWith(word: string): void {
    this.first = word;
    this.verb = word;
    this.withPending = word === 'WITH';
    this.explainPending = word === 'EXPLAIN';
    this.bodyPending = this.dialect === 'tsql' && (word === 'IF' || word === 'WHILE');
  }

  private seeWord(word: string, token: Token): void {
    if (word === 'STDIN' && this.previous?.upper === 'FROM') this.stdin = true;
    if (word === 'ELSE' && this.mayHaveElse) this.bodyPending = true;
    else if (this.bodyPending && this.starts.has(word) && !this.isCall(token)) {
      this.sourceSeen = false;
      this.setSeen = false;
      this.actionSeen = false;
      const { first } = this;
      this.startWith(word);
      this.first = first;
    } else if (word === 'WITH' && matches(COMMON_TABLE, this.source, token.start)) {
      this.withPending = true;
      if (this.explainPending) this.explainPending = false;
    } else if (DATA_VERBS.has(word) && (this.withPending || this.explainPending)) {
      this.withPending = false;
      this.explainPending = false;
      if (this.verb === 'INSERT') this.sourceSeen = true;
      else this.verb = word;
    } else if (INSERT_SOURCES.has(word) && word !== 'WITH' && this.count > 2) {
      // WITH (TABLOCK) is a hint
      this.sourceSeen = true;
    }
    if (word === 'SET') this.setSeen = true;
    if (this.count > 2 && (ALTER_ACTIONS.has(word) || OTHER_ALTER_ACTIONS.has(word))) this.actionSeen = true;
  }

  private continuesWith(word: string): boolean {
    const { previous, dialect } = this;
    const before = previous?.upper ?? '';
    if (this.bodyPending) return true;
    if (before === 'ON' && this.first === 'SET') return false;
    if (before === 'ALL' && BEFORE_ALL.has(this.beforePrevious?.upper ?? '')) return false;
    // WITH …, ONLINE = ON
    if (before === 'ON' && this.beforePrevious?.text === '=') return false;
    if (CONTINUING.has(before)) return true;
    if (this.dialect === 'tsql' && (before === 'BEGIN' || (before === 'TRY' && word === 'BEGIN')))
      return true;
    if (previous?.text === ',') return /^(?:GRANT|REVOKE|DENY|ALTER|CREATE)$/.test(this.first);
    if (this.withPending || this.explainPending) return DATA_VERBS.has(word) || word === 'WITH';
    switch (word) {
      case 'SET':
        return before === 'UPDATE' || before === 'DELETE' || this.needsSet();
      case 'UPDATE':
        return before === 'KEY';
      case 'FETCH':
        return before === 'ROW' || before === 'ROWS';
      case 'CREATE':
        return this.first === 'CREATE' && this.second === 'SCHEMA';
      case 'INSERT':
        return before === 'ROW';
    }
    if (ALTER_ACTIONS.has(word)) return this.first === 'ALTER' && !this.actionSeen;
    if (!INSERT_SOURCES.has(word) || this.sourceSeen) return false;
    if (this.verb === 'INSERT' || this.verb === 'REPLACE') return true;
    // MySQL: CREATE TABLE t SELECT …
    return (
      (dialect === 'mysql' || dialect === 'mariadb') && this.first === 'CREATE' && this.second === 'TABLE'
    );
  }

  private needsSet(): boolean {
    if (this.verb === 'UPDATE' && this.second === 'STATISTICS') return false;
    return (this.verb === 'UPDATE' && !this.setSeen) || (this.first === 'ALTER' && !this.actionSeen);
  }

  /** `IN (` or `(WITH … )` may stand before a query; an operand, an operator or a comma does not. */
  private mayHoldQuery(): boolean {
    const { previous } = this;
    if (previous === null) return true;
    return previous.text === '(' || previous.text === ')' || CONTINUING.has(previous.upper);
  }

  /** T-SQL: `again:` on a line of its own or before a statement, for GOTO. */
  private beginsLabel(token: Token, gap: Gap): boolean {
    if (this.dialect !== 'tsql' || !gap.lineStart || this.parentheses > 0) return false;
    return !this.reserved.has(token.upper) && matches(LABEL, this.source, token.end);
  }

  /** A word that could be a name as well begins a statement when an operand follows: not `update,` or `drop =`. */
  private looksLikeStatement(token: Token, gap: Gap): boolean {
    const word = token.upper;
    if (word === 'COMMIT' || word === 'ROLLBACK') return true;
    if (word === 'ENABLE' || word === 'DISABLE')
      return matches(/\s{1,200}TRIGGER\b/iy, this.source, token.end);
    if (word === 'THROW') return gap.lineStart;
    return matches(OPERAND, this.source, token.end);
  }

  /** The mysql client ends USE at the end of its line. */
  private endsUse(gap: Gap): boolean {
    return this.first === 'USE' && this.count === 2 && gap.lineStart && this.dialect !== 'postgresql';
  }

  private isCall(token: Token): boolean {
    return CALLABLE.has(token.upper) && matches(PARENTHESIS, this.source, token.end);
  }
}

function matches(sticky: RegExp, source: string, at: number): boolean {
  sticky.lastIndex = at;
  return sticky.test(source);
}
