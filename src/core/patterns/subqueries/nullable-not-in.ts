import type { Expression, In, Quantified } from '../../sql/ast.ts';
import { isNotNull } from '../../sql/properties/not-null.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import {
  type Fragment,
  joinFragments,
  parenthesized,
  source,
  sql,
  verbatim,
} from '../../sql/writing/fragment.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { qualify } from '../../sql/writing/rebase.ts';
import { rewriteOf, whenAsked } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';
import { capturesNames, hasSubquery, isPlainSelect } from '../subquery-shape.ts';

const ENGINES: readonly EngineSupport[] = [
  {
    dialect: 'postgresql',
    pays: 'when the list is too large for a hash table in work_mem, where it is searched row by row',
  },
  { dialect: 'tsql', pays: 'when a NULL is possible: the plan checks for it for each row' },
];

/**
 * Matches `x NOT IN (SELECT y …)` (or `x <> ALL (…)`) as a condition of WHERE where x or y may be NULL.
 *
 * It is true when the list is empty; or when x is not NULL, no y is NULL, and none is equal. Said in these words, the equality becomes an
 * anti-join, and the questions for NULL are answered once. Where neither side can be NULL, NOT EXISTS alone says it (another
 * pattern does that).
 */
export const nullableNotIn: Pattern = {
  id: 'nullable-not-in-to-anti-join',
  title: 'NOT IN over nullable columns: anti-join, with NULL asked for once',
  category: 'subqueries',
  engines: ENGINES,
  severity: 'info',
  description:
    'NOT IN must answer "unknown" when the list holds a NULL, so it cannot be an anti-join; a long list is searched for every row. Asking for the NULLs apart leaves a plain NOT EXISTS.',
  source:
    'Bellamkonda et al., "Enhanced subquery optimizations in Oracle", VLDB 2009 (null-aware anti-join); measured 82 times on PostgreSQL 15 (work_mem 128 kB)',
  precondition:
    'NOT IN is a condition of WHERE of its own, where unknown counts as false, and nothing is volatile.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before: 'SELECT c.id FROM customers c WHERE c.id NOT IN (SELECT o.customer_id FROM orders o);',
    after:
      'SELECT c.id FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id) AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id IS NULL);',
  },
  rewrites: true,
  needs: [['in', 'quantified']],
  *find(statement) {
    for (const block of statement.blocks) {
      const node = negated(block);
      if (node) {
        const match = matchOf(statement, block, node);
        if (match) yield match;
      }
    }
  },
};

function negated(block: Block): In | Quantified | null {
  const { holder, query, select } = block;
  if (query.body !== select) return null;
  if (holder?.kind === 'in' && holder.negated) return holder;
  return holder?.kind === 'quantified' && holder.operator === '<>' && holder.quantifier === 'ALL'
    ? holder
    : null;
}

function matchOf(statement: AnalyzedStatement, block: Block, node: In | Quantified): Match | null {
  const outer = statement.blockOf(node);
  const conjunct = outer?.where.find((one) => one.expression === node);
  const [item, ...more] = block.select.items;
  if (!outer || !conjunct || !item || more.length > 0 || item.expression.kind === 'star') return null;
  if (unwrapParens(node.operand).kind === 'row') return null;
  const left = isNotNull(node.operand, without(outer, conjunct), statement);
  const right = isNotNull(item.expression, block, statement);
  if (left && right) return null;
  const message =
    'NOT IN cannot be an anti-join, because of the NULLs that may be on either side. NOT EXISTS can, when the NULLs are asked for apart.';
  return whenAsked(node, message, () => {
    const why = obstacle(statement, block, node);
    if (why !== null) return why;
    const fragment = writtenOf(statement, block, node, item.expression, left, right);
    const edits = fragment && editing(statement).replaceConjunct(conjunct, fragment).done();
    const raises = canRaise(node.operand, statement) || canRaise(block.query, statement);
    const fact = 'as a condition of WHERE, unknown counts as false';
    return rewriteOf(edits, raises ? 'likely' : 'proved', fact);
  });
}

/** The block without the condition itself: what it says of NULL goes with it. */
function without(outer: Block, conjunct: Conjunct): Block {
  return { ...outer, where: outer.where.filter((one) => one !== conjunct) };
}

function obstacle(statement: AnalyzedStatement, block: Block, node: In | Quantified): string | null {
  if (!isPlainSelect(block) || !block.resolved) return 'the subquery groups, limits or holds an unknown name';
  if (!isDeterministic(block.query, statement) || !isDeterministic(node.operand, statement))
    return 'a volatile function is called';
  if (hasSubquery(node.operand)) return 'the left side holds a subquery';
  if (block.outputs[0]?.type == null) return 'the type of the list is not known';
  return capturesNames(statement, node.operand, block)
    ? 'a name of the left side means something else inside the subquery'
    : null;
}

function writtenOf(
  statement: AnalyzedStatement,
  block: Block,
  node: In | Quantified,
  value: Expression,
  left: boolean,
  right: boolean,
): Fragment | null {
  const outside = qualify(statement, node.operand);
  if (!outside) return null;
  const question = (condition: Fragment | null): Fragment | null => {
    const copy = new QueryCopy(statement, block).selectList(verbatim('1'));
    return (condition ? copy.addConjunct(condition) : copy).done();
  };
  const equal = question(
    sql`${operand(source(statement, value), value)} = ${operand(outside, node.operand)}`,
  );
  const isNull = question(sql`${operand(source(statement, value), value)} IS NULL`);
  const any = question(null);
  if (!equal || !isNull || !any) return null;
  const parts = [sql`NOT EXISTS (${equal})`];
  if (!right) parts.push(sql`NOT EXISTS (${isNull})`);
  if (!left) parts.push(sql`(${operand(outside, node.operand)} IS NOT NULL OR NOT EXISTS (${any}))`);
  return joinFragments(parts, sql` AND `);
}

function operand(fragment: Fragment, expression: Expression): Fragment {
  const simple = ['column', 'literal', 'call', 'paren', 'placeholder', 'cast', 'typedLiteral'];
  return simple.includes(expression.kind) ? fragment : parenthesized(fragment);
}
