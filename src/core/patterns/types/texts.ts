import type { Dialect } from '../../sql/dialect.ts';
import { allEngines } from '../engines.ts';
import { columnAdvice, type DefinedColumn, lengthOf, wordsOf } from './ddl-columns.ts';

const TEXT = /^(text|varchar|character varying|char|character|nvarchar|nchar|tinytext|bpchar|string)$/;

function isText(column: DefinedColumn): boolean {
  return TEXT.test(column.typeName);
}

/** `name char(80)` */
export const longChar = columnAdvice(
  {
    id: 'long-char',
    title: 'char(n) for text of varying length',
    engines: allEngines(
      'Most texts are much shorter than the column: rows and indexes are then mostly blanks.',
    ),
    severity: 'info',
    description:
      'char(n) is filled up with blanks on disk and in indexes, and engines differ in whether the blanks count in comparisons, LIKE and concatenation.',
    source: 'https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_char.28n.29',
    precondition: 'A char or nchar column has more than 36 characters (the length of a UUID).',
    example: { before: 'CREATE TABLE customers (customer_id int PRIMARY KEY, name char(80))' },
  },
  (column) => {
    const length = lengthOf(column);
    const fixed = ['char', 'character', 'nchar', 'bpchar'].includes(column.typeName);
    return fixed && length !== null && length > 36
      ? `${column.node.name.text} is filled up to ${length} characters with blanks: use varchar(${length}).`
      : null;
  },
);

/** `created varchar(20)` */
export const dateAsText = columnAdvice(
  {
    id: 'date-as-text',
    title: 'Date kept as text',
    industries: ['analytics', 'time-series'],
    engines: allEngines('Ranges are asked for: text in another form than ISO has another order than time.'),
    severity: 'warning',
    description:
      'Text takes dates that do not exist and in several forms, sorts by characters, and is longer than a date. Ranges and arithmetic need a cast in every row, which no index serves.',
    source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/dates',
    precondition: 'The name of a text column ends with date, time, _at or _on.',
    example: { before: 'CREATE TABLE orders (order_id int PRIMARY KEY, order_date varchar(20))' },
  },
  (column) => {
    const words = wordsOf(column);
    const last = words.at(-1) ?? '';
    const named =
      ['date', 'datetime', 'timestamp', 'birthday'].includes(last) ||
      (words.length > 1 && ['at', 'on'].includes(last));
    return isText(column) && named
      ? `${column.node.name.text} seems to hold points in time as ${column.type}: use date or a timestamp.`
      : null;
  },
);

/** `active char(1)` */
export const flagAsText = columnAdvice(
  {
    id: 'flag-as-text',
    title: 'Yes or no kept as text',
    engines: allEngines('hardly: it is about values that are neither yes nor no'),
    severity: 'hint',
    description:
      "'Y', 'y', 'J' and '' are four values to the database. A boolean (bit in SQL Server) has two, needs no convention and is a condition by itself.",
    source: 'https://www.postgresql.org/docs/current/datatype-boolean.html',
    precondition:
      'The name of a text column of at most five characters begins with is, has or can, or ends with flag.',
    example: { before: 'CREATE TABLE users (user_id int PRIMARY KEY, is_active char(1))' },
  },
  (column) => {
    const words = wordsOf(column);
    const named =
      (words.length > 1 && ['is', 'has', 'can'].includes(words[0] ?? '')) || words.at(-1) === 'flag';
    const length = lengthOf(column) ?? (['char', 'character', 'nchar'].includes(column.typeName) ? 1 : 99);
    return isText(column) && named && length <= 5
      ? `${column.node.name.text} seems to be yes or no: use ${BOOLEAN[column.dialect]}.`
      : null;
  },
);

const BOOLEAN: Readonly<Record<Dialect, string>> = {
  postgresql: 'boolean',
  mysql: 'boolean (tinyint(1)) with a CHECK',
  mariadb: 'boolean (tinyint(1)) with a CHECK',
  tsql: 'bit',
};

