import { columnAdvice } from './ddl-columns.ts';

/** `created_at timestamp` */
export const timestampWithoutZone = columnAdvice(
  {
    id: 'timestamp-without-time-zone',
    title: 'timestamp without time zone',
    industries: ['saas', 'time-series'],
    engines: [{ dialect: 'postgresql', pays: 'never: it is about which moment is meant' }],
    severity: 'info',
    description:
      'timestamp without time zone is the picture of a clock, not a moment: whose clock, nobody knows, and differences across daylight saving are wrong by an hour. timestamptz takes as many bytes and is a moment.',
    source: 'https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_timestamp_.28without_time_zone.29',
    precondition: 'The type of a new column is timestamp without time zone.',
    example: { before: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, placed_at timestamp)' },
  },
  (column) =>
    column.typeName === 'timestamp' || column.typeName === 'timestamp without time zone'
      ? `${column.node.name.text} does not say in which time zone it is: use timestamptz for moments.`
      : null,
);

/** `opens timetz` */
export const timeWithZone = columnAdvice(
  {
    id: 'time-with-time-zone',
    title: 'time with time zone',
    engines: [{ dialect: 'postgresql', pays: 'never: it is about which moment is meant' }],
    severity: 'info',
    description:
      'A time of day with an offset but without a date cannot know about daylight saving. It is there for the standard only.',
    source: 'https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_timetz',
    precondition: 'The type of a new column is time with time zone.',
    example: { before: 'CREATE TABLE shops (shop_id integer PRIMARY KEY, opens timetz)' },
  },
  (column) =>
    column.typeName === 'timetz' || column.typeName === 'time with time zone'
      ? `${column.node.name.text}: a time without a date has no offset that is right all year: use time and the name of a zone.`
      : null,
);

/** `created datetime` in SQL Server */
export const oldDatetime = columnAdvice(
  {
    id: 'datetime-instead-of-datetime2',
    title: 'datetime instead of datetime2',
    industries: ['time-series'],
    engines: [{ dialect: 'tsql', pays: 'little: datetime2(3) takes seven bytes instead of eight' }],
    severity: 'hint',
    description:
      'datetime rounds to 3 or 4 thousandths of a second (23:59:59.999 is the next day), begins in 1753 and reads dates by the language of the session. smalldatetime rounds to minutes. datetime2 does none of that.',
    source: 'https://learn.microsoft.com/sql/t-sql/data-types/datetime-transact-sql',
    precondition: 'The type of a new column is datetime or smalldatetime.',
    example: { before: 'CREATE TABLE orders (order_id int PRIMARY KEY, placed_at datetime)' },
  },
  (column) =>
    column.typeName === 'datetime' || column.typeName === 'smalldatetime'
      ? `${column.node.name.text} rounds as ${column.typeName}: use datetime2(3).`
      : null,
);
