// `npm test`: installs what is missing, runs everything against real parts, prints what ran against what.
//
//   npm test                          everything below but `compat`
//   npm test -- unit                  one or more of: check build unit databases panels editor package compat
//   npm test -- --grep "keeps"        tests whose names match
//   npm test -- test/unit/sql         files or folders
//
// With CI=true, what could not run is a failure. The last line is `N passed, N failed, N skipped`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ensureDependencies, projectNode, root, run, runAsProgram, SetupError } from './bootstrap.mjs';
import { check } from './check.mjs';
import { memoryFolder } from './test/memory-folder.mjs';
import { chromiumVersion, provideParts } from './test/parts.mjs';
import { endGroup, logFolder, runSuite, testFiles } from './test/run-suite.mjs';
import { conclude } from './test/table.mjs';
import { installServer, serverVersions } from './vscode-server.mjs';

/** @typedef {import('./test/run-suite.mjs').Row} Row */

const usual = ['check', 'build', 'unit', 'databases', 'panels', 'editor', 'package'];
const known = [...usual, 'compat'];
const minute = 60_000;
/** Every test file is a process of its own: most of them compile the same sources, which takes a second each time. */
const compiled = { NODE_COMPILE_CACHE: path.join(root, '.cache', 'compiled') };

const memory = memoryFolder();
process.on('exit', memory.remove);

/** Processes of this run, ended with it. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * @param {readonly string[]} args
 * @returns {{ suites: Set<string>, only: string[], grep: string | undefined }}
 */
function readArguments(args) {
  const suites = new Set();
  /** @type {string[]} */
  const only = [];
  let grep;
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? '';
    if (argument === '--grep') grep = args[++at];
    else if (argument.startsWith('--grep=')) grep = argument.slice('--grep='.length);
    else if (known.includes(argument)) suites.add(argument);
    else if (existsSync(argument)) only.push(argument);
    else throw new SetupError(`"${argument}" is neither a suite (${known.join(', ')}) nor a file or folder.`);
  }
  if (suites.size === 0) {
    const selective = only.length > 0 || grep !== undefined;
    for (const suite of usual) if (!selective || !['check', 'package'].includes(suite)) suites.add(suite);
  }
  // What runs dist/ needs it built from these very sources.
  if (['databases', 'panels', 'editor', 'compat'].some((suite) => suites.has(suite))) suites.add('build');
  return { suites, only, grep };
}

