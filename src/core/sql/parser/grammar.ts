/** What differs between the dialects' grammars, as data: the parser reads these tables and switches. */
import type { Dialect } from '../dialect.ts';
import { MARIADB_GRAMMAR, MYSQL_GRAMMAR } from './grammars/mysql.ts';
import { POSTGRESQL_GRAMMAR } from './grammars/postgresql.ts';
import { TSQL_GRAMMAR } from './grammars/tsql.ts';

/** What an operator or keyword after an operand begins. */
export type InfixForm =
  | 'binary'
  | 'not'
  | 'is'
  | 'isNull'
  | 'between'
  | 'in'
  | 'like'
  | 'similar'
  | 'cast'
  | 'collate'
  | 'at'
  | 'operator'
  | 'overlaps'
  | 'memberOf';

export interface Infix {
  readonly form: InfixForm;
  /** higher binds tighter */
  readonly precedence: number;
  /** 'none': `a < b < c` is an error */
  readonly associativity: 'left' | 'none';
  /**
   * may stand in PostgreSQL's b_expr (the lower bound of BETWEEN, a column's DEFAULT), where AND, NOT, IN, LIKE … are
   * not part of the expression
   */
  readonly restricted: boolean;
  /** as the tree has it; null: the token's text in upper case */
  readonly operator: string | null;
}

export interface PropertyWords {
  /** with a value behind them: COMMENT 'x' */
  readonly valued: ReadonlySet<string>;
  /** several words; the longer before the shorter */
  readonly phrases: readonly string[];
  /** those, of either kind, that have no value */
  readonly alone: ReadonlySet<string>;
}

export interface Grammar {
  readonly infixWords: ReadonlyMap<string, Infix>;
  readonly infixOperators: ReadonlyMap<string, Infix>;
  /** for operators that are not in the table (PostgreSQL lets users define more); null: there are none */
  readonly otherOperator: Infix | null;
  /** prefix operators (symbols and words) with the lowest precedence of their operand */
  readonly prefixes: ReadonlyMap<string, number>;
  /** for prefix operators that are not in the table; null: there are none */
  readonly otherPrefix: number | null;
  /** the lowest precedence of NOT's operand */
  readonly notOperand: number;
  /** the precedence below which an expression in b_expr position ends */
  readonly restrictedFrom: number;
  /** the lowest precedence of the pattern and escape of LIKE, of BETWEEN's bounds and the like */
  readonly predicateOperand: number;
  /** DATE '2024-01-01': with every type's name, only with those of dates and times, or not at all */
  readonly typedLiterals: 'any' | 'datetime' | 'none';
  /** VALUES (…) is a query */
  readonly valuesQuery: boolean;
  /** TABLE t is a query */
  readonly tableQuery: boolean;
  /** x[1], ARRAY[…] */
  readonly subscripts: boolean;
  /** (x).field */
  readonly fieldAccess: boolean;
  /** UPDATE t SET a.b = 1 writes a field of a column, not a column of a table */
  readonly assignsFields: boolean;
  /** INTERVAL 1 DAY with any expression */
  readonly intervalExpressions: boolean;
  /** SELECT alias = expression; TOP; CROSS APPLY; SELECT INTO; table hints WITH (…) */
  readonly transact: boolean;
  /** LIMIT offset, count */
  readonly limitWithComma: boolean;
  /** joins may lack their condition: a JOIN b LEFT JOIN c ON … is (a JOIN b) LEFT JOIN c */
  readonly conditionlessJoins: boolean;
  /** words between SELECT and the first item that are kept as they are */
  readonly selectModifiers: ReadonlySet<string>;
  /** words that begin an index hint or the like after a table */
  readonly tableModifiers: ReadonlySet<string>;
  /** what may be said of the storage of tables, columns and indexes; null: it is kept as it is */
  readonly properties: PropertyWords | null;
  /** words after the verb of INSERT, UPDATE, DELETE that are kept as they are */
  readonly writeModifiers: ReadonlySet<string>;
  /** words that stand for a value or a call without parentheses: CURRENT_DATE */
  readonly keywordCalls: ReadonlySet<string>;
  /** names of set operators that mean EXCEPT */
  readonly exceptWords: ReadonlySet<string>;
  /** the units of MySQL's INTERVAL and of PostgreSQL's INTERVAL '1' DAY */
  readonly intervalUnits: ReadonlySet<string>;
}

/** The grammar of a dialect. */
export function grammarOf(dialect: Dialect): Grammar {
  switch (dialect) {
    case 'postgresql':
      return POSTGRESQL_GRAMMAR;
    case 'mysql':
      return MYSQL_GRAMMAR;
    case 'mariadb':
      return MARIADB_GRAMMAR;
    case 'tsql':
      return TSQL_GRAMMAR;
  }
}
