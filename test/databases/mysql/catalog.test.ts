/** What is known of a MariaDB database after reading its catalog. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Catalog, findColumn, findTable, type Table } from '../../../src/core/catalog/catalog.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { describeEngines } from '../../servers/engines.ts';

const MARIADB = `
  CREATE TABLE customer (
    id int unsigned AUTO_INCREMENT PRIMARY KEY,
    email varchar(190) NOT NULL,
    name varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    padded varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    code char(3), mood enum('good', 'bad'), tags set('a', 'b'), flags bit(3), doc json, guid uuid,
    born date, seen timestamp NOT NULL DEFAULT current_timestamp(), at datetime(3), price decimal(10,2), rate double,
    twice int AS (1 + 1) STORED, thrice int AS (id * 3) VIRTUAL,
    secret int INVISIBLE,
    CONSTRAINT adult CHECK (born < '2010-01-01'),
    UNIQUE KEY by_email (email),
    UNIQUE KEY by_prefix (name(5)),
    UNIQUE KEY by_both (code, born)
  );
  CREATE TABLE \`Order Line\` (
    id bigint PRIMARY KEY,
    customer_id int unsigned NOT NULL,
    placed date NOT NULL,
    note text,
    KEY late (placed DESC, customer_id),
    KEY start_of_note (note(20)),
    KEY unused (id, placed) IGNORED,
    FULLTEXT KEY words (note),
    CONSTRAINT to_customer FOREIGN KEY (customer_id) REFERENCES customer (id)
  );
  CREATE TABLE event (id int, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE COLUMNS (at)
    (PARTITION old VALUES LESS THAN ('2024-01-01'), PARTITION rest VALUES LESS THAN (MAXVALUE));
  CREATE TABLE watched (id int);
  CREATE TRIGGER watching BEFORE INSERT ON watched FOR EACH ROW SET NEW.id = 1;
  CREATE VIEW adults AS SELECT id, email FROM customer WHERE born < '2000-01-01';
  CREATE SEQUENCE counter;
  CREATE FUNCTION fixed(a int) RETURNS int DETERMINISTIC NO SQL RETURN a * 2;
  CREATE FUNCTION looking() RETURNS int DETERMINISTIC READS SQL DATA RETURN (SELECT count(*) FROM customer);
  CREATE FUNCTION anything() RETURNS int RETURN 1;
  CREATE PROCEDURE doing() SELECT 1;
  INSERT INTO customer (email, name, code, born)
    SELECT concat(seq, '@example.com'), concat(seq, 'n'), lpad(seq, 3, '0'), '1990-01-01' FROM seq_1_to_400;
  ANALYZE TABLE customer, \`Order Line\``;

describeEngines('the catalog', { mariadb: MARIADB }, (engine) => {
  let catalog: Catalog;
  before(async () => {
    catalog = await engine.database.readCatalog();
  });
  const table = (name: string): Table => {
    const found = findTable(catalog, [name]);
    assert.ok(found, `no table ${name}`);
    return found;
  };

  test('says what it is of', () => {
    assert.equal(catalog.dialect, 'mariadb');
    assert.equal(catalog.origin, 'server');
    assert.deepEqual(catalog.version, [10, 11]);
    assert.deepEqual(catalog.searchPath, [engine.database.info.database]);
    assert.deepEqual(catalog.gaps, []);
    assert.match(catalog.settings['sql_mode'] ?? '', /STRICT_TRANS_TABLES/);
    assert.ok(catalog.settings['timezone']);
    assert.ok(catalog.settings['lower_case_table_names']);
  });

  test('has tables, views and partitions, with their rows, and no sequences', () => {
    const kinds = catalog.tables
      .filter((each) => each.schema === catalog.searchPath[0])
      .map((each) => `${each.name} ${each.kind}`);
    assert.deepEqual(kinds.sort(), [
      'adults view',
      'customer table',
      'event partitioned',
      'order line table',
      'watched table',
    ]);
    assert.equal(table('customer').rows, 400);
    assert.ok((table('customer').bytes ?? 0) > 0);
    assert.deepEqual(table('event').partitionKey, ['at']);
    assert.match(table('adults').definition ?? '', /2000-01-01/);
    assert.equal(table('adults').rows, null);
    assert.equal(table('watched').hasTriggers, true);
  });

  test('has columns with their types, families and what they allow', () => {
    const told = table('customer').columns.map(
      ({ name, family, notNull, generated }) => `${name} ${family}${notNull ? ' not null' : ''} ${generated}`,
    );
    assert.deepEqual(told, [
      ...['id integer not null identity', 'email text not null null', 'name text null', 'padded text null'],
      ...['code char null', 'mood enum null', 'tags other null', 'flags bit null'],
      // MariaDB's json is a text with a check
      ...['doc text null', 'guid uuid null', 'born date null', 'seen timestamptz not null null'],
      ...['at timestamp null', 'price decimal null', 'rate float null', 'twice integer stored'],
      ...['thrice integer virtual', 'secret integer null'],
    ]);
    const column = (name: string) => findColumn(table('customer'), name);
    assert.equal(column('id')?.type, 'int(10) unsigned');
    assert.deepEqual([column('seen')?.hasDefault, column('born')?.hasDefault], [true, false]);
    assert.equal(column('email')?.statistics?.distinct, 400);
  });

  test('knows where equal texts have equal bytes', () => {
    const bytewise = (name: string) => findColumn(table('customer'), name)?.deterministicCollation;
    assert.deepEqual(['email', 'padded', 'name', 'id', 'flags'].map(bytewise), [
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  test('has keys that prove that rows differ', () => {
    assert.deepEqual(
      table('customer').keys.map(({ name, columns, primary }) => ({ name, columns, primary })),
      [
        { name: 'PRIMARY', columns: ['id'], primary: true },
        { name: 'by_both', columns: ['code', 'born'], primary: false },
        { name: 'by_email', columns: ['email'], primary: false },
      ],
      'and not the key on the beginning of a name',
    );
    assert.deepEqual(
      table('event').keys.map((key) => key.columns),
      [['id', 'at']],
    );
  });

  test('has foreign keys and checks', () => {
    const [key] = table('order line').foreignKeys;
    assert.deepEqual(key?.columns, ['customer_id']);
    assert.deepEqual(key?.references.table, 'customer');
    assert.deepEqual(key?.references.columns, ['id']);
    const adult = table('customer').checks.find((check) => check.name === 'adult');
    assert.match(adult?.expression ?? '', /born.* < '2010-01-01'/);
  });

  test('has indexes with their order, prefixes and what the planner passes over', () => {
    const indexes = new Map(table('order line').indexes.map((index) => [index.name, index]));
    const late = indexes.get('late');
    assert.deepEqual(
      late?.columns.map(({ column, descending }) => [column, descending]),
      [
        ['placed', true],
        ['customer_id', false],
      ],
    );
    assert.equal(indexes.get('start_of_note')?.columns[0]?.operatorClass, 'prefix(20)');
    assert.deepEqual([late?.valid, indexes.get('unused')?.valid], [true, false]);
    assert.equal(indexes.get('words')?.method, 'fulltext');
  });

  test('knows of functions what their authors promise', () => {
    const told = catalog.functions
      .filter((each) => each.schema === catalog.searchPath[0])
      .map(({ name, volatility, kind }) => `${name} ${volatility} ${kind}`);
    assert.deepEqual(told.sort(), [
      'anything volatile function',
      'doing volatile procedure',
      'fixed immutable function',
      'looking stable function',
    ]);
  });

  test('unqualified names are found, invisible columns by name only', () => {
    const all = analyzeStatement('SELECT * FROM Customer', catalog);
    const names = all.blocks[0]?.outputs.map((output) => output.name);
    assert.equal(names?.includes('email'), true);
    assert.equal(names?.includes('secret'), false);
    const one = analyzeStatement('SELECT secret FROM `customer`', catalog);
    assert.equal(one.blocks[0]?.outputs[0]?.name, 'secret');
  });
});
