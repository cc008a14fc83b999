/**
 * What SQL Server has counted of statements. On the stand-in with answers in the documented formats, and the questions
 * themselves on a real server when one is named.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fingerprint } from '../../../src/core/sql/fingerprint.ts';
import type {
  StatementStatistics,
  StatisticsUnavailable,
} from '../../../src/core/workload/statement-statistics.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import {
  PLAN_CACHE_TOTALS,
  planCacheTop,
  QUERY_STORE_STATE,
  QUERY_STORE_TOTALS,
  queryStoreTop,
} from '../../../src/databases/mssql/statement-queries.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import type { Answer } from '../../servers/tds/answers.ts';
import { describeSqlServer } from '../../servers/tds/describe-sql-server.ts';
import { type StandInOptions, startMssqlStandIn } from '../../servers/tds/mssql-stand-in.ts';

type Read = StatementStatistics | StatisticsUnavailable;

function read(answer: Read): StatementStatistics {
  assert.ok(answer.available, answer.available ? '' : answer.reason);
  return answer;
}

function refused(answer: Read): StatisticsUnavailable {
  assert.ok(!answer.available, 'there are figures');
  return answer;
}

const table = (...rows: readonly (readonly (string | null)[])[]): Answer => ({
  columns: (rows[0] ?? ['a']).map((_, index) => ({ name: `c${index}`, type: 'nvarchar(max)' })),
  rows,
});

const SEARCH = "SELECT Id FROM sales.Orders WHERE Total > 100 AND Status = 'open'";
const PROCEDURE = `CREATE PROCEDURE sales.report AS
SELECT COUNT(*) FROM sales.Customers; -- ünïcode: 😀
${SEARCH};`;
/** Where the second statement of the procedure stands, in bytes of UTF-16; its end is that of its last character. */
const [START, END] = [2 * PROCEDURE.indexOf(SEARCH), 2 * (PROCEDURE.indexOf(SEARCH) + SEARCH.length - 1)];

/** calls, elapsed and processor time in microseconds, rows, logical and physical reads, first and last run */
const FIGURES = ['4', '8000', '6000', '12', '400', '40', '2024-05-01T10:00:00', '2024-05-02T11:30:00'];

const STORED: Readonly<Record<string, Answer>> = {
  [QUERY_STORE_STATE]: table(['2', '2']),
  [queryStoreTop(50)]: table([
    '0x00000000000000AB',
    `(@0 money,@1 varchar(8000))${SEARCH.replace('100', '@0').replace("'open'", '@1')}`,
    ...FIGURES,
  ]),
  [QUERY_STORE_TOTALS]: table(['9', '1.2E+2', '16000', '2024-04-01T00:00:00']),
};
const CACHED: Readonly<Record<string, Answer>> = {
  [QUERY_STORE_STATE]: table(['0', '0']),
  [planCacheTop(50)]: table(
    ['0x00000000000000AB', PROCEDURE, String(START), String(END), ...FIGURES],
    ['0x00000000000000AC', 'SELECT 1; SELECT Id FROM sales.Orders', '18', '-1', ...FIGURES],
  ),
  [PLAN_CACHE_TOTALS]: table(['2', '8', '16000', '2024-05-01T10:00:00']),
};

async function statisticsOf(
  answers: Readonly<Record<string, Answer>>,
  options: StandInOptions = {},
): Promise<Read> {
  const server = await startMssqlStandIn((sql) => answers[sql] ?? table(['1']), options);
  const database = await openDatabase(parseConnectionUrl(server.url));
  try {
    const answer = await database.readStatementStatistics();
    assert.deepEqual((await database.readOnly((session) => session.query('SELECT 1'))).rows, [['1']]);
    return answer;
  } finally {
    await database.close();
    await server.close();
  }
}

const denied = (number: number, message: string): Answer => ({ error: { number, message } });

