/** A statement for each core rule of the catalogue of rewrites that the library has as a pattern. */

export interface GainCase {
  /** the rule's number in the catalogue that the library was made from */
  readonly rule: string;
  readonly pattern: string;
  /** patterns that are applied to what it gives, in their order */
  readonly followedBy?: readonly string[];
  /** one statement for both engines, or one for each; null where the engine has no such statement */
  readonly sql: string | { readonly postgresql: string | null; readonly mariadb: string | null };
}

/** Rules of the core that are advice about programs or need values that only a program has: nothing to measure here. */
export const NOT_MEASURED: readonly (readonly [rule: string, why: string])[] = [
  ['D02', 'rows inserted one by one: the loop is in the program'],
  ['G01', 'keyset paging needs the last key that the client has seen'],
  ['N01', 'a query in a loop: the loop is in the program'],
  ['P14', 'SQL Server: N’…’ against varchar'],
];

export const GAIN_CASES: readonly GainCase[] = [
  {
    rule: 'S04',
    pattern: 'not-in-to-not-exists',
    sql: 'SELECT count(*) FROM orders o WHERE o.id NOT IN (SELECT i.order_id FROM items i WHERE i.quantity < 9)',
  },
  {
    rule: 'S06',
    pattern: 'correlated-aggregate-to-join',
    sql: 'SELECT o.id FROM orders o WHERE o.total > (SELECT avg(p.total) FROM orders p WHERE p.region = o.region)',
  },
  {
    rule: 'S06, index',
    pattern: 'correlated-aggregate-to-join',
    sql: 'SELECT o.id FROM orders o WHERE o.total > (SELECT avg(p.total) FROM orders p WHERE p.customer_id = o.customer_id)',
  },
  {
    rule: 'S06b',
    pattern: 'correlated-aggregate-to-join',
    sql: 'SELECT c.id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND o.total > 50) < 2',
  },
  {
    rule: 'S08',
    pattern: 'scalar-subqueries-to-one-join',
    sql: 'SELECT c.id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS n, (SELECT max(o.total) FROM orders o WHERE o.customer_id = c.id) AS m, (SELECT min(o.placed_at) FROM orders o WHERE o.customer_id = c.id) AS f FROM customers c',
  },
  {
    rule: 'S09',
    pattern: 'count-to-exists',
    sql: 'SELECT r.id FROM regions r WHERE (SELECT count(*) FROM orders o WHERE o.region = r.id) > 0',
  },
  {
    rule: 'S11',
    pattern: 'quantified-to-extreme',
    sql: 'SELECT o.id FROM orders o WHERE o.total > ALL (SELECT p.total FROM orders p WHERE p.customer_id < 400)',
  },
  {
    rule: 'S19',
    pattern: 'order-by-in-subquery',
    sql: 'SELECT count(*) FROM (SELECT o.id, o.note FROM orders o ORDER BY o.note, o.total) x',
  },
  {
    rule: 'S22',
    pattern: 'unused-derived-column',
    sql: {
      postgresql:
        'WITH t AS MATERIALIZED (SELECT o.id, o.customer_id, o.total, o.note, o.code FROM orders o) SELECT sum(t.total) FROM t',
      mariadb:
        'SELECT sum(t.total) FROM (SELECT o.customer_id, sum(o.total) AS total, max(o.note) AS note FROM orders o GROUP BY o.customer_id) t',
    },
  },
  {
    rule: 'S23',
    pattern: 'filter-into-grouped',
    sql: 'SELECT c.name, t.spent FROM customers c JOIN (SELECT o.customer_id, sum(o.total) AS spent FROM orders o GROUP BY o.customer_id) t ON t.customer_id = c.id WHERE c.id > 19900',
  },
  {
    rule: 'S25',
    pattern: 'remove-materialized',
    sql: {
      postgresql:
        'WITH w AS MATERIALIZED (SELECT o.id, o.customer_id, o.total FROM orders o) SELECT w.id, w.total FROM w WHERE w.customer_id = 77',
      mariadb: null,
    },
  },
  {
    rule: 'S31',
    pattern: 'or-subquery-to-union-all',
    sql: 'SELECT o.id FROM orders o WHERE o.customer_id = 77 OR o.id IN (SELECT i.order_id FROM items i WHERE i.product = 4)',
  },
  {
    rule: 'S32',
    pattern: 'self-exists-to-having',
    sql: 'SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM orders p WHERE p.customer_id = o.customer_id AND p.region <> o.region)',
  },
  {
    rule: 'J02',
    pattern: 'unused-left-join',
    sql: 'SELECT o.id, o.total FROM orders o LEFT JOIN customers c ON c.id = o.customer_id',
  },
  {
    rule: 'J03',
    pattern: 'redundant-foreign-key-join',
    sql: 'SELECT sum(o.total) FROM orders o JOIN customers c ON c.id = o.customer_id',
  },
  {
    rule: 'J16',
    pattern: 'transitive-range',
    sql: 'SELECT sum(i.quantity) FROM orders o JOIN items i ON i.order_id = o.id WHERE o.id > 199000',
  },
  {
    rule: 'P01',
    pattern: 'cast-to-date-on-column',
    sql: "SELECT count(*) FROM orders o WHERE cast(o.placed_at AS date) = '2023-06-01'",
  },
  {
    rule: 'P02',
    pattern: 'extract-year-on-column',
    sql: 'SELECT count(*) FROM orders o WHERE extract(year FROM o.placed_at) = 2024',
  },
  {
    rule: 'P04',
    pattern: 'to-char-on-column',
    sql: {
      postgresql: "SELECT count(*) FROM orders o WHERE to_char(o.placed_at, 'YYYY-MM') = '2023-06'",
      mariadb: "SELECT count(*) FROM orders o WHERE date_format(o.placed_at, '%Y-%m') = '2023-06'",
    },
  },
  {
    rule: 'P05',
    pattern: 'interval-on-column',
    sql: {
      postgresql:
        "SELECT count(*) FROM orders o WHERE o.placed_at + interval '7 days' > timestamp '2024-12-20'",
      mariadb: "SELECT count(*) FROM orders o WHERE o.placed_at + INTERVAL 7 DAY > '2024-12-20'",
    },
  },
  {
    rule: 'P07',
    pattern: 'arithmetic-on-column',
    sql: 'SELECT count(*) FROM orders o WHERE o.quantity * 2 = 1000',
  },
  {
    rule: 'P09',
    pattern: 'prefix-function-on-column',
    sql: "SELECT count(*) FROM orders o WHERE left(o.code, 5) = 'C0012'",
  },
  {
    rule: 'P13',
    pattern: 'number-beside-text',
    sql: { postgresql: null, mariadb: 'SELECT t.id FROM tickets t WHERE t.number = 20417' },
  },
  {
    rule: 'P17',
    pattern: 'coalesce-on-column',
    sql: 'SELECT count(*) FROM orders o WHERE coalesce(o.quantity, -1) = 500',
  },
  {
    rule: 'P21',
    pattern: 'or-across-tables',
    sql: "SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.code = 'C0000123' OR c.name = 'name 45'",
  },
  {
    rule: 'P32',
    pattern: 'keyset-or-to-row-comparison',
    sql: "SELECT o.id, o.placed_at FROM orders o WHERE o.placed_at > '2024-06-01' OR (o.placed_at = '2024-06-01' AND o.id > 5000) ORDER BY o.placed_at, o.id LIMIT 20",
  },
  {
    rule: 'P35',
    pattern: 'not-distinct-from-constant',
    sql: {
      postgresql: 'SELECT count(*) FROM orders o WHERE o.quantity IS NOT DISTINCT FROM 500',
      mariadb: null,
    },
  },
  {
    rule: 'P47',
    pattern: 'floor-on-column',
    sql: 'SELECT count(*) FROM orders o WHERE floor(o.total) = 321',
  },
  {
    rule: 'U01',
    pattern: 'union-to-union-all',
    sql: "SELECT o.id, o.total FROM orders o WHERE o.status = 'new' UNION SELECT o.id, o.total FROM orders o WHERE o.status = 'paid'",
  },
  {
    rule: 'U03',
    pattern: 'union-all-to-one-scan',
    sql: "SELECT o.id, o.total FROM orders o WHERE o.note = 'a' UNION ALL SELECT o.id, o.total FROM orders o WHERE o.note = 'b'",
  },
  {
    rule: 'U06',
    pattern: 'limit-into-union-all',
    sql: 'SELECT * FROM (SELECT o.id, o.placed_at AS at, o.note FROM orders o UNION ALL SELECT i.order_id, i.added_at, i.note FROM items i) f ORDER BY f.at DESC LIMIT 10',
  },
  {
    rule: 'U07',
    pattern: 'intersect-except-to-exists',
    sql: 'SELECT c.id FROM customers c INTERSECT SELECT o.customer_id FROM orders o',
  },
  {
    rule: 'G02',
    pattern: 'offset-paging',
    sql: 'SELECT o.id, o.placed_at, o.note, o.total FROM orders o ORDER BY o.placed_at, o.id LIMIT 20 OFFSET 150000',
  },
  {
    rule: 'A03',
    pattern: 'count-distinct-subquery',
    sql: 'SELECT o.region, count(DISTINCT o.customer_id) AS n FROM orders o GROUP BY o.region',
  },
  {
    rule: 'A05',
    pattern: 'scalar-subqueries-to-one-scan',
    sql: "SELECT (SELECT count(*) FROM orders o WHERE o.note = 'a') AS a, (SELECT sum(o.total) FROM orders o WHERE o.note = 'b') AS b, (SELECT max(o.total) FROM orders o WHERE o.quantity > 10) AS c",
  },
  {
    rule: 'A13',
    pattern: 'group-extreme-to-loose-index-scan',
    sql: {
      postgresql: 'SELECT t.kind, max(t.opened_at) AS latest FROM tickets t GROUP BY t.kind',
      mariadb: null,
    },
  },
  {
    rule: 'A14',
    pattern: 'distinct-to-loose-index-scan',
    sql: { postgresql: 'SELECT DISTINCT t.kind FROM tickets t', mariadb: null },
  },
  {
    rule: 'A17',
    pattern: 'running-total-to-window',
    sql: 'SELECT o.id, (SELECT sum(p.total) FROM orders p WHERE p.customer_id = o.customer_id AND p.id <= o.id) AS so_far FROM orders o',
  },
  {
    rule: 'F01',
    pattern: 'sql-function-to-subquery',
    sql: { postgresql: 'SELECT c.id, spent(c.id) AS spent FROM customers c', mariadb: null },
  },
  {
    rule: 'F01, then S06',
    pattern: 'sql-function-to-subquery',
    followedBy: ['correlated-aggregate-to-join'],
    sql: { postgresql: 'SELECT c.id, spent(c.id) AS spent FROM customers c', mariadb: null },
  },
  {
    rule: 'F01, lookup',
    pattern: 'sql-function-to-subquery',
    sql: {
      postgresql: "SELECT o.id FROM orders o WHERE name_of(o.customer_id) = 'name 77'",
      mariadb: null,
    },
  },
  {
    rule: 'F03',
    pattern: 'stable-function-per-row',
    sql: {
      postgresql: "SELECT count(*) FROM orders o WHERE o.note = current_setting('application_name')",
      mariadb: null,
    },
  },
  {
    rule: 'D10',
    pattern: 'correlated-update-to-join',
    sql: 'UPDATE customers SET balance = (SELECT sum(o.total) FROM orders o WHERE o.customer_id = customers.id) WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = customers.id)',
  },
  {
    rule: 'D13',
    pattern: 'delete-in-to-join',
    sql: 'DELETE FROM items WHERE order_id IN (SELECT o.id FROM orders o WHERE o.customer_id < 300)',
  },
];
