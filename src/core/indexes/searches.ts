/** What a statement looks for in each table: columns compared by equality, ranges, orders. */
import { type Column, findColumn, type Table, type TypeFamily } from '../catalog/catalog.ts';
import { TOTALLY_ORDERED } from '../catalog/type-family.ts';
import type { Expression, OrderItem } from '../sql/ast.ts';
import { type ComparisonOperator, isComparison, mirrored } from '../sql/comparison-operators.ts';
import { oncePerStatement } from '../sql/facts.ts';
import { orderedOutput } from '../sql/properties/order.ts';
import type {
  AnalyzedStatement,
  Block,
  Conjunct,
  JoinStep,
  ResolvedColumn,
  Scope,
  Source,
} from '../sql/query-model.ts';
import { unwrapParens, walk } from '../sql/walk.ts';
import { identifierText } from '../sql/writing/identifiers.ts';
import type { NewKey } from './index-ddl.ts';

/** A column that is compared. */
export interface Compared {
  readonly column: Column;
  /** what it is compared with, when that is a literal */
  readonly literal: string | null;
}

/** What a statement looks for in one table of one of its scopes. */
export interface Search {
  readonly source: Source;
  readonly table: Table;
  /** equal to one value for each run of the scope: constants, parameters, values of scopes around it */
  readonly equal: readonly Compared[];
  /** one of several values */
  readonly lists: readonly Compared[];
  /** expressions that are equal to one value, as SQL over unqualified columns: lower(email) */
  readonly expressions: readonly string[];
  /** equal to columns of another source of the same scope */
  readonly joins: readonly { readonly column: Column; readonly partner: Source }[];
  readonly ranges: readonly (Compared & { readonly bothEnds: boolean })[];
  /** the order that is wanted of its rows; empty when there is none, or others have a part in it */
  readonly order: readonly NewKey[];
  /** only the first rows are wanted */
  readonly limited: boolean;
}

/** The searches of every scope of a statement in tables that the catalog knows. */
export const searchesOf = oncePerStatement((statement: AnalyzedStatement): readonly Search[] => {
  const scopes: Scope[] = [...statement.blocks, ...statement.writes];
  return scopes.flatMap((scope) =>
    scope.sources.flatMap((source) => {
      const search = searchOf(source, scope, statement);
      return search ? [search] : [];
    }),
  );
});

function searchOf(source: Source, scope: Scope, statement: AnalyzedStatement): Search | null {
  const { table } = source;
  if (source.kind !== 'table' || table?.kind !== 'table') return null;
  const found = new Found(source, statement);
  for (const conjunct of scope.where) found.add(conjunct);
  for (const join of scope.joins) {
    if (!narrows(join, source)) continue;
    for (const conjunct of join.on) found.add(conjunct);
    const others = join.right.includes(source) ? join.left : join.right;
    for (const name of join.using ?? []) found.addUsing(name, table, others);
  }
  const order = scope.kind === 'select' ? orderOf(source, scope as Block, statement) : [];
  return { source, table, ...found.searched(), order, limited: isLimited(scope) };
}

/** Do the conditions of the join leave out rows of the source? Not of the side that an outer join keeps. */
function narrows({ type, left, right }: JoinStep, source: Source): boolean {
  switch (type) {
    case 'left':
      return right.includes(source);
    case 'right':
      return left.includes(source);
    case 'full':
      return false;
    default:
      return left.includes(source) || right.includes(source);
  }
}

/** Comparisons on columns of one source. */
class Found {
  private readonly source: Source;
  private readonly statement: AnalyzedStatement;
  private readonly equal: Compared[] = [];
  private readonly lists: Compared[] = [];
  private readonly expressions = new Set<string>();
  private readonly joins: { column: Column; partner: Source }[] = [];
  private readonly ends = new Map<Column, { operators: Set<string>; literal: string | null }>();

  constructor(source: Source, statement: AnalyzedStatement) {
    this.source = source;
    this.statement = statement;
  }

  searched(): Pick<Search, 'equal' | 'lists' | 'expressions' | 'joins' | 'ranges'> {
    const ranges = [...this.ends].map(([column, { operators, literal }]) => ({
      ...{ column, literal },
      bothEnds: operators.has('<') && operators.has('>'),
    }));
    return {
      equal: this.equal,
      lists: this.lists,
      expressions: [...this.expressions],
      joins: this.joins,
      ranges,
    };
  }

