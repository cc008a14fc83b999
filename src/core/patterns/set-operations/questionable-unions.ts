import type { Query, SetOperation } from '../../sql/ast.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { allEngines, postgresqlOnly } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { operationsOf, unionAllBranches } from './branches.ts';

/** `a UNION ALL b UNION c`: the last UNION removes the duplicates of all. */
export const mixedUnion: Pattern = {
  id: 'mixed-union',
  title: 'UNION after UNION ALL removes the duplicates of all branches',
  category: 'set-operations',
  engines: allEngines(
    'when the branches have many rows: the duplicates that ALL keeps are removed after all',
  ),
  severity: 'warning',
  description:
    'Set operations are evaluated from left to right. A UNION removes the duplicates of everything before it, those of a UNION ALL too; a UNION ALL behind it keeps its own.',
  source: 'https://www.postgresql.org/docs/current/queries-union.html',
  precondition: 'Advice: a UNION without ALL follows a UNION ALL in one chain.',
  example: {
    schema: 'CREATE TABLE a (x int); CREATE TABLE b (x int); CREATE TABLE c (x int);',
    before: 'SELECT x FROM a UNION ALL SELECT x FROM b UNION SELECT x FROM c;',
    after: null,
  },
  rewrites: false,
  needs: ['setOperation'],
  *find(statement) {
    for (const query of chainsOf(statement)) {
      const mixed = operationsOf(query).find(
        (one) => one.operator === 'UNION' && !one.all && keepsDuplicates(one),
      );
      if (!mixed) continue;
      yield advice(
        mixed.operatorRange,
        'This UNION removes the duplicates of all branches before it, those that UNION ALL kept too. If that is meant, write UNION everywhere; if not, put the other branches in parentheses or add ALL.',
      );
    }
  },
};

/** The left operand is a UNION ALL itself. */
function keepsDuplicates({ left }: SetOperation): boolean {
  return left.kind === 'setOperation' && left.operator === 'UNION' && left.all;
}

/** `SELECT * … UNION SELECT * …`: columns are matched by their positions. */
export const starInSetOperation: Pattern = {
  id: 'star-in-set-operation',
  title: 'SELECT * in a branch of a set operation',
  category: 'set-operations',
  engines: allEngines('not a matter of speed: columns are matched by position, not by name'),
  severity: 'warning',
  description:
    'The columns of the branches are matched by their positions. A column that is added to one table, or stands elsewhere in it, breaks the query or silently mixes columns up.',
  source: 'SQL antipatterns: implicit columns',
  precondition: 'Advice: a star in the select list of a branch, beside branches of other tables or lists.',
  example: {
    schema: 'CREATE TABLE orders (id int, total int); CREATE TABLE old_orders (id int, total int);',
    before: 'SELECT * FROM orders UNION ALL SELECT * FROM old_orders;',
    after: null,
  },
  rewrites: false,
  needs: ['setOperation'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (!block.setBranch || statement.blocksOfQuery(block.query)[0] !== block) continue;
      const branches = statement.blocksOfQuery(block.query);
      const star = branches
        .flatMap(({ select }) => select.items)
        .find(({ expression }) => expression.kind === 'star');
      if (!star || readTheSame(branches)) continue;
      yield advice(
        star,
        'The columns of the branches are matched by position: a star changes with its table. Name the columns.',
      );
    }
  },
};

/** All branches read the same tables: their stars change alike. */
function readTheSame(branches: readonly Block[]): boolean {
  const [first] = branches;
  return branches.every(
    ({ sources }) =>
      sources.length === first?.sources.length &&
      sources.every((one, i) => one.table !== null && one.table === first.sources[i]?.table),
  );
}

/** Branches of a UNION ALL whose columns are of different types. */
export const unionBranchTypes: Pattern = {
  id: 'union-branch-types',
  title: 'Branches of a UNION ALL have columns of different types',
  category: 'set-operations',
  engines: postgresqlOnly(
    'when conditions or ORDER BY … LIMIT around the union could use indexes of the branches: they stay outside otherwise',
  ),
  severity: 'info',
  description:
    'PostgreSQL takes a UNION ALL in FROM apart, so that conditions reach the tables and their indexes, only when the columns of all branches are of one type. Otherwise all of it is computed first.',
  source: 'PostgreSQL, is_simple_union_all in prepjointree.c: tlist_same_datatypes',
  precondition:
    'Advice: a UNION ALL in FROM or in a CTE, two branches of which have known, different types in a column.',
  example: {
    schema: 'CREATE TABLE web (id bigint, price numeric); CREATE TABLE shop (id int, price numeric);',
    before:
      'SELECT u.price FROM (SELECT id, price FROM web UNION ALL SELECT id, price FROM shop) u WHERE u.id = 5;',
    after: null,
  },
  rewrites: false,
  needs: ['setOperation'],
  *find(statement) {
    for (const query of chainsOf(statement)) {
      const branches = unionAllBranches(statement, query);
      const [first] = branches ?? [];
      if (!first || !branches || (first.role !== 'derived' && first.role !== 'cte')) continue;
      const at = first.outputs.findIndex((output, i) =>
        branches.some((branch) => differ(output.type?.text, branch.outputs[i]?.type?.text)),
      );
      const other = branches.find((branch) =>
        differ(first.outputs[at]?.type?.text, branch.outputs[at]?.type?.text),
      );
      const range = operationsOf(query)[0]?.operatorRange;
      if (!other || !range) continue;
      const name = first.outputs[at]?.name ?? `column ${at + 1}`;
      yield advice(
        range,
        `${name} is ${first.outputs[at]?.type?.text} in one branch and ${other.outputs[at]?.type?.text} in another: conditions around the union do not reach the tables. CAST it to one type in the branches.`,
      );
    }
  },
};

/** Two base types are known and not the same; a length makes no difference. */
function differ(a: string | null | undefined, b: string | null | undefined): boolean {
  const base = (text: string): string => text.replace(/\(.*\)/, '').trim();
  return Boolean(a && b) && base(a ?? '') !== base(b ?? '');
}

/** The queries that are chains of set operations, each once. */
function chainsOf(statement: AnalyzedStatement): Query[] {
  const found = new Set<Query>();
  for (const block of statement.blocks) if (block.setBranch) found.add(block.query);
  return [...found];
}
