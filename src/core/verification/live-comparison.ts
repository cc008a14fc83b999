/** Original and candidate on the user's own data, in one snapshot, reading only. */
import {
  type Cell,
  DatabaseError,
  type QueryResult,
  type ReadOnlySession,
  type ResultColumn,
} from '../database.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import {
  compareColumns,
  compareMultisets,
  compareOrdered,
  multisetDifference,
  type Row,
  rowsText,
} from './compare-results.ts';
import type { Counterexample } from './evidence.ts';
import { type ServerHash, serverHash } from './server-hash.ts';
import { type SortedStatement, type SortKey, sortedStatement } from './sort-keys.ts';

export interface LiveOptions {
  readonly signal?: AbortSignal | undefined;
  /** milliseconds for each of the two statements; default 30,000 */
  readonly timeoutMs?: number | undefined;
  /** rows fetched at most; larger results are compared by hashing on the server. Default 20,000 */
  readonly maxRows?: number | undefined;
  /**
   * Results of the original from earlier comparisons, by statement: with several candidates it runs once. They come
   * from another snapshot, so a difference found with them must be confirmed without them.
   */
  readonly remembered?: Map<string, QueryResult> | undefined;
}

export type UnknownReason =
  | 'timeout'
  | 'rowCap'
  | 'notDeterministic'
  | 'error'
  | 'parameters'
  | 'volatile'
  | 'unsupported';

export type LiveComparison =
  | {
      readonly verdict: 'equal';
      /** 0 is no evidence: both were empty */
      readonly rows: number;
      readonly ordered: boolean;
      /** how the rows were compared when not one by one: a sentence */
      readonly note: string | null;
    }
  | { readonly verdict: 'different'; readonly counterexample: Counterexample }
  | { readonly verdict: 'unknown'; readonly reason: UnknownReason; readonly message: string };

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_ROWS = 20_000;

/**
 * Compare two statements on the data of a connection.
 *
 * @param session one read-only transaction whose snapshot does not move (REPEATABLE READ)
 * @param original a statement that reads, without placeholders
 * @param candidate the same
 * @returns 'different' only when the rows themselves show it; what ties and time limits leave open is 'unknown'
 * @throws DatabaseError 'cancelled' and 'connectionLost'
 */
export async function compareLive(
  session: ReadOnlySession,
  original: AnalyzedStatement,
  candidate: AnalyzedStatement,
  options: LiveOptions = {},
): Promise<LiveComparison> {
  return new LiveComparing(session, original, candidate, options).run();
}

class LiveComparing {
  private readonly session: ReadOnlySession;
  private readonly original: AnalyzedStatement;
  private readonly candidate: AnalyzedStatement;
  private readonly call: { signal: AbortSignal | undefined; timeoutMs: number; maxRows: number };
  private readonly remembered: Map<string, QueryResult>;

  constructor(
    session: ReadOnlySession,
    original: AnalyzedStatement,
    candidate: AnalyzedStatement,
    options: LiveOptions,
  ) {
    this.session = session;
    this.original = original;
    this.candidate = candidate;
    this.remembered = options.remembered ?? new Map();
    this.call = {
      signal: options.signal,
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      maxRows: options.maxRows ?? DEFAULT_MAX_ROWS,
    };
  }

  async run(): Promise<LiveComparison> {
    const sorted = sortedStatement(this.original);
    const before = await this.attempt('original', sorted?.sql ?? this.original.text);
    if ('verdict' in before) return before;
    const after = await this.attempt('candidate', this.candidate.text);
    if ('verdict' in after) return after;
    const visible = before.columns.slice(0, before.columns.length - (sorted?.appended ?? 0));
    const columns = compareColumns(visible, after.columns);
    if (columns) return { verdict: 'different', counterexample: { setup: '', ...columns } };
    const rows = before.rows.map((row) => row.slice(0, visible.length));
    if (before.truncated || after.truncated) return this.compareHashes(visible, rows, before, after, sorted);
    return this.compareRows(visible, rows, before, after, sorted);
  }

