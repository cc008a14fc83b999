/**
 * What a statement must hold for a pattern to be found in it. A file has many statements and the library hundreds of
 * patterns, nearly all of which have nothing to say of a given one: what a statement holds is listed once, and only the
 * patterns whose needs it meets are asked.
 */
import type { Expression, Node } from '../sql/ast.ts';
import { kindsIn, nodesOfKind } from '../sql/properties/nodes.ts';
import type { AnalyzedStatement, Block, BlockRole, Scope } from '../sql/query-model.ts';
import { isReadByWords } from '../sql/statement-facts.ts';
import { unwrapParens } from '../sql/walk.ts';
import { positivePredicates } from './predicates/positive.ts';

/** Something that a statement holds, anywhere in it. */
export type Part =
  /** a node of the tree: `in`, `cast`, `createTable` … */
  | Node['kind']
  /** a subquery in that role, `as exists`, or the statement itself, `as statement` */
  | `as ${BlockRole}`
  /** an operator of two sides: `operator OR` */
  | `operator ${string}`
  /** a condition in WHERE or ON */
  | 'condition'
  /** a side of a comparison, or what BETWEEN compares, in a condition of WHERE or ON: `side call` */
  | `side ${Expression['kind']}`
  /** an INSERT, UPDATE, DELETE or MERGE with a scope of its own */
  | 'write'
  /** two relations or more in one scope */
  | 'several sources'
  /** a relation in FROM that is a derived table or a CTE */
  | 'query in from'
  /** conditions of WHERE, of HAVING, of ON */
  | 'where'
  | 'having'
  | 'join step'
  | 'outer join'
  /** an aggregate without OVER, a window function, GROUP BY or an aggregate */
  | 'aggregate'
  | 'window call'
  | 'grouped'
  /** SELECT DISTINCT, without ON */
  | 'distinct'
  /** LIMIT, FETCH or TOP */
  | 'few rows'
  | 'locking clause'
  /** no tree at all: SET, LOCK, VACUUM … */
  | 'words alone';

/** A part, or several of which one is enough. */
export type Need = Part | readonly Part[];

const PARTS = new WeakMap<AnalyzedStatement, ReadonlySet<Part>>();

/** The statement holds all that a pattern needs. A pattern that says nothing of its needs may be found anywhere. */
export function meetsNeeds(needs: readonly Need[] | undefined, statement: AnalyzedStatement): boolean {
  return areMet(needs, partsOf(statement));
}

/** {@link meetsNeeds} for parts that are known. */
export function areMet(needs: readonly Need[] | undefined, parts: ReadonlySet<Part>): boolean {
  if (needs === undefined) return true;
  for (const need of needs) {
    if (typeof need === 'string' ? !parts.has(need) : !need.some((part) => parts.has(part))) return false;
  }
  return true;
}

/** What a statement holds. */
export function partsOf(statement: AnalyzedStatement): ReadonlySet<Part> {
  const known = PARTS.get(statement);
  if (known) return known;
  const parts = new Set<Part>(kindsIn(statement));
  if (isReadByWords(statement.tree)) parts.add('words alone');
  for (const { operator } of nodesOfKind(statement, 'binary')) parts.add(`operator ${operator}`);
  for (const { expression } of positivePredicates(statement)) addSides(parts, expression);
  for (const write of statement.writes) {
    parts.add('write');
    addScope(parts, write);
  }
  for (const block of statement.blocks) {
    addScope(parts, block);
    addBlock(parts, block);
  }
  PARTS.set(statement, parts);
  return parts;
}

function addSides(parts: Set<Part>, expression: Expression): void {
  if (expression.kind === 'binary') {
    parts.add(`side ${unwrapParens(expression.left).kind}`);
    parts.add(`side ${unwrapParens(expression.right).kind}`);
  }
  if (expression.kind === 'between') parts.add(`side ${unwrapParens(expression.operand).kind}`);
}

function addScope(parts: Set<Part>, { sources, joins, where }: Scope): void {
  if (sources.length > 1) parts.add('several sources');
  if (sources.some((source) => source.query !== null)) parts.add('query in from');
  if (where.length > 0) parts.add('where').add('condition');
  for (const { type, on } of joins) {
    parts.add('join step');
    if (type === 'left' || type === 'right' || type === 'full') parts.add('outer join');
    if (on.length > 0) parts.add('condition');
  }
}

function addBlock(parts: Set<Part>, block: Block): void {
  parts.add(`as ${block.role}`);
  if (block.having.length > 0 || block.select.clauses.having) parts.add('having');
  if (block.aggregates.length > 0) parts.add('aggregate');
  if (block.windows.length > 0) parts.add('window call');
  if (block.grouped || block.select.groupBy) parts.add('grouped');
  if (block.select.distinct === 'distinct') parts.add('distinct');
  if (block.query.limit || block.select.top) parts.add('few rows');
  if (block.query.locking.length > 0) parts.add('locking clause');
}
