import type { TypeFamily } from '../../catalog/catalog.ts';
import type { ColumnRef, Expression, Node } from '../../sql/ast.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source } from '../../sql/writing/fragment.ts';
import { isWithin } from '../correlation.ts';
import { allEngines } from '../engines.ts';
import { whenAsked } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/**
 * Matches a condition of HAVING that mentions grouping columns only.
 *
 * It is the same for all rows of a group, so it can drop them before they are grouped; and in WHERE it can use an index
 * or become a join.
 */
export const havingToWhere: Pattern = {
  id: 'having-to-where',
  title: 'HAVING on a grouping column: filter before grouping',
  category: 'aggregation',
  engines: allEngines(
    'when the condition is selective and holds a subquery or has an index; plain conditions PostgreSQL moves itself',
  ),
  severity: 'info',
  description:
    'Groups are built, aggregated and then thrown away by a condition on their key. In WHERE the condition drops the rows before they are grouped.',
  source: 'PostgreSQL manual, "The GROUP BY and HAVING Clauses"',
  precondition:
    'The condition mentions grouping expressions only, no aggregate and nothing volatile; GROUP BY has no grouping sets.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total numeric NOT NULL);',
    before:
      'SELECT o.customer_id, sum(o.total) FROM orders o GROUP BY o.customer_id HAVING o.customer_id IN (1, 2);',
    after:
      'SELECT o.customer_id, sum(o.total) FROM orders o WHERE o.customer_id IN (1, 2) GROUP BY o.customer_id;',
  },
  rewrites: true,
  needs: ['having', 'groupBy'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (!block.resolved || block.groupBy.length === 0 || (block.select.groupBy?.sets.length ?? 1) > 0)
        continue;
      for (const conjunct of block.having) {
        if (isOfKeysOnly(statement, block, conjunct)) yield moved(statement, block, conjunct);
      }
    }
  },
};

function isOfKeysOnly(statement: AnalyzedStatement, block: Block, conjunct: Conjunct): boolean {
  if (!isDeterministic(conjunct.expression, statement)) return false;
  let references = 0;
  let keysOnly = true;
  walk(conjunct.expression, (node) => {
    if (node.kind === 'call' && (block.aggregates.includes(node) || node.over)) keysOnly = false;
    if (isWholeKey(statement, block, node)) {
      references++;
      return false;
    }
    if (node.kind !== 'column') return keysOnly;
    const column = statement.resolve(node);
    if (!column || statement.outputOf(node)) keysOnly = false;
    else if (column.source.block === block) {
      references++;
      keysOnly &&= block.groupBy.some((key) => sameExpression(key, node, statement));
      keysOnly &&= isOneValue(statement, conjunct.expression, node);
    } else if (!isWithin(column.source.block, block)) references++;
    return keysOnly;
  });
  return keysOnly && references > 0;
}

/** A grouping expression that is more than a column, and the same value for all rows of a group. */
function isWholeKey(statement: AnalyzedStatement, block: Block, node: Node): boolean {
  if (node.kind !== 'call' && node.kind !== 'binary' && node.kind !== 'cast' && node.kind !== 'case')
    return false;
  if (!block.groupBy.some((key) => sameExpression(key, node, statement))) return false;
  const type = typeOf(node, statement);
  return type?.deterministic === true && IDENTICAL.has(type.family);
}

/** Families in which equal values are one value, whatever function looks at them. */
const IDENTICAL: ReadonlySet<TypeFamily> = new Set<TypeFamily>([
  'integer',
  'text',
  'boolean',
  'date',
  'timestamp',
  'timestamptz',
  'time',
  'uuid',
]);

/**
 * All rows of a group give the condition the same value: the group is made of one value of the column (1.0 and 1.00 are
 * one group of two), or the condition does no more than compare it.
 */
function isOneValue(statement: AnalyzedStatement, condition: Expression, column: ColumnRef): boolean {
  const type = typeOf(column, statement);
  if (!type?.deterministic) return false;
  if (IDENTICAL.has(type.family)) return true;
  const operands =
    condition.kind === 'binary' && /^(=|<>|<|<=|>|>=)$/.test(condition.operator)
      ? [condition.left, condition.right]
      : condition.kind === 'between' || condition.kind === 'in' || condition.kind === 'is'
        ? [condition.operand]
        : [];
  return operands.some((operand) => unwrapParens(operand) === column);
}

function moved(statement: AnalyzedStatement, block: Block, conjunct: Conjunct): Match {
  const { expression } = conjunct;
  return whenAsked(
    { start: expression.start, end: expression.end },
    'The condition is on the grouping key, so it can drop the rows in WHERE before they are grouped.',
    () => {
      const edits = editing(statement).moveConjunct(conjunct, block, source(statement, expression)).done();
      if (!edits) return 'the condition cannot be moved without a loss';
      return {
        edits,
        assumptions: ['the condition has the same value for all rows of a group'],
        soundness: canRaise(expression, statement) ? 'likely' : 'proved',
      };
    },
  );
}
