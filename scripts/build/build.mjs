// The build itself; esbuild.mjs at the root is its command line.
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { root, SetupError } from '../bootstrap.mjs';
import { findUnresolvedImports } from './check-output.mjs';
import { lazyPackages, leaveOutLazyPackages, refuseOptionalPackages } from './lazy-packages.mjs';
import { bundledPackages, notices, refusedLicenses } from './notices.mjs';

/** What the extension host loads at activation stays below this (minified, bytes): it is paid at every start. */
const activationLimit = 3_000_000;

/** @typedef {import('esbuild').BuildOptions & { outdir: string, entryPoints: { in: string, out: string }[] }} Configuration */

const editorOutput = 'dist/extension.cjs';

/** CommonJS dependencies inside an ES module call `require` for Node's own modules; this gives them one. */
const requireForModules =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/**
 * Builds everything into dist/ and checks the result.
 *
 * @param {{ production?: boolean, watch?: boolean }} options
 * @returns {Promise<number>} exit status
 */
export async function build({ production = false, watch = false } = {}) {
  const began = performance.now();
  removeLeftovers({ production });
  const configurations = bundles({ production });
  copyAssets();
  if (watch) {
    for (const configuration of configurations) {
      const context = await esbuild.context({ ...configuration, logLevel: 'info' });
      await context.watch();
    }
    return new Promise(() => {}); // until Ctrl+C
  }
  const metafile = await buildAll(configurations);
  const problems = await checkBundles(production ? await buildReadable() : metafile);
  if (production) problems.push(...checkSizes(metafile));
  const packages = bundledPackages(metafile, root);
  problems.push(...refusedLicenses(packages));
  writeFileSync(path.join(root, 'dist', 'THIRD_PARTY_NOTICES.txt'), notices(packages));
  for (const { entryPoints } of bundles({ production })) {
    for (const { in: source } of entryPoints) {
      if (isMissing(source)) problems.push(`${path.relative(root, source)} is missing`);
    }
  }
  if (problems.length > 0) {
    for (const problem of problems) console.error(`build: ${problem}`);
    throw new SetupError(`The build is refused for ${problems.length} reason(s) above.`);
  }
  mkdirSync(path.join(root, '.cache'), { recursive: true });
  writeFileSync(path.join(root, '.cache', 'build-meta.json'), JSON.stringify(metafile));
  const size = Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0);
  console.error(
    `Built ${Object.keys(metafile.outputs).length} files, ${(size / 1024).toFixed(0)} kB of code, in ${Math.round(performance.now() - began)} ms.`,
  );
  return 0;
}

/**
 * @param {readonly Configuration[]} configurations
 * @returns {Promise<import('esbuild').Metafile>} of all together
 */
async function buildAll(configurations) {
  /** @type {import('esbuild').Metafile} */
  const all = { inputs: {}, outputs: {} };
  try {
    const results = await Promise.all(
      configurations.map(({ entryPoints, ...rest }) =>
        esbuild.build({ ...rest, entryPoints: entryPoints.filter(({ in: source }) => !isMissing(source)) }),
      ),
    );
    for (const { metafile } of results) {
      Object.assign(all.inputs, metafile?.inputs);
      Object.assign(all.outputs, metafile?.outputs);
    }
  } catch {
    throw new SetupError('The build failed; esbuild says why above.');
  }
  return all;
}

/** The same bundles with readable names, for the checks of a minified build. */
async function buildReadable() {
  const folder = '.cache/readable';
  const configurations = bundles({ production: false }).map((configuration) => ({
    ...configuration,
    sourcemap: /** @type {const} */ (false),
    outdir: path.join(root, configuration.outdir.replace(path.join(root, 'dist'), folder)),
  }));
  return buildAll(configurations);
}

/** @param {import('esbuild').Metafile} metafile @returns {Promise<string[]>} */
async function checkBundles(metafile) {
  const outputs = Object.keys(metafile.outputs);
  const shipped = new Set([...outputs, ...Object.values(lazyPackages).map(({ output }) => `dist/${output}`)]);
  return findUnresolvedImports(metafile, {
    root,
    editor: outputs.filter((output) => output.endsWith(path.basename(editorOutput))),
    browser: outputs.filter((output) => output.includes('/webview/')),
    isShipped: (file) => shipped.has(file),
  });
}

/** @param {import('esbuild').Metafile} metafile @returns {string[]} */
function checkSizes(metafile) {
  const bytes = metafile.outputs[editorOutput]?.bytes ?? 0;
  if (bytes <= activationLimit) return [];
  return [`${editorOutput} has ${bytes} bytes, more than the ${activationLimit} that activation may cost`];
}

/**
 * @param {{ production: boolean }} options
 * @returns {Configuration[]}
 */