/** @param {readonly string[]} args @returns {Promise<number>} exit status */
async function test(args) {
  const { suites, only, grep } = readArguments(args);
  const say = (/** @type {string} */ text) => console.error(`· ${text}`);
  ensureDependencies(say);
  const node = projectNode();
  const nodeVersion = await version(node);
  const missing = provideParts(suites, say);
  /** @type {Row[]} */
  const rows = [];
  /** @param {string} suite @param {string} against @param {() => Promise<number>} work */
  const step = async (suite, against, work) => {
    if (!suites.has(suite)) return true;
    say(suite);
    const began = performance.now();
    const code = await work();
    const durationMs = performance.now() - began;
    rows.push({
      suite,
      against,
      passed: code === 0 ? 1 : 0,
      failed: code === 0 ? 0 : 1,
      skipped: [],
      durationMs,
    });
    return code === 0;
  };
  /** @param {string} suite @param {string} against */
  const needs = (suite, against) => {
    const lacking = missing.filter((part) => part.suites.includes(suite));
    if (lacking.length === 0) return true;
    const why = lacking.map(({ name, advice }) => `${name} is missing: ${advice}`).join('; ');
    rows.push({ suite, against, passed: 0, failed: 0, skipped: [], durationMs: 0, missing: why });
    return false;
  };
  /**
   * @param {string} suite
   * @param {string} against
   * @param {Partial<Parameters<typeof runSuite>[0]> & { folder: string }} options
   */
  const tests = async (suite, against, { folder, ...options }) => {
    if (!suites.has(suite)) return;
    const files = options.files ?? testFiles(folder, only);
    if (files.length === 0) {
      if (only.length === 0) rows.push(nothing(suite, against, folder));
      return;
    }
    say(`${suite}: ${files.length} files against ${against}`);
    const defaults = { name: suite, against, node, concurrency: 1, limitMs: 35 * minute, running };
    rows.push(
      ...(await runSuite({
        ...defaults,
        env: environment({}),
        ...(grep === undefined ? {} : { grep }),
        ...options,
        files,
      })),
    );
  };

  await step('check', 'biome, TypeScript', () => check());
  const built = await step('build', `esbuild, Node ${nodeVersion}`, () =>
    run(node, ['esbuild.mjs'], { stdio: ['ignore', 2, 2] }),
  );
  // installed while the processors are needed elsewhere; who needs it waits for it and says what went wrong
  const server =
    suites.has('editor') || suites.has('package') ? installServer(serverVersions.current, say) : null;
  server?.catch(() => {});
  // the tests of connections wait more than they work, so that three files at once keep two processors busy
  const unit = tests('unit', `Node ${nodeVersion}`, {
    folder: 'test/unit',
    concurrency: 1,
    env: environment(compiled),
  });
  await Promise.all([unit, databases()]);
  // Without a panel there is nothing that could have been left untested.
  if (existsSync(path.join(root, 'webview'))) {
    await tests('panels', `Chromium ${chromiumVersion()}`, { folder: 'test/panels' });
  }
  const editorName = (/** @type {import('./vscode-server.mjs').ServerVersion} */ { vscode }) =>
    `VS Code ${vscode} in Chromium ${chromiumVersion()}`;
  if (suites.has('editor') && built && needs('editor', editorName(serverVersions.current))) {
    await server;
    const elsewhere = suites.has('package') && only.length === 0 ? packagedFiles() : [];
    await tests('editor', editorName(serverVersions.current), {
      folder: 'test/editor',
      files: testFiles('test/editor', only).filter((file) => !elsewhere.includes(file)),
    });
  }
  if (suites.has('package') && needs('package', editorName(serverVersions.current))) await packaged();
  if (suites.has('compat') && built && needs('compat', editorName(serverVersions.oldest))) {
    await installServer(serverVersions.oldest, say);
    await tests('compat', editorName(serverVersions.oldest), {
      folder: 'test/editor',
      env: environment({ SQLOPT_TEST_VSCODE: 'oldest' }),
    });
  }
  say(`every test with its time: ${path.relative(root, logFolder)}`);
  const { text, failed } = conclude(rows, { strict: isStrict() });
  console.log(text);
  return failed ? 1 : 0;

  async function databases() {
    if (!suites.has('databases')) return;
    if (testFiles('test/databases', only).length === 0 && only.length > 0) return;
    say('starting the database servers');
    const servers = await startServers(node);
    try {
      for (const { name, advice } of servers.missing) {
        rows.push({
          suite: 'databases',
          against: name,
          passed: 0,
          failed: 0,
          skipped: [],
          durationMs: 0,
          missing: advice,
        });
      }
      await tests('databases', 'no server', {
        folder: 'test/databases',
        files: longestFirst(testFiles('test/databases', only)),
        concurrency: 3,
        env: environment({ ...servers.env, ...compiled }),
        groupOf: serverOf,
      });
    } finally {
      await servers.stop();
    }
  }

  async function packaged() {
    say('package');
    const { packageExtension } = await import('./package.mjs');
    const began = performance.now();
    const { file, bytes, problems } = await packageExtension();
    for (const problem of problems) console.error(`✖ package: ${problem}`);
    rows.push({
      suite: 'package',
      against: `VSIX, ${(bytes / 1_000_000).toFixed(2)} MB`,
      passed: problems.length === 0 ? 1 : 0,
      failed: problems.length,
      skipped: [],
      durationMs: performance.now() - began,
    });
    if (problems.length > 0) return;
    await server;
    await tests('package', `VSIX installed in ${editorName(serverVersions.current)}`, {
      folder: 'test/editor',
      files: packagedFiles(),
      env: environment({ SQLOPT_TEST_VSIX: file }),
    });
  }
}

/**
 * What runs in the installed package, and then not once more in the built folder: the smoke suite, and the main path,
 * which needs the embedded database's files and the driver chunks.
 */