  private compareRows(
    visible: readonly ResultColumn[],
    rows: readonly Row[],
    before: QueryResult,
    after: QueryResult,
    sorted: SortedStatement | null,
  ): LiveComparison {
    const keys = sorted?.keys ? keyRows(sorted.keys, before, visible.length) : null;
    const whole = compareMultisets(rows, after.rows, visible);
    const limited = sorted === null || sorted.unlimited !== null;
    if (whole.verdict === 'different') {
      if (limited && rows.length === after.rows.length) return tiesAtLimit();
      return { verdict: 'different', counterexample: showDifference(visible, rows, after.rows) };
    }
    const ordered = sorted?.keys !== null;
    if (!keys) return { verdict: 'equal', rows: rows.length, ordered: false, note: null };
    const open = { rows, keys: keys.rows, keyTypes: keys.types, offset: 0, limit: null };
    const inOrder = compareOrdered(open, after.rows, visible);
    if (inOrder.verdict === 'equal') return { verdict: 'equal', rows: rows.length, ordered, note: null };
    return {
      verdict: 'different',
      counterexample: showOrder(visible, rows, after.rows),
    };
  }

  /** Results too large to fetch: number of rows and a hash over all rows, whatever their order. */
  private async compareHashes(
    visible: readonly ResultColumn[],
    rows: readonly Row[],
    before: QueryResult,
    after: QueryResult,
    sorted: SortedStatement | null,
  ): Promise<LiveComparison> {
    const server = serverHash(this.original.dialect, [...visible, ...after.columns]);
    if (!server)
      return unknown(
        'rowCap',
        `More than ${this.call.maxRows} rows, or too much to be kept: they were not compared.`,
      );
    if (sorted === null || sorted.unlimited !== null) {
      return unknown(
        'rowCap',
        `More than ${this.call.maxRows} rows under a LIMIT, or too much to be kept: they were not compared.`,
      );
    }
    const left = await this.attempt('original', server.hash(this.original.text, visible));
    if ('verdict' in left) return left;
    const right = await this.attempt('candidate', server.hash(this.candidate.text, after.columns));
    if ('verdict' in right) return right;
    const [count, hash] = left.rows[0] ?? [];
    const [otherCount, otherHash] = right.rows[0] ?? [];
    if (count !== otherCount) {
      const counterexample = { setup: '', before: `${count} rows`, after: `${otherCount} rows` };
      return { verdict: 'different', counterexample };
    }
    if (hash !== otherHash) return this.findDifference(visible, server, Number(count));
    const order = sorted.keys ? this.orderOfPrefix(visible, rows, before, after, sorted.keys) : null;
    if (order) return order;
    const note = `${count} rows compared by number and hash on the server, not one by one.`;
    return { verdict: 'equal', rows: Number(count), ordered: false, note };
  }

  /** In a result that was cut off, all groups of peers but the last are complete and must be in order. */
  private orderOfPrefix(
    visible: readonly ResultColumn[],
    rows: readonly Row[],
    before: QueryResult,
    after: QueryResult,
    sortKeys: readonly SortKey[],
  ): LiveComparison | null {
    const keys = keyRows(sortKeys, before, visible.length);
    if (!keys) return null;
    const last = JSON.stringify(keys.rows.at(-1));
    const complete = keys.rows.findIndex((row) => JSON.stringify(row) === last);
    const shown = after.rows.slice(0, complete);
    const open = {
      rows: rows.slice(0, complete),
      keys: keys.rows.slice(0, complete),
      keyTypes: keys.types,
      offset: 0,
      limit: null,
    };
    if (compareOrdered(open, shown, visible).verdict === 'equal') return null;
    return { verdict: 'different', counterexample: showOrder(visible, open.rows, shown) };
  }

  /** Hashes see spellings where the difference of the results sees values (PostgreSQL: 1.0 and 1.00). */
  private async findDifference(
    visible: readonly ResultColumn[],
    server: ServerHash,
    rows: number,
  ): Promise<LiveComparison> {
    const [left, right] = [this.original.text, this.candidate.text];
    const sides = [server.difference(left, right, visible), server.difference(right, left, visible)];
    const [forth, back] = sides;
    if (!forth || !back) return differentHashes(rows);
    const onlyBefore = await this.attempt('candidate', forth);
    const onlyAfter = await this.attempt('candidate', back);
    if ('verdict' in onlyBefore || 'verdict' in onlyAfter) {
      // MySQL has EXCEPT since 8.0.31; its hash is of values, so it is enough
      if (this.original.dialect !== 'postgresql') return differentHashes(rows);
      return 'verdict' in onlyBefore ? onlyBefore : (onlyAfter as LiveComparison);
    }
    if (onlyBefore.rows.length === 0 && onlyAfter.rows.length === 0) {
      const note = 'All rows compared by value on the server, not fetched.';
      return { verdict: 'equal', rows: this.call.maxRows, ordered: false, note };
    }
    const { onlyBefore: lost } = multisetDifference(onlyBefore.rows, onlyAfter.rows, visible);
    if (lost.length === 0) {
      return unknown('rowCap', 'The results are too large to compare floating-point values row by row.');
    }
    return {
      verdict: 'different',
      counterexample: {
        setup: '',
        before: `only in the original:\n${rowsText(visible, onlyBefore.rows)}`,
        after: `only in the candidate:\n${rowsText(visible, onlyAfter.rows)}`,
      },
    };
  }

