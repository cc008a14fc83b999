/** Calls whose function's body may stand in their place, and what forbids it. */
import type { FunctionDefinition, FunctionInfo, TypeFamily } from '../../../catalog/catalog.ts';
import { typeFamily } from '../../../catalog/type-family.ts';
import type { Expression, FunctionCall, Node } from '../../../sql/ast.ts';
import { type FunctionBody, functionBody } from '../../../sql/function-body.ts';
import { catalogFunctions, knownFunction } from '../../../sql/properties/functions.ts';
import { isLocked } from '../../../sql/properties/locking.ts';
import { isNotNull, isNotNullExpression } from '../../../sql/properties/not-null.ts';
import { isDeterministic } from '../../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../../sql/query-model.ts';
import { unwrapParens, walk } from '../../../sql/walk.ts';
import { givesNullFor } from './body.ts';

/** A call of the one function of its name, with its body. */
export interface InlinableCall {
  readonly call: FunctionCall;
  readonly block: Block;
  readonly info: FunctionInfo;
  readonly definition: FunctionDefinition;
  readonly body: FunctionBody;
}

/** A call of a function in SQL, with its body or the end of a sentence that says why that is of no use: `its body …`. */
export interface SqlFunctionCall {
  readonly call: FunctionCall;
  readonly block: Block;
  readonly info: FunctionInfo;
  readonly body: FunctionBody | string;
}

/** Values of these types are the same under every name that a cast may give them, and have no length to be cut to. */
const TYPES: ReadonlySet<TypeFamily> = new Set<TypeFamily>([
  'boolean',
  'integer',
  'decimal',
  'float',
  'text',
  'binary',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'interval',
  'uuid',
  'json',
  'jsonb',
]);

/** The calls in the expressions of a statement that only reads, of functions in SQL whose body is known. */
export function callsOfSqlFunctions(statement: AnalyzedStatement): SqlFunctionCall[] {
  const { catalog, tree } = statement;
  if (tree.kind !== 'queryStatement' || statement.writes.length > 0) return [];
  if (!catalog.functions.some(({ definition }) => definition?.body)) return [];
  const found: SqlFunctionCall[] = [];
  walk(tree, (node, parent) => {
    if (node.kind !== 'call' || parent?.kind === 'tableFunction') return;
    const [info] = catalogFunctions(node, catalog);
    const block = statement.blockOf(node);
    if (!info?.definition?.body || !block) return;
    found.push({ call: node, block, info, body: functionBody(info, catalog) });
  });
  return found;
}

/** Why the function that is called, or how it is called, forbids to write its body in its place; null when nothing does. */
export function obstacleOfCall(
  statement: AnalyzedStatement,
  { call, block, info, definition, body }: InlinableCall,
): string | null {
  return (
    obstacleOfName(statement, call, info) ??
    obstacleOfDefinition(info, definition) ??
    obstacleOfArguments(statement, call, definition, body) ??
    obstacleOfPlace(statement, call, block) ??
    obstacleOfStrictness(statement, { call, block, info, definition, body })
  );
}

function obstacleOfName(statement: AnalyzedStatement, call: FunctionCall, info: FunctionInfo): string | null {
  const { catalog, dialect } = statement;
  const unqualified = {
    ...call,
    name: [call.name[call.name.length - 1] as FunctionCall['name'][0]],
  } as FunctionCall;
  const others = catalogFunctions(unqualified, catalog).length > 1;
  if (others || info.overloadsBuiltIn || knownFunction(unqualified, dialect)) {
    return `there are several functions of the name ${info.name}`;
  }
  const written = call.name.at(-1)?.name;
  const schema = call.name.length > 1 ? call.name.at(-2)?.name : undefined;
  if (written !== info.name || (schema === undefined && !catalog.searchPath.includes(info.schema))) {
    return `${info.schema}.${info.name} is not what the name means here`;
  }
  return null;
}

function obstacleOfDefinition(info: FunctionInfo, definition: FunctionDefinition): string | null {
  const { name } = info;
  if (info.kind !== 'function' || info.returnsSet) return `${name}() returns rows`;
  if (definition.securityDefiner) return `${name}() runs with the rights of its owner (SECURITY DEFINER)`;
  if (definition.settings.length > 0) return `${name}() runs under settings of its own (SET)`;
  const types = [...definition.parameters.map(({ type }) => type), definition.returns];
  const odd = types.find(
    (type) => !TYPES.has(typeFamily(type, 'postgresql')) || type === 'money' || type === 'name',
  );
  if (odd !== undefined) return `the type ${odd} is not handled`;
  if (definition.parameters.some(({ mode }) => mode !== 'in'))
    return `${name}() has parameters that are not plain`;
  return null;
}

function obstacleOfArguments(
  statement: AnalyzedStatement,
  call: FunctionCall,
  { parameters }: FunctionDefinition,
  body: FunctionBody,
): string | null {
  const plain =
    call.syntax === 'plain' && !call.distinct && !call.star && !call.variadic && call.orderBy.length === 0;
  if (!plain || call.filter || call.over || call.withinGroup.length > 0 || call.nulls)
    return 'the call is not plain';
  if (call.args.some(({ name }) => name !== null)) return 'arguments are given by name';
  if (call.args.length !== parameters.length) return 'an argument is left to its default';
  for (const [at, { value }] of call.args.entries()) {
    const used = body.uses.filter(({ parameter }) => parameter === at).length;
    const why = obstacleOfArgument(
      statement,
      value,
      used,
      typeFamily(parameters[at]?.type ?? '', 'postgresql'),
    );
    if (why) return why;
  }
  return null;
}

