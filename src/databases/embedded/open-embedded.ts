import type { CallOptions, Database } from '../../core/database.ts';
import type { EmbeddedSettings } from '../connection-settings.ts';
import { openPostgresDatabase } from '../postgres/postgres-database.ts';
import { EmbeddedTransport } from './embedded-transport.ts';

/**
 * Start the embedded PostgreSQL and run its start files when it is new.
 * @throws DatabaseError why it did not start, or which line of which file failed
 */
export function openEmbedded(
  settings: EmbeddedSettings,
  options: CallOptions & { readonly onProgress?: ((message: string) => void) | undefined },
): Promise<Database> {
  return openPostgresDatabase(new EmbeddedTransport(settings, options.onProgress), options);
}
