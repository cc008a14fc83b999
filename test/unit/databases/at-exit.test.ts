import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { atExit } from '../../../src/databases/embedded/at-exit.ts';

const MODULE = new URL('../../../src/databases/embedded/at-exit.ts', import.meta.url).href;

test('any number of tasks have one listener', () => {
  const before = process.listenerCount('exit');
  const releases = Array.from({ length: 30 }, () => atExit(() => assert.fail('it was taken back')));
  assert.ok(process.listenerCount('exit') <= before + 1);
  for (const release of releases) release();
});

test('what was not taken back is done at the end, whatever another task throws', () => {
  const script = `
    import { atExit } from ${JSON.stringify(MODULE)};
    atExit(() => { throw new Error('no'); });
    atExit(() => console.log('done'));
    atExit(() => console.log('taken back'))();
  `;
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0);
  assert.equal(stdout, 'done\n');
});
