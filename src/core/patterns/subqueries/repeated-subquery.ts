import type { Query } from '../../sql/ast.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { dependsOnRowOrder, isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import type { TextEdit } from '../../sql/text.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, sql, verbatim } from '../../sql/writing/fragment.ts';
import { identifier, inventName } from '../../sql/writing/identifiers.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { blocked, offer } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';

const PAYS =
  'when the subquery reads much and returns little: it is computed once and stored; filters from outside no longer reach it';

const ENGINES: readonly EngineSupport[] = [
  { dialect: 'postgresql', pays: PAYS },
  { dialect: 'mysql', from: 8, pays: PAYS },
  { dialect: 'mariadb', pays: PAYS },
];

/**
 * Matches the same uncorrelated query written as a derived table or in IN several times.
 *
 * Each is computed by itself. As a CTE that is read several times it is computed once. (T-SQL computes a CTE at each place, so it
 * is not for SQL Server.)
 */
export const repeatedSubquery: Pattern = {
  id: 'repeated-subquery-to-cte',
  title: 'The same subquery several times: one CTE',
  category: 'subqueries',
  engines: ENGINES,
  severity: 'info',
  description:
    'The same query is written, and computed, several times in one statement. As a CTE it is computed once, and read where it is needed.',
  source:
    'Zhou, Larson, Freytag and Lehner, "Efficient exploitation of similar subexpressions", SIGMOD 2007; measured 1.75 times on PostgreSQL 15',
  precondition:
    'The queries are alike in everything, uncorrelated, deterministic, and do not depend on the order of rows.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total int); CREATE TABLE customers (id int PRIMARY KEY, referred_by int);',
    before: `SELECT c.id, t.total FROM customers c JOIN (SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id) t ON t.customer_id = c.id JOIN (SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id) r ON r.customer_id = c.referred_by;`,
    after: `WITH shared AS (SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id) SELECT c.id, t.total FROM customers c JOIN shared t ON t.customer_id = c.id JOIN shared r ON r.customer_id = c.referred_by;`,
  },
  rewrites: true,
  needs: [['as derived', 'as in']],
  *find(statement) {
    const all = statement.blocks.filter((block) => isCostly(block));
    if (all.length < 2) return;
    const seen = new Set<Block>();
    for (const first of all) {
      if (seen.has(first)) continue;
      const group = all.filter((other) => sameExpression(first.query, other.query, statement));
      for (const one of group) for (const inside of insideOf(all, one)) seen.add(inside);
      if (group.length > 1) yield matchOf(statement, group);
    }
  },
};

/** A derived table or IN over a SELECT that does more than read a table. */
function isCostly(block: Block): boolean {
  const { query, select, role, holder, outerReferences, resolved } = block;
  if (query.body !== select || !resolved || outerReferences.length > 0 || query.with !== null) return false;
  if (role === 'derived' && !(holder?.kind === 'derived' && holder.alias)) return false;
  if (role !== 'derived' && role !== 'in') return false;
  return block.grouped || block.sources.length > 1 || select.distinct === 'distinct';
}

/** The block and those within: a larger query that is the same takes its parts along. */
function insideOf(all: readonly Block[], { query }: Block): Block[] {
  return all.filter((other) => query.start <= other.query.start && other.query.end <= query.end);
}

function matchOf(statement: AnalyzedStatement, group: readonly Block[]): Match {
  const [first, second] = group as [Block, Block];
  const message = `The same query is computed ${group.length} times. As a CTE it is computed once.`;
  const range = { start: second.query.start, end: second.query.end };
  const why = obstacle(statement, first, group);
  if (why !== null) return blocked(range, message, why);
  return offer(range, message, () => editsOf(statement, group), 'the query gives the same rows each time');
}

function obstacle(statement: AnalyzedStatement, first: Block, group: readonly Block[]): string | null {
  if (statement.tree.kind !== 'queryStatement') return 'the statement is no plain query';
  if (!isDeterministic(first.query, statement)) return 'it calls a volatile function';
  if (dependsOnRowOrder(first.query) || first.query.locking.length > 0)
    return 'its rows depend on their order';
  if (group.some((one) => one.query.trailing.length > 0)) return 'a part of it is not understood';
  if (first.outputs.some((output) => output.name === null) || !first.outputsComplete)
    return 'a column has no name of its own';
  const names = first.outputs.map((output) => output.name);
  if (new Set(names).size < names.length) return 'two of its columns have one name';
  return readsCte(statement, first.query) ? 'it reads a CTE' : null;
}

/** A CTE that is put before the others cannot read them. */
function readsCte(statement: AnalyzedStatement, query: Query): boolean {
  return statement.blocks.some(
    (block) =>
      query.start <= block.select.start &&
      block.select.end <= query.end &&
      block.sources.some((source) => source.kind === 'cte'),
  );
}

function editsOf(statement: AnalyzedStatement, group: readonly Block[]): TextEdit[] | null {
  const [first] = group as [Block, ...Block[]];
  if (statement.tree.kind !== 'queryStatement') return null;
  const name = identifier(inventName(statement, 'shared'), statement.dialect);
  const body = new QueryCopy(statement, first, first.query).moved();
  if (!body) return null;
  const edits = editing(statement).addCte(statement.tree.query, sql`${name} AS (${body})`, 'first');
  for (const { holder, query } of group) {
    if (holder?.kind === 'derived' && holder.alias) {
      edits.replace(
        { start: holder.start, end: holder.alias.start },
        joinFragments([name, verbatim(' ')], verbatim('')),
      );
    } else edits.replace(query, sql`SELECT * FROM ${name}`);
  }
  return edits.done();
}
