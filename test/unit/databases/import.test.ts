/** Connections that other tools have written down, in each form. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ServerSettings } from '../../../src/databases/connection-settings.ts';
import { readConnectionString } from '../../../src/databases/import/connection-string.ts';
import { readEnvFile } from '../../../src/databases/import/env-file.ts';
import { findInEnvironment } from '../../../src/databases/import/from-environment.ts';
import { findInSetting } from '../../../src/databases/import/from-settings.ts';

/** `engine user:password@host:port/database mode` */
function brief(settings: ServerSettings | null | undefined): string | null {
  if (!settings) return null;
  const { engine, user, password, host, port, database, tls } = settings;
  return `${engine} ${user}:${password}@${host}:${port}/${database} ${tls.mode}`;
}

describe('the lines of a .env file', () => {
  test('quotes, comments, export and other variables of the file are read as dotenv does', () => {
    const text = `
# PASSWORD=commented
export PASSWORD='a#b $X'
HOST = db.example.org # where
URL="postgres://u:\${PASSWORD}@$HOST/shop"
DEFAULTED=\${MISSING:-5432}
UNKNOWN=postgres://\${NOT_HERE}@h/d
EMPTY=
`;
    assert.deepEqual(
      readEnvFile(text).map(({ name, value, line }) => [name, value, line]),
      [
        ['PASSWORD', 'a#b $X', 3],
        ['HOST', 'db.example.org', 4],
        ['URL', 'postgres://u:a#b $X@db.example.org/shop', 5],
        ['DEFAULTED', '5432', 6],
        ['EMPTY', '', 8],
      ],
    );
  });

  test('whatever stands there, reading ends', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        findInEnvironment(readEnvFile(text));
        findInEnvironment(readEnvFile(`DATABASE_URL=${text}`));
      }),
      { numRuns: 300 },
    );
  });
});

describe('connection strings of SQL Server', () => {
  test('keep how to log in and which replica to ask', () => {
    const text =
      'Server=tcp:shop.database.windows.net,1433;Database=d;Authentication=Active Directory Default;ApplicationIntent=ReadOnly;Encrypt=Strict;';
    const settings = readConnectionString(text, 'sqlserver');
    assert.equal(
      settings?.options,
      'encrypt=Strict;applicationintent=ReadOnly;authentication=Active Directory Default',
    );
    assert.deepEqual([settings.host, settings.tls.mode], ['shop.database.windows.net', 'verify-full']);
  });
});

