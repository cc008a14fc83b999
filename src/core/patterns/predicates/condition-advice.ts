import type { Binary, Expression } from '../../sql/ast.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { conjunctsOf, unwrapParens, walk } from '../../sql/walk.ts';
import { predicateAdvice } from '../advice-patterns.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { EngineSupport, Pattern } from '../pattern.ts';
import { comparisonsOf } from './comparison.ts';
import { positiveConjuncts, quote } from './positive.ts';

const MYSQL: readonly EngineSupport[] = (['mysql', 'mariadb'] as const).map((dialect) => ({
  dialect,
  pays: 'An index serves one of the conditions when they are joined by AND and OR.',
}));

/** `x IN (y, 'v')` */
export const columnInList = predicateAdvice(
  {
    id: 'column-in-list',
    needs: ['in'],
    title: 'Column among the literals of a list',
    category: 'predicates',
    engines: allEngines('never: it is about a slip'),
    severity: 'hint',
    description:
      "A column in a list of literals is rarely meant: often quotes are missing (status IN ('new', paid)), or in MySQL and SQL Server the wrong ones were used. It also keeps the list from being searched in an index.",
    source: 'https://www.postgresql.org/docs/current/functions-comparisons.html',
    precondition: 'The list of IN has a column of the same table and literals.',
    example: {
      schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, status text, paid text);',
      before: "SELECT * FROM orders WHERE status IN ('new', paid)",
    },
  },
  (expression, statement) => {
    if (expression.kind !== 'in' || !expression.list) return null;
    const operand = unwrapParens(expression.operand);
    const values = expression.list.map(unwrapParens);
    const column = values.find((value) => value.kind === 'column');
    if (column?.kind !== 'column' || operand.kind !== 'column') return null;
    if (!values.some((value) => value.kind === 'literal')) return null;
    const same = statement.resolve(column)?.source === statement.resolve(operand)?.source;
    return same
      ? `${quote(statement, column)} in the list of ${quote(statement, expression)} is a column, not a text: is that meant?`
      : null;
  },
);

/** `a XOR b`, `(a > 1) + (b > 2) = 1` */
export const booleanArithmetic = predicateAdvice(
  {
    id: 'boolean-arithmetic',
    needs: ['binary'],
    title: 'Conditions that are calculated with',
    category: 'predicates',
    engines: MYSQL,
    severity: 'info',
    description:
      'The planner does not look into XOR or sums of conditions: neither side is searched for in an index or estimated. Written with AND and OR each side is a condition of its own.',
    source: 'https://dev.mysql.com/doc/refman/8.4/en/range-optimization.html',
    precondition: 'Conditions are joined by XOR, or are added up.',
    example: {
      schema: 'CREATE TABLE orders (order_id int PRIMARY KEY, paid int, shipped int);',
      before: 'SELECT order_id FROM orders WHERE (paid = 1) XOR (shipped = 1)',
    },
  },
  (expression, statement) => {
    const operands = expression.kind === 'binary' ? [expression, expression.left, expression.right] : [];
    const calculated = operands.map(unwrapParens).some((one) => one.kind === 'binary' && calculates(one));
    return calculated
      ? `${quote(statement, expression)} hides its conditions from the planner: write them with AND, OR and NOT.`
      : null;
  },
);

function calculates({ operator, left, right }: Binary): boolean {
  if (operator === 'XOR') return true;
  const sum = ['+', '-', '*'].includes(operator);
  return (
    sum &&
    [left, right]
      .map(unwrapParens)
      .some((one) => one.kind === 'binary' && /^([<>]=?|<>|=)$/.test(one.operator))
  );
}

