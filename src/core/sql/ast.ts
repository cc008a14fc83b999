/**
 * The syntax tree. It is lossless: every node carries its range in the parsed text, parentheses and quoting are
 * kept, and whatever a node does not name (keywords, commas, comments) is in the text between its children.
 * It is error-tolerant: what the parser does not know becomes an {@link Opaque} node with its range.
 *
 * Offsets are relative to the parsed text (one statement), so that a tree stays valid when the statement moves in
 * its file.
 */
import type { TextRange } from './text.ts';

/** A name as written and as the engine reads it. */
export interface Identifier extends TextRange {
  readonly kind: 'identifier';
  /** as written, with quotes */
  readonly text: string;
  /** unquoted, folded by the dialect's rule (PostgreSQL: lower case unless quoted): what names are compared by */
  readonly name: string;
  readonly quoted: boolean;
}

/**
 * What the parser could not read, or reads only as a whole (index hints, storage options). No rewrite may touch or
 * move it. An empty range stands where something is missing in a half-typed statement.
 */
export interface Opaque extends TextRange {
  readonly kind: 'opaque';
  readonly reason: string;
  /**
   * it is known, and it bears on the plan or on storage only, never on the rows of a statement: an index hint, a
   * priority, the engine of a table
   */
  readonly inert?: boolean;
}

// ---------------------------------------------------------------- expressions

export interface Literal extends TextRange {
  readonly kind: 'literal';
  readonly type: 'string' | 'number' | 'boolean' | 'null' | 'bit' | 'default';
  /** the value without quotes and escapes; numbers as written */
  readonly value: string;
}

/** A literal with its type before it: `DATE '2024-01-01'`, `INTERVAL '1 day'`, `timestamptz '…'`. */
export interface TypedLiteral extends TextRange {
  readonly kind: 'typedLiteral';
  readonly type: TypeName;
  readonly value: string;
  /** for INTERVAL '1' DAY and MySQL's INTERVAL 1 DAY: the unit, upper case; 'DAY TO SECOND(3)' */
  readonly unit: string | null;
  /** MySQL: INTERVAL expr unit */
  readonly operand: Expression | null;
}

export interface Placeholder extends TextRange {
  readonly kind: 'placeholder';
  /** as written; two placeholders are the same parameter when these are equal and it is not '?' or '%s' */
  readonly text: string;
}

/** @name and @@name where they are variables. */
export interface Variable extends TextRange {
  readonly kind: 'variable';
  readonly text: string;
}

/** `name`, `alias.name`, `schema.table.name`: the last part is the column. */
export interface ColumnRef extends TextRange {
  readonly kind: 'column';
  readonly parts: readonly [Identifier, ...Identifier[]];
}

/** `*` or `alias.*` (in a select list, in count(*), in RETURNING). */
export interface Star extends TextRange {
  readonly kind: 'star';
  readonly qualifier: readonly Identifier[];
}

export interface Unary extends TextRange {
  readonly kind: 'unary';
  /** upper case: NOT, -, +, ~, !, @, |/ … */
  readonly operator: string;
  readonly operand: Expression;
}

/** Binary operators, AND and OR among them; `a AND b AND c` nests to the left. */
export interface Binary extends TextRange {
  readonly kind: 'binary';
  /** upper case, != written as <>; OPERATOR(schema.op) as written */
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
}

/** `x IS [NOT] NULL | TRUE | FALSE | UNKNOWN | DISTINCT FROM y | …` (ISNULL and NOTNULL too). */
export interface Is extends TextRange {
  readonly kind: 'is';
  readonly operand: Expression;
  readonly negated: boolean;
  readonly test: 'null' | 'true' | 'false' | 'unknown' | 'distinctFrom' | 'document' | 'normalized' | 'json';
  /** the right side of IS DISTINCT FROM */
  readonly other: Expression | null;
  /** the rest of IS JSON and IS NORMALIZED, upper case: 'OBJECT WITH UNIQUE KEYS', 'NFC' */
  readonly detail: string | null;
}

export interface Between extends TextRange {
  readonly kind: 'between';
  readonly operand: Expression;
  readonly negated: boolean;
  readonly symmetric: boolean;
  readonly low: Expression;
  readonly high: Expression;
}

/** `x [NOT] IN (list)` or `x [NOT] IN (query)`; exactly one of `list` and `query` is not null. */
export interface In extends TextRange {
  readonly kind: 'in';
  readonly operand: Expression;
  readonly negated: boolean;
  readonly list: readonly Expression[] | null;
  readonly query: Query | null;
}

export interface Like extends TextRange {
  readonly kind: 'like';
  readonly operator: 'LIKE' | 'ILIKE' | 'SIMILAR TO' | 'REGEXP' | 'RLIKE' | 'GLOB';
  readonly operand: Expression;
  readonly negated: boolean;
  readonly pattern: Expression;
  readonly escape: Expression | null;
}

/** `EXISTS (query)`. NOT EXISTS is a {@link Unary} NOT over it. */
export interface Exists extends TextRange {
  readonly kind: 'exists';
  readonly query: Query;
}