describe('statement statistics on SQL Server (stand-in)', () => {
  test('come from the Query Store where it is on, without its declarations of parameters', async () => {
    const { source, since, counted, statements, notes } = read(await statisticsOf(STORED));
    assert.deepEqual([source, since, notes], ['query_store', '2024-04-01T00:00:00Z', []]);
    assert.deepEqual(counted, { statements: 9, calls: 120, totalMs: 16 });
    const [statement] = statements;
    assert.equal(statement?.text, 'SELECT Id FROM sales.Orders WHERE Total > @0 AND Status = @1');
    assert.equal(statement?.fingerprint, fingerprint(SEARCH, 'tsql').fingerprint);
    const { calls, totalMs, meanMs, cpuMs, rows, logicalReads, blocksRead } = statement ?? {};
    assert.deepEqual(
      [calls, totalMs, meanMs, cpuMs, rows, logicalReads, blocksRead],
      [4, 8, 2, 6, 12, 400, 40],
    );
    assert.deepEqual(
      [statement?.firstSeen, statement?.lastSeen, statement?.serverId, statement?.hasValues],
      ['2024-05-01T10:00:00Z', '2024-05-02T11:30:00Z', '0x00000000000000AB', true],
    );
  });

  test('come from the plans in memory where it is off, each cut out of its batch by bytes of UTF-16', async () => {
    const { source, statements, notes } = read(await statisticsOf(CACHED));
    assert.equal(source, 'plan_cache');
    assert.deepEqual(
      statements.map(({ text }) => text),
      [SEARCH, 'SELECT Id FROM sales.Orders'],
    );
    assert.match(notes.join('\n'), /what left it is not counted/);
    assert.match(
      notes.join('\n'),
      /Query Store.*is off in this database: ALTER DATABASE CURRENT SET QUERY_STORE = ON;/,
    );
  });

  test('say that a full Query Store takes nothing new', async () => {
    const { notes } = read(await statisticsOf({ ...STORED, [QUERY_STORE_STATE]: table(['1', '2']) }));
    assert.match(notes.join('\n'), /full and takes nothing new.*MAX_STORAGE_SIZE_MB/);
  });

  test('name the permission of the Query Store when only the plans may be read', async () => {
    const { notes } = read(
      await statisticsOf({
        ...CACHED,
        [QUERY_STORE_STATE]: denied(
          262,
          "VIEW DATABASE PERFORMANCE STATE permission denied in database 'shop'.",
        ),
      }),
    );
    assert.match(notes.join('\n'), /GRANT VIEW DATABASE PERFORMANCE STATE TO \[app\];/);
  });

  const SERVERS: readonly (readonly [string, StandInOptions, readonly string[]])[] = [
    ['SQL Server 2022', {}, ['VIEW DATABASE PERFORMANCE STATE', 'VIEW SERVER PERFORMANCE STATE']],
    ['SQL Server 2019', { version: '15.0.4000.1' }, ['VIEW DATABASE STATE', 'VIEW SERVER STATE']],
    ['Azure SQL', { edition: '5', version: '12.0.2000.8' }, ['VIEW DATABASE PERFORMANCE STATE']],
  ];
  for (const [name, options, permissions] of SERVERS) {
    test(`name the permissions that are missing on ${name}, and all else works`, async () => {
      const no = denied(
        300,
        "VIEW SERVER STATE permission was denied on object 'server', database 'master'.",
      );
      const { reason, remedy } = refused(
        await statisticsOf({ [QUERY_STORE_STATE]: no, [planCacheTop(50)]: no }, options),
      );
      assert.match(reason, /"app" may not read what the server has counted/);
      assert.equal(remedy, permissions.map((each) => `GRANT ${each} TO [app];`).join('\n-- or\n'));
    });
  }

  test('name the permission, and the Query Store that could be turned on, when it is off', async () => {
    const no = denied(300, "VIEW SERVER PERFORMANCE STATE permission was denied on object 'server'.");
    const { reason, remedy } = refused(await statisticsOf({ ...CACHED, [planCacheTop(50)]: no }));
    assert.match(reason, /Query Store is off in this database.*VIEW SERVER PERFORMANCE STATE/);
    assert.equal(
      remedy,
      'GRANT VIEW SERVER PERFORMANCE STATE TO [app];\n-- or\nALTER DATABASE CURRENT SET QUERY_STORE = ON;',
    );
  });
});

const SETUP = {
  sql: `ALTER DATABASE CURRENT SET QUERY_STORE = ON (QUERY_CAPTURE_MODE = ALL);
GO
CREATE TABLE dbo.counted (id int PRIMARY KEY);
GO
SELECT COUNT(*) FROM dbo.counted WHERE id > 1;
GO
SELECT COUNT(*) FROM dbo.counted WHERE id > 2;`,
  answer: (sql: string): Answer => {
    if (sql === queryStoreTop(50)) {
      return table(['0x1', '(@1 tinyint)SELECT COUNT(*) FROM dbo.counted WHERE id > @1', ...FIGURES]);
    }
    return STORED[sql] ?? table(['1']);
  },
};

describeSqlServer('the costliest statements', SETUP, (server) => {
  test('are read from the Query Store', async () => {
    const { source, statements } = read(await server.database.readStatementStatistics());
    assert.equal(source, 'query_store');
    const wanted = fingerprint('SELECT COUNT(*) FROM dbo.counted WHERE id > 1', 'tsql').fingerprint;
    const found = statements.find((each) => each.fingerprint === wanted);
    assert.ok((found?.calls ?? 0) >= 2, JSON.stringify(statements));
    assert.ok((found?.totalMs ?? 0) > 0);
  });
});
