import { referencesTo } from '../../sql/properties/usage.ts';
import type { AnalyzedStatement, Block, Conjunct, JoinStep, Source } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, parenthesized, source, sql } from '../../sql/writing/fragment.ts';
import { removesDuplicates } from '../duplicates.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/**
 * Matches SELECT DISTINCT over a join whose one side only filters; GROUP BY with no aggregates, or only with such as MAX,
 * does as DISTINCT.
 *
 * The join makes a row for each partner, and DISTINCT throws the copies away again. EXISTS asks only whether there is a
 * partner: the copies are never made.
 */
export const distinctJoinToExists: Pattern = {
  id: 'distinct-join-to-exists',
  title: 'DISTINCT over a join that only filters: EXISTS',
  category: 'joins',
  engines: allEngines('when a row has many partners; with about one partner each there is little to win'),
  severity: 'info',
  description:
    'The joined table is only there to keep rows that have a partner, but the join makes a copy for each partner, and DISTINCT must remove the copies.',
  source:
    'Pirahesh, Hellerstein and Hasan, "Extensible/rule based query rewrite optimization in Starburst", SIGMOD 1992; measured 1.6 times on PostgreSQL 15, 2.4 on embedded PostgreSQL 18, 200,000 rows',
  precondition:
    'SELECT DISTINCT, or GROUP BY with aggregates that do not see copies (MIN, MAX, COUNT(DISTINCT)), without window functions, and an inner join whose one side is used in its own conditions only.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL);',
    before: 'SELECT DISTINCT c.id, c.email FROM customers c JOIN orders o ON o.customer_id = c.id;',
    after:
      'SELECT DISTINCT c.id, c.email FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id);',
  },
  rewrites: true,
  needs: ['several sources', ['distinct', 'grouped']],
  *find(statement) {
    for (const block of statement.blocks) {
      if (block.sources.length < 2 || !block.resolved || block.select.top !== null) continue;
      const why = removesDuplicates(block, statement);
      if (why === null) continue;
      for (const filter of block.sources) {
        const conjuncts = filteringOnly(statement, block, filter);
        if (!conjuncts) continue;
        yield asExists(statement, block, filter, conjuncts, why);
        // one at a time: the other side may only filter, too
        break;
      }
    }
  },
};

/** The conjuncts that are all that mentions the relation, or null when it is used elsewhere. */
function filteringOnly(
  statement: AnalyzedStatement,
  block: Block,
  filter: Source,
): readonly Conjunct[] | null {
  if (filter.nullSupplied || filter.kind === 'unknown' || filter.kind === 'function') return null;
  const own = joinOf(block, filter);
  if (!own || !['inner', 'comma', 'cross'].includes(own.type) || own.using) return null;
  if (block.sources.some((other) => other.lateral)) return null;
  const others = block.joins.filter((step) => step !== own);
  if (others.some((step) => step.using || step.on.some((conjunct) => conjunct.sources.includes(filter))))
    return null;
  const conjuncts = [...own.on, ...block.where.filter((conjunct) => conjunct.sources.includes(filter))];
  const elsewhere = referencesTo(
    filter,
    statement,
    conjuncts.map((conjunct) => conjunct.range),
  );
  return elsewhere?.length === 0 ? conjuncts : null;
}

/** The join whose one side is that relation alone. */
function joinOf(block: Block, filter: Source): JoinStep | undefined {
  return block.joins.find((step) =>
    [step.right, step.left].some((side) => side.length === 1 && side[0] === filter),
  );
}

function asExists(
  statement: AnalyzedStatement,
  block: Block,
  filter: Source,
  conjuncts: readonly Conjunct[],
  why: string,
): Match {
  return offer(
    { start: filter.node.start, end: filter.node.end },
    `${filter.alias} only filters, but the join makes a row for each partner, and the copies are removed again. EXISTS makes none.`,
    () => existsEdits(statement, block, filter, conjuncts) ?? 'a part of the join would be lost',
    why,
  );
}

function existsEdits(
  statement: AnalyzedStatement,
  block: Block,
  filter: Source,
  conjuncts: readonly Conjunct[],
) {
  const conditions = conjuncts.map(({ expression }) => {
    const text = source(statement, expression);
    const binds = expression.kind === 'binary' && ['OR', 'XOR', '||'].includes(expression.operator);
    return binds ? parenthesized(text) : text;
  });
  const from = source(statement, filter.node);
  const exists =
    conditions.length === 0
      ? sql`EXISTS (SELECT 1 FROM ${from})`
      : sql`EXISTS (SELECT 1 FROM ${from} WHERE ${joinFragments(conditions, sql` AND `)})`;
  const edits = editing(statement).removeSource(filter).addConjunct(block, exists);
  for (const conjunct of conjuncts) if (conjunct.place === 'where') edits.removeConjunct(conjunct);
  return edits.done();
}
