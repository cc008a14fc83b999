import { readFile } from 'node:fs/promises';
import { DatabaseError } from '../core/database.ts';
import type { TlsSettings } from './connection-settings.ts';

/** The texts of the files that TLS settings name; those that are not named are left out. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** @throws DatabaseError reason 'tls' when a named file cannot be read */
export async function readTlsFiles(tls: TlsSettings): Promise<TlsFiles> {
  const [ca, cert, key] = await Promise.all([
    read(tls.authorityFile, 'authority (sslrootcert)'),
    read(tls.certificateFile, 'client certificate (sslcert)'),
    read(tls.keyFile, 'client key (sslkey)'),
  ]);
  return { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
}

async function read(file: string | null, what: string): Promise<string | null> {
  if (file === null) return null;
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new DatabaseError(
      'tls',
      `The file of the ${what} cannot be read: ${(cause as Error).message}. Check its path in the connection.`,
      { cause },
    );
  }
}
