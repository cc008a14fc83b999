/** Which existing indexes are judged needless, and above all which are not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Catalog, ForeignKey, Index, IndexKey, Table } from '../../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import type { ReadOnlySession } from '../../../src/core/database.ts';
import { redundancy } from '../../../src/core/indexes/compare-indexes.ts';
import {
  DetailsByName,
  type IndexDetails,
  type SchemaDetails,
} from '../../../src/core/indexes/index-details.ts';
import { type JudgeInput, judgeIndexes } from '../../../src/core/indexes/judge-indexes.ts';
import type { Dialect } from '../../../src/core/sql/dialect.ts';
import type { IndexStatistics } from '../../../src/core/workload/index-usage.ts';
import { keyLines, readSchemaDetails } from '../../../src/databases/mysql/index-details.ts';

const NOW = Date.parse('2024-06-01T00:00:00Z');

function key(written: string | Partial<IndexKey>): IndexKey {
  const plain = {
    expression: null,
    descending: false,
    nullsFirst: false,
    operatorClass: null,
    collation: null,
  };
  return typeof written === 'string' ? { ...plain, column: written } : { ...plain, column: null, ...written };
}

function index(
  name: string,
  columns: readonly (string | Partial<IndexKey>)[],
  more: Partial<Index> = {},
): Index {
  return {
    ...{ name, method: 'btree', unique: false, primary: false, valid: true },
    columns: columns.map(key),
    ...{ include: [], predicate: null, bytes: 1_000_000 },
    definition: `CREATE INDEX ${name} ON public.t USING btree (${columns.map((one) => key(one).column).join(', ')})`,
    ...more,
  };
}

const PRIMARY = index('t_pkey', ['id'], { unique: true, primary: true });

interface Given {
  readonly indexes: readonly Index[];
  readonly dialect?: Dialect;
  readonly foreignKeys?: readonly ForeignKey[];
  /** what rests on an index, by its name */
  readonly tied?: Readonly<Record<string, string>>;
  readonly inexact?: readonly string[];
  /** reads by name; 1 where nothing is said */
  readonly reads?: Readonly<Record<string, number>>;
  readonly since?: string | null;
  readonly standby?: boolean;
  readonly building?: readonly string[];
  readonly inUse?: JudgeInput['inUse'];
  readonly gaps?: Catalog['gaps'];
}

function judge(given: Given) {
  const dialect = given.dialect ?? 'postgresql';
  const empty = catalogFromDdl('CREATE TABLE t (id int)', dialect);
  const schema = empty.tables[0]?.schema ?? '';
  const table: Table = {
    ...(empty.tables[0] ?? assert.fail()),
    ...{ rows: 100_000, indexes: given.indexes, foreignKeys: given.foreignKeys ?? [] },
  };
  const catalog: Catalog = { ...empty, origin: 'server', tables: [table], gaps: given.gaps ?? [] };
  const details: SchemaDetails = {
    ...{ since: null, standby: given.standby ?? false },
    tables: [{ schema, table: 't', qualified: 't', writes: null }],
    indexes: given.indexes.map(
      ({ name, definition }): IndexDetails => ({
        ...{ schema, table: 't', index: name, drop: `DROP INDEX ${name}` },
        create: given.inexact?.includes(name) ? null : definition,
        restsOn: given.tied?.[name] === undefined ? [] : [given.tied[name]],
        building: given.building?.includes(name) ?? false,
      }),
    ),
  };
  const usage: IndexStatistics = {
    ...{
      available: true,
      since: given.since === undefined ? '2024-01-01T00:00:00Z' : given.since,
      notes: [],
    },
    indexes: given.indexes.map(({ name }) => ({
      ...{ schema, table: 't', index: name, reads: given.reads?.[name] ?? 1, tableWrites: 5, lastRead: null },
    })),
  };
  return judgeIndexes({
    ...{ catalog, details, usage, now: NOW },
    ...(given.inUse ? { inUse: given.inUse } : {}),
  });
}

/** What is offered to be dropped as needless: [dropped, kept]. */
function dropped(given: Given): (readonly [string, string])[] {
  return judge(given)
    .duplicates.filter(({ drop }) => drop !== null)
    .map((one) => [one.index, one.coveredBy] as const);
}

const reported = (given: Given) => judge(given).duplicates.map(({ index: name }) => name);

