/**
 * The brute force that a search is judged by: both statements on random databases that are much larger than those of
 * the search and know nothing of the statements.
 */
import type pg from 'pg';
import { Random } from '../../src/core/verification/generate/random.ts';
import { AS_TEXT, connected } from '../../test/servers/postgres-scratch.ts';
import { SCHEMA } from './queries.ts';

/** Rows per table, share of NULLs, different numbers. */
const DATABASES: readonly { readonly rows: number; readonly nulls: number; readonly numbers: number }[] = [
  { rows: 8, nulls: 0.3, numbers: 4 },
  { rows: 20, nulls: 0.1, numbers: 7 },
  { rows: 20, nulls: 0.5, numbers: 5 },
  { rows: 40, nulls: 0, numbers: 12 },
  { rows: 60, nulls: 0.2, numbers: 30 },
  { rows: 60, nulls: 0.2, numbers: 4 },
  { rows: 120, nulls: 0.15, numbers: 60 },
  { rows: 5, nulls: 0.2, numbers: 3 },
];
const TEXTS = ['a', 'b', 'c', 'A', 'B', '', 'ab', 'aB', 'a ', 'abc', 'bb', '%'];
const TIMES = [
  '2024-01-30 23:59:59.5',
  '2024-01-31',
  '2024-01-31 08:00',
  '2024-02-29',
  '2024-02-29 23:59:59.999',
  '2024-03-01',
  '2024-03-01 12:00',
  '2024-03-01 12:00:00.5',
  '2024-03-02',
];

export type OracleVerdict = 'equal' | 'different' | 'error';

type Outcome = { readonly rows: readonly string[] } | { readonly error: string };

export class Oracle {
  private readonly db: pg.Client;

  private constructor(db: pg.Client) {
    this.db = db;
  }

  /**
   * @param url of a database that nobody else uses
   * @param seed decides about the data
   */
  static async open(url: string, seed: number): Promise<Oracle> {
    const db = await connected(url);
    const random = new Random(seed);
    for (const [n, database] of DATABASES.entries()) {
      await db.query(`CREATE SCHEMA d${n}; SET search_path = d${n}; ${SCHEMA}`);
      await db.query(dataOf(database, random));
    }
    await db.query('CREATE SCHEMA empty; SET search_path = empty;');
    await db.query(SCHEMA);
    return new Oracle(db);
  }

  /**
   * Compare two queries on all databases.
   *
   * @param ordered the order of rows counts
   * @returns 'error' when the first one fails on every database
   */
  async compare(before: string, after: string, ordered: boolean): Promise<OracleVerdict> {
    let ran = false;
    for (const schema of [...DATABASES.keys()].map((n) => `d${n}`).concat('empty')) {
      await this.db.query(`SET search_path = ${schema}`);
      const first = await this.run(before, ordered);
      // where the original fails it says nothing about what the other must do
      if ('error' in first) continue;
      ran = true;
      const second = await this.run(after, ordered);
      if ('error' in second || !same(first.rows, second.rows)) return 'different';
    }
    return ran ? 'equal' : 'error';
  }

  /** Do two queries differ on the database of a counterexample? Built from its text, apart from the search. */
  async differOn(setup: string, before: string, after: string, ordered: boolean): Promise<boolean> {
    await this.db.query('SET search_path = public; BEGIN');
    try {
      await this.db.query(setup);
      const first = await this.run(before, ordered);
      const second = await this.run(after, ordered);
      if ('error' in first) return false;
      return 'error' in second || !same(first.rows, second.rows);
    } finally {
      await this.db.query('ROLLBACK');
    }
  }

  async close(): Promise<void> {
    await this.db.end();
  }

  private async run(sql: string, ordered: boolean): Promise<Outcome> {
    try {
      await this.db.query('SAVEPOINT run').catch(() => undefined);
      const { rows } = await this.db.query<[string]>({
        text: `SELECT x::text AS line FROM (${sql}) AS x`,
        rowMode: 'array',
        types: AS_TEXT,
      });
      // zeros after the last digit of a number are how it is printed, not what it is
      const lines = rows.map(([line]) =>
        line.replace(/(\.\d*?)0+(?=[,)])/g, '$1').replace(/\.(?=[,)])/g, ''),
      );
      return { rows: ordered ? lines : lines.sort() };
    } catch (error) {
      await this.db.query('ROLLBACK TO SAVEPOINT run').catch(() => undefined);
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }
}

function same(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((line, i) => line === right[i]);
}

function dataOf(
  database: { readonly rows: number; readonly nulls: number; readonly numbers: number },
  random: Random,
): string {
  const { rows, nulls, numbers } = database;
  const orNull = (value: string): string => (random.chance(nulls) ? 'NULL' : value);
  const number = (): string => String(random.between(0, numbers) - 1);
  const text = (): string => `'${random.pick(TEXTS) ?? 'a'}'`;
  const time = (): string => `'${random.pick(TIMES) ?? '2024-03-01'}'`;
  const unique = random.sample(
    Array.from({ length: rows * 2 }, (_, i) => String(i - 1)),
    rows,
  );
  const each = (make: (i: number) => string[]): string =>
    Array.from({ length: rows }, (_, i) => `(${make(i).join(', ')})`).join(',\n');
  const decimal = (): string => random.pick(['0', '1', '1.5', '1.50', '3', '2.99', '10', '-1', '5']) ?? '1';
  return `
    INSERT INTO parent VALUES ${each((i) => [String(i - 1), orNull(unique[i] ?? 'NULL'), number(), orNull(text())])};
    INSERT INTO child VALUES ${each((i) => [String(i), orNull(String(random.between(0, Math.min(numbers, rows) - 1) - 1)), orNull(number()), text(), orNull(time())])};
    INSERT INTO loose VALUES ${each(() => [orNull(number()), orNull(decimal()), orNull(text())])};
  `;
}
