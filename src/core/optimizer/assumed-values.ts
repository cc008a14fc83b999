/**
 * Values for parameters, for planners that plan for values only (MySQL, MariaDB). They are found in a few rows of the
 * tables that the parameters are compared with, and serve for prices alone.
 */
import { canonicalType, typeFamily } from '../catalog/type-family.ts';
import {
  type CallOptions,
  type Cell,
  DatabaseError,
  type ParameterValue,
  type ReadOnlySession,
} from '../database.ts';
import { formatTimestamp, parseTimestamp } from '../sql/properties/constants.ts';
import type { AnalyzedStatement, Source } from '../sql/query-model.ts';
import { identifierText } from '../sql/writing/identifiers.ts';
import { type Compared, type ParameterUse, parameterUses } from './parameter-uses.ts';
import { numberPlaceholders, parametersOf, plansForValuesOnly } from './parameters.ts';

/** Values by the parameters' keys, and how they were come by, without telling one. */
export interface AssumedValues {
  readonly values: ReadonlyMap<string, ParameterValue>;
  /** one sentence */
  readonly note: string;
}

/** A statement for the planner: its text, and a value for each `?` where it needs them. */
export interface ValuedStatement {
  readonly sql: string;
  readonly values: readonly ParameterValue[];
}

/** Rows that are read from each end of a table's primary key. */
const ROWS = 100;
/** Milliseconds that reading them may take, for each table. */
const SAMPLING_MS = 2_000;
/** Characters of a long text that are read. */
const TEXT_LENGTH = 100;
/** Rows that LIMIT and OFFSET are assumed to be about: the second page of a list. */
const PAGE = '20';
/** One bound alone leaves a third of the rows, as planners assume of a bound that they do not know; two leave a twentieth. */
const SHARES = { below: 1 / 3, above: 2 / 3, from: 0.475, to: 0.525 } as const;

/**
 * Values for the parameters of a statement.
 *
 * @param session reads a few rows of each table, within a limit of its own
 * @returns a sentence that says why there are none, when one parameter has none
 * @throws DatabaseError when the connection fails or the call is cancelled
 */
export async function assumeValues(
  session: ReadOnlySession,
  statement: AnalyzedStatement,
  { timeoutMs = SAMPLING_MS, signal }: CallOptions,
): Promise<AssumedValues | string> {
  const uses: ParameterUse[] = [];
  const found = parameterUses(statement);
  const known = new Set(found.filter(({ use }) => use !== null).map(({ parameter }) => parameter.key));
  for (const { parameter, use } of found) {
    if (use) uses.push(use);
    // one that is used elsewhere too has its value from there
    else if (!known.has(parameter.key))
      return `${named(parameter.key)} is compared with nothing whose values are known.`;
  }
  const samples = new Map<Source, Sample>();
  for (const source of new Set(uses.flatMap(({ compared }) => (compared ? [compared.source] : [])))) {
    const expressions = uses.flatMap(({ compared }) => (compared?.source === source ? [compared.sql] : []));
    try {
      const options = { timeoutMs: Math.min(timeoutMs, SAMPLING_MS), signal, maxRows: 2 * ROWS };
      const query = sampleQuery(source, [...new Set(expressions)], statement);
      samples.set(
        source,
        readSample([...new Set(expressions)], await session.query(query, options), statement),
      );
    } catch (error) {
      if (!DatabaseError.is(error)) throw error;
      if (error.reason === 'cancelled' || error.reason === 'connectionLost') throw error;
      // the message may quote a value
      return `Values of ${nameOf(source)} could not be read (${error.reason}).`;
    }
  }
  return choose(uses, samples);
}

/** The planner needs values that the statement does not have. */
export function needsValues(statement: AnalyzedStatement): boolean {
  return plansForValuesOnly(statement) && parametersOf(statement).length > 0;
}

/**
 * The statement as the planner takes it: with `?` at each place of a parameter and the values in their order, where it
 * plans for values only.
 *
 * @returns null when it needs a value that is not there, or something other than a value is left open
 */
export function plannable(
  statement: AnalyzedStatement,
  assumed: AssumedValues | null,
): ValuedStatement | null {
  const bound = numberPlaceholders(statement);
  if (!bound || !needsValues(statement)) return bound && { sql: bound.sql, values: [] };
  const values = parametersOf(statement).flatMap(({ key }) => assumed?.values.get(key) ?? []);
  return values.length === parametersOf(statement).length ? { sql: bound.sql, values } : null;
}

