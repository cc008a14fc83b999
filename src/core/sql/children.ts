/** The children of every kind of node, in the order of the text. */
import type { Node } from './ast.ts';

type Part = Node | null | readonly Node[];

/**
 * The direct children of a node in the order of the text. Everything that is not in a child (keywords, commas,
 * comments, white space) lies in the gaps between them.
 */
export function childrenOf(node: Node): Node[] {
  switch (node.kind) {
    case 'identifier':
    case 'opaque':
    case 'literal':
    case 'placeholder':
    case 'variable':
      return [];
    case 'typedLiteral':
      return collect(node.type, node.operand);
    case 'column':
      return [...node.parts];
    case 'star':
      return [...node.qualifier];
    case 'unary':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'is':
      return collect(node.operand, node.other);
    case 'between':
      return [node.operand, node.low, node.high];
    case 'in':
      return collect(node.operand, node.list, node.query);
    case 'like':
      return collect(node.operand, node.pattern, node.escape);
    case 'exists':
    case 'subquery':
    case 'queryStatement':
    case 'parenQuery':
      return [node.query];
    case 'quantified':
      return collect(node.operand, node.query, node.array);
    case 'case':
      return collect(node.operand, node.branches, node.otherwise);
    case 'caseBranch':
      return [node.when, node.then];
    case 'cast':
      return inTextOrder(collect(node.operand, node.type));
    case 'call':
      return inTextOrder(
        collect(node.name, node.args, node.orderBy, node.separator, node.withinGroup, node.filter, node.over),
      );
    case 'argument':
      return collect(node.name, node.value);
    case 'row':
      return [...node.items];
    case 'array':
      return collect(node.items, node.query);
    case 'subscript':
      return [node.operand, ...node.indexes];
    case 'field':
      return collect(node.operand, node.field);
    case 'collate':
      return collect(node.operand, node.collation);
    case 'atTimeZone':
      return collect(node.operand, node.zone);
    case 'paren':
      return [node.expression];
    case 'type':
      return collect(node.schema, node.modifiers);
    case 'window':
      return collect(node.base, node.partitionBy, node.orderBy, node.frame);
    case 'frame':
      return collect(node.from, node.to);
    case 'frameBound':
      return collect(node.offset);
    default:
      return queryChildren(node);
  }
}

type QueryLevel = Exclude<
  Node,
  {
    kind:
      | 'identifier'
      | 'opaque'
      | 'literal'
      | 'placeholder'
      | 'variable'
      | 'typedLiteral'
      | 'column'
      | 'star'
      | 'unary'
      | 'binary'
      | 'is'
      | 'between'
      | 'in'
      | 'like'
      | 'exists'
      | 'subquery'
      | 'queryStatement'
      | 'parenQuery'
      | 'quantified'
      | 'case'
      | 'caseBranch'
      | 'cast'
      | 'call'
      | 'argument'
      | 'row'
      | 'array'
      | 'subscript'
      | 'field'
      | 'collate'
      | 'atTimeZone'
      | 'paren'
      | 'type'
      | 'window'
      | 'frame'
      | 'frameBound';
  }
>;

function queryChildren(node: QueryLevel): Node[] {
  switch (node.kind) {
    case 'query':
      return inTextOrder(
        collect(node.with, node.body, node.orderBy, node.limit, node.locking, node.trailing),
      );
    case 'with':
      return [...node.ctes];
    case 'cte':
      return collect(node.name, node.columns, node.statement, node.clauses);
    case 'cteClause':
      return inTextOrder(collect(node.columns, node.sets, node.values));
    case 'select':
      return inTextOrder(
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
      );
    case 'into':
      return collect(node.name);
    case 'top':
      return [node.count];
    case 'selectItem':
      return inTextOrder(collect(node.expression, node.alias));
    case 'groupBy':
      return inTextOrder(collect(node.items, node.sets));
    case 'groupingSet':
      return [...node.elements];
    case 'namedWindow':
      return [node.name, node.window];
    case 'setOperation':
      return [node.left, node.right];
    case 'values':
      return [...node.rows];
    case 'orderItem':
      return [node.expression];
    case 'limit':
      return inTextOrder(collect(node.count, node.offset));
    case 'locking':
      return [...node.of];
    case 'tableAlias':
      return [node.name, ...node.columns];
    case 'table':
      return inTextOrder(collect(node.name, node.alias, node.modifiers));
    case 'tableSample':
      return collect(node.method, node.args, node.repeatable);
    case 'derived':
      return collect(node.query, node.alias);
    case 'tableFunction':
      return collect(node.calls, node.alias, node.definitions);
    case 'join':
      return collect(node.left, node.right, node.on, node.using);
    case 'parenJoin':
      return collect(node.item, node.alias);
    default:
      return statementChildren(node);
  }
}

type StatementLevel = Exclude<
  QueryLevel,
  {
    kind:
      | 'query'
      | 'with'
      | 'cte'
      | 'cteClause'
      | 'select'
      | 'into'
      | 'top'
      | 'selectItem'
      | 'groupBy'
      | 'groupingSet'
      | 'namedWindow'
      | 'setOperation'
      | 'values'
      | 'orderItem'
      | 'limit'
      | 'locking'
      | 'tableAlias'
      | 'table'
      | 'tableSample'
      | 'derived'
      | 'tableFunction'
      | 'join'
      | 'parenJoin';
  }
>;

function statementChildren(node: StatementLevel): Node[] {
  switch (node.kind) {
    case 'insert':
      return inTextOrder(
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
      );
    case 'conflict':
      return collect(node.target, node.targetWhere, node.constraint, node.assignments, node.where);
    case 'returningAlias':
      return [node.alias];
    case 'assignment':
      return inTextOrder(collect(node.targets, node.indexes, node.value));
    case 'update':
      return inTextOrder(
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
      );
    case 'delete':
      return inTextOrder(
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
      );
    case 'merge':
      return inTextOrder(
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
      );
    case 'mergeBranch':
      return collect(node.condition, node.assignments, node.columns, node.values);
    case 'columnDefinition':
      return inTextOrder(
        collect(
          node.name,
          node.type,
          node.collation,
          node.default,
          node.generatedAs,
          node.constraints,
          node.rest,
        ),
      );
    case 'tableConstraint':
      return inTextOrder(
        collect(
          node.name,
          node.columns,
          node.check,
          node.references === null ? null : [...node.references.table, ...node.references.columns],
          node.rest,
        ),
      );
    case 'createTable':
      return inTextOrder(
        collect(node.name, node.columns, node.constraints, node.query, node.partitionBy, node.options),
      );
    case 'createIndex':
      return inTextOrder(collect(node.name, node.table, node.columns, node.include, node.where, node.rest));
    case 'indexColumn':
      return [node.expression];
    case 'createView':
      return inTextOrder(collect(node.name, node.columns, node.query, node.rest));
    case 'alterTable':
      return inTextOrder(
        collect(
          node.name,
          node.addColumns,
          node.addConstraints,
          node.setNotNull,
          node.dropNotNull,
          node.dropColumns,
          node.rest,
        ),
      );
    case 'explain':
      return [node.statement];
    default:
      return node satisfies never;
  }
}

function collect(...parts: readonly Part[]): Node[] {
  const children: Node[] = [];
  for (const part of parts) {
    if (part === null) continue;
    if ('kind' in part) children.push(part);
    else for (const node of part) children.push(node);
  }
  return children;
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
