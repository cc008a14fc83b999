/**
 * What a statement must hold for a pattern to be found in it. A file has many statements and the library hundreds of
 * patterns, nearly all of which have nothing to say of a given one: what a statement holds is listed once, and only the
 * patterns whose needs it meets are asked.
 */
import type { Expression, Literal, Node } from '../sql/ast.ts';
import { oncePerStatement } from '../sql/facts.ts';
import { catalogFunctions } from '../sql/properties/functions.ts';
import { kindsIn, nodesOfKind } from '../sql/properties/nodes.ts';
import type { AnalyzedStatement, Block, BlockRole, Scope, Source } from '../sql/query-model.ts';
import { isReadByWords } from '../sql/statement-facts.ts';
import { unwrapParens } from '../sql/walk.ts';
import { tenancyOf } from './industry/tenant.ts';
import { positivePredicates } from './predicates/positive.ts';

/** Something that a statement holds, anywhere in it. */
export type Part =
  /** a node of the tree: `in`, `cast`, `createTable` … */
  | Node['kind']
  /** a subquery in that role, `as exists`, or the statement itself, `as statement` */
  | `as ${BlockRole}`
  /** an operator of two sides: `operator OR` */
  | `operator ${string}`
  /** a call of the function: `calls coalesce` */
  | `calls ${string}`
  /** a call by the name of a function that the catalog has */
  | 'catalog function'
  /** the catalog's tables hold the rows of many tenants */
  | 'tenants'
  /** DISTINCT in a call, DISTINCT ON */
  | 'distinct call'
  | 'distinct on'
  /** `literal string`, `literal null` … */
  | `literal ${Literal['type']}`
  /** a condition in WHERE or ON; two of them in one WHERE */
  | 'condition'
  | 'several conditions'
  /** a condition of WHERE or ON, through AND and OR, that is of that kind: `test literal` */
  | `test ${Expression['kind']}`
  /** such a condition whose two sides are both of that kind: `both column` */
  | `both ${Expression['kind']}`
  /** a side of a comparison, or what BETWEEN compares, in a condition of WHERE or ON: `side call` */
  | `side ${Expression['kind']}`
  /** an INSERT, UPDATE, DELETE or MERGE with a scope of its own */
  | 'write'
  /** two relations or more in one scope; a table of the catalog more than once in one scope */
  | 'several sources'
  | 'one table twice'
  /** a table with partitions */
  | 'partitions'
  /** a relation in FROM that is a derived table or a CTE */
  | 'query in from'
  /** conditions of WHERE, of HAVING, of ON */
  | 'where'
  | 'having'
  | 'join step'
  | 'comma join'
  | 'outer join'
  /** an aggregate without OVER, a window function, GROUP BY or an aggregate */
  | 'aggregate'
  | 'window call'
  | 'grouped'
  /** SELECT DISTINCT, without ON */
  | 'distinct'
  /** two blocks or more with the role 'scalar' */
  | 'several scalar subqueries'
  /** a comment that begins with the plus sign of hints */
  | 'hint comment'
  /** LIMIT, FETCH or TOP */
  | 'few rows'
  | 'locking clause'
  /** no tree at all: SET, LOCK, VACUUM … */
  | 'words alone';

/** A part, or several of which one is enough. */
export type Need = Part | readonly Part[];

/** The statement holds all that a pattern needs. A pattern that says nothing of its needs may be found anywhere. */
export function meetsNeeds(needs: readonly Need[] | undefined, statement: AnalyzedStatement): boolean {
  return areMet(needs, partsOf(statement));
}

/**
 * Keeps which patterns of a list are to be asked of statements that hold the same parts: most statements of a file do,
 * as far as needs speak of them.
 */
export class AskedByParts<P extends { readonly needs?: readonly Need[] }> {
  private readonly patterns: readonly P[];
  /** the parts that some need names, each with its place in a key */
  private readonly named = new Map<Part, number>();
  private readonly known = new Map<string, readonly P[]>();

  constructor(patterns: readonly P[]) {
    this.patterns = patterns;
    for (const part of patterns.flatMap(({ needs }) => (needs ?? []).flat())) {
      if (!this.named.has(part)) this.named.set(part, this.named.size);
    }
  }

  /** The patterns whose needs a statement meets, in the order of the list. */
  of(statement: AnalyzedStatement): readonly P[] {
    const parts = partsOf(statement);
    const key = this.keyOf(parts);
    const known = this.known.get(key);
    if (known) return known;
    const asked = this.patterns.filter(({ needs }) => areMet(needs, parts));
    if (this.known.size >= MOST_KEPT) this.known.clear();
    this.known.set(key, asked);
    return asked;
  }