describe('an index that another one makes needless', () => {
  test('is offered with the statement that creates it again', () => {
    const [found] = judge({ indexes: [PRIMARY, index('a1', ['a']), index('a2_longer', ['a'])] }).duplicates;
    assert.equal(found?.index, 'a2_longer');
    assert.deepEqual(found.drop, {
      ddl: 'DROP INDEX a2_longer;',
      undo: 'CREATE INDEX a2_longer ON public.t USING btree (a);',
    });
  });

  test('is the one whose columns begin the other', () => {
    assert.deepEqual(dropped({ indexes: [index('ab', ['a', 'b']), index('only_a', ['a'])] }), [
      ['only_a', 'ab'],
    ]);
  });

  test('is the plain one beside a unique one of the same columns', () => {
    const unique = index('u', ['a'], { unique: true });
    assert.deepEqual(dropped({ indexes: [unique, index('p', ['a'])] }), [['p', 'u']]);
  });

  test('is never the one that keeps values unique, if the other one does not', () => {
    const unique = index('u', ['a'], { unique: true });
    const plain = index('p', ['a']);
    for (const dialect of ['postgresql', 'mariadb', 'mysql', 'tsql'] as const) {
      assert.equal(redundancy(unique, plain, dialect), null);
      assert.equal(redundancy(plain, unique, dialect), 'duplicate');
    }
  });

  test('is never the one that a constraint rests on', () => {
    const one = index('one', ['a'], { unique: true });
    const two = index('two', ['a'], { unique: true });
    assert.deepEqual(dropped({ indexes: [one, two], tied: { two: 'the constraint two' } }), [['one', 'two']]);
    assert.deepEqual(dropped({ indexes: [one, two], tied: { one: 'the foreign key f' } }), [['two', 'one']]);
    assert.deepEqual(dropped({ indexes: [one, two], tied: { one: 'x', two: 'y' } }), []);
  });

  test('leaves one of three, and none of those that a dropped one is needless by', () => {
    const three = [index('x', ['a']), index('y', ['a']), index('z', ['a'])];
    const found = dropped({ indexes: three });
    assert.equal(found.length, 2);
    const gone = new Set(found.map(([name]) => name));
    assert.ok(found.every(([, kept]) => !gone.has(kept)));
    const chain = [index('a', ['a']), index('ab', ['a', 'b']), index('abc', ['a', 'b', 'c'])];
    const inChain = dropped({ indexes: chain, reads: { ab: 0, abc: 0 } });
    const away = new Set(inChain.map(([name]) => name));
    assert.ok(
      inChain.every(([, kept]) => !away.has(kept)),
      JSON.stringify(inChain),
    );
  });

  test('is only reported when it could not be created again exactly', () => {
    const given = { indexes: [index('one', ['a']), index('two', ['a'])], inexact: ['one', 'two'] };
    assert.deepEqual(dropped(given), []);
    assert.match(judge(given).duplicates[0]?.reason ?? '', /create it again exactly is not known/);
  });

  test('is not offered on a standby, and not while it is built', () => {
    const indexes = [index('one', ['a']), index('two_', ['a'])];
    assert.deepEqual(dropped({ indexes, standby: true }), []);
    assert.deepEqual(dropped({ indexes, building: ['one', 'two_'] }), []);
  });

  test('is not offered where constraints could not be read', () => {
    const gaps = [{ what: 'constraints', reason: 'permission denied', grant: null }] as const;
    const given = { indexes: [index('one', ['a']), index('two_', ['a'])], gaps };
    assert.deepEqual(dropped(given), []);
    assert.match(judge(given).duplicates[0]?.reason ?? '', /constraints could not all be read/);
    const unread = { indexes: [index('i', ['a'])], reads: { i: 0 } };
    assert.equal(judge({ ...unread, gaps }).unused[0]?.drop, null);
  });

  const DIFFERENT: readonly (readonly [string, Index, Index])[] = [
    ['columns in another order', index('ab', ['a', 'b']), index('ba', ['b', 'a'])],
    ['another direction', index('up', ['a']), index('down', [{ column: 'a', descending: true }, 'b'])],
    ['another place of NULLs', index('l', ['a']), index('f', [{ column: 'a', nullsFirst: true }])],
    [
      'another operator class',
      index('d', ['a']),
      index('p', [{ column: 'a', operatorClass: 'text_pattern_ops' }]),
    ],
    ['another collation', index('d', ['a']), index('c', [{ column: 'a', collation: 'C' }, 'b'])],
    ['another predicate', index('d', ['a']), index('p', ['a'], { predicate: 'a > 0' })],
    ['two predicates', index('d', ['a'], { predicate: 'b' }), index('p', ['a'], { predicate: 'a > 0' })],
    ['an included column', index('d', ['a'], { include: ['z'] }), index('p', ['a', 'b'])],
    ['another method', index('d', ['a'], { method: 'hash' }), index('p', ['a', 'b'])],
    [
      'another expression',
      index('l', [{ expression: 'lower(a)' }]),
      index('u', [{ expression: 'upper(a)' }]),
    ],
    ['an other one that is not valid', index('d', ['a']), index('p', ['a'], { valid: false })],
    ['a unique one that begins a longer one', index('u', ['a'], { unique: true }), index('p', ['a', 'b'])],
    [
      'a unique one beside a plain one',
      index('u', ['a'], { unique: true, primary: true }),
      index('p', ['b', 'a']),
    ],
    [
      'NULLS NOT DISTINCT',
      index('u', ['a'], { unique: true }),
      index('n', ['a'], {
        unique: true,
        definition: 'CREATE UNIQUE INDEX n ON public.t USING btree (a) NULLS NOT DISTINCT',
      }),
    ],
    [
      'another collation that only the definition tells',
      index('o', ['a']),
      index('d', ['a'], { definition: 'CREATE INDEX d ON public.t USING btree (a COLLATE "default")' }),
    ],
    [
      'another operator class of the longer one that only the definition tells',
      index('o', ['a']),
      index('d', ['a', 'b'], { definition: 'CREATE INDEX d ON public.t USING btree (a other.int4_ops, b)' }),
    ],
    [
      'GIN of other columns',
      index('g', ['a'], { method: 'gin', definition: 'CREATE INDEX g ON t USING gin (a)' }),
      index('h', ['a', 'b'], { method: 'gin', definition: 'CREATE INDEX h ON t USING gin (a, b)' }),
    ],
  ];
  for (const [what, one, other] of DIFFERENT) {
    test(`is not seen in ${what}`, () => assert.deepEqual(reported({ indexes: [one, other] }), []));
  }

  test('is only reported where the longer one is much larger', () => {
    const given = { indexes: [index('s', ['a']), index('l', ['a', 'b'], { bytes: 9_000_000 })] };
    assert.deepEqual(reported(given), ['s']);
    assert.deepEqual(dropped(given), []);
    assert.deepEqual(dropped({ indexes: [index('s', ['a'], { bytes: null }), index('l', ['a', 'b'])] }), []);
  });

  test('is only reported where the primary key stands behind the columns (MySQL, SQL Server)', () => {
    const indexes = [PRIMARY, index('s', ['a']), index('l', ['a', 'b'])];
    assert.deepEqual(dropped({ dialect: 'mariadb', indexes }), []);
    assert.deepEqual(reported({ dialect: 'mariadb', indexes }), ['s']);
    const besidePrimary = [PRIMARY, index('also_id', ['id'])];
    assert.deepEqual(dropped({ dialect: 'mysql', indexes: besidePrimary }), []);
    assert.deepEqual(dropped({ indexes: besidePrimary }), [['also_id', 't_pkey']]);
  });

  test('is only reported where a unique key says more than its columns (MariaDB)', () => {
    const unique = (name: string, rest: string) =>
      index(name, ['a'], { unique: true, definition: `ALTER TABLE t ADD UNIQUE KEY \`${name}\` ${rest}` });
    const same = [unique('one', '(`a`)'), unique('two', '(`a`)')];
    assert.deepEqual(dropped({ dialect: 'mariadb', indexes: same }), [['two', 'one']]);
    const other = [unique('one', '(`a`)'), unique('two', '(`a` WITHOUT OVERLAPS)')];
    assert.deepEqual(dropped({ dialect: 'mariadb', indexes: other }), []);
  });

  test('is a part of a text only beside the same part (MySQL)', () => {
    const part = (name: string, length: number, ...rest: string[]) =>
      index(name, [{ column: 'a', operatorClass: `prefix(${length})` }, ...rest]);
    const of = (indexes: Index[]) => reported({ dialect: 'mariadb', indexes });
    assert.deepEqual(of([part('ten', 10), part('same', 10)]), ['same']);
    assert.deepEqual(of([part('ten', 10), part('more', 20)]), []);
    assert.deepEqual(of([part('ten', 10), part('longer', 10, 'b')]), []);
    assert.deepEqual(of([part('ten', 10), index('whole', ['a'])]), []);
  });
});

