/**
 * Functions put together by chance, and statements that call them: wherever a body is written in the place of a call as
 * proved, both statements return the same on generated databases. Names of parameters, columns and relations are few, so
 * that they meet.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { catalogFromDdl } from '../../src/core/catalog/from-ddl.ts';
import type { ScratchDatabase } from '../../src/core/database.ts';
import { findMatches } from '../../src/core/patterns/find.ts';
import { patternById } from '../../src/core/patterns/library.ts';
import { analyzeStatement } from '../../src/core/sql/analyze.ts';
import { applyEdits } from '../../src/core/sql/text.ts';
import { Random } from '../../src/core/verification/generate/random.ts';
import { searchCounterexample } from '../../src/core/verification/search/search.ts';
import { closeWarmScratch, openScratch } from '../../src/databases/embedded/scratch.ts';

const TABLES = `CREATE TABLE t (id int PRIMARY KEY, a int, b bigint NOT NULL, c numeric(6,2));
CREATE TABLE u (id int PRIMARY KEY, a int NOT NULL, b bigint, c numeric);`;
const TYPES = { id: 'int', a: 'int', b: 'bigint', c: 'numeric' } as const;
const COLUMNS = ['id', 'a', 'b', 'c'] as const;
const FUNCTIONS = 60;

class Writer {
  private readonly random: Random;
  constructor(random: Random) {
    this.random = random;
  }

  private one<T>(of: readonly T[]): T {
    return this.random.pick(of) as T;
  }

  /** A function `f` of one parameter. */
  functionText(type: string): string {
    const table = this.one(['t', 'u']);
    const alias = this.one([table, 't', 'u', 'z']);
    const name = this.one([null, 'a', 'b', 'id', 'p', 'z', 't']);
    const value = name === null ? '$1' : this.one(['$1', name, name, `f.${name}`]);
    const column = this.one(COLUMNS);
    const key = this.one([`${alias}.${this.one(COLUMNS)}`, this.one(COLUMNS)]);
    const from = `FROM ${table}${alias === table ? '' : ` ${alias}`}`;
    const where = `WHERE ${key} ${this.one(['=', '=', '>', '<>'])} ${value}`;
    const [body, returns] = this.one<readonly [string, string]>([
      [`SELECT max(${alias}.${column}) ${from} ${where}`, TYPES[column]],
      [`SELECT count(*) ${from} ${where}`, 'bigint'],
      [`SELECT coalesce(sum(${column} * ${value}), 0) ${from} ${where}`, 'numeric'],
      [`SELECT ${column} ${from} WHERE ${alias}.id = ${value}`, TYPES[column]],
      [`SELECT ${column} ${from} ${where} ORDER BY ${column} DESC, ${alias}.id LIMIT 1`, TYPES[column]],
      [`SELECT ${column} ${from} ${where} ORDER BY ${alias}.id`, TYPES[column]],
      [`SELECT EXISTS (SELECT 1 ${from} ${where})`, 'boolean'],
      [`SELECT coalesce(${value}, 2) + 1`, 'numeric'],
      [`SELECT ${value} * 2`, type],
    ]);
    const head = `CREATE FUNCTION f(${name === null ? '' : `${name} `}${type}) RETURNS ${returns} LANGUAGE sql STABLE`;
    const strict = this.random.chance(0.4) ? ' STRICT' : '';
    return this.random.chance(0.3)
      ? `${head}${strict} BEGIN ATOMIC ${body}; END;`
      : `${head}${strict} AS $$ ${body} $$;`;
  }

  statement(type: string): string {
    const table = this.one(['t', 'u']);
    const alias = this.one([table, 't', 'u', 'z']);
    const column = this.one(type === 'int' ? ['id', 'a'] : COLUMNS);
    const call = `f(${this.one([`${alias}.${column}`, column, `${alias}.${column} + 1`, 'NULL', '2'])})`;
    const from = `FROM ${table}${alias === table ? '' : ` ${alias}`}`;
    return this.one([
      `SELECT ${alias}.id, ${call} ${from}`,
      `SELECT ${alias}.id ${from} WHERE ${call} IS NOT NULL`,
      `SELECT ${alias}.a, count(*), f(${alias}.a) AS v ${from} GROUP BY ${alias}.a`,
      `SELECT count(${call}), min(${alias}.id) AS least ${from}`,
      `SELECT s.v FROM (SELECT ${call} AS v ${from}) s`,
      `SELECT ${alias}.id, y.id AS other ${from} LEFT JOIN u y ON y.a = ${alias}.id AND f(${alias}.${column}) IS NULL`,
      `SELECT DISTINCT ${call} AS v ${from}`,
    ]);
  }
}

describe('bodies of functions in the place of their calls', () => {
  let scratch: ScratchDatabase;
  before(async () => {
    scratch = await openScratch();
  });
  after(async () => {
    await scratch.close();
    await closeWarmScratch();
  });

  test('what is given as proved returns the same, whatever meets in names and types', async (t) => {
    const writer = new Writer(new Random(7));
    const among = ['sql-function-to-subquery', 'sql-function-to-expression'].flatMap(
      (id) => patternById(id) ?? [],
    );
    let reached = 0;
    for (let n = 0; n < FUNCTIONS; n++) {
      const type = n % 3 === 0 ? 'int' : n % 3 === 1 ? 'bigint' : 'numeric';
      const schema = `${TABLES}\n${writer.functionText(type)}`;
      const catalog = catalogFromDdl(schema, 'postgresql');
      const sql = writer.statement(type);
      const original = analyzeStatement(sql, catalog);
      for (const { match } of findMatches(original, { among })) {
        if (match.rewrite?.soundness !== 'proved') continue;
        const rewrite = applyEdits(sql, match.rewrite.edits);
        const against = (text: string, databases: number) =>
          searchCounterexample(original, analyzeStatement(text, catalog), catalog, scratch, {
            databases,
            budgetMs: 30_000,
          });
        const result = await against(rewrite, 40);
        const said = `${schema}\n${sql}\nbecame\n${rewrite}\n${JSON.stringify(result)}`;
        // by chance a statement is none: then it is not compared with itself either
        if (result.verdict === 'unknown') assert.equal((await against(sql, 1)).verdict, 'unknown', said);
        else assert.equal(result.verdict, 'survived', said);
        if (result.verdict === 'survived' && result.reached > 0) reached++;
      }
    }
    t.diagnostic(`${reached} rewrites with rows`);
    assert.ok(reached >= 20, `only ${reached} rewrites were compared on rows`);
  });
});
