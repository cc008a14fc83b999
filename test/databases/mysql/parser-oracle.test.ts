/** A live MariaDB as the oracle of the parser: what it takes we read, and what we say to be none it refuses. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import mysql from 'mysql2/promise';
import { parseStatement } from '../../../src/core/sql/parse.ts';
import { isFor } from '../../fixtures/sql/mysql-only.ts';
import { availableServers, serverOf } from '../../servers/servers.ts';
import { fixtureStatements } from '../../unit/sql/reference-parser.ts';

/** ER_PARSE_ERROR */
const SYNTAX = 1064;

/** Placeholders of clients and templates, which no server knows. */
const CLIENT_PLACEHOLDER = /%s|(?<![\w:]):[a-z]\w*/;

describe('MariaDB 10.11 and the parser', {
  skip: availableServers().includes('MariaDB 10.11') ? false : 'MariaDB is not installed',
}, () => {
  let connection: mysql.Connection;
  before(async () => {
    const { url } = await serverOf('MariaDB 10.11');
    connection = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
  });
  after(() => connection?.end());

  /** Prepared only, never run. */
  async function accepts(sql: string): Promise<boolean> {
    try {
      await connection.query(`PREPARE tried FROM ${connection.escape(sql)}`);
      return true;
    } catch (error) {
      // an unknown table or column is found after the text was understood
      return (error as { errno?: number }).errno !== SYNTAX;
    }
  }

  test('agree on what a statement is', async (context) => {
    const statements = ['mysql', 'mariadb']
      .flatMap(fixtureStatements)
      .filter(({ sql }) => isFor(sql, 'mariadb') && !CLIENT_PLACEHOLDER.test(sql));
    let taken = 0;
    const unread: string[] = [];
    const notTaken: string[] = [];
    for (const { sql } of statements) {
      const reads = parseStatement(sql, 'mariadb').errors.length === 0;
      if (await accepts(sql)) {
        taken++;
        if (!reads) unread.push(sql);
      } else notTaken.push(sql);
    }
    for (const sql of notTaken) context.diagnostic(`not taken by MariaDB 10.11: ${sql.slice(0, 100)}`);
    context.diagnostic(
      `MariaDB takes ${taken} of ${statements.length}; ${unread.length} of them are not read here`,
    );
    assert.ok(taken >= 300, `${taken} statements are taken`);
    assert.ok(unread.length <= 0.02 * taken, unread.join('\n'));
    assert.ok(notTaken.length <= 0.03 * statements.length, notTaken.join('\n'));
  });

  test('agree that a text is no statement', async () => {
    for (const sql of [
      'SELECT FROM',
      'SELECT a FROM WHERE b = 1',
      'SELECT (1 FROM t',
      'SELECT a FROM t WHERE',
      'SELECT a FROM t GROUP a',
      'SELECT a FROM t LIMIT',
      'UPDATE t WHERE a = 1',
      'INSERT INTO VALUES (1)',
      'SELECT a FROM t JOIN ON a = b',
      'SELECT CASE WHEN a THEN b FROM t',
    ]) {
      assert.equal(await accepts(sql), false, sql);
      assert.notEqual(parseStatement(sql, 'mariadb').errors.length, 0, sql);
    }
  });
});
