import type { Expression } from '../../sql/ast.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { disjunctsOf, unwrapParens } from '../../sql/walk.ts';
import { conjunctAdvice, predicateAdvice } from '../advice-patterns.ts';
import { allEngines } from '../engines.ts';
import { comparisonsOf } from './comparison.ts';
import { searchableColumn } from './indexed-column.ts';
import { MOST_COMPARED, quote } from './positive.ts';

/** `(@p IS NULL OR x = @p)` */
export const catchAllParameter = conjunctAdvice(
  {
    id: 'catch-all-parameter',
    needs: [
      ['placeholder', 'variable'],
      ['operator OR', 'call'],
    ],
    title: 'Optional parameter in one condition',
    category: 'predicates',
    industries: ['saas', 'e-commerce'],
    engines: allEngines('The table is large and the statement is usually called with the parameter.'),
    severity: 'warning',
    description:
      'One plan must serve calls with and without the parameter, so it cannot search an index for the column. Leave the condition out when there is no value (a statement built in parts), or have it planned for each call: OPTION (RECOMPILE) in SQL Server, plan_cache_mode = force_custom_plan in PostgreSQL.',
    source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/smart-logic',
    precondition:
      'An OR tests a parameter or variable for NULL and compares a column with the same one, or a column is compared with COALESCE(parameter, column).',
    example: {
      schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, customer_id integer);',
      before: 'SELECT * FROM orders WHERE $1::integer IS NULL OR customer_id = $1',
    },
  },
  ({ expression }, statement) => {
    const optional = optionalIn(statement, expression) ?? defaulted(statement, expression);
    return optional
      ? `${quote(statement, expression)} makes ${quote(statement, optional)} optional: one plan for both cases cannot search an index.`
      : null;
  },
);

function optionalIn(statement: AnalyzedStatement, expression: Expression): Expression | null {
  const branches = disjunctsOf(expression);
  if (branches.length < 2 || branches.length > MOST_COMPARED) return null;
  for (const branch of branches) {
    const tested =
      branch.kind === 'is' && branch.test === 'null' && !branch.negated ? bare(branch.operand) : null;
    if (!tested || !isParameter(tested)) continue;
    const used = branches.some((other) =>
      (comparisonsOf(other, (side) => side.kind === 'column') ?? []).some(
        ({ right }) =>
          sameExpression(bare(right), tested, statement) ||
          (tested.kind === 'placeholder' && isPositional(tested, right)),
      ),
    );
    if (used) return tested;
  }
  return null;
}

/** `? IS NULL OR x = ?`: the two are different places, but meant to be one parameter. */
function isPositional(tested: Expression, right: Expression): boolean {
  const other = bare(right);
  return tested.kind === 'placeholder' && other.kind === 'placeholder' && tested.text === other.text;
}

/** `x = COALESCE(@p, x)`. */
function defaulted(statement: AnalyzedStatement, expression: Expression): Expression | null {
  const comparison = comparisonsOf(expression, (side) => side.kind === 'column')?.[0];
  const call = comparison?.operator === '=' && comparison.right.kind === 'call' ? comparison.right : null;
  if (
    !comparison ||
    !call ||
    !['coalesce', 'ifnull', 'isnull'].includes(call.function) ||
    call.args.length !== 2
  )
    return null;
  const [parameter, column] = call.args.map((argument) => bare(argument.value));
  if (!parameter || !column || !isParameter(parameter)) return null;
  return sameExpression(column, comparison.left, statement) ? parameter : null;
}

function isParameter(expression: Expression): boolean {
  return expression.kind === 'placeholder' || expression.kind === 'variable';
}

/** Without parentheses and casts. */
function bare(expression: Expression): Expression {
  let inner = unwrapParens(expression);
  while (inner.kind === 'cast') inner = unwrapParens(inner.operand);
  return inner;
}

const LONG_LIST = 200;

