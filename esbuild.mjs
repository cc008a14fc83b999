// Builds dist/: `node esbuild.mjs [--production] [--watch]`.
//
//   dist/extension.cjs        the extension host's part (CommonJS; `vscode` comes from the editor)
//   dist/cli.js               the command line (ES module, Node 20 or later)
//   dist/embedded-child.js    the child process that runs the embedded PostgreSQL (ES module)
//   dist/drivers/*.js         one file per database driver, loaded at first connect
//   dist/pglite/*             the embedded PostgreSQL with its WASM and data files
//   dist/webview/NAME.js|css  one bundle per panel, from webview/NAME/main.ts
//
// How sources find their neighbours: drivers by `await import('pg')` (see scripts/build/lazy-packages.mjs), the child
// process by `import.meta.url`, which is right in every bundle:
//   new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './embedded-child.js', import.meta.url)

import { runAsProgram } from './scripts/bootstrap.mjs';
import { build } from './scripts/build/build.mjs';

runAsProgram(import.meta.url, () =>
  build({ production: process.argv.includes('--production'), watch: process.argv.includes('--watch') }),
);