/** `ip varchar(15)` */
export const addressAsText = columnAdvice(
  {
    id: 'ip-address-as-text',
    title: 'IP address kept as text',
    engines: allEngines('Networks are searched for: ranges of addresses are no ranges of texts.'),
    severity: 'hint',
    description:
      'One address has several spellings (IPv6 above all), text of fifteen characters is too short for IPv6, and ranges of networks cannot be searched.',
    source: 'https://www.postgresql.org/docs/current/datatype-net-types.html',
    precondition: 'The name of a text column has the word ip, or ends with ip_address.',
    example: { before: 'CREATE TABLE logins (login_id int PRIMARY KEY, ip varchar(15))' },
  },
  (column) => {
    const words = wordsOf(column);
    const named = words.some((word) => ['ip', 'ipv4', 'ipv6', 'ipaddress'].includes(word));
    return isText(column) && named
      ? `${column.node.name.text} seems to hold IP addresses: use ${ADDRESS[column.dialect]}.`
      : null;
  },
);

const ADDRESS: Readonly<Record<Dialect, string>> = {
  postgresql: 'inet',
  mysql: 'varbinary(16) with INET6_ATON',
  mariadb: 'inet6',
  tsql: 'varbinary(16)',
};

/** `password varchar(50)` */
export const plainPassword = columnAdvice(
  {
    id: 'plain-password',
    title: 'Column for passwords',
    industries: ['saas', 'e-commerce'],
    engines: allEngines('never: it is about what a stolen copy of the table gives away'),
    severity: 'warning',
    description:
      'A password must not be kept, encrypted or not: keep a slow, salted hash (bcrypt, scrypt, Argon2) made by the application, and call the column so.',
    source: 'https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html',
    precondition: 'A text column is called password or passwd, without the word hash.',
    example: { before: 'CREATE TABLE users (user_id int PRIMARY KEY, password varchar(50))' },
  },
  (column) => {
    const words = wordsOf(column);
    const named = words.some((word) => ['password', 'passwd', 'pwd'].includes(word));
    const hashed = words.some((word) =>
      ['hash', 'hashed', 'digest', 'salt', 'reset', 'at', 'encrypted'].includes(word),
    );
    return isText(column) && named && !hashed
      ? `${column.node.name.text} seems to hold passwords: keep a salted hash of them only.`
      : null;
  },
);

/** `id char(36)` */
export const uuidAsText = columnAdvice(
  {
    id: 'uuid-as-text',
    title: 'UUID kept as text',
    industries: ['saas'],
    engines: allEngines(
      'The column is in indexes or foreign keys: each entry is 16 bytes instead of 36 or more.',
    ),
    severity: 'info',
    description:
      'A UUID is 16 bytes, its text 36 characters, in the table and in every index and foreign key. Comparing text by a collation is much slower than comparing bytes, and upper and lower case may be two values.',
    source: 'https://www.postgresql.org/docs/current/datatype-uuid.html',
    precondition: 'A text column has 36 characters, or has the word uuid or guid in its name.',
    example: { before: 'CREATE TABLE sessions (session_id char(36) PRIMARY KEY, data text)' },
  },
  (column) => {
    const named = wordsOf(column).some((word) => word === 'uuid' || word === 'guid');
    return isText(column) && (named || lengthOf(column) === 36)
      ? `${column.node.name.text} seems to hold UUIDs as ${column.type}: use ${UUID[column.dialect]}.`
      : null;
  },
);

const UUID: Readonly<Record<Dialect, string>> = {
  postgresql: 'uuid',
  mysql: 'binary(16) with UUID_TO_BIN',
  mariadb: 'uuid (10.7 and later) or binary(16)',
  tsql: 'uniqueidentifier',
};