/** `x IN (1, 2, … 500)` */
export const longInList = predicateAdvice(
  {
    id: 'long-in-list',
    needs: ['in'],
    title: 'Hundreds of values in a list',
    category: 'predicates',
    industries: ['saas', 'e-commerce'],
    engines: allEngines(
      'The statement runs often with lists of several lengths: each length is parsed and planned anew.',
    ),
    severity: 'info',
    description:
      'Each length of the list is another statement to the plan cache, and parsing and planning grow with it. One array parameter (= ANY ($1)), a table-valued parameter or a temporary table is one statement, and has statistics if it is a table.',
    source:
      'https://learn.microsoft.com/sql/relational-databases/tables/use-table-valued-parameters-database-engine',
    precondition: `The list of IN has ${LONG_LIST} values or more.`,
    example: {
      schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric);',
      before: `SELECT * FROM orders WHERE order_id IN (${Array.from({ length: LONG_LIST }, (_, i) => i + 1).join(', ')})`,
    },
  },
  (expression, { dialect }) =>
    expression.kind === 'in' && (expression.list?.length ?? 0) >= LONG_LIST
      ? `${expression.list?.length} values are in the list: ${dialect === 'postgresql' ? 'pass them as one array (= ANY ($1))' : dialect === 'tsql' ? 'pass them as a table-valued parameter' : 'put them into a temporary table and join it'}.`
      : null,
);

/** `x <> 'v'` */
export const exclusionOnIndexed = predicateAdvice(
  {
    id: 'exclusion-on-indexed-column',
    needs: ['literal', ['in', 'operator <>']],
    title: 'Everything but one value of an indexed column',
    category: 'predicates',
    engines: allEngines('Few rows have another value than the ones left out.'),
    severity: 'hint',
    description:
      'An index is searched for values, not for all the others. If the rows left over are few, a partial index (PostgreSQL), a filtered index (SQL Server), or asking for the values that are wanted, finds them.',
    source: 'https://use-the-index-luke.com/sql/where-clause/searching-for-ranges',
    precondition: 'An indexed column is compared by <> or NOT IN with literals.',
    example: {
      schema:
        'CREATE TABLE orders (order_id bigint PRIMARY KEY, status text);\nCREATE INDEX ON orders (status);',
      before: "SELECT * FROM orders WHERE status <> 'done'",
    },
  },
  (expression, statement) => {
    const comparison = comparisonsOf(expression, (side) => side.kind === 'column')?.[0];
    const isOther = comparison?.operator === '<>' && isLiteral(comparison.right);
    const isNotIn = expression.kind === 'in' && expression.negated && expression.list?.every(isLiteral);
    const operand = isOther ? comparison.left : isNotIn ? expression.operand : null;
    const column = operand ? searchableColumn(statement, operand) : null;
    if (column?.by !== 'index') return null;
    return `${quote(statement, expression)} asks for all values but some, for which index ${column.name} is not searched. ${INSTEAD[statement.dialect]}`;
  },
);

const INSTEAD = {
  postgresql: 'If few rows are left, a partial index WHERE that holds them.',
  tsql: 'If few rows are left, a filtered index holds them.',
  mysql: 'If few values are left, ask for those by IN.',
  mariadb: 'If few values are left, ask for those by IN.',
} as const;

function isLiteral(expression: Expression): boolean {
  const inner = unwrapParens(expression);
  return inner.kind === 'literal' && inner.type !== 'null' && inner.type !== 'boolean';
}

/** `flags & 4 = 4` */
export const bitMask = predicateAdvice(
  {
    id: 'bit-mask-condition',
    needs: [['operator &', 'operator |']],
    title: 'Bits of a column tested',
    category: 'predicates',
    engines: allEngines('Few rows have the bit.'),
    severity: 'info',
    description:
      'An index orders whole numbers, not their bits: every row is read. A boolean column for each flag, or an index on the expression (a generated column), holds it.',
    source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/math',
    precondition: 'A column under & or | is compared with a value.',
    example: {
      schema: 'CREATE TABLE users (user_id integer PRIMARY KEY, flags integer);',
      before: 'SELECT * FROM users WHERE flags & 4 = 4',
    },
  },
  (expression, statement) => {
    const bits = comparisonsOf(expression, (side) => bitColumn(side) !== null)?.[0]?.left ?? expression;
    const column = bitColumn(bits);
    return column
      ? `${quote(statement, expression)} looks into ${quote(statement, column)} row by row: an index on that expression, or a column for the flag, can be searched.`
      : null;
  },
);

function bitColumn(side: Expression): Expression | null {
  const inner = unwrapParens(side);
  if (inner.kind !== 'binary' || (inner.operator !== '&' && inner.operator !== '|')) return null;
  return [inner.left, inner.right].map(unwrapParens).find((one) => one.kind === 'column') ?? null;
}
