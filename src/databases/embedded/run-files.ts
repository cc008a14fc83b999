/** Runs the start files of an embedded database, statement by statement. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from 'pg';
import { DatabaseError } from '../../core/database.ts';
import { type StatementRange, splitStatements } from '../../core/sql/splitter.ts';
import { cancelled } from '../call-errors.ts';
import { toDatabaseError } from '../postgres/errors.ts';
import { runSimple } from '../postgres/wire.ts';

export interface RunFilesOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
}

const PROGRESS_EVERY_MS = 500;

/** How deep files may include each other: more is a circle. */
const DEEPEST_INCLUDE = 20;

/** @throws DatabaseError with file and line of the statement that failed */
export async function runFiles(
  client: Client,
  files: readonly string[],
  options: RunFilesOptions,
): Promise<void> {
  for (const file of files) await runFile(client, file, options, 0);
}

async function runFile(client: Client, file: string, options: RunFilesOptions, depth: number): Promise<void> {
  const { signal, onProgress } = options;
  const source = await readText(file);
  const parts = splitStatements(source, 'postgresql');
  let said = 0;
  for (const [index, part] of parts.entries()) {
    if (signal?.aborted) throw cancelled(signal.reason);
    const following = parts[index + 1];
    const included = includedFile(source.slice(part.start, part.end), file);
    if (part.kind === 'psql' && included !== null && depth < DEEPEST_INCLUDE) {
      await runFile(client, included, options, depth + 1);
      continue;
    }
    if (performance.now() - said > PROGRESS_EVERY_MS) {
      onProgress?.(`Running ${file}: statement ${index + 1} of ${parts.length}`);
      said = performance.now();
    }
    await runPart(client, part, following, { file, source });
  }
}

/**
 * The file that psql's `\i FILE` (relative to the working folder) or `\ir FILE` (relative to the file that says so)
 * names, null for every other command.
 */
function includedFile(command: string, from: string): string | null {
  const match = /^\\(ir|include_relative|i|include)\s+(?:'((?:[^']|'')*)'|(\S+))\s*$/.exec(command);
  if (!match) return null;
  const name = match[2]?.replaceAll("''", "'") ?? match[3] ?? '';
  return match[1] === 'ir' || match[1] === 'include_relative'
    ? path.resolve(path.dirname(from), name)
    : path.resolve(name);
}

async function runPart(
  client: Client,
  part: StatementRange,
  following: StatementRange | undefined,
  { file, source }: { readonly file: string; readonly source: string },
): Promise<void> {
  if (part.kind === 'copyData') return;
  const place = `${file}, line ${lineAt(source, part.start)}`;
  const text = source.slice(part.start, part.end);
  if (part.kind !== 'sql') {
    throw new DatabaseError(
      'syntax',
      `${place}: "${text}" is a command of a client program, which the embedded database does not know. Take it out of the file.`,
    );
  }
  const data = following?.kind === 'copyData' ? source.slice(following.start, following.end) : undefined;
  try {
    await runSimple(client, text, data);
  } catch (cause) {
    const error = toDatabaseError(cause, { target: 'the embedded database', user: null, sql: text });
    throw new DatabaseError(error.reason, `${place}: ${error.message}`, { cause, code: error.code });
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new DatabaseError(
      'other',
      `The start file of the embedded database cannot be read: ${(cause as Error).message}. Check init= in the connection; the path is relative to the folder that you work in.`,
      { cause },
    );
  }
}

function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}