/** `x op ANY|SOME|ALL (query | array)`. */
export interface Quantified extends TextRange {
  readonly kind: 'quantified';
  readonly operand: Expression;
  readonly operator: string;
  readonly quantifier: 'ANY' | 'ALL';
  readonly query: Query | null;
  readonly array: Expression | null;
}

/** A query in parentheses used as a value. */
export interface ScalarSubquery extends TextRange {
  readonly kind: 'subquery';
  readonly query: Query;
}

export interface Case extends TextRange {
  readonly kind: 'case';
  readonly operand: Expression | null;
  readonly branches: readonly CaseBranch[];
  readonly otherwise: Expression | null;
}

export interface CaseBranch extends TextRange {
  readonly kind: 'caseBranch';
  readonly when: Expression;
  readonly then: Expression;
}

export interface Cast extends TextRange {
  readonly kind: 'cast';
  readonly operand: Expression;
  readonly type: TypeName;
  /** how it is written: CAST(x AS t), x::t, CONVERT(t, x), TRY_CAST(x AS t) */
  readonly style: 'cast' | 'colons' | 'convert' | 'try';
  /** T-SQL: the third argument of CONVERT, how dates and money are written */
  readonly format: Expression | null;
}

export interface FunctionCall extends TextRange {
  readonly kind: 'call';
  readonly name: readonly [Identifier, ...Identifier[]];
  /** the name's last part, folded to lower case */
  readonly function: string;
  readonly args: readonly Argument[];
  /** count(DISTINCT x) */
  readonly distinct: boolean;
  /** count(*) */
  readonly star: boolean;
  readonly variadic: boolean;
  readonly orderBy: readonly OrderItem[];
  readonly withinGroup: readonly OrderItem[];
  readonly filter: Expression | null;
  /** IGNORE NULLS or RESPECT NULLS of a window function */
  readonly nulls: 'ignore' | 'respect' | null;
  readonly over: Window | Identifier | null;
  /** MySQL's GROUP_CONCAT(… SEPARATOR 'x') */
  readonly separator: Expression | null;
  /**
   * 'plain' is f(a, b). 'special' has words between its arguments, as EXTRACT(YEAR FROM x), SUBSTRING(x FROM 1
   * FOR 2), TRIM(BOTH 'x' FROM y), POSITION(a IN b), OVERLAY, XMLELEMENT, JSON_OBJECT; `field` then has EXTRACT's
   * field or TRIM's side, lower case. 'keyword' is CURRENT_DATE, CURRENT_TIMESTAMP(3), CURRENT_USER …: a reserved
   * word, at most with a precision.
   */
  readonly syntax: 'plain' | 'special' | 'keyword';
  readonly field: string | null;
  /**
   * What stands between the arguments of a special call, upper case, with one blank between: 'FROM FOR',
   * 'RETURNING INT NULL ON EMPTY'. Null for the other syntaxes.
   */
  readonly words: string | null;
  /** JSON_TABLE and XMLTABLE: the columns of COLUMNS, those of nested paths after the others in the order of the text */
  readonly columns: readonly ColumnDefinition[];
}

/** An argument of a call; `name` for named notation (`f(a => 1)`). */
export interface Argument extends TextRange {
  readonly kind: 'argument';
  readonly name: Identifier | null;
  readonly value: Expression;
}

export interface Window extends TextRange {
  readonly kind: 'window';
  /** the window that this one refines: OVER (w ORDER BY …) */
  readonly base: Identifier | null;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  /** the frame clause as a range of the text, if any: ROWS BETWEEN … */
  readonly frame: Frame | null;
}

export interface Frame extends TextRange {
  readonly kind: 'frame';
  readonly unit: 'ROWS' | 'RANGE' | 'GROUPS';
  readonly from: FrameBound;
  /** null without BETWEEN: CURRENT ROW is meant */
  readonly to: FrameBound | null;
  readonly exclude: 'CURRENT ROW' | 'GROUP' | 'TIES' | 'NO OTHERS' | null;
}

export interface FrameBound extends TextRange {
  readonly kind: 'frameBound';
  readonly edge: 'UNBOUNDED PRECEDING' | 'PRECEDING' | 'CURRENT ROW' | 'FOLLOWING' | 'UNBOUNDED FOLLOWING';
  /** the offset before PRECEDING or FOLLOWING */
  readonly offset: Expression | null;
}

/** `(a, b)` with two items or more, or `ROW(…)`. */
export interface Row extends TextRange {
  readonly kind: 'row';
  readonly items: readonly Expression[];
}

/** `ARRAY[…]` (nested brackets are ArrayLiterals too) or `ARRAY(query)`. */
export interface ArrayLiteral extends TextRange {
  readonly kind: 'array';
  readonly items: readonly Expression[];
  readonly query: Query | null;
}

/** `x[1]`, `x[1:2]`, `x[:]`; `x[1][2]` is a subscript of a subscript. */
export interface Subscript extends TextRange {
  readonly kind: 'subscript';
  readonly operand: Expression;
  /** the index, or the bounds of a slice that are present */
  readonly indexes: readonly Expression[];
  /** which bounds a slice has; null for a plain index */
  readonly slice: 'both' | 'lower' | 'upper' | 'none' | null;
}

