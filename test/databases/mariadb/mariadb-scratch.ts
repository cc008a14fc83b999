/** A throw-away MariaDB database for one schema after the other, filled and queried with values as texts. */
import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import type { Cell, QueryResult, ResultColumn } from '../../../src/core/database.ts';
import type { FilledTable } from '../fuzz/random-data.ts';

/** What the wire says of a column, as far as values are compared by it (mysql2's `Types`). */
const TYPES: Readonly<Record<number, string>> = {
  0: 'numeric',
  246: 'numeric',
  4: 'real',
  5: 'double precision',
  245: 'json',
};

export type MariadbResult = Pick<QueryResult, 'columns' | 'rows'>;

export class MariadbScratch {
  private readonly connection: mysql.Connection;
  private readonly name: string;

  private constructor(connection: mysql.Connection, name: string) {
    this.connection = connection;
    this.name = name;
  }

  /** @param url of a server, of a user who may create databases */
  static async open(url: string): Promise<MariadbScratch> {
    const { hostname, port, username, password } = new URL(url);
    const connection = await mysql.createConnection({
      host: hostname,
      port: Number(port || 3306),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      multipleStatements: true,
      charset: 'utf8mb4',
      // every value as the server prints it, so that both sides are compared by what a client sees
      typeCast: (field) => field.string(),
    });
    await connection.query("SET time_zone = '+00:00', max_statement_time = 20");
    return new MariadbScratch(connection, `scratch_${randomBytes(6).toString('hex')}`);
  }

  /** Drop everything and create a schema. @throws Error what the server says */
  async create(ddl: string): Promise<void> {
    await this.connection.query(
      `DROP DATABASE IF EXISTS ${this.name}; CREATE DATABASE ${this.name}; USE ${this.name};`,
    );
    await this.connection.query(ddl);
  }

  /**
   * Fill empty tables in a transaction, until {@link undo}; rows that a constraint refuses are left out.
   * @param tables parents first
   */
  async fill(tables: readonly FilledTable[]): Promise<void> {
    const inserts = tables
      .filter(({ rows }) => rows.length > 0)
      .map((filled) => `${insertHead(filled)}${filled.rows.map((row) => rowText(row, filled)).join(', ')};`);
    await this.connection.query(`START TRANSACTION; ${inserts.join('\n')}`);
  }

  /** Empty the tables again. */
  async undo(): Promise<void> {
    await this.connection.query('ROLLBACK');
  }

  /** @throws Error what the server says */
  async query(sql: string): Promise<MariadbResult> {
    const [rows, fields] = await this.connection.query<mysql.RowDataPacket[][]>({ sql, rowsAsArray: true });
    const columns: ResultColumn[] = (fields ?? []).map(({ name, columnType }) => ({
      name,
      type: TYPES[columnType ?? -1] ?? 'text',
    }));
    return { columns, rows: rows as unknown as readonly (readonly Cell[])[] };
  }

  /** Run a statement without looking at its result. @throws Error what the server says */
  async execute(sql: string): Promise<void> {
    await this.connection.query(sql);
  }

  async close(): Promise<void> {
    await this.connection.query(`DROP DATABASE IF EXISTS ${this.name}`);
    await this.connection.end();
  }
}

/** IGNORE: a row that breaks a key, a foreign key or a check is left out with a warning. */
function insertHead({ table, columns }: FilledTable): string {
  return `INSERT IGNORE INTO \`${table.name}\` (${columns.map(({ name }) => `\`${name}\``).join(', ')}) VALUES `;
}

function rowText(row: readonly (string | null)[], { columns }: FilledTable): string {
  return `(${row.map((cell, at) => cellText(cell, columns[at]?.family)).join(', ')})`;
}

function cellText(cell: string | null, family: string | undefined): string {
  if (cell === null) return 'NULL';
  if (family === 'boolean') return cell === 'true' ? '1' : '0';
  // the session's zone is UTC, and an offset is not read by this version
  const plain = family === 'timestamptz' ? cell.replace(/\+00$/, '') : cell;
  return `'${plain.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
