// Formatting, lint, import directions and types in one command. `--write` mends what can be mended.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ensureDependencies, projectNode, root, run, runAsProgram } from './bootstrap.mjs';

/**
 * @param {{ write?: boolean }} [options]
 * @returns {Promise<number>} exit status
 */
export async function check({ write = false } = {}) {
  const node = projectNode();
  const biome = path.join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const projects = ['.', 'webview'].filter((folder) => existsSync(path.join(root, folder, 'tsconfig.json')));
  const codes = [
    await run(node, [biome, 'check', ...(write ? ['--write'] : []), '--error-on-warnings', '.']),
  ];
  for (const project of projects) codes.push(await run(node, [tsc, '-p', project]));
  return codes.every((code) => code === 0) ? 0 : 1;
}

runAsProgram(import.meta.url, () => {
  ensureDependencies();
  return check({ write: process.argv.includes('--write') });
});