/** `(x).field` and `(x).*`. */
export interface FieldAccess extends TextRange {
  readonly kind: 'field';
  readonly operand: Expression;
  /** null for .* */
  readonly field: Identifier | null;
}

export interface Collate extends TextRange {
  readonly kind: 'collate';
  readonly operand: Expression;
  readonly collation: readonly Identifier[];
}

export interface AtTimeZone extends TextRange {
  readonly kind: 'atTimeZone';
  readonly operand: Expression;
  /** null for AT LOCAL */
  readonly zone: Expression | null;
}

/** One expression in parentheses. */
export interface Paren extends TextRange {
  readonly kind: 'paren';
  readonly expression: Expression;
}

export type Expression =
  | Literal
  | TypedLiteral
  | Placeholder
  | Variable
  | ColumnRef
  | Star
  | Unary
  | Binary
  | Is
  | Between
  | In
  | Like
  | Exists
  | Quantified
  | ScalarSubquery
  | Case
  | Cast
  | FunctionCall
  | Row
  | ArrayLiteral
  | Subscript
  | FieldAccess
  | Collate
  | AtTimeZone
  | Paren
  | Opaque;

/** A type as written: `numeric(10, 2)`, `timestamp with time zone`, `text[]`, `"my type"`. */
export interface TypeName extends TextRange {
  readonly kind: 'type';
  /** lower case, without modifiers and array brackets, inner blanks as one: 'timestamp with time zone' */
  readonly name: string;
  readonly schema: Identifier | null;
  readonly modifiers: readonly Expression[];
  readonly arrayDimensions: number;
}

// ---------------------------------------------------------------- queries

/** A whole query expression: WITH, body, ORDER BY, LIMIT, locking. Without its surrounding parentheses. */
export interface Query extends TextRange {
  readonly kind: 'query';
  readonly with: With | null;
  readonly body: QueryBody;
  readonly orderBy: readonly OrderItem[];
  readonly limit: Limit | null;
  readonly locking: readonly Locking[];
  /** what follows and is neither of these (FOR XML, OPTION (…), INTO OUTFILE): kept, never moved */
  readonly trailing: readonly QueryTrailing[];
}

export type QueryBody = Select | SetOperation | Values | TableQuery | ParenQuery | Opaque;

export interface With extends TextRange {
  readonly kind: 'with';
  /** T-SQL: XMLNAMESPACES ('uri' AS prefix) before the first of the others; there may be none then */
  readonly namespaces: FunctionCall | null;
  readonly recursive: boolean;
  readonly ctes: readonly Cte[];
}

export interface Cte extends TextRange {
  readonly kind: 'cte';
  readonly name: Identifier;
  readonly columns: readonly Identifier[];
  readonly materialized: boolean | null;
  /** a query, or a data-modifying statement (PostgreSQL), or opaque */
  readonly statement: Statement;
  /** the range between the parentheses of the CTE's body, without them */
  readonly body: TextRange;
  /** SEARCH … SET … and CYCLE … SET … */
  readonly clauses: readonly CteClause[];
}

/** `SEARCH DEPTH FIRST BY columns SET x`, `CYCLE columns SET x [TO v DEFAULT w] USING path`. */
export interface CteClause extends TextRange {
  readonly kind: 'cteClause';
  readonly type: 'searchBreadth' | 'searchDepth' | 'cycle';
  readonly columns: readonly Identifier[];
  /** the columns that the clause adds to the CTE's output: SET x, and USING's path */
  readonly sets: readonly Identifier[];
  readonly values: readonly Expression[];
}

export interface Select extends TextRange {
  readonly kind: 'select';
  readonly distinct: 'all' | 'distinct' | { readonly on: readonly Expression[] } | null;
  readonly top: Top | null;
  readonly items: readonly SelectItem[];
  readonly into: Into | null;
  readonly from: readonly FromItem[];
  readonly where: Expression | null;
  readonly groupBy: GroupBy | null;
  readonly having: Expression | null;
  readonly windows: readonly NamedWindow[];
  readonly qualify: Expression | null;
  /** the ranges of the clauses, keyword included, without the white space after them: where an edit replaces or removes one */
  readonly clauses: SelectClauses;
  /** modifiers of one dialect (SQL_NO_CACHE) and what stands in the wrong place */
  readonly rest: readonly Opaque[];
}

/** SELECT … INTO: the new table, or null for variables and files. */
export interface Into extends TextRange {
  readonly kind: 'into';
  readonly name: readonly [Identifier, ...Identifier[]] | null;
}

export interface SelectClauses {
  /** SELECT with DISTINCT and TOP, without the items */
  readonly select: TextRange;
  readonly from: TextRange | null;
  readonly where: TextRange | null;
  readonly groupBy: TextRange | null;
  readonly having: TextRange | null;
  readonly window: TextRange | null;
}

/** T-SQL's TOP (n) [PERCENT] [WITH TIES]. */
export interface Top extends TextRange {
  readonly kind: 'top';
  readonly count: Expression;
  readonly percent: boolean;
  readonly withTies: boolean;
}