  /** Run one statement; what it raises becomes a verdict. */
  private async attempt(who: 'original' | 'candidate', sql: string): Promise<QueryResult | LiveComparison> {
    const known = who === 'original' ? this.remembered.get(sql) : undefined;
    if (known) return known;
    try {
      const result = await this.session.query(sql, this.call);
      if (who === 'original') this.remembered.set(sql, result);
      return result;
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      return this.failed(who, error);
    }
  }

  private failed(who: 'original' | 'candidate', error: DatabaseError): LiveComparison {
    switch (error.reason) {
      case 'cancelled':
      case 'connectionLost':
        throw error;
      case 'timeout':
        return unknown(
          'timeout',
          `The ${who} did not end within ${this.call.timeoutMs / 1000} s on your data, so the rows were not compared.`,
        );
      case 'dataException':
      case 'syntax':
      case 'undefinedObject':
        if (who === 'original') return unknown('error', `The original itself fails: ${error.message}`);
        return {
          verdict: 'different',
          counterexample: {
            setup: '',
            before: 'It runs without an error.',
            after: `error: ${error.message}`,
          },
        };
      default:
        return unknown('error', `The ${who} could not be run on your data: ${error.message}`);
    }
  }
}

/** The sort keys of every row of a result, null when a named one is not among its columns. */
export function keyRows(
  keys: readonly SortKey[],
  result: Pick<QueryResult, 'columns' | 'rows'>,
  visible: number,
): { readonly rows: readonly Row[]; readonly types: readonly string[] } | null {
  const places = keys.map((key) => {
    switch (key.at) {
      case 'appended':
        return visible + key.index;
      case 'position':
        return key.index;
      case 'name':
        return result.columns.findIndex((column) => column.name === key.name);
      default:
        return key satisfies never;
    }
  });
  if (places.some((place) => place < 0 || place >= result.columns.length)) return null;
  return {
    rows: result.rows.map((row) => places.map((place): Cell => row[place] ?? null)),
    types: places.map((place) => result.columns[place]?.type ?? 'text'),
  };
}

/** The hashes differ, and which rows make the difference is not known. */
function differentHashes(rows: number): LiveComparison {
  const counterexample = {
    setup: '',
    before: `${rows} rows.`,
    after: `${rows} rows, at least one of them with another value; they were compared by hash on the server.`,
  };
  return { verdict: 'different', counterexample };
}

function unknown(reason: UnknownReason, message: string): LiveComparison {
  return { verdict: 'unknown', reason, message };
}

function tiesAtLimit(): LiveComparison {
  return unknown(
    'notDeterministic',
    'The original has a LIMIT without an order that is total: which rows it returns is not determined, so they ' +
      'cannot be compared. Add a unique column to its ORDER BY.',
  );
}

function showDifference(
  columns: readonly ResultColumn[],
  before: readonly Row[],
  after: readonly Row[],
): Counterexample {
  const { onlyBefore, onlyAfter } = multisetDifference(before, after, columns);
  return {
    setup: '',
    before: `${before.length} rows; only in the original:\n${rowsText(columns, onlyBefore)}`,
    after: `${after.length} rows; only in the candidate:\n${rowsText(columns, onlyAfter)}`,
  };
}

function showOrder(
  columns: readonly ResultColumn[],
  before: readonly Row[],
  after: readonly Row[],
): Counterexample {
  const first = before.findIndex((row, i) => JSON.stringify(row) !== JSON.stringify(after[i]));
  const from = Math.max(0, first);
  return {
    setup: '',
    before: `in this order, from row ${from + 1}:\n${rowsText(columns, before.slice(from, from + 4))}`,
    after: `in another order, from row ${from + 1}:\n${rowsText(columns, after.slice(from, from + 4))}`,
  };
}
