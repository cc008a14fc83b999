// A reporter for `node --test`: one JSON object per line for every finished test (and every remark that it makes, as
// `{ note }`), for scripts/test/run-suite.mjs.
import path from 'node:path';

/**
 * @typedef {object} TestRecord
 * @property {'pass' | 'fail' | 'skip'} outcome
 * @property {readonly string[]} names the describe blocks around it, then its own name
 * @property {string} file relative to the working directory
 * @property {number} durationMs
 * @property {string} [reason] why it was skipped
 * @property {string} [error] message, stack and cause of a failure
 */

/** @param {AsyncIterable<any>} events */
// biome-ignore lint/style/noDefaultExport: Node's test runner takes a reporter by its default export
export default async function* report(events) {
  // The open blocks, by nesting level. One list for all: Node reports file after file, and a block and its tests may
  // be written in different files.
  /** @type {string[]} */
  const open = [];
  /** what each file wrote to standard error: the only place where a file that cannot be loaded says why @type {Map<string, string>} */
  const errors = new Map();
  for await (const { type, data } of events) {
    if (type === 'test:stderr') {
      const file = path.resolve(data.file);
      errors.set(file, `${errors.get(file) ?? ''}${data.message}`.slice(-6000));
    } else if (type === 'test:diagnostic' && data.file !== undefined) {
      yield `${JSON.stringify({ note: data.message })}\n`;
    } else if (type === 'test:start') {
      open.length = data.nesting;
      open[data.nesting] = data.name;
    } else if (type === 'test:pass' || type === 'test:fail') {
      const isBlock = data.details?.type === 'suite';
      // A block counts only where it failed by itself (a hook, say): its tests are counted one by one.
      if (isBlock && (type === 'test:pass' || data.details?.error?.failureType === 'subtestsFailed'))
        continue;
      const result = record(type, data, open);
      const isFile = data.nesting === 0 && path.resolve(data.name) === data.file;
      if (result.outcome === 'fail' && isFile) result.error = `${errors.get(data.file) ?? ''}${result.error}`;
      yield `${JSON.stringify(result)}\n`;
    }
  }
}

/** @param {string} type @param {any} data @param {readonly string[]} names @returns {TestRecord} */
function record(type, data, names) {
  const skipped = data.skip !== undefined && data.skip !== false;
  const todo = data.todo !== undefined && data.todo !== false;
  const base = {
    names: [...names.slice(0, data.nesting), data.name],
    file: path.relative(process.cwd(), data.file ?? ''),
    durationMs: data.details?.duration_ms ?? 0,
  };
  if (skipped || todo) {
    const reason = skipped ? data.skip : `todo: ${data.todo}`;
    return { outcome: 'skip', ...base, reason: typeof reason === 'string' ? reason : 'no reason given' };
  }
  if (type === 'test:pass') return { outcome: 'pass', ...base };
  return { outcome: 'fail', ...base, error: describeError(data.details?.error) };
}

/** @param {any} error @returns {string} */
function describeError(error) {
  const real = error?.code === 'ERR_TEST_FAILURE' && error.cause !== undefined ? error.cause : error;
  if (typeof real !== 'object' || real === null) return String(real);
  const text = String(real.stack ?? real.message ?? real);
  // Node's own frames say nothing about the failure.
  return text
    .split('\n')
    .filter((line) => !/^\s+at .*\(?node:internal/.test(line))
    .join('\n');
}
