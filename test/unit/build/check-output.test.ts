import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import * as esbuild from 'esbuild';
import { findUnresolvedImports } from '../../../scripts/build/check-output.mjs';
import { leaveOutLazyPackages, refuseOptionalPackages } from '../../../scripts/build/lazy-packages.mjs';

describe('the build', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlopt-build-'));
  after(() => rmSync(folder, { recursive: true }));

  /** Bundles a source text as the build does and returns what the check says. */
  async function problemsOf(
    source: string,
    {
      name = 'cli',
      format = 'esm' as 'esm' | 'cjs',
      external = ['vscode'],
      shipped = ['dist/drivers/pg.js'],
    } = {},
  ): Promise<string[]> {
    const { metafile } = await esbuild.build({
      absWorkingDir: folder,
      stdin: { contents: source, resolveDir: folder, loader: 'ts' },
      outfile: path.join(folder, 'dist', `${name}.js`),
      bundle: true,
      metafile: true,
      platform: 'node',
      format,
      external,
      logLevel: 'silent',
      plugins: [leaveOutLazyPackages({ staticAllowed: false }), refuseOptionalPackages],
    });
    return findUnresolvedImports(metafile, {
      root: folder,
      editor: ['dist/extension.js'],
      browser: ['dist/panel.js'],
      isShipped: (file) => shipped.includes(file),
    });
  }

  test('accepts what Node itself brings and the files that are built beside it', async () => {
    assert.deepEqual(await problemsOf("import fs from 'node:fs'; console.log(fs, await import('pg'));"), []);
  });

  test('refuses a require that nothing in the package can meet', async () => {
    const source =
      "let optional; try { optional = require('not-installed'); } catch {} console.log(optional);";
    for (const format of ['esm', 'cjs'] as const) {
      const problems = await problemsOf(source, { format });
      assert.match(problems.join('\n'), /unresolved import of "not-installed"/);
    }
  });

  test('refuses a package that was left out by mistake', async () => {
    const problems = await problemsOf("import { join } from 'lodash'; console.log(join);", {
      external: ['lodash'],
    });
    assert.match(problems.join('\n'), /unresolved import of "lodash"/);
  });

  test('refuses a module name that is only known at run time', async () => {
    const require = await problemsOf('const name = process.argv[2]; console.log(require(name));');
    assert.match(require.join('\n'), /only known at run time: (__)?require/);
    const dynamic = await problemsOf('const name = process.argv[2]; console.log(await import(name));');
    assert.match(dynamic.join('\n'), /only known at run time: import/);
  });

  test('refuses a driver chunk that was not built', async () => {
    const problems = await problemsOf("console.log(await import('pg'));", { shipped: [] });
    assert.match(problems.join('\n'), /"\.\/drivers\/pg\.js" is not among the built files/);
  });

  test('refuses a driver that would be loaded at activation', async () => {
    await assert.rejects(problemsOf("import pg from 'pg'; console.log(pg);"), /must be loaded at first use/);
  });

  test('keeps the editor out of the command line', async () => {
    const source = "import * as vscode from 'vscode'; console.log(vscode.version);";
    assert.match((await problemsOf(source)).join('\n'), /"vscode" exists inside the editor only/);
    assert.deepEqual(await problemsOf(source, { name: 'extension' }), []);
  });

  test('lets Node 20 start the command line: node:sqlite only by import()', async () => {
    const problems = await problemsOf(
      "import { DatabaseSync } from 'node:sqlite'; console.log(DatabaseSync);",
    );
    assert.match(problems.join('\n'), /"node:sqlite" is missing from Node 20/);
    assert.deepEqual(await problemsOf("console.log(await import('node:sqlite'));"), []);
  });

  test('lets a panel import nothing', async () => {
    const problems = await problemsOf("import fs from 'node:fs'; console.log(fs);", { name: 'panel' });
    assert.match(problems.join('\n'), /a panel cannot load "node:fs"/);
  });
});

describe('a driver chunk', () => {
  test('has the names that the package has without a bundle', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlopt-chunk-'));
    try {
      const file = path.join(folder, 'main.ts');
      writeFileSync(file, "export const load = async () => import('pg');");
      const { metafile } = await esbuild.build({
        entryPoints: [file],
        outfile: path.join(folder, 'main.js'),
        bundle: true,
        metafile: true,
        format: 'esm',
        platform: 'node',
        logLevel: 'silent',
        plugins: [leaveOutLazyPackages({ staticAllowed: false })],
      });
      const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
      assert.deepEqual(
        imports.map(({ path: imported, external }) => ({ imported, external })),
        [{ imported: './drivers/pg.js', external: true }],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