export interface SelectItem extends TextRange {
  readonly kind: 'selectItem';
  readonly expression: Expression;
  readonly alias: Identifier | null;
}

export interface GroupBy extends TextRange {
  readonly kind: 'groupBy';
  readonly distinct: boolean;
  /** the plain grouping expressions; grouping sets are in `sets` */
  readonly items: readonly Expression[];
  /** present: rows are grouped in more than one way */
  readonly sets: readonly GroupingSet[];
}

/** ROLLUP (…), CUBE (…), GROUPING SETS (…), the empty set (), MySQL's WITH ROLLUP (without elements). */
export interface GroupingSet extends TextRange {
  readonly kind: 'groupingSet';
  readonly type: 'rollup' | 'cube' | 'sets' | 'empty' | 'withRollup' | 'withCube';
  readonly elements: readonly (Expression | GroupingSet)[];
}

export interface NamedWindow extends TextRange {
  readonly kind: 'namedWindow';
  readonly name: Identifier;
  readonly window: Window;
}

export interface SetOperation extends TextRange {
  readonly kind: 'setOperation';
  readonly operator: 'UNION' | 'INTERSECT' | 'EXCEPT';
  readonly all: boolean;
  readonly left: QueryBody;
  readonly right: QueryBody;
  /** the operator's words: UNION ALL */
  readonly operatorRange: TextRange;
}

export interface Values extends TextRange {
  readonly kind: 'values';
  readonly rows: readonly Row[];
}

/** `TABLE t`: all of a table. */
export interface TableQuery extends TextRange {
  readonly kind: 'tableQuery';
  readonly table: TableRef;
}

/** A query in parentheses as a branch of a set operation or as a whole body. */
export interface ParenQuery extends TextRange {
  readonly kind: 'parenQuery';
  readonly query: Query;
}

export interface OrderItem extends TextRange {
  readonly kind: 'orderItem';
  readonly expression: Expression;
  readonly direction: 'asc' | 'desc' | null;
  readonly nulls: 'first' | 'last' | null;
  /** ORDER BY x USING > */
  readonly using: string | null;
}

/** LIMIT / OFFSET / FETCH in every spelling (MySQL's LIMIT a, b too). */
export interface Limit extends TextRange {
  readonly kind: 'limit';
  /** null when there is only an OFFSET, or LIMIT ALL */
  readonly count: Expression | null;
  readonly offset: Expression | null;
  readonly withTies: boolean;
  /** ranges of the parts with their keywords, when present */
  readonly countRange: TextRange | null;
  readonly offsetRange: TextRange | null;
}

/** What may follow a query in one dialect only. */
export type QueryTrailing = ExaminedLimit | Hints | ResultFormat | Opaque;

/** SQL Server: `FOR XML …`, `FOR JSON …`: the rows become one text. */
export interface ResultFormat extends TextRange {
  readonly kind: 'resultFormat';
  readonly format: 'xml' | 'json' | 'browse';
}

/** MariaDB: `LIMIT … ROWS EXAMINED n`: the query ends after so many rows were looked at. */
export interface ExaminedLimit extends TextRange {
  readonly kind: 'examinedLimit';
  readonly rows: Expression;
}

export interface Locking extends TextRange {
  readonly kind: 'locking';
  readonly strength: 'UPDATE' | 'NO KEY UPDATE' | 'SHARE' | 'KEY SHARE';
  readonly of: readonly Identifier[];
  readonly wait: 'NOWAIT' | 'SKIP LOCKED' | null;
}

// ---------------------------------------------------------------- FROM

export type FromItem =
  | TableRef
  | DerivedTable
  | TableFunction
  | Join
  | ParenJoin
  | Pivot
  | WrittenRows
  | Opaque;

/** `AS alias`, `alias (a, b)`; its range begins with AS where that is written. */
export interface TableAlias extends TextRange {
  readonly kind: 'tableAlias';
  readonly name: Identifier;
  readonly columns: readonly Identifier[];
}

export interface TableRef extends TextRange {
  readonly kind: 'table';
  /** [catalog, schema,] table */
  readonly name: readonly [Identifier, ...Identifier[]];
  readonly only: boolean;
  readonly alias: TableAlias | null;
  /** TABLESAMPLE, PARTITION (…), FOR SYSTEM_TIME …; index hints, WITH (NOLOCK) are opaque: kept as they are */
  readonly modifiers: readonly TableModifier[];
}

export type TableModifier = TableSample | TablePartitions | TablePeriod | Hints | Opaque;

/** SQL Server: `WITH (NOLOCK, INDEX (i))` of a table, `OPTION (RECOMPILE)` of a statement. */
export interface Hints extends TextRange {
  readonly kind: 'hints';
  /** as written */
  readonly hints: readonly string[];
}

/** MySQL: `PARTITION (p0, p1)`, only the rows in these partitions. */
export interface TablePartitions extends TextRange {
  readonly kind: 'tablePartitions';
  readonly partitions: readonly Identifier[];
}

