/** What is known of a SQL Server database after reading its catalog. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Catalog,
  type Column,
  findColumn,
  findTable,
  type Table,
} from '../../../src/core/catalog/catalog.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { CHECKS, STATISTICS, TABLES } from '../../../src/databases/mssql/catalog-queries.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import type { Answer } from '../../servers/tds/answers.ts';
import { describeSqlServer } from '../../servers/tds/describe-sql-server.ts';
import { startMssqlStandIn } from '../../servers/tds/mssql-stand-in.ts';
import { catalogAnswer, SHOP_DDL } from '../../servers/tds/shop-catalog.ts';

const answer = (sql: string): Answer => catalogAnswer(sql) ?? { columns: ['a'], rows: [] };

describeSqlServer('the catalog', { sql: SHOP_DDL, answer }, (server) => {
  let known: Promise<Catalog> | null = null;
  const catalog = () => {
    known ??= server.database.readCatalog();
    return known;
  };
  const table = async (name: string): Promise<Table> => {
    const found = findTable(await catalog(), ['sales', name]);
    assert.ok(found, name);
    return found;
  };
  const column = async (of: string, name: string): Promise<Column> => {
    const found = findColumn(await table(of), name);
    assert.ok(found, name);
    return found;
  };

  test('is that of the server, without gaps', async () => {
    const { dialect, origin, version, searchPath, gaps, settings } = await catalog();
    assert.deepEqual(
      [dialect, origin, version, searchPath, gaps],
      ['tsql', 'server', server.database.info.version, ['dbo'], []],
    );
    assert.ok(Number(settings['compatibility_level']) >= 130);
    assert.equal(settings['dateformat'], 'mdy');
  });

  test('has columns with their types, nullability, defaults and what makes them', async () => {
    const customers = await table('customers');
    assert.deepEqual(
      customers.columns
        .filter(({ generated }) => generated !== 'stored' && generated !== 'virtual')
        .map(({ name, type, family, notNull, generated }) => [name, type, family, notNull, generated]),
      [
        ['id', 'int', 'integer', true, 'identity'],
        ['email', 'nvarchar(190)', 'text', true, null],
        ['code', 'varchar(10)', 'text', true, null],
        ['name', 'varchar(40)', 'text', false, null],
        ['born', 'date', 'date', false, null],
        ['credit', 'decimal(10,2)', 'decimal', true, null],
        ['seen', 'datetimeoffset(3)', 'timestamptz', false, null],
        ['place', 'hierarchyid', 'other', false, null],
        ['version', 'rowversion', 'binary', true, null],
      ],
    );
    assert.deepEqual(
      customers.columns.filter(({ hasDefault }) => hasDefault).map(({ name }) => name),
      ['id', 'credit', 'twice', 'half', 'version'],
    );
    assert.equal((await column('orders', 'note')).type, 'nvarchar(max)');
    assert.deepEqual(
      [(await column('customers', 'twice')).generated, (await column('customers', 'half')).generated],
      ['stored', 'virtual'],
    );
  });

  test('calls no text equal by its bytes: blanks at the end do not count in any collation', async () => {
    const name = await column('customers', 'name');
    assert.deepEqual([name.collation, name.deterministicCollation], ['Latin1_General_100_BIN2', false]);
    assert.equal((await column('customers', 'seen')).deterministicCollation, false);
    assert.equal((await column('customers', 'id')).deterministicCollation, true);
  });

  test('has the keys that hold: none that is filtered or disabled', async () => {
    assert.deepEqual(
      (await table('orders')).keys.map(({ name, columns, primary, nullsNotDistinct }) => [
        name,
        columns,
        primary,
        nullsNotDistinct,
      ]),
      [
        ['pk_orders', ['id'], true, true],
        ['once', ['customerid', 'placed', 'id'], false, true],
      ],
    );
  });

  test('has indexes with order, included columns, filters and what is disabled', async () => {
    const { indexes } = await table('orders');
    const open = indexes.find(({ name }) => name === 'open_orders');
    assert.deepEqual(
      open?.columns.map(({ column: key, descending, nullsFirst }) => [key, descending, nullsFirst]),
      [
        ['placed', true, false],
        ['customerid', false, true],
      ],
    );
    assert.deepEqual(
      [open?.include, open?.predicate, open?.method, open?.valid],
      [['total'], "([Status]='open')", 'btree', true],
    );
    assert.equal(indexes.find(({ name }) => name === 'off')?.valid, false);
    const [kinds] = (await table('events')).indexes;
    assert.deepEqual(
      kinds?.columns.map((key) => key.column),
      ['kind'],
      'the column of the partitions is no key of it',
    );
  });

  test('has foreign keys and checks, and says which of them every row obeys', async () => {
    const [key] = (await table('orders')).foreignKeys;
    assert.deepEqual(
      [key?.columns, key?.references, key?.validated],
      [['customerid'], { schema: 'sales', table: 'customers', columns: ['id'] }, true],
    );
    assert.deepEqual((await table('customers')).checks, [
      { name: 'adult', expression: "[Born]<'2010-01-01'", validated: true },
    ]);
    assert.deepEqual(
      (await table('orders')).checks.map(({ name, validated }) => [name, validated]),
      [['later', false]],
    );
  });

  test('has views, partitions, triggers, sizes, statistics and functions', async () => {
    const adults = await table('adults');
    assert.deepEqual([adults.kind, adults.rows], ['view', null]);
    assert.match(adults.definition ?? '', /^SELECT Id, Email FROM sales\.Customers/);
    const events = await table('events');
    assert.deepEqual([events.kind, events.partitionKey], ['partitioned', ['at']]);
    assert.deepEqual(
      [(await table('orders')).hasTriggers, (await table('customers')).hasTriggers],
      [true, false],
    );
    assert.equal((await table('customers')).rows, 2);
    const { statistics } = await column('customers', 'email');
    assert.deepEqual([statistics?.distinct, statistics?.nullFraction], [2, 0]);
    assert.equal((await column('orders', 'status')).statistics, null);
    assert.deepEqual(
      (await catalog()).functions.map(({ name, volatility, kind }) => [name, volatility, kind]).sort(),
      [
        ['doubled', 'immutable', 'function'],
        ['spent', 'volatile', 'function'],
      ],
    );
  });
});

describe('the catalog on SQL Server (stand-in)', () => {
  const denied = (sql: string): Answer => {
    if (sql === STATISTICS)
      return { error: { number: 208, message: "Invalid object name 'sys.dm_db_stats_histogram'." } };
    if (sql === CHECKS)
      return {
        error: {
          number: 229,
          message: "The SELECT permission was denied on the object 'check_constraints'.",
        },
      };
    const found = catalogAnswer(sql);
    return sql === TABLES && found
      ? { ...found, rows: [...found.rows, ['sales', 'orders', 'U ', '0', '0', '0', '0']] }
      : (found ?? { columns: ['a'], rows: [] });
  };

  test('goes on without what the user may not read or an old version lacks, and leaves out twins', async () => {
    const server = await startMssqlStandIn(denied);
    const database = await openDatabase(parseConnectionUrl(server.url));
    const catalog = await database.readCatalog();
    await database.close();
    await server.close();
    assert.deepEqual(
      catalog.gaps.map(({ what, grant }) => [what, grant]),
      [
        ['constraints', 'GRANT VIEW DEFINITION TO [app];'],
        ['statistics', null],
        ['tables', null],
      ],
    );
    assert.match(catalog.gaps[1]?.reason ?? '', /this version of the server does not have them/);
    assert.equal(findTable(catalog, ['sales', 'orders']), null);
    assert.ok(findTable(catalog, ['sales', 'customers']));
  });
});