describe('an index that nothing has read', () => {
  const one = [PRIMARY, index('i', ['a'])];
  const unread = { reads: { i: 0, t_pkey: 0 } };

  test('is offered with the period', () => {
    const [found, ...more] = judge({ indexes: one, ...unread }).unused;
    assert.deepEqual(more, []);
    assert.equal(found?.index, 'i');
    assert.equal(found.drop?.undo, 'CREATE INDEX i ON public.t USING btree (a);');
    assert.match(found.reason, /since 2024-01-01 \(152 days\).*younger than that/);
  });

  test('is only reported when reads were not counted for long, or nobody knows since when', () => {
    for (const [since, words] of [
      ['2024-05-20T00:00:00Z', /12 days only/],
      [null, /since when reads are counted is not known/],
    ] as const) {
      const [found] = judge({ indexes: one, ...unread, since }).unused;
      assert.equal(found?.drop, null);
      assert.match(found?.reason ?? '', words);
    }
  });

  test('is never one with another purpose', () => {
    const names = (given: Given) => judge(given).unused.map(({ index: name }) => name);
    const foreign = {
      ...{ name: 'f', columns: ['a'], validated: true, deferrable: false },
      references: { schema: 'public', table: 'p', columns: ['id'] },
    };
    assert.deepEqual(names({ indexes: one, ...unread, foreignKeys: [foreign] }), []);
    assert.deepEqual(names({ indexes: [index('i', ['a'], { unique: true })], ...unread }), []);
    assert.deepEqual(names({ indexes: one, ...unread, tied: { i: 'an exclusion constraint' } }), []);
    assert.deepEqual(names({ indexes: one, ...unread, inUse: (_s, _t, name) => name === 'i' }), []);
    assert.deepEqual(names({ indexes: one, reads: { i: 1 } }), []);
  });

  test('is only reported where counts begin anew without a trace (MySQL, MariaDB, SQL Server)', () => {
    for (const dialect of ['mysql', 'mariadb', 'tsql'] as const) {
      const [found] = judge({ dialect, indexes: one, ...unread }).unused;
      assert.equal(found?.drop, null);
      assert.match(found?.reason ?? '', /count anew when the indexes of a table are changed/);
    }
  });

  test('is never one that foreign keys of other tables refer to', () => {
    const ddl = 'CREATE TABLE p (id int PRIMARY KEY, a int); CREATE TABLE c (a int REFERENCES p (a));';
    const empty = catalogFromDdl(ddl, 'postgresql');
    const tables = empty.tables.map((table) =>
      table.name === 'p' ? { ...table, indexes: [index('i', ['a'])] } : table,
    );
    const counts = { schema: 'public', table: 'p', index: 'i', reads: 0, tableWrites: 0, lastRead: null };
    const usage: IndexStatistics = {
      available: true,
      since: '2020-01-01T00:00:00Z',
      indexes: [counts],
      notes: [],
    };
    const details = { since: null, standby: false, tables: [], indexes: [] };
    assert.deepEqual(judgeIndexes({ catalog: { ...empty, tables }, details, usage, now: NOW }).unused, []);
  });

  test('is only reported when the planner has statistics by it', () => {
    const expression = index('i', [{ expression: 'lower(a)' }]);
    const [found] = judge({ indexes: [expression], ...unread }).unused;
    assert.equal(found?.drop, null);
    assert.match(found?.reason ?? '', /statistics of its expression/);
  });

  test('stays when a dropped one is needless by it', () => {
    const given: Given = { indexes: [index('a', ['a']), index('ab', ['a', 'b'])], reads: { ab: 0 } };
    assert.deepEqual(dropped(given), [['a', 'ab']]);
    assert.deepEqual(judge(given).unused, []);
  });
});

