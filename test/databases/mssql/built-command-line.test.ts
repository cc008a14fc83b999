/** The bundled driver: loaded from its own file, encrypted, and as exact as the sources. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from '../../../scripts/bootstrap.mjs';
import { makeCertificates } from '../../servers/certificates.ts';
import type { Answer } from '../../servers/tds/answers.ts';
import { startMssqlStandIn } from '../../servers/tds/mssql-stand-in.ts';

const DIGITS = '123456789012345678901234567890.1234567';

/** `b` has another last digit than `a`, which a double does not hold. */
function answer(sql: string): Answer {
  const type = 'decimal(38,8)';
  if (/sp_describe_first_result_set/.test(sql)) {
    return {
      columns: [{ name: 'is_hidden', type: 'bit' }, 'name', 'system_type_name'],
      rows: [['0', 'x', type]],
    };
  }
  const value = /FROM b/.test(sql) ? `${DIGITS}9` : `${DIGITS}8`;
  return { columns: [{ name: 'x', type }], rows: /\bFROM [ab]\b/.test(sql) ? [[value]] : [] };
}

describe('the built command line on SQL Server (stand-in)', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-mssql-built-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const sqlopt = async (...args: string[]) => {
    const child = spawn(process.execPath, [path.join(root, 'dist', 'cli.js'), ...args], {
      env: { PATH: process.env['PATH'] ?? '', SQLOPT_PASSWORD: 'sw0rdfish' },
    });
    const said = { output: '', errors: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.errors += text;
    });
    await once(child, 'close');
    return said;
  };

  test('tells values apart that differ in the last of 38 digits, over an encrypted connection', async () => {
    const certificates = await makeCertificates(folder, 'localhost');
    const authority = path.join(folder, 'authority.pem');
    await writeFile(authority, certificates.authority);
    const server = await startMssqlStandIn(answer, { tls: certificates });
    const fileOf = async (table: string) => {
      const file = path.join(folder, `${table}.sql`);
      await writeFile(file, `SELECT x FROM ${table}`);
      return file;
    };
    try {
      const url = `mssql://app@localhost:${server.port}/shop?sslrootcert=${authority}`;
      const verify = async (before: string, after: string) =>
        sqlopt(
          'verify',
          '--json',
          '--connection',
          url,
          '--before',
          await fileOf(before),
          '--after',
          await fileOf(after),
        );
      const different = await verify('a', 'b');
      assert.match(different.output, /"verdict": ?"refuted"/, different.errors);
      assert.ok(different.output.includes(`${DIGITS}8`), different.output);
      assert.deepEqual([server.logins[0]?.password, server.logins[0]?.encrypted], ['sw0rdfish', true]);
    } finally {
      await server.close();
    }
  });
});
