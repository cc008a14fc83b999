// `npm start`: installs, builds and opens a real editor with the extension and a copy of the sample workspace.
//
//   npm start                     desktop VS Code where there is one, else a VS Code server with its URL printed
//   npm start -- --server         the server in any case; --port N chooses its port
//   npm start -- --desktop        desktop or nothing
//   npm start -- --folder DIR     opens DIR instead of the sample
//
// Ctrl+C stops what was started.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureDependencies, projectNode, root, run, runAsProgram, SetupError } from './bootstrap.mjs';
import { extensionFolder, startServer } from './vscode-server.mjs';

const place = path.join(root, '.cache', 'start');
/** The same port every time, so that the browser knows its own settings again. */
const usualPort = 8497;
/** How long the download server may take to answer before the VS Code server is used instead. */
const onlineCheckMs = 4000;

const say = (/** @type {string} */ text) => console.error(text);

/** @returns {Promise<number>} exit status */
async function start() {
  const { values } = parseArgs({
    options: {
      server: { type: 'boolean' },
      desktop: { type: 'boolean' },
      port: { type: 'string' },
      folder: { type: 'string' },
    },
  });
  ensureDependencies(say);
  if ((await run(projectNode(), ['esbuild.mjs'], { stdio: ['ignore', 2, 2] })) !== 0) {
    throw new SetupError('The extension could not be built, so no editor is opened. The reason is above.');
  }
  const folder = values.folder === undefined ? sampleWorkspace() : path.resolve(values.folder);
  if (values.server !== true) {
    const desktop = await findDesktop();
    if (typeof desktop !== 'string') return openDesktop(desktop.command, folder, desktop.fresh);
    if (values.desktop === true) throw new SetupError(desktop);
    say(`${desktop} Using a VS Code server in the browser instead.`);
  }
  return openServer(folder, values.port === undefined ? undefined : Number(values.port));
}

/** A copy of examples/shop that people may change; kept between starts. */
function sampleWorkspace() {
  const source = path.join(root, 'examples', 'shop');
  const target = path.join(place, 'shop');
  if (!existsSync(target)) {
    mkdirSync(place, { recursive: true });
    if (existsSync(source)) cpSync(source, target, { recursive: true });
    else mkdirSync(target);
  }
  return target;
}

/**
 * @returns {Promise<{ command: string, fresh: boolean } | string>} how to start desktop VS Code (fresh: it was
 *   downloaded for this project and gets a profile of its own), or why it cannot be had
 */
async function findDesktop() {
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) {
    return 'There is no display for desktop VS Code here.';
  }
  if (process.env['VSCODE_IPC_HOOK_CLI'] === undefined) {
    const { status } = spawnSync('code', ['--version'], {
      stdio: 'ignore',
      shell: process.platform === 'win32',
    });
    if (status === 0) return { command: 'code', fresh: false };
  }
  const why = 'Desktop VS Code is not installed (no `code` command on the PATH), and its download';
  try {
    const answer = await fetch('https://update.code.visualstudio.com/api/releases/stable', {
      signal: AbortSignal.timeout(onlineCheckMs),
    });
    if (!answer.ok) return `${why} is not available (${answer.status}).`;
    const { downloadAndUnzipVSCode } = await import('@vscode/test-electron');
    const cachePath = path.join(root, '.cache', 'vscode-desktop');
    return { command: await downloadAndUnzipVSCode({ cachePath, version: 'stable' }), fresh: true };
  } catch (error) {
    return `${why} cannot be reached (${error instanceof Error ? error.message : error}).`;
  }
}

/** @param {string} command @param {string} folder @param {boolean} fresh @returns {Promise<number>} */
async function openDesktop(command, folder, fresh) {
  const args = [`--extensionDevelopmentPath=${root}`, '--new-window', folder];
  if (fresh)
    args.push(`--user-data-dir=${path.join(place, 'desktop')}`, '--skip-welcome', '--skip-release-notes');
  else args.push('--wait');
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    args.push('--no-sandbox');
    if (!fresh) args.push(`--user-data-dir=${path.join(place, 'desktop')}`);
  }
  say('Opening VS Code with AI SQL Optimizer and the sample workspace. Ctrl+C here stops waiting for it.');
  const child = spawn(command, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  const stop = () => child.kill();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 0));
  });
}

/** @param {string} folder @param {number | undefined} port @returns {Promise<number>} */
async function openServer(folder, port) {
  const server = await startServer({
    port: port ?? ((await isFree(usualPort)) ? usualPort : 0),
    profile: path.join(place, 'server'),
    link: [extensionFolder(path.join(place, 'extension', 'ai-sql-optimizer'))],
  });
  // The URL alone on standard output: easy to pass on to a browser.
  say('\nVS Code with AI SQL Optimizer and the sample workspace is open at');
  console.log(`${server.url}/?folder=${encodeURI(folder)}`);
  say('Ctrl+C stops it.');
  await new Promise((resolve) => {
    process.once('SIGINT', resolve).once('SIGTERM', resolve);
  });
  say('Stopping …');
  await server.stop();
  return 0;
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = net.createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

runAsProgram(import.meta.url, start);
