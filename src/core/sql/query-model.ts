/**
 * The resolved query model: what the rules of the pattern library see. Built by `resolve.ts` from a tree and a
 * catalog. Every object points back at its syntax node, so that a rule can read its text and place its edits.
 */
import type { Catalog, Column, Table, TypeFamily } from '../catalog/catalog.ts';
import type {
  ColumnRef,
  Cte,
  Delete,
  Expression,
  FromItem,
  FunctionCall,
  Insert,
  Join,
  Merge,
  OrderItem,
  Query,
  Select,
  SelectItem,
  Statement,
  Update,
} from './ast.ts';
import type { Dialect } from './dialect.ts';
import type { Facts } from './facts.ts';
import type { OpaqueRange } from './parser/cursor.ts';
import type { TextRange } from './text.ts';
import type { Token } from './tokens.ts';

/** One statement with its text, its tree and what its names mean. */
export interface AnalyzedStatement {
  /** the statement's own text; every range in the tree and the model refers to it */
  readonly text: string;
  readonly dialect: Dialect;
  readonly catalog: Catalog;
  readonly tree: Statement;
  /** the statement's tokens, trivia included */
  readonly tokens: readonly Token[];
  /** all SELECT cores, a block before the blocks inside it */
  readonly blocks: readonly Block[];
  /** INSERT, UPDATE, DELETE and MERGE as scopes: the statement itself and data-modifying CTEs */
  readonly writes: readonly WriteBlock[];
  /** the block of the statement itself, null for a set operation, VALUES or a write at the top */
  readonly root: Block | null;
  readonly ctes: readonly CteDefinition[];
  /** ranges that the parser did not understand; no rewrite may touch, move or drop one */
  readonly opaque: readonly OpaqueRange[];
  /** what was found out about it so far; see `facts.ts` */
  readonly facts: Facts;
  /** what a column reference means; null where it is unknown or ambiguous */
  resolve(reference: ColumnRef): ResolvedColumn | null;
  /** the output that a bare name in ORDER BY, GROUP BY or HAVING means, null when it is an input column */
  outputOf(reference: ColumnRef): Output | null;
  /** the block in whose scope an expression stands; null in the clauses of a write */
  blockOf(expression: Expression): Block | null;
  /** the block or write in whose scope an expression stands */
  scopeOf(expression: Expression): Scope | null;
  /** the SELECT cores of a query: one, or one per branch of a set operation; none for VALUES */
  blocksOfQuery(query: Query): readonly Block[];
}

/** A type as far as it is known. */
export interface SqlType {
  readonly family: TypeFamily;
  /** the exact type as the server prints it, null when only the family is known */
  readonly text: string | null;
  /** equal values are the same value: false for case-insensitive and other non-deterministic collations */
  readonly deterministic: boolean;
}

/** Where a block stands in its statement. */
export type BlockRole =
  | 'statement'
  | 'derived'
  | 'lateral'
  | 'cte'
  | 'scalar'
  | 'exists'
  | 'in'
  | 'quantified'
  | 'array'
  /** source of INSERT … SELECT, CREATE TABLE AS, a view */
  | 'source';

/** What a SELECT core and a write have in common: relations, predicates, blocks inside. */
export interface Scope {
  readonly kind: 'select' | 'write';
  /** the scope in which this one stands, null at the top; for a CTE the scope around the query with its WITH */
  readonly parent: Scope | null;
  readonly children: readonly Block[];
  /** the relations of FROM (of a write: its target first), flattened through joins, in text order */
  readonly sources: readonly Source[];
  readonly joins: readonly JoinStep[];
  /** WHERE split at its top-level ANDs (through parentheses) */
  readonly where: readonly Conjunct[];
  /** references in this scope (or deeper) to sources of scopes outside of it */
  readonly outerReferences: readonly ResolvedColumn[];
  /** all references that stand directly in this scope's clauses (not in blocks inside it) */
  readonly references: readonly ColumnRef[];
  /** every reference here and deeper is resolved or names an output; without it, sources may be used unseen */
  readonly resolved: boolean;
}

/** INSERT, UPDATE, DELETE or MERGE as a scope. */
export interface WriteBlock extends Scope {
  readonly kind: 'write';
  readonly statement: Insert | Update | Delete | Merge;
  /** the written table; one of `sources`. Null for a write to several tables */
  readonly target: Source | null;
}

