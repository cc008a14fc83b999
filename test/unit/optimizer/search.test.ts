import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { type RewritePath, searchRewrites } from '../../../src/core/optimizer/search.ts';
import { selectPaths } from '../../../src/core/optimizer/select-paths.ts';
import { findMatches } from '../../../src/core/patterns/find.ts';
import { patternById } from '../../../src/core/patterns/library.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';

const SCHEMA = `
CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, total numeric NOT NULL, placed date);
CREATE INDEX ON orders (placed);`;
const catalog = catalogFromDdl(SCHEMA, 'postgresql');

const TWO_PLACES =
  "SELECT DISTINCT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id + 1 = 7 AND to_char(o.placed, 'YYYY') = '2024'";
/** The subquery has other columns of the outer row; by its own key it is one that a join can serve. */
const NEEDS_STYLE =
  'SELECT o.id, (SELECT max(i.total) FROM orders i WHERE i.customer_id = o.customer_id AND i.id > o.customer_id) AS top FROM orders o';
const BOUNDS = { beam: 8, depth: 4, most: 40 };

const analyzed = (sql: string) => analyzeStatement(sql, catalog);

describe('searching for rewrites', () => {
  test('chains rules, and never gives one statement twice', async () => {
    const paths = await searchRewrites(analyzed(TWO_PLACES), null, BOUNDS);
    const texts = paths.map(({ statement }) => statement.text);
    assert.equal(new Set(texts).size, texts.length);
    assert.ok(paths.some(({ patterns }) => patterns.length >= 3));
  });

  test('proves nothing of a statement that computes with rows which a LIMIT leaves open', async () => {
    const soundness = async (order: string): Promise<Set<string>> => {
      const inner = `SELECT DISTINCT o.id, o.total FROM orders o ORDER BY ${order} LIMIT 2`;
      const paths = await searchRewrites(analyzed(`SELECT t.id FROM (${inner}) t`), null, BOUNDS);
      return new Set(paths.map((path) => path.soundness));
    };
    assert.deepEqual(await soundness('total'), new Set(['likely']));
    assert.ok((await soundness('total, id')).has('proved'));
  });

  test('proves nothing of derived tables whose rows are locked from outside', async () => {
    const soundness = async (end: string): Promise<Set<string>> => {
      const sql = `SELECT w.id FROM (SELECT o.id, o.total FROM orders o WHERE o.id + 1 = 7) w${end}`;
      const paths = await searchRewrites(analyzed(sql), null, BOUNDS);
      return new Set(paths.map((path) => path.soundness));
    };
    assert.ok((await soundness('')).has('proved'));
    assert.deepEqual(await soundness(' FOR UPDATE'), new Set(['likely']));
  });

  describe('rules of style alone', () => {
    const COMMA = 'SELECT o.id FROM orders o, customers c WHERE c.id = o.customer_id AND o.id + 1 = 7';
    const isStyle = (id: string): boolean => patternById(id)?.styleOnly === true;

    test('are neither priced nor offered, and the others are', async () => {
      const priced: string[] = [];
      const price = async ({ text }: { readonly text: string }): Promise<number> => {
        priced.push(text);
        return 100 - priced.length;
      };
      const plain = analyzed('SELECT o.id FROM orders o, customers c WHERE c.id = o.customer_id + 1');
      assert.ok(findMatches(plain).some(({ pattern, match }) => isStyle(pattern.id) && match.rewrite));
      assert.deepEqual(await searchRewrites(plain, price, { ...BOUNDS, cost: 100 }), []);
      assert.deepEqual(priced, []);
      const paths = await searchRewrites(analyzed(COMMA), price, { ...BOUNDS, cost: 100 });
      assert.ok(paths.length > 0);
      assert.deepEqual(
        paths.filter(({ patterns }) => patterns.some(isStyle)),
        [],
      );
    });

    test('are a step where a later rule needs it', async () => {
      const paths = await searchRewrites(analyzed(NEEDS_STYLE), null, BOUNDS);
      const with_ = paths.filter(({ patterns }) => patterns.some(isStyle));
      assert.ok(with_.length > 0, paths.map(({ patterns }) => patterns.join(' > ')).join('\n'));
      for (const { patterns } of with_) {
        assert.ok(!isStyle(patterns.at(-1) ?? ''), patterns.join(' > '));
        const direct = paths.map((path) => path.patterns.join());
        assert.ok(!direct.includes(patterns.filter((id) => !isStyle(id)).join()), patterns.join(' > '));
      }
    });

    test('are offered to who asks for one, and for all of them', async () => {
      for (const style of [['comma-join'], 'all'] as const) {
        const paths = await searchRewrites(analyzed(COMMA), null, { ...BOUNDS, style });
        assert.ok(paths.some(({ patterns }) => patterns.join() === 'comma-join'));
        assert.ok(
          selectPaths(paths, null, { wanted: 'comma-join' }).some(({ patterns }) =>
            patterns.includes('comma-join'),
          ),
        );
      }
    });
  });

  test('asks for several prices at a time', async () => {
    let open = 0;
    let most = 0;
    const price = async (): Promise<number> => {
      most = Math.max(most, ++open);
      await Promise.resolve();
      open--;
      return 10;
    };
    await searchRewrites(analyzed(TWO_PLACES), price, { ...BOUNDS, cost: 100 });
    assert.ok(most > 1);
  });

  test('does not follow a step that neither gains nor enables another rule', async () => {
    let asked = 0;
    const same = async (): Promise<number> => {
      asked++;
      return 100;
    };
    await searchRewrites(analyzed(TWO_PLACES), same, { ...BOUNDS, cost: 100 });
    const followed = asked;
    asked = 0;
    let next = 100;
    const falling = async (): Promise<number> => {
      asked++;
      next *= 0.9;
      return next;
    };
    await searchRewrites(analyzed(TWO_PLACES), falling, { ...BOUNDS, cost: 100 });
    assert.ok(followed < asked, `${followed} statements without a gain, ${asked} with one`);
  });

  test('drops what the server refuses', async () => {
    const refused = async () => 'invalid' as const;
    assert.deepEqual(await searchRewrites(analyzed(TWO_PLACES), refused, { ...BOUNDS, cost: 100 }), []);
  });

  test('stops asking when the time is over, and keeps what it has without a price', async () => {
    let asked = 0;
    const price = async (): Promise<number> => ++asked;
    const paths = await searchRewrites(analyzed(TWO_PLACES), price, { ...BOUNDS, cost: 100, budgetMs: 0 });
    assert.equal(asked, 0);
    assert.ok(paths.length > 0);
    assert.ok(paths.every(({ cost }) => cost === null));
  });
});