  /** The named parts among these as bits of whole numbers of 30 bits: such are no objects for V8. */
  private keyOf(parts: ReadonlySet<Part>): string {
    const bits: number[] = [];
    for (let at = 0; at < this.named.size; at += 30) bits.push(0);
    for (const part of parts) {
      const at = this.named.get(part);
      if (at !== undefined) bits[(at / 30) | 0] = (bits[(at / 30) | 0] ?? 0) | (1 << (at % 30));
    }
    return bits.join();
  }
}

/** Combinations of parts that are remembered: more than a workspace has, so that the memory has a bound. */
const MOST_KEPT = 2000;

function areMet(needs: readonly Need[] | undefined, parts: ReadonlySet<Part>): boolean {
  if (needs === undefined) return true;
  for (const need of needs) {
    if (typeof need === 'string' ? !parts.has(need) : !need.some((part) => parts.has(part))) return false;
  }
  return true;
}

/** A part by what it is of, put together once: V8 has to hash every new string before it finds it in a set. */
function partBy<O extends string>(compose: (of: O) => Part): (of: O) => Part {
  const known = new Map<O, Part>();
  return (of) => {
    let part = known.get(of);
    if (part === undefined) {
      part = compose(of);
      if (known.size < MOST_KEPT) known.set(of, part);
    }
    return part;
  };
}

const operatorPart = partBy((operator: string) => `operator ${operator}`);
const literalPart = partBy((type: Literal['type']) => `literal ${type}`);
const callPart = partBy((name: string) => `calls ${name}`);
const testPart = partBy((kind: Expression['kind']) => `test ${kind}`);
const sidePart = partBy((kind: Expression['kind']) => `side ${kind}`);
const bothPart = partBy((kind: Expression['kind']) => `both ${kind}`);
const rolePart = partBy((role: BlockRole) => `as ${role}`);

/** What a statement holds. */
export const partsOf = oncePerStatement((statement: AnalyzedStatement): ReadonlySet<Part> => {
  const parts = new Set<Part>(kindsIn(statement));
  if (isReadByWords(statement.tree)) parts.add('words alone');
  if (tenancyOf(statement.catalog)) parts.add('tenants');
  if (statement.text.includes('/*+')) parts.add('hint comment');
  for (const { operator } of nodesOfKind(statement, 'binary')) parts.add(operatorPart(operator));
  for (const { type } of nodesOfKind(statement, 'literal')) parts.add(literalPart(type));
  for (const call of nodesOfKind(statement, 'call')) {
    parts.add(callPart(call.function));
    if (call.distinct) parts.add('distinct call');
    if (catalogFunctions(call, statement.catalog).length > 0) parts.add('catalog function');
  }
  for (const { expression } of positivePredicates(statement)) addSides(parts, expression);
  for (const write of statement.writes) {
    parts.add('write');
    addScope(parts, write);
  }
  let scalars = 0;
  for (const block of statement.blocks) {
    if (block.role === 'scalar') scalars++;
    addScope(parts, block);
    addBlock(parts, block);
  }
  if (scalars > 1) parts.add('several scalar subqueries');
  return parts;
});

function addSides(parts: Set<Part>, expression: Expression): void {
  parts.add(testPart(expression.kind));
  if (expression.kind === 'binary') {
    const left = unwrapParens(expression.left).kind;
    const right = unwrapParens(expression.right).kind;
    parts.add(sidePart(left)).add(sidePart(right));
    if (left === right) parts.add(bothPart(left));
  }
  if (expression.kind === 'between') parts.add(sidePart(unwrapParens(expression.operand).kind));
}

function addScope(parts: Set<Part>, { sources, joins, where }: Scope): void {
  if (sources.length > 1) parts.add('several sources');
  if (hasTableTwice(sources)) parts.add('one table twice');
  for (const { query, table } of sources) {
    if (query !== null) parts.add('query in from');
    if (table !== null && table.partitionKey.length > 0) parts.add('partitions');
  }
  if (where.length > 0) parts.add('where').add('condition');
  if (where.length > 1) parts.add('several conditions');
  for (const { type, on } of joins) {
    parts.add('join step');
    if (type === 'comma') parts.add('comma join');
    if (type === 'left' || type === 'right' || type === 'full') parts.add('outer join');
    if (on.length > 0) parts.add('condition');
  }
}

function hasTableTwice(sources: readonly Source[]): boolean {
  return sources.some(
    ({ table }, at) => table !== null && sources.findIndex((other) => other.table === table) < at,
  );
}

function addBlock(parts: Set<Part>, block: Block): void {
  parts.add(rolePart(block.role));
  if (block.having.length > 0 || block.select.clauses.having) parts.add('having');
  if (block.aggregates.length > 0) parts.add('aggregate');
  if (block.windows.length > 0) parts.add('window call');
  if (block.grouped || block.select.groupBy) parts.add('grouped');
  if (block.select.distinct === 'distinct') parts.add('distinct');
  else if (block.select.distinct !== null) parts.add('distinct on');
  if (block.query.limit || block.select.top) parts.add('few rows');
  if (block.query.locking.length > 0) parts.add('locking clause');
}
