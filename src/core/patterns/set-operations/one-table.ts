import type { Expression, Query } from '../../sql/ast.ts';
import { rowsAreUnique } from '../../sql/properties/keys.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { areDisjoint } from '../../sql/properties/value-sets.ts';
import type { AnalyzedStatement, Block, Conjunct } from '../../sql/query-model.ts';
import { walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, parenthesized, sql } from '../../sql/writing/fragment.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { conditionOf, notTrue } from '../truth.ts';
import { isPlainBranch, plainText, sameSource, unionAllBranches, unionBranches } from './branches.ts';

/** `SELECT … FROM t WHERE p UNION SELECT … FROM t WHERE q` → `SELECT DISTINCT … FROM t WHERE p OR q`. */
export const unionToOr: Pattern = {
  id: 'union-to-or',
  title: 'UNION over one table: one scan with OR',
  category: 'set-operations',
  industries: ['analytics', 'saas'],
  engines: allEngines(
    'when no index makes each branch cheap by itself: the table is read once instead of once for each branch',
  ),
  severity: 'info',
  description:
    'All branches read the same table for the same columns with different conditions. One scan with OR reads it once, and need not compare the branches’ rows with each other.',
  source: 'measured: 2.1 times on PostgreSQL 15, 2.9 on MariaDB 10.11',
  precondition:
    'The branches read one table under one name, without grouping, and select the same expressions. DISTINCT is left out when they hold a key.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, status int, total int);',
    before:
      'SELECT customer_id FROM orders WHERE status = 3 UNION SELECT customer_id FROM orders WHERE total > 100',
    after: 'SELECT DISTINCT customer_id FROM orders WHERE status = 3 OR total > 100',
  },
  rewrites: true,
  needs: ['setOperation'],
  *find(statement) {
    for (const [query, branches] of chains(statement, unionBranches)) {
      const filters = filtersOf(statement, branches);
      if (!filters || dependsOnTarget(branches)) continue;
      const [first] = branches;
      if (!first) continue;
      const table = first.sources[0]?.table?.name ?? '';
      const message = `${table} is read ${branches.length} times for the same columns. One scan with OR reads it once.`;
      const unique = rowsAreUnique(first, statement);
      const text = () => oneScan(statement, first, filters, unique ? null : sql`SELECT DISTINCT`);
      yield made(statement, query, filters, message, text, [
        'the branches select the same of the same rows',
        unique ? 'the selected columns hold a key, so no two rows are equal' : null,
      ]);
    }
  },
};

/** UNION ALL over one table with conditions that exclude each other: one scan with OR. */
export const unionAllToOr: Pattern = {
  id: 'union-all-to-or',
  title: 'UNION ALL over separate parts of one table: one scan with OR',
  category: 'set-operations',
  industries: ['analytics', 'time-series'],
  engines: allEngines(
    'when no index makes each branch cheap by itself: the table is read once instead of once for each branch',
  ),
  severity: 'info',
  description:
    'The branches read separate parts of the same table for the same columns. One scan with OR reads it once.',
  source: 'measured: 2.1 times on PostgreSQL 15, 2.9 on MariaDB 10.11',
  precondition:
    'The branches read one table under one name, without grouping, and select the same expressions; no row can meet the conditions of two branches.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total int);',
    before:
      'SELECT customer_id FROM orders WHERE total < 10 UNION ALL SELECT customer_id FROM orders WHERE total > 1000',
    after: 'SELECT customer_id FROM orders WHERE total < 10 OR total > 1000',
  },
  rewrites: true,
  needs: ['setOperation'],
  *find(statement) {
    for (const [query, branches] of chains(statement, unionAllBranches)) {
      const filters = filtersOf(statement, branches);
      const [first] = branches;
      // one value each is the rule about lists of values
      if (!first || !filters || filters.own.every(isEquality) || dependsOnTarget(branches)) continue;
      const separate = branches.every((a, i) =>
        branches.slice(i + 1).every((b) => excludeEachOther(statement, a, b)),
      );
      if (!separate) continue;
      const table = first.sources[0]?.table?.name ?? '';
      const message = `${table} is read ${branches.length} times for the same columns. One scan with OR reads it once.`;
      const text = () => oneScan(statement, first, filters, null);
      yield made(statement, query, filters, message, text, ['no row meets the conditions of two branches']);
    }
  },
};