/** `x IN (SELECT value FROM STRING_SPLIT(@list, ','))` */
export const splitStringInList = predicateAdvice(
  {
    id: 'split-string-in-list',
    needs: ['tableFunction'],
    title: 'IN over a text that is split',
    category: 'predicates',
    engines: [
      { dialect: 'tsql', pays: 'The list is long or short from call to call: 50 rows are estimated always.' },
    ],
    severity: 'info',
    description:
      'The planner does not know how many values the text has and of which type they are: it estimates 50 texts and converts. A table-valued parameter, or a temporary table filled by STRING_SPLIT with a cast, has a type and statistics.',
    source: 'https://learn.microsoft.com/sql/t-sql/functions/string-split-transact-sql',
    precondition: 'The subquery of IN reads STRING_SPLIT.',
    example: {
      schema: 'CREATE TABLE orders (order_id int PRIMARY KEY);',
      before: "SELECT order_id FROM orders WHERE order_id IN (SELECT value FROM STRING_SPLIT(@ids, ','))",
    },
  },
  (expression, statement) => {
    if (expression.kind !== 'in' || !expression.query) return null;
    let splits = false;
    walk(expression.query, (node) => {
      if (
        node.kind === 'tableFunction' &&
        node.calls.some((call) => call.kind === 'call' && call.function === 'string_split')
      )
        splits = true;
      return !splits;
    });
    return splits
      ? `${quote(statement, expression)} is estimated at 50 texts: pass the values as a table, or put them into a temporary table of the right type.`
      : null;
  },
);

/** `ISNUMERIC(x) = 1 AND CAST(x AS int) = 5` */
export const testedBeforeCast: Pattern = {
  id: 'tested-before-cast',
  title: 'Cast that relies on the condition before it',
  category: 'predicates',
  engines: [{ dialect: 'tsql', pays: 'never: it is about errors that come and go with the plan' }],
  severity: 'warning',
  description:
    "The order of conditions under AND is up to the planner: the cast may be done before ISNUMERIC() was asked. ISNUMERIC() is also true for '$', '1e5' and '.'. TRY_CAST gives NULL for what is no number.",
  source: 'https://learn.microsoft.com/sql/t-sql/functions/try-cast-transact-sql',
  precondition: 'One WHERE or ON tests a column by ISNUMERIC() or ISDATE() and casts the same column.',
  example: {
    schema: 'CREATE TABLE orders (order_id int PRIMARY KEY, number varchar(20));',
    before: 'SELECT order_id FROM orders WHERE ISNUMERIC(number) = 1 AND CAST(number AS int) = 5',
    after: null,
  },
  rewrites: false,
  needs: ['condition', 'cast'],
  *find(statement) {
    for (const conjunct of positiveConjuncts(statement)) {
      for (const part of conjunctsOf(conjunct.expression)) {
        const tested = testedColumn(part);
        if (!tested) continue;
        const beside = [...conjunct.block.where, ...conjunct.block.joins.flatMap((join) => join.on)];
        const cast = beside
          .map((other) => castOf(statement, other.expression, tested))
          .find((one) => one !== null);
        if (!cast) continue;
        yield advice(
          cast,
          `${quote(statement, cast)} may be done before ${quote(statement, part)} is tested: TRY_CAST(… AS …) gives NULL instead of an error.`,
        );
      }
    }
  },
};

function testedColumn(expression: Expression): Expression | null {
  const isTest = (side: Expression): boolean =>
    side.kind === 'call' && ['isnumeric', 'isdate'].includes(side.function);
  const call = comparisonsOf(expression, isTest)?.[0]?.left;
  const operand = call?.kind === 'call' ? call.args[0]?.value : undefined;
  return operand && unwrapParens(operand).kind === 'column' ? unwrapParens(operand) : null;
}

function castOf(statement: AnalyzedStatement, expression: Expression, column: Expression): Expression | null {
  let found: Expression | null = null;
  walk(expression, (node) => {
    if (node.kind === 'cast' && node.style !== 'try' && sameExpression(node.operand, column, statement))
      found ??= node;
    return node.kind !== 'query' && found === null;
  });
  return found;
}
