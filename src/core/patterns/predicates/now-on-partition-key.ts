import type { Expression } from '../../sql/ast.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { postgresqlOnly } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { comparisonsOf } from './comparison.ts';
import { positivePredicates, quote } from './positive.ts';

const CLOCK = new Set([
  'now',
  'current_date',
  'current_timestamp',
  'localtimestamp',
  'transaction_timestamp',
  'statement_timestamp',
  'clock_timestamp',
]);

/** `partition_key > now() - interval '1 day'`: partitions are left out only when the statement runs. */
export const nowOnPartitionKey: Pattern = {
  id: 'now-on-partition-key',
  title: 'Filter on a partition key that depends on now()',
  category: 'predicates',
  industries: ['time-series', 'analytics'],
  engines: postgresqlOnly('The table has dozens of partitions or more, or the statement runs very often.'),
  severity: 'hint',
  description:
    'While planning, the value of now() is not used, so every partition is planned and locked; those that cannot match are left out only when the plan starts (and never with clock_timestamp()). A constant from the application leaves them out at once.',
  source: 'https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITION-PRUNING',
  precondition: 'A column of the partition key is compared with an expression of now() or its kind.',
  example: {
    schema:
      'CREATE TABLE events (event_id bigint, occurred_at timestamptz NOT NULL) PARTITION BY RANGE (occurred_at);',
    before: "SELECT count(*) FROM events WHERE occurred_at > now() - interval '1 day'",
    after: null,
  },
  rewrites: false,
  needs: ['condition', 'call', 'partitions'],
  *find(statement) {
    for (const { expression } of positivePredicates(statement)) {
      const isKey = (side: Expression): boolean => {
        const column = side.kind === 'column' ? statement.resolve(side) : null;
        return column?.table?.partitionKey.includes(column.name) ?? false;
      };
      const comparison = comparisonsOf(expression, isKey)?.find(({ right }) => clockIn(right) !== null);
      const clock = comparison ? clockIn(comparison.right) : null;
      if (!comparison || !clock) continue;
      const when =
        clock === 'clock_timestamp'
          ? 'clock_timestamp() changes while the statement runs, so no partition can be left out.'
          : 'Partitions are left out only when the plan starts, after all of them were planned and locked.';
      yield advice(
        expression,
        `${quote(statement, expression)}: ${when} Let the application pass the point in time as a constant.`,
      );
    }
  },
};

function clockIn(expression: Expression): string | null {
  let found: string | null = null;
  walk(unwrapParens(expression), (node) => {
    if (node.kind === 'call' && CLOCK.has(node.function)) found ??= node.function;
    return node.kind !== 'query';
  });
  return found;
}
