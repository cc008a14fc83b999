import type { Expression, In } from '../../sql/ast.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, parenthesized, source, sql } from '../../sql/writing/fragment.ts';
import { identifier } from '../../sql/writing/identifiers.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { itemNamedBy, namesColumnByText } from '../select-item.ts';
import { hasSubquery } from '../subquery-shape.ts';
import { unionAllBranches, unionBranches } from './branches.ts';

/** `x NOT IN (a UNION b)` → `x NOT IN (a) AND x NOT IN (b)`; IN with OR. */
export const inOfUnion: Pattern = {
  id: 'in-of-union',
  title: 'IN over a UNION: one IN for each branch',
  category: 'set-operations',
  engines: [
    {
      dialect: 'postgresql',
      pays: 'for NOT IN, when a branch alone fits into work_mem; IN over a union is a semi-join already and is left alone',
    },
    {
      dialect: 'mysql',
      pays: 'always: a UNION in IN is run again for each row, a single SELECT is looked up or joined',
    },
    {
      dialect: 'mariadb',
      pays: 'always: a UNION in IN is run again for each row, a single SELECT is looked up or joined',
    },
    { dialect: 'tsql', pays: 'for NOT IN, when each branch has an index on its column' },
  ],
  severity: 'warning',
  description:
    'A subquery that is a UNION cannot become a join, and MySQL and MariaDB cannot even keep its result: they run it for each row. Each branch alone can.',
  source:
    'https://dev.mysql.com/doc/refman/8.4/en/semijoins-antijoins.html: "it must be a single SELECT … without UNION"; measured 8 times (NOT IN) on embedded PostgreSQL 18, 200,000 rows',
  precondition:
    'The union has no LIMIT, its branches have columns of one type each, and the compared value is deterministic.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (customer_id int); CREATE TABLE returns (customer_id int);',
    before:
      'SELECT c.id FROM customers c WHERE c.id NOT IN (SELECT o.customer_id FROM orders o UNION SELECT r.customer_id FROM returns r)',
    after:
      'SELECT c.id FROM customers c WHERE c.id NOT IN (SELECT o.customer_id FROM orders o) AND c.id NOT IN (SELECT r.customer_id FROM returns r)',
  },
  rewrites: true,
  needs: ['setOperation', 'as in'],
  *find(statement) {
    for (const [first, branches] of unions(statement, 'in')) {
      const holder = first.holder as Expression;
      if (holder.kind !== 'in') continue;
      const positive = !holder.negated;
      if (positive && (statement.dialect === 'postgresql' || statement.dialect === 'tsql')) continue;
      yield splitIn(statement, holder, branches);
    }
  },
};

function splitIn(statement: AnalyzedStatement, holder: In, branches: readonly Block[]): Match {
  const words = holder.negated ? 'NOT IN' : 'IN';
  const message = `${words} over a union of ${branches.length} branches is asked as a whole. Asked of each branch, it can be a join or a lookup.`;
  const operand = unwrapParens(holder.operand);
  if (!isDeterministic(operand, statement) || hasSubquery(operand))
    return blocked(holder, message, 'the compared value would be computed more than once');
  const [first] = branches;
  const alike = first?.outputs.every(({ type }, at) => {
    const others = branches.map((one) => one.outputs[at]?.type);
    return type?.text && others.every((other) => other?.family === type.family && other.text === type.text);
  });
  if (!alike) return blocked(holder, message, 'the branches’ columns are not known to be of one type');
  const value = source(statement, holder.operand);
  const parts = branches.map(({ select }) =>
    holder.negated
      ? sql`${value} NOT IN (${source(statement, select)})`
      : sql`${value} IN (${source(statement, select)})`,
  );
  return replaced(statement, holder, holder, parts, holder.negated, message);
}

