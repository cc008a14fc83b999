import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { DatabaseError } from '../../core/database.ts';
import type { TlsSettings } from '../connection-settings.ts';

/**
 * The driver's TLS settings for a mode.
 *
 * @returns false for a connection without TLS
 * @throws DatabaseError reason 'tls' when a named file cannot be read
 */
export async function tlsOptions(tls: TlsSettings): Promise<ConnectionOptions | false> {
  if (tls.mode === 'disable') return false;
  const [ca, cert, key] = await Promise.all([
    read(tls.authorityFile, 'authority (sslrootcert)'),
    read(tls.certificateFile, 'client certificate (sslcert)'),
    read(tls.keyFile, 'client key (sslkey)'),
  ]);
  const identity = { ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
  switch (tls.mode) {
    case 'prefer':
    case 'require':
      return { rejectUnauthorized: false, ...identity };
    case 'verify-ca':
      return { checkServerIdentity: () => undefined, ...(ca ? { ca } : {}), ...identity };
    case 'verify-full':
      return { ...(ca ? { ca } : {}), ...identity };
    default:
      throw new Error(`unknown mode ${tls.mode satisfies never}`);
  }
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
