import type { FromItem, Join } from '../../sql/ast.ts';
import type { AnalyzedStatement, Block, Conjunct, JoinStep, Source } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import {
  type Fragment,
  joinFragments,
  lineBreak,
  parenthesized,
  source,
  sql,
} from '../../sql/writing/fragment.ts';
import { identifier } from '../../sql/writing/identifiers.ts';
import { allEngines, enginesOf } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { conditionOf } from '../truth.ts';

/** `a RIGHT JOIN b` → `b LEFT JOIN a`. */
export const rightToLeftJoin: Pattern = {
  id: 'right-to-left-join',
  title: 'RIGHT JOIN: a LEFT JOIN reads more easily',
  category: 'joins',
  engines: allEngines('not by itself: the plan is the same; other rules and readers know LEFT JOIN better'),
  severity: 'hint',
  description:
    'A RIGHT JOIN names the table that keeps all its rows last. Chains of both kinds are hard to read, and easily wrong.',
  source: 'https://www.postgresql.org/docs/current/queries-table-expressions.html, "outer joins"',
  precondition:
    'The join has an ON, the block no SELECT *, whose columns would change their order, and no USING.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before: 'SELECT c.name, o.id FROM orders o RIGHT JOIN customers c ON c.id = o.customer_id;',
    after: 'SELECT c.name, o.id FROM customers c LEFT JOIN orders o ON c.id = o.customer_id;',
  },
  rewrites: true,
  styleOnly: true,
  needs: ['outer join'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const step of block.joins) {
        if (step.type === 'right' && step.node?.on) yield swapped(statement, block, step.node);
      }
    }
  },
};

function swapped(statement: AnalyzedStatement, block: Block, join: Join): Match {
  const message =
    'The RIGHT JOIN keeps all rows of the table that is named last. Swapped, it is a LEFT JOIN.';
  const { joinRange } = join;
  const stars = block.select.items.some(
    ({ expression }) => expression.kind === 'star' && expression.qualifier.length === 0,
  );
  if (stars) return blocked(joinRange, message, 'SELECT * would give the columns in another order');
  if (block.joins.some((step) => step.using !== null || step.node?.natural))
    return blocked(joinRange, message, 'USING or NATURAL merges columns by the order of the tables');
  if (block.sources.some((one) => one.lateral))
    return blocked(joinRange, message, 'a relation depends on the row before it');
  if (/HASH|LOOP|MERGE|REMOTE/i.test(statement.text.slice(joinRange.start, joinRange.end)))
    return blocked(joinRange, message, 'the join has a hint');
  const left = source(statement, join.left);
  const edits = () =>
    editing(statement)
      .replace(join.left, source(statement, join.right))
      .setJoinWords(join, sql`LEFT JOIN`)
      .replace(join.right, join.left.kind === 'join' ? parenthesized(left) : left)
      .done();
  return offer(joinRange, message, edits, 'no SELECT * depends on the order of the tables');
}

/** `a NATURAL JOIN b` → `a JOIN b USING (the columns that both have today)`. */
export const naturalJoin: Pattern = {
  id: 'natural-join',
  title: 'NATURAL JOIN: name the columns',
  category: 'joins',
  // SQL Server has neither NATURAL nor USING
  engines: enginesOf(
    ['postgresql', 'mysql', 'mariadb'],
    'not by itself: the plan is the same, but it stays so',
  ),
  severity: 'warning',
  description:
    'A NATURAL JOIN compares all columns that have the same name in both tables. One more column of such a name (created_at, say) silently makes it another join.',
  source: 'https://www.postgresql.org/docs/current/queries-table-expressions.html, "NATURAL"',
  precondition: 'The columns of both sides are known, and they have some in common.',
  example: {
    schema:
      'CREATE TABLE customers (customer_id int PRIMARY KEY, name text); CREATE TABLE orders (order_id int PRIMARY KEY, customer_id int);',
    before: 'SELECT name, order_id FROM customers NATURAL JOIN orders;',
    after: 'SELECT name, order_id FROM customers JOIN orders USING (customer_id);',
  },
  rewrites: true,
  styleOnly: true,
  needs: ['join'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const step of block.joins) {
        if (step.node?.natural) yield named(statement, step, step.node);
      }
    }
  },
};

