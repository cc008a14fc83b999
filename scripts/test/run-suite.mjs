// Runs one suite of test files with Node's own test runner and counts what happened.
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from '../bootstrap.mjs';

/** Lists of all tests, one file per suite, of the last run. */
export const logFolder = path.join(root, '.cache', 'test-logs');

/** A test file that takes longer than this many milliseconds hangs. */
const HANGS_MS = 20 * 60_000;

/**
 * One line of the table at the end.
 *
 * @typedef {object} Row
 * @property {string} suite
 * @property {string} against what it ran against
 * @property {number} passed
 * @property {number} failed
 * @property {readonly { name: string, reason: string }[]} skipped
 * @property {number} durationMs
 * @property {string} [missing] why it could not run at all
 */

/**
 * The test files below a folder of test/, or those of the given paths that lie in it.
 *
 * @param {string} folder relative to the project
 * @param {readonly string[]} [only] files or folders; all when empty
 * @returns {string[]} relative to the project, sorted
 */
export function testFiles(folder, only = []) {
  const base = path.join(root, folder);
  if (!existsSync(base)) return [];
  const files = readdirSync(base, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => path.join(folder, file).replaceAll(path.sep, '/'))
    .sort();
  if (only.length === 0) return files;
  const wanted = only.map((each) => path.relative(root, path.resolve(each)).replaceAll(path.sep, '/'));
  return files.filter((file) => wanted.some((each) => file === each || file.startsWith(`${each}/`)));
}

/**
 * @param {object} options
 * @param {string} options.name for the table
 * @param {string} options.against what it runs against
 * @param {readonly string[]} options.files in the order in which they are begun
 * @param {string} options.node
 * @param {NodeJS.ProcessEnv} options.env
 * @param {number} options.concurrency files at once
 * @param {number} options.limitMs the suite is ended after this time, which counts as a failure
 * @param {string} [options.grep] pattern that test names must match
 * @param {(record: import('./reporter.mjs').TestRecord) => string | undefined} [options.groupOf] gives a test a row of
 *   its own kind ("against"); the suite's row otherwise
 * @param {Set<import('node:child_process').ChildProcess>} options.running where the process is listed while it runs
 * @returns {Promise<Row[]>}
 */
export async function runSuite({
  name,
  against,
  files,
  node,
  env,
  concurrency,
  limitMs,
  grep,
  groupOf,
  running,
}) {
  const began = performance.now();
  /** @type {Map<string, { passed: number, failed: number, skipped: { name: string, reason: string }[], durationMs: number }>} */
  const groups = new Map();
  const group = (/** @type {string} */ key) => {
    const found = groups.get(key) ?? { passed: 0, failed: 0, skipped: [], durationMs: 0 };
    groups.set(key, found);
    return found;
  };
  const child = spawn(
    node,
    [
      '--disable-warning=ExperimentalWarning',
      path.join(root, 'scripts', 'test', 'run-files.mjs'),
      // what hangs is named, and does not take the whole suite with it
      JSON.stringify({ files, concurrency, timeoutMs: HANGS_MS, grep: grep ?? null }),
    ],
    { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32' },
  );
  running.add(child);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    endGroup(child, 'SIGKILL');
  }, limitMs);
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const finished = new Promise((resolve) => child.once('close', resolve));
  const log = createWriteStream(logFile(name));
  await eachLine(child.stdout, (line) => {
    const record = readRecord(line);
    if (record === undefined) return;
    log.write(logText(record));
    if ('note' in record) return;
    const into = group(groupOf?.(record) ?? against);
    into.durationMs += record.durationMs;
    if (record.outcome === 'pass') into.passed++;
    else if (record.outcome === 'skip') {
      into.skipped.push({ name: record.names.join(' › '), reason: record.reason ?? '' });
    } else {
      into.failed++;
      console.error(
        `\n✖ ${name} › ${record.names.join(' › ')}  (${record.file})\n${indent(record.error ?? '')}`,
      );
    }
  });
  const code = await finished;
  log.end();
  clearTimeout(timer);
  running.delete(child);
  endGroup(child, 'SIGKILL'); // what a test left behind
  const failures = [...groups.values()].reduce((sum, { failed }) => sum + failed, 0);
  if (timedOut || (code !== 0 && failures === 0)) {
    group(against).failed++;
    const why = timedOut
      ? `was ended after ${Math.round(limitMs / 60_000)} minutes`
      : `ended with status ${code}`;
    console.error(`\n✖ ${name} ${why}\n${indent(errors.slice(-4000))}`);
  }
  if (groups.size === 0) group(against);
  const total = performance.now() - began;
  return [...groups].map(([key, counts]) => ({
    suite: name,
    against: key,
    ...counts,
    durationMs: groups.size === 1 ? total : counts.durationMs,
  }));
}

/**
 * Ends a process and what it started, all in the group that was made for it.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
export function endGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // nobody is left of it
  }
}

/** @param {NodeJS.ReadableStream} stream @param {(line: string) => void} take */
async function eachLine(stream, take) {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  }
  if (rest !== '') take(rest);
}

/** @param {string} line @returns {import('./reporter.mjs').TestRecord | { note: string } | undefined} */
function readRecord(line) {
  if (!line.startsWith('{"outcome"') && !line.startsWith('{"note"')) return undefined;
  return JSON.parse(line);
}

/** Where every test of a suite is listed, with its time and what it remarked. @param {string} suite */
function logFile(suite) {
  mkdirSync(logFolder, { recursive: true });
  return path.join(logFolder, `${suite}.log`);
}

/** @param {import('./reporter.mjs').TestRecord | { note: string }} record @returns {string} */
function logText(record) {
  if ('note' in record) return `      ${record.note}\n`;
  const { outcome, names, file, durationMs, reason, error } = record;
  const head = `${outcome}  ${(durationMs / 1000).toFixed(1).padStart(6)} s  ${file} › ${names.join(' › ')}`;
  return `${head}${reason === undefined ? '' : `  (${reason})`}\n${error === undefined ? '' : `${indent(error)}\n`}`;
}

/** @param {string} text */
function indent(text) {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}
