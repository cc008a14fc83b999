/** Hints and settings that tell the planner what to do. */
import { walk } from '../../sql/walk.ts';
import { postgresqlOnly } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { beginsWith, spanOf, wordsWithoutTree } from '../words.ts';

const PLANNER =
  /^(ENABLE_[A-Z_]+|RANDOM_PAGE_COST|SEQ_PAGE_COST|CPU_[A-Z_]+_COST|FORCE_PARALLEL_MODE|DEBUG_PARALLEL_QUERY|FROM_COLLAPSE_LIMIT|JOIN_COLLAPSE_LIMIT|GEQO)$/;

/** SET enable_seqscan = off */
export const plannerSetting: Pattern = {
  id: 'planner-setting-in-sql',
  title: 'Planner switched by a setting in SQL',
  category: 'schema',
  engines: postgresqlOnly('rarely: what was faster with the data of one day is slower with those of another'),
  severity: 'info',
  description:
    'enable_… settings are made for experiments: they forbid a kind of plan to every later statement of the session, whatever the data look like by then. Find out why the planner errs: statistics, a missing index, cost settings of the server.',
  source: 'https://www.postgresql.org/docs/current/runtime-config-query.html',
  precondition:
    'SET (not SET LOCAL, which ends with its transaction) of a setting that forbids plans or prices them.',
  example: { schema: '', before: 'SET enable_seqscan = off', after: null },
  rewrites: false,
  needs: ['words alone'],
  *find(statement) {
    const words = wordsWithoutTree(statement);
    const at = words[1]?.upper === 'SESSION' ? 2 : 1;
    if (!beginsWith(words, 'SET') || !PLANNER.test(words[at]?.upper ?? '')) return;
    yield advice(
      spanOf(words),
      `${words[at]?.text} stays for all later statements of the session. Use SET LOCAL for an experiment, and mend what misleads the planner.`,
    );
  },
};

/** FORCE INDEX, WITH (INDEX (…)), STRAIGHT_JOIN */
export const indexHint: Pattern = {
  id: 'index-hint',
  title: 'Hint that forces an index or a join order',
  category: 'schema',
  engines: [
    { dialect: 'mysql', pays: 'where it was measured: again with each version and each growth of the data' },
    {
      dialect: 'mariadb',
      pays: 'where it was measured: again with each version and each growth of the data',
    },
    { dialect: 'tsql', pays: 'where it was measured: again with each version and each growth of the data' },
  ],
  severity: 'info',
  description:
    'The hint takes the choice from the optimizer for ever: a better index is not used, and when the index is dropped the statement fails. Try it without, update the statistics, and keep it only where it is measured to win.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/index-hints.html; soar ARG.010',
  precondition:
    'USE, FORCE or IGNORE INDEX, STRAIGHT_JOIN, SQL_NO_CACHE; in SQL Server WITH (INDEX …), FORCESEEK, FORCESCAN.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total int);',
    before: 'SELECT id FROM orders FORCE INDEX (PRIMARY) WHERE total > 3',
    after: null,
  },
  rewrites: false,
  *find(statement) {
    const found: { start: number; end: number }[] = [];
    walk(statement.tree, (node) => {
      if (node.kind === 'table') found.push(...node.modifiers);
      if (node.kind === 'select') found.push(...node.rest);
    });
    const wanted =
      statement.dialect === 'tsql'
        ? /\b(INDEX\s*[(=]|FORCESEEK|FORCESCAN)/i
        : /\b((USE|FORCE|IGNORE)\s+(INDEX|KEY)|SQL_NO_CACHE|STRAIGHT_JOIN)\b/i;
    for (const range of found) {
      const text = statement.text.slice(range.start, range.end);
      if (wanted.test(text))
        yield advice(
          range,
          `${text.replace(/\s+/g, ' ')} takes the choice from the optimizer, whatever the data become. Measure again without it.`,
        );
    }
  },
};

/** DISTINCT ON without ORDER BY. */
export const distinctOnWithoutOrder: Pattern = {
  id: 'distinct-on-without-order-by',
  title: 'DISTINCT ON without an order that says which row stays',
  category: 'aggregation',
  engines: postgresqlOnly('never faster: it is about which row is returned'),
  severity: 'warning',
  description:
    'DISTINCT ON keeps the first row of each group. Without ORDER BY beyond its own expressions, which one is the first depends on the plan, and changes from one run to the next.',
  source: 'https://www.postgresql.org/docs/current/sql-select.html#SQL-DISTINCT',
  precondition:
    'The query has DISTINCT ON and ORDER BY has no expression more than DISTINCT ON has, while other columns are selected.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total int);',
    before: 'SELECT DISTINCT ON (customer_id) customer_id, total FROM orders',
    after: null,
  },
  rewrites: false,
  needs: ['distinct on'],
  *find(statement) {
    for (const { select, query } of statement.blocks) {
      const { distinct } = select;
      if (distinct === null || typeof distinct !== 'object' || query.body !== select) continue;
      if (query.orderBy.length > distinct.on.length || select.items.length <= distinct.on.length) continue;
      const only = select.items.length === distinct.on.length;
      const [first] = distinct.on;
      const last = distinct.on.at(-1);
      if (!only && first && last)
        yield advice(
          { start: first.start, end: last.end },
          'Which row of a group is returned is left to chance. Add ORDER BY with these columns and the one that decides.',
        );
    }
  },
};
