// A real VS Code without a display: code-server from npm, installed once into .cache/, started with a fresh profile.
// `npm start` opens it in the browser where no desktop editor is at hand; the editor tests drive it in Chromium.
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cleanEnvironment, root, run, SetupError } from './bootstrap.mjs';

/**
 * @typedef {object} ServerVersion
 * @property {string} codeServer version of the npm package `code-server`
 * @property {string} vscode the VS Code inside it
 * @property {string} node the Node that runs it: the major version that this release asks for
 * @property {boolean} passesOptions whether code-server hands `--vscode-option` on; without that, in-host tests start the
 *   VS Code server inside it directly
 */

/** The versions that are tested: the newest known to work, and the lower bound of `engines.vscode`. */
export const serverVersions = {
  /** @type {ServerVersion} */
  current: { codeServer: '4.139.1', vscode: '1.139.1', node: '24.21.0', passesOptions: true },
  /** @type {ServerVersion} */
  oldest: { codeServer: '4.104.0', vscode: '1.104.0', node: '22.23.3', passesOptions: false },
};

const cache = path.join(root, '.cache', 'vscode-server');

/**
 * Installs a VS Code server with its own Node unless it is there.
 *
 * @param {ServerVersion} [version]
 * @param {(text: string) => void} [say]
 * @returns {Promise<{ node: string, program: string }>} the executable and the script to start with it
 */
