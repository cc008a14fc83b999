import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalType, typeFamily } from '../../../src/core/catalog/type-family.ts';
import type { Dialect } from '../../../src/core/sql/dialect.ts';

const FAMILIES: readonly (readonly [type: string, dialect: Dialect, family: string])[] = [
  ['numeric(10,2)', 'postgresql', 'decimal'],
  ['character varying(40)', 'postgresql', 'text'],
  ['character(3)', 'postgresql', 'char'],
  ['timestamp(3) with time zone', 'postgresql', 'timestamptz'],
  ['timestamp without time zone', 'postgresql', 'timestamp'],
  ['text[]', 'postgresql', 'array'],
  ['int4range', 'postgresql', 'range'],
  ['inet', 'postgresql', 'network'],
  ['"char"', 'postgresql', 'other'],
  ['citext', 'postgresql', 'other'],
  ['bit varying(5)', 'postgresql', 'bit'],
  ['interval day to second', 'postgresql', 'interval'],
  ['INT UNSIGNED', 'mysql', 'integer'],
  ['tinyint(1)', 'mysql', 'integer'],
  ['bool', 'mysql', 'integer'],
  ['timestamp', 'mysql', 'timestamptz'],
  ['datetime(6)', 'mysql', 'timestamp'],
  ["enum('a','b')", 'mysql', 'enum'],
  ['double', 'mariadb', 'float'],
  ['bit', 'tsql', 'boolean'],
  ['timestamp', 'tsql', 'binary'],
  ['nvarchar(max)', 'tsql', 'text'],
  ['uniqueidentifier', 'tsql', 'uuid'],
  ['datetimeoffset(7)', 'tsql', 'timestamptz'],
];

for (const [type, dialect, family] of FAMILIES) {
  test(`${type} of ${dialect} is of the family ${family}`, () => {
    assert.equal(typeFamily(type, dialect), family);
  });
}

test("PostgreSQL's spellings of one type become the one that the server prints", () => {
  const names = [
    'int4',
    'INT',
    'decimal(5)',
    'varchar(3)',
    'bpchar',
    'char',
    'timestamptz(3)',
    'float(10)',
    'float8',
    'int[][]',
    'time',
  ];
  assert.deepEqual(
    names.map((name) => canonicalType(name, 'postgresql')),
    [
      'integer',
      'integer',
      'numeric(5,0)',
      'character varying(3)',
      'character',
      'character(1)',
      'timestamp(3) with time zone',
      'real',
      'double precision',
      'integer[]',
      'time without time zone',
    ],
  );
});
