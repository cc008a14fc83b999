import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Statement } from '../../../src/core/sql/ast.ts';
import { type ParsedStatement, parseStatement } from '../../../src/core/sql/parse.ts';
import { printParenthesized, printTree } from '../../../src/core/sql/print.ts';
import {
  fixtureStatements,
  loadReferenceParser,
  numberPlaceholders,
  referenceTree,
} from './reference-parser.ts';
import { StatementGenerator } from './statement-generator.ts';
import { ourFacts, referenceFacts } from './tree-facts.ts';

before(loadReferenceParser);

/** What is kept as it is on purpose, by the reason of the opaque node. */
const KEPT_ON_PURPOSE: ReadonlyMap<string, string> = new Map([
  ['not a statement that is analyzed', 'utility statements and routines are not looked into'],
  ['the row under a cursor', 'WHERE CURRENT OF: which row is meant is not in the text'],
  ['a cast as a table', 'FROM CAST(…): nobody writes it'],
  ['a part of a column', 'INSERT INTO t (a.b, c[1])'],
  // DDL: a catalog needs none of these
  ['options of the table', 'storage, inheritance, partition bounds'],
  ['options of the index', 'storage'],
  ['options of the view', 'security_barrier, check options, storage'],
  ['options of the constraint', 'INCLUDE, USING INDEX'],
  ['the partitioning', 'PARTITION BY of CREATE TABLE'],
  ['the columns of another table', 'LIKE'],
  ['the source of the rows', 'CREATE TABLE … AS EXECUTE'],
  ['a property of the column', 'STORAGE, COMPRESSION, OPTIONS'],
  ['a property of a column in a key', 'WITHOUT OVERLAPS'],
  ['an exclusion', 'EXCLUDE'],
  ['an index', 'PRIMARY KEY USING INDEX'],
  ['an action that is not analyzed', 'ALTER TABLE … OWNER TO and the like'],
]);

/** The reasons of opaque nodes that are not kept on purpose. */
function notUnderstood(parsed: ParsedStatement): string[] {
  return parsed.opaque.map(({ reason }) => reason).filter((reason) => !KEPT_ON_PURPOSE.has(reason));
}

/** What is wrong with our tree of a statement that PostgreSQL accepts; null when nothing is. */
function compare(sql: string, reference: string): string | null {
  const parsed = parseStatement(sql, 'postgresql');
  if (printTree(sql, parsed.tree) !== sql) return 'the tree does not print as it was written';
  const [problem] = parsed.errors;
  if (problem)
    return `${problem.message} at ${problem.start}: ${sql.slice(problem.start, problem.start + 20)}`;
  const [reason] = notUnderstood(parsed);
  if (reason !== undefined) return `opaque: ${reason}`;
  const printed = printParenthesized(sql, parsed.tree);
  const again = referenceTree(printed);
  if (again === null) return `PostgreSQL rejects the parenthesized print: ${printed}`;
  if (again !== reference) return `the nesting differs: ${printed}`;
  return compareFacts(parsed.tree, reference);
}

/** The first difference between what our tree and PostgreSQL's say that a query or write names and does. */
function compareFacts(tree: Statement, reference: string): string | null {
  if (!COMPARED.has(tree.kind)) return null;
  const ours = ourFacts(tree);
  const theirs = referenceFacts(reference);
  const at = theirs.findIndex((fact, index) => fact !== ours[index]);
  if (at < 0 && ours.length === theirs.length) return null;
  return `ours ${ours[at] ?? ours.at(-1)}, PostgreSQL's ${theirs[at]}`;
}

const COMPARED: ReadonlySet<string> = new Set(['queryStatement', 'insert', 'update', 'delete', 'merge']);

for (const file of new Set(fixtureStatements('postgresql').map((statement) => statement.file))) {
  test(`every operator, join and clause of ${file} nests as in PostgreSQL`, () => {
    const failures: string[] = [];
    for (const { sql } of fixtureStatements('postgresql').filter((statement) => statement.file === file)) {
      const numbered = numberPlaceholders(sql);
      const reference = referenceTree(numbered);
      assert.ok(reference !== null, `PostgreSQL rejects the fixture: ${sql}`);
      const failure = compare(numbered, reference);
      if (failure !== null) failures.push(`${sql}\n  ${failure}`);
      assert.deepEqual(parseStatement(sql, 'postgresql').errors, [], sql);
    }
    assert.deepEqual(failures, []);
  });
}

test('generated statements nest as in PostgreSQL, and all that it accepts is understood', (t) => {
  const generator = new StatementGenerator(20_240_229);
  const failures: string[] = [];
  let accepted = 0;
  let rejected = 0;
  let unnoticed = 0;
  for (let i = 0; i < 1500; i++) {
    const sql = generator.statement();
    const reference = referenceTree(sql);
    if (reference === null) {
      rejected++;
      const parsed = parseStatement(sql, 'postgresql');
      if (parsed.errors.length === 0) unnoticed++;
      continue;
    }
    accepted++;
    const failure = compare(sql, reference);
    if (failure !== null) failures.push(`${sql}\n  ${failure}`);
  }
  const understood = (100 * (accepted - failures.length)) / accepted;
  t.diagnostic(
    `${accepted} accepted by PostgreSQL, ${understood.toFixed(2)} % of them parsed to the same tree`,
  );
  t.diagnostic(`${rejected} rejected by PostgreSQL, ${rejected - unnoticed} of them noticed`);
  assert.ok(accepted >= 1000, `only ${accepted} statements were usable`);
  assert.deepEqual(failures, []);
  assert.ok(unnoticed <= rejected * 0.05, `${unnoticed} of ${rejected} wrong statements went unnoticed`);
});

