/**
 * What MySQL 8.4 answers on the statements of `test/databases/session.test.ts`, for the stand-in: results, errors by the server's
 * list of errors, plans in the documented JSON (version 1) and tree. Written from the public documentation; no server was recorded.
 * https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
 * https://dev.mysql.com/doc/refman/8.4/en/explain.html
 */
import type { MysqlAnswer } from './mysql-protocol.ts';

const ID = { name: 'id', type: 'int' } as const;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => [String(index + 1)]);
const row = (...cells: readonly (readonly [type: string, value: string])[]): MysqlAnswer => ({
  columns: cells.map(([type], index) => ({ name: `c${index}`, type })),
  rows: [cells.map(([, value]) => value)],
});
const error = (code: number, state: string, message: string): MysqlAnswer => ({
  error: { code, state, message },
});

const COST = { read_cost: '0.25', eval_cost: '0.10', prefix_cost: '0.35' };
const LOOKUP = JSON.stringify({
  query_block: {
    select_id: 1,
    cost_info: { query_cost: '0.35' },
    table: {
      ...{ table_name: 'i', access_type: 'ref', possible_keys: ['item_label'], key: 'item_label' },
      ...{ used_key_parts: ['label'], key_length: '163', ref: ['const'] },
      ...{ rows_examined_per_scan: 1, rows_produced_per_join: 1, filtered: '100.00', cost_info: COST },
    },
  },
});
const TREE =
  "-> Index lookup on i using item_label (label='item 7')  (cost=0.35 rows=1) (actual time=0.0215..0.0237 rows=1 loops=1)\n";

/** @param hash the second table is joined by hashing, which optimizer_switch can turn off */
function join(hash: boolean): string {
  const table = (name: string) => ({
    table: {
      ...{ table_name: name, access_type: 'ALL', rows_examined_per_scan: 2000, rows_produced_per_join: 2000 },
      ...{ filtered: '10.00', cost_info: { read_cost: '5.25', eval_cost: '200.00', prefix_cost: '205.25' } },
      ...(hash && name === 'b' ? { using_join_buffer: 'hash join' } : {}),
    },
  });
  return JSON.stringify({
    query_block: {
      select_id: 1,
      cost_info: { query_cost: '400205.25' },
      nested_loop: [table('a'), table('b')],
    },
  });
}

const ANSWERS: readonly (readonly [RegExp, MysqlAnswer])[] = [
  [/item AS d WHERE a\.id/, 'hang'],
  [/, missing FROM/, error(1054, '42S22', "Unknown column 'missing' in 'field list'")],
  [/^SELECT nothing$/, error(1054, '42S22', "Unknown column 'nothing' in 'field list'")],
  [
    /18446744073709551615 \+ 1/,
    error(1690, '22003', "BIGINT UNSIGNED value is out of range in '(18446744073709551615 + 1)'"),
  ],
  [/sneaky\(\)/, error(1792, '25006', 'Cannot execute statement in a READ ONLY transaction.')],
  [/FROM item a, item b, item c/, { endless: { columns: [ID], rows: [['1']] } }],
  [/^EXPLAIN FORMAT=JSON SELECT \* FROM item AS i/, { columns: ['EXPLAIN'], rows: [[LOOKUP]] }],
  [/^EXPLAIN ANALYZE SELECT \* FROM item AS i/, { columns: ['EXPLAIN'], rows: [[TREE]] }],
  [/WHERE id <= 3$/, { columns: [ID], rows: numbers(3) }],
  [/^SELECT (id|\*) FROM item/, { columns: [ID], rows: numbers(2000) }],
  [/^UPDATE item/, { ok: 10 }],
  [/sum\(CASE/, row(['bigint', '2000'], ['decimal(32,2)', '0.00'])],
  [/min\(price\)/, row(['bigint', '2000'], ['decimal(10,2)', '1.50'])],
  [/^SELECT count\(\*\), \(SELECT count/, row(['bigint', '2000'], ['bigint', '0'])],
  [/^SELECT count\(\*\) FROM item$/, row(['bigint', '2000'])],
  [/^SELECT count\(\*\) FROM log$/, row(['bigint', '0'])],
  [
    /1000000\) AS big FROM item/,
    { columns: [{ name: 'big', type: 'text' }], rows: numbers(20).map(() => ['x'.repeat(1_000_000)]) },
  ],
  [/repeat\(/, row(['text', 'ä😀'.repeat(100_000)], ['varchar(0)', ''], ['varchar(5)', 'a\tb\nc'])],
  [
    /^SELECT id, label AS l, sleep/,
    { columns: [ID, { name: 'l', type: 'varchar(40)' }, { name: 's', type: 'int' }], rows: [] },
  ],
  // tables that cannot be rolled back: none
  [/information_schema\.(TABLES|ENGINES)/i, { columns: ['t', 'e'], rows: [] }],
];

const WRITES = /^(INSERT|UPDATE|DELETE|CREATE|DROP|TRUNCATE)\b/;

/** A statement that nobody wrote an answer for is an error: a suite must not pass by chance. */
export function mysqlSessionAnswer(sql: string, statements: readonly string[]): MysqlAnswer {
  if (/^EXPLAIN .*item a, item b WHERE a\.price/.test(sql)) {
    const switched = statements.findLast((sent) => sent.includes('optimizer_switch')) ?? 'DEFAULT';
    return { columns: ['EXPLAIN'], rows: [[join(/DEFAULT/.test(switched))]] };
  }
  const mode = statements.findLast((sent) => sent.startsWith('START TRANSACTION')) ?? '';
  if (WRITES.test(sql) && mode.endsWith('READ ONLY')) {
    return error(1792, '25006', 'Cannot execute statement in a READ ONLY transaction.');
  }
  if (/;\s*\S/.test(sql)) {
    return error(
      1064,
      '42000',
      `You have an error in your SQL syntax near '${sql.split(/;\s*/)[1]}' at line 1`,
    );
  }
  const found = ANSWERS.find(([pattern]) => pattern.test(sql))?.[1];
  if (found !== undefined) return found;
  const number = /^SELECT (\d+)$/.exec(sql)?.[1];
  if (number !== undefined) return row(['int', number]);
  return error(1105, 'HY000', `The stand-in knows no answer on: ${sql.slice(0, 200)}`);
}
