import { keyCoveredByEquality } from '../../sql/properties/keys.ts';
import type { AnalyzedStatement, Block, Conjunct, Source } from '../../sql/query-model.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { isInner } from './join-shape.ts';

/** Two one-to-many joins of one table, summed up: each side multiplies the other. */
export const joinFanOut: Pattern = {
  id: 'join-fan-out',
  title: 'Sum over two one-to-many joins: each multiplies the other',
  category: 'joins',
  industries: ['e-commerce', 'analytics'],
  engines: allEngines('always: the rows of both sides are multiplied, and sums and counts are too high'),
  severity: 'warning',
  description:
    'Each row of one side is paired with each row of the other, so sums and counts of either are too high by the number of rows of the other.',
  source: 'Kimball, "The Data Warehouse Toolkit", "drilling across"; SQL antipatterns: fan trap',
  precondition:
    'Advice: two tables are joined to the same unique key of a third by columns that are not unique, nothing connects them with each other, and SUM, COUNT or AVG is asked for.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total int); CREATE TABLE calls (id int PRIMARY KEY, customer_id int);',
    before:
      'SELECT c.id, sum(o.total), count(k.id) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id LEFT JOIN calls k ON k.customer_id = c.id GROUP BY c.id;',
    after: null,
  },
  rewrites: false,
  needs: ['aggregate', 'several sources', ['calls sum', 'calls count', 'calls avg']],
  *find(statement) {
    for (const block of statement.blocks) {
      const counted = block.aggregates.find(
        (call) => ['sum', 'count', 'avg'].includes(call.function) && !call.distinct,
      );
      const pair = counted && block.resolved ? fannedOut(statement, block) : null;
      if (!pair) continue;
      const [a, b, parent] = pair;
      yield advice(
        { start: b.node.start, end: b.node.end },
        `Each ${parent.alias} meets all pairs of its rows in ${a.alias} and ${b.alias}: sums and counts are too high. Sum up each of them in a derived table by ${parent.alias} first.`,
      );
    }
  },
};

/** Two sources that are joined to one row of a third each, with many rows. */
function fannedOut(statement: AnalyzedStatement, block: Block): [Source, Source, Source] | null {
  if (block.sources.length < 3) return null;
  const all = [...block.joins.flatMap((step) => step.on), ...block.where];
  if (block.joins.some((step) => !isInner(step) && step.type !== 'left')) return null;
  for (const parent of block.sources) {
    const many = block.sources.filter((one) => isManyOf(statement, one, parent, all));
    for (const [i, a] of many.entries()) {
      const b = many.slice(i + 1).find((other) => !connected(a, other, all));
      if (b) return [a, b, parent];
    }
  }
  return null;
}

function isManyOf(
  statement: AnalyzedStatement,
  child: Source,
  parent: Source,
  conjuncts: readonly Conjunct[],
): boolean {
  if (child === parent || child.kind !== 'table' || !child.table || parent.kind !== 'table') return false;
  const between = conjuncts.filter(
    ({ sources }) => sources.length === 2 && sources.includes(child) && sources.includes(parent),
  );
  const own = conjuncts.filter(({ sources }) => sources.includes(child));
  return (
    between.length > 0 &&
    keyCoveredByEquality(parent, between, statement) !== null &&
    keyCoveredByEquality(child, own, statement) === null
  );
}

function connected(a: Source, b: Source, conjuncts: readonly Conjunct[]): boolean {
  return conjuncts.some(({ sources }) => sources.includes(a) && sources.includes(b));
}