describe('selecting the promising few', () => {
  const path = (patterns: readonly string[], rest: Partial<RewritePath> = {}): RewritePath => ({
    statement: analyzed(`SELECT 1 AS ${patterns.join('_').replaceAll('-', '_')}`),
    edits: [],
    patterns,
    assumptions: [],
    soundness: 'proved',
    cost: null,
    ...rest,
  });

  test('takes one of each plan before a second spelling of the cheapest', () => {
    const paths = [
      path(['a', 'b'], { cost: 10 }),
      path(['a'], { cost: 10.1 }),
      path(['a', 'c'], { cost: 10 }),
      path(['a', 'd'], { cost: 10 }),
      path(['e'], { cost: 60 }),
    ];
    const selected = selectPaths(paths, 100).map(({ patterns }) => patterns.join('+'));
    assert.deepEqual(selected.slice(0, 1), ['a+b']);
    assert.ok(selected.includes('e'), selected.join(', '));
  });

  test('leaves out what costs a multiple of the original', () => {
    assert.deepEqual(selectPaths([path(['a'], { cost: 301 })], 100), []);
    assert.equal(selectPaths([path(['a'], { cost: 301 })], 100, { rough: true }).length, 1);
    assert.deepEqual(selectPaths([path(['a'], { cost: 1001 })], 100, { rough: true }), []);
  });

  test('without a planner, prefers what is proved and matters', () => {
    const paths = [
      path(['or-chain-to-in']),
      path(['not-in-to-not-exists'], { soundness: 'likely' }),
      path(['correlated-aggregate-to-join']),
    ];
    assert.equal(selectPaths(paths, null)[0]?.patterns[0], 'correlated-aggregate-to-join');
    assert.equal(selectPaths(paths, null).at(-1)?.soundness, 'likely');
  });
});
