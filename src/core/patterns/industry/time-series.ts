import type { Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement, Source } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { allEngines, postgresqlOnly } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** A query of a partitioned table that says nothing of its partition key. */
export const missingPartitionBound: Pattern = {
  id: 'missing-partition-bound',
  title: 'Partitioned table without a condition on its partition key',
  category: 'predicates',
  industries: ['time-series', 'analytics'],
  engines: postgresqlOnly('the more partitions there are: all of them are planned, locked and read'),
  severity: 'info',
  description:
    'Partitions are left out only by conditions on the partition key. Without one, every partition is planned, locked and searched, also for a single row, and the plan grows with each new one.',
  source: 'https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITION-PRUNING',
  precondition:
    'The catalog knows the partition key, and no reference to any of its columns stands in the scope; there is a WHERE, for without one all rows are meant.',
  example: {
    schema:
      'CREATE TABLE readings (device_id int NOT NULL, at timestamp NOT NULL, value int) PARTITION BY RANGE (at);',
    before: 'SELECT avg(value) FROM readings WHERE device_id = 7',
    after: null,
  },
  rewrites: false,
  needs: ['where', 'partitions'],
  *find(statement) {
    for (const scope of [...statement.writes, ...statement.blocks]) {
      if (scope.where.length === 0 || !scope.resolved) continue;
      for (const source of scope.sources) {
        const key = source.kind === 'table' ? (source.table?.partitionKey ?? []) : [];
        if (key.length === 0 || isInsertTarget(statement, source) || mentions(statement, source, key))
          continue;
        yield advice(
          source.node,
          `Every partition of ${source.table?.name} is searched: no condition is on ${key.join(', ')}. Add a range of it.`,
        );
      }
    }
  },
};

function isInsertTarget(statement: AnalyzedStatement, source: Source): boolean {
  return statement.writes.some((write) => write.target === source && write.statement.kind === 'insert');
}

/** Some reference of the scope, or of a subquery in it, means one of the columns. */
function mentions(statement: AnalyzedStatement, source: Source, names: readonly string[]): boolean {
  const scopes = [...statement.writes, ...statement.blocks];
  return (
    source.block.joins.some(
      (join) => join.using?.some((name) => names.includes(name)) || join.node?.natural,
    ) ||
    scopes.some((scope) =>
      scope.references.some((reference) => {
        const meaning = statement.resolve(reference);
        return meaning?.source === source && names.includes(meaning.name);
      }),
    )
  );
}

const CLOCK = new Set([
  'now',
  'current_timestamp',
  'current_date',
  'localtimestamp',
  'getdate',
  'sysdatetime',
  'curdate',
  'sysdate',
  'date_sub',
  'dateadd',
]);

/** `DELETE FROM readings WHERE at < now() - interval '90 days'` */
export const retentionDelete: Pattern = {
  id: 'retention-delete',
  title: 'Old rows that are deleted by their time',
  category: 'writes',
  industries: ['time-series'],
  engines: allEngines('for large tables: to drop a partition takes as long as to drop a file'),
  severity: 'hint',
  description:
    'All old rows are found, locked, written to the log and left as dead space in the table and every index, in one long transaction. Partitioned by time, the oldest partition is dropped at once; without partitions, delete in batches by the key.',
  source: 'https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-OVERVIEW',
  precondition:
    'DELETE whose only condition is that a time column is earlier than something relative to the clock, without LIMIT, on a table that the catalog knows.',
  example: {
    schema: 'CREATE TABLE readings (device_id int, at timestamp, value int);',
    before: "DELETE FROM readings WHERE at < now() - interval '90 days'",
    after: null,
  },
  rewrites: false,
  needs: ['delete', 'where'],
  *find(statement) {
    for (const { statement: node, target, where } of statement.writes) {
      if (
        node.kind !== 'delete' ||
        node.limit ||
        node.rest.length > 0 ||
        where.length !== 1 ||
        !target?.table
      )
        continue;
      const test = where[0]?.expression;
      if (test?.kind !== 'binary' || !['<', '<='].includes(test.operator) || test.left.kind !== 'column')
        continue;
      const column = statement.resolve(test.left);
      const isTime = ['date', 'timestamp', 'timestamptz'].includes(column?.column?.family ?? '');
      if (!isTime || !readsClock(test.right)) continue;
      const how = target.table.partitionKey.includes(column?.name ?? '')
        ? 'Drop the partitions that are older instead.'
        : `Partition ${target.alias} by ${column?.name}, or delete in batches.`;
      yield advice(
        test,
        `All rows of ${target.alias} that are too old are deleted in one transaction. ${how}`,
      );
    }
  },
};

function readsClock(expression: Expression): boolean {
  let reads = false;
  walk(expression, (node) => {
    if (node.kind === 'call' && CLOCK.has(node.function)) reads = true;
    return node.kind !== 'query';
  });
  return reads;
}

/** `generate_series(…) d LEFT JOIN readings r ON date_trunc('hour', r.at) = d` */
export const bucketJoin: Pattern = {
  id: 'time-bucket-join',
  title: 'Join of time buckets by a truncated time',
  category: 'joins',
  industries: ['time-series', 'analytics'],
  engines: postgresqlOnly(
    'when the table has an index or partitions by the time and the buckets cover a part of it',
  ),
  severity: 'info',
  description:
    'To fill gaps, a series of buckets is joined with date_trunc of the time: no index on the time helps, and every row is truncated. `r.at >= d AND r.at < d + interval` reads one range for each bucket. It is the same only where every d is the beginning of a bucket, so it is not done by itself.',
  source: 'https://www.postgresql.org/docs/current/functions-srf.html',
  precondition:
    'ON equates date_trunc, date_bin or a cast to date of a column of a table with a column of a series or of another relation.',
  example: {
    schema: 'CREATE TABLE readings (device_id int, at timestamp, value int);',
    before:
      "SELECT d.hour, count(r.value) FROM generate_series(timestamp '2024-01-01', '2024-01-02', '1 hour') AS d(hour) LEFT JOIN readings r ON date_trunc('hour', r.at) = d.hour GROUP BY d.hour",
    after: null,
  },
  rewrites: false,
  needs: ['join step', 'operator =', ['cast', 'calls date_trunc', 'calls date_bin']],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const conjunct of block.joins.flatMap((join) => join.on)) {
        const { expression } = conjunct;
        if (expression.kind !== 'binary' || expression.operator !== '=') continue;
        for (const [bucket, other] of [
          [expression.left, expression.right],
          [expression.right, expression.left],
        ] as const) {
          const time = truncated(statement, bucket);
          const column = other.kind === 'column' ? statement.resolve(other) : null;
          if (!time?.table || !column || column.source === time.source || column.table) continue;
          yield advice(
            expression,
            `No index on ${time.name} serves the join. Where every ${column.name} begins a bucket, write ${time.source.alias}.${time.name} >= ${column.name} AND ${time.source.alias}.${time.name} < ${column.name} + the length of one.`,
          );
        }
      }
    }
  },
};

/** The column within date_trunc, date_bin or a cast to date. */
function truncated(statement: AnalyzedStatement, expression: Expression) {
  const e = unwrapParens(expression);
  const inner =
    e.kind === 'cast' && e.type.name === 'date'
      ? e.operand
      : e.kind === 'call' && (e.function === 'date_trunc' || e.function === 'date_bin')
        ? e.args[1]?.value
        : undefined;
  const column = inner ? unwrapParens(inner) : null;
  return column?.kind === 'column' ? statement.resolve(column) : null;
}