/** What was read of one table: cells by expression, those of the first rows before those of the last. */
interface Sample {
  readonly cells: ReadonlyMap<string, readonly Cell[]>;
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly rows: number;
}

type Kind = ParameterValue['kind'] | 'moment';

function nameOf(source: Source): string {
  return source.table?.name ?? source.alias;
}

/** Both ends of the primary key: the oldest rows and the latest, wherever keys grow. */
function sampleQuery(source: Source, expressions: readonly string[], statement: AnalyzedStatement): string {
  const { table } = source;
  const long = (sql: string) => {
    const column = table?.columns.find(({ name }) =>
      sql.endsWith(`.${identifierText(name, statement.dialect)}`),
    );
    return /text|json|blob/i.test(column?.type ?? '') ? `LEFT(${sql}, ${TEXT_LENGTH})` : sql;
  };
  const select = `SELECT ${expressions.map(long).join(', ')} FROM ${nameOfRows(source, statement)}`;
  const key = table?.keys.find(({ primary }) => primary)?.columns ?? [];
  if (key.length === 0) return `${select} LIMIT ${2 * ROWS}`;
  const names = key.map((column) => identifierText(column, statement.dialect));
  const ordered = (direction: string) =>
    `(${select} ORDER BY ${names.map((name) => `${name}${direction}`).join(', ')} LIMIT ${ROWS})`;
  return `${ordered('')} UNION ALL ${ordered(' DESC')}`;
}

/** The table under the name that its columns are qualified by: without hints, which may forbid the primary key. */
function nameOfRows({ node, alias }: Source, statement: AnalyzedStatement): string {
  if (node.kind !== 'table') return alias;
  const [first] = node.name;
  const name = statement.text.slice(first.start, (node.name.at(-1) ?? first).end);
  return node.alias ? `${name} AS ${node.alias.name.text}` : name;
}

function readSample(
  expressions: readonly string[],
  { columns, rows }: Awaited<ReturnType<ReadOnlySession['query']>>,
  { dialect }: AnalyzedStatement,
): Sample {
  const kindAt = (index: number): Kind => {
    const family = typeFamily(canonicalType(columns[index]?.type ?? '', dialect), dialect);
    if (['integer', 'decimal', 'float'].includes(family)) return 'number';
    if (['date', 'timestamp', 'timestamptz'].includes(family)) return 'moment';
    const bytes = rows.some((row) => row[index] !== null);
    return (family === 'binary' || family === 'bit') && bytes ? 'bytes' : 'text';
  };
  return {
    cells: new Map(expressions.map((sql, index) => [sql, rows.map((row) => row[index] ?? null)])),
    kinds: new Map(expressions.map((sql, index) => [sql, kindAt(index)])),
    rows: rows.length,
  };
}

/** A value for each parameter, and what is said of them. */
function choose(uses: readonly ParameterUse[], samples: ReadonlyMap<Source, Sample>): AssumedValues | string {
  const chosen = new Map<string, { readonly value: ParameterValue; readonly saying: string }>();
  const typical = new Map<Source, number>();
  for (const [source, sample] of samples) {
    const equal = uses.flatMap(({ role, compared }) =>
      role === 'equal' && compared?.source === source ? [sample.cells.get(compared.sql) ?? []] : [],
    );
    typical.set(source, typicalRow(equal, sample.rows));
  }
  const members = new Map<string, number>();
  for (const use of uses) {
    const {
      parameter: { key },
      role,
      compared,
    } = use;
    if (chosen.has(key)) continue;
    if (!compared) {
      chosen.set(key, WITHOUT_COLUMN[role] ?? { value: { kind: 'number', text: '1' }, saying: '1' });
      continue;
    }
    const sample = samples.get(compared.source);
    const cells = sample?.cells.get(compared.sql) ?? [];
    const kind = sample?.kinds.get(compared.sql) ?? 'text';
    const member = members.get(compared.sql) ?? 0;
    if (role === 'member') members.set(compared.sql, member + 1);
    const row = typical.get(compared.source) ?? 0;
    const text = textFor(use, { cells, kind, row, member, both: hasBoth(uses, compared) });
    if (text === null) return `${compared.name} has no values to plan ${named(key)} with.`;
    chosen.set(key, {
      value: { kind: kind === 'moment' || role === 'pattern' || role === 'piece' ? 'text' : kind, text },
      saying: `${SAYING[role] ?? 'a value of'} ${compared.name}`,
    });
  }
  const said = [...chosen].map(([key, { saying }]) => `${named(key)} is ${saying}`);
  return {
    values: new Map([...chosen].map(([key, { value }]) => [key, value])),
    note: `Planned for assumed values, since this server plans for values only: ${said.join(', ')}.`,
  };
}

