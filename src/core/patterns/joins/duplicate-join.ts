import { equalitiesOf } from '../../sql/properties/equalities.ts';
import { keyCoveredByEquality } from '../../sql/properties/keys.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import type { AnalyzedStatement, Block, Conjunct, JoinStep, Source } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { stepOf } from './join-shape.ts';
import { renameReferences, sameTable } from './same-row.ts';

/** Matches a table that is joined twice by the same key and the same value: both are the same row, or both none. */
export const duplicateJoin: Pattern = {
  id: 'duplicate-join',
  title: 'Table joined twice by the same key: once is enough',
  category: 'joins',
  engines: allEngines('always: one lookup for each row less'),
  severity: 'warning',
  description:
    'Both joins look the same row up, once for each name. Generated queries and stacked views often do this.',
  source: 'Apache Calcite, AggregateJoinJoinRemoveRule and ProjectJoinJoinRemoveRule',
  precondition:
    'Both joins are LEFT JOINs or inner ones to the same table, with the same equalities to other tables, which cover a unique key, and no other conditions.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text, city text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before:
      'SELECT o.id, c1.name, c2.city FROM orders o LEFT JOIN customers c1 ON c1.id = o.customer_id LEFT JOIN customers c2 ON c2.id = o.customer_id;',
    after: 'SELECT o.id, c1.name, c1.city FROM orders o LEFT JOIN customers c1 ON c1.id = o.customer_id;',
  },
  rewrites: true,
  needs: ['join step', 'one table twice'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (!block.resolved || isLocked(block)) continue;
      const pair = pairOf(statement, block);
      if (pair) yield matchOf(statement, block, ...pair);
    }
  },
};

function pairOf(statement: AnalyzedStatement, block: Block): [Source, Source] | null {
  for (const [at, second] of block.sources.entries()) {
    const later = stepOf(block, second);
    if (!later || !isPlainStep(later)) continue;
    for (const first of block.sources.slice(0, at)) {
      const earlier = stepOf(block, first);
      if (!earlier || !sameTable(first, second) || !isPlainStep(earlier) || earlier.type !== later.type)
        continue;
      // both hang on the same rows: the second join comes after the first, with nothing but joins to its left
      if (!later.left.includes(first) || first.nullSupplied !== second.nullSupplied) continue;
      if (!keyCoveredByEquality(first, earlier.on, statement)) continue;
      if (asksTheSame(statement, earlier, first, later, second)) return [first, second];
    }
  }
  return null;
}

function isPlainStep(step: JoinStep): boolean {
  return (step.type === 'left' || step.type === 'inner') && step.using === null && step.on.length > 0;
}

/** ON says `first.k = x` there and `second.k = x` here, of the same x each, and nothing else. */
function asksTheSame(
  statement: AnalyzedStatement,
  earlier: JoinStep,
  first: Source,
  later: JoinStep,
  second: Source,
): boolean {
  const twins = (a: Conjunct, b: Conjunct): boolean => isTwin(statement, a, first, b, second);
  return (
    later.on.every((conjunct) => earlier.on.some((other) => twins(other, conjunct))) &&
    earlier.on.every((conjunct) => later.on.some((other) => twins(conjunct, other)))
  );
}

function isTwin(
  statement: AnalyzedStatement,
  a: Conjunct,
  first: Source,
  b: Conjunct,
  second: Source,
): boolean {
  const [own] = equalitiesOf(a, statement).filter(({ column }) => column.source === first);
  const [twin] = equalitiesOf(b, statement).filter(({ column }) => column.source === second);
  if (!own || !twin || own.column.name !== twin.column.name) return false;
  if (a.sources.includes(second) || b.sources.includes(first)) return false;
  return sameExpression(own.value, twin.value, statement);
}

function matchOf(statement: AnalyzedStatement, block: Block, first: Source, second: Source): Match {
  const step = stepOf(block, second);
  const range = { start: step?.node?.joinRange.start ?? second.node.start, end: second.node.end };
  const message = `${second.alias} is the same row of ${first.table?.name} as ${first.alias}: both are looked up by the same key. One join is enough.`;
  const edits = editing(statement).removeSource(second);
  const on = step?.node?.on;
  if (!on || !renameReferences(statement, block, edits, second, first, [on]))
    return blocked(range, message, `it is not known where ${second.alias} is used`);
  return offer(
    range,
    message,
    () => edits.done(),
    `the join condition covers a unique key of ${first.table?.name}, so both names mean the same row`,
  );
}
