/** What the parameters of a statement are compared with: what kind of value each would get. */
import type { ColumnRef, Expression, Node, Row } from '../sql/ast.ts';
import { isAggregateCall } from '../sql/properties/functions.ts';
import { isDeterministic } from '../sql/properties/volatility.ts';
import type { AnalyzedStatement, Source } from '../sql/query-model.ts';
import { nodeText, unwrapParens, walk } from '../sql/walk.ts';
import { identifierText } from '../sql/writing/identifiers.ts';
import { type Parameter, parametersOf } from './parameters.ts';

/** What a parameter is to the expression beside it. */
export type ParameterRole =
  /** equal to it, or not; `member` in a list */
  | 'equal'
  | 'member'
  /** an upper bound of it, a lower bound of it */
  | 'below'
  | 'above'
  /** the pattern of a LIKE; `piece` when a pattern is made of it */
  | 'pattern'
  | 'piece'
  /** rows that are wanted, rows that are skipped */
  | 'count'
  | 'offset'
  /** tested for NULL alone */
  | 'present'
  /** compared with a figure over many rows */
  | 'figure'
  /** a number of days or the like, or a part of what is returned: no plan depends on it */
  | 'plain';

/** An expression over the rows of one table. */
export interface Compared {
  readonly source: Source;
  /** its SQL where the source stands alone in FROM */
  readonly sql: string;
  /** 'orders.status', 'an expression of orders.placed': it may stand where values may not */
  readonly name: string;
}

export interface ParameterUse {
  readonly parameter: Parameter;
  readonly role: ParameterRole;
  /** null where the role has none */
  readonly compared: Compared | null;
}

/**
 * How each parameter is used, in the order of the text; null for one of which that cannot be told. A parameter that stands
 * at several places has several uses.
 */
export function parameterUses(
  statement: AnalyzedStatement,
): readonly { readonly parameter: Parameter; readonly use: ParameterUse | null }[] {
  const parameters = parametersOf(statement);
  if (parameters.length === 0) return [];
  const parents = new Map<Node, Node>();
  walk(statement.tree, (node, parent) => {
    if (parent) parents.set(node, parent);
  });
  return parameters.map((parameter) => ({ parameter, use: new Use(statement, parents, parameter).find() }));
}

/** Comparisons, and what they are with their sides exchanged. */
const COMPARISONS: Readonly<Record<string, readonly [left: ParameterRole, right: ParameterRole]>> = {
  '=': ['equal', 'equal'],
  '<=>': ['equal', 'equal'],
  '<>': ['equal', 'equal'],
  '<': ['above', 'below'],
  '<=': ['above', 'below'],
  '>': ['below', 'above'],
  '>=': ['below', 'above'],
};
/** What leaves the size of a value about as it is: `date >= ? - INTERVAL 1 DAY`. */
const ARITHMETIC = new Set(['+', '-']);
const SHIFTS = new Set(['date_add', 'date_sub', 'adddate', 'subdate', 'date', 'timestamp', 'lower', 'upper']);

class Use {
  private readonly statement: AnalyzedStatement;
  private readonly parents: ReadonlyMap<Node, Node>;
  private readonly parameter: Parameter;
  /** a pattern or a text is put together of it */
  private joined = false;

  constructor(statement: AnalyzedStatement, parents: ReadonlyMap<Node, Node>, parameter: Parameter) {
    this.statement = statement;
    this.parents = parents;
    this.parameter = parameter;
  }

  find(): ParameterUse | null {
    return this.findCompared() ?? (this.isReturned() ? this.use('plain', null) : null);
  }

  private findCompared(): ParameterUse | null {
    let node: Node = this.parameter.node;
    for (let parent = this.parents.get(node); parent; parent = this.parents.get(node)) {
      if (!this.passesThrough(parent, node)) return this.in(parent, node);
      node = parent;
    }
    return null;
  }

  /** It stands in the select list of the statement itself, or of an EXISTS: no row depends on it. */
  private isReturned(): boolean {
    let node: Node | undefined = this.parameter.node;
    while (node && node.kind !== 'selectItem' && node.kind !== 'query') node = this.parents.get(node);
    const select = node?.kind === 'selectItem' ? this.parents.get(node) : undefined;
    const block = this.statement.blocks.find((each) => each.select === select);
    return block !== undefined && !block.setBranch && ['statement', 'exists'].includes(block.role);
  }

  /** The value of `parent` is much like that of `node`. */
  private passesThrough(parent: Node, node: Node): boolean {
    switch (parent.kind) {
      case 'paren':
      case 'cast':
      case 'collate':
      case 'argument':
        return true;
      case 'unary':
        return parent.operator === '+';
      case 'binary': {
        const other = parent.left === node ? parent.right : parent.left;
        if (parent.operator === '||') this.joined = true;
        return parent.operator === '||' || (ARITHMETIC.has(parent.operator) && !this.refersToColumns(other));
      }
      case 'call': {
        if (parent.function === 'concat') this.joined = true;
        const first = parent.args[0];
        return parent.function === 'concat' || (SHIFTS.has(parent.function) && first === node);
      }
      default:
        return false;
    }
  }