function packagedFiles() {
  return testFiles('test/editor').filter((name) => /\/(smoke|main-path)\.test\.ts$/.test(name));
}

/** @param {string} suite @param {string} against @param {string} folder @returns {Row} */
function nothing(suite, against, folder) {
  return {
    suite,
    against,
    passed: 0,
    failed: 0,
    skipped: [],
    durationMs: 0,
    missing: `there are no tests in ${folder}`,
  };
}

/** Files that take minutes: begun first, so that no processor waits for the last of them at the end. */
const LONG = ['main-path', 'faults', 'embedded', 'connecting', 'golden-cases', 'right-rewrites', 'facts'];

/** @param {readonly string[]} files */
function longestFirst(files) {
  const rank = (/** @type {string} */ file) => {
    const place = LONG.indexOf(path.basename(file, '.test.ts'));
    return place < 0 ? LONG.length : place;
  };
  return [...files].sort((a, b) => rank(a) - rank(b));
}

/** Which server a database test ran against, told by the names of the blocks around it. */
function serverOf(/** @type {import('./test/reporter.mjs').TestRecord} */ { names }) {
  const text = names.join(' ');
  const servers =
    /\b(?:PostgreSQL [\d.]+ \(stand-in\)|PostgreSQL 1\d|MariaDB(?: [\d.]+)?|(?:MySQL|SQL Server)(?: [\d.]+)?(?: \(stand-in\))?)/g;
  // 'rewrites of MySQL alone, on PostgreSQL 18': the last one of the blocks around a test is where it runs
  const around =
    [...names.slice(0, -1).join(' ').matchAll(servers)].at(-1) ?? [...text.matchAll(servers)].at(-1);
  const found = around?.[0].replace(/ [\d.]+(?= \(stand-in\))/, '');
  return found ?? (/embedded|PGlite/i.test(text) ? 'embedded PostgreSQL (PGlite)' : undefined);
}

/**
 * @param {string} node
 * @returns {Promise<{ env: Record<string, string>, missing: { name: string, advice: string }[], stop: () => Promise<void> }>}
 */
async function startServers(node) {
  const program = path.join(root, 'test', 'servers', 'start-all.ts');
  if (!existsSync(program)) return { env: {}, missing: [], stop: async () => {} };
  const child = spawn(node, [program], {
    cwd: root,
    env: environment({}),
    stdio: ['pipe', 'pipe', 2],
    detached: true,
  });
  running.add(child);
  const ended = new Promise((resolve) => child.once('close', resolve));
  const line = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.once('close', (code) => reject(new SetupError(`The database servers did not start (${code}).`)));
  });
  return {
    ...JSON.parse(line),
    stop: async () => {
      child.stdin?.end();
      const timer = setTimeout(() => endGroup(child, 'SIGKILL'), 30_000);
      await ended;
      clearTimeout(timer);
      running.delete(child);
    },
  };
}

/** @param {Record<string, string>} more @returns {NodeJS.ProcessEnv} */
function environment(more) {
  // Colours and the settings of an outer npm would change what tests see.
  // Patience: how many milliseconds an editor test waits for what must appear; a busy machine takes its time.
  const env = { SQLOPT_TEST_PATIENCE: '90000', ...process.env, ...memory.env, NO_COLOR: '1', ...more };
  delete (/** @type {NodeJS.ProcessEnv} */ (env)['FORCE_COLOR']);
  delete (/** @type {NodeJS.ProcessEnv} */ (env)['NODE_OPTIONS']);
  return env;
}

function isStrict() {
  return /^(1|true)$/i.test(process.env['CI'] ?? '');
}

/** @param {string} node @returns {Promise<string>} */
function version(node) {
  return new Promise((resolve, reject) => {
    let text = '';
    const child = spawn(node, ['--version'], { stdio: ['ignore', 'pipe', 2] });
    child.stdout?.on('data', (chunk) => {
      text += chunk;
    });
    child.once('error', reject).once('close', () => resolve(text.trim().replace('v', '')));
  });
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    for (const child of running) endGroup(child, 'SIGTERM');
    process.exit(130);
  });
}

runAsProgram(import.meta.url, () => test(process.argv.slice(2)));
