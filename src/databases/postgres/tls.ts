import type { ConnectionOptions } from 'node:tls';
import type { TlsSettings } from '../connection-settings.ts';
import { readTlsFiles } from '../tls-files.ts';

/**
 * The driver's TLS settings for a mode.
 *
 * @returns false for a connection without TLS
 * @throws DatabaseError reason 'tls' when a named file cannot be read
 */
export async function tlsOptions(tls: TlsSettings): Promise<ConnectionOptions | false> {
  if (tls.mode === 'disable') return false;
  const { ca, ...identity } = await readTlsFiles(tls);
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