/** `data json` */
export const jsonColumn = columnAdvice(
  {
    id: 'json-instead-of-jsonb',
    title: 'json instead of jsonb',
    industries: ['saas'],
    engines: [
      {
        dialect: 'postgresql',
        pays: 'Parts of the documents are asked for: json is parsed again each time and has no GIN index.',
      },
    ],
    severity: 'info',
    description:
      'json keeps the text as it came and parses it at each access; it has neither equality nor an index for @>. jsonb is parsed once. (Only jsonb drops the order of keys, blanks and duplicate keys.)',
    source: 'https://www.postgresql.org/docs/current/datatype-json.html',
    precondition: 'The type of a new column is json.',
    example: { before: 'CREATE TABLE events (event_id bigint PRIMARY KEY, data json)' },
  },
  (column) =>
    column.typeName === 'json'
      ? `${column.node.name.text} is parsed at every access: use jsonb, unless blanks, duplicate keys or their order matter.`
      : null,
);

/** `name varchar` in SQL Server */
export const varcharWithoutLength = columnAdvice(
  {
    id: 'varchar-without-length',
    title: 'varchar without a length is one character',
    engines: [{ dialect: 'tsql', pays: 'never: it is about texts that do not fit' }],
    severity: 'warning',
    description:
      'Without a length, varchar and nvarchar of a column are varchar(1) and nvarchar(1): longer texts raise an error.',
    source: 'https://learn.microsoft.com/sql/t-sql/data-types/char-and-varchar-transact-sql',
    precondition: 'A column is varchar, nvarchar or varbinary without a length.',
    example: { before: 'CREATE TABLE customers (customer_id int PRIMARY KEY, name varchar)' },
  },
  (column) =>
    /^(n?varchar|varbinary)$/.test(column.typeName) && column.node.type?.modifiers.length === 0
      ? `${column.node.name.text} has room for one character: give ${column.typeName} a length.`
      : null,
);

/** `body ntext` in SQL Server */
export const deprecatedLargeObject = columnAdvice(
  {
    id: 'deprecated-large-object',
    title: 'text, ntext, image or sql_variant',
    engines: [
      {
        dialect: 'tsql',
        pays: 'The column is compared, sorted or searched, which these types cannot be, or only by conversion.',
      },
    ],
    severity: 'warning',
    description:
      'text, ntext and image are deprecated and take part in few operations. sql_variant hides the type from the optimizer, and has no statistics to estimate by.',
    source: 'https://learn.microsoft.com/sql/t-sql/data-types/ntext-text-and-image-transact-sql',
    precondition: 'The type of a new column is text, ntext, image or sql_variant.',
    example: { before: 'CREATE TABLE notes (note_id int PRIMARY KEY, body ntext)' },
  },
  (column) => {
    const better = Object.hasOwn(SUCCESSORS, column.typeName) ? SUCCESSORS[column.typeName] : undefined;
    return better ? `${column.node.name.text} is ${column.typeName}: use ${better}.` : null;
  },
);

const SUCCESSORS: Readonly<Record<string, string>> = {
  text: 'varchar(max)',
  ntext: 'nvarchar(max)',
  image: 'varbinary(max)',
  sql_variant: 'a column of the type that is meant, or one for each',
};

/** `b varchar(10) COLLATE utf8_general_ci` in MySQL */
export const threeByteCharset = columnAdvice(
  {
    id: 'three-byte-charset',
    title: 'Column in utf8 of three bytes',
    engines: [
      { dialect: 'mysql', pays: 'never: it is about characters that cannot be stored' },
      { dialect: 'mariadb', pays: 'never: it is about characters that cannot be stored' },
    ],
    severity: 'warning',
    description:
      'utf8 (utf8mb3) of MySQL holds three bytes a character: emoji and rare Chinese characters raise an error or are cut off. Joins with utf8mb4 columns are converted in every row.',
    source: 'https://dev.mysql.com/doc/refman/8.4/en/charset-unicode-utf8mb3.html',
    precondition: 'A column has a collation of utf8 or utf8mb3.',
    example: {
      before: 'CREATE TABLE users (user_id int PRIMARY KEY, name varchar(80) COLLATE utf8_general_ci)',
    },
  },
  (column) => {
    const collation = column.node.collation.at(-1)?.name ?? '';
    return /^utf8(mb3)?_/i.test(collation)
      ? `${column.node.name.text} has no room for characters of four bytes: use utf8mb4 instead of ${collation}.`
      : null;
  },
);
