/** What the core knows of PostgreSQL's functions, operators and types, against the server itself. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PGlite } from '@electric-sql/pglite';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { typeFamily } from '../../../src/core/catalog/type-family.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import type { FunctionCall } from '../../../src/core/sql/ast.ts';
import {
  knownFunction,
  knownFunctionNames,
  setReturningColumns,
  type Volatility,
} from '../../../src/core/sql/properties/functions.ts';
import { isNotNullExpression } from '../../../src/core/sql/properties/not-null.ts';
import { canRaise } from '../../../src/core/sql/properties/raising.ts';
import { typeOf } from '../../../src/core/sql/properties/types.ts';

const COLUMNS = `si smallint, i integer, bi bigint, num numeric(10,2), r real, d double precision, t text,
  vc character varying(20), ch character(5), b boolean, da date, ts timestamp, tz timestamptz, tm time, iv interval,
  u uuid, j json, jb jsonb, ia integer[], by bytea, ir int4range, ne inet, bt bit(3)`;
const SCHEMA = `CREATE TABLE v (${COLUMNS})`;
const NAMES = COLUMNS.split(',').flatMap((part) => /^\s*([a-z]+) /.exec(part)?.[1] ?? []);
const catalog = catalogFromDdl(SCHEMA, 'postgresql');

let db: PGlite;
before(async () => {
  db = await PGlite.create();
  await db.exec(SCHEMA);
});
after(() => db.close());

const RANK: Readonly<Record<string, number>> = { immutable: 0, stable: 1, volatile: 2, i: 0, s: 1, v: 2 };

describe("the engine's own functions", () => {
  test('are nowhere more volatile, less strict or set-returning than said', async () => {
    const { rows } = await db.query<{ name: string; volatility: string; strict: boolean; set: boolean }>(
      `SELECT proname AS name, provolatile::text AS volatility, proisstrict AS strict, proretset AS "set"
       FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND NOT (proname = 'length' AND pronargs = 2)`,
    );
    const wrong: string[] = [];
    for (const name of knownFunctionNames('postgresql')) {
      const call = { function: name, name: [{ name }] } as unknown as FunctionCall;
      const known = knownFunction(call, 'postgresql');
      for (const row of rows.filter((one) => one.name === name)) {
        const volatility: Volatility = known?.volatility ?? 'volatile';
        if ((RANK[volatility] ?? 0) < (RANK[row.volatility] ?? 2)) wrong.push(`${name} is ${row.volatility}`);
        if (known?.strict && !row.strict) wrong.push(`${name} is not strict`);
        if (row.set && setReturningColumns(call) === null) wrong.push(`${name} returns a set`);
      }
    }
    assert.deepEqual(wrong, []);
  });
});

/** The server's type of each expression, null where it refuses it; all in one round trip per expression kind. */
async function serverTypes(expressions: readonly string[]): Promise<(string | null)[]> {
  await db.exec(`CREATE OR REPLACE FUNCTION type_of(e text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE result text;
    BEGIN
      EXECUTE format('CREATE TEMP VIEW probe AS SELECT %s AS x FROM v', e);
      SELECT format_type(atttypid, NULL) INTO result FROM pg_attribute WHERE attrelid = 'probe'::regclass AND attnum = 1;
      DROP VIEW probe;
      RETURN result;
    EXCEPTION WHEN others THEN RETURN NULL;
    END $$`);
  const { rows } = await db.query<{ type: string | null }>(
    'SELECT type_of(e) AS type FROM unnest($1::text[]) WITH ORDINALITY AS x(e, n) ORDER BY n',
    [expressions],
  );
  return rows.map((row) => row.type);
}

/** Expressions whose type we claim to know and the server says otherwise. */
async function wrongTypes(expressions: readonly string[]): Promise<string[]> {
  const types = await serverTypes(expressions);
  const wrong: string[] = [];
  let known = 0;
  expressions.forEach((expression, i) => {
    const type = types[i];
    if (!type) return;
    const statement = analyzeStatement(`SELECT ${expression} FROM v`, catalog);
    const item = statement.root?.select.items[0];
    const own = item ? typeOf(item.expression, statement) : null;
    if (!own) return;
    known++;
    const text = own.text?.replace(/\([^)]*\)/, '') ?? type;
    if (text !== type || own.family !== typeFamily(type, 'postgresql')) {
      wrong.push(`${expression}: ${own.text ?? own.family} instead of ${type}`);
    }
  });
  assert.ok(
    known > expressions.length / 100,
    `only ${known} of ${expressions.length} types are known at all`,
  );
  return wrong;
}

const pairs = NAMES.flatMap((a) => NAMES.map((b) => [a, b] as const));