/** `FOR SYSTEM_TIME …` of what is read, `FOR PORTION OF period …` of what is written. */
export interface TablePeriod extends TextRange {
  readonly kind: 'tablePeriod';
  /** null for SYSTEM_TIME */
  readonly period: Identifier | null;
  readonly type: 'asOf' | 'fromTo' | 'between' | 'containedIn' | 'all';
  /** the point in time, or the two ends; empty for ALL */
  readonly bounds: readonly Expression[];
}

export interface TableSample extends TextRange {
  readonly kind: 'tableSample';
  /** empty where T-SQL leaves it out: SYSTEM is meant */
  readonly method: readonly Identifier[];
  readonly args: readonly Expression[];
  /** T-SQL: what the argument counts */
  readonly unit: 'PERCENT' | 'ROWS' | null;
  readonly repeatable: Expression | null;
}

/** `[LATERAL] (query) alias`. */
export interface DerivedTable extends TextRange {
  readonly kind: 'derived';
  readonly lateral: boolean;
  readonly query: Query;
  readonly alias: TableAlias | null;
}

/** `[LATERAL] f(x) [WITH ORDINALITY] alias`, ROWS FROM (…), UNNEST, JSON_TABLE. */
export interface TableFunction extends TextRange {
  readonly kind: 'tableFunction';
  readonly lateral: boolean;
  readonly calls: readonly (FunctionCall | Opaque)[];
  readonly ordinality: boolean;
  readonly alias: TableAlias | null;
  /** `f() AS t(a int, b text)`: a column definition list; the alias (null for `AS (a int)`) then has no columns */
  readonly definitions: readonly ColumnDefinition[];
  /** hints */
  readonly modifiers: readonly TableModifier[];
}

/**
 * T-SQL: `item PIVOT (sum(x) FOR c IN (a, b)) AS p` and `item UNPIVOT (x FOR c IN (a, b)) AS p`. Other columns come out
 * of it than went in.
 */
export interface Pivot extends TextRange {
  readonly kind: 'pivot';
  readonly type: 'pivot' | 'unpivot';
  readonly item: FromItem;
  /** the aggregate of PIVOT, the name of UNPIVOT's column of values */
  readonly value: Expression | Identifier;
  /** the column whose values become columns, the name of UNPIVOT's column of names */
  readonly column: ColumnRef | Identifier;
  /** the columns of the one that are the values of the other */
  readonly names: readonly Identifier[];
  readonly alias: TableAlias | null;
}

/** T-SQL: `(MERGE … OUTPUT …) AS alias`: the rows that a write returns. */
export interface WrittenRows extends TextRange {
  readonly kind: 'writtenRows';
  readonly statement: Statement;
  readonly alias: TableAlias | null;
}

export interface Join extends TextRange {
  readonly kind: 'join';
  readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross' | 'crossApply' | 'outerApply';
  readonly natural: boolean;
  readonly left: FromItem;
  readonly right: FromItem;
  readonly on: Expression | null;
  readonly using: readonly Identifier[] | null;
  /** PostgreSQL: USING (a) AS alias, a name for the joined columns */
  readonly usingAlias: Identifier | null;
  /** the words of the join: LEFT OUTER JOIN */
  readonly joinRange: TextRange;
}

/** `(a JOIN b ON …)`. */
export interface ParenJoin extends TextRange {
  readonly kind: 'parenJoin';
  readonly item: FromItem;
  readonly alias: TableAlias | null;
}

// ---------------------------------------------------------------- statements

export interface QueryStatement extends TextRange {
  readonly kind: 'queryStatement';
  readonly query: Query;
}

/** What a write holds beside its clauses; a rule that does not know it leaves the write alone. */
export type WriteRest =
  | Opaque
  | WriteModifier
  | FurtherTargets
  | TableAlias
  | Top
  | Hints
  | OutputInto
  | ProcedureCall;

/** T-SQL: `OUTPUT items INTO table (columns)`: the rows go there and are not returned. */
export interface OutputInto extends TextRange {
  readonly kind: 'outputInto';
  readonly items: readonly SelectItem[];
  /** the name of a table or of a table variable */
  readonly table: readonly [Identifier, ...Identifier[]];
  readonly columns: readonly Identifier[];
}

/** MySQL's IGNORE after the verb: rows that break a rule are left out or bent instead of an error. */
export interface WriteModifier extends TextRange {
  readonly kind: 'writeModifier';
  readonly modifier: 'IGNORE';
}

/** MySQL: DELETE a, b, c FROM …: the targets after the first, as they are named in FROM. */
export interface FurtherTargets extends TextRange {
  readonly kind: 'furtherTargets';
  readonly names: readonly (readonly [Identifier, ...Identifier[]])[];
}

export interface Insert extends TextRange {
  readonly kind: 'insert';
  readonly with: With | null;
  readonly verb: 'INSERT' | 'REPLACE';
  readonly target: TableRef;
  readonly columns: readonly Identifier[];
  readonly overriding: 'system' | 'user' | null;
  /** null for DEFAULT VALUES and for MySQL's INSERT … SET */
  readonly source: Query | null;
  /** MySQL: INSERT … SET a = b */
  readonly assignments: readonly Assignment[];
  readonly conflict: Conflict | null;
  readonly returningAliases: readonly ReturningAlias[];
  readonly returning: readonly SelectItem[];
  readonly rest: readonly WriteRest[];
}