/** `… INTERSECT …` and `… EXCEPT …` over one table whose key is selected: conditions of one scan. */
export const setOperationOfOneTable: Pattern = {
  id: 'set-operation-of-one-table',
  title: 'INTERSECT or EXCEPT over one table: one scan with both conditions',
  category: 'set-operations',
  engines: allEngines('always: one scan instead of two, and no comparison of their rows'),
  severity: 'warning',
  description:
    'Both branches read the same table and select its key, so a common row is one and the same row. It can be asked both conditions at once.',
  source:
    'Pirahesh, Hellerstein and Hasan, "Extensible/rule based query rewrite optimization in Starburst", SIGMOD 1992; measured 2.8 times on embedded PostgreSQL 18, 200,000 rows',
  precondition:
    'The branches read one table under one name, without grouping, and select the same expressions, a key among them.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, status int, total int);',
    before: 'SELECT id FROM orders WHERE status = 3 EXCEPT SELECT id FROM orders WHERE total > 100',
    after: 'SELECT id FROM orders WHERE status = 3 AND (total > 100) IS NOT TRUE',
  },
  rewrites: true,
  needs: ['setOperation'],
  *find(statement) {
    const seen = new Set<Query>();
    for (const block of statement.blocks) {
      const { body } = block.query;
      if (!block.setBranch || seen.has(block.query) || body.kind !== 'setOperation') continue;
      seen.add(block.query);
      const [first, second, ...more] = statement.blocksOfQuery(block.query);
      const plain = body.left.kind === 'select' && body.right.kind === 'select' && !body.all;
      if (!first || !second || more.length > 0 || !plain || body.operator === 'UNION') continue;
      if (isLocked(block) || block.query.trailing.length > 0) continue;
      if (!isAlike(statement, [first, second])) continue;
      const message = `${body.operator} compares two scans of ${first.sources[0]?.table?.name ?? ''}. A row of both is one row, which can be asked both conditions at once.`;
      if (!rowsAreUnique(first, statement)) {
        yield blocked(body.operatorRange, message, 'no key is selected: equal rows may be different ones');
        continue;
      }
      const text = bothConditions(statement, body.operator, first, second);
      const raises = [first, second].some((one) => one.where.some((c) => canRaise(c.expression, statement)));
      const edits = () => (text ? editing(statement).replace(body, text).done() : null);
      yield (raises ? offerToTest : offer)(
        body.operatorRange,
        message,
        edits,
        'the selected columns hold a key, so equal rows are the same row',
      );
    }
  },
};

/** The chains of UNION or UNION ALL of a statement, each once. */
function* chains(
  statement: AnalyzedStatement,
  branchesOf: typeof unionBranches,
): Generator<readonly [Query, readonly Block[]]> {
  const seen = new Set<Query>();
  for (const block of statement.blocks) {
    if (!block.setBranch || seen.has(block.query)) continue;
    seen.add(block.query);
    const branches = branchesOf(statement, block.query);
    const recursive = statement.ctes.some((cte) => cte.recursive && cte.node === block.holder);
    if (branches && branches.length > 1 && branches.length <= MOST_BRANCHES && !recursive)
      yield [block.query, branches];
  }
}

/** Every pair of branches is compared: more would keep the editor waiting. */
const MOST_BRANCHES = 20;

/** Branches that read the same table and select the same: only their conditions differ. */
function isAlike(statement: AnalyzedStatement, branches: readonly Block[]): boolean {
  const [first] = branches;
  if (!first || !branches.every((one) => isPlainBranch(statement, one) && sameSource(first, one)))
    return false;
  if (branches.some((one) => one.select.rest.length > 0 || one.select.qualify !== null)) return false;
  const list = ({ select }: Block): string =>
    select.items.map((item) => plainText(statement, item.expression)).join(', ');
  return branches.every((one) => list(one) === list(first));
}

