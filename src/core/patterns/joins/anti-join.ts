import { isLocked } from '../../sql/properties/locking.ts';
import { rejectsNullOf } from '../../sql/properties/not-null.ts';
import { referencesTo } from '../../sql/properties/usage.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, JoinStep, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { blocked, offer } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';
import { conditionOf } from '../truth.ts';

const ENGINES: readonly EngineSupport[] = [
  { dialect: 'postgresql', pays: 'hardly: the planner makes an anti-join of both' },
  {
    dialect: 'mysql',
    pays: 'when a row has many partners: NOT EXISTS stops at the first; equal from 8.0.17 on',
  },
  { dialect: 'mariadb', pays: 'when a row has many partners: NOT EXISTS stops at the first' },
  {
    dialect: 'tsql',
    pays: 'when a row has many partners: the left join is made in full and filtered afterwards',
  },
];

/** `LEFT JOIN b ON … WHERE b.key IS NULL` → `WHERE NOT EXISTS (SELECT 1 FROM b WHERE …)`. */
export const antiJoinToNotExists: Pattern = {
  id: 'anti-join-to-not-exists',
  title: 'LEFT JOIN with IS NULL: NOT EXISTS says what is meant',
  category: 'joins',
  engines: ENGINES,
  severity: 'hint',
  description:
    'The rows are joined with all their partners, and only those without one are kept. NOT EXISTS says so, and may stop at the first partner.',
  source:
    'https://dev.mysql.com/doc/refman/8.4/en/semijoins-antijoins.html; measured 1.0 times on PostgreSQL 15 and MariaDB 10.11',
  precondition:
    'The tested column is declared NOT NULL or compared in ON, so that it is NULL only without a partner; no other column of the table is used.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before:
      'SELECT c.name FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.customer_id IS NULL;',
    after:
      'SELECT c.name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id);',
  },
  rewrites: true,
  needs: ['outer join', 'where'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const step of block.joins) {
        const [right] = step.right;
        if (step.type !== 'left' || !right || step.right.length !== 1 || !step.node?.on) continue;
        const test = block.where.find((conjunct) => isNullTest(statement, conjunct, right));
        if (test) yield matchOf(statement, block, step, right, test);
      }
    }
  },
};

function isNullTest(statement: AnalyzedStatement, { expression }: Conjunct, right: Source): boolean {
  if (expression.kind !== 'is' || expression.test !== 'null' || expression.negated) return false;
  const operand = unwrapParens(expression.operand);
  return operand.kind === 'column' && statement.resolve(operand)?.source === right;
}

function matchOf(
  statement: AnalyzedStatement,
  block: Block,
  step: JoinStep,
  right: Source,
  test: Conjunct,
): Match {
  const range = { start: step.node?.joinRange.start ?? right.node.start, end: right.node.end };
  const message = `Only rows without a partner in ${right.alias} are kept. NOT EXISTS says so and need not join the others first.`;
  const obstacle = obstacleOf(statement, block, step, right, test);
  if (obstacle !== null) return blocked(range, message, obstacle);
  const conditions = joinFragments(
    step.on.map(({ expression }) => conditionOf(statement, expression)),
    sql` AND `,
  );
  const edits = () =>
    editing(statement)
      .removeSource(right)
      .replaceConjunct(
        test,
        sql`NOT EXISTS (SELECT 1 FROM ${source(statement, right.node)} WHERE ${conditions})`,
      )
      .done();
  const { expression } = test;
  const column = statement.text.slice(expression.start, expression.end).replace(/\s+IS\s+NULL$/i, '');
  return offer(range, message, edits, `${column} is NULL only in rows without a partner`);
}

function obstacleOf(
  statement: AnalyzedStatement,
  block: Block,
  step: JoinStep,
  right: Source,
  test: Conjunct,
): string | null {
  if (!block.resolved || isLocked(block)) return 'rows are locked, or a name is not known';
  if (right.kind === 'function' || right.kind === 'unknown' || right.lateral)
    return 'the joined relation depends on the row before it';
  if (!isNullOnlyWithoutPartner(statement, step, right, test))
    return 'the tested column may be NULL in a row that has a partner';
  const on = step.node?.on;
  const others = on ? referencesTo(right, statement, [on, test.range]) : null;
  if (others?.length !== 0) return `another column of ${right.alias} is used`;
  if (isFilledLater(block, step, right)) return 'another outer join fills up rows of this one';
  const volatile =
    step.on.some(({ expression }) => !isDeterministic(expression, statement)) ||
    (right.query !== null && !isDeterministic(right.query, statement));
  return volatile ? 'a volatile function is called' : null;
}

function isNullOnlyWithoutPartner(
  statement: AnalyzedStatement,
  step: JoinStep,
  right: Source,
  { expression }: Conjunct,
): boolean {
  const operand = expression.kind === 'is' ? unwrapParens(expression.operand) : null;
  const column = operand?.kind === 'column' ? statement.resolve(operand) : null;
  if (!operand || !column) return false;
  // MySQL finds the date 0000-00-00 with IS NULL
  const family = column.sourceColumn?.type?.family;
  const dates =
    family === undefined || family === 'date' || family === 'timestamp' || family === 'timestamptz';
  if (dates && (statement.dialect === 'mysql' || statement.dialect === 'mariadb')) return false;
  if (right.columns?.find((one) => one.name === column.name)?.notNull) return true;
  return step.on.some((conjunct) => rejectsNullOf(conjunct.expression, operand, statement));
}

/** The step stands on a side of another join whose rows may be filled up with NULLs. */
function isFilledLater(block: Block, step: JoinStep, right: Source): boolean {
  return block.joins.some((other) => {
    if (other === step) return false;
    if (other.type === 'full') return other.left.includes(right) || other.right.includes(right);
    if (other.type === 'right') return other.left.includes(right);
    return (other.type === 'left' || other.type === 'outerApply') && other.right.includes(right);
  });
}
