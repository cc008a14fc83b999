/** Aggregates that give another number than their reader thinks. */
import type { FunctionCall } from '../../sql/ast.ts';
import { isNotNullExpression } from '../../sql/properties/not-null.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { allEngines } from '../engines.ts';
import type { Part } from '../needs.ts';
import { advice } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/** `sum(x) / count(*)` */
export const sumDividedByCount: Pattern = {
  id: 'sum-divided-by-count',
  title: 'sum(x) / count(…): an average by hand',
  category: 'aggregation',
  engines: allEngines('It is a question of results, not of speed.'),
  severity: 'info',
  description:
    'Whole numbers are divided without a fraction in PostgreSQL and SQL Server; count(*) counts the rows where x is NULL, and count(x) may be zero. avg(x) knows all that, but rounds in its own way.',
  source:
    'https://www.postgresql.org/docs/current/functions-math.html; https://learn.microsoft.com/sql/t-sql/language-elements/divide-transact-sql',
  precondition: 'A sum is divided by a count of the same block.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, pieces int);',
    before: 'SELECT sum(o.pieces) / count(*) AS mean FROM orders o',
    after: null,
  },
  rewrites: false,
  needs: ['operator /', 'call'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const { expression } of block.select.items) {
        const found: Match[] = [];
        walk(expression, (node) => {
          if (node.kind === 'query') return false;
          if (node.kind !== 'binary' || node.operator !== '/') return true;
          const [left, right] = [unwrapParens(node.left), unwrapParens(node.right)];
          if (!isCallOf(block, left, 'sum') || !isCallOf(block, right, 'count')) return true;
          found.push(
            advice(
              node,
              'This is an average by hand: whole numbers may lose their fraction, and rows with NULL count with count(*). Is avg() meant?',
            ),
          );
          return true;
        });
        yield* found;
      }
    }
  },
};

function isCallOf(block: Block, node: unknown, name: string): boolean {
  return block.aggregates.some((call) => call === node && call.function === name && !call.distinct);
}

/** `sum(DISTINCT amount)` over a join */
export const sumDistinctAfterJoin: Pattern = {
  id: 'sum-distinct-after-join',
  title: 'sum(DISTINCT x) over a join',
  category: 'aggregation',
  industries: ['e-commerce'],
  engines: allEngines('The result is wrong first of all; adding up before the join is also cheaper.'),
  severity: 'warning',
  description:
    'DISTINCT is there to undo the copies that a join makes, but it takes away every equal value: two orders of the same amount are one. Add up before the join instead.',
  source: 'Karwin, "SQL Antipatterns", 2010; Date, "SQL and Relational Theory", 2015',
  precondition: 'sum or avg with DISTINCT in a block that reads several relations.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, total numeric); CREATE TABLE order_lines (id int PRIMARY KEY, order_id int);',
    before: 'SELECT sum(DISTINCT o.total) FROM orders o JOIN order_lines l ON l.order_id = o.id',
    after: null,
  },
  rewrites: false,
  needs: ['several sources', 'distinct call'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (block.sources.length < 2) continue;
      for (const call of block.aggregates) {
        if (!call.distinct || !['sum', 'avg'].includes(call.function)) continue;
        yield advice(
          call,
          `${call.function}(DISTINCT …) takes away equal values of different rows, not only the copies that the join makes. Add up before the join.`,
        );
      }
    }
  },
};

/** Aggregates that put values one after the other. */
const LISTS = new Set(['string_agg', 'array_agg', 'group_concat', 'json_agg', 'jsonb_agg', 'json_arrayagg']);