function bundles({ production }) {
  const outdir = path.join(root, 'dist');
  /** @satisfies {import('esbuild').BuildOptions} */
  const common = {
    absWorkingDir: root,
    bundle: true,
    metafile: true,
    minify: production,
    keepNames: true,
    sourcemap: production ? false : /** @type {const} */ ('linked'),
    legalComments: /** @type {const} */ ('none'),
    logLevel: /** @type {const} */ ('warning'),
    outdir,
  };
  const node = { ...common, platform: /** @type {const} */ ('node'), target: 'node20' };
  const module = { ...node, format: /** @type {const} */ ('esm'), banner: { js: requireForModules } };
  return [
    {
      ...node,
      entryPoints: [entry('src/extension.ts', 'extension')],
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      external: ['vscode'],
      define: { 'import.meta.url': '__bundleUrl', 'import.meta.dirname': '__dirname' },
      banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
      plugins: [leaveOutLazyPackages({ staticAllowed: false }), refuseOptionalPackages],
    },
    {
      ...module,
      entryPoints: [entry('src/cli.ts', 'cli')],
      plugins: [leaveOutLazyPackages({ staticAllowed: false }), refuseOptionalPackages],
    },
    {
      ...module,
      entryPoints: [entry('src/databases/embedded/child.ts', 'embedded-child')],
      plugins: [leaveOutLazyPackages({ staticAllowed: true }), refuseOptionalPackages],
    },
    ...[false, true].map((usesFolder) => ({
      ...module,
      sourcemap: /** @type {const} */ (false),
      entryPoints: Object.entries(lazyPackages)
        .filter(([, lazy]) => (lazy.usesFolder ?? false) === usesFolder)
        .map(([specifier, { output }]) => ({ in: `lazy:${specifier}`, out: output.replace(/\.js$/, '') })),
      plugins: [wholePackages, refuseOptionalPackages],
      ...(usesFolder
        ? {
            banner: { js: `${requireForModules} const __folder = import.meta.dirname;` },
            define: { __dirname: '__folder' },
          }
        : {}),
    })),
    {
      ...common,
      entryPoints: panels().map((panel) => entry(`webview/${panel}/main.ts`, `webview/${panel}`)),
      platform: 'browser',
      format: 'iife',
      target: 'es2023',
      loader: { '.svg': 'text', '.woff2': 'dataurl', '.ttf': 'dataurl' },
    },
  ];
}

/** Removes what an earlier build wrote and this one would not: panels, and source maps of a development build. */
function removeLeftovers({ production = false }) {
  const dist = path.join(root, 'dist');
  rmSync(path.join(dist, 'webview'), { recursive: true, force: true });
  if (!production || !existsSync(dist)) return;
  for (const name of readdirSync(dist)) {
    if (name.endsWith('.map')) rmSync(path.join(dist, name));
  }
}

/** @param {string} source an entry point @returns {boolean} */
function isMissing(source) {
  return path.isAbsolute(source) && !existsSync(source);
}

/** @param {string} source @param {string} out */
function entry(source, out) {
  return { in: path.join(root, source), out };
}

/** @returns {string[]} the names of the folders in webview/ that hold a panel */
function panels() {
  const folder = path.join(root, 'webview');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => existsSync(path.join(folder, name, 'main.ts')));
}

/**
 * Entry points named `lazy:SPECIFIER`: the package with the very names that `import()` of it has in Node, so that
 * sources behave the same when they run unbundled.
 *
 * @type {import('esbuild').Plugin}
 */
const wholePackages = {
  name: 'whole-packages',
  setup(build) {
    build.onResolve({ filter: /^lazy:/ }, ({ path: name }) => ({ path: name, namespace: 'lazy' }));
    build.onLoad({ filter: /.*/, namespace: 'lazy' }, async ({ path: name }) => {
      const specifier = name.slice('lazy:'.length);
      // our own sources say by themselves what they export, and Node 20 cannot load them as they are
      if (specifier.startsWith('#')) {
        return { contents: `export * from ${JSON.stringify(specifier)};`, resolveDir: root };
      }
      const names = Object.keys(await import(specifier)).filter((exported) => exported !== 'module.exports');
      return {
        contents: `export { ${names.join(', ')} } from ${JSON.stringify(specifier)};`,
        resolveDir: root,
      };
    });
  },
};

function copyAssets() {
  for (const [specifier, { assets = [], assetFolder = '' }] of Object.entries(lazyPackages)) {
    const packageName = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    for (const asset of assets) {
      const from = path.join(root, 'node_modules', packageName, asset);
      const to = path.join(root, 'dist', assetFolder, path.basename(asset));
      if (existsSync(to) && statSync(to).size === statSync(from).size) continue;
      mkdirSync(path.dirname(to), { recursive: true });
      copyFileSync(from, to);
    }
  }
}
