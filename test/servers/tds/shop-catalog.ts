/**
 * A small database, as DDL for a real SQL Server and as the answers that its catalog views give, by their
 * documentation (https://learn.microsoft.com/sql/relational-databases/system-catalog-views/catalog-views-transact-sql).
 */
import {
  CHECKS,
  COLUMNS,
  FOREIGN_KEYS,
  FUNCTIONS,
  INDEXES,
  PARTITIONS,
  ROW_SECURITY,
  SETTINGS,
  STATISTICS,
  TABLES,
  TRIGGERS,
  VIEWS,
} from '../../../src/databases/mssql/catalog-queries.ts';
import type { ResultSet } from './answers.ts';

export const SHOP_DDL = `
CREATE SCHEMA sales;
GO
CREATE PARTITION FUNCTION by_year (date) AS RANGE RIGHT FOR VALUES ('2024-01-01');
CREATE PARTITION SCHEME by_year_all AS PARTITION by_year ALL TO ([PRIMARY]);
CREATE TYPE sales.code FROM varchar(10) NOT NULL;
GO
CREATE TABLE sales.Customers (
  Id int IDENTITY CONSTRAINT pk_customers PRIMARY KEY,
  Email nvarchar(190) NOT NULL CONSTRAINT one_email UNIQUE,
  Code sales.code,
  Name varchar(40) COLLATE Latin1_General_100_BIN2,
  Born date CONSTRAINT adult CHECK (Born < '2010-01-01'),
  Credit decimal(10,2) NOT NULL DEFAULT 0,
  Twice AS (Credit * 2) PERSISTED,
  Half AS (Credit / 2),
  Seen datetimeoffset(3),
  Place hierarchyid,
  Version rowversion
);
CREATE TABLE sales.Orders (
  Id bigint CONSTRAINT pk_orders PRIMARY KEY,
  CustomerId int NOT NULL CONSTRAINT of_customer REFERENCES sales.Customers (Id),
  Placed date NOT NULL,
  Total money NOT NULL,
  Status varchar(20),
  Note nvarchar(max)
);
CREATE INDEX open_orders ON sales.Orders (Placed DESC, CustomerId) INCLUDE (Total) WHERE Status = 'open';
CREATE UNIQUE INDEX once ON sales.Orders (CustomerId, Placed, Id);
CREATE UNIQUE INDEX off ON sales.Orders (Total);
ALTER INDEX off ON sales.Orders DISABLE;
ALTER TABLE sales.Orders WITH NOCHECK ADD CONSTRAINT later CHECK (Total > 0);
CREATE TABLE sales.Events (At date NOT NULL, Kind int) ON by_year_all (At);
CREATE INDEX kinds ON sales.Events (Kind);
INSERT INTO sales.Customers (Email, Code) VALUES ('a@b', 'x'), ('b@b', 'y');
GO
CREATE VIEW sales.Adults WITH SCHEMABINDING AS SELECT Id, Email FROM sales.Customers WHERE Born < '2000-01-01';
GO
CREATE FUNCTION sales.doubled (@a int) RETURNS int WITH SCHEMABINDING AS BEGIN RETURN @a * 2 END;
GO
CREATE FUNCTION sales.spent (@a int) RETURNS money AS BEGIN RETURN (SELECT SUM(Total) FROM sales.Orders WHERE CustomerId = @a) END;
GO
CREATE TRIGGER watching ON sales.Orders AFTER INSERT AS SET NOCOUNT ON;
GO
UPDATE STATISTICS sales.Customers WITH FULLSCAN;
`;

type Rows = readonly (readonly (string | null)[])[];

/** Rows of one table, each begun with the names of schema and table. */
function of(table: string, ...rows: readonly (readonly (string | null)[])[]): Rows {
  return rows.map((row) => ['sales', table, ...row]);
}

/** name, type, max_length, precision, scale, is_nullable, is_identity, is_computed, is_persisted, default, collation, hidden */
function column(
  [name, type, length, precision, scale]: readonly [string, string, number, number, number],
  more: {
    readonly notNull?: true;
    readonly identity?: true;
    readonly computed?: 'stored' | 'virtual';
    readonly value?: true;
    readonly collation?: string;
  } = {},
): readonly (string | null)[] {
  const bit = (value: boolean) => (value ? '1' : '0');
  return [
    ...[name, type, String(length), String(precision), String(scale), bit(more.notNull !== true)],
    ...[bit(more.identity === true), bit(more.computed !== undefined), bit(more.computed === 'stored')],
    ...[bit(more.value === true), more.collation ?? null, '0'],
  ];
}

/**
 * name, type_desc, is_unique, is_primary_key, is_disabled, filter_definition, column, is_descending_key,
 * is_included_column, key_ordinal
 *
 * @param words what it is, with blanks between
 */
function index(name: string, words: string, column: string, ordinal = 1): readonly (string | null)[] {
  const is = (word: string) => (words.includes(word) ? '1' : '0');
  const primary = is('primary');
  return [
    ...[name, primary === '1' ? 'CLUSTERED' : 'NONCLUSTERED', primary === '1' ? '1' : is('unique'), primary],
    ...[is('disabled'), is('filtered') === '1' ? "([Status]='open')" : null, column],
    ...[is('descending'), is('included'), String(ordinal)],
  ];
}

