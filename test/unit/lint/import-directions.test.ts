import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { root } from '../../../scripts/bootstrap.mjs';

/**
 * Lints files that hold one import each, under the project's own rules, in a folder of their own.
 *
 * @returns what the linter says, by file
 */
function lint(imports: readonly (readonly [file: string, imported: string])[]): Map<string, string> {
  const folder = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'sqlopt-lint-'));
  try {
    const { vcs: _, ...rules } = JSON.parse(readFileSync(path.join(root, 'biome.json'), 'utf8'));
    writeFileSync(path.join(folder, 'biome.json'), JSON.stringify(rules));
    for (const [file, imported] of imports) {
      mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
      const text = `import { thing } from '${imported}';\n\nexport const used = thing;\n`;
      writeFileSync(path.join(folder, file), text);
    }
    const biome = path.join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
    const args = [biome, 'lint', '--reporter=github', '--max-diagnostics=none', '.'];
    const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    const found = new Map<string, string>();
    for (const line of stdout.split('\n')) {
      const file = /file=([^,]+)/.exec(line)?.[1];
      if (file === undefined) continue;
      const name = path.relative(folder, file).replaceAll(path.sep, '/');
      found.set(name, `${found.get(name) ?? ''}${line}\n`);
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** For every layer: an import that breaks the direction, and the message that tells where the code belongs. */
const broken = [
  ['src/core/sql/sample.ts', 'vscode', /src\/core knows no editor/],
  ['src/core/sql/sample.ts', 'pg', /src\/core knows no driver/],
  ['src/core/sql/sample.ts', 'kysely', /src\/core knows no driver/],
  ['src/core/sql/sample.ts', '@electric-sql/pglite', /src\/core knows no driver/],
  ['src/core/sql/sample.ts', 'node:fs', /src\/core knows no file system/],
  ['src/core/sql/sample.ts', 'node:child_process', /src\/core knows no file system/],
  [
    'src/core/sql/sample.ts',
    '../../databases/open-database.ts',
    /src\/core imports none of the outer layers/,
  ],
  ['src/core/sample.ts', '../editor/lenses/lens.ts', /src\/core imports none of the outer layers/],
  ['src/core/sample.ts', '../store/store.ts', /src\/core imports none of the outer layers/],
  ['src/databases/postgres/sample.ts', 'vscode', /imports vscode/],
  ['src/databases/postgres/sample.ts', '../../editor/sample.ts', /know neither the editor/],
  ['src/store/sample.ts', '../cli/run.ts', /know neither the editor/],
  ['src/models/sample.ts', '../protocol/panel.ts', /know neither the editor/],
  ['src/cli/sample.ts', 'vscode', /command line runs without an editor/],
  ['src/cli/verbs/sample.ts', '../../editor/sample.ts', /command line runs without an editor/],
  ['webview/panel/main.ts', 'vscode', /messages only/],
  ['webview/panel/main.ts', '../../src/core/sql/text.ts', /webview imports only src\/protocol/],
  ['webview/panel/main.ts', 'node:fs', /webview imports only src\/protocol/],
] as const;

const allowed = [
  ['src/core/sql/sample.ts', './text.ts'],
  ['src/databases/postgres/sample.ts', '../../core/database.ts'],
  ['src/databases/postgres/sample.ts', 'pg'],
  ['src/cli/sample.ts', '../databases/open-database.ts'],
  ['src/editor/sample.ts', 'vscode'],
  ['webview/panel/main.ts', '../../src/protocol/panel.ts'],
] as const;

/** Cases share files in their names; each gets a name of its own beside it. */
const numbered = (file: string, index: number): string => file.replace(/\.ts$/, `-${index}.ts`);

describe('the import directions', () => {
  const cases = [...broken, ...allowed].map(
    ([file, imported], index) => [numbered(file, index), imported] as const,
  );
  const output = lint(cases);

  for (const [index, [file, imported, message]] of broken.entries()) {
    test(`${file} may not import ${imported}`, () => {
      const said = output.get(numbered(file, index)) ?? '';
      assert.match(said, /noRestrictedImports/);
      assert.match(said, message);
    });
  }

  for (const [index, [file, imported]] of allowed.entries()) {
    test(`${file} may import ${imported}`, () => {
      assert.equal(output.get(numbered(file, broken.length + index)) ?? '', '');
    });
  }
});
