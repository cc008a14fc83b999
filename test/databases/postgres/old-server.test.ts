/** Servers that are too old. None is at hand: a stand-in speaks the protocol as far as the first question. */
import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { DatabaseError } from '../../../src/core/database.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
const int16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
const int32 = (value: number) =>
  Buffer.from([value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);
const READY = message('Z', Buffer.from('I'));

function rowOf(cells: readonly string[]): Buffer {
  const TEXT = 25;
  const fields = cells.map((_, index) =>
    Buffer.concat([
      Buffer.from(`c${index}\0`),
      int32(0),
      int16(0),
      int32(TEXT),
      int16(0xffff),
      int32(0xffffffff),
      int16(0),
    ]),
  );
  const values = cells.map((cell) => Buffer.concat([int32(Buffer.byteLength(cell)), Buffer.from(cell)]));
  return Buffer.concat([
    message('T', int16(cells.length), ...fields),
    message('D', int16(cells.length), ...values),
    message('C', Buffer.from('SELECT 1\0')),
    READY,
  ]);
}

for (const [number, text, old] of [
  ['120022', 'PostgreSQL 12.22', true],
  ['90624', 'PostgreSQL 9.6.24', true],
  ['130000', 'PostgreSQL 13.0', false],
] as const) {
  test(`${text} (stand-in) is ${old ? 'refused by name' : 'not too old'}`, async () => {
    const server = createServer((socket) => {
      let greeted = false;
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        if (!greeted && chunk.readUInt32BE(4) === 80877103) {
          socket.write('N');
        } else if (!greeted) {
          greeted = true;
          socket.write(Buffer.concat([message('R', int32(0)), READY]));
        } else if (chunk.toString('latin1').includes('server_version_num')) {
          socket.write(rowOf(['7', '', number, text, 'shop', 'app', 'f']));
        } else {
          socket.end();
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const opening = openDatabase(parseConnectionUrl(`postgres://app:word@127.0.0.1:${port}/shop`));
      if (!old) {
        const database = await opening;
        assert.deepEqual([database.info.product, database.info.version], ['PostgreSQL', [13, 0]]);
        await database.close();
        return;
      }
      await assert.rejects(
        opening,
        (error) =>
          DatabaseError.is(error, 'unsupportedVersion') &&
          error.message.includes(`too old (${text})`) &&
          /PostgreSQL 13 and later/.test(error.message),
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
}
