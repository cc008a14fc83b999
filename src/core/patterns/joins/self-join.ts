import { isLocked } from '../../sql/properties/locking.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, JoinStep, Source } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { parenthesized, sql } from '../../sql/writing/fragment.ts';
import { aliasOf, columnOf } from '../../sql/writing/identifiers.ts';
import { rebase, withAlias } from '../../sql/writing/rebase.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { needsParentheses } from '../truth.ts';
import { isInner, stepOf } from './join-shape.ts';
import { keyWithin, renameReferences, sameTable, sharedColumn } from './same-row.ts';

/** Matches an inner join of a table with itself by its key: both are the same row. */
export const selfJoinOnKey: Pattern = {
  id: 'self-join-on-key',
  title: 'Join of a table with itself by its key: one is enough',
  category: 'joins',
  engines: [
    ...allEngines('always: one scan and one join less').filter(({ dialect }) => dialect !== 'postgresql'),
    {
      dialect: 'postgresql',
      until: 17,
      pays: 'always: one scan and one join less; 18 leaves the join out itself',
    },
  ],
  severity: 'warning',
  description:
    'Joined by a unique key, each row of the table finds itself. Views and generated queries often do this.',
  source:
    'measured 2.9 times on PostgreSQL 15; "self-join elimination" in the release notes of PostgreSQL 18',
  precondition:
    'Both sides are the same table under an inner join, and equalities cover all columns of a unique key. For a nullable column IS NOT NULL is added.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total numeric NOT NULL, status text NOT NULL);',
    before:
      "SELECT a.id, b.total FROM orders a JOIN orders b ON b.id = a.id WHERE a.status = 'open' AND b.total > 5;",
    after: "SELECT a.id, a.total FROM orders a WHERE a.status = 'open' AND a.total > 5;",
  },
  rewrites: true,
  needs: ['join step', 'one table twice'],
  *find(statement) {
    for (const block of statement.blocks) {
      const pair = pairOf(statement, block);
      if (pair) yield matchOf(statement, block, pair);
    }
  },
};

interface Pair {
  readonly kept: Source;
  readonly dropped: Source;
  readonly step: JoinStep;
  readonly equal: readonly Conjunct[];
  readonly columns: ReadonlySet<string>;
}

function pairOf(statement: AnalyzedStatement, block: Block): Pair | null {
  if (!block.resolved || isLocked(block)) return null;
  for (const dropped of block.sources) {
    const step = stepOf(block, dropped);
    if (!step || !isInner(step) || step.using || dropped.nullSupplied) continue;
    for (const kept of step.left) {
      if (kept.nullSupplied || !sameTable(kept, dropped)) continue;
      const equal = [...step.on, ...block.where].filter((one) => sharedColumn(statement, one, kept, dropped));
      const columns = new Set(equal.map((one) => sharedColumn(statement, one, kept, dropped) ?? ''));
      if (keyWithin(statement, kept, columns)) return { kept, dropped, step, equal, columns };
    }
  }
  return null;
}

function matchOf(statement: AnalyzedStatement, block: Block, pair: Pair): Match {
  const { kept, dropped, step, equal, columns } = pair;
  const range = { start: dropped.node.start, end: dropped.node.end };
  const key = keyWithin(statement, kept, columns);
  const message = `${dropped.alias} is the same row of ${kept.table?.name} as ${kept.alias}: they are joined by ${[...columns].join(', ')}, which is unique. One of them is enough.`;
  if (step.on.some((one) => !isDeterministic(one.expression, statement)))
    return blocked(range, message, 'a volatile function is called');
  const edits = editing(statement).removeSource(dropped);
  // the rest of ON goes to WHERE, said of the row that is kept
  const alias = aliasOf(kept, statement.dialect);
  for (const { expression, hasSubquery } of step.on.filter((one) => !equal.includes(one))) {
    const moved = hasSubquery ? null : rebase(statement, expression, withAlias(statement, dropped, alias));
    if (!moved) return blocked(range, message, 'ON holds another condition that cannot be moved to WHERE');
    edits.addConjunct(block, needsParentheses(expression) ? parenthesized(moved) : moved);
  }
  for (const conjunct of equal) if (conjunct.place === 'where') edits.removeConjunct(conjunct);
  const renamed = renameReferences(statement, block, edits, dropped, kept, [
    ...equal.map((one) => one.range),
    ...(step.node?.on ? [step.node.on] : []),
  ]);
  if (!renamed) return blocked(range, message, `it is not known where ${dropped.alias} is used`);
  for (const name of columns) {
    const column = kept.columns?.find((one) => one.name === name);
    if (column && !column.notNull)
      edits.addConjunct(block, sql`${columnOf(kept, name, statement.dialect)} IS NOT NULL`);
  }
  return offer(range, message, () => edits.done(), `${key?.reason} is a unique key of ${kept.table?.name}`);
}