describe('types', () => {
  test('of operators are those of the server', async () => {
    const operators = ['+', '-', '*', '/', '%', '||', '=', '<', '->', '->>'];
    assert.deepEqual(await wrongTypes(operators.flatMap((o) => pairs.map(([a, b]) => `${a} ${o} ${b}`))), []);
  });

  test('of operators with literals are those of the server', async () => {
    const literals = [
      "'1'",
      '1',
      '1.5',
      '5000000000',
      'NULL',
      "interval '1 day'",
      "date '2024-01-01'",
      'now()',
      'current_date',
    ];
    const operators = ['+', '-', '*', '||', '='];
    const all = operators.flatMap((o) =>
      NAMES.flatMap((n) => literals.flatMap((l) => [`${n} ${o} ${l}`, `${l} ${o} ${n}`])),
    );
    assert.deepEqual(await wrongTypes(all), []);
  });

  test('of CASE, COALESCE, GREATEST and NULLIF are those of the server', async () => {
    const all = pairs.flatMap(([a, b]) => [
      `coalesce(${a}, ${b})`,
      `CASE WHEN b THEN ${a} ELSE ${b} END`,
      `greatest(${a}, ${b})`,
      `nullif(${a}, ${b})`,
    ]);
    assert.deepEqual(await wrongTypes(all), []);
  });

  test('of functions are those of the server', async () => {
    const functions = [
      ...knownFunctionNames('postgresql'),
      'count',
      'sum',
      'avg',
      'min',
      'max',
      'bool_and',
      'bit_and',
      'stddev',
    ];
    const more = [
      'array_agg',
      'string_agg',
      'jsonb_agg',
      'any_value',
      'mode',
      'every',
      'regr_count',
      'corr',
      'lag',
      'ntile',
    ];
    const all = [...functions, ...more].flatMap((f) => [
      `${f}()`,
      ...NAMES.map((n) => `${f}(${n})`),
      ...NAMES.map((n) => `${f}('day', ${n})`),
      ...NAMES.map((n) => `${f}(${n}, 2)`),
      ...NAMES.map((n) => `${f}(${n}, t)`),
      ...NAMES.map((n) => `${f}(${n}) OVER ()`),
    ]);
    assert.deepEqual(await wrongTypes(all), []);
  });

  test('of words, zones and casts are those of the server', async () => {
    const words = [
      'current_date',
      'current_timestamp',
      'localtimestamp',
      'current_user',
      'localtime',
      'current_time',
      'session_user',
    ];
    const types = [
      'integer',
      'varchar(3)',
      'text',
      'numeric(5)',
      'timestamptz',
      'date',
      'char',
      'float',
      'int[]',
      'boolean',
    ];
    const all = NAMES.flatMap((n) => [
      `${n} AT TIME ZONE 'UTC'`,
      `-${n}`,
      `extract(year FROM ${n})`,
      `${n} COLLATE "C"`,
      `(SELECT max(${n}) FROM v)`,
      `ARRAY[${n}]`,
      ...types.map((type) => `${n}::${type}`),
    ]);
    assert.deepEqual(await wrongTypes([...words, ...all]), []);
  });
});

