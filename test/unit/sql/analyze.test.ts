import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dialect } from '../../../src/core/sql/dialect.ts';
import { isAtMostOneRow, keysOf, rowsAreUnique } from '../../../src/core/sql/properties/keys.ts';
import { isTotalOrder } from '../../../src/core/sql/properties/order.ts';
import { canRaise } from '../../../src/core/sql/properties/raising.ts';
import { isUnused } from '../../../src/core/sql/properties/usage.ts';
import { applyEdits } from '../../../src/core/sql/text.ts';
import { editing } from '../../../src/core/sql/writing/edits.ts';
import { analyzed } from './analyzed.ts';

const STATEMENTS = [
  'WITH RECURSIVE t (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM t WHERE a < 5) SELECT DISTINCT ON (a) a, sum(b.total) OVER w FROM t JOIN LATERAL (SELECT * FROM orders o WHERE o.id = t.a LIMIT 1) b ON true WINDOW w AS (PARTITION BY a ORDER BY 1) ORDER BY a NULLS LAST FETCH FIRST 3 ROWS WITH TIES FOR UPDATE OF b',
  "SELECT c.*, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND (o.qty > $1 OR o.note LIKE 'x%')) AS n FROM customers c LEFT JOIN items i USING (id) WHERE c.id IN (SELECT customer_id FROM orders) AND NOT EXISTS (SELECT 1) GROUP BY 1, ROLLUP (2) HAVING max(i.price) > 1 ORDER BY 2 DESC",
  'INSERT INTO orders (id, total) SELECT id, credit FROM customers ON CONFLICT (id) DO UPDATE SET total = excluded.total WHERE orders.qty > 1 RETURNING *, old.id',
  "UPDATE orders o SET (qty, note) = (SELECT 1, 'x'), total = CASE WHEN qty > 1 THEN 2 END FROM customers c WHERE c.id = o.customer_id RETURNING c.*",
  'MERGE INTO orders o USING customers c ON o.customer_id = c.id WHEN MATCHED AND o.qty > 1 THEN DELETE WHEN NOT MATCHED THEN INSERT (id) VALUES (1)',
  '(SELECT a FROM tags UNION (SELECT b FROM tags EXCEPT ALL VALUES (1), (2))) ORDER BY a LIMIT 5',
];

test('statements cut off, torn apart and put together wrongly are analyzed without an exception', () => {
  const inserts = [
    ')',
    '(',
    ' AND ',
    ' FROM ',
    ',',
    '*',
    '.',
    ' JOIN ',
    ' ON ',
    "'",
    ' WITH x AS (',
    ' UNION ',
  ];
  let seed = 42;
  const below = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed % n;
  };
  for (const dialect of ['postgresql', 'mysql', 'tsql'] satisfies Dialect[]) {
    for (const text of STATEMENTS) {
      for (let i = 0; i < 60; i++) {
        const at = below(text.length);
        const mutant =
          i < 20
            ? text.slice(0, at)
            : text.slice(0, at) + inserts[below(inserts.length)] + text.slice(at + below(9));
        const statement = analyzed(mutant, dialect);
        for (const block of statement.blocks) {
          rowsAreUnique(block, statement);
          isAtMostOneRow(block.query, statement);
          isTotalOrder(block, statement);
          for (const source of block.sources) {
            keysOf(source, statement);
            isUnused(source, statement);
          }
          for (const conjunct of block.where) {
            canRaise(conjunct.expression, statement);
            const edits = editing(statement).removeConjunct(conjunct).done();
            if (edits) applyEdits(mutant, edits);
          }
        }
      }
    }
  }
  assert.equal(analyzed('').root, null);
});
