// The packages that are loaded at first use only, each as a file of its own in dist/.
//
// esbuild can split chunks for ES modules only, and the extension's main file is CommonJS (what every editor version
// in reach loads). So the split is made at package borders: `await import('pg')` in the sources becomes
// `await import('./drivers/pg.js')` in the bundles, and that file is built here. The adapters themselves stay in the
// main bundle, so their classes exist once and `instanceof` keeps working.

/**
 * @typedef {object} LazyPackage
 * @property {string} output where it is written, relative to dist/
 * @property {readonly string[]} [assets] files of the package that it reads at run time; copied beside it
 * @property {boolean} [usesFolder] it asks for `__dirname`, which a module does not have by itself
 * @property {string} [assetFolder] where the assets go, relative to dist/
 */

/** @type {Readonly<Record<string, LazyPackage>>} by import specifier */
export const lazyPackages = {
  pg: { output: 'drivers/pg.js' },
  mysql2: { output: 'drivers/mysql2.js' },
  ssh2: { output: 'drivers/ssh2.js', usesFolder: true },
  '#drivers/mssql': { output: 'drivers/mssql.js' },
  '@azure/identity': { output: 'drivers/azure-identity.js' },
  '@rgrove/parse-xml': { output: 'drivers/parse-xml.js' },
  ollama: { output: 'models/ollama.js' },
  '@modelcontextprotocol/sdk/server/index.js': { output: 'mcp/server.js' },
  '@modelcontextprotocol/sdk/server/stdio.js': { output: 'mcp/stdio.js' },
  '@modelcontextprotocol/sdk/types.js': { output: 'mcp/types.js' },
  '@electric-sql/pglite': {
    output: 'pglite/index.js',
    assetFolder: 'pglite',
    assets: ['dist/pglite.wasm', 'dist/pglite.data', 'dist/initdb.wasm'],
  },
};

/**
 * The esbuild plugin that leaves lazy packages out of a bundle and points to their own files.
 *
 * @param {{ staticAllowed: boolean }} options whether a plain `import … from` may load one too (only in a process that
 *   exists for it, such as the embedded database's)
 * @returns {import('esbuild').Plugin}
 */
export function leaveOutLazyPackages({ staticAllowed }) {
  return {
    name: 'lazy-packages',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
        if (path.startsWith('@electric-sql/') && lazyPackages[path] === undefined) {
          return { errors: [{ text: `Add "${path}" with its files to scripts/build/lazy-packages.mjs.` }] };
        }
        const lazy = lazyPackages[path];
        if (lazy === undefined) return undefined;
        if (kind !== 'dynamic-import' && !staticAllowed) {
          return {
            errors: [
              { text: `"${path}" must be loaded at first use: const driver = await import('${path}')` },
            ],
          };
        }
        return { path: `./${lazy.output}`, external: true };
      });
    },
  };
}

/** Native code that a dependency would use if it were there, and does without. */
const optional = /^(pg-native|pg-cloudflare|cloudflare:sockets|cpu-features)$|\/sshcrypto\.node$/;

/**
 * Replaces optional packages that a dependency tries to load and that are not part of the product by a module that
 * says so, so that no unresolved `require` is left over.
 *
 * @type {import('esbuild').Plugin}
 */
export const refuseOptionalPackages = {
  name: 'optional-packages',
  setup(build) {
    // tedious loads both at once for log-ins and encrypted columns that are not asked of it: tokens come from elsewhere
    build.onResolve({ filter: /^@azure\/(identity|keyvault-keys)$/ }, ({ path, importer }) =>
      /[\\/]tedious[\\/]lib[\\/]/.test(importer) ? { path, namespace: 'at-use' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'at-use' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get(_, name) { throw new Error(${JSON.stringify(`${path} is not part of this driver.`)}); } });`,
    }));
    build.onResolve({ filter: optional }, ({ path }) => ({
      path,
      namespace: 'not-included',
    }));
    build.onLoad({ filter: /.*/, namespace: 'not-included' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`The optional package ${path} is not part of AI SQL Optimizer.`)});`,
    }));
  },
};
