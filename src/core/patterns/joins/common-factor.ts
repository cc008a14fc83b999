import type { Expression } from '../../sql/ast.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct } from '../../sql/query-model.ts';
import { conjunctsOf, disjunctsOf } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, parenthesized, sql } from '../../sql/writing/fragment.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';
import { conditionOf } from '../truth.ts';

const ENGINES: readonly EngineSupport[] = [
  {
    dialect: 'postgresql',
    pays: 'hardly in WHERE, where the planner does it; for other rules, which see the join condition then',
  },
  {
    dialect: 'mysql',
    pays: 'when the common part is a join condition or has an index: it is hidden below the OR otherwise',
  },
  {
    dialect: 'mariadb',
    pays: 'when the common part is a join condition or has an index: it is hidden below the OR otherwise',
  },
  { dialect: 'tsql', pays: 'when the common part is a join condition or has an index, and the OR is long' },
];

/**
 * Matches an OR all of whose branches ask for the same thing among others: `(a AND b) OR (a AND c)`.
 *
 * As `a AND (b OR c)` the common part can join tables and use an index. AND distributes over OR in three-valued logic
 * too, and `a OR (a AND b)` is `a`.
 */
export const commonFactorOfOr: Pattern = {
  id: 'common-factor-of-or',
  title: 'OR whose branches share a condition: ask it once',
  category: 'joins',
  industries: ['analytics'],
  engines: ENGINES,
  severity: 'warning',
  description:
    'A condition that every branch of the OR repeats holds for every row, but below the OR it can neither join tables nor use an index.',
  source: 'TPC-H query 19; PostgreSQL, find_duplicate_ors in prepqual.c',
  precondition: 'Every branch of the OR has the same condition among its ANDs, and it is deterministic.',
  example: {
    schema:
      'CREATE TABLE parts (id int PRIMARY KEY, brand int NOT NULL); CREATE TABLE items (part_id int NOT NULL, quantity int NOT NULL);',
    before:
      'SELECT i.quantity FROM items i, parts p WHERE (p.id = i.part_id AND p.brand = 12 AND i.quantity < 11) OR (p.id = i.part_id AND p.brand = 23 AND i.quantity < 20);',
    after:
      'SELECT i.quantity FROM items i, parts p WHERE p.id = i.part_id AND ((p.brand = 12 AND i.quantity < 11) OR (p.brand = 23 AND i.quantity < 20));',
  },
  rewrites: true,
  needs: ['operator OR'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const conjunct of conditionsOf(block)) {
        const match = factored(statement, conjunct);
        if (match) yield match;
      }
    }
  },
};

function conditionsOf(block: Block): readonly Conjunct[] {
  return [...block.joins.flatMap((step) => step.on), ...block.where, ...block.having];
}

/** Long lists of branches are compared with each other: more would keep the editor waiting. */
const MOST_BRANCHES = 40;

function factored(statement: AnalyzedStatement, conjunct: Conjunct): Match | null {
  const branches = disjunctsOf(conjunct.expression).map(conjunctsOf);
  const [first, ...rest] = branches;
  if (!first || rest.length === 0 || branches.length > MOST_BRANCHES) return null;
  const isCommon = (e: Expression): boolean =>
    rest.every((branch) => branch.some((other) => sameExpression(e, other, statement)));
  const common = first.filter(isCommon);
  if (common.length === 0) return null;
  const text = common.map((e) => statement.text.slice(e.start, e.end)).join(' AND ');
  const message = `Every branch of the OR asks for ${text}. Asked once, beside the OR, it can join tables and use an index.`;
  if (!isDeterministic(conjunct.expression, statement))
    return blocked(conjunct.range, message, 'a volatile function is called');
  const left = branches.map((branch) =>
    branch.filter((e) => !common.some((shared) => sameExpression(e, shared, statement))),
  );
  const parts = common.map((e) => conditionOf(statement, e));
  // a branch of nothing but the common part makes the others immaterial
  if (!left.some((branch) => branch.length === 0)) parts.push(parenthesized(disjunction(statement, left)));
  const edits = () => editing(statement).replaceConjunct(conjunct, joinFragments(parts, sql` AND `)).done();
  const raises = canRaise(conjunct.expression, statement);
  return (raises ? offerToTest : offer)(conjunct.range, message, edits, `every branch asks for ${text}`);
}

function disjunction(statement: AnalyzedStatement, branches: readonly (readonly Expression[])[]): Fragment {
  const texts = branches.map((branch) => {
    const all = joinFragments(
      branch.map((e) => conditionOf(statement, e)),
      sql` AND `,
    );
    return branch.length > 1 ? parenthesized(all) : all;
  });
  return joinFragments(texts, sql` OR `);
}
