import type { Expression } from '../../sql/ast.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct } from '../../sql/query-model.ts';
import { conjunctsOf, disjunctsOf } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, lineBreak, sql } from '../../sql/writing/fragment.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { hasSubquery } from '../subquery-shape.ts';
import { conditionOf, isNotTrue } from '../truth.ts';
import { mentionedIn } from './join-shape.ts';

/**
 * Matches `a JOIN b ON a.x = b.x OR a.y = b.y`.
 *
 * No hash and no merge join can do this: every row is compared with every row. As two joins with UNION ALL each has an
 * equality to work with; the second leaves out what the first has found.
 */
export const orJoinToUnionAll: Pattern = {
  id: 'or-join-to-union-all',
  title: 'Join by one condition OR another: two joins with UNION ALL',
  category: 'joins',
  engines: allEngines('when both tables are large: every pair of rows is looked at otherwise'),
  severity: 'warning',
  description:
    'With OR between two equalities neither can be hashed, sorted or looked up for both, so the tables are joined by comparing each row with each.',
  source:
    'Leis et al., "Query optimization through the looking glass", VLDB Journal 2018; measured 5 times on embedded PostgreSQL 18, 20 rows beside 200,000; without the filter the original was stopped after 30 s',
  precondition:
    'An inner join whose OR compares columns for equality in each branch, in a block that neither groups, orders nor limits. After DISTINCT it is UNION that puts the branches together.',
  example: {
    schema:
      'CREATE TABLE people (id int PRIMARY KEY, email text, phone text); CREATE TABLE leads (id int PRIMARY KEY, email text, phone text);',
    before: `SELECT p.id, l.id AS lead_id
FROM people p
JOIN leads l ON l.email = p.email OR l.phone = p.phone;`,
    after: `SELECT p.id, l.id AS lead_id
FROM people p
JOIN leads l ON l.email = p.email
UNION ALL
SELECT p.id, l.id AS lead_id
FROM people p
JOIN leads l ON (l.email = p.email) IS NOT TRUE AND l.phone = p.phone;`,
  },
  rewrites: true,
  needs: ['operator OR'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const conjunct of [...block.joins.flatMap((step) => step.on), ...block.where]) {
        const branches = disjunctsOf(conjunct.expression);
        if (branches.length < 2 || branches.length > MOST_BRANCHES) continue;
        if (!branches.every((branch) => joins(statement, block, branch))) continue;
        // an equality that all branches share is taken out of the OR, which is better
        if (shareAnEquality(statement, block, branches)) continue;
        yield matchOf(statement, block, conjunct, branches);
      }
    }
  },
};

/** Each branch leaves all earlier ones out: more would be slower to plan than the join to run. */
const MOST_BRANCHES = 4;

function shareAnEquality(
  statement: AnalyzedStatement,
  block: Block,
  [first, ...rest]: readonly Expression[],
): boolean {
  if (!first) return false;
  return conjunctsOf(first).some(
    (e) =>
      joins(statement, block, e) &&
      rest.every((branch) => conjunctsOf(branch).some((other) => sameExpression(e, other, statement))),
  );
}

/** The branch compares columns of two relations for equality. */
function joins(statement: AnalyzedStatement, block: Block, branch: Expression): boolean {
  return conjunctsOf(branch).some((e) => {
    if (e.kind !== 'binary' || e.operator !== '=') return false;
    const left = mentionedIn(statement, e.left, block);
    const right = mentionedIn(statement, e.right, block);
    const [one] = left;
    const [other] = right;
    return left.size === 1 && right.size === 1 && one !== other && !hasSubquery(e);
  });
}

function matchOf(
  statement: AnalyzedStatement,
  block: Block,
  conjunct: Conjunct,
  branches: readonly Expression[],
): Match {
  const message =
    'With OR between the equalities each row is compared with each. Joins of one equality each, put together by UNION ALL, can hash or look up.';
  const obstacle = obstacleOf(statement, block, conjunct);
  if (obstacle !== null) return blocked(conjunct.range, message, obstacle);
  // where duplicates are removed anyway, UNION does it, and pairs may be found twice
  const distinct = block.select.distinct === 'distinct';
  const copies = branches.map((branch, i) => {
    const excluded = distinct ? [] : branches.slice(0, i).map((earlier) => isNotTrue(statement, earlier));
    const condition = joinFragments([...excluded, conditionOf(statement, branch)], sql` AND `);
    const copy = new QueryCopy(statement, block).replace(conjunct.range, condition);
    return (distinct ? copy.replace(block.select.clauses.select, sql`SELECT`) : copy).moved();
  });
  const union = distinct ? sql`UNION` : sql`UNION ALL`;
  const edits = editing(statement);
  const known = copies.filter((copy) => copy !== null);
  if (known.length === copies.length)
    edits.replace(block.select, joinFragments(known, sql`${lineBreak()}${union}${lineBreak()}`));
  else edits.fail();
  const raises = canRaise(conjunct.expression, statement);
  return (raises ? offerToTest : offer)(
    conjunct.range,
    message,
    () => edits.done(),
    distinct
      ? 'UNION removes duplicates as DISTINCT did'
      : 'each later branch leaves out the pairs of the earlier ones, so every pair comes out as often as before',
  );
}

function obstacleOf(statement: AnalyzedStatement, block: Block, conjunct: Conjunct): string | null {
  const { select, query } = block;
  if (conjunct.join && conjunct.join.type !== 'inner') return 'an outer join keeps rows without a partner';
  if (block.sources.some((one) => one.nullSupplied) && conjunct.place === 'on')
    return 'the join stands below an outer join';
  const plain = select.distinct === null || select.distinct === 'distinct';
  if (query.body !== select || block.grouped || !plain || block.windows.length > 0)
    return 'the block groups or is part of a set operation';
  if (query.orderBy.length > 0 || query.limit || query.locking.length > 0 || query.trailing.length > 0)
    return 'the block orders, limits or locks its rows';
  if (select.top || select.into || select.qualify) return 'the block limits its rows or writes them';
  if (!block.resolved || !isDeterministic(query, statement))
    return 'a volatile function is called or a name has no known meaning';
  // INSERT gives an untyped literal the type of its column, but only where no UNION makes it a text
  if (block.role === 'source' && block.outputs.some((output) => output.type === null))
    return 'the type of a selected value depends on where it is inserted';
  return conjunct.correlated ? 'the condition depends on an outer query' : null;
}
