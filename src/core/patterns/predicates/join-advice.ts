import type { Expression } from '../../sql/ast.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { predicateAdvice } from '../advice-patterns.ts';
import { allEngines } from '../engines.ts';
import { quote } from './positive.ts';

/** `upper(a.x) = upper(b.x)` */
export const functionsOnBothSides = predicateAdvice(
  {
    id: 'function-on-join-columns',
    title: 'Join of columns inside of functions',
    category: 'joins',
    engines: allEngines(
      'One of the tables is large: an index on the expression, or clean columns, can be searched for each row of the other.',
    ),
    severity: 'info',
    description:
      'Neither column’s index holds what the function makes of it, and the planner does not know how many values there are. Keep the columns in one form (generated columns, citext, a collation that ignores case), or index the expression.',
    source: 'https://use-the-index-luke.com/sql/where-clause/functions/case-insensitive-search',
    precondition: 'Columns of two tables are compared by =, each inside of a function or a cast.',
    example: {
      schema:
        'CREATE TABLE a (id integer PRIMARY KEY, email text);\nCREATE TABLE b (id integer PRIMARY KEY, email text);',
      before: 'SELECT a.id FROM a JOIN b ON lower(a.email) = lower(b.email)',
    },
  },
  (expression, statement) => {
    if (expression.kind !== 'binary' || expression.operator !== '=') return null;
    const sides = [expression.left, expression.right].map((side) => wrappedColumn(unwrapParens(side)));
    const [left, right] = sides.map((side) => (side ? statement.resolve(side) : null));
    return left && right && left.source !== right.source
      ? `${quote(statement, expression)} joins what functions make of the columns: no index on ${left.name} or ${right.name} holds that.`
      : null;
  },
);

function wrappedColumn(side: Expression) {
  const operands =
    side.kind === 'call'
      ? side.args.map((argument) => argument.value)
      : side.kind === 'cast'
        ? [side.operand]
        : [];
  const inner = operands.map(unwrapParens).find((operand) => operand.kind === 'column');
  return inner?.kind === 'column' ? inner : null;
}

/** `a.x = b.y` of different collations */
export const collationMismatch = predicateAdvice(
  {
    id: 'collation-mismatch',
    title: 'Join of columns with different collations',
    category: 'joins',
    engines: (['mysql', 'mariadb', 'tsql'] as const).map((dialect) => ({
      dialect,
      pays: 'The converted column has an index that would be searched for each row of the other table.',
    })),
    severity: 'warning',
    description:
      'One of the columns is converted in every row, so that its index cannot be searched; without COLLATE the statement may even be refused (illegal mix, collation conflict).',
    source: 'https://dev.mysql.com/doc/refman/8.4/en/charset-collation-coercibility.html',
    precondition: 'Two text columns whose declared collations differ are compared.',
    example: {
      schema:
        'CREATE TABLE a (id int PRIMARY KEY, code varchar(20) COLLATE utf8mb4_general_ci);\nCREATE TABLE b (id int PRIMARY KEY, code varchar(20) COLLATE utf8mb4_0900_ai_ci);',
      before: 'SELECT a.id FROM a JOIN b ON a.code = b.code',
    },
  },
  (expression, statement) => {
    if (expression.kind !== 'binary' || !/^([<>]=?|=|<>)$/.test(expression.operator)) return null;
    const [left, right] = [expression.left, expression.right]
      .map(unwrapParens)
      .map((side) => (side.kind === 'column' ? statement.resolve(side)?.column : null));
    if (
      !left?.collation ||
      !right?.collation ||
      left.collation.toLowerCase() === right.collation.toLowerCase()
    )
      return null;
    return `${left.name} is compared by ${left.collation}, ${right.name} by ${right.collation}: one of them is converted in every row.`;
  },
);