/** ON CONFLICT …, ON DUPLICATE KEY UPDATE … */
export interface Conflict extends TextRange {
  readonly kind: 'conflict';
  readonly action: 'nothing' | 'update';
  /** ON CONFLICT (a, lower(b)) */
  readonly target: readonly IndexColumn[];
  readonly targetWhere: Expression | null;
  /** ON CONFLICT ON CONSTRAINT name */
  readonly constraint: Identifier | null;
  readonly assignments: readonly Assignment[];
  readonly where: Expression | null;
}

/** PostgreSQL 18: RETURNING WITH (OLD AS o, NEW AS n). */
export interface ReturningAlias extends TextRange {
  readonly kind: 'returningAlias';
  readonly row: 'old' | 'new';
  readonly alias: Identifier;
}

export interface Assignment extends TextRange {
  readonly kind: 'assignment';
  /**
   * The written columns: several for `(a, b) = …`. PostgreSQL takes no table name here, so `a.b = 1` writes the
   * field b of the column a: the target is a and `partial` is true. Empty where only a T-SQL variable is set.
   */
  readonly targets: readonly ColumnRef[];
  /** T-SQL: `@x = value` and `@x = column = value` */
  readonly variable: Variable | null;
  /** only a field or an element of the column is written: `a.b = 1`, `a[2] = 1` */
  readonly partial: boolean;
  /** the subscripts of the targets */
  readonly indexes: readonly Expression[];
  /** '=' or, in T-SQL, += -= … and the method that changes a part of the column: `.WRITE`, `.MODIFY` */
  readonly operator: string;
  readonly value: Expression;
}

export interface Update extends TextRange {
  readonly kind: 'update';
  readonly with: With | null;
  readonly target: FromItem;
  readonly assignments: readonly Assignment[];
  readonly from: readonly FromItem[];
  readonly where: Expression | null;
  readonly orderBy: readonly OrderItem[];
  readonly limit: Limit | null;
  readonly returningAliases: readonly ReturningAlias[];
  readonly returning: readonly SelectItem[];
  readonly rest: readonly WriteRest[];
}

export interface Delete extends TextRange {
  readonly kind: 'delete';
  readonly with: With | null;
  readonly target: FromItem;
  readonly using: readonly FromItem[];
  readonly where: Expression | null;
  readonly orderBy: readonly OrderItem[];
  readonly limit: Limit | null;
  readonly returningAliases: readonly ReturningAlias[];
  readonly returning: readonly SelectItem[];
  readonly rest: readonly WriteRest[];
}

export interface Merge extends TextRange {
  readonly kind: 'merge';
  readonly with: With | null;
  readonly target: TableRef;
  readonly source: FromItem;
  readonly on: Expression;
  /** WHEN [NOT] MATCHED … THEN … */
  readonly branches: readonly MergeBranch[];
  readonly returningAliases: readonly ReturningAlias[];
  readonly returning: readonly SelectItem[];
  readonly rest: readonly WriteRest[];
}

export interface MergeBranch extends TextRange {
  readonly kind: 'mergeBranch';
  readonly matched: boolean;
  /** NOT MATCHED BY SOURCE | TARGET; null where it is not written (TARGET is meant) */
  readonly by: 'source' | 'target' | null;
  readonly condition: Expression | null;
  readonly action: 'update' | 'delete' | 'insert' | 'nothing' | null;
  readonly assignments: readonly Assignment[];
  readonly columns: readonly Identifier[];
  readonly overriding: 'system' | 'user' | null;
  /** empty for DEFAULT VALUES */
  readonly values: readonly Expression[];
}

/**
 * MySQL and T-SQL: how a table, a column or an index is stored or shown: `ENGINE = InnoDB`, `COMMENT 'x'`, `AFTER b`,
 * `INVISIBLE`, `WITH (FILLFACTOR = 80)`, `ON [PRIMARY]`.
 */
export interface Property extends TextRange {
  readonly kind: 'property';
  /** its words in upper case; of a column in a key also LENGTH (a prefix), ASC, DESC, EXPRESSION */
  readonly name: string;
  /** null where it has none, or several in parentheses */
  readonly value: Expression | Identifier | null;
  /** T-SQL: what stands in parentheses behind it: the options of WITH */
  readonly options: readonly Property[];
}

/** MySQL: PARTITION BY method (keys) …; what it says of numbers and subpartitions is in the text. */
export interface Partitioning extends TextRange {
  readonly kind: 'partitioning';
  /** RANGE, LIST, HASH, KEY, SYSTEM_TIME */
  readonly method: string;
  readonly keys: readonly Expression[];
  readonly partitions: readonly PartitionDefinition[];
}

/** PARTITION p0 VALUES LESS THAN (10): MAXVALUE is in none of the values. */
export interface PartitionDefinition extends TextRange {
  readonly kind: 'partitionDefinition';
  readonly name: Identifier;
  readonly values: readonly Expression[];
}

