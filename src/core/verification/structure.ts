/** The cheap gates: what two statements say about themselves, before anything is run. */

import type { FunctionCall } from '../sql/ast.ts';
import { catalogFunctions } from '../sql/properties/functions.ts';
import { volatilityOf } from '../sql/properties/volatility.ts';
import type { AnalyzedStatement, Output } from '../sql/query-model.ts';
import { statementKind, writes } from '../sql/statement-facts.ts';
import { walk } from '../sql/walk.ts';
import type { Counterexample } from './evidence.ts';
import { parameterKeys } from './search/pair.ts';

export type StructureVerdict =
  | { readonly verdict: 'comparable' }
  /** they differ whatever the data */
  | { readonly verdict: 'different'; readonly counterexample: Counterexample }
  /** running them would not tell, or would not be safe: a sentence */
  | { readonly verdict: 'unknown'; readonly message: string };

/**
 * May two statements be compared by running them, and do their forms already differ?
 * Nothing is run; the catalog of `original` says what names mean.
 */
export function compareStructure(
  original: AnalyzedStatement,
  candidate: AnalyzedStatement,
): StructureVerdict {
  for (const [who, statement] of [
    ['original', original],
    ['rewrite', candidate],
  ] as const) {
    const reason = unreadable(statement);
    if (reason !== null) return { verdict: 'unknown', message: `The ${who} ${reason}` };
  }
  const kinds = [statementKind(original.tree), statementKind(candidate.tree)];
  if (kinds[0] !== kinds[1] || writes(original) !== writes(candidate)) {
    return different(`${kinds[0]} statement`, `${kinds[1]} statement`);
  }
  const names = [outputNames(original), outputNames(candidate)] as const;
  if (names[0] !== null && names[1] !== null && names[0].join('\n') !== names[1].join('\n')) {
    return different(`columns: ${names[0].join(', ')}`, `columns: ${names[1].join(', ')}`);
  }
  const parameters = unknownParameters(original, candidate);
  if (parameters !== null) return { verdict: 'unknown', message: parameters };
  return { verdict: 'comparable' };
}

function different(before: string, after: string): StructureVerdict {
  return { verdict: 'different', counterexample: { setup: '-- any data', before, after } };
}

/** Why a statement cannot be run for a comparison; null when it can. */
function unreadable(statement: AnalyzedStatement): string | null {
  const { tree } = statement;
  if (tree.kind === 'opaque') return `could not be read: ${tree.reason}.`;
  const range = statement.opaque.find((part) => part.inert !== true);
  if (range) {
    const text = statement.text.slice(range.start, Math.min(range.end, range.start + 40));
    if (range.understood) return `has ${range.reason} (${text.trim()}), so it was not run for a comparison.`;
    return `has a part that could not be read (${text.trim()}), so it was not run for a comparison.`;
  }
  const kind = statementKind(tree);
  if (kind === 'ddl' || kind === 'explain' || kind === 'other')
    return `is no query and no change of rows (${kind}).`;
  const volatile = volatileCall(statement);
  if (volatile !== null) return volatile;
  let locks = false;
  walk(tree, (node) => {
    if (node.kind === 'locking') locks = true;
  });
  return locks ? 'locks rows (FOR UPDATE or the like): which rows are locked cannot be compared.' : null;
}

function volatileCall(statement: AnalyzedStatement): string | null {
  let found: FunctionCall | null = null;
  walk(statement.tree, (node) => {
    if (found || node.kind !== 'call' || isPureSet(node, statement)) return;
    if (volatilityOf(withoutArguments(node), statement) === 'volatile') found = node;
  });
  const call = found as FunctionCall | null;
  if (!call) return null;
  const known = statement.catalog.functions.some((f) => f.name === call.function);
  const what =
    known || VOLATILE.has(call.function) ? 'gives another value at each call' : 'is not known here';
  return `calls ${call.function}(), which ${what} or may have effects, so it was not run for a comparison.`;
}

/** Built-in functions that return sets and neither change anything nor change themselves. */
const PURE_SETS = new Set([
  'generate_series',
  'generate_subscripts',
  'unnest',
  'string_to_table',
  'regexp_split_to_table',
  'regexp_matches',
  ...['json', 'jsonb'].flatMap((type) =>
    ['array_elements', 'array_elements_text', 'each', 'each_text', 'object_keys'].map((f) => `${type}_${f}`),
  ),
]);

function isPureSet(call: FunctionCall, statement: AnalyzedStatement): boolean {
  const builtIn = call.name.length === 1 || call.name.at(-2)?.name === 'pg_catalog';
  return builtIn && PURE_SETS.has(call.function) && catalogFunctions(call, statement.catalog).length === 0;
}

const VOLATILE = new Set([
  'random',
  'nextval',
  'clock_timestamp',
  'gen_random_uuid',
  'uuid_generate_v4',
  'setval',
]);

/** The call alone, so that the message names the function that is volatile. */
function withoutArguments(call: FunctionCall): FunctionCall {
  return { ...call, args: [], orderBy: [], withinGroup: [], filter: null };
}

/** The names of the statement's columns; null when they are not all known. */
function outputNames(statement: AnalyzedStatement): string[] | null {
  const [first] = statement.blocks;
  const top = statement.root ?? (statement.tree.kind === 'queryStatement' && first?.setBranch ? first : null);
  if (!top?.outputsComplete) return null;
  const names = top.outputs.map((output: Output) => output.name);
  return names.every((name) => name !== null) ? names : null;
}

/** A parameter that only the candidate has would get no value. */
function unknownParameters(original: AnalyzedStatement, candidate: AnalyzedStatement): string | null {
  const known = new Set(parameterKeys(original).values());
  const missing = [...new Set(parameterKeys(candidate).values())].filter((key) => !known.has(key));
  if (missing.length > 0) return `The rewrite has the parameter ${missing[0]}, which the original has not.`;
  const places = [...parameterKeys(original).values()].filter((key) => key.startsWith('#')).length;
  const other = [...parameterKeys(candidate).values()].filter((key) => key.startsWith('#')).length;
  if (places !== other) return 'The rewrite has another number of placeholders than the original.';
  return null;
}
