import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { canonicalText } from '../../../src/core/optimizer/canonical.ts';
import { DocumentFindings } from '../../../src/editor/statements/document-findings.ts';
import { matchOlderVersion } from '../../../src/editor/verify/git-match.ts';

const catalog = catalogFromDdl('', 'postgresql');
const split = (source: string) => new DocumentFindings(() => []).statements(source, catalog);
const canonical = (text: string): string => canonicalText(text, 'postgresql');

/** What the statement that holds `part` was in the older source. */
function older(part: string, now: string, old: string): string {
  const statements = split(now);
  const statement = statements.find(({ text }) => text.includes(part));
  assert.ok(statement);
  const match = matchOlderVersion(statement, statements, split(old), canonical);
  return match.kind === 'changed' ? match.old.text : match.kind;
}

const OLD = `
SELECT a FROM t WHERE a NOT IN (SELECT b FROM u);
SELECT name, total FROM orders WHERE status = 'paid' ORDER BY total;
DELETE FROM log WHERE at < now();
`;

test('a statement that was rewritten beyond recognition is found by its place', () => {
  const now = OLD.replace(
    'SELECT a FROM t WHERE a NOT IN (SELECT b FROM u)',
    'WITH gone AS (SELECT DISTINCT u.b FROM u) SELECT t.a FROM t LEFT JOIN gone g ON g.b = t.a WHERE g.b IS NULL',
  );
  assert.equal(older('gone', now, OLD), 'SELECT a FROM t WHERE a NOT IN (SELECT b FROM u)');
});

test('statements added and removed around it do not confuse', () => {
  const now = `SELECT 1;
SELECT name, total FROM orders o WHERE o.status = 'paid' ORDER BY o.total DESC;
SELECT 2;`;
  assert.match(older('o.status', now, OLD), /^SELECT name, total FROM orders WHERE/);
  assert.equal(older('SELECT 1', `SELECT 1;\n${OLD}`, OLD), 'new');
});

test('a changed and a new statement in the same place are told apart by their words', () => {
  const now = OLD.replace(
    'DELETE',
    "INSERT INTO audit VALUES (1, 'x');\nDELETE FROM log WHERE at < current_timestamp AND kind = 1;\n--",
  );
  assert.match(older('current_timestamp', now, OLD), /^DELETE FROM log/);
  assert.equal(older('audit', now, OLD), 'new');
});

test('the comment above names a statement that was moved and rewritten', () => {
  const old =
    '-- name: Totals\nSELECT sum(x) FROM a;\n\n-- name: Names\nSELECT n FROM b WHERE k = 1;\nSELECT 9;\n';
  const now =
    'SELECT 9;\n-- name: Names\nSELECT b.n FROM b JOIN c USING (k) WHERE c.z;\n-- name: Totals\nSELECT coalesce(sum(y), 0) FROM (SELECT 1) q;\n';
  assert.equal(older('coalesce', now, old), 'SELECT sum(x) FROM a');
  assert.equal(older('USING', now, old), 'SELECT n FROM b WHERE k = 1');
});

test('white space, comments and a move alone are no change', () => {
  assert.equal(older('orders', OLD.replace('FROM orders', '\n  from orders -- all\n'), OLD), 'same');
  assert.equal(older('log', 'DELETE FROM log WHERE at < now();\nSELECT a FROM t;', OLD), 'same');
});

test('the same statement twice: the changed one is matched with its own old version', () => {
  const old = 'SELECT a FROM t;\nSELECT 1;\nSELECT a FROM t;\n';
  const now = 'SELECT a FROM t;\nSELECT 1;\nSELECT a FROM t WHERE true;\n';
  assert.equal(older('true', now, old), 'SELECT a FROM t');
});

test('in an empty older version everything is new', () => {
  assert.equal(older('orders', OLD, ''), 'new');
});

test('editing one statement of a file never gives the old version of another one', () => {
  const pool = [
    'SELECT a FROM t',
    'SELECT a FROM u',
    'SELECT b, c FROM t WHERE a = 1',
    'DELETE FROM u',
    'SELECT 5',
  ];
  const files = fc.uniqueArray(fc.constantFrom(...pool), { minLength: 1 });
  fc.assert(
    fc.property(files, fc.nat(), (texts, pick) => {
      const at = pick % texts.length;
      const now = texts.map((text, i) => (i === at ? `${text} -- x\n /* y */ LIMIT 7` : text));
      assert.equal(older('LIMIT 7', `${now.join(';\n')};`, `${texts.join(';\n')};`), texts[at]);
    }),
  );
});
