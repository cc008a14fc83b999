import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionLabel, type ServerSettings } from '../../../../src/databases/connection-settings.ts';
import { connectionUrl, parseConnectionUrl } from '../../../../src/databases/connection-url.ts';
import { readOptions } from '../../../../src/databases/mssql/options.ts';
import { errorPosition } from '../../../../src/databases/mssql/positions.ts';
import { readStatistics } from '../../../../src/databases/mssql/timing.ts';

const server = (url: string) => parseConnectionUrl(url) as ServerSettings;

test('URLs of SQL Server are read in their forms, and written so that they are read back', () => {
  const settings = server(
    'sqlserver://an:p%40@db.example.com:1444/shop?encrypt=strict&ApplicationIntent=ReadOnly&hostNameInCertificate=db',
  );
  assert.deepEqual(
    [settings.engine, settings.host, settings.port, settings.database, settings.user, settings.password],
    ['sqlserver', 'db.example.com', 1444, 'shop', 'an', 'p@'],
  );
  assert.equal(settings.tls.mode, 'verify-full');
  const options = readOptions(settings.options);
  assert.deepEqual(
    [options.strict, options.readOnlyIntent, options.hostNameInCertificate],
    [true, true, 'db'],
  );
  assert.deepEqual(server(connectionUrl(settings)), { ...settings, password: null });
  const jdbc = server('jdbc:sqlserver://db:1433;databaseName=shop;user=an;encrypt=false');
  assert.deepEqual([jdbc.host, jdbc.database, jdbc.user, jdbc.tls.mode], ['db', 'shop', 'an', 'prefer']);
});

test('encryption of SQL Server is kept through a URL, whatever the mode', () => {
  for (const mode of ['disable', 'prefer', 'require', 'verify-full'] as const) {
    const settings = server('mssql://an@db/shop');
    const other = { ...settings, tls: { ...settings.tls, mode } };
    assert.equal(server(connectionUrl(other)).tls.mode, mode);
  }
});

test('a named instance of SQL Server is part of the host', () => {
  const named = server('mssql://an@db/shop?instanceName=SQLEXPRESS');
  assert.equal(named.host, 'db\\SQLEXPRESS');
  assert.equal(connectionLabel(named), 'shop on db\\SQLEXPRESS');
  assert.equal(server(connectionUrl(named)).host, 'db\\SQLEXPRESS');
  assert.equal(server('mssql://an@db\\DEV/shop').host, 'db\\DEV');
});

test('the place of an error is that of the quoted name on its line or after it', () => {
  const sql = "SELECT total\nFROM [my orders] o\nWHERE o.total > 'total'";
  assert.equal(errorPosition("Invalid column name 'total'.", 3, sql), sql.indexOf('total', 30));
  assert.equal(errorPosition("Invalid object name 'dbo.my orders'.", 1, sql), sql.indexOf('[my'));
  assert.equal(errorPosition('Divide by zero error encountered.', 1, sql), null);
});

test('SET STATISTICS IO, TIME is read by its message numbers, in any language', () => {
  const statistics = readStatistics([
    {
      number: 3613,
      message: 'SQL Server-Analyse- und Kompilierzeit: CPU-Zeit = 9 ms, verstrichene Zeit = 9 ms.',
    },
    {
      number: 3615,
      message:
        "Table 'it's 7'. Scan count 1, logical reads 53, physical reads 4, page server reads 0, read-ahead reads 40, lob logical reads 0.",
    },
    {
      number: 3615,
      message: "orders-Tabelle. 'orders'. Scananzahl 2, logische Lesevorgänge 10, physische Lesevorgänge 1.",
    },
    { number: 3612, message: 'SQL Server Execution Times:\n   CPU time = 16 ms,  elapsed time = 21 ms.' },
    { number: 0, message: 'printed 12' },
  ]);
  assert.deepEqual(statistics, { cpuMs: 16, elapsedMs: 21, logicalReads: 63, physicalReads: 5 });
  assert.equal(readStatistics([]).cpuMs, null);
});
