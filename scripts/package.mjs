// Makes the VSIX, the file that an editor installs, and refuses one that holds too much or too little.
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ensureDependencies, root, runAsProgram } from './bootstrap.mjs';

/** With the embedded database; the editor downloads and unpacks it on every update. */
const limitBytes = 10_000_000;

/** What the extension cannot do without. */
const required = [
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

/** What has no place in it: sources, tests, maps, anything of the development. */
const forbidden = /(^|\/)(node_modules|src|test|scripts|bench)\/|^\.[^/]+\/|\.map$|\.tsx?$|\.vsix$|\.log$/;

/**
 * Builds for production and packs.
 *
 * @returns {Promise<{ file: string, bytes: number, problems: string[] }>} problems: why it must not be published
 */
export async function packageExtension() {
  const { createVSIX, listFiles, PackageManager } = await import('@vscode/vsce');
  const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const file = path.join(root, `${name}-${version}.vsix`);
  // Runs the script `vscode:prepublish`, which is the production build.
  await createVSIX({
    cwd: root,
    packagePath: file,
    dependencies: false,
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
  });
  const files = (await listFiles({ cwd: root, packageManager: PackageManager.None })).map((each) =>
    each.replaceAll(path.sep, '/'),
  );
  const bytes = statSync(file).size;
  return { file, bytes, problems: packageProblems(files, bytes) };
}

/**
 * @param {readonly string[]} files in the package
 * @param {number} bytes its size
 * @returns {string[]}
 */
export function packageProblems(files, bytes) {
  const problems = required
    .filter((name) => !files.includes(name))
    .map((name) => `${name} is missing from the package`);
  for (const name of files) if (forbidden.test(name)) problems.push(`${name} has no place in the package`);
  const manifest = path.join(root, 'package.json');
  for (const asset of existsSync(manifest)
    ? referencedFiles(JSON.parse(readFileSync(manifest, 'utf8')))
    : []) {
    if (!files.includes(asset)) problems.push(`package.json names ${asset}, which is not in the package`);
  }
  if (bytes > limitBytes) {
    problems.push(`the package has ${(bytes / 1e6).toFixed(2)} MB, more than ${limitBytes / 1e6} MB`);
  }
  return problems;
}

/** The files that the manifest names: icons, grammars, walkthrough pictures, the main file. @returns {string[]} */
function referencedFiles(/** @type {unknown} */ value) {
  if (typeof value === 'string') {
    return /^(\.\/)?(dist|media|syntaxes)\/[\w./-]+\.\w+$/.test(value) ? [value.replace(/^\.\//, '')] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return [...new Set(Object.values(value).flatMap(referencedFiles))];
}

runAsProgram(import.meta.url, async () => {
  ensureDependencies();
  const { file, bytes, problems } = await packageExtension();
  for (const problem of problems) console.error(`package: ${problem}`);
  console.log(`${path.basename(file)}: ${(bytes / 1_000_000).toFixed(2)} MB`);
  return problems.length === 0 ? 0 : 1;
});
