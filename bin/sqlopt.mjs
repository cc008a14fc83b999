#!/usr/bin/env node
// The command `sqlopt`. In the published package dist/ is there; in a fresh clone it is built at first use, and built
// again when a source is newer. The same Node keeps running; it needs no more than Node 20.
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const program = path.join(root, 'dist', 'cli.js');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(`sqlopt needs Node 20 or later; this is Node ${major}.${minor}.`);
  process.exit(2);
}

if (existsSync(path.join(root, 'esbuild.mjs')) && isOutdated()) {
  try {
    const { ensureDependencies } = await import('../scripts/bootstrap.mjs');
    ensureDependencies();
    const { build } = await import('../scripts/build/build.mjs');
    await build();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(5);
  }
}

// What the command line reads as its own program name and arguments stays as the user gave it.
await import(pathToFileURL(program).href);

/** Whether dist/cli.js is missing or older than a source file. */
function isOutdated() {
  if (!existsSync(program)) return true;
  const built = statSync(program).mtimeMs;
  return ['src', 'scripts/build'].some((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).some(
      (file) => /\.\w+$/.test(file) && statSync(path.join(root, folder, file)).mtimeMs > built,
    ),
  );
}