const CI = 'SQL_Latin1_General_CP1_CI_AS';

const ANSWERS: ReadonlyMap<string, Rows> = new Map<string, Rows>([
  [
    TABLES,
    [
      ['sales', 'Adults', 'V ', '0', '0', null, null],
      ['sales', 'Customers', 'U ', '0', '0', '2', '16384'],
      ['sales', 'Events', 'U ', '0', '1', '0', '0'],
      ['sales', 'Orders', 'U ', '0', '0', '0', '0'],
    ],
  ],
  [
    COLUMNS,
    [
      ...of(
        'Adults',
        column(['Id', 'int', 4, 10, 0], { notNull: true }),
        column(['Email', 'nvarchar', 380, 0, 0], { notNull: true, collation: CI }),
      ),
      ...of(
        'Customers',
        column(['Id', 'int', 4, 10, 0], { notNull: true, identity: true }),
        column(['Email', 'nvarchar', 380, 0, 0], { notNull: true, collation: CI }),
        column(['Code', 'varchar', 10, 0, 0], { notNull: true, collation: CI }),
        column(['Name', 'varchar', 40, 0, 0], { collation: 'Latin1_General_100_BIN2' }),
        column(['Born', 'date', 3, 10, 0]),
        column(['Credit', 'decimal', 9, 10, 2], { notNull: true, value: true }),
        column(['Twice', 'decimal', 9, 12, 2], { computed: 'stored', notNull: true }),
        column(['Half', 'decimal', 9, 17, 8], { computed: 'virtual' }),
        column(['Seen', 'datetimeoffset', 9, 30, 3]),
        column(['Place', 'hierarchyid', 892, 0, 0]),
        column(['Version', 'timestamp', 8, 0, 0], { notNull: true }),
      ),
      ...of('Events', column(['At', 'date', 3, 10, 0], { notNull: true }), column(['Kind', 'int', 4, 10, 0])),
      ...of(
        'Orders',
        column(['Id', 'bigint', 8, 19, 0], { notNull: true }),
        column(['CustomerId', 'int', 4, 10, 0], { notNull: true }),
        column(['Placed', 'date', 3, 10, 0], { notNull: true }),
        column(['Total', 'money', 8, 19, 4], { notNull: true }),
        column(['Status', 'varchar', 20, 0, 0], { collation: CI }),
        column(['Note', 'nvarchar', -1, 0, 0], { collation: CI }),
      ),
    ],
  ],
  [
    INDEXES,
    [
      ...of('Customers', index('pk_customers', 'primary', 'Id'), index('one_email', 'unique', 'Email')),
      // an index on the partitions of its table has their column too, by no place in the key
      ...of('Events', index('kinds', '', 'Kind'), index('kinds', '', 'At', 0)),
      ...of(
        'Orders',
        index('pk_orders', 'primary', 'Id'),
        index('open_orders', 'filtered descending', 'Placed'),
        index('open_orders', 'filtered', 'CustomerId', 2),
        index('open_orders', 'filtered included', 'Total', 0),
        index('once', 'unique', 'CustomerId'),
        index('once', 'unique', 'Placed', 2),
        index('once', 'unique', 'Id', 3),
        index('off', 'unique disabled', 'Total'),
      ),
    ],
  ],
  [PARTITIONS, of('Events', ['At'])],
  [FOREIGN_KEYS, of('Orders', ['of_customer', 'CustomerId', 'sales', 'Customers', 'Id', '0', '0'])],
  [
    CHECKS,
    [
      ...of('Customers', ['adult', "([Born]<'2010-01-01')", '0', '0']),
      ...of('Orders', ['later', '([Total]>(0))', '0', '1']),
    ],
  ],
  [TRIGGERS, of('Orders', [])],
  [ROW_SECURITY, []],
  [
    VIEWS,
    of('Adults', [
      "CREATE VIEW sales.Adults WITH SCHEMABINDING AS SELECT Id, Email FROM sales.Customers WHERE Born < '2000-01-01'",
    ]),
  ],
  [STATISTICS, of('Customers', ['Email', '2', '0'], ['Id', '2', '0'])],
  [
    FUNCTIONS,
    [
      ['sales', 'doubled', 'FN', '1', '0'],
      ['sales', 'spent', 'FN', '0', '1'],
    ],
  ],
]);

/** The answer to a question about the catalog; null when it is another question. */
export function catalogAnswer(sql: string): ResultSet | null {
  if (sql === SETTINGS) {
    return {
      columns: [
        'default_schema',
        'collation_database',
        'compatibility_level',
        'language',
        'dateformat',
        'datefirst',
      ],
      rows: [['dbo', CI, '160', 'us_english', 'mdy', '7']],
    };
  }
  const rows = ANSWERS.get(sql);
  if (!rows) return null;
  const width = Math.max(1, ...rows.map((row) => row.length));
  return {
    columns: Array.from({ length: width }, (_, index) => ({ name: `c${index}`, type: 'nvarchar(max)' })),
    rows,
  };
}