/** What is asked in all branches, and what each asks besides; none of that for a branch without more. */
interface Filters {
  readonly shared: ReadonlySet<string>;
  readonly own: readonly (readonly Conjunct[])[];
}

function filtersOf(statement: AnalyzedStatement, branches: readonly Block[]): Filters | null {
  if (!isAlike(statement, branches)) return null;
  const texts = branches.map((one) => one.where.map((c) => plainText(statement, c.expression)));
  const shared = new Set(texts[0]?.filter((text) => texts.every((all) => all.includes(text))));
  const own = branches.map((one) => one.where.filter((c) => !shared.has(plainText(statement, c.expression))));
  // equal branches need no OR, and a parameter by position is another one in each
  return own.every((conjuncts) => conjuncts.length > 0) ? { shared, own } : null;
}

/** INSERT gives an untyped literal the type of its column, a union makes it a text. */
function dependsOnTarget(branches: readonly Block[]): boolean {
  return branches.some((one) => one.role === 'source' && one.outputs.some((output) => output.type === null));
}

/** The first branch with the conditions of all. */
function oneScan(
  statement: AnalyzedStatement,
  first: Block,
  { own }: Filters,
  select: Fragment | null,
): Fragment | null {
  const parts = own.map((conjuncts) => {
    const all = together(statement, conjuncts);
    return conjuncts.length > 1 ? parenthesized(all) : all;
  });
  const [firstOwn = [], ...others] = own;
  const [replaced, ...removed] = firstOwn;
  if (!replaced || others.length === 0) return null;
  const copy = new QueryCopy(statement, first)
    .replaceConjunct(replaced, joinFragments(parts, sql` OR `))
    .withoutConjuncts(removed);
  if (select) copy.replace(first.select.clauses.select, select);
  return copy.done();
}

function together(statement: AnalyzedStatement, conjuncts: readonly Conjunct[]): Fragment {
  return joinFragments(
    conjuncts.map(({ expression }) => conditionOf(statement, expression)),
    sql` AND `,
  );
}

function bothConditions(
  statement: AnalyzedStatement,
  operator: 'INTERSECT' | 'EXCEPT',
  first: Block,
  second: Block,
): Fragment | null {
  const known = new Set(first.where.map((c) => plainText(statement, c.expression)));
  const copy = new QueryCopy(statement, first);
  if (operator === 'INTERSECT') {
    const more = second.where.filter((c) => !known.has(plainText(statement, c.expression)));
    for (const conjunct of more) copy.addConjunct(conditionOf(statement, conjunct.expression));
    return copy.done();
  }
  // everything without everything is nothing: not worth a rule
  if (second.where.length === 0) return null;
  return copy.addConjunct(notTrue(statement, together(statement, second.where))).done();
}

function made(
  statement: AnalyzedStatement,
  query: Query,
  filters: Filters,
  message: string,
  write: () => Fragment | null,
  facts: readonly (string | null)[],
): Match {
  const edits = () => {
    const text = write();
    return text && editing(statement).replace(query.body, text).done();
  };
  const raises = filters.own.some((all) => all.some((c) => canRaise(c.expression, statement)));
  return (raises ? offerToTest : offer)(query.body, message, edits, ...facts);
}

function isEquality(conjuncts: readonly Conjunct[]): boolean {
  const [only] = conjuncts;
  return conjuncts.length === 1 && only?.expression.kind === 'binary' && only.expression.operator === '=';
}

/** Some column cannot have a value that meets the conditions of both. */
function excludeEachOther(statement: AnalyzedStatement, a: Block, b: Block): boolean {
  return columnsIn(a).some((x) => {
    const name = statement.resolve(x)?.name;
    const y = columnsIn(b).find((one) => statement.resolve(one)?.name === name);
    return name !== undefined && y !== undefined && areDisjoint(a.where, x, b.where, y, statement);
  });
}

function columnsIn(block: Block): Extract<Expression, { kind: 'column' }>[] {
  const found: Extract<Expression, { kind: 'column' }>[] = [];
  for (const { expression } of block.where) {
    walk(expression, (node) => {
      if (node.kind === 'column') found.push(node);
    });
  }
  return found;
}