describe('connection strings', () => {
  const forms: readonly (readonly [text: string, expected: string | null, hint?: string])[] = [
    ['postgres://u:p@h/d', 'postgresql u:p@h:5432/d prefer'],
    ['postgresql+psycopg2://u:p@h:6000/d', 'postgresql u:p@h:6000/d prefer'],
    ['postgresql://u:p@h/d?schema=public&sslmode=require', 'postgresql u:p@h:5432/d require'],
    ['mysql2://u:p@h/d', 'mysql u:p@h:3306/d prefer'],
    ['mysql+pymysql://u:p@h/d', 'mysql u:p@h:3306/d prefer'],
    ['mariadb+mariadbconnector://u:p@h/d', 'mariadb u:p@h:3306/d prefer'],
    ['jdbc:postgresql://h:5433/d?user=u&password=p', 'postgresql u:p@h:5433/d prefer'],
    ['jdbc:mariadb://h/d?user=u&password=p', 'mariadb u:p@h:3306/d prefer'],
    [
      'jdbc:sqlserver://h:1434;databaseName=d;user=u;password=p;encrypt=true;trustServerCertificate=true',
      'sqlserver u:p@h:1434/d require',
    ],
    [
      'Host=h;Port=5433;Database=d;Username=u;Password=p;SSL Mode=VerifyFull',
      'postgresql u:p@h:5433/d verify-full',
    ],
    ['Server=h;Port=3306;Database=d;Uid=u;Pwd=p;SslMode=None', 'mysql u:p@h:3306/d disable'],
    [
      'Server=tcp:h,1434;Initial Catalog=d;User ID=u;Password=p;Encrypt=True',
      'sqlserver u:p@h:1434/d verify-full',
    ],
    ['Server=h;Database=d;User Id=u;Password="p;q"', 'sqlserver u:p;q@h:1433/d verify-full'],
    ['Server=h;Database=d;Uid=u;Pwd=p', 'mysql u:p@h:3306/d prefer', 'MYSQL_CONNECTION'],
    ["host=h port=5433 dbname=d user=u password='p q'", 'postgresql u:p q@h:5433/d prefer'],
    ['mysql:host=h;port=3307;dbname=d', 'mysql null:null@h:3307/d prefer'],
    ['pgsql:host=h;dbname=d;user=u;password=p', 'postgresql u:p@h:5432/d prefer'],
    ['Server=h\\INSTANCE;Database=d', 'sqlserver null:null@h\\INSTANCE:1433/d verify-full'],
    [
      'Server=.\\SQLEXPRESS;Database=d;Encrypt=False',
      'sqlserver null:null@localhost\\SQLEXPRESS:1433/d prefer',
    ],
    ['Server=(localdb)\\MSSQLLocalDB;Database=d', null],
    ['https://example.org/path?host=x', null],
    ['redis://h:6379/0', null],
    ['postgres://u:p@h:notaport/d', null],
    ['just text; with=semicolons', null],
    ['', null],
  ];
  for (const [text, expected, hint] of forms) {
    test(`${text === '' ? 'an empty text' : text} ${expected === null ? 'is none' : 'is read'}`, () => {
      assert.equal(brief(readConnectionString(text, hint)), expected);
    });
  }
});

describe('variables of an environment', () => {
  const found = (text: string) =>
    findInEnvironment(readEnvFile(text)).map(({ name, settings, place }) => [name, brief(settings), place]);

  test('URLs under any name, and what is none is left', () => {
    assert.deepEqual(
      found(
        'APP_URL=https://shop.example\nREPLICA_URL=postgres://u:p@replica/shop\nDATABASE_URL=mysql://u@h/d',
      ),
      [
        ['shop', 'postgresql u:p@replica:5432/shop prefer', 'line 2, REPLICA_URL'],
        ['d', 'mysql u:null@h:3306/d prefer', 'line 3, DATABASE_URL'],
      ],
    );
  });

  test('libpq’s, Docker’s and Laravel’s variables', () => {
    assert.deepEqual(
      found('PGHOST=h\nPGPORT=5433\nPGUSER=u\nPGPASSWORD=p\nPGDATABASE=d\nPGSSLMODE=require'),
      [['d', 'postgresql u:p@h:5433/d require', 'line 1, PGHOST']],
    );
    assert.deepEqual(found('POSTGRES_USER=u\nPOSTGRES_PASSWORD=p\nPOSTGRES_DB=d'), [
      ['d', 'postgresql u:p@localhost:5432/d prefer', 'line 3, POSTGRES_DB'],
    ]);
    assert.deepEqual(found('MYSQL_DATABASE=d\nMYSQL_ROOT_PASSWORD=p'), [
      ['d', 'mysql root:p@localhost:3306/d prefer', 'line 1, MYSQL_DATABASE'],
    ]);
    assert.deepEqual(found('MARIADB_DATABASE=d\nMARIADB_USER=u\nMARIADB_PASSWORD=p'), [
      ['d', 'mariadb u:p@localhost:3306/d prefer', 'line 1, MARIADB_DATABASE'],
    ]);
    const laravel = 'DB_HOST=h\nDB_DATABASE=d\nDB_USERNAME=u\nDB_PASSWORD=p';
    assert.deepEqual(found(`DB_CONNECTION=pgsql\n${laravel}`), [
      ['d', 'postgresql u:p@h:5432/d prefer', 'line 2, DB_HOST'],
    ]);
    assert.deepEqual(found(`${laravel}\nDB_PORT=3306`), [
      ['d', 'mysql u:p@h:3306/d prefer', 'line 1, DB_HOST'],
    ]);
    assert.deepEqual(found(laravel), [], 'nothing says which engine it is');
  });

  test('Spring’s and ASP.NET’s', () => {
    assert.deepEqual(
      found(
        'SPRING_DATASOURCE_URL=jdbc:postgresql://h/d\nSPRING_DATASOURCE_USERNAME=u\nSPRING_DATASOURCE_PASSWORD=p',
      ),
      [['d', 'postgresql u:p@h:5432/d prefer', 'line 1, SPRING_DATASOURCE_URL']],
    );
    assert.deepEqual(found('ConnectionStrings__Shop="Host=h;Database=d;Username=u;Password=p"'), [
      ['d', 'postgresql u:p@h:5432/d prefer', 'line 1, ConnectionStrings__Shop'],
    ]);
  });

  test('one connection in two spellings is offered once, with its password', () => {
    assert.deepEqual(found('A_URL=postgres://u@h/d\nPGHOST=h\nPGUSER=u\nPGPASSWORD=p\nPGDATABASE=d'), [
      ['d', 'postgresql u:p@h:5432/d prefer', 'line 2, PGHOST'],
    ]);
  });
});

