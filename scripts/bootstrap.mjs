// Makes a checkout ready to run: installs the npm dependencies when they are missing or differ from the lock file and
// finds the Node that the project's own scripts run with. Plain Node 20, no dependencies: it runs before anything else.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The project's folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** The major version of Node that the tests and the type stripping need: the one inside the current editor. */
const wantedMajor = 24;

/**
 * A failure that the person at the keyboard can act on; shown without a stack.
 */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}

/**
 * Why `npm ci` is needed, or undefined when what is installed is what the lock file asks for. Compares versions and
 * not dates: a checkout or a branch switch touches files without changing them.
 *
 * @param {string} [folder] the folder that holds package-lock.json
 * @returns {string | undefined}
 */
export function missingDependencies(folder = root) {
  const installedFile = path.join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return 'node_modules is missing';
  /** @type {Record<string, { version?: string, optional?: boolean, link?: boolean }>} */
  const wanted = JSON.parse(readFileSync(path.join(folder, 'package-lock.json'), 'utf8')).packages;
  /** @type {Record<string, { version?: string }>} */
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  for (const [name, entry] of Object.entries(wanted)) {
    if (name === '' || entry.optional || entry.link) continue;
    const have = installed[name]?.version;
    if (have !== entry.version) {
      return `${name.replace(/^.*node_modules\//, '')} is ${have ?? 'missing'}, wanted ${entry.version}`;
    }
  }
  return undefined;
}

/**
 * Installs the dependencies of the lock file if needed. What npm prints goes to standard error, so that the output of
 * a command line that was started this way stays clean.
 *
 * @param {(text: string) => void} [say]
 */
export function ensureDependencies(say = (text) => console.error(text)) {
  const reason = missingDependencies();
  if (reason === undefined) return;
  say(`Installing dependencies (${reason}) …`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    env: cleanEnvironment(),
  });
  if (result.error !== undefined) {
    throw new SetupError(
      `npm could not be started (${result.error.message}). Install Node 20 or later with npm.`,
    );
  }
  if (result.status !== 0) {
    throw new SetupError(
      '`npm ci` failed; its own message is above. It needs the npm registry once. Run it again when that can be reached.',
    );
  }
}

/**
 * The environment without what an outer `npm` or `npx` put there for its own run: an inner npm would otherwise
 * take over settings such as the outer one's prefix or ignore-scripts.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function cleanEnvironment() {
  const environment = { ...process.env };
  for (const name of Object.keys(environment)) {
    if (/^npm_(package|lifecycle|command|execpath|node_execpath)/.test(name)) delete environment[name];
    if (/^npm_config_(local_prefix|prefix|global_prefix|package|call|yes)$/i.test(name))
      delete environment[name];
  }
  return environment;
}

/**
 * The Node 24 to run project code with: the development dependency's, else the running one if it is new enough.
 *
 * @returns {string} absolute path of the executable
 */
export function projectNode() {
  const local = path.join(
    root,
    'node_modules',
    'node',
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  for (const candidate of [local, process.execPath]) {
    if (existsSync(candidate) && majorVersion(candidate) >= wantedMajor) return candidate;
  }
  throw new SetupError(
    `Node ${wantedMajor} is needed to run the project's TypeScript. The development dependency "node" normally brings it ` +
      `(\`npm rebuild node\` repeats its install script); a Node ${wantedMajor} of your own on the PATH does as well.`,
  );
}

/** @param {string} executable @returns {number} */
function majorVersion(executable) {
  if (executable === process.execPath) return Number(process.versions.node.split('.')[0]);
  const { stdout } = spawnSync(executable, ['--version'], { encoding: 'utf8' });
  return Number(/^v(\d+)/.exec(stdout ?? '')?.[1] ?? 0);
}

/**
 * Runs a program to its end, with its output shown.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} the exit status; 1 for an end by signal
 */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: 'inherit', ...options });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * Runs `main` and turns its failure into one readable sentence and exit status 1.
 *
 * @param {string} moduleUrl the caller's import.meta.url: nothing happens unless it is the program that was started
 * @param {() => Promise<number | void>} main
 */
export function runAsProgram(moduleUrl, main) {
  const started = process.argv[1];
  if (started === undefined || pathToFileURL(realpathSync(started)).href !== moduleUrl) return;
  main().then(
    (code) => {
      process.exitCode = code ?? 0;
    },
    (error) => {
      console.error(error instanceof SetupError ? error.message : error);
      process.exitCode = 1;
    },
  );
}

runAsProgram(import.meta.url, async () => {
  ensureDependencies();
  console.log(`Dependencies are in place. Node for the project: ${projectNode()}`);
});
