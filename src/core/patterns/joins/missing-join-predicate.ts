import { isAtMostOneRow } from '../../sql/properties/keys.ts';
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import { allEngines } from '../engines.ts';
import type { Pattern } from '../pattern.ts';

/** Matches relations of one FROM that no condition connects: each row of one meets each row of the other. */
export const missingJoinPredicate: Pattern = {
  id: 'missing-join-predicate',
  title: 'No condition connects two tables',
  category: 'joins',
  engines: allEngines('always: the result grows with the product of the tables'),
  severity: 'warning',
  description:
    'Nothing in ON or WHERE connects the tables, so every row of one is paired with every row of the other. Usually a join condition was forgotten.',
  source: 'SQL antipatterns: implicit Cartesian product',
  precondition:
    'Advice for inner joins and lists; not for CROSS JOIN, which says so, nor for a relation of at most one row.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL);',
    before: 'SELECT c.id, o.id FROM customers c, orders o WHERE c.id > 10;',
    after: null,
  },
  rewrites: false,
  needs: ['several sources'],
  *find(statement) {
    for (const block of statement.blocks) {
      const lonely = unconnected(statement, block);
      if (!lonely) continue;
      yield {
        range: { start: lonely.node.start, end: lonely.node.end },
        message: `No condition connects ${lonely.alias} with the other tables: every row is paired with every row. Add the join condition, or write CROSS JOIN if that is meant.`,
        rewrite: null,
      };
    }
  },
};

/** The first relation that is connected with none before it, or null. */
function unconnected(statement: AnalyzedStatement, block: Block): Source | null {
  if (block.sources.length < 2 || !block.resolved) return null;
  const groups = new Map<Source, Source>(block.sources.map((source) => [source, source]));
  const rootOf = (source: Source): Source => {
    let at = source;
    for (let next = groups.get(at); next !== undefined && next !== at; next = groups.get(at)) at = next;
    return at;
  };
  const connect = (sources: readonly Source[]): void => {
    const [first, ...rest] = sources;
    if (first) for (const other of rest) groups.set(rootOf(other), rootOf(first));
  };
  for (const conjunct of [...block.where, ...block.joins.flatMap((join) => join.on)])
    connect(conjunct.sources);
  for (const step of block.joins) {
    if (step.using || (step.type !== 'inner' && step.type !== 'comma'))
      connect([...step.left, ...step.right]);
  }
  const [first, ...rest] = block.sources;
  if (!first) return null;
  return rest.find((source) => rootOf(source) !== rootOf(first) && !mayStandAlone(statement, source)) ?? null;
}

/** A relation that meets others on purpose: one row, or a function of the rows before it. */
function mayStandAlone(statement: AnalyzedStatement, source: Source): boolean {
  if (source.lateral || source.kind === 'function' || source.kind === 'unknown') return true;
  return source.query !== null && isAtMostOneRow(source.query, statement);
}
