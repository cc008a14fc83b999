/** Nesting of BEGIN … END and its kin inside of one statement, where a semicolon does not end the statement. */
import type { Dialect } from './dialect.ts';
import { wordSet } from './dialects/word-set.ts';
import type { Token } from './tokens.ts';

type Block = 'begin' | 'caseExpression' | 'caseStatement' | 'control';

/** BEGIN followed by one of these begins a transaction or a conversation, not a block (T-SQL). */
const NO_BLOCK = wordSet('TRAN TRANSACTION DISTRIBUTED DIALOG CONVERSATION');
const ROUTINES = wordSet('FUNCTION PROCEDURE TRIGGER EVENT PACKAGE');
const TSQL_ROUTINES = wordSet('FUNCTION PROCEDURE PROC TRIGGER');
/** Kinds of object that are no routine: what follows them is a name. */
const OTHER_OBJECTS = wordSet(`
  TABLE VIEW INDEX UNIQUE FULLTEXT SPATIAL CLUSTERED NONCLUSTERED DATABASE SCHEMA USER ROLE SERVER TEMPORARY TEMP
  MATERIALIZED TYPE PARTITION STATISTICS SEQUENCE EXTENSION DOMAIN POLICY AGGREGATE OPERATOR CAST COLLATION
  PUBLICATION SUBSCRIPTION LOGIN CERTIFICATE MASTER SYMMETRIC FOREIGN TABLESPACE UNLOGGED GLOBAL LOCAL RECURSIVE`);
/** A statement of a MySQL routine begins after these words. */
const BEFORE_STATEMENT = wordSet('BEGIN THEN ELSE DO LOOP REPEAT ROW');
const CONTROL = wordSet('IF LOOP WHILE REPEAT');

/** Follows the tokens of one statement. */
export class StatementBlocks {
  private readonly dialect: Dialect;
  private readonly stack: Block[] = [];
  private count = 0;
  private first = '';
  private previous: Token | null = null;
  /** the kind of object of CREATE and ALTER has not been met yet */
  private kindPending = false;
  private isRoutine = false;
  private isRule = false;
  private parentheses = 0;

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  /** True while a semicolon belongs to the statement. */
  get inside(): boolean {
    return this.stack.length > 0 || (this.isRule && this.parentheses > 0);
  }

  /** True when the statement goes on behind a semicolon here. A CASE expression that is still open does not. */
  holdsSemicolon(): boolean {
    while (this.stack.at(-1) === 'caseExpression') this.stack.pop();
    return this.inside;
  }

  /** True for CREATE FUNCTION and its kin, as soon as the kind is known. */
  get routine(): boolean {
    return this.isRoutine;
  }

  /** True when T-SQL takes everything up to the end of the batch as the body. */
  get wholeBatch(): boolean {
    return this.isRoutine && this.dialect === 'tsql';
  }

  /** Take the next token that is no trivia. */
  see(token: Token): void {
    this.count++;
    if (this.count === 1) {
      this.first = token.upper;
      this.kindPending = token.upper === 'CREATE' || token.upper === 'ALTER';
    }
    if (token.text === '(') {
      this.parentheses++;
      this.kindPending = false;
    } else if (token.text === ')') this.parentheses = Math.max(0, this.parentheses - 1);
    if (token.kind === 'word' && this.previous?.text !== '.') this.seeWord(token.upper);
    this.previous = token;
  }

  private seeWord(word: string): void {
    if (this.kindPending && this.count > 1) this.seeKind(word);
    if (this.dialect === 'postgresql') this.seePostgres(word);
    else if (this.dialect === 'tsql') this.seeTransact(word);
    else this.seeMySql(word);
  }

  private seeKind(word: string): void {
    this.isRoutine = (this.dialect === 'tsql' ? TSQL_ROUTINES : ROUTINES).has(word);
    this.isRule = word === 'RULE' && this.dialect === 'postgresql';
    // CREATE AGGREGATE FUNCTION is MySQL's way to declare a loadable function.
    const decided = OTHER_OBJECTS.has(word) && !(word === 'AGGREGATE' && this.dialect !== 'postgresql');
    if (this.isRoutine || this.isRule || decided) this.kindPending = false;
  }

  /** Only the SQL-standard body (BEGIN ATOMIC … END, PostgreSQL 14) is no string. */
  private seePostgres(word: string): void {
    if (word === 'ATOMIC' && this.isRoutine && this.previous?.upper === 'BEGIN') this.stack.push('begin');
    else if (this.stack.length > 0) this.seeCase(word);
  }

  private seeTransact(word: string): void {
    if (NO_BLOCK.has(word) && this.previous?.upper === 'BEGIN') this.stack.pop();
    else if (word === 'BEGIN') this.stack.push('begin');
    else this.seeCase(word);
  }

  private seeCase(word: string): void {
    if (word === 'CASE') this.stack.push('caseExpression');
    else if (word === 'END') this.stack.pop();
  }

  private seeMySql(word: string): void {
    const compound = this.first === 'BEGIN' && word === 'ATOMIC' && this.previous?.upper === 'NOT';
    if (compound) {
      this.isRoutine = true;
      this.stack.push('begin');
      return;
    }
    if (!this.isRoutine) return;
    if (word === 'BEGIN') this.stack.push('begin');
    else if (word === 'END') this.stack.pop();
    else if (word === 'CASE') {
      if (this.previous?.upper !== 'END') {
        this.stack.push(this.atStatement() ? 'caseStatement' : 'caseExpression');
      }
    } else if (CONTROL.has(word) && this.atStatement()) this.stack.push('control');
  }

  /** True where a statement of a routine may begin: IF there is no function. */
  private atStatement(): boolean {
    const { previous } = this;
    if (previous === null || this.stack.at(-1) === 'caseExpression') return false;
    return previous.text === ';' || previous.text === ':' || BEFORE_STATEMENT.has(previous.upper);
  }
}