  add({ expression }: Conjunct): void {
    switch (expression.kind) {
      case 'binary':
        if (!isComparison(expression.operator)) return;
        this.compare(expression.operator, expression.left, expression.right);
        this.compare(mirrored(expression.operator), expression.right, expression.left);
        this.compareCall(expression.operator, expression.left, expression.right);
        this.compareCall(expression.operator, expression.right, expression.left);
        return;
      case 'between': {
        const column = expression.negated || expression.symmetric ? null : this.own(expression.operand);
        if (!column || this.mentions(expression.low) || this.mentions(expression.high)) return;
        this.range(column, '>', expression.low);
        this.range(column, '<', expression.high);
        return;
      }
      case 'in': {
        const column = expression.negated ? null : this.own(expression.operand);
        if (!column) return;
        if (expression.list?.every((one) => !this.mentions(one) && fits(column, one, this.statement))) {
          this.lists.push({ column, literal: null });
        }
        return;
      }
      case 'quantified': {
        const column = this.own(expression.operand);
        if (column && expression.operator === '=' && expression.quantifier === 'ANY' && expression.array)
          this.lists.push({ column, literal: null });
        return;
      }
      case 'is': {
        const column = expression.negated || expression.test !== 'null' ? null : this.own(expression.operand);
        if (column) this.equal.push({ column, literal: null });
        return;
      }
      default:
    }
  }

  /** A column of USING, with the source on the other side that has it. */
  addUsing(name: string, table: Table, others: readonly Source[]): void {
    const column = findColumn(table, name);
    const partner = others.find(({ columns }) => columns?.some((one) => one.name === name));
    if (column && partner && isIndexable(column, this.statement)) this.joins.push({ column, partner });
  }

  private compare(operator: ComparisonOperator, left: Expression, right: Expression): void {
    if (operator === '<>') return;
    const column = this.own(left);
    if (!column || this.mentions(right) || !fits(column, right, this.statement)) return;
    if (operator !== '=') {
      this.range(column, operator[0] ?? '', right);
      return;
    }
    const other = unwrapParens(right);
    const resolved = other.kind === 'column' ? this.statement.resolve(other) : null;
    if (resolved && resolved.source !== this.source && resolved.source.block === this.source.block) {
      this.joins.push({ column, partner: resolved.source });
    } else if (resolved || !hasOwnColumns(right, this.source, this.statement)) {
      this.equal.push({ column, literal: literalOf(right) });
    }
  }

  /** lower(x) = '…', which PostgreSQL can find by an index on the call. */
  private compareCall(operator: string, left: Expression, right: Expression): void {
    const call = unwrapParens(left);
    if (this.statement.dialect !== 'postgresql' || operator !== '=' || call.kind !== 'call') return;
    const [argument, ...more] = call.args;
    const plain = call.syntax === 'plain' && call.over === null && call.filter === null && !call.distinct;
    if (!argument || more.length > 0 || !plain || call.name.length > 1 || !FOLDING.has(call.function)) return;
    // one of the user's own, which may be anything
    if (this.statement.catalog.functions.some(({ name }) => name === call.function)) return;
    if (argument.name !== null || hasOwnColumns(right, this.source, this.statement)) return;
    const column = this.own(argument.value);
    const isText = column?.family === 'text' && column.deterministicCollation;
    if (column && isText)
      this.expressions.add(`${call.function}(${identifierText(column.name, 'postgresql')})`);
  }

  private range(column: Column, operator: string, other: Expression): void {
    if (hasOwnColumns(other, this.source, this.statement)) return;
    const known = this.ends.get(column) ?? { operators: new Set<string>(), literal: literalOf(other) };
    known.operators.add(operator);
    this.ends.set(column, known);
  }

  /** The column of the source that an expression is, when an index can have it. */
  private own(expression: Expression): Column | null {
    const reference = unwrapParens(expression);
    const resolved = reference.kind === 'column' ? this.statement.resolve(reference) : null;
    return resolved?.source === this.source && resolved.column && isIndexable(resolved.column, this.statement)
      ? resolved.column
      : null;
  }

  private mentions(expression: Expression): boolean {
    return someColumn(
      expression,
      this.statement,
      (resolved) => resolved === null || resolved.source === this.source,
    );
  }
}

