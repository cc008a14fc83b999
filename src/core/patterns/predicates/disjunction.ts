import type { Expression } from '../../sql/ast.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { isNotNullExpression } from '../../sql/properties/not-null.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, Source } from '../../sql/query-model.ts';
import { disjunctsOf, walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import {
  type Fragment,
  joinFragments,
  lineBreak,
  parenthesized,
  source,
  sql,
} from '../../sql/writing/fragment.ts';
import { aliasOf } from '../../sql/writing/identifiers.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { allEngines } from '../engines.ts';
import { whenAsked } from '../offer.ts';
import type { Match, Pattern, Rewrite } from '../pattern.ts';
import { hasSubquery } from '../subquery-shape.ts';
import { notTrue } from '../truth.ts';

/** More branches than this make the statement longer than its gain. */
const MOST_BRANCHES = 4;

const ENGINES = allEngines(
  'when each side alone can use an index or become a semi-join; a side that reads the whole table anyway is then read twice',
);

/**
 * Matches `p OR EXISTS (…)`, `x IN (…) OR y IN (…)` and the like over one table of FROM.
 *
 * A subquery under OR cannot become a semi-join: it runs for each row. Split, each branch has only ANDs. The second
 * branch leaves out what the first has, with `IS NOT TRUE` so that UNKNOWN counts as not taken: every row comes out
 * exactly as often as before.
 */
export const orSubqueryToUnion: Pattern = {
  id: 'or-subquery-to-union-all',
  title: 'OR with a subquery: one branch each, joined by UNION ALL',
  category: 'predicates',
  engines: ENGINES,
  severity: 'warning',
  description:
    'A subquery under OR cannot become a semi-join, so it is evaluated row by row. As branches of a UNION ALL, each side is planned by itself.',
  source:
    'Bellamkonda et al., "Enhanced subquery optimizations in Oracle", VLDB 2009; measured 5 to 44 times on PostgreSQL 15',
  precondition:
    'The sides mention one plain table of FROM that no outer join null-supplies, and are deterministic. Later branches exclude the earlier ones with IS NOT TRUE.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL); CREATE TABLE returns (order_id int NOT NULL);',
    before: `SELECT o.id
FROM orders o
WHERE o.customer_id = 7
   OR o.id IN (SELECT r.order_id FROM returns r);`,
    after: `SELECT o.id
FROM (
  SELECT * FROM orders o WHERE o.customer_id = 7
  UNION ALL
  SELECT * FROM orders o WHERE NOT (o.customer_id = 7) AND o.id IN (SELECT r.order_id FROM returns r)
) o;`,
  },
  rewrites: true,
  needs: ['where', 'operator OR'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const conjunct of block.where) {
        const branches = branchesOf(conjunct);
        if (!branches?.some(hasSubquery) || conjunct.sources.length !== 1) continue;
        yield overOneTable(statement, block, conjunct, branches);
      }
    }
  },
};

/**
 * Matches `a.x = 1 OR b.y = 2` over columns of two relations.
 *
 * No index serves both sides, so the join is made in full and filtered. As branches of a UNION ALL, each can start from
 * its own index.
 */
export const orAcrossTables: Pattern = {
  id: 'or-across-tables',
  title: 'OR across two tables: one branch each, joined by UNION ALL',
  category: 'predicates',
  engines: ENGINES,
  severity: 'warning',
  description:
    'The condition mentions two tables, so neither table’s index can be used for it: everything is joined first and filtered afterwards.',
  source:
    'Bellamkonda et al., "Enhanced subquery optimizations in Oracle", VLDB 2009; measured 73 times on PostgreSQL 15, 554 on MariaDB 10.11',
  precondition:
    'The block neither groups, orders, limits nor removes duplicates, and the condition is deterministic. Later branches exclude the earlier ones with IS NOT TRUE.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL UNIQUE); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, number text NOT NULL UNIQUE);',
    before: `SELECT c.id, o.id AS order_id
FROM customers c
JOIN orders o ON o.customer_id = c.id
WHERE c.email = 'a@example.com' OR o.number = '17';`,
    after: `SELECT c.id, o.id AS order_id
FROM customers c
JOIN orders o ON o.customer_id = c.id
WHERE c.email = 'a@example.com'
UNION ALL
SELECT c.id, o.id AS order_id
FROM customers c
JOIN orders o ON o.customer_id = c.id
WHERE NOT (c.email = 'a@example.com') AND o.number = '17';`,
  },
  rewrites: true,
  needs: ['where', 'operator OR'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const conjunct of block.where) {
        const branches = branchesOf(conjunct);
        if (
          !branches ||
          conjunct.sources.length < 2 ||
          branches.some((branch) => sourcesOf(statement, branch, block).size !== 1)
        )
          continue;
        yield acrossTables(statement, block, conjunct, branches);
      }
    }
  },
};

