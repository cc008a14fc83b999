import type { Connected } from './connect.ts';
import { runText } from './wire.ts';

const QUESTION = `
  SELECT CONCAT(t.TABLE_SCHEMA, '.', t.TABLE_NAME, ' (', t.ENGINE, ')')
    FROM information_schema.TABLES AS t
    JOIN information_schema.ENGINES AS e ON e.ENGINE = t.ENGINE
   WHERE t.TABLE_TYPE = 'BASE TABLE' AND COALESCE(e.TRANSACTIONS, 'NO') <> 'YES'
     AND t.TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
   ORDER BY 1`;

/** The user's tables whose engine knows no transactions: what is written there stays. */
export async function tablesWithoutRollback(connected: Connected): Promise<string[]> {
  return (await runText(connected, QUESTION)).rows.flatMap(([name]) => name ?? []);
}