describe('settings of other extensions', () => {
  const found = (...given: Parameters<typeof findInSetting>) =>
    findInSetting(...given).map(({ name, settings }) => [name, brief(settings)]);

  test('SQLTools', () => {
    assert.deepEqual(
      found('sqltools.connections', [
        {
          name: 'Shop',
          driver: 'PostgreSQL',
          server: 'h',
          port: 5433,
          database: 'd',
          username: 'u',
          password: 'p',
        },
        {
          name: 'Secure',
          driver: 'PostgreSQL',
          server: 'h',
          database: 'd',
          username: 'u',
          pgOptions: { ssl: true },
        },
        { name: 'Maria', driver: 'MariaDB', server: 'h', database: 'd', username: 'u', askForPassword: true },
        { name: 'Socket', driver: 'MySQL', socketPath: '/run/my.sock', database: 'd', username: 'u' },
        { name: 'Text', driver: 'MySQL', connectString: 'mysql://u:p@h/d' },
        { name: 'File', driver: 'SQLite', database: 'x.db' },
        'nonsense',
        { driver: 'PostgreSQL' },
      ]),
      [
        ['Shop', 'postgresql u:p@h:5433/d prefer'],
        ['Secure', 'postgresql u:null@h:5432/d require'],
        ['Maria', 'mariadb u:null@h:3306/d prefer'],
        ['Socket', 'mysql u:null@/run/my.sock:3306/d prefer'],
        ['Text', 'mysql u:p@h:3306/d prefer'],
      ],
    );
  });

  test('mssql and pgsql', () => {
    assert.deepEqual(
      found('mssql.connections', [
        { server: 'h,1434', database: 'd', user: 'u', profileName: 'Prod', encrypt: 'Mandatory' },
        { server: 'h', database: 'd', user: 'u', password: '', trustServerCertificate: true },
        { server: 'h\\SQLEXPRESS', database: 'd' },
      ]),
      [
        ['Prod', 'sqlserver u:null@h:1434/d verify-full'],
        ['d', 'sqlserver u:null@h:1433/d require'],
        ['d', 'sqlserver null:null@h\\SQLEXPRESS:1433/d verify-full'],
      ],
    );
    assert.deepEqual(
      found('pgsql.connections', [
        { server: 'h', port: 5433, database: 'd', user: 'u', sslmode: 'require', profileName: 'Shop' },
        { host: 'h', dbname: 'd', user: 'u' },
      ]),
      [
        ['Shop', 'postgresql u:null@h:5433/d require'],
        ['d', 'postgresql u:null@h:5432/d prefer'],
      ],
    );
    assert.deepEqual(found('pgsql.connections', undefined), []);
  });
});
