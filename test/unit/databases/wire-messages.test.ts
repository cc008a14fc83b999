import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WireMessages } from '../../../src/databases/embedded/wire-messages.ts';

function message(type: string, body: string): Buffer {
  const text = Buffer.from(`${body}\0`);
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(text.length + 4, 1);
  return Buffer.concat([head, text]);
}

function startup(code: number, body = ''): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(code, 4);
  return Buffer.concat([head, Buffer.from(body)]);
}

const PROTOCOL_3 = 196_608;
const start = startup(PROTOCOL_3, 'user\0postgres\0\0');

function cut(stream: Buffer, places: readonly number[]): string[] {
  const messages = new WireMessages();
  const edges = [...new Set(places.map((place) => place % stream.length))].sort((a, b) => a - b);
  const found: Uint8Array[] = [];
  let from = 0;
  for (const edge of [...edges, stream.length]) {
    found.push(...messages.take(stream.subarray(from, edge)));
    from = edge;
  }
  return found.map((bytes) => Buffer.from(bytes).toString('latin1'));
}

test('a stream gives the same messages however it arrives', () => {
  const queries = ['SELECT 1', '', 'ä😀'.repeat(500)].map((sql) => message('Q', sql));
  const stream = Buffer.concat([start, ...queries]);
  fc.assert(
    fc.property(fc.array(fc.nat()), (places) => {
      assert.deepEqual(
        cut(stream, places),
        [start, ...queries].map((bytes) => bytes.toString('latin1')),
      );
    }),
  );
});

test('a COPY waits for its data and goes as one piece', () => {
  const copy = [message('Q', 'copy t (a, b)\n FROM stdin'), message('d', '1\t2\n'), message('c', '')];
  const next = message('Q', 'SELECT 2');
  const stream = Buffer.concat([start, ...copy, next]);
  fc.assert(
    fc.property(fc.array(fc.nat()), (places) => {
      assert.deepEqual(
        cut(stream, places),
        [start, Buffer.concat(copy), next].map((bytes) => bytes.toString('latin1')),
      );
    }),
  );
  const other = message('Q', `SELECT 'COPY t FROM stdin'`);
  assert.equal(cut(Buffer.concat([start, other]), []).length, 2);
});

test('requests for encryption and goodbyes are dropped, and another client may follow', () => {
  const query = message('Q', 'SELECT 1');
  const stream = Buffer.concat([startup(80_877_103), start, query, message('X', ''), start, query]);
  assert.equal(cut(stream, []).length, 4);
});

test('what is not the protocol is refused instead of waited for', () => {
  assert.throws(() => new WireMessages().take(Buffer.from('GET / HTTP/1.1\r\n')), RangeError);
});
