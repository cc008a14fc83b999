/** What a whole run took, from MariaDB's ANALYZE FORMAT=JSON. https://mariadb.com/kb/en/analyze-format-json/ */
import { escapedJson } from './mariadb-json.ts';
import { type Entries, entriesOf, numberOf, objectOf, parseRepeatedKeys } from './repeated-keys.ts';

export interface MariadbTotals {
  /** milliseconds in the server, planning included: it evaluates what is constant while planning */
  readonly elapsedMs: number;
  readonly pagesAccessed: number;
  /** of them, those that were not in memory */
  readonly pagesRead: number;
}

/** What a run took, from ANALYZE FORMAT=JSON. @throws SyntaxError, TypeError as `readMariadbPlan` */
export function mariadbTotals(json: string): MariadbTotals {
  const top = parseRepeatedKeys(escapedJson(json));
  const block = objectOf(top, 'query_block');
  if (!block) throw new TypeError('ANALYZE returned no plan');
  const optimization = objectOf(top, 'query_optimization');
  const planning = optimization ? (numberOf(optimization, 'r_total_time_ms') ?? 0) : 0;
  return {
    elapsedMs: planning + blockTime(block),
    pagesAccessed: sumOf(json, 'pages_accessed'),
    pagesRead: sumOf(json, 'pages_read_count'),
  };
}

/** Milliseconds of a query block; a union has no total of its own: the sum of its parts. */
export function blockTime(block: Entries): number {
  const own = numberOf(block, 'r_total_time_ms');
  if (own !== null) return own;
  let sum = 0;
  for (const [key, value] of block) {
    const inner = entriesOf(value);
    if (key === 'query_block' || key === 'union_result' || key === 'recursive_union' || key === 'filesort') {
      if (inner) sum += blockTime(inner);
    } else if (key === 'query_specifications' && Array.isArray(value)) {
      for (const part of value) sum += blockTime(entriesOf(part) ?? []);
    }
  }
  return sum;
}

/** The sum of a figure over a whole plan. */
function sumOf(json: string, key: string): number {
  let sum = 0;
  for (const [, value] of json.matchAll(new RegExp(`"${key}":\\s*(\\d+)`, 'g'))) sum += Number(value);
  return sum;
}
