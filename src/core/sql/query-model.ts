/**
 * The resolved query model: what the rules of the pattern library see. Built by `resolve.ts` from a tree and a
 * catalog. Every object points back at its syntax node, so that a rule can read its text and place its edits.
 */
import type { Catalog, Column, Table } from '../catalog/catalog.ts';
import type {
  ColumnRef,
  Cte,
  Expression,
  FromItem,
  FunctionCall,
  Join,
  OrderItem,
  Query,
  Select,
  SelectItem,
  Statement,
} from './ast.ts';
import type { Dialect } from './dialect.ts';
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
  /** the block of the statement itself, null for a set operation, VALUES or a write at the top */
  readonly root: Block | null;
  readonly ctes: readonly CteDefinition[];
  /** ranges that the parser did not understand; no rewrite may touch, move or drop one */
  readonly opaque: readonly TextRange[];
  /** what a column reference means; null where it is unknown or ambiguous */
  resolve(reference: ColumnRef): ResolvedColumn | null;
  /** the block in whose scope an expression stands */
  blockOf(expression: Expression): Block | null;
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

/** One SELECT core with its scope. */
export interface Block {
  readonly select: Select;
  /** the query expression whose body (or set operation branch) this SELECT is: its ORDER BY and LIMIT apply */
  readonly query: Query;
  readonly role: BlockRole;
  /** true when the SELECT is one branch of a UNION, INTERSECT or EXCEPT */
  readonly setBranch: boolean;
  /** the expression (exists, in, quantified, subquery, array), FROM item or CTE that holds the query; null at the top */
  readonly holder: Expression | FromItem | Cte | null;
  /** the block in whose scope this one stands, null at the top; for a CTE the block that uses WITH's query, null too */
  readonly parent: Block | null;
  readonly children: readonly Block[];
  /** the relations of FROM, flattened through joins, in text order */
  readonly sources: readonly Source[];
  readonly joins: readonly JoinStep[];
  /** WHERE split at its top-level ANDs (through parentheses) */
  readonly where: readonly Conjunct[];
  readonly having: readonly Conjunct[];
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
  /** references in this block (or deeper) to sources of blocks outside of it */
  readonly outerReferences: readonly ResolvedColumn[];
  /** all references that stand directly in this block's clauses (not in blocks inside it) */
  readonly references: readonly ColumnRef[];
}

/** A conjunct of WHERE, ON or HAVING. */
export interface Conjunct {
  /** without surrounding parentheses */
  readonly expression: Expression;
  /** with its surrounding parentheses: what an edit replaces */
  readonly range: TextRange;
  readonly block: Block;
  readonly place: 'where' | 'on' | 'having';
  /** the join whose ON holds it */
  readonly join: JoinStep | null;
  /** sources of the block itself that it mentions, subqueries' outer references included */
  readonly sources: readonly Source[];
  /** it mentions a source of an outer block */
  readonly correlated: boolean;
  readonly hasSubquery: boolean;
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
  readonly block: Block;
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
}

export interface ResolvedColumn {
  readonly reference: ColumnRef;
  readonly source: Source;
  readonly name: string;
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
}

export interface CteDefinition {
  readonly node: Cte;
  readonly name: string;
  readonly recursive: boolean;
  readonly query: Query | null;
  /** FROM items that use it, all over the statement */
  readonly uses: readonly Source[];
}
