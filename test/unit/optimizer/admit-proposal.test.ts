/** The door for a model's text: what may pass, and the sentence for what may not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { admitProposal, reasonNotToAsk } from '../../../src/core/optimizer/admit-proposal.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import type { Dialect } from '../../../src/core/sql/dialect.ts';

const DDL = `
CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL, country text);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers, total integer);
CREATE TABLE secrets (password text);
`;
const READ = `SELECT c.id, c.name FROM customers c
WHERE c.id IN (SELECT o.customer_id FROM orders o WHERE o.total > 10)`;

function admit(proposal: string, original = READ, dialect: Dialect = 'postgresql') {
  return admitProposal(analyzeStatement(original, catalogFromDdl(DDL, dialect)), proposal);
}

function refusal(proposal: string, original = READ, dialect: Dialect = 'postgresql'): string {
  const admission = admit(proposal, original, dialect);
  assert.ok(!admission.admitted, `admitted: ${proposal}`);
  return admission.problem;
}

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['', /no statement/],
  ['I cannot help with that.', /could not be parsed/],
  ['SELECT id, name FROM customers; SELECT 1', /2 statements/],
  ['DROP TABLE customers', /another kind|parsed/],
  ['DELETE FROM customers', /another kind/],
  ['WITH gone AS (DELETE FROM orders RETURNING id) SELECT c.id, c.name FROM customers c', /changes data/],
  ['SELECT id, name INTO copies FROM customers', /changes data/],
  ['SELECT id, name FROM customers FOR UPDATE', /locks rows/],
  ['SELECT id, name FROM customers WHERE pg_sleep(1000) IS NULL', /pg_sleep/],
  ["SELECT id, name FROM customers WHERE pg_read_file('/etc/passwd') <> ''", /pg_read_file/],
  ["SELECT id, name FROM customers WHERE set_config('a.b', 'c', false) <> ''", /set_config/],
  ['SELECT id, name FROM customers UNION ALL SELECT 1, password FROM secrets', /secrets/],
  ['SELECT 1 AS id, usename AS name FROM pg_catalog.pg_user', /pg_user/],
  ['SELECT id FROM customers', /returns something else.*id, name.*id/],
  ['SELECT id, name AS title FROM customers', /returns something else/],
  ['SELECT id, name FROM customers WHERE id = $1', /parameter/],
  ['SELECT id, name FROM customers WHERE GROUP', /parsed/],
  ['\\! rm -rf /', /client/],
  ['EXPLAIN ANALYZE DELETE FROM orders', /another kind/],
  ["COPY customers TO PROGRAM 'sh'", /parsed|kind/],
  [READ, /original/],
];

describe('a read', () => {
  for (const [proposal, reason] of REFUSED) {
    test(`refused: ${proposal.replace(/\s+/g, ' ')}`, () => assert.match(refusal(proposal), reason));
  }

  test('a rewrite on the same tables passes, with the user’s layout kept', () => {
    const admission = admit(
      'select c.id, c.name from public.customers c where exists (select 1 from orders o where o.customer_id = c.id and o.total > 10) -- faster',
    );
    assert.ok(admission.admitted);
    assert.match(admission.statement.text, /^SELECT c\.id, c\.name FROM public\.customers c\nWHERE/);
    assert.doesNotMatch(admission.statement.text, /faster/);
  });

  test('a CTE of its own is no foreign table', () => {
    const admission = admit(
      'WITH big AS (SELECT DISTINCT customer_id FROM orders WHERE total > 10) SELECT c.id, c.name FROM customers c JOIN big ON big.customer_id = c.id',
    );
    assert.ok(admission.admitted);
  });
});

test('what MySQL would execute inside of a comment is refused', () => {
  assert.match(
    refusal('SELECT id, name FROM customers /*! UNION SELECT 1, password FROM secrets */', READ, 'mysql'),
    /no mysql syntax/,
  );
});

test('a change of rows may be rewritten into another change of rows of the same kind only', () => {
  const original = 'DELETE FROM orders WHERE customer_id IN (SELECT id FROM customers WHERE country IS NULL)';
  assert.ok(
    admit(
      'DELETE FROM orders o WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = o.customer_id AND c.country IS NULL)',
      original,
    ).admitted,
  );
  assert.match(refusal('TRUNCATE orders', original), /parsed|kind/);
  assert.match(refusal('UPDATE orders SET total = 0', original), /another kind/);
});

test('a statement that nothing could be compared with is not worth asking for', () => {
  const catalog = catalogFromDdl(DDL, 'postgresql');
  assert.equal(reasonNotToAsk(analyzeStatement(READ, catalog)), null);
  assert.match(reasonNotToAsk(analyzeStatement('SELECT random()', catalog)) ?? '', /random/);
  assert.match(reasonNotToAsk(analyzeStatement('CREATE TABLE t (a int)', catalog)) ?? '', /ddl/);
});
