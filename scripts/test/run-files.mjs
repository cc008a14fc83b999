// Runs test files in the order in which they are given; `node --test` would sort them.
//
//   node run-files.mjs '{"files":[…],"concurrency":3,"timeoutMs":1200000,"grep":null}'
import path from 'node:path';
import { run } from 'node:test';
import { root } from '../bootstrap.mjs';
import report from './reporter.mjs';

/** @type {{ files: string[], concurrency: number, timeoutMs: number, grep: string | null }} */
const { files, concurrency, timeoutMs, grep } = JSON.parse(process.argv[2] ?? '{}');

const events = run({
  files: files.map((file) => path.resolve(root, file)),
  cwd: root,
  concurrency,
  timeout: timeoutMs,
  execArgv: ['--disable-warning=ExperimentalWarning'],
  ...(grep === null ? {} : { testNamePatterns: [new RegExp(grep)] }),
});
events.on('test:fail', () => {
  process.exitCode = 1;
});
events.compose(report).pipe(process.stdout);