function named(statement: AnalyzedStatement, step: JoinStep, join: Join): Match {
  const shared = sharedNames(step);
  if (shared === null || shared.length === 0) {
    const message =
      'A NATURAL JOIN compares all columns of the same name, today’s and tomorrow’s. Name them.';
    const reason = shared
      ? 'no column has the same name on both sides'
      : 'the columns of a side are not known';
    return blocked(join.joinRange, message, reason);
  }
  const list = shared.join(', ');
  const message = `The NATURAL JOIN is one by ${list} today, and another one when both sides get one more column of the same name. Name the columns.`;
  const names = joinFragments(shared.map((name) => identifier(name, statement.dialect)));
  const edits = editing(statement)
    .setJoinWords(join, WORDS[step.type] ?? sql`JOIN`)
    .insert(join.right.end, sql` USING (${names})`);
  if (!WORDS[step.type]) edits.fail();
  return offer(
    join.joinRange,
    message,
    () => edits.done(),
    `both sides have ${list} in common, and nothing else`,
  );
}

const WORDS: Partial<Readonly<Record<JoinStep['type'], Fragment>>> = {
  inner: sql`JOIN`,
  left: sql`LEFT JOIN`,
  right: sql`RIGHT JOIN`,
  full: sql`FULL JOIN`,
};

/** Names of columns on both sides, in the order of the left one; null when a side is not known or names one twice. */
function sharedNames({ left, right }: JoinStep): string[] | null {
  const names = (sources: readonly Source[]): string[] | null => {
    const all = sources.flatMap((one) => one.columns?.map((column) => column.name) ?? ['']);
    return all.includes('') || new Set(all).size < all.length ? null : all;
  };
  const [a, b] = [names(left), names(right)];
  return a && b ? a.filter((name) => b.includes(name)) : null;
}

/** `FROM a, b WHERE a.x = b.x` → `FROM a JOIN b ON a.x = b.x`. */
export const commaJoin: Pattern = {
  id: 'comma-join',
  title: 'Tables joined by commas and WHERE: write JOIN with ON',
  category: 'joins',
  engines: allEngines('not by itself: the plan is the same; a forgotten condition is seen at once'),
  severity: 'hint',
  description:
    'What joins the tables and what filters the rows stand in one heap in WHERE. With JOIN and ON each table has its condition beside it, and a forgotten one is an error.',
  source: 'SQL antipatterns; https://dev.mysql.com/doc/refman/8.4/en/join.html',
  precondition:
    'All items of FROM are relations without joins of their own, and a condition connects each with one before it.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before: 'SELECT c.name, o.id FROM customers c, orders o WHERE o.customer_id = c.id AND o.id > 5;',
    after: 'SELECT c.name, o.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.id > 5;',
  },
  rewrites: true,
  styleOnly: true,
  needs: ['comma join'],
  *find(statement) {
    for (const block of statement.blocks) {
      const match = spelledOut(statement, block);
      if (match) yield match;
    }
  },
};

function spelledOut(statement: AnalyzedStatement, block: Block): Match | null {
  const { from } = block.select;
  const [first, ...rest] = from;
  if (!first || rest.length === 0 || !block.resolved || !from.every(isRelation)) return null;
  if (block.sources.length !== from.length || block.sources.some((one) => one.lateral)) return null;
  const edits = editing(statement);
  const used = new Set<Conjunct>();
  let before: FromItem = first;
  let pending = sql``;
  for (const [at, item] of rest.entries()) {
    const seen = new Set(block.sources.slice(0, at + 2));
    const own = block.sources[at + 1];
    const conditions = block.where.filter(
      ({ sources }) =>
        own !== undefined &&
        sources.length > 1 &&
        sources.includes(own) &&
        sources.every((one) => seen.has(one)),
    );
    if (conditions.length === 0) return null;
    for (const conjunct of conditions) used.add(conjunct);
    const on = joinFragments(
      conditions.map(({ expression }) => conditionOf(statement, expression)),
      sql` AND `,
    );
    const gap = { start: before.end, end: item.start };
    const breaks = statement.text.slice(gap.start, gap.end).includes('\n');
    edits.replace(gap, breaks ? sql`${pending}${lineBreak()}JOIN ${''}` : sql`${pending} JOIN ${''}`);
    pending = sql` ON ${on}`;
    before = item;
  }
  edits.insert(before.end, pending);
  for (const conjunct of used) edits.removeConjunct(conjunct);
  return offer(
    { start: first.start, end: before.end },
    'The tables are listed with commas, and WHERE says how they are joined. JOIN with ON keeps each condition beside its table.',
    () => edits.done(),
    'inner joins are the same whether ON or WHERE filters',
  );
}

function isRelation(item: FromItem): boolean {
  return item.kind === 'table' || (item.kind === 'derived' && !item.lateral);
}
