/** Reading SQL from files and standard input, with a clear word about what is not SQL text. */
import { readFile, stat } from 'node:fs/promises';
import { UsageError } from './verb.ts';

/** Bytes up to which a file is read; a larger one is no hand-written SQL. */
const LARGEST = 64 * 1024 * 1024;

/**
 * Read a file, or standard input for '-'.
 *
 * @returns its text without a byte-order mark; UTF-8, or UTF-16 when a byte-order mark says so
 * @throws UsageError when it is missing, a folder, too large, binary or not valid text
 */
export async function readSource(path: string): Promise<string> {
  if (path === '-') return decode(await readStandardInput(), 'standard input');
  const info = await stat(path).catch((cause: unknown) => {
    throw new UsageError(`Cannot read ${path}: ${reasonOf(cause)}.`);
  });
  if (info.isDirectory()) throw new UsageError(`${path} is a folder: name a file.`);
  if (info.size > LARGEST) {
    throw new UsageError(
      `${path} has ${Math.round(info.size / 1048576)} MB: more than the ${LARGEST / 1048576} MB that are read.`,
    );
  }
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new UsageError(`Cannot read ${path}: ${reasonOf(cause)}.`);
  });
  return decode(bytes, path);
}

/** Decode bytes as text. Exported for its tests. @throws UsageError as {@link readSource} */
export function decode(bytes: Uint8Array, name: string): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  if (bytes.includes(0)) {
    throw new UsageError(`${name} is a binary file, not SQL text (it holds zero bytes). Nothing was read.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${name} is not valid UTF-8. Save it as UTF-8 and try again.`);
  }
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

function reasonOf(cause: unknown): string {
  const code = (cause as { code?: string }).code;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  return cause instanceof Error ? cause.message : String(cause);
}
