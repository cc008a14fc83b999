/**
 * Statements that compare two results on the server, for results too large to fetch. A row becomes the text of its
 * values with their lengths, so that no value can imitate the border of another; a result becomes the number of its
 * rows and the sum of their hashes, whatever their order.
 */
import type { ResultColumn } from '../database.ts';
import type { Dialect } from '../sql/dialect.ts';
import { cellComparison } from './cell-values.ts';

/** How a dialect compares on the server; null where it cannot. */
export interface ServerHash {
  /** a query of one row: number of rows and hash */
  hash(sql: string, columns: readonly ResultColumn[]): string;
  /** a query of a few rows that `left` has more often than `right`; null when values cannot be shown */
  difference(left: string, right: string, columns: readonly ResultColumn[]): string | null;
}

/** @returns null when results of these columns cannot be compared on the server */
export function serverHash(dialect: Dialect, columns: readonly ResultColumn[]): ServerHash | null {
  switch (dialect) {
    case 'postgresql':
      return POSTGRESQL;
    case 'mysql':
    case 'mariadb':
      return columns.every(isExact) ? MYSQL : null;
    case 'tsql':
      return null;
  }
}

/**
 * PostgreSQL 11 and later: the sum of a 64-bit hash of each row's text, as a number that cannot overflow; equal sums
 * of different rows are possible in theory only (about 1 in 2^64). EXCEPT ALL sees values where the hash sees
 * spellings.
 */
const POSTGRESQL: ServerHash = {
  hash: (sql) =>
    `SELECT count(*), sum(hashtextextended(CAST(t AS text), 0)::numeric) FROM (${strip(sql)}\n) AS t`,
  difference: (left, right) =>
    `SELECT * FROM (${strip(left)}\n) AS a EXCEPT ALL SELECT * FROM (${strip(right)}\n) AS b LIMIT 5`,
};

/**
 * MySQL 8 and MariaDB: two 64-bit sums from the MD5 of each row. Columns get names of their own, because a derived
 * table takes no name twice. Texts count by their bytes: the server's own equality takes 'a', 'A' and 'a ' for one.
 */
const MYSQL: ServerHash = {
  hash(sql, columns) {
    const half = (from: number) => `SUM(CAST(CONV(SUBSTRING(h, ${from}, 16), 16, 10) AS UNSIGNED))`;
    return `${named('t', sql, columns)} SELECT COUNT(*), CONCAT(${half(1)}, ' ', ${half(17)})
      FROM (SELECT MD5(CONCAT(${columns.map((_, index) => measured(bytes(index, columns))).join(', ')})) AS h FROM t) AS hashed`;
  },
  difference(left, right, columns) {
    const list = columns.map((_, index) => `${bytes(index, columns)} AS c${index}`).join(', ');
    const shown = columns.map((column, index) =>
      isBinary(column) ? `CONCAT('0x', LOWER(HEX(c${index})))` : `CONVERT(c${index} USING utf8mb4)`,
    );
    return `${named('a', left, columns)}, ${named('b', right, columns).slice('WITH '.length)}
      SELECT ${shown.map((text, index) => `${text} AS c${index}`).join(', ')}
        FROM (SELECT ${list} FROM a EXCEPT ALL SELECT ${list} FROM b) AS d LIMIT 5`;
  },
};

function named(name: string, sql: string, columns: readonly ResultColumn[]): string {
  return `WITH ${name} (${columns.map((_, index) => `c${index}`).join(', ')}) AS (${strip(sql)}\n)`;
}

/** Digits before the point that remain beside {@link SCALE} after it. */
const WHOLE = 35;
const SCALE = 30;

/** A column's value as bytes, the same for the same value whatever the scale of its type. */
function bytes(index: number, columns: readonly ResultColumn[]): string {
  const column = columns[index];
  const value = `c${index}`;
  if (column && cellComparison(column.type) === 'numeric') {
    return `CAST(CAST(${value} AS DECIMAL(${WHOLE + SCALE}, ${SCALE})) AS BINARY)`;
  }
  // the same text has other bytes in another character set
  return column && isBinary(column)
    ? `CAST(${value} AS BINARY)`
    : `CAST(CONVERT(${value} USING utf8mb4) AS BINARY)`;
}

function measured(value: string): string {
  return `IFNULL(CONCAT(LENGTH(${value}), ':', ${value}), '-')`;
}

/** Floating-point sums differ in their last digits, JSON in its spelling, and very long numbers do not fit. */
function isExact({ type }: ResultColumn): boolean {
  const comparison = cellComparison(type);
  if (comparison === 'text') return true;
  if (comparison !== 'numeric') return false;
  const [, precision = '65', scale = '0'] = /\((\d+),(\d+)\)/.exec(type) ?? [];
  return Number(scale) <= SCALE && Number(precision) - Number(scale) <= WHOLE;
}

function isBinary({ type }: ResultColumn): boolean {
  return /^(var)?binary|^blob|^bit|^geometry|^vector/.test(type);
}

/** Without the final semicolon, so that it can stand in parentheses. A line comment at the end is ended by the line. */
function strip(sql: string): string {
  return sql.replace(/[\s;]+$/, '');
}
