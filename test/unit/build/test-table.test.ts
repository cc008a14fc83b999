import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { conclude } from '../../../scripts/test/table.mjs';

const row = { suite: 'unit', against: 'Node', passed: 3, failed: 0, skipped: [], durationMs: 1200 };

describe('the table at the end of a test run', () => {
  test('ends with the counts', () => {
    const { text, failed } = conclude([row, { ...row, suite: 'editor', failed: 1 }], { strict: false });
    assert.equal(text.split('\n').at(-1), '6 passed, 1 failed, 0 skipped');
    assert.equal(failed, true);
  });

  test('names what could not run, and in CI that is a failure', () => {
    const missing = { ...row, passed: 0, against: 'MariaDB', missing: 'apt-get install mariadb-server' };
    const here = conclude([row, missing], { strict: false });
    assert.match(here.text, /MariaDB: could not run: apt-get install mariadb-server/);
    assert.match(here.text, /3 passed, 0 failed, 1 skipped$/);
    assert.equal(here.failed, false);
    const inCi = conclude([row, missing], { strict: true });
    assert.match(inCi.text, /3 passed, 1 failed, 0 skipped$/);
    assert.equal(inCi.failed, true);
  });

  test('names a skipped test with its reason; in CI only a part that nobody has by itself may be skipped', () => {
    const skipped = [
      { name: 'MySQL 8 › connects', reason: 'set SQLOPT_TEST_MYSQL_URL to run it' },
      { name: 'a real model answers', reason: 'set OLLAMA_HOST' },
      { name: 'something', reason: 'not today' },
    ];
    const here = conclude([{ ...row, skipped }], { strict: false });
    assert.match(here.text, /unit: skipped: something: not today/);
    assert.match(here.text, /3 passed, 0 failed, 3 skipped$/);
    assert.match(conclude([{ ...row, skipped }], { strict: true }).text, /3 passed, 1 failed, 2 skipped$/);
  });
});