export async function installServer(version = serverVersions.current, say = (text) => console.error(text)) {
  const folder = path.join(cache, version.codeServer);
  const nodePackage = `node-${process.platform}-${process.arch}`;
  const installed = {
    node: path.join(folder, 'node_modules', nodePackage, 'bin', 'node'),
    program: path.join(folder, 'node_modules', 'code-server', 'out', 'node', 'entry.js'),
  };
  if (existsSync(path.join(folder, 'complete'))) return installed;
  if (process.platform === 'win32') {
    throw new SetupError(
      'The VS Code server does not run on Windows. Install desktop VS Code and its `code` command instead.',
    );
  }
  say(`Installing VS Code ${version.vscode} as a server (npm: code-server ${version.codeServer}), once …`);
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(path.join(cache, 'unfinished-'));
  try {
    // Older releases ask for an argon2 that is compiled at installation; this one brings its binaries.
    const manifest = { private: true, overrides: { argon2: '^0.44.0' } };
    writeFileSync(path.join(unfinished, 'package.json'), JSON.stringify(manifest));
    const common = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const server = path.join(unfinished, 'node_modules', 'code-server');
    await npm([...common, `code-server@${version.codeServer}`, `${nodePackage}@${version.node}`], unfinished);
    await npm([...common, '--omit=dev'], path.join(server, 'lib', 'vscode'));
    writeFileSync(path.join(unfinished, 'complete'), '');
    if (existsSync(folder)) rmSync(folder, { recursive: true });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return installed;
}

/** @param {readonly string[]} args @param {string} cwd */
async function npm(args, cwd) {
  // --force: the package's `engines` names the Node that will run it, not the one that installs it
  const code = await run('npm', [...args, '--force'], {
    cwd,
    stdio: ['ignore', 2, 2],
    env: cleanEnvironment(),
  });
  if (code !== 0) {
    throw new SetupError(
      'The VS Code server could not be installed: npm failed, its message is above. The npm registry is needed once.',
    );
  }
}

/** User settings that keep everything away that is not part of the product or its test. */
export const quietSettings = {
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'security.workspace.trust.enabled': false,
  'window.confirmBeforeClose': 'never',
  'git.enabled': false,
  'git.openRepositoryInParentFolders': 'never',
};

/**
 * @typedef {object} RunningServer
 * @property {string} url origin, without a slash at the end
 * @property {string} profile folder of the profile: `User/settings.json`, `User/globalStorage/…`
 * @property {number | undefined} pid
 * @property {() => string} log what it printed so far
 * @property {() => Promise<void>} stop ends it and its children; removes the profile unless it was given
 */

/**
 * Starts a server on a free port of 127.0.0.1.
 *
 * @param {object} [options]
 * @param {ServerVersion} [options.version]
 * @param {string} [options.profile] folder to keep the profile in; a throw-away one by default
 * @param {number} [options.port]
 * @param {Record<string, unknown>} [options.settings] user settings beside the quiet ones
 * @param {Record<string, unknown>} [options.machineSettings] settings of scope `machine`, which user settings cannot give
 * @param {readonly string[]} [options.link] folders with an unpacked extension to have installed
 * @param {readonly string[]} [options.install] VSIX files to install first
 * @param {Record<string, string>} [options.environment] for the server and with it the extension host
 * @param {boolean} [options.tests] whether pages may start a test suite in the extension host
 * @returns {Promise<RunningServer>}
 */
export async function startServer({
  version = serverVersions.current,
  profile,
  port = 0,
  settings = {},
  machineSettings = {},
  link = [],
  install = [],
  environment = {},
  tests = false,
} = {}) {
  const { node, program } = await installServer(version);
  const folder = profile ?? mkdtempSync(path.join(os.tmpdir(), 'sqlopt-editor-'));
  const at = prepareProfile(folder, { settings, machineSettings, link });
  const env = {
    ...cleanEnvironment(),
    // A proxy of the machine must not stand between the editor and itself.
    NO_PROXY: '127.0.0.1,localhost',
    HOME: at.home,
    EXTENSIONS_GALLERY: '{}',
    ...environment,
  };
  // As a child of an editor's terminal, the server would take itself for that editor's helper.
  for (const name of ['VSCODE_IPC_HOOK_CLI', 'VSCODE_PID', 'VSCODE_CWD', 'ELECTRON_RUN_AS_NODE']) {
    delete (/** @type {NodeJS.ProcessEnv} */ (env)[name]);
  }
  const common = ['--config', at.config, '--user-data-dir', at.userData, '--extensions-dir', at.extensions];
  for (const vsix of install)
    await installExtension(node, [program, ...common, '--install-extension', vsix], env);
  const child = spawn(
    node,
    tests && !version.passesOptions
      ? plainServer(program, at, port)
      : [
          ...[program, ...common, '--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
          '--disable-telemetry',
          '--disable-update-check',
          '--disable-workspace-trust',
          '--disable-getting-started-override',
          ...(tests ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
        ],
    { env, cwd: at.home, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  let text = '';
  const listen = (/** @type {Buffer} */ chunk) => {
    text += chunk.toString();
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const stop = async () => {
    await endGroup(child);
    if (profile === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const url = await address(child, () => text);
    return { url, profile: at.userData, pid: child.pid, log: () => text, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * @param {string} folder
 * @param {{ settings: Record<string, unknown>, machineSettings: Record<string, unknown>, link: readonly string[] }} options
 */
function prepareProfile(folder, { settings, machineSettings, link }) {
  const at = {
    home: path.join(folder, 'home'),
    userData: path.join(folder, 'data'),
    extensions: path.join(folder, 'extensions'),
    config: path.join(folder, 'config.yaml'),
  };
  const user = path.join(at.userData, 'User');
  const machine = path.join(at.userData, 'Machine');
  for (const each of [at.home, at.extensions, user, machine]) mkdirSync(each, { recursive: true });
  writeFileSync(at.config, '');
  const settingsFile = path.join(user, 'settings.json');
  if (!existsSync(settingsFile)) {
    writeFileSync(settingsFile, `${JSON.stringify({ ...quietSettings, ...settings }, null, 2)}\n`);
  }
  const machineFile = path.join(machine, 'settings.json');
  if (!existsSync(machineFile)) writeFileSync(machineFile, `${JSON.stringify(machineSettings, null, 2)}\n`);
  for (const extension of link) {
    const target = path.join(at.extensions, `linked-${path.basename(extension)}`);
    if (!existsSync(target)) symlinkSync(extension, target, 'dir');
  }
  return at;
}

/**
 * The arguments that start the VS Code server inside code-server by itself.
 *
 * @param {string} program code-server's own
 * @param {{ userData: string, extensions: string }} at
 * @param {number} port
 * @returns {string[]}
 */
function plainServer(program, at, port) {
  return [
    path.join(path.dirname(program), '..', '..', 'lib', 'vscode', 'out', 'server-main.js'),
    ...['--host', '127.0.0.1', '--port', `${port}`, '--without-connection-token'],
    ...['--user-data-dir', at.userData, '--extensions-dir', at.extensions],
    '--accept-server-license-terms',
    '--disable-telemetry',
    '--disable-workspace-trust',
    '--enable-smoke-test-driver',
  ];
}

/** @param {string} node @param {readonly string[]} args @param {NodeJS.ProcessEnv} env */
async function installExtension(node, args, env) {
  const code = await run(node, args, { env, stdio: ['ignore', 2, 2] });
  if (code !== 0) throw new SetupError(`The editor refused to install ${args.at(-1)}; its message is above.`);
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {() => string} log
 * @returns {Promise<string>} the origin it listens on
 */
function address(child, log) {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = /(?:HTTP server listening on http:\/\/|Server bound to )([\d.]+:\d+)/.exec(log())?.[1];
      if (found !== undefined) resolve(`http://${found}`);
    };
    child.stdout?.on('data', look);
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new SetupError(`The VS Code server ended at once (${code}):\n${log()}`)),
    );
  });
}

/** @param {import('node:child_process').ChildProcess} child ends it and what it started, politely first */
async function endGroup(child) {
  if (child.pid === undefined) return;
  const group = -child.pid;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  /** @param {NodeJS.Signals} signal */
  const send = (signal) => {
    try {
      process.kill(group, signal);
      return true;
    } catch {
      return false; // nobody of the group is left
    }
  };
  if (child.exitCode === null && child.signalCode === null) {
    send('SIGTERM');
    const timer = setTimeout(() => send('SIGKILL'), 5000);
    await ended;
    clearTimeout(timer);
  }
  send('SIGKILL');
}

/**
 * A folder that holds just what the editor reads of the extension, so that linking it does not show the editor a
 * checkout with its node_modules. Links, not copies: a rebuild is seen after a window reload. Copies make the editor
 * know whose code is running: it looks for the real path of a module below the extension's folder, and without it
 * messages come from "Null Extension Description".
 *
 * @param {string} folder where to make it
 * @param {{ copy?: boolean }} [options]
 * @returns {string} folder
 */
export function extensionFolder(folder, { copy = false } = {}) {
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'dist', 'media', 'syntaxes', 'examples', 'package.nls.json']) {
    const source = path.join(root, name);
    const target = path.join(folder, name);
    if (!existsSync(source)) continue;
    rmSync(target, { recursive: true, force: true });
    if (copy || name === 'package.json') cpSync(source, target, { recursive: true });
    else symlinkSync(source, target);
  }
  return folder;
}
