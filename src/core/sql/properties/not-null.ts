/** Expressions that cannot be NULL. */
import type { Binary, Cast, Expression, FunctionCall, Query } from '../ast.ts';
import type { Block, Conjunct, JoinStep, Scope, Source } from '../query-model.ts';
import { unwrapParens } from '../walk.ts';
import { isTextCall } from './call-types.ts';
import { catalogFunctions, isOverloadedText, knownFunction } from './functions.ts';
import type { Names } from './names.ts';
import { sameExpression } from './same-expression.ts';
import { namedType, typeOf } from './types.ts';

/** Operators that give NULL only for a NULL operand, whatever the operands' types. */
const NULL_ONLY_FROM_NULL = new Set(['=', '<>', '<', '<=', '>', '>=', 'AND', 'OR', '+', '-', '*', '||']);

/** Division by zero is NULL in MySQL, an error elsewhere. */
const DIVISIONS = new Set(['/', '%', 'MOD', 'DIV']);

const NEVER_NULL_WINDOWS = new Set([
  'row_number',
  'rank',
  'dense_rank',
  'ntile',
  'percent_rank',
  'cume_dist',
]);

/**
 * The expression itself cannot be NULL: by declared NOT NULL, by literals, by functions that never return NULL.
 * Predicates around it are not looked at; {@link isNotNull} does that.
 */
export function isNotNullExpression(expression: Expression, names: Names): boolean {
  const holds = (e: Expression): boolean => isNotNullExpression(e, names);
  switch (expression.kind) {
    case 'literal':
      return expression.type !== 'null' && expression.type !== 'default';
    case 'typedLiteral':
      return expression.operand === null;
    case 'column':
      return names.resolve(expression)?.notNull ?? false;
    case 'paren':
      return holds(expression.expression);
    case 'unary':
      return ['NOT', '-', '+', '~'].includes(expression.operator) && holds(expression.operand);
    case 'binary':
      return binaryNotNull(expression, names);
    case 'is':
    case 'exists':
    case 'array':
      return expression.kind !== 'array' || expression.query === null;
    case 'between':
      return holds(expression.operand) && holds(expression.low) && holds(expression.high);
    case 'in':
      return holds(expression.operand) && listNotNull(expression.list, expression.query, names);
    case 'like':
      return holds(expression.operand) && holds(expression.pattern);
    case 'case':
      return (
        expression.otherwise !== null &&
        holds(expression.otherwise) &&
        expression.branches.every((branch) => holds(branch.then))
      );
    case 'cast':
      return castKeepsNotNull(expression, names) && holds(expression.operand);
    case 'collate':
    case 'atTimeZone':
      return (
        holds(expression.operand) && (expression.kind === 'collate' || zoneNotNull(expression.zone, names))
      );
    case 'call':
      return callNotNull(expression, names);
    case 'subquery':
      return alwaysCounts(expression.query, names);
    default:
      return false;
  }
}

/**
 * The expression is not NULL in the rows that reach the SELECT list of a block (or that a write changes): by itself, or because a conjunct of
 * WHERE (or of an inner join's ON) rejects rows in which it is NULL.
 *
 * @param expression an expression of the scope, or one that reads the same
 */
export function isNotNull(expression: Expression, scope: Scope, names: Names): boolean {
  if (isNotNullExpression(expression, names)) return true;
  // grouping sets put NULL where a column is not grouped
  if (scope.kind === 'select' && ((scope as Block).select.groupBy?.sets.length ?? 0) > 0) return false;
  return filteringConjuncts(scope).some((conjunct) => rejectsNullOf(conjunct.expression, expression, names));
}

/** The conjuncts that every row of the block has passed: WHERE, and ON of joins that supply no NULLs. */
export function filteringConjuncts(scope: Pick<Scope, 'where' | 'joins'>): Conjunct[] {
  return [...scope.where, ...filteringJoins(scope).flatMap((join) => join.on)];
}

/** The inner joins that every row of the block has passed: not those within the null-supplied side of another join. */
export function filteringJoins(scope: Pick<Scope, 'joins'>): JoinStep[] {
  return scope.joins.filter((join) => {
    const filters = join.type === 'inner' || join.type === 'cross';
    return filters && !scope.joins.some((other) => suppliesNullsFor(other, join));
  });
}