function branchesOf(conjunct: Conjunct): Expression[] | null {
  const branches = disjunctsOf(conjunct.expression);
  return branches.length >= 2 && branches.length <= MOST_BRANCHES ? [...branches].sort(plainFirst) : null;
}

/** Plain conditions first: they are the cheaper ones to exclude later. */
function plainFirst(a: Expression, b: Expression): number {
  return Number(hasSubquery(a)) - Number(hasSubquery(b));
}

function overOneTable(
  statement: AnalyzedStatement,
  block: Block,
  conjunct: Conjunct,
  branches: readonly Expression[],
): Match {
  const [only] = conjunct.sources;
  return whenAsked(
    { start: conjunct.expression.start, end: conjunct.expression.end },
    'The subquery stands under OR, so it is evaluated row by row. Branches of a UNION ALL can use semi-joins and indexes.',
    () => {
      if (!only) return 'no table is mentioned';
      return (
        tableObstacle(statement, block, conjunct, only) ?? unionOfTable(statement, conjunct, branches, only)
      );
    },
  );
}

/** The table as the union of its rows that meet each branch. */
function unionOfTable(
  statement: AnalyzedStatement,
  conjunct: Conjunct,
  branches: readonly Expression[],
  only: Source,
): Rewrite | null {
  const table = source(statement, only.node);
  const selects = branches.map((branch, i) => {
    const excluded = branches.slice(0, i).map((earlier) => isNotTrue(statement, earlier));
    const condition = joinFragments([...excluded, inConjunction(statement, branch)], sql` AND `);
    return sql`SELECT * FROM ${table} WHERE ${condition}`;
  });
  const union = joinFragments(selects, sql`${lineBreak()}UNION ALL${lineBreak()}`);
  const edits = editing(statement)
    .removeConjunct(conjunct)
    .replace(
      only.node,
      sql`(
        ${union}
      ) ${aliasOf(only, statement.dialect)}`,
    )
    .done();
  return edits && withSoundness(statement, branches, edits);
}

function tableObstacle(
  statement: AnalyzedStatement,
  block: Block,
  conjunct: Conjunct,
  table: Source,
): string | null {
  if (table.kind !== 'table' || table.node.kind !== 'table' || table.block !== block)
    return 'it is not over a table of FROM';
  if (table.node.modifiers.length > 0 || table.node.alias?.columns.length)
    return 'the table is sampled, hinted or renamed';
  if (table.nullSupplied) return 'the table is on the null-supplied side of an outer join';
  if (!table.columns) return 'the table is not in the catalog';
  if (conjunct.correlated) return 'the condition depends on an outer query';
  if (!block.resolved) return 'a name has no known meaning';
  if (isLocked(block)) return 'the rows are locked';
  // in SQL Server, the new table takes over that a column is an IDENTITY, but not from a UNION
  if (block.select.into) return 'the rows go into a new table';
  if (!isDeterministic(conjunct.expression, statement)) return 'a volatile function is called';
  if (usesSystemColumn(statement, table)) return 'a system column is used';
  if (isNamedWithSchema(statement, table)) return 'a column is written with the schema of its table';
  return block.grouped && !groupsByItself(statement, block, table)
    ? 'a column depends on the grouped primary key'
    : null;
}

/** `shop.orders.id` means a table, and would not find the derived table that takes its place. */
function isNamedWithSchema(statement: AnalyzedStatement, table: Source): boolean {
  let found = false;
  walk(statement.tree, (node) => {
    if (node.kind === 'column' && node.parts.length > 2 && statement.resolve(node)?.source === table)
      found = true;
  });
  return found;
}

/** A reference to the table by a name that is not in its column list (ctid, xmin). */
function usesSystemColumn(statement: AnalyzedStatement, table: Source): boolean {
  const known = new Set(table.columns?.map((column) => column.name));
  let found = false;
  walk(statement.tree, (node) => {
    if (node.kind !== 'column') return;
    const column = statement.resolve(node);
    if (column?.source === table && !known.has(column.name)) found = true;
  });
  return found;
}