describe('facts about values', () => {
  const LITERALS: Readonly<Record<string, readonly string[]>> = {
    si: ['-32768', '0', '32767'],
    i: ['-2147483648', '0', '2147483647'],
    bi: ['-9223372036854775808', '0', '9223372036854775807'],
    num: ['-99999999.99', '0', '99999999.99'],
    r: ["'-Infinity'", '0', "'NaN'"],
    d: ["'-1e308'", '0', "'NaN'"],
    t: ["''", "'a%_\\'", "'05'"],
    vc: ["''", "'%'", "'x'"],
    ch: ["''", "'ab'", "'x'"],
    b: ['true', 'false', 'true'],
    da: ["'-infinity'", "'2024-02-29'", "'infinity'"],
    ts: ["'2024-02-29 23:59:59.999999'", "'1970-01-01'", "'infinity'"],
    tz: ["'2024-02-29 23:59:59.999999+00'", "'1970-01-01+00'", "'-infinity'"],
    tm: ["'00:00'", "'23:59:59'", "'12:00'"],
    iv: ["'1 month'", "'-5 days'", "'0'"],
    u: [
      "'00000000-0000-0000-0000-000000000000'",
      "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
      'gen_random_uuid()',
    ],
    j: ["'null'", "'{}'", "'[1]'"],
    jb: ["'null'", "'{}'", "'[1]'"],
    ia: ["'{}'", "'{1,NULL}'", "'{3}'"],
    by: ["''", "'\\x00'", "'a'"],
    ir: ["'empty'", "'(,)'", "'[1,5)'"],
    ne: ["'::1'", "'10.0.0.1/8'", "'1.2.3.4'"],
    bt: ["'000'", "'111'", "'101'"],
  };

  before(async () => {
    for (let k = 0; k < 3; k++) {
      const values = NAMES.map((name) => LITERALS[name]?.[k] ?? 'NULL');
      await db.exec(`INSERT INTO v VALUES (${values.join(', ')})`);
    }
    await db.exec(`CREATE OR REPLACE FUNCTION outcome(e text) RETURNS text LANGUAGE plpgsql AS $$
      DECLARE nulls bigint;
      BEGIN
        EXECUTE format('CREATE TEMP VIEW probe AS SELECT %s AS x FROM v', e);
        DROP VIEW probe;
        EXECUTE format('SELECT count(*) FROM (SELECT %s AS x FROM v OFFSET 0) q WHERE num_nulls(x) > 0', e) INTO nulls;
        RETURN CASE WHEN nulls > 0 THEN 'null' ELSE 'fine' END;
      EXCEPTION
        WHEN undefined_function OR undefined_column OR datatype_mismatch OR syntax_error OR indeterminate_datatype
          OR wrong_object_type OR ambiguous_function OR cannot_coerce OR grouping_error OR invalid_text_representation
          OR invalid_datetime_format OR undefined_object OR feature_not_supported OR dependent_objects_still_exist THEN RETURN 'refused';
        WHEN others THEN RETURN 'raised ' || SQLERRM;
      END $$`);
  });

  /** Expressions of which we claim that they do not raise or are not NULL, and the server shows otherwise. */
  async function disproved(expressions: readonly string[]): Promise<string[]> {
    const { rows } = await db.query<{ outcome: string }>(
      'SELECT outcome(e) AS outcome FROM unnest($1::text[]) WITH ORDINALITY AS x(e, n) ORDER BY n',
      [expressions],
    );
    // no column of the table is NULL anywhere, so every strict, total expression must not be either
    const notNull = catalogFromDdl(
      SCHEMA.replace(/(\w+)(,|\)$)/g, '$1 $2').replace(/ ,/g, ' NOT NULL,'),
      'postgresql',
    );
    const wrong: string[] = [];
    expressions.forEach((expression, i) => {
      const outcome = rows[i]?.outcome ?? 'refused';
      if (outcome === 'refused' || outcome === 'fine') return;
      const statement = analyzeStatement(`SELECT ${expression} FROM v`, notNull);
      const item = statement.root?.select.items[0];
      if (!item) return;
      if (outcome.startsWith('raised') && !canRaise(item.expression, statement))
        wrong.push(`${expression} ${outcome}`);
      if (outcome === 'null' && isNotNullExpression(item.expression, statement))
        wrong.push(`${expression} is NULL`);
    });
    return wrong;
  }

  test('what is said not to raise and not to be NULL holds for extreme values of every type', async () => {
    const operators = ['+', '-', '*', '/', '%', '||', '=', '<', '->>', '@>', '&&', '~'];
    const literals = ["'1'", '1', '1.5', "interval '1 month'", '0'];
    const all = [
      ...operators.flatMap((o) => pairs.map(([a, b]) => `${a} ${o} ${b}`)),
      ...operators.flatMap((o) => NAMES.flatMap((n) => literals.map((l) => `${n} ${o} ${l}`))),
      ...NAMES.flatMap((n) =>
        [
          'integer',
          'bigint',
          'numeric',
          'text',
          'date',
          'timestamp',
          'timestamptz',
          'varchar(1)',
          'boolean',
          'jsonb',
          'double precision',
          'smallint',
          'time',
          'numeric(3,1)',
        ].map((t) => `${n}::${t}`),
      ),
      ...NAMES.flatMap((n) => [
        `-${n}`,
        `${n} LIKE 'a%'`,
        `${n} LIKE t`,
        `${n} IS NULL`,
        `${n} AT TIME ZONE 'UTC'`,
      ]),
    ];
    assert.deepEqual(await disproved(all), []);
  });

  test('what is said of functions holds for extreme values of every type', async () => {
    const skipped = new Set(['pg_sleep', 'pg_advisory_lock', 'setval', 'set_config', 'repeat']);
    const functions = [
      ...knownFunctionNames('postgresql').filter((f) => !skipped.has(f)),
      'max',
      'sum',
      'avg',
      'count',
      'bool_and',
    ];
    const all = functions.flatMap((f) => [
      `${f}()`,
      ...NAMES.map((n) => `${f}(${n})`),
      ...NAMES.map((n) => `${f}('day', ${n})`),
      ...NAMES.map((n) => `${f}(${n}, 2)`),
      ...NAMES.map((n) => `${f}(${n}, t)`),
      ...NAMES.map((n) => `${f}(${n}, i)`),
    ]);
    assert.deepEqual(await disproved(all), []);
  });
});