describe('an index that was never finished', () => {
  test('is built anew, unless it is being built', () => {
    const indexes = [index('i', ['a'], { valid: false })];
    const [found] = judge({ indexes }).invalid;
    assert.equal(found?.rebuild, 'REINDEX INDEX CONCURRENTLY i;');
    assert.deepEqual(judge({ indexes, building: ['i'] }).invalid, []);
  });

  test('is dropped when another one does its work', () => {
    const indexes = [index('i', ['a'], { valid: false }), index('done', ['a'])];
    const { invalid, duplicates } = judge({ indexes });
    assert.deepEqual(invalid[0]?.drop?.ddl, 'DROP INDEX i;');
    assert.deepEqual(duplicates, []);
  });

  test('is left alone where someone has switched it off', () => {
    const [found] = judge({ dialect: 'mariadb', indexes: [index('i', ['a'], { valid: false })] }).invalid;
    assert.deepEqual([found?.rebuild, found?.drop], [null, null]);
    assert.match(found?.reason ?? '', /ignored/);
  });
});

describe('a foreign key', () => {
  const DDL =
    'CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, a int REFERENCES p, b int);';
  const uncovered = (more: string, rows: number | null = 10_000, dialect: Dialect = 'postgresql') => {
    const catalog = catalogFromDdl(DDL + more, dialect);
    const tables = catalog.tables.map((table) => ({ ...table, rows }));
    const details = { since: null, standby: false, tables: [], indexes: [] };
    return judgeIndexes({ catalog: { ...catalog, tables }, details, usage: null, now: NOW }).foreignKeys;
  };

  test('without an index gets one', () => {
    const [found] = uncovered('');
    assert.deepEqual(
      [found?.ddl, found?.undo],
      ['CREATE INDEX CONCURRENTLY c_a_idx ON public.c (a);', 'DROP INDEX CONCURRENTLY public.c_a_idx;'],
    );
    assert.match(found?.reason ?? '', /reads all of c of 10,000 rows/);
  });

  test('is covered by an index that begins with its columns, whatever the order, and by a key', () => {
    assert.deepEqual(uncovered('CREATE INDEX i ON c (a, b)'), []);
    assert.deepEqual(uncovered('CREATE UNIQUE INDEX i ON c (a, b)'), []);
    assert.deepEqual(uncovered('ALTER TABLE c ADD UNIQUE (a, b)'), []);
  });

  test('is not covered by a partial index, or one that begins with something else', () => {
    assert.equal(uncovered('CREATE INDEX i ON c (a) WHERE b > 0').length, 1);
    assert.equal(uncovered('CREATE INDEX i ON c (b, a)').length, 1);
    assert.equal(uncovered('CREATE INDEX i ON c USING gin (a)').length, 1);
  });

  test('of a small table needs none', () => assert.deepEqual(uncovered('', 80), []));
});

