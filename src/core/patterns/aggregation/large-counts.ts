/** Exact counts of large tables. */

import type { Dialect } from '../../sql/dialect.ts';
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { columnIn, soleArgument } from './aggregates.ts';

/** Fewer rows are counted in no time. */
const MANY = 100_000;

/** `SELECT count(*) FROM t` */
export const countOfWholeTable: Pattern = {
  id: 'count-of-whole-table',
  title: 'Exact count of a whole table',
  category: 'aggregation',
  industries: ['saas'],
  engines: allEngines('The table is large, and an estimate will do.'),
  severity: 'hint',
  description:
    'All rows (or all entries of the smallest index) are read, because each transaction sees its own number. Where about right is right enough, the engine has an estimate at hand.',
  source:
    'https://wiki.postgresql.org/wiki/Count_estimate; https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/sys-dm-db-partition-stats-transact-sql',
  precondition:
    'count(*) of one table without a condition; the table has 100,000 rows or more, or their number is not known.',
  example: {
    schema: 'CREATE TABLE events (id bigint PRIMARY KEY, path text);',
    before: 'SELECT count(*) FROM events',
    after: null,
  },
  rewrites: false,
  needs: ['aggregate', ['calls count', 'calls count_big']],
  *find(statement) {
    const block = statement.root;
    const [call, ...more] = block?.aggregates ?? [];
    if (!block || !call?.star || more.length > 0 || block.outputs.length > 1 || !isWhole(block)) return;
    const [table] = block.sources;
    if (table && isLarge(table))
      yield advice(
        call,
        `All of ${table.alias} is read to count it. Where an estimate will do, ${ESTIMATES[statement.dialect]} has one at hand.`,
      );
  },
};

const ESTIMATES: Readonly<Record<Dialect, string>> = {
  postgresql: 'pg_class.reltuples',
  mysql: 'information_schema.tables.table_rows',
  mariadb: 'information_schema.tables.table_rows',
  tsql: 'sys.dm_db_partition_stats.row_count',
};

function isWhole(block: Block): boolean {
  return (
    block.sources.length === 1 && block.where.length === 0 && !block.select.groupBy && !block.select.having
  );
}

function isLarge({ table }: Source): boolean {
  return table !== null && table.kind !== 'view' && (table.rows === null || table.rows >= MANY);
}

/** `SELECT count(DISTINCT user_id) FROM events` */
export const approximateDistinct: Pattern = {
  id: 'approximate-distinct-count',
  title: 'Exact number of distinct values of a large table',
  category: 'aggregation',
  industries: ['analytics'],
  engines: [
    {
      dialect: 'postgresql',
      pays: 'Millions of values, and an error of about 2 % does not matter (extension hll).',
    },
    {
      dialect: 'tsql',
      from: 15,
      pays: 'Millions of values, and an error of about 2 % does not matter (APPROX_COUNT_DISTINCT).',
    },
  ],
  severity: 'hint',
  description:
    'Every value is kept, sorted or hashed, to count each once: memory grows with their number, and totals of days cannot be added up to those of months. A HyperLogLog sketch needs a few kilobytes and can be merged.',
  source:
    'Flajolet et al., "HyperLogLog", 2007; https://learn.microsoft.com/sql/t-sql/functions/approx-count-distinct-transact-sql; https://github.com/citusdata/postgresql-hll',
  precondition:
    'count(DISTINCT column) without GROUP BY over a table of 100,000 rows or more, or of an unknown number, whose column is no key.',
  example: {
    schema: 'CREATE TABLE events (id bigint PRIMARY KEY, user_id int);',
    before: 'SELECT count(DISTINCT e.user_id) FROM events e',
    after: null,
  },
  rewrites: false,
  needs: ['aggregate', 'distinct call'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (block.select.groupBy) continue;
      for (const call of block.aggregates) {
        const column =
          call.function === 'count' && call.distinct ? columnIn(statement, soleArgument(call)) : null;
        if (!column || column.source.block !== block || !isLarge(column.source)) continue;
        const unique = column.table?.keys.some(
          (key) => key.columns.length === 1 && key.columns[0] === column.name,
        );
        if (!unique) yield advice(call, sketch(statement, column.name));
      }
    }
  },
};

function sketch({ dialect }: AnalyzedStatement, name: string): string {
  const how = dialect === 'tsql' ? `APPROX_COUNT_DISTINCT(${name})` : 'a HyperLogLog sketch (extension hll)';
  return `Every value of ${name} is kept to count each once. If an error of about 2 % does not matter, ${how} needs a fraction of the memory.`;
}
