/** A pair of statements made ready for the sandbox: the clock stopped, placeholders bound, sort keys visible. */
import type { Catalog } from '../../catalog/catalog.ts';
import type { ResultColumn } from '../../database.ts';
import { analyzeStatement } from '../../sql/analyze.ts';
import type { FunctionCall, Placeholder } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { writes } from '../../sql/statement-facts.ts';
import { applyEdits, type TextEdit } from '../../sql/text.ts';
import { walk } from '../../sql/walk.ts';
import { stringLiteral } from '../generate/ddl.ts';
import { FROZEN_NOW } from '../generate/instants.ts';
import { isMysql } from '../generate/search-space.ts';
import { type SortedStatement, sortedStatement } from '../sort-keys.ts';
import { RETURNING_MARK } from './harness.ts';

/** One statement of a pair, as the sandbox runs it. */
export interface Side {
  /** the statement with its sort keys appended */
  readonly run: string;
  /** the same without LIMIT and OFFSET; null when there is none */
  readonly all: string | null;
  /** null when its ORDER BY and LIMIT could not be read; for writes too */
  readonly sorted: SortedStatement | null;
}

/** What both statements return, without appended sort keys. */
export interface PairColumns {
  readonly visible: readonly ResultColumn[];
  /** all columns of each side's `run` */
  readonly original: readonly ResultColumn[];
  readonly candidate: readonly ResultColumn[];
}

/** A placeholder that is a new parameter at each place, whatever its text. */
const POSITIONAL = new Set(['?', '%s']);

/** Names the placeholders of a statement so that the same parameter has the same name in both statements. */
export function parameterKeys(statement: AnalyzedStatement): ReadonlyMap<number, string> {
  const placeholders: Placeholder[] = [];
  walk(statement.tree, (node) => {
    if (node.kind === 'placeholder') placeholders.push(node);
  });
  placeholders.sort((a, b) => a.start - b.start);
  let position = 0;
  return new Map(
    placeholders.map((node) => [node.start, POSITIONAL.has(node.text) ? `#${++position}` : node.text]),
  );
}

/** The statement with `$n` for every placeholder, in the order of `keys`: what the server infers types from. */
export function numbered(statement: AnalyzedStatement, keys: readonly string[]): string {
  return bind(statement, (key) => `$${keys.indexOf(key) + 1}`);
}

/**
 * One side of a pair.
 *
 * @param values the parameters' literals by key
 */
export function prepareSide(
  statement: AnalyzedStatement,
  catalog: Catalog,
  values: ReadonlyMap<string, string>,
): Side {
  const text = stripEnd(bind(statement, (key) => values.get(key) ?? 'NULL'));
  if (writes(statement)) {
    const returns = statement.tree.kind === 'queryStatement' || hasReturning(statement);
    return { run: returns ? `${RETURNING_MARK}${text}` : text, all: null, sorted: null };
  }
  const sorted = sortedStatement(analyzeStatement(text, catalog));
  return { run: sorted?.sql ?? text, all: sorted?.unlimited ?? null, sorted };
}

/** A parameter's value as an expression of its type. */
export function parameterLiteral(value: string | null, type: string): string {
  return value === null ? `CAST(NULL AS ${type})` : `CAST(${stringLiteral(value)} AS ${type})`;
}

function hasReturning(statement: AnalyzedStatement): boolean {
  const { tree } = statement;
  const writing =
    tree.kind === 'insert' || tree.kind === 'update' || tree.kind === 'delete' || tree.kind === 'merge';
  return writing && tree.returning.length > 0;
}

function bind(statement: AnalyzedStatement, value: (key: string) => string): string {
  const keys = parameterKeys(statement);
  const edits: TextEdit[] = [];
  walk(statement.tree, (node) => {
    const key = node.kind === 'placeholder' ? keys.get(node.start) : undefined;
    if (key !== undefined) edits.push({ start: node.start, end: node.end, text: value(key) });
    // MySQL's clock is stopped by a session variable
    const frozen = node.kind === 'call' && !isMysql(statement.dialect) ? frozenClock(node) : null;
    if (frozen !== null) edits.push({ start: node.start, end: node.end, text: frozen });
    return frozen === null ? undefined : false;
  });
  return applyEdits(statement.text, edits);
}

/**
 * The clock stopped at {@link FROZEN_NOW}, so that a run can be repeated and values on both sides of "now" can be
 * generated. The result's column keeps its name: a cast of a literal would be called 'timestamptz'.
 */
function frozenClock(call: FunctionCall): string | null {
  const moment = stringLiteral(FROZEN_NOW);
  switch (call.function) {
    case 'now':
    case 'current_timestamp':
    case 'transaction_timestamp':
    case 'statement_timestamp':
      return `(CAST(${moment} AS timestamptz))`;
    case 'localtimestamp':
      return `(CAST(${moment} AS timestamp))`;
    case 'current_date':
      return `(CAST(${moment} AS date))`;
    default:
      return null;
  }
}

/** Other names of the clock. */
const MYSQL_CLOCK: ReadonlySet<string> = new Set([
  ...[
    'curdate',
    'curtime',
    'current_time',
    'localtime',
    'utc_date',
    'utc_time',
    'utc_timestamp',
    'unix_timestamp',
  ],
]);

/** True when the statement reads the clock. */
export function readsClock(statement: AnalyzedStatement): boolean {
  let found = false;
  walk(statement.tree, (node) => {
    if (node.kind === 'call' && (frozenClock(node) !== null || MYSQL_CLOCK.has(node.function))) found = true;
  });
  return found;
}

/** Without the final semicolon and the blanks around it. */
function stripEnd(sql: string): string {
  return sql.replace(/[\s;]+$/, '');
}