/**
 * Every column of the table outside of aggregates is grouped by: then nothing rests on the primary key, which a derived
 * table does not have.
 */
function groupsByItself(statement: AnalyzedStatement, block: Block, table: Source): boolean {
  let all = true;
  const roots: Expression[] = [
    ...block.select.items.map((item) => item.expression),
    ...block.having.map((c) => c.expression),
    ...block.orderBy.map((item) => item.expression),
  ];
  for (const root of roots) {
    walk(root, (node) => {
      if (node.kind === 'call' && block.aggregates.includes(node)) return false;
      if (node.kind === 'column' && statement.resolve(node)?.source === table) {
        all &&= block.groupBy.some((key) => sameExpression(key, node, statement));
      }
      return true;
    });
  }
  return all;
}

function acrossTables(
  statement: AnalyzedStatement,
  block: Block,
  conjunct: Conjunct,
  branches: readonly Expression[],
): Match {
  return whenAsked(
    { start: conjunct.expression.start, end: conjunct.expression.end },
    'The condition is over two tables, so no index serves it: everything is joined first. Branches of a UNION ALL can each start from an index.',
    () => blockObstacle(statement, block, conjunct) ?? unionOfBlocks(statement, block, conjunct, branches),
  );
}

/** The block once for each branch. */
function unionOfBlocks(
  statement: AnalyzedStatement,
  block: Block,
  conjunct: Conjunct,
  branches: readonly Expression[],
): Rewrite | null {
  const selects = branches.map((branch, i) => {
    const excluded = branches.slice(0, i).map((earlier) => isNotTrue(statement, earlier));
    const condition = joinFragments([...excluded, inConjunction(statement, branch)], sql` AND `);
    return new QueryCopy(statement, block).replaceConjunct(conjunct, condition).moved();
  });
  const edits = editing(statement);
  if (selects.every((select) => select !== null)) {
    edits.replace(block.select, joinFragments(selects, sql`${lineBreak()}UNION ALL${lineBreak()}`));
  } else edits.fail();
  const done = edits.done();
  return done && withSoundness(statement, branches, done);
}

function blockObstacle(statement: AnalyzedStatement, block: Block, conjunct: Conjunct): string | null {
  const { select, query } = block;
  if (query.body !== select || block.grouped || select.distinct !== null || block.windows.length > 0)
    return 'the block groups, removes duplicates or is part of a set operation';
  if (query.orderBy.length > 0 || query.limit || isLocked(block) || select.top || select.into)
    return 'the block orders, limits or locks its rows';
  if (!block.resolved || !isDeterministic(query, statement))
    return 'a volatile function is called or a name has no known meaning';
  // INSERT gives an untyped literal the type of its column, but only where no UNION makes it a text
  if (block.role === 'source' && block.outputs.some((output) => output.type === null))
    return 'the type of a selected value depends on where it is inserted';
  return conjunct.correlated ? 'the condition depends on an outer query' : null;
}

/** `p IS NOT TRUE`, shorter where p cannot be NULL. */
function isNotTrue(statement: AnalyzedStatement, expression: Expression): Fragment {
  const text = source(statement, expression);
  if (expression.kind === 'exists') return sql`NOT ${text}`;
  return isNotNullExpression(expression, statement) ? sql`NOT (${text})` : notTrue(statement, text);
}

/** A condition as an operand of AND. */
function inConjunction(statement: AnalyzedStatement, expression: Expression): Fragment {
  const text = source(statement, expression);
  const loose = expression.kind === 'binary' && ['XOR', '||'].includes(expression.operator);
  return loose ? parenthesized(text) : text;
}

function withSoundness(
  statement: AnalyzedStatement,
  branches: readonly Expression[],
  edits: Rewrite['edits'],
): Rewrite {
  return {
    edits,
    assumptions: [
      'each later branch leaves out the rows of the earlier ones, so every row comes out as often as before',
    ],
    soundness: branches.some((branch) => canRaise(branch, statement)) ? 'likely' : 'proved',
  };
}

function sourcesOf(statement: AnalyzedStatement, expression: Expression, block: Block): Set<Source> {
  const found = new Set<Source>();
  walk(expression, (node) => {
    const column = node.kind === 'column' ? statement.resolve(node) : null;
    if (column?.source.block === block) found.add(column.source);
  });
  return found;
}
