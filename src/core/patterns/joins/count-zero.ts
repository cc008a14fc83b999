import { keysOf } from '../../sql/properties/keys.ts';
import { rejectsNullOf } from '../../sql/properties/not-null.ts';
import { referencesTo } from '../../sql/properties/usage.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { conditionOf } from '../truth.ts';

/** `a LEFT JOIN b … GROUP BY a.id HAVING count(b.id) = 0` → `a WHERE NOT EXISTS (b …)`. */
export const countZeroToNotExists: Pattern = {
  id: 'count-zero-to-not-exists',
  title: 'LEFT JOIN, GROUP BY and count = 0: NOT EXISTS',
  category: 'joins',
  industries: ['e-commerce', 'saas'],
  engines: allEngines(
    'always when rows have many partners: all of them are joined and counted to find those without',
  ),
  severity: 'warning',
  description:
    'All partners of all rows are joined, grouped and counted, only to keep the rows that have none. NOT EXISTS stops at the first partner and groups nothing.',
  source:
    'Galindo-Legaria and Joshi, "Orthogonal optimization of subqueries and aggregation", SIGMOD 2001; measured 4.3 times on embedded PostgreSQL 18, 200,000 rows',
  precondition:
    'One table, grouped by a key of it, LEFT JOINed with one other that only HAVING counts, by a column that is NULL only without a partner.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before:
      'SELECT c.id, c.name FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.name HAVING count(o.id) = 0;',
    after:
      'SELECT c.id, c.name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id);',
  },
  rewrites: true,
  needs: ['having'],
  *find(statement) {
    for (const block of statement.blocks) {
      const [test, ...others] = block.having;
      const counted = test && others.length === 0 ? countedIn(statement, block, test) : null;
      if (test && counted) yield matchOf(statement, block, test, counted);
    }
  },
};

/** The relation whose column is counted to be 0. */
function countedIn(statement: AnalyzedStatement, block: Block, { expression }: Conjunct): Source | null {
  if (expression.kind !== 'binary') return null;
  const { operator } = expression;
  const [left, right] = [unwrapParens(expression.left), unwrapParens(expression.right)];
  const bound = operator === '=' ? '0' : operator === '<' ? '1' : null;
  if (right.kind !== 'literal' || right.value !== bound || left.kind !== 'call') return null;
  if (left.function !== 'count' || left.distinct || left.filter || left.over || left.star) return null;
  const [argument, ...more] = left.args;
  const column = argument ? unwrapParens(argument.value) : null;
  if (column?.kind !== 'column' || more.length > 0 || block.aggregates.length !== 1) return null;
  const of = statement.resolve(column)?.source ?? null;
  return of?.block === block && of.nullSupplied ? of : null;
}

function matchOf(statement: AnalyzedStatement, block: Block, test: Conjunct, counted: Source): Match {
  const range = test.range;
  const message = `All rows of ${counted.alias} are joined and counted to find the rows without any. NOT EXISTS stops at the first.`;
  const obstacle = obstacleOf(statement, block, test, counted);
  if (obstacle !== null) return blocked(range, message, obstacle);
  const [step] = block.joins;
  const conditions = joinFragments(
    (step?.on ?? []).map(({ expression }) => conditionOf(statement, expression)),
    sql` AND `,
  );
  const edits = () =>
    editing(statement)
      .removeSource(counted)
      .addConjunct(
        block,
        sql`NOT EXISTS (SELECT 1 FROM ${source(statement, counted.node)} WHERE ${conditions})`,
      )
      .removeClause(block.select.clauses.groupBy)
      .removeClause(block.select.clauses.having)
      .done();
  return offer(range, message, edits, 'each group is one row with its partners, and the count of none is 0');
}

function obstacleOf(
  statement: AnalyzedStatement,
  block: Block,
  test: Conjunct,
  counted: Source,
): string | null {
  const [step, ...more] = block.joins;
  const [kept] = block.sources;
  if (!step || more.length > 0 || step.type !== 'left' || !step.node?.on || !kept || kept === counted)
    return 'more than two relations are joined';
  const { select } = block;
  if (!block.resolved || block.windows.length > 0 || select.distinct !== null || select.top || select.into)
    return 'the block does more than group';
  if (!isDeterministic(block.query, statement)) return 'a volatile function is called';
  const expression = test.expression.kind === 'binary' ? unwrapParens(test.expression.left) : null;
  const argument = expression?.kind === 'call' ? expression.args[0]?.value : undefined;
  const column = argument && unwrapParens(argument);
  const name = column?.kind === 'column' ? statement.resolve(column)?.name : undefined;
  const certain =
    counted.columns?.find((one) => one.name === name)?.notNull ||
    (column && step.on.some((conjunct) => rejectsNullOf(conjunct.expression, column, statement)));
  if (!certain) return 'the counted column may be NULL in a row that has a partner';
  if (counted.kind === 'function' || counted.kind === 'unknown' || counted.lateral)
    return 'the joined relation depends on the row before it';
  if (referencesTo(counted, statement, [step.node.on, test.range])?.length !== 0)
    return `${counted.alias} is used elsewhere`;
  if ((select.groupBy?.sets.length ?? 1) > 0) return 'it is grouped in several ways';
  const grouped = new Set(
    block.groupBy.map((e) => {
      const plain = unwrapParens(e);
      const meant = plain.kind === 'column' ? statement.resolve(plain) : null;
      return meant?.source === kept ? meant.name : null;
    }),
  );
  const key = keysOf(kept, statement).some(
    (one) => one.nullSafe && one.columns.every((name) => grouped.has(name)),
  );
  return key ? null : `groups may be of several rows of ${kept.alias}`;
}
