/** The children of every kind of node, in the order of the text. */
import type { Node } from './ast.ts';

type Part = Node | null | readonly Node[];

type Children = { readonly [K in Node['kind']]: (node: Extract<Node, { kind: K }>) => readonly Node[] };

/** Nodes without parts of their own. */
const NONE: readonly Node[] = [];
const none = (): readonly Node[] => NONE;

const CHILDREN: Children = {
  identifier: none,
  opaque: none,
  literal: none,
  placeholder: none,
  variable: none,
  typedLiteral: (node) => collect(node.type, node.operand),
  column: (node) => node.parts,
  star: (node) => node.qualifier,
  unary: (node) => [node.operand],
  binary: (node) => [node.left, node.right],
  is: (node) => collect(node.operand, node.other),
  between: (node) => [node.operand, node.low, node.high],
  in: (node) => collect(node.operand, node.list, node.query),
  like: (node) => collect(node.operand, node.pattern, node.escape),
  exists: (node) => [node.query],
  subquery: (node) => [node.query],
  queryStatement: (node) => [node.query],
  parenQuery: (node) => [node.query],
  quantified: (node) => collect(node.operand, node.query, node.array),
  case: (node) => collect(node.operand, node.branches, node.otherwise),
  caseBranch: (node) => [node.when, node.then],
  cast: (node) => inTextOrder(collect(node.operand, node.type, node.format)),
  call: (node) =>
    inTextOrder(
      collect(
        node.name,
        node.args,
        node.orderBy,
        node.separator,
        node.withinGroup,
        node.filter,
        node.over,
        node.columns,
      ),
    ),
  argument: (node) => (node.name === null ? [node.value] : [node.name, node.value]),
  row: (node) => node.items,
  array: (node) => collect(node.items, node.query),
  subscript: (node) => [node.operand, ...node.indexes],
  field: (node) => collect(node.operand, node.field),
  collate: (node) => collect(node.operand, node.collation),
  atTimeZone: (node) => collect(node.operand, node.zone),
  paren: (node) => [node.expression],
  type: (node) => collect(node.schema, node.modifiers),
  window: (node) => collect(node.base, node.partitionBy, node.orderBy, node.frame),
  frame: (node) => collect(node.from, node.to),
  frameBound: (node) => collect(node.offset),
  query: (node) =>
    inTextOrder(collect(node.with, node.body, node.orderBy, node.limit, node.locking, node.trailing)),
  with: (node) => collect(node.namespaces, node.ctes),
  cte: (node) => collect(node.name, node.columns, node.statement, node.clauses),
  cteClause: (node) => inTextOrder(collect(node.columns, node.sets, node.values)),
  select: (node) =>
    inTextOrder(
      collect(
        typeof node.distinct === 'object' && node.distinct !== null ? node.distinct.on : null,
        node.top,
        node.items,
        node.into,
        node.from,
        node.where,
        node.groupBy,
        node.having,
        node.windows,
        node.qualify,
        node.rest,
      ),
    ),
  into: (node) => collect(node.name),
  top: (node) => [node.count],
  selectItem: (node) =>
    node.alias === null ? [node.expression] : inTextOrder([node.expression, node.alias]),
  groupBy: (node) => inTextOrder(collect(node.items, node.sets)),
  groupingSet: (node) => node.elements,
  namedWindow: (node) => [node.name, node.window],
  setOperation: (node) => [node.left, node.right],
  values: (node) => node.rows,
  tableQuery: (node) => [node.table],
  orderItem: (node) => [node.expression],
  limit: (node) => inTextOrder(collect(node.count, node.offset)),
  locking: (node) => node.of,
  tableAlias: (node) => [node.name, ...node.columns],
  table: (node) =>
    node.alias === null && node.modifiers.length === 0
      ? node.name
      : inTextOrder(collect(node.name, node.alias, node.modifiers)),
  property: (node) => inTextOrder(collect(node.value, node.options)),
  partitioning: (node) => inTextOrder(collect(node.keys, node.partitions)),
  partitionDefinition: (node) => [node.name, ...node.values],
  alterAction: (node) => inTextOrder(collect(node.names, node.definition, node.orderBy)),
  tablePartitions: (node) => [...node.partitions],
  tablePeriod: (node) => collect(node.period, node.bounds),
  writeModifier: none,
  hints: none,
  resultFormat: none,
  furtherTargets: (node) => node.names.flat(),
  examinedLimit: (node) => [node.rows],
  tableSample: (node) => collect(node.method, node.args, node.repeatable),
  derived: (node) => collect(node.query, node.alias),
  writtenRows: (node) => collect(node.statement, node.alias),
  pivot: (node) => collect(node.item, node.value, node.column, node.names, node.alias),
  tableFunction: (node) => inTextOrder(collect(node.calls, node.alias, node.definitions, node.modifiers)),
  join: (node) => collect(node.left, node.right, node.on, node.using, node.usingAlias),
  parenJoin: (node) => collect(node.item, node.alias),
  insert: (node) =>
    inTextOrder(
      collect(
        node.with,
        node.target,
        node.columns,
        node.source,
        node.assignments,
        node.conflict,
        node.returningAliases,
        node.returning,
        node.rest,
      ),
    ),
  conflict: (node) => collect(node.target, node.targetWhere, node.constraint, node.assignments, node.where),
  returningAlias: (node) => [node.alias],
  assignment: (node) => inTextOrder(collect(node.variable, node.targets, node.indexes, node.value)),
  update: (node) =>
    inTextOrder(
      collect(
        node.with,
        node.target,
        node.assignments,
        node.from,
        node.where,
        node.orderBy,
        node.limit,
        node.returningAliases,
        node.returning,
        node.rest,
      ),
    ),
  delete: (node) =>
    inTextOrder(
      collect(
        node.with,
        node.target,
        node.using,
        node.where,
        node.orderBy,
        node.limit,
        node.returningAliases,
        node.returning,
        node.rest,
      ),
    ),
  merge: (node) =>
    inTextOrder(
      collect(
        node.with,
        node.target,
        node.source,
        node.on,
        node.branches,
        node.returningAliases,
        node.returning,
        node.rest,
      ),
    ),
  mergeBranch: (node) => collect(node.condition, node.assignments, node.columns, node.values),
  columnDefinition: (node) =>
    inTextOrder(
      collect(
        node.name,
        node.type,
        node.collation,
        node.default,
        node.generatedAs,
        node.constraints,
        node.rest,
      ),
    ),
  tableConstraint: (node) =>
    inTextOrder(
      collect(
        node.name,
        node.columns,
        node.check,
        node.references === null ? null : [...node.references.table, ...node.references.columns],
        node.rest,
      ),
    ),
  createTable: (node) =>
    inTextOrder(
      collect(node.name, node.columns, node.constraints, node.query, node.partitionBy, node.options),
    ),
  createIndex: (node) =>
    inTextOrder(collect(node.name, node.table, node.columns, node.include, node.where, node.rest)),
  indexColumn: (node) => [node.expression],
  createView: (node) => inTextOrder(collect(node.name, node.columns, node.query, node.rest)),
  alterTable: (node) =>
    inTextOrder(
      collect(
        node.name,
        node.addColumns,
        node.addConstraints,
        node.setNotNull,
        node.dropNotNull,
        node.dropColumns,
        node.rest,
      ),
    ),
  explain: (node) => [node.statement],
  outputInto: (node) => collect(node.items, node.table, node.columns),
  procedureCall: (node) => inTextOrder(collect(node.result, node.procedure, node.args)),
  procedureArgument: (node) => collect(node.name, node.value),
  declare: (node) => collect(node.variables, node.cursor),
  variableDeclaration: (node) =>
    inTextOrder(collect(node.variable, node.type, node.value, node.columns, node.constraints)),
  cursorDeclaration: (node) => collect(node.name, node.query),
  compound: (node) => collect(node.condition, node.statements, node.otherwise),
  routine: (node) =>
    inTextOrder(
      collect(node.name, node.parameters, node.returns, node.returnsTable, node.on, node.statements),
    ),
  command: (node) =>
    inTextOrder(
      collect(
        node.names.flat(),
        node.values,
        node.options,
        node.assignment,
        node.cursor,
        node.type,
        node.columns,
        node.constraints,
      ),
    ),
};

/**
 * The direct children of a node in the order of the text. Everything that is not in a child (keywords, commas,
 * comments, white space) lies in the gaps between them.
 */
export function childrenOf(node: Node): readonly Node[] {
  return (CHILDREN[node.kind] as (node: Node) => readonly Node[])(node);
}

function collect(...parts: readonly Part[]): Node[] {
  const children: Node[] = [];
  for (const part of parts) {
    if (part === null) continue;
    if (isList(part)) for (const node of part) children.push(node);
    else children.push(part);
  }
  return children;
}

function isList(part: Node | readonly Node[]): part is readonly Node[] {
  return Array.isArray(part);
}

/** For nodes whose parts may stand in another order than their fields; nearly always they are in order already. */
function inTextOrder(children: Node[]): Node[] {
  for (let i = 1; i < children.length; i++) {
    if (startOf(children[i]) < startOf(children[i - 1])) {
      return children.sort((a, b) => a.start - b.start || a.end - b.end);
    }
  }
  return children;
}

function startOf(node: Node | undefined): number {
  return node?.start ?? 0;
}