/** `NOT EXISTS (a UNION ALL b)` → `NOT EXISTS (a) AND NOT EXISTS (b)`; EXISTS with OR. */
export const existsOfUnion: Pattern = {
  id: 'exists-of-union',
  title: 'EXISTS over a UNION: one EXISTS for each branch',
  category: 'set-operations',
  engines: allEngines(
    'when the subquery is correlated and there are many outer rows: a union is run again for each of them, single SELECTs become semi-joins and anti-joins',
  ),
  severity: 'warning',
  description:
    'A subquery that is a UNION cannot become a semi-join or anti-join: it is run again for each row. Each branch alone can.',
  source:
    'PostgreSQL, convert_EXISTS_sublink_to_join in subselect.c: set operations are not pulled up; measured 14 times on embedded PostgreSQL 18, 200,000 rows',
  precondition: 'The union has no LIMIT and no OFFSET.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (customer_id int); CREATE TABLE returns (customer_id int);',
    before:
      'SELECT c.id FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id UNION ALL SELECT 1 FROM returns r WHERE r.customer_id = c.id)',
    after:
      'SELECT c.id FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id) AND NOT EXISTS (SELECT 1 FROM returns r WHERE r.customer_id = c.id)',
  },
  rewrites: true,
  needs: ['setOperation', 'as exists'],
  *find(statement) {
    for (const [first, branches] of unions(statement, 'exists')) {
      const holder = first.holder as Expression;
      if (holder.kind !== 'exists') continue;
      const conjunct = first.parent?.where.find(({ expression }) => negationOf(expression, holder));
      const message = `EXISTS over a union of ${branches.length} branches is run for each row. EXISTS of each branch can be a join.`;
      const parts = branches.map(({ select }) =>
        conjunct
          ? sql`NOT EXISTS (${source(statement, select)})`
          : sql`EXISTS (${source(statement, select)})`,
      );
      yield replaced(
        statement,
        conjunct?.expression ?? holder,
        holder,
        parts,
        conjunct !== undefined,
        message,
      );
    }
  },
};

/** The expression is NOT over the holder. */
function negationOf(expression: Expression, holder: Expression): boolean {
  return (
    expression.kind === 'unary' &&
    expression.operator === 'NOT' &&
    unwrapParens(expression.operand) === holder
  );
}

/** Subqueries that are chains of UNION or UNION ALL, with their branches. */
function* unions(
  statement: AnalyzedStatement,
  role: Block['role'],
): Generator<readonly [Block, readonly Block[]]> {
  for (const block of statement.blocks) {
    const { query } = block;
    if (block.role !== role || statement.blocksOfQuery(query)[0] !== block) continue;
    const branches = unionBranches(statement, query) ?? unionAllBranches(statement, query);
    if (!branches || query.limit || query.with || branches.some((one) => one.select.top !== null)) continue;
    if (query.orderBy.length > 0 || branches.length > MOST_BRANCHES) continue;
    yield [block, branches];
  }
}

/** More branches make a condition that nobody reads. */
const MOST_BRANCHES = 8;

function replaced(
  statement: AnalyzedStatement,
  expression: Expression,
  holder: Expression,
  parts: readonly Fragment[],
  negated: boolean,
  message: string,
): Match {
  const whole = joinFragments(parts, negated ? sql` AND ` : sql` OR `);
  const scope = statement.scopeOf(holder);
  const conjunct = scope?.where.find((one) => one.expression === expression);
  if (namesColumnByText(statement, holder))
    return blocked(holder, message, 'a column of the result would get another name');
  const edits = editing(statement);
  const item = itemNamedBy(statement, holder);
  const name = statement.blockOf(holder)?.outputs.find((output) => output.item === item)?.name;
  if (item && name) edits.insert(item.end, sql` AS ${identifier(name, statement.dialect)}`);
  if (conjunct) edits.replaceConjunct(conjunct, negated ? whole : parenthesized(whole));
  else edits.replace(expression, parenthesized(whole));
  return offer(
    holder,
    message,
    () => edits.done(),
    'a value is in the union when it is in one of the branches, and unknown alike',
  );
}