function obstacleOfArgument(
  statement: AnalyzedStatement,
  value: Expression,
  used: number,
  family: TypeFamily,
): string | null {
  if (!isDeterministic(value, statement)) return 'an argument is volatile';
  let trouble: string | null = null;
  walk(value, (node) => {
    trouble ??= obstacleOfNode(statement, node, family);
    return trouble === null;
  });
  if (trouble) return trouble;
  const { kind } = unwrapParens(value);
  return used > 0 || kind === 'column' || kind === 'literal' || kind === 'placeholder'
    ? null
    : 'an argument that the body does not use would not be computed';
}

/** Why a part of an argument may not stand somewhere else, or several times. */
function obstacleOfNode(statement: AnalyzedStatement, node: Node, family: TypeFamily): string | null {
  switch (node.kind) {
    case 'query':
      return 'an argument is a subquery, which would run again and again';
    case 'opaque':
    case 'star':
    case 'variable':
    case 'row':
      return 'an argument could not be read';
    case 'collate':
      return 'an argument has a collation of its own';
    case 'call':
      if (catalogFunctions(node, statement.catalog).length > 0)
        return 'an argument calls a function of the database, which would be called again and again';
      return node.over || node.filter || isAggregateOf(statement, node)
        ? 'an argument is an aggregate'
        : null;
    case 'column': {
      const column = statement.resolve(node);
      if (!column) return 'an argument has a name that is not known';
      if (node.parts.length > 2) return 'an argument has a name of three parts';
      if (isMerged(column.source.block, node.parts)) return 'an argument is a column of USING';
      const collated = family === 'text' && !hasDefaultCollation(column);
      return collated ? 'an argument has a collation of its own' : null;
    }
    default:
      return null;
  }
}

function isAggregateOf(statement: AnalyzedStatement, call: FunctionCall): boolean {
  return statement.blocks.some(({ aggregates }) => aggregates.includes(call));
}

function isMerged(scope: Block['sources'][0]['block'], parts: readonly { readonly name: string }[]): boolean {
  const name = parts.at(-1)?.name ?? '';
  const merging = scope.joins.some((join) => join.node?.natural || join.using?.includes(name));
  return parts.length === 1 && merging;
}

/** The value is that of a table's column without a collation of its own, or no text. */
function hasDefaultCollation(column: NonNullable<ReturnType<AnalyzedStatement['resolve']>>): boolean {
  const type = column.sourceColumn?.type;
  if (type && type.family !== 'text' && type.family !== 'char') return true;
  return column.column !== null && column.column.collation === null;
}

/** GROUP BY and ORDER BY compare expressions as they are written: what stands in one of them must stay. */
function obstacleOfPlace(statement: AnalyzedStatement, call: FunctionCall, block: Block): string | null {
  if (isLocked(block)) return 'the rows are locked with FOR UPDATE';
  const { select, query } = block;
  const within = (range: { readonly start: number; readonly end: number }): boolean =>
    range.start <= call.start && call.end <= range.end;
  const onlyDistinct = select.distinct !== null && select.distinct !== 'all';
  if (onlyDistinct && (typeof select.distinct === 'object' || query.orderBy.length > 0)) {
    return 'DISTINCT and ORDER BY must say the same';
  }
  if (query.orderBy.some((item) => unwrapParens(item.expression) === call)) {
    return 'ORDER BY is of the call itself';
  }
  if (!block.grouped) return null;
  if (select.groupBy && within(select.groupBy)) return 'GROUP BY is of the call';
  if (block.groupBy.some((e) => hasOwnCall(e, statement))) return 'GROUP BY is of a call';
  if (
    block.where.some(({ range }) => within(range)) ||
    block.joins.some((j) => j.on.some((c) => within(c.range)))
  ) {
    return null;
  }
  if (block.aggregates.some(within)) return null;
  const whole = call.args.every(({ value }) => {
    const kind = unwrapParens(value).kind;
    return kind === 'column' || kind === 'literal' || kind === 'placeholder';
  });
  return whole ? null : 'the arguments are more than columns that are grouped by';
}

function hasOwnCall(expression: Expression, statement: AnalyzedStatement): boolean {
  let has = false;
  walk(expression, (node) => {
    if (node.kind === 'call' && catalogFunctions(node, statement.catalog).length > 0) has = true;
  });
  return has;
}

/** STRICT: the body is not run when an argument is NULL, so it must give NULL then by itself. */
function obstacleOfStrictness(
  statement: AnalyzedStatement,
  { call, block, info, body }: InlinableCall,
): string | null {
  if (!info.strict) return null;
  const inList =
    !block.grouped && block.select.items.some((item) => item.start <= call.start && call.end <= item.end);
  for (const [at, { value }] of call.args.entries()) {
    const never = isNotNullExpression(value, statement) || (inList && isNotNull(value, block, statement));
    if (!never && !givesNullFor(body, at)) {
      const text = statement.text.slice(value.start, value.end);
      return `${info.name}() is STRICT and ${text} may be NULL: its body would give something all the same`;
    }
  }
  return null;
}