/** `inner` stands within a side of `outer` whose rows may be all NULL: it filters only that side. */
function suppliesNullsFor(outer: JoinStep, inner: JoinStep): boolean {
  if (outer === inner) return false;
  const within = (side: readonly Source[]): boolean =>
    [...inner.left, ...inner.right].every((source) => side.includes(source));
  switch (outer.type) {
    case 'left':
    case 'outerApply':
      return within(outer.right);
    case 'right':
      return within(outer.left);
    case 'full':
      return within(outer.left) || within(outer.right);
    default:
      return false;
  }
}

/**
 * A predicate is not TRUE when `expression` is NULL.
 *
 * @param predicate a conjunct that was true
 * @param expression what cannot have been NULL then
 */
export function rejectsNullOf(predicate: Expression, expression: Expression, names: Names): boolean {
  return rejects(predicate, names, (e) => strictlyContains(e, expression, names));
}

/**
 * A predicate is not TRUE for a NULL input.
 *
 * @param nullFor says of an operand that it is NULL for that input
 */
export function rejects(predicate: Expression, names: Names, nullFor: (e: Expression) => boolean): boolean {
  const p = unwrapParens(predicate);
  const again = (e: Expression): boolean => rejects(e, names, nullFor);
  switch (p.kind) {
    case 'binary':
      if (p.operator === 'AND') return again(p.left) || again(p.right);
      if (p.operator === 'OR') return again(p.left) && again(p.right);
      return nullFor(p);
    case 'is':
      if (p.test === 'null') return p.negated && nullFor(p.operand);
      if (p.test === 'true' || p.test === 'false') return !p.negated && nullFor(p.operand);
      if (p.test === 'distinctFrom' && p.negated && p.other) {
        return (
          (nullFor(p.operand) && isNotNullExpression(p.other, names)) ||
          (nullFor(p.other) && isNotNullExpression(p.operand, names))
        );
      }
      return false;
    case 'between':
      return nullFor(p) || (!p.negated && (nullFor(p.low) || nullFor(p.high)));
    case 'unary': {
      const inner = unwrapParens(p.operand);
      const notIsNull =
        p.operator === 'NOT' && inner.kind === 'is' && inner.test === 'null' && !inner.negated;
      return notIsNull ? nullFor(inner.operand) : nullFor(p);
    }
    case 'in':
      return nullFor(p.operand) && (p.list !== null || !p.negated);
    case 'quantified':
      return nullFor(p.operand) && p.quantifier === 'ANY';
    default:
      return nullFor(p);
  }
}

/** The value is NULL whenever `inner` is: only strict operators and functions stand between. */
function strictlyContains(expression: Expression, inner: Expression, names: Names): boolean {
  return isNullFrom(expression, names, (e) => sameExpression(e, inner, names));
}

/**
 * An expression is NULL whenever one of its parts is.
 *
 * @param isNullPart says of a part (without parentheses) that it is NULL
 */
export function isNullFrom(
  expression: Expression,
  names: Names,
  isNullPart: (e: Expression) => boolean,
): boolean {
  const e = unwrapParens(expression);
  if (isNullPart(e)) return true;
  const again = (part: Expression): boolean => isNullFrom(part, names, isNullPart);
  switch (e.kind) {
    case 'unary':
      return ['NOT', '-', '+', '~'].includes(e.operator) && again(e.operand);
    case 'binary':
      return strictOperator(e.operator, names) && (again(e.left) || again(e.right));
    case 'between':
      // x BETWEEN NULL AND 1 may be false, never true: for the operand alone it is NULL
      return again(e.operand);
    case 'like':
      return again(e.operand) || again(e.pattern);
    case 'in':
      return e.list !== null && again(e.operand);
    case 'cast':
    case 'collate':
      return again(e.operand);
    case 'atTimeZone':
      return again(e.operand);
    case 'call': {
      if (e.over || e.filter || !isStrictFunction(e, names)) return false;
      return e.args.some((argument) => again(argument.value));
    }
    default:
      return false;
  }
}

function isStrictFunction(call: FunctionCall, names: Names): boolean {
  const known = knownFunction(call, names.dialect);
  if (known) return known.strict;
  const own = catalogFunctions(call, names.catalog);
  return own.length > 0 && own.every((f) => f.strict && f.kind === 'function' && !f.returnsSet);
}