const rowsAssumed = { value: { kind: 'number', text: PAGE }, saying: `${PAGE} rows` } as const;
const WITHOUT_COLUMN: Readonly<
  Partial<Record<ParameterUse['role'], { readonly value: ParameterValue; readonly saying: string }>>
> = {
  count: rowsAssumed,
  offset: rowsAssumed,
  present: { value: { kind: 'number', text: '1' }, saying: 'not NULL' },
  plain: { value: { kind: 'number', text: '1' }, saying: 'a number' },
  figure: { value: { kind: 'number', text: '10' }, saying: 'a number' },
};
const SAYING: Readonly<Partial<Record<ParameterUse['role'], string>>> = {
  below: 'a bound within',
  above: 'a bound within',
  pattern: 'a beginning of',
  piece: 'a part of',
};

function hasBoth(uses: readonly ParameterUse[], { source, sql }: Compared): boolean {
  const roles = uses
    .filter(({ compared }) => compared?.source === source && compared.sql === sql)
    .map(({ role }) => role);
  return roles.includes('below') && roles.includes('above');
}

/** The first row whose value of the first expression is the most common one, among those without NULLs. */
function typicalRow(columns: readonly (readonly Cell[])[], rows: number): number {
  const whole = Array.from({ length: rows }, (_, row) => row).filter((row) =>
    columns.every((cells) => (cells[row] ?? null) !== null),
  );
  const counts = new Map<Cell, number>();
  const first = columns[0] ?? [];
  for (const row of whole) counts.set(first[row] ?? null, (counts.get(first[row] ?? null) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  return whole.find((row) => counts.get(first[row] ?? null) === most) ?? 0;
}

interface Choice {
  readonly cells: readonly Cell[];
  readonly kind: Kind;
  readonly row: number;
  /** the how-many-th of a list */
  readonly member: number;
  /** the expression has a lower and an upper bound */
  readonly both: boolean;
}

function textFor({ role }: ParameterUse, { cells, kind, row, member, both }: Choice): string | null {
  const present = cells.filter((cell): cell is string => cell !== null);
  if (present.length === 0) return null;
  const own = cells[row] ?? present[0] ?? '';
  switch (role) {
    case 'member': {
      const distinct = [...new Set([own, ...present])];
      return distinct[member % distinct.length] ?? null;
    }
    case 'below':
      return boundAt(present, kind, both ? SHARES.to : SHARES.below);
    case 'above':
      return boundAt(present, kind, both ? SHARES.from : SHARES.above);
    case 'pattern':
      return `${beginning(own)}%`;
    case 'piece':
      return beginning(own);
    default:
      return own;
  }
}

function beginning(text: string): string {
  return [...text.replace(/[%_\\]/g, '')].slice(0, 3).join('');
}

/**
 * The value that so large a share lies below: between the middles of the first rows and of the last ones, where they can
 * be reckoned with, else by the order of the values that were read.
 */
function boundAt(present: readonly string[], kind: Kind, share: number): string | null {
  const half = Math.ceil(present.length / 2);
  const ends = [present.slice(0, half), present.slice(-half)].map((values) => quantile(values, kind, 0.5));
  const [low, high] = ends.map((text) => (text === null ? null : magnitude(text, kind)));
  if (low === null || high === null || low === undefined || high === undefined || low === high) {
    return quantile(present, kind, share);
  }
  const between = Math.min(low, high) + Math.abs(high - low) * share;
  if (kind === 'moment') return formatTimestamp(BigInt(Math.round(between / 1e6)) * 1_000_000n);
  return Number.isInteger(low) && Number.isInteger(high) ? String(Math.round(between)) : between.toFixed(4);
}

function quantile(values: readonly string[], kind: Kind, share: number): string | null {
  const sorted = [...values].sort((a, b) => {
    const [x, y] = [magnitude(a, kind), magnitude(b, kind)];
    return x !== null && y !== null ? x - y : a < b ? -1 : Number(a > b);
  });
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}

/** A number, microseconds for a moment; null for what is neither. */
function magnitude(text: string, kind: Kind): number | null {
  if (kind === 'moment') {
    const micros = parseTimestamp(text);
    return micros === null ? null : Number(micros);
  }
  const number = kind === 'number' ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? number : null;
}

/** '#2' is the second `?`. */
function named(key: string): string {
  return key.startsWith('#') && /^#\d+$/.test(key) ? `parameter ${key.slice(1)}` : key;
}
