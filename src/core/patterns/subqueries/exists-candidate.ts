/** Correlated EXISTS that a join with the keys of its rows could answer. */

import type { Exists, Expression, Node } from '../../sql/ast.ts';
import { oncePerStatement } from '../../sql/facts.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { sameEqualitySemantics, typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import type { TextRange } from '../../sql/text.ts';
import { walk } from '../../sql/walk.ts';
import type { RewriteEdits } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, parenthesized, source, sql } from '../../sql/writing/fragment.ts';
import { identifier } from '../../sql/writing/identifiers.ts';
import { qualify } from '../../sql/writing/rebase.ts';
import { type Correlation, correlationOf } from '../correlation.ts';
import { itemNamedBy, mayBeRepeated } from '../select-item.ts';
import { isPlainSelect } from '../subquery-shape.ts';
import { canonical, plainText, relationKey } from './shared-shape.ts';

export interface ExistsCandidate {
  readonly block: Block;
  readonly outer: Block;
  readonly holder: Exists;
  readonly correlation: Correlation;
  /** it is a condition of WHERE of its own, negated or not: planners make a semi-join of it */
  readonly isConjunct: boolean;
  /** the node around it, parentheses passed over */
  readonly around: Node | null;
}

/** Every EXISTS of a statement whose correlation is by equalities alone, in the select list or WHERE of a block. */
export const existsCandidates = oncePerStatement(
  (statement: AnalyzedStatement): readonly ExistsCandidate[] => {
    if (!statement.blocks.some((block) => block.role === 'exists')) return [];
    const parents = new Map<Node, Node | null>();
    walk(statement.tree, (node, parent) => {
      parents.set(node, parent?.kind === 'paren' ? (parents.get(parent) ?? null) : parent);
    });
    return statement.blocks.flatMap((block) => {
      const { holder } = block;
      if (block.role !== 'exists' || holder?.kind !== 'exists' || !isPlainSelect(block)) return [];
      const correlation = correlationOf(statement, block);
      if (correlation?.outer.kind !== 'select' || statement.scopeOf(holder) !== correlation.outer) return [];
      if (correlation.keys.length === 0 || correlation.other.length > 0) return [];
      const outer = correlation.outer as Block;
      const holds = (range: TextRange): boolean => range.start <= holder.start && holder.end <= range.end;
      const conjunct = outer.where.find((one) => holds(one.range));
      if (!conjunct && (outer.grouped || !outer.select.items.some(holds))) return [];
      const around = parents.get(holder) ?? null;
      const { expression } = conjunct ?? { expression: null };
      const isConjunct =
        expression === holder || (expression !== null && isNot(around) && expression === around);
      return [{ block, outer, holder, correlation, isConjunct, around }];
    });
  },
);

function isNot(node: Node | null): boolean {
  return node?.kind === 'unary' && node.operator === 'NOT';
}

/** The same for subqueries that can share one derived table. */
export function keyOfExists(
  statement: AnalyzedStatement,
  { block, correlation }: ExistsCandidate,
): string | null {
  const relation = relationKey(statement, block);
  const keys = correlation.keys.map((key) => {
    const outer = qualify(statement, key.outer);
    return `${canonical(statement, key.inner, block)} = ${outer ? plainText(outer) : ''}`;
  });
  return relation && [relation, ...keys].join('; ');
}

/** Why a join cannot take the place of the subquery, or null. */
export function obstacleOfExists(statement: AnalyzedStatement, one: ExistsCandidate): string | null {
  const { block, outer, holder, correlation } = one;
  if (!isDeterministic(block.query, statement)) return 'the subquery calls a volatile function';
  if (isLocked(outer)) return 'the rows are locked with FOR UPDATE';
  if (!block.sources.every((s) => s.block === block && s.kind !== 'function' && s.kind !== 'unknown'))
    return 'a relation of the subquery is unknown';
  for (const key of correlation.keys) {
    if (!sameEqualitySemantics(typeOf(key.inner, statement), typeOf(key.outer, statement)))
      return 'the two sides of the correlation compare by different rules';
  }
  if (outer.joins.some((join) => join.node?.natural)) return 'a NATURAL JOIN would see the new columns';
  if (mayBeRepeated(statement, holder)) return 'GROUP BY or ORDER BY may repeat the subquery';
  const renamed = statement.dialect !== 'postgresql' && itemNamedBy(statement, holder) !== null;
  return renamed ? 'the column of the result would get another name' : null;
}

/**
 * Put conditions in the place of EXISTS, or of the NOT with it.
 *
 * @param yes true where a row exists
 * @param no true where none does
 */
export function replaceExists(
  statement: AnalyzedStatement,
  edits: RewriteEdits,
  { holder, around }: ExistsCandidate,
  yes: Fragment,
  no: Fragment,
): void {
  const negated = isNot(around);
  const place: Expression = negated ? (around as Expression) : holder;
  // beside an operator, IS NOT NULL would take the whole comparison for its operand
  const alone =
    negated ||
    around === null ||
    ['selectItem', 'caseBranch', 'select'].includes(around.kind) ||
    (around.kind === 'binary' && (around.operator === 'AND' || around.operator === 'OR'));
  const written = negated ? no : yes;
  edits.replace(place, alone && !negated ? written : parenthesized(written));
  const unnamed = negated ? null : itemNamedBy(statement, holder);
  if (unnamed) edits.insert(unnamed.end, sql` AS ${identifier('exists', statement.dialect)}`);
}

/** `alias.key = outer.column AND …` */
export function joinCondition(
  statement: AnalyzedStatement,
  correlation: Correlation,
  alias: Fragment,
  keyNames: readonly string[],
): Fragment {
  return joinFragments(
    correlation.keys.map((key, i) => {
      const outside = qualify(statement, key.outer) ?? source(statement, key.outer);
      return sql`${alias}.${identifier(keyNames[i] ?? 'key', statement.dialect)} = ${outside}`;
    }),
    sql` AND `,
  );
}