const STRICT_OPERATORS = new Set([
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '~',
  '~*',
  '!~',
  '!~*',
  '->',
  '->>',
  '#>',
  '#>>',
  '@>',
  '<@',
  '&&',
  '?',
  '?|',
  '?&',
  '@@',
  '&',
  '|',
  '#',
  '<<',
  '>>',
]);

function strictOperator(operator: string, names: Names): boolean {
  // not ||: PostgreSQL's array || NULL is not NULL, and MySQL's || is OR, as its && is AND
  return STRICT_OPERATORS.has(operator) && (names.dialect === 'postgresql' || operator !== '&&');
}

/** Chains nest to the left, thousands deep in generated SQL: so in a loop. */
function binaryNotNull(expression: Binary, names: Names): boolean {
  const mysql = names.dialect === 'mysql' || names.dialect === 'mariadb';
  let at: Expression = expression;
  while (at.kind === 'binary') {
    const known = NULL_ONLY_FROM_NULL.has(at.operator) || (DIVISIONS.has(at.operator) && !mysql);
    if (!known || !isNotNullExpression(at.right, names)) return false;
    at = at.left;
  }
  return isNotNullExpression(at, names);
}

function listNotNull(list: readonly Expression[] | null, query: Query | null, names: Names): boolean {
  if (list) return list.every((item) => isNotNullExpression(item, names));
  return query !== null && outputsNotNull(query, names);
}

/** Every output of a query is NOT NULL; false for what is not made of SELECT cores. */
export function outputsNotNull(query: Query, names: Pick<Names, 'blocksOfQuery'>): boolean {
  const blocks = names.blocksOfQuery(query);
  if (blocks.length === 0 || !madeOfSelects(query.body)) return false;
  return blocks.every((block) => block.outputsComplete && block.outputs.every((output) => output.notNull));
}

function madeOfSelects(body: Query['body']): boolean {
  switch (body.kind) {
    case 'select':
      return true;
    case 'setOperation':
      return madeOfSelects(body.left) && madeOfSelects(body.right);
    case 'parenQuery':
      return madeOfSelects(body.query.body);
    default:
      return false;
  }
}

/** A cast gives NULL for infinity as a time and (PostgreSQL 18) for JSON null; MySQL's for what it cannot read. */
function castKeepsNotNull(cast: Cast, names: Names): boolean {
  if (names.dialect !== 'postgresql' || namedType(cast.type, names).family === 'time') return false;
  const operand = unwrapParens(cast.operand);
  const from = typeOf(operand, names)?.family;
  return (
    operand.kind === 'literal' ||
    (from !== undefined && from !== 'json' && from !== 'jsonb' && from !== 'other')
  );
}

function zoneNotNull(zone: Expression | null, names: Names): boolean {
  return zone === null || isNotNullExpression(zone, names);
}

function callNotNull(call: FunctionCall, names: Names): boolean {
  if (call.function === 'count' || call.function === 'grouping') return true;
  if (call.over && NEVER_NULL_WINDOWS.has(call.function)) return true;
  const args = call.args.map((argument) => argument.value);
  const some = args.some((argument) => isNotNullExpression(argument, names));
  switch (call.function) {
    case 'coalesce':
    case 'ifnull':
      return some;
    case 'greatest':
    case 'least':
      return names.dialect === 'postgresql' ? some : args.every((a) => isNotNullExpression(a, names));
    case 'concat':
      return names.dialect !== 'postgresql' ? args.every((a) => isNotNullExpression(a, names)) : true;
    default:
      break;
  }
  const known = knownFunction(call, names.dialect);
  if (isOverloadedText(call, names.dialect) && !isTextCall(call, names)) return false;
  return known?.total === true && args.every((argument) => isNotNullExpression(argument, names));
}

/** A subquery that is one count over all rows: exactly one row, never NULL. */
function alwaysCounts(query: Query, names: Names): boolean {
  const block = names.blocksOfQuery(query)[0];
  if (!block || query.body.kind !== 'select' || query.limit !== null || block.select.top) return false;
  const oneRow = block.aggregates.length > 0 && !block.select.groupBy && !block.select.having;
  return oneRow && block.outputs[0]?.notNull === true;
}
