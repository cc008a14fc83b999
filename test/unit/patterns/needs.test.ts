import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { findMatches, type PatternMatch } from '../../../src/core/patterns/find.ts';
import { patternById, patterns } from '../../../src/core/patterns/library.ts';
import { meetsNeeds, type Part, partsOf } from '../../../src/core/patterns/needs.ts';
import type { Pattern } from '../../../src/core/patterns/pattern.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { goldenCases } from './golden-cases.ts';

const nothing = catalogFromDdl('', 'postgresql');

function parts(sql: string): ReadonlySet<Part> {
  return partsOf(analyzeStatement(sql, nothing));
}

function has(sql: string, ...wanted: readonly Part[]): void {
  const found = parts(sql);
  for (const part of wanted) assert.ok(found.has(part), `${part} in ${sql}`);
}

describe('parts of a statement', () => {
  test('clauses, operators and kinds of nodes', () => {
    has(
      'SELECT DISTINCT a FROM t WHERE b = 1 OR c LIKE d LIMIT 3',
      'distinct',
      'where',
      'condition',
      'operator OR',
      'operator =',
      'like',
      'few rows',
      'as statement',
    );
    has(
      'SELECT a, count(*) FROM t GROUP BY a HAVING count(*) > 1',
      'aggregate',
      'grouped',
      'groupBy',
      'having',
    );
    has('SELECT row_number() OVER (ORDER BY a) FROM t FOR UPDATE', 'window call', 'locking clause');
  });

  test('joins and what is joined', () => {
    has('SELECT 1 FROM a LEFT JOIN (SELECT 1) d ON a.x = d.x', 'outer join', 'join step', 'query in from');
    has('SELECT 1 FROM a, b', 'several sources', 'join step');
    assert.ok(!parts('SELECT 1 FROM a').has('several sources'));
    has('SELECT 1 FROM a, b', 'comma join');
    assert.ok(!parts('SELECT 1 FROM a JOIN b ON a.x = b.x').has('comma join'));
  });

  test('a table of the catalog twice in one FROM', () => {
    const catalog = catalogFromDdl('CREATE TABLE t (a int); CREATE TABLE u (a int)', 'postgresql');
    const twice = (sql: string): boolean => partsOf(analyzeStatement(sql, catalog)).has('one table twice');
    assert.ok(twice('SELECT 1 FROM t x JOIN u ON u.a = x.a JOIN t y ON y.a = x.a'));
    assert.ok(!twice('SELECT 1 FROM t JOIN u ON u.a = t.a WHERE t.a IN (SELECT a FROM t)'));
    assert.ok(!twice('SELECT 1 FROM unknown x, unknown y'));
  });

  test('functions of the catalog, and tenants', () => {
    const own = catalogFromDdl(
      "CREATE FUNCTION price_of(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE orgs (org_id int PRIMARY KEY); CREATE TABLE a (org_id int NOT NULL REFERENCES orgs, id int, PRIMARY KEY (org_id, id)); CREATE TABLE b (org_id int NOT NULL REFERENCES orgs, id int, PRIMARY KEY (org_id, id));",
      'postgresql',
    );
    assert.ok(partsOf(analyzeStatement('SELECT price_of(a) FROM t', own)).has('catalog function'));
    assert.ok(!partsOf(analyzeStatement('SELECT abs(a) FROM t', own)).has('catalog function'));
    assert.ok(partsOf(analyzeStatement('SELECT 1', own)).has('tenants'));
    assert.ok(!parts('SELECT 1').has('tenants'));
  });

  test('hints in comments', () => {
    has('SELECT /*+ HashJoin(a b) */ 1 FROM a, b', 'hint comment');
    assert.ok(!parts('SELECT /* + */ 1 FROM a').has('hint comment'));
  });

  test('subqueries by what they are for', () => {
    has(
      'SELECT (SELECT 1) FROM t WHERE EXISTS (SELECT 1) AND a IN (SELECT 1)',
      'as scalar',
      'as exists',
      'as in',
    );
    assert.ok(!parts('SELECT 1 FROM t').has('as exists'));
    has('SELECT (SELECT 1), (SELECT 2) FROM t', 'several scalar subqueries');
    assert.ok(!parts('SELECT (SELECT 1) FROM t').has('several scalar subqueries'));
  });

  test('writes, and statements without a tree', () => {
    has('UPDATE t SET a = 1 WHERE b = 2', 'write', 'update', 'where');
    has('VACUUM FULL t', 'words alone');
  });
});

describe('needs', () => {
  const statement = analyzeStatement('SELECT a FROM t WHERE b = 1', nothing);

  test('all of them, and one of several', () => {
    assert.ok(meetsNeeds(undefined, statement));
    assert.ok(meetsNeeds(['where', ['like', 'operator =']], statement));
    assert.ok(!meetsNeeds(['where', 'like'], statement));
    assert.ok(!meetsNeeds([['like', 'in']], statement));
  });

  test('a pattern is not asked about a statement that does not meet them', () => {
    const { asked, pattern } = spy(['like']);
    findMatches(statement, { among: [pattern] });
    assert.equal(asked(), 0);
    findMatches(statement, { among: [pattern], everywhere: true });
    assert.equal(asked(), 1);
  });

  test('wrong ones are seen: a case of the pattern is found only without them', () => {
    const star = patternById('select-star');
    assert.ok(star);
    const [right, wrong] = [star, { ...star, needs: ['like'] } satisfies Pattern];
    const select = analyzeStatement(
      'SELECT * FROM t',
      catalogFromDdl('CREATE TABLE t (a int)', 'postgresql'),
    );
    assert.deepEqual(lost(select, [right]), []);
    assert.deepEqual(lost(select, [wrong]), ['select-star']);
  });

  test('no pattern loses a finding in any golden statement', () => {
    const catalogs = new Map<string, Catalog>();
    const seen = new Set<string>();
    for (const { sql, schema, dialect, timeZone } of goldenCases()) {
      const key = `${dialect} ${timeZone} ${schema}`;
      if (seen.has(`${key} ${sql}`)) continue;
      seen.add(`${key} ${sql}`);
      const catalog = catalogs.get(key) ?? catalogFromDdl(schema, dialect);
      catalogs.set(key, catalog);
      const settings = { ...catalog.settings, timezone: timeZone };
      const analyzed = analyzeStatement(sql, { ...catalog, settings });
      assert.deepEqual(lost(analyzed, patterns), [], sql);
    }
  });
});

/** The patterns that find something in a statement that does not meet their needs. */
function lost(statement: Parameters<typeof findMatches>[0], among: readonly Pattern[]): string[] {
  const left = among.filter((pattern) => !meetsNeeds(pattern.needs, statement));
  return findMatches(statement, { among: left, everywhere: true }).map(
    ({ pattern }: PatternMatch) => pattern.id,
  );
}

function spy(needs: Pattern['needs'] & {}): { pattern: Pattern; asked: () => number } {
  let count = 0;
  const [first] = patterns;
  assert.ok(first);
  const find: Pattern['find'] = () => {
    count++;
    return [];
  };
  return { pattern: { ...first, needs, find }, asked: () => count };
}