  private in(parent: Node, node: Node): ParameterUse | null {
    switch (parent.kind) {
      case 'binary': {
        const roles = COMPARISONS[parent.operator];
        if (!roles) return null;
        const left = parent.left === node;
        return this.compared(roles[left ? 0 : 1], left ? parent.right : parent.left);
      }
      case 'between':
        if (parent.operand === node) return this.compared('above', parent.low);
        return this.compared(parent.low === node ? 'above' : 'below', parent.operand);
      case 'in': {
        const [first] = parent.list ?? [];
        if (parent.operand !== node) return this.compared('member', parent.operand);
        const output = parent.query ? this.statement.blocksOfQuery(parent.query)[0]?.outputs[0] : undefined;
        const other = first ?? output?.expression;
        return other ? this.compared('equal', other) : null;
      }
      case 'like':
        if (parent.operand === node || !/LIKE$/.test(parent.operator)) return null;
        return this.compared('pattern', parent.operand);
      case 'is':
        return parent.test === 'null' ? this.use('present', null) : null;
      case 'row':
        return this.inRow(parent, node);
      case 'limit':
        return this.use(parent.count === node ? 'count' : 'offset', null);
      case 'examinedLimit':
        return this.use('count', null);
      case 'typedLiteral':
        // INTERVAL ? DAY
        return this.use('plain', null);
      case 'assignment': {
        const [target] = parent.targets;
        return target && parent.targets.length === 1 ? this.compared('equal', target) : null;
      }
      default:
        return null;
    }
  }

  /** `(a, b) > (?, ?)`, `(a, b) IN ((?, ?), (?, ?))` */
  private inRow(row: Row, node: Node): ParameterUse | null {
    const at = row.items.indexOf(node as Expression);
    let held: Node = row;
    let parent = this.parents.get(held);
    while (parent?.kind === 'paren') {
      held = parent;
      parent = this.parents.get(held);
    }
    const itemOf = (expression: Expression): Expression | undefined => {
      const other = unwrapParens(expression);
      return other.kind === 'row' ? other.items[at] : undefined;
    };
    if (parent?.kind === 'in' && parent.operand !== held) {
      const item = itemOf(parent.operand);
      return item ? this.compared('member', item) : null;
    }
    const roles = parent?.kind === 'binary' ? COMPARISONS[parent.operator] : undefined;
    if (parent?.kind !== 'binary' || !roles) return null;
    const left = parent.left === held;
    const item = itemOf(left ? parent.right : parent.left);
    return item ? this.compared(roles[left ? 0 : 1], item) : null;
  }

  private compared(role: ParameterRole, other: Expression): ParameterUse | null {
    const compared = comparedWith(other, this.statement);
    if (compared === 'figure') return this.use('figure', null);
    if (compared === null) return null;
    return this.use(this.joined && role === 'pattern' ? 'piece' : role, compared);
  }

  private use(role: ParameterRole, compared: Compared | null): ParameterUse {
    return { parameter: this.parameter, role, compared };
  }

  private refersToColumns(expression: Expression): boolean {
    let found = false;
    walk(expression, (node) => {
      if (node.kind === 'column' || node.kind === 'query') found = true;
      return !found;
    });
    return found;
  }
}

/** Aggregates that give one of their values back. */
const EXTREMES = new Set(['min', 'max']);

/** The expression as one over a table's rows; 'figure' for one over many of them; null where neither holds. */
function comparedWith(expression: Expression, statement: AnalyzedStatement): Compared | 'figure' | null {
  const inner = unwrapParens(expression);
  if (inner.kind === 'column') return columnBehind(inner, statement);
  if (inner.kind === 'subquery') {
    const [block, another] = statement.blocksOfQuery(inner.query);
    const output = another ? undefined : block?.outputs[0];
    return output?.expression ? comparedWith(output.expression, statement) : null;
  }
  if (inner.kind === 'call' && EXTREMES.has(inner.function) && inner.over === null) {
    const [argument] = inner.args;
    return argument ? comparedWith(argument.value, statement) : null;
  }
  const references: ColumnRef[] = [];
  let figure = false;
  let other = !isDeterministic(inner, statement);
  walk(inner, (node) => {
    if (node.kind === 'column') references.push(node);
    if (node.kind === 'call' && (node.over !== null || isAggregateCall(node, statement.catalog)))
      figure = true;
    if (node.kind === 'query' || node.kind === 'placeholder' || node.kind === 'variable') other = true;
  });
  if (figure) return other ? null : 'figure';
  const sources = new Set(references.map((reference) => statement.resolve(reference)?.source ?? null));
  const [source] = sources;
  if (other || sources.size !== 1 || source?.node.kind !== 'table' || source.kind !== 'table') return null;
  const names = new Set(references.flatMap((reference) => statement.resolve(reference)?.name ?? []));
  const sql = nodeText(statement.text, inner);
  return { source, sql, name: `an expression of ${tableOf(source)}.${[...names].join(', ')}` };
}

function tableOf({ table, alias }: Source): string {
  return table?.name ?? alias;
}

/** The column of a table that a reference means, through derived tables and CTEs that pass it on. */
function columnBehind(reference: ColumnRef, statement: AnalyzedStatement): Compared | 'figure' | null {
  const found = statement.resolve(reference);
  if (!found) return null;
  let { source, name } = found;
  // a recursive CTE leads back to itself
  for (let depth = 0; depth < 20; depth++) {
    if (source.kind === 'table') {
      if (source.node.kind !== 'table') return null;
      const alias = source.node.alias?.name ?? source.node.name.at(-1);
      const sql = `${alias?.text ?? source.alias}.${identifierText(name, statement.dialect)}`;
      return { source, sql, name: `${tableOf(source)}.${name}` };
    }
    const block = source.query ? statement.blocksOfQuery(source.query)[0] : undefined;
    const renamed = source.columns?.findIndex((column) => column.name === name) ?? -1;
    const output = renamed >= 0 ? block?.outputs[renamed] : undefined;
    if (!output) return null;
    if (output.expression && unwrapParens(output.expression).kind !== 'column') {
      return comparedWith(output.expression, statement);
    }
    if (!output.source || !output.column) return null;
    source = output.source;
    name = output.column.name;
  }
  return null;
}