/** Immutable functions of one text that statements compare by. */
const FOLDING = new Set(['lower', 'upper']);

/** A column of the same scope, another source's too: then the value is not the same for the whole run. */
function hasOwnColumns(expression: Expression, source: Source, statement: AnalyzedStatement): boolean {
  return someColumn(
    expression,
    statement,
    (resolved) => resolved === null || resolved.source.block === source.block,
  );
}

function someColumn(
  expression: Expression,
  statement: AnalyzedStatement,
  test: (resolved: ResolvedColumn | null) => boolean,
): boolean {
  let found = false;
  walk(expression, (node) => {
    if (node.kind === 'column' && test(statement.resolve(node))) found = true;
    return !found;
  });
  return found;
}

function literalOf(expression: Expression): string | null {
  const inner = unwrapParens(expression);
  return inner.kind === 'literal' && (inner.type === 'string' || inner.type === 'number')
    ? inner.value
    : null;
}

/** False where the comparison converts the column, so that no index on it helps. */
function fits(column: Column, other: Expression, { dialect, text }: AnalyzedStatement): boolean {
  const inner = unwrapParens(other);
  if (inner.kind !== 'literal') return true;
  const isText = column.family === 'text' || column.family === 'char';
  if (isText && inner.type === 'number') return false;
  const national = dialect === 'tsql' && /^N'/i.test(text.slice(inner.start, inner.end));
  return !(national && /^(var)?char\b/i.test(column.type));
}

/** Families that b-trees order. */
const ORDERED: ReadonlySet<TypeFamily> = new Set<TypeFamily>([...TOTALLY_ORDERED, 'boolean', 'enum']);
/** Bytes of a text on average above which some value may be too long for an entry of an index. */
const WIDEST_TEXT = 64;
/** Characters of a text that surely fit into an entry: 2704 bytes in PostgreSQL, 3072 in InnoDB, 1700 in SQL Server. */
const LONGEST_TEXT = { postgresql: 600, mysql: 250, mariadb: 250, tsql: 400 } as const;

/** Can the column be a key of a b-tree, whatever value it may get? */
export function isIndexable({ family, type, statistics }: Column, { dialect }: AnalyzedStatement): boolean {
  if (!ORDERED.has(family)) return false;
  if (family !== 'text' && family !== 'char') return true;
  const length = Number(/\((\d+)\)/.exec(type)?.[1] ?? Number.NaN);
  if (length <= LONGEST_TEXT[dialect]) return true;
  // unbounded texts: other engines refuse the index, PostgreSQL refuses a value that is too long when it comes
  const width = statistics?.averageWidth ?? null;
  return dialect === 'postgresql' && width !== null && width <= WIDEST_TEXT;
}

/** Texts without a limit may get a value that no entry can hold. */
export function isUnbounded({ family, type }: Column): boolean {
  return family === 'text' && !/\(\d+\)/.test(type);
}

/** ORDER BY over columns of the source alone, in a block whose rows are the result's. */
function orderOf(source: Source, block: Block, statement: AnalyzedStatement): NewKey[] {
  const { orderBy, select } = block;
  if (orderBy.length === 0 || block.grouped || block.setBranch) return [];
  if (select.distinct !== null && select.distinct !== 'all') return [];
  const keys: NewKey[] = [];
  for (const item of orderBy) {
    const column = orderedColumn(item, source, block, statement);
    const descending = item.direction === 'desc';
    const usual = item.nulls === null || (item.nulls === 'first') === descending;
    if (!column || !isIndexable(column, statement) || item.using !== null || !usual) return [];
    keys.push({ column: column.name, expression: null, descending });
  }
  return keys;
}

/** The column of the source that an item sorts by: named itself, or as an output, which a star may have brought. */
function orderedColumn(
  item: OrderItem,
  source: Source,
  block: Block,
  statement: AnalyzedStatement,
): Column | null {
  const output = orderedOutput(item, block, statement);
  if (output?.column) return output.source === source ? output.column.column : null;
  const expression = unwrapParens(output?.expression ?? item.expression);
  const resolved = expression.kind === 'column' ? statement.resolve(expression) : null;
  return resolved?.source === source ? resolved.column : null;
}

function isLimited(scope: Scope): boolean {
  if (scope.kind !== 'select') return false;
  const { query, select } = scope as Block;
  return (query.limit?.count ?? null) !== null || select.top !== null;
}