/** One SELECT core with its scope. */
export interface Block extends Scope {
  readonly kind: 'select';
  readonly select: Select;
  /** the query expression whose body (or set operation branch) this SELECT is: its ORDER BY and LIMIT apply */
  readonly query: Query;
  readonly role: BlockRole;
  /** true when the SELECT is one branch of a UNION, INTERSECT or EXCEPT */
  readonly setBranch: boolean;
  /** the expression (exists, in, quantified, subquery, array), FROM item or CTE that holds the query; null at the top */
  readonly holder: Expression | FromItem | Cte | null;
  readonly having: readonly Conjunct[];
  /** what is grouped by: output names and ordinals are replaced by the expressions that they mean */
  readonly groupBy: readonly Expression[];
  /** GROUP BY is present or an aggregate stands in the select list, HAVING or ORDER BY */
  readonly grouped: boolean;
  /** aggregate calls of this block (not of subqueries), without OVER */
  readonly aggregates: readonly FunctionCall[];
  /** window function calls of this block */
  readonly windows: readonly FunctionCall[];
  readonly outputs: readonly Output[];
  /** false when a star could not be expanded (unknown table) */
  readonly outputsComplete: boolean;
  /** only when the query is this SELECT alone (no set operation) */
  readonly orderBy: readonly OrderItem[];
}

/** A conjunct of WHERE, ON or HAVING. */
export interface Conjunct {
  /** without surrounding parentheses */
  readonly expression: Expression;
  /** with its surrounding parentheses: what an edit replaces */
  readonly range: TextRange;
  readonly block: Scope;
  readonly place: 'where' | 'on' | 'having';
  /** the join whose ON holds it */
  readonly join: JoinStep | null;
  /**
   * Sources of the block itself that it mentions, subqueries' outer references included.
   * All sources of the block when a reference could not be resolved.
   */
  readonly sources: readonly Source[];
  /** it mentions, or may mention, a source of an outer block */
  readonly correlated: boolean;
  readonly hasSubquery: boolean;
  /** every reference in it is resolved */
  readonly resolved: boolean;
}

export interface JoinStep {
  readonly node: Join | null;
  /** null stands for the comma */
  readonly type: Join['type'] | 'comma';
  readonly left: readonly Source[];
  readonly right: readonly Source[];
  readonly on: readonly Conjunct[];
  /** column names of USING or NATURAL, folded; null without them */
  readonly using: readonly string[] | null;
}

/** One relation in FROM. */
export interface Source {
  readonly kind: 'table' | 'derived' | 'cte' | 'function' | 'unknown';
  /** the folded name that columns are qualified by */
  readonly alias: string;
  readonly block: Scope;
  readonly node: FromItem;
  /** for kind 'table' when the catalog knows it */
  readonly table: Table | null;
  /** for kind 'derived' and 'cte': the query behind it */
  readonly query: Query | null;
  readonly cte: CteDefinition | null;
  /** null when the columns are unknown */
  readonly columns: readonly SourceColumn[] | null;
  /** its rows may be all NULL because it is on the null-supplied side of an outer join */
  readonly nullSupplied: boolean;
  readonly lateral: boolean;
}

export interface SourceColumn {
  readonly name: string;
  /** NULL cannot occur (before null-supplying joins of this block) */
  readonly notNull: boolean;
  /** the catalog's column when the value is passed through unchanged from a table */
  readonly column: Column | null;
  readonly table: Table | null;
  readonly type: SqlType | null;
}

export interface ResolvedColumn {
  readonly reference: ColumnRef;
  readonly source: Source;
  readonly name: string;
  /** null when the source's columns are unknown */
  readonly sourceColumn: SourceColumn | null;
  readonly column: Column | null;
  readonly table: Table | null;
  /** NULL cannot occur at the place of the reference: declared NOT NULL and not null-supplied */
  readonly notNull: boolean;
  /** how many blocks outwards: 0 is the block of the reference */
  readonly depth: number;
}

export interface Output {
  /** the folded output name, null where the engine makes one up */
  readonly name: string | null;
  /** null for a column that a star brought */
  readonly item: SelectItem | null;
  readonly expression: Expression | null;
  /** set when the output is just a column, from a star too */
  readonly source: Source | null;
  readonly column: SourceColumn | null;
  readonly notNull: boolean;
  readonly type: SqlType | null;
}

export interface CteDefinition {
  readonly node: Cte;
  readonly name: string;
  readonly recursive: boolean;
  readonly query: Query | null;
  /** FROM items that use it, all over the statement */
  readonly uses: readonly Source[];
}