describe('the details of a MariaDB server', () => {
  const DEFINITION = 'CREATE TABLE `T` (\n  PRIMARY KEY (`id`),\n  KEY `i` (`a`)\n) ENGINE=InnoDB';
  const read = (mode: string) => {
    const answers: Readonly<Record<string, (string | null)[][]>> = {
      'SELECT @@sql_mode': [[mode]],
      'SHOW CREATE TABLE `Shop`.`T`': [['T', DEFINITION]],
    };
    const query = async (sql: string) => {
      const rows = answers[sql] ?? (sql.includes('information_schema.TABLES') ? [['Shop', 'T', '2']] : []);
      return { columns: [], rows, truncated: false, rowCount: rows.length };
    };
    return readSchemaDetails({ query } as unknown as ReadOnlySession);
  };

  test('have names as they are spelled, and the line that creates an index', async () => {
    const details = await read('STRICT_TRANS_TABLES');
    assert.deepEqual(
      details.indexes.map(({ index: name, create, drop }) => [name, create, drop]),
      [['i', 'ALTER TABLE `Shop`.`T` ADD KEY `i` (`a`)', 'DROP INDEX `i` ON `Shop`.`T`']],
    );
    assert.equal(new DetailsByName(details, 'mariadb').table('shop', 't')?.qualified, '`Shop`.`T`');
  });

  test('do not offer it where the server leaves options out', async () => {
    assert.equal((await read('ANSI,NO_KEY_OPTIONS')).indexes[0]?.create, null);
  });

  test('know no table of two that differ in case alone', () => {
    const of = (table: string) => ({ schema: 's', table, qualified: table, writes: null });
    const details = { since: null, standby: false, tables: [of('T'), of('t')], indexes: [] };
    assert.equal(new DetailsByName(details, 'mysql').table('s', 't'), null);
    assert.equal(new DetailsByName(details, 'postgresql').table('s', 't')?.qualified, 't');
  });
});

test('keys of SHOW CREATE TABLE are taken word for word', () => {
  const definition = [
    'CREATE TABLE `t` (',
    "  `note` text COMMENT 'KEY `x` (`y`)',",
    '  PRIMARY KEY (`id`),',
    '  UNIQUE KEY `one` (`a`,`b` DESC),',
    "  KEY `we``ird, (name` (`c`(10)) COMMENT 'it''s (odd',",
    "  KEY `cut` (`a`) COMMENT 'a line",
    "  KEY `fake` (`a`) ends',",
    '  FULLTEXT KEY `f` (`c`),',
    '  KEY `last` (`a`) `IGNORED`',
    ') ENGINE=InnoDB',
  ].join('\n');
  assert.deepEqual(keyLines(definition), [
    { index: 'one', line: 'UNIQUE KEY `one` (`a`,`b` DESC)' },
    { index: 'we`ird, (name', line: "KEY `we``ird, (name` (`c`(10)) COMMENT 'it''s (odd'" },
    { index: 'last', line: 'KEY `last` (`a`) `IGNORED`' },
  ]);
});