test('statements with a mistake are noticed', () => {
  const wrong = [
    'SELECT a FROM',
    'SELECT a b c FROM t',
    'SELECT * FROM t WHERE',
    'SELECT * FROM t WHERE a =',
    'SELECT * FROM t WHERE a = = b',
    'SELECT * FROM t WHERE a AND',
    'SELECT * FROM t WHERE OR b',
    'SELECT (a FROM t',
    'SELECT f(a, FROM t',
    'SELECT CASE WHEN a THEN b FROM t',
    'SELECT CASE END FROM t',
    'SELECT a < b < c FROM t',
    'SELECT a = b = c FROM t',
    'SELECT a BETWEEN 1 FROM t',
    'SELECT a IN () FROM t',
    'SELECT a IN 1 FROM t',
    'SELECT a IS b FROM t',
    'SELECT a NOT b FROM t',
    'SELECT CAST(a int) FROM t',
    'SELECT CAST(a AS) FROM t',
    'SELECT a:: FROM t',
    'SELECT ARRAY[1, FROM t',
    'SELECT a[1 FROM t',
    "SELECT 'a FROM t",
    'SELECT "a FROM t',
    'SELECT $tag$a FROM t',
    'SELECT /* a FROM t',
    'FROM t SELECT a',
    'SELECT a WHERE b FROM t',
    'SELECT a FROM t ORDER a',
    'SELECT a FROM t GROUP a',
    'SELECT a FROM t ORDER BY',
    'SELECT a FROM t GROUP BY',
    'SELECT a FROM t GROUP BY a WHERE b',
    'SELECT a FROM t LIMIT',
    'SELECT a FROM t LIMIT 1 LIMIT 2',
    'SELECT a FROM t FETCH FIRST 5 ROWS',
    'SELECT a FROM t JOIN u',
    'SELECT a FROM t LEFT u ON true',
    'SELECT a FROM t JOIN ON true',
    'SELECT a FROM t, WHERE b',
    'SELECT a FROM (SELECT b',
    'SELECT a FROM (SELECT b) x y',
    'SELECT a UNION',
    'SELECT a UNION ORDER BY 1',
    'SELECT a ORDER BY 1 UNION SELECT b',
    'WITH x AS SELECT 1 SELECT 2',
    'WITH x AS (SELECT 1)',
    'WITH x AS (SELECT 1) x',
    'WITH AS (SELECT 1) SELECT 2',
    'SELEC a FROM t',
    'INSERT t VALUES (1)',
    'INSERT INTO VALUES (1)',
    'INSERT INTO t (a',
    'INSERT INTO t (a) VALUES',
    'INSERT INTO t (a) VALUES 1',
    'INSERT INTO t VALUES (1) ON CONFLICT UPDATE',
    'UPDATE t a = 1',
    'UPDATE t SET',
    'UPDATE t SET a',
    'UPDATE t SET a = 1 b = 2',
    'UPDATE SET a = 1',
    'DELETE t',
    'DELETE FROM',
    'DELETE FROM t WHERE',
    'DELETE FROM t a = 1',
    'MERGE INTO t USING s WHEN MATCHED THEN DELETE',
    'MERGE INTO t USING s ON a',
    'MERGE INTO t USING s ON a WHEN MATCHED DELETE',
    'CREATE TABLE',
    'CREATE TABLE t (a int,)',
    'CREATE TABLE t (a int b int)',
    'CREATE INDEX i ON t',
    'CREATE VIEW v SELECT 1',
    'ALTER TABLE t',
    'SELECT extract(year a) FROM t',
    'SELECT sum(a) OVER (PARTITION a) FROM t',
    'SELECT sum(a) FILTER (a > 1) FROM t',
    'SELECT a FROM t WHERE EXISTS (a)',
    'VALUES',
    'SELECT * FROM t TABLESAMPLE',
    '(SELECT 1',
    'SELECT a FROM t WHERE (a = 1',
    'SELECT a FROM t WHERE a = 1)',
    'SELECT a..b FROM t',
    'SELECT .a FROM t',
    'SELECT DISTINCT ON a FROM t',
  ];
  assert.deepEqual(
    wrong.filter((sql) => referenceTree(sql) !== null),
    [],
    'PostgreSQL accepts these',
  );
  const unnoticed = wrong.filter((sql) => {
    const parsed = parseStatement(sql, 'postgresql');
    assert.equal(printTree(sql, parsed.tree), sql);
    return parsed.errors.length === 0;
  });
  assert.deepEqual(unnoticed, []);
});
