import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { missingDependencies } from '../../../scripts/bootstrap.mjs';
import { notices, refusedLicenses } from '../../../scripts/build/notices.mjs';
import { packageProblems } from '../../../scripts/package.mjs';

const complete = [
  'package.json',
  'README.md',
  'LICENSE',
  'dist/extension.cjs',
  'dist/cli.js',
  'dist/embedded-child.js',
  'dist/drivers/pg.js',
  'dist/drivers/mysql2.js',
  'dist/models/ollama.js',
  'dist/mcp/server.js',
  'dist/mcp/stdio.js',
  'dist/mcp/types.js',
  'dist/pglite/index.js',
  'dist/pglite/pglite.wasm',
  'dist/pglite/pglite.data',
  'dist/pglite/initdb.wasm',
  'dist/THIRD_PARTY_NOTICES.txt',
];

/** Problems that do not come from what the manifest names. */
function own(problems: readonly string[]): string[] {
  return problems.filter((problem) => !problem.startsWith('package.json names'));
}

describe('the package', () => {
  test('is accepted when it is complete and small', () => {
    assert.deepEqual(own(packageProblems(complete, 6_000_000)), []);
  });

  test('is refused at 10 MB', () => {
    assert.match(own(packageProblems(complete, 10_000_001)).join(), /more than 10 MB/);
  });

  test('is refused without the embedded database', () => {
    const files = complete.filter((name) => !name.endsWith('.wasm'));
    assert.match(own(packageProblems(files, 1)).join(), /pglite\.wasm is missing/);
  });

  test('is refused with sources, tests, maps or dependencies in it', () => {
    for (const stray of ['src/cli.ts', 'test/a.js', 'dist/cli.js.map', 'node_modules/pg/x.js', '.cache/a']) {
      assert.deepEqual(own(packageProblems([...complete, stray], 1)), [
        `${stray} has no place in the package`,
      ]);
    }
  });
});

describe('licences of bundled packages', () => {
  const sample = { name: 'sample', version: '1.0.0', text: 'The licence.' };

  test('permissive ones pass, a choice included', () => {
    for (const license of ['MIT', 'Apache-2.0', '(MIT OR GPL-3.0)', 'MIT AND BSD-3-Clause']) {
      assert.deepEqual(refusedLicenses([{ ...sample, license }]), []);
    }
  });

  test('copyleft and unknown ones are refused', () => {
    for (const license of ['GPL-3.0', 'AGPL-3.0-only', 'MIT AND GPL-2.0', 'UNLICENSED', '']) {
      assert.equal(refusedLicenses([{ ...sample, license }]).length, 1, license);
    }
  });

  test('notices name the package and carry its text, and PostgreSQL inside PGlite', () => {
    assert.match(notices([{ ...sample, license: 'MIT' }]), /sample 1\.0\.0 \(MIT\)\n\nThe licence\./);
    const pglite = notices([{ ...sample, name: '@electric-sql/pglite', license: 'Apache-2.0' }]);
    assert.match(pglite, /Regents of the University of California/);
  });
});

test('a checkout whose dependencies match the lock file is not installed again', () => {
  assert.equal(missingDependencies(), undefined);
});
