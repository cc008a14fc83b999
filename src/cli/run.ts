/** Finds the verb, reads its options, runs it and turns what goes wrong into a sentence and an exit status. */
import { parseArgs } from 'node:util';
import { DatabaseError } from '../core/database.ts';
import { ConnectionUrlError } from '../databases/connection-url.ts';
import { COMMON_OPTIONS, EXIT, type OptionValues, UsageError, type Verb } from './verb.ts';
import { explainVerb } from './verbs/explain.ts';
import { fingerprintVerb } from './verbs/fingerprint.ts';
import { indexesVerb } from './verbs/indexes.ts';
import { lintVerb } from './verbs/lint.ts';
import { mcpVerb } from './verbs/mcp.ts';
import { optimizeVerb } from './verbs/optimize.ts';
import { patternsVerb } from './verbs/patterns.ts';
import { verifyVerb } from './verbs/verify.ts';

const VERBS: readonly Verb[] = [
  optimizeVerb,
  lintVerb,
  verifyVerb,
  explainVerb,
  patternsVerb,
  fingerprintVerb,
  indexesVerb,
  mcpVerb,
];

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  stdout(text: string): void;
  stderr(text: string): void;
}

/**
 * Run `sqlopt` with these arguments.
 * @returns the exit status: see {@link EXIT}
 */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal.stdout(help());
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  const json = rest.includes('--json');
  const stop = new AbortController();
  const onInterrupt = () => stop.abort(new DatabaseError('cancelled', 'Stopped.'));
  process.once('SIGINT', onInterrupt);
  try {
    const verb = VERBS.find((candidate) => candidate.name === name);
    if (!verb)
      throw new UsageError(
        `There is no verb "${name}". The verbs are: ${VERBS.map((v) => v.name).join(', ')}.`,
      );
    const { values, positionals } = readOptions(verb, rest);
    if (values['help']) {
      terminal.stdout(verbHelp(verb));
      return EXIT.done;
    }
    return await verb.run({
      options: values,
      positionals,
      env: terminal.env,
      signal: stop.signal,
      print: (result, text) => terminal.stdout(json ? `${JSON.stringify(result, null, 2)}\n` : text()),
      printPart: (text) => {
        if (!json) terminal.stdout(text());
      },
      progress: (message) => {
        if (!values['quiet']) terminal.stderr(`${message}\n`);
      },
    });
  } catch (error) {
    return fail(error, json, terminal);
  } finally {
    process.removeListener('SIGINT', onInterrupt);
  }
}

function readOptions(verb: Verb, args: readonly string[]): { values: OptionValues; positionals: string[] } {
  try {
    return parseArgs({
      args: [...args],
      options: { ...COMMON_OPTIONS, ...verb.options },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(
      `${(error as Error).message.split('. ')[0]}. Usage: sqlopt ${verb.name} ${verb.usage}`,
    );
  }
}

function fail(error: unknown, json: boolean, terminal: Terminal): number {
  const { kind, status } = classify(error);
  const message = error instanceof Error ? error.message : String(error);
  terminal.stderr(`sqlopt: ${message}\n`);
  if (kind === 'internal' && terminal.env['SQLOPT_DEBUG'] && error instanceof Error)
    terminal.stderr(`${error.stack}\n`);
  if (json) terminal.stdout(`${JSON.stringify({ error: { kind, message } }, null, 2)}\n`);
  return status;
}

function classify(error: unknown): { kind: string; status: number } {
  if (error instanceof UsageError || ConnectionUrlError.is(error))
    return { kind: 'usage', status: EXIT.usage };
  if (DatabaseError.is(error)) return { kind: error.reason, status: EXIT.connection };
  return { kind: 'internal', status: EXIT.internal };
}

function help(): string {
  const width = Math.max(...VERBS.map((verb) => verb.name.length));
  const verbs = VERBS.map((verb) => `  ${verb.name.padEnd(width)}  ${verb.summary}`).join('\n');
  return `sqlopt: finds slow SQL, rewrites it, and checks every rewrite before it shows it.

Usage: sqlopt VERB [options]     (sqlopt VERB --help for one verb)

${verbs}

Options of every verb:
  --connection URL     postgres://…, embedded:, embedded:DIR, embedded:?init=FILE.sql (or SQLOPT_CONNECTION)
  --dialect NAME       postgresql, mysql, mariadb or tsql; taken from the connection when there is one
  --schema FILE.sql    tables and keys from DDL, when there is no connection
  --timeout SECONDS    limit of each call to the database (default 30)
  --model NAME         the language model to ask as well; without it the best one that the server has
  --ollama URL         the Ollama server (or OLLAMA_HOST; default http://127.0.0.1:11434)
  --no-model           ask no language model
  --json               the result as JSON on standard output
  --quiet              no progress on standard error

The password may come from SQLOPT_PASSWORD; it is never printed or stored.
Exit status: 0 done, 1 findings at or above --fail-on, 2 wrong usage, 3 connection or permission, 4 refuted, 5 internal error.
`;
}

function verbHelp(verb: Verb): string {
  return `sqlopt ${verb.name} ${verb.usage}\n${verb.summary}\n`;
}