/** An action of MySQL's or T-SQL's ALTER TABLE that neither adds nor drops a column or key. */
export interface AlterAction extends TextRange {
  readonly kind: 'alterAction';
  /** the words before the first name, upper case: MODIFY COLUMN, DROP INDEX, RENAME TO */
  readonly action: string;
  /** what it is done to, and the new name after that */
  readonly names: readonly Identifier[];
  /** of MODIFY, CHANGE and T-SQL's ALTER COLUMN; the column with its new default of ADD CONSTRAINT … DEFAULT … FOR */
  readonly definition: ColumnDefinition | null;
  readonly orderBy: readonly OrderItem[];
}

export interface ColumnDefinition extends TextRange {
  readonly kind: 'columnDefinition';
  readonly name: Identifier;
  readonly type: TypeName | null;
  readonly notNull: boolean;
  readonly default: Expression | null;
  readonly generated: 'stored' | 'virtual' | 'identity' | null;
  readonly generatedAs: Expression | null;
  readonly collation: readonly Identifier[];
  /** PRIMARY KEY, UNIQUE, REFERENCES, CHECK written with the column */
  readonly constraints: readonly TableConstraint[];
  /** STORAGE, COMPRESSION, AUTO_INCREMENT, COMMENT, sequence options: kept */
  readonly rest: readonly (Property | Opaque)[];
}

export interface TableConstraint extends TextRange {
  readonly kind: 'tableConstraint';
  readonly name: Identifier | null;
  readonly type: 'primaryKey' | 'unique' | 'foreignKey' | 'check' | 'exclude' | 'index' | 'notNull';
  readonly columns: readonly Identifier[];
  readonly nullsNotDistinct: boolean;
  readonly references: {
    readonly table: readonly [Identifier, ...Identifier[]];
    readonly columns: readonly Identifier[];
  } | null;
  readonly deferrable: boolean;
  readonly notValid: boolean;
  readonly check: Expression | null;
  /** EXCLUDE's elements, MATCH, ON DELETE …, INCLUDE, USING INDEX, NO INHERIT: kept */
  readonly rest: readonly (Property | Opaque)[];
}

export interface CreateTable extends TextRange {
  readonly kind: 'createTable';
  readonly name: readonly [Identifier, ...Identifier[]];
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly columns: readonly ColumnDefinition[];
  readonly constraints: readonly TableConstraint[];
  /** CREATE TABLE … AS query */
  readonly query: Query | null;
  readonly partitionBy: Partitioning | Opaque | null;
  /** PARTITION OF parent, INHERITS, LIKE, WITH (…), ENGINE=… */
  readonly options: readonly (Property | Opaque)[];
}

export interface IndexColumn extends TextRange {
  readonly kind: 'indexColumn';
  readonly expression: Expression;
  readonly direction: 'asc' | 'desc' | null;
  readonly nulls: 'first' | 'last' | null;
  readonly operatorClass: string | null;
  /** MySQL's prefix length */
  readonly prefixLength: number | null;
}

export interface CreateIndex extends TextRange {
  readonly kind: 'createIndex';
  readonly name: Identifier | null;
  readonly unique: boolean;
  readonly table: readonly [Identifier, ...Identifier[]];
  readonly method: string | null;
  readonly columns: readonly IndexColumn[];
  readonly include: readonly Identifier[];
  readonly nullsNotDistinct: boolean;
  readonly where: Expression | null;
  /** WITH (fillfactor = 70), TABLESPACE: kept */
  readonly rest: readonly (Property | Opaque)[];
}

export interface CreateView extends TextRange {
  readonly kind: 'createView';
  readonly name: readonly [Identifier, ...Identifier[]];
  readonly materialized: boolean;
  readonly columns: readonly Identifier[];
  readonly query: Query;
  /** WITH (security_barrier), USING, TABLESPACE, WITH CHECK OPTION: kept */
  readonly rest: readonly (Property | Opaque)[];
}

/** ALTER TABLE as far as a catalog from DDL needs it. */
export interface AlterTable extends TextRange {
  readonly kind: 'alterTable';
  readonly name: readonly [Identifier, ...Identifier[]];
  readonly addColumns: readonly ColumnDefinition[];
  readonly addConstraints: readonly TableConstraint[];
  readonly setNotNull: readonly Identifier[];
  readonly dropNotNull: readonly Identifier[];
  readonly dropColumns: readonly Identifier[];
  /** the other actions; those of MySQL and MariaDB have nodes of their own */
  readonly rest: readonly (AlterAction | Property | Opaque)[];
}

/** EXPLAIN of a statement; the options are not resolved. */
export interface Explain extends TextRange {
  readonly kind: 'explain';
  readonly statement: Statement;
}

// ---------------------------------------------------------------- T-SQL beside queries, writes and tables