/** `string_agg(name, ', ')` */
export const listWithoutOrder: Pattern = {
  id: 'list-aggregate-without-order',
  title: 'string_agg(), group_concat(), array_agg() without ORDER BY',
  category: 'aggregation',
  engines: allEngines('It is a question of results, not of speed.'),
  severity: 'info',
  description:
    'The values come in the order in which the plan happens to read them, and in another one tomorrow. MySQL and MariaDB also cut the text off at group_concat_max_len (1,024 bytes in MySQL), with no more than a warning.',
  source:
    'https://www.postgresql.org/docs/current/functions-aggregate.html; https://dev.mysql.com/doc/refman/8.4/en/aggregate-functions.html#function_group-concat',
  precondition: 'Such an aggregate has neither ORDER BY nor WITHIN GROUP, and is no window function.',
  example: {
    schema: 'CREATE TABLE tags (id int PRIMARY KEY, post_id int, name text);',
    before: "SELECT t.post_id, string_agg(t.name, ', ') FROM tags t GROUP BY t.post_id",
    after: null,
  },
  rewrites: false,
  needs: ['aggregate', [...LISTS].map((name): Part => `calls ${name}`)],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const call of block.aggregates) {
        if (!LISTS.has(call.function) || call.orderBy.length + call.withinGroup.length > 0) continue;
        const cut =
          call.function === 'group_concat'
            ? ' Without a larger group_concat_max_len the text is cut off silently.'
            : '';
        yield advice(call, `The order of the values in ${call.function}() is left to chance.${cut}`);
      }
    }
  },
};

/** `sum(a) - sum(b)` without GROUP BY */
export const sumOfNoRows: Pattern = {
  id: 'sum-of-no-rows',
  title: 'Arithmetic with a sum that is NULL when there are no rows',
  category: 'aggregation',
  engines: allEngines('It is a question of results, not of speed.'),
  severity: 'info',
  description:
    'The sum of no rows is NULL, not 0, and NULL plus anything is NULL: a balance of which one side has no rows yet is lost. COALESCE(sum(…), 0) says what is meant; the result changes with it, so decide yourself.',
  source: 'https://www.postgresql.org/docs/current/functions-aggregate.html; soar FUN.006',
  precondition: 'A sum without GROUP BY is added to or subtracted from something.',
  example: {
    schema: 'CREATE TABLE entries (id int PRIMARY KEY, debit numeric, credit numeric);',
    before: 'SELECT sum(e.debit) - sum(e.credit) AS balance FROM entries e WHERE e.id > 10',
    after: null,
  },
  rewrites: false,
  needs: ['aggregate', 'calls sum'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (block.select.groupBy !== null) continue;
      for (const call of block.aggregates) {
        if (call.function === 'sum' && isOperand(block, call))
          yield advice(
            call,
            'Without any row this sum is NULL, and so is the whole expression. Is COALESCE(sum(…), 0) meant?',
          );
      }
    }
  },
};

/** The sum is an operand of plus or minus in the select list, alone or in parentheses. */
function isOperand(block: Block, call: FunctionCall): boolean {
  return block.select.items.some(({ expression }) => {
    let found = false;
    walk(expression, (node) => {
      if (node.kind === 'query') return false;
      if (node.kind === 'binary' && (node.operator === '+' || node.operator === '-'))
        found ||= unwrapParens(node.left) === call || unwrapParens(node.right) === call;
      return !found;
    });
    return found;
  });
}

/** MySQL's `count(DISTINCT a, b)` */
export const countDistinctOfSeveral: Pattern = {
  id: 'count-distinct-of-several-columns',
  title: 'count(DISTINCT a, b) leaves out rows with a NULL',
  category: 'aggregation',
  engines: (['mysql', 'mariadb'] as const).map((dialect) => ({
    dialect,
    pays: 'It is a question of results, not of speed.',
  })),
  severity: 'info',
  description:
    'A combination in which any column is NULL is not counted at all. count(*) over SELECT DISTINCT a, b counts it.',
  source:
    'https://dev.mysql.com/doc/refman/8.4/en/aggregate-functions.html#function_count-distinct; soar DIS.002',
  precondition: 'Several expressions are counted together, and one of them may be NULL.',
  example: {
    schema: 'CREATE TABLE visits (id int PRIMARY KEY, shop_id int, customer_id int);',
    before: 'SELECT count(DISTINCT v.shop_id, v.customer_id) FROM visits v',
    after: null,
  },
  rewrites: false,
  needs: ['aggregate'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const call of block.aggregates) {
        if (call.function !== 'count' || !call.distinct || call.args.length < 2) continue;
        const nullable = call.args.filter(({ value }) => !isNotNullExpression(value, statement));
        if (nullable.length > 0) yield advice(call, leftOut(statement, nullable));
      }
    }
  },
};

function leftOut(statement: AnalyzedStatement, nullable: FunctionCall['args']): string {
  const names = nullable.map((argument) => statement.text.slice(argument.start, argument.end)).join(' or ');
  return `Rows in which ${names} is NULL are not counted. Count the rows of SELECT DISTINCT if they should be.`;
}
