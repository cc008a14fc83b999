import { allEngines } from '../engines.ts';
import { columnAdvice, wordsOf } from './ddl-columns.ts';

const FLOATS = new Set(['float', 'real', 'double', 'double precision', 'float4', 'float8']);
const MONEY = new Set(
  'price amount cost total subtotal balance fee salary tax vat discount payment revenue budget wage rent invoice money'.split(
    ' ',
  ),
);

/** `price float` */
export const floatForMoney = columnAdvice(
  {
    id: 'float-for-money',
    title: 'Amount of money in a floating-point column',
    industries: ['e-commerce', 'saas'],
    engines: allEngines('never: it is about sums that are right'),
    severity: 'warning',
    description:
      'Floating-point numbers cannot hold 0.10 exactly: sums are off by cents, depend on the order of the rows, and = finds nothing. decimal holds what is written.',
    source: 'https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-FLOAT',
    precondition: 'The name of a floating-point column speaks of money.',
    example: { before: 'CREATE TABLE orders (order_id int PRIMARY KEY, total_price float)' },
  },
  (column) =>
    FLOATS.has(column.typeName) && wordsOf(column).some((word) => MONEY.has(word))
      ? `${column.node.name.text} holds money, but ${column.type} cannot hold cents exactly: use decimal(12, 2) or a whole number of cents.`
      : null,
);

/** `amount money` */
export const moneyType = columnAdvice(
  {
    id: 'money-type',
    title: 'Column of type money',
    engines: [
      { dialect: 'postgresql', pays: 'never: it is about sums that are right' },
      { dialect: 'tsql', pays: 'never: it is about sums that are right' },
    ],
    severity: 'info',
    description:
      'PostgreSQL prints and reads money by a setting of the session (lc_monetary), without keeping the currency. SQL Server rounds each intermediate result of multiplication and division to four digits.',
    source: 'https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_money',
    precondition: 'The type of a new column is money or smallmoney.',
    example: { before: 'CREATE TABLE orders (order_id int PRIMARY KEY, total money)' },
  },
  (column) =>
    column.typeName === 'money' || column.typeName === 'smallmoney'
      ? `${column.node.name.text} is ${column.typeName}, which rounds and prints in ways of its own: use decimal(19, 4) and a column for the currency.`
      : null,
);

/** `id serial PRIMARY KEY` */
export const narrowGeneratedKey = columnAdvice(
  {
    id: 'narrow-generated-key',
    title: 'Generated primary key of four bytes',
    engines: allEngines('never: it is about the day on which the numbers run out'),
    severity: 'hint',
    description:
      'A key of four bytes ends at 2,147,483,647, and numbers are also lost by rollbacks and failed inserts. Making it longer later rewrites the table and everything that refers to it.',
    source: 'https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-SERIAL',
    precondition: 'A primary key of one column is generated and has a type of four bytes or fewer.',
    example: {
      before: 'CREATE TABLE events (event_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text)',
    },
  },
  (column) => {
    const serial =
      ['serial', 'serial4', 'smallserial', 'serial2'].includes(column.typeName) &&
      column.dialect === 'postgresql';
    const narrow = /^(int|integer|int4|smallint|int2|mediumint|tinyint)\b/.test(column.typeName);
    const generated = serial || (narrow && column.node.generated === 'identity');
    return generated && column.isPrimaryKey
      ? `${column.node.name.text} runs out of numbers after 2 thousand million at most: bigint costs four bytes a row and never does.`
      : null;
  },
);

/** `id serial` */
export const serialColumn = columnAdvice(
  {
    id: 'serial-column',
    title: 'serial instead of an identity column',
    engines: [
      { dialect: 'postgresql', from: 10, pays: 'never: it is about rights and ownership of the sequence' },
    ],
    severity: 'hint',
    description:
      'serial is an integer with a default from a sequence, which needs grants of its own, and which any INSERT may pass by. GENERATED … AS IDENTITY is the standard and has neither trouble.',
    source: 'https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_serial',
    precondition: 'The type of a new column is serial or one of its kind.',
    example: { before: 'CREATE TABLE events (event_id bigserial PRIMARY KEY, kind text)' },
  },
  (column) =>
    /^(big|small)?serial\d?$/.test(column.typeName)
      ? `${column.node.name.text}: write bigint GENERATED ALWAYS AS IDENTITY instead of ${column.typeName}.`
      : null,
);

/** `n int(11)` */
export const displayWidth = columnAdvice(
  {
    id: 'integer-display-width',
    title: 'Display width of an integer',
    engines: [
      { dialect: 'mysql', pays: 'never: it is about what the type says' },
      { dialect: 'mariadb', pays: 'never: it is about what the type says' },
    ],
    severity: 'hint',
    description:
      'int(4) holds the same numbers as int(11): the width is only for ZEROFILL, and MySQL 8.0.17 has deprecated it. Readers take it for a limit.',
    source: 'https://dev.mysql.com/doc/refman/8.4/en/numeric-type-attributes.html',
    precondition: 'An integer type other than tinyint(1) has a number in parentheses.',
    example: { before: 'CREATE TABLE orders (order_id int(11) PRIMARY KEY, total decimal(10, 2))' },
  },
  (column) => {
    const integer = /^(int|integer|bigint|smallint|mediumint|tinyint)\b/.test(column.typeName);
    const isFlag =
      column.type.startsWith('tinyint(1)') || (column.typeName === 'tinyint' && column.type === 'tinyint(1)');
    return integer && !isFlag && (column.node.type?.modifiers.length ?? 0) > 0
      ? `The width of ${column.node.name.text} ${column.type} limits nothing: write the type without it.`
      : null;
  },
);
