/** A server's own hints for a report, which is worth showing without them too. */
import { type CallOptions, type Database, DatabaseError } from '../database.ts';
import { type HintReport, hintReport } from './report.ts';

/**
 * @returns why there are none, when reading them fails; null where the engine says nothing of indexes
 * @throws DatabaseError when the call is stopped
 */
export async function readHints(
  database: Pick<Database, 'readIndexHints'>,
  options: CallOptions,
): Promise<HintReport | null> {
  if (!database.readIndexHints) return null;
  try {
    return hintReport(await database.readIndexHints(options));
  } catch (error) {
    if (!DatabaseError.is(error) || error.reason === 'cancelled') throw error;
    return { unavailable: error.message, remedy: null };
  }
}
