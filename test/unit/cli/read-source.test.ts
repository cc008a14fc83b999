import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, readSource } from '../../../src/cli/read-source.ts';

test('says that a binary file is no SQL text', () => {
  assert.throws(() => decode(Uint8Array.of(1, 0, 2), 'a.sql'), /a\.sql is a binary file, not SQL text/);
});

test('says how to save a file that is not UTF-8', () => {
  assert.throws(() => decode(Uint8Array.of(0x53, 0xe9), 'a.sql'), /not valid UTF-8\. Save it as UTF-8/);
});

test('reads UTF-16 with its byte-order mark and drops that of UTF-8', () => {
  assert.equal(decode(Uint8Array.of(0xff, 0xfe, 0x41, 0), 'a.sql'), 'A');
  assert.equal(decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41), 'a.sql'), 'A');
});

test('says that a file is missing or a folder', async () => {
  await assert.rejects(readSource('/no/such/file.sql'), /there is no such file/);
  await assert.rejects(readSource('/'), /is a folder/);
});
