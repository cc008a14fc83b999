/**
 * `npm run bench [-- core|parse|matching|optimize|rewrites|gains|editor]`: how long things take, each beside parsing alone in the same run, because
 * milliseconds of one machine say nothing about another's. Nothing here passes or fails.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { benchFile } from './core.ts';
import { benchActivation, benchLenses } from './editor.ts';
import { longFile } from './long-file.ts';
import { benchParse } from './parse.ts';
import { comparison } from './side-by-side.ts';

const LINES = 5000;
const wanted = process.argv.slice(2);
const runs = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
const say = (text: string): void => console.error(`· ${text}`);

const script = longFile(LINES);
say(`a file of ${script.split('\n').length} lines`);
const file = await benchFile(script);
const [parsing] = file;
if (parsing === undefined) throw new Error('Parsing was not timed.');

if (runs('core')) console.log(`\n${comparison(`A file of ${LINES} lines, in this process`, file)}`);

if (runs('matching')) {
  say('matching the library');
  await inOwnProcess('run-matching.ts');
}

if (runs('parse')) {
  say('parsers side by side');
  const { timings, statements, characters } = await benchParse();
  console.log(
    `\n${comparison(`Parsing ${statements} statements of ${characters} characters in all`, timings)}`,
  );
}

if (runs('editor')) {
  say('the extension in a real editor');
  const { timings, lenses } = await benchLenses(script);
  console.log(`\n${comparison(`The same file in a real editor, ${lenses} lenses`, [parsing, ...timings])}`);
  console.log(`\n${comparison('Activation in a real editor', [parsing, ...(await benchActivation())])}`);
}

if (runs('optimize')) {
  // Loaded here: it brings the database drivers, which the other parts shall not pay for.
  const { benchOptimize } = await import('./optimize.ts');
  const { timings, found } = await benchOptimize(say);
  const statements = timings[0]?.runs ?? 0;
  const title = `One statement of the sample on the embedded database (${found} of ${statements} get a rewrite)`;
  console.log(`\n${comparison(title, timings)}`);
}

if (runs('rewrites')) {
  say('rewrites on millions of rows: half an hour or more');
  await inOwnProcess('rewrites/run.ts');
}

if (runs('gains')) {
  say('gains of the core rules');
  await inOwnProcess('gains/run.ts');
}

/** Another program of this folder: what it measures must not depend on what ran here before. */
async function inOwnProcess(file: string): Promise<void> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(new URL(file, import.meta.url))],
    {
      stdio: 'inherit',
    },
  );
  const [code] = await once(child, 'exit');
  if (code !== 0) process.exitCode = 1;
}
