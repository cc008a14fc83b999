// What the build refuses to ship: code that would look for a module at run time that the package does not hold.
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';

const builtins = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

/**
 * Looks through bundles for imports that cannot be met at run time.
 *
 * @param {import('esbuild').Metafile} metafile
 * @param {{ root: string, editor: readonly string[], browser: readonly string[], isShipped: (file: string) => boolean }} options
 *   root: the folder that the metafile's paths are relative to; editor: outputs that may import `vscode`; browser:
 *   outputs that may import nothing; isShipped: whether a file (path relative to root) is part of the package
 * @returns {string[]} one sentence per problem; empty when all is well
 */
export function findUnresolvedImports(metafile, { root, editor, browser, isShipped }) {
  /** @type {string[]} */
  const problems = [];
  for (const [output, { imports }] of Object.entries(metafile.outputs)) {
    if (output.endsWith('.map')) continue;
    for (const { path: imported, external, kind } of imports) {
      if (!external) continue;
      if (browser.includes(output)) {
        if (kind !== 'url-token') problems.push(`${output}: a panel cannot load "${imported}"`);
      } else if (imported === 'vscode') {
        if (!editor.includes(output)) problems.push(`${output}: "vscode" exists inside the editor only`);
      } else if (/^node:(sqlite|sea|test)$/.test(imported)) {
        if (kind !== 'dynamic-import') {
          problems.push(
            `${output}: "${imported}" is missing from Node 20; load it with await import() and say so when it is absent`,
          );
        }
      } else if (imported.startsWith('./') || imported.startsWith('../')) {
        const target = path.posix.normalize(path.posix.join(path.posix.dirname(output), imported));
        if (!isShipped(target)) problems.push(`${output}: "${imported}" is not among the built files`);
      } else if (!builtins.has(imported)) {
        problems.push(`${output}: unresolved import of "${imported}"`);
      }
    }
    if (!output.endsWith('.css') && !browser.includes(output)) {
      problems.push(...findComputedRequires(output, readFileSync(path.join(root, output), 'utf8')));
    }
  }
  return problems;
}

/**
 * Finds `require(expression)` and `import(expression)` in a bundle's text: esbuild cannot follow them. To be run on
 * output that is not minified, where esbuild's own names are still readable.
 *
 * @param {string} output the bundle's name, for the message
 * @param {string} text
 * @returns {string[]}
 */
export function findComputedRequires(output, text) {
  /** @type {string[]} */
  const problems = [];
  const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  for (const match of code.matchAll(
    /(?<![\w$.])(require|__require\d*|import)\(\s*(?!["'`)]|["'`][^"'`]*["'`]\s*\))([^\n]{0,60})/g,
  )) {
    const call = `${match[1]}(${match[2]}`.trim();
    if (knownSafe.some((pattern) => pattern.test(call))) continue;
    problems.push(`${output}: a module name that is only known at run time: ${call}`);
  }
  return problems;
}

/** Calls of this form that were read and found harmless, each with its reason. */
const knownSafe = [
  // esbuild's own definition of its shim for `require` in ES modules
  /^require\(x\)/,
  /^__require\(x\)/,
];