/** `EXEC [@result =] procedure arguments`, `EXEC ('text')`. */
export interface ProcedureCall extends TextRange {
  readonly kind: 'procedureCall';
  /** the variable that takes the return code */
  readonly result: Variable | null;
  /** a name, the variable that holds one, or the pieces of the text that is run */
  readonly procedure: readonly [Identifier, ...Identifier[]] | Variable | Expression;
  readonly args: readonly ProcedureArgument[];
  /** WITH RECOMPILE, AT server, AS USER = 'x': its words, upper case */
  readonly options: string;
}

export interface ProcedureArgument extends TextRange {
  readonly kind: 'procedureArgument';
  readonly name: Variable | null;
  readonly value: Expression;
  readonly output: boolean;
}

/** `DECLARE @a int = 1, @b table (…)`, `DECLARE c CURSOR … FOR query`. */
export interface Declare extends TextRange {
  readonly kind: 'declare';
  readonly variables: readonly VariableDeclaration[];
  readonly cursor: CursorDeclaration | null;
}

/** A variable that is declared, or a parameter of a routine. */
export interface VariableDeclaration extends TextRange {
  readonly kind: 'variableDeclaration';
  readonly variable: Variable;
  /** null for a table and for a cursor */
  readonly type: TypeName | null;
  readonly value: Expression | null;
  /** of a table variable */
  readonly columns: readonly ColumnDefinition[];
  readonly constraints: readonly TableConstraint[];
  /** OUTPUT, READONLY, CURSOR, NOT NULL … */
  readonly options: string;
}

export interface CursorDeclaration extends TextRange {
  readonly kind: 'cursorDeclaration';
  readonly name: Identifier | Variable;
  /** LOCAL, FAST_FORWARD, SCROLL …, upper case */
  readonly options: string;
  readonly query: Query;
}

/** Statements that hold statements: BEGIN … END, TRY and CATCH, IF, WHILE. */
export interface Compound extends TextRange {
  readonly kind: 'compound';
  readonly type: 'block' | 'try' | 'if' | 'while';
  /** of IF and WHILE */
  readonly condition: Expression | null;
  readonly statements: readonly Statement[];
  /** of ELSE and CATCH */
  readonly otherwise: readonly Statement[];
}

/** CREATE or ALTER PROCEDURE, FUNCTION, TRIGGER with their bodies. */
export interface Routine extends TextRange {
  readonly kind: 'routine';
  readonly type: 'procedure' | 'function' | 'trigger';
  readonly name: readonly [Identifier, ...Identifier[]];
  readonly parameters: readonly VariableDeclaration[];
  /** of a scalar function */
  readonly returns: TypeName | null;
  /** of a function that fills a table: RETURNS @t table (…) */
  readonly returnsTable: VariableDeclaration | null;
  /** the table or view that a trigger is on */
  readonly on: readonly Identifier[];
  /** the words between name and body that are in none of the other parts, upper case */
  readonly options: string;
  readonly statements: readonly Statement[];
}

/** Any other statement of T-SQL: PRINT, SET, THROW, FETCH, WAITFOR, ALTER INDEX, DROP, USE, COMMIT … */
export interface Command extends TextRange {
  readonly kind: 'command';
  /** its first words, upper case: 'SET', 'ALTER INDEX', 'DROP TABLE' */
  readonly verb: string;
  /** what it is done to */
  readonly names: readonly (readonly [Identifier, ...Identifier[]])[];
  /** its values in the order of the text, variables among them */
  readonly values: readonly Expression[];
  readonly options: readonly Property[];
  /** SET @x = …, the cursor of SET @c = CURSOR FOR … */
  readonly assignment: Assignment | null;
  readonly cursor: CursorDeclaration | null;
  /** of CREATE TYPE: the type that it is made from, or the columns and constraints of a table type */
  readonly type: TypeName | null;
  readonly columns: readonly ColumnDefinition[];
  readonly constraints: readonly TableConstraint[];
  /** the other words that were read, in the order of the text, upper case */
  readonly words: string;
}

export type Statement =
  | QueryStatement
  | Insert
  | Update
  | Delete
  | Merge
  | CreateTable
  | CreateIndex
  | CreateView
  | AlterTable
  | Explain
  | ProcedureCall
  | Declare
  | Compound
  | Routine
  | Command
  | Opaque;

/** Every node of the tree. */
export type Node =
  | Statement
  | Query
  | QueryBody
  | Expression
  | FromItem
  | Identifier
  | TypeName
  | With
  | Cte
  | SelectItem
  | GroupBy
  | Top
  | NamedWindow
  | Window
  | Frame
  | FrameBound
  | CteClause
  | Into
  | GroupingSet
  | TableSample
  | TablePartitions
  | TablePeriod
  | WriteModifier
  | FurtherTargets
  | ExaminedLimit
  | Hints
  | ResultFormat
  | Property
  | Partitioning
  | PartitionDefinition
  | AlterAction
  | Conflict
  | ReturningAlias
  | OrderItem
  | Limit
  | Locking
  | TableAlias
  | CaseBranch
  | Argument
  | Assignment
  | MergeBranch
  | OutputInto
  | ProcedureArgument
  | VariableDeclaration
  | CursorDeclaration
  | ColumnDefinition
  | TableConstraint
  | IndexColumn;
