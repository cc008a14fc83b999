/** What PostgreSQL's CREATE FUNCTION says behind the name, read by its words. */

import { stringValue } from '../sql/parser/strings.ts';
import type { Token } from '../sql/tokens.ts';
import type { FunctionDefinition, FunctionParameter } from './catalog.ts';
import { canonicalType, typeFamily } from './type-family.ts';

type Mode = FunctionParameter['mode'];

const MODES: Readonly<Record<string, Mode>> = {
  IN: 'in',
  OUT: 'out',
  INOUT: 'inout',
  VARIADIC: 'variadic',
};

/** Words that begin an option behind RETURNS. https://www.postgresql.org/docs/current/sql-createfunction.html */
const OPTIONS = new Set(
  `LANGUAGE TRANSFORM WINDOW IMMUTABLE STABLE VOLATILE NOT LEAKPROOF CALLED RETURNS STRICT EXTERNAL SECURITY PARALLEL
  COST ROWS SUPPORT SET AS RETURN BEGIN`.split(/\s+/),
);

/**
 * The definition of a function.
 *
 * @param text the whole CREATE FUNCTION
 * @param tokens its tokens without white space and comments
 * @param at the index of the parenthesis behind the name
 * @returns null when it cannot be read
 */
export function functionDefinition(
  text: string,
  tokens: readonly Token[],
  at: number,
): FunctionDefinition | null {
  const close = closing(tokens, at);
  if (close < 0) return null;
  const parameters = parametersOf(text, tokens.slice(at + 1, close));
  const draft = {
    language: 'sql',
    returns: outType(parameters),
    securityDefiner: false,
    leakproof: false,
    settings: [] as string[],
    body: null as string | null,
    standardBody: false,
  };
  for (let i = close + 1; i < tokens.length; ) {
    const end = optionEnd(tokens, i);
    const words = tokens.slice(i, end);
    const [first, second] = words;
    switch (first?.upper) {
      case 'RETURNS':
        if (second?.upper !== 'NULL') draft.returns = returnType(text, words.slice(1));
        break;
      case 'LANGUAGE':
        draft.language = (
          second?.kind === 'string' ? stringValue(second.text, false) : (second?.text ?? '')
        ).toLowerCase();
        break;
      case 'LEAKPROOF':
        draft.leakproof = tokens[i - 1]?.upper !== 'NOT';
        break;
      case 'SECURITY':
        draft.securityDefiner = second?.upper === 'DEFINER';
        break;
      case 'SET':
        draft.settings.push(settingOf(text, words.slice(1)));
        break;
      case 'AS':
        // a second string is the symbol in an object file
        if (words.length === 2 && second?.kind === 'string') draft.body = stringValue(second.text, false);
        break;
      case 'RETURN':
      case 'BEGIN':
        draft.body = standardBody(sliceOf(text, words));
        draft.standardBody = true;
        break;
    }
    i = end;
  }
  return { ...draft, body: draft.language === 'sql' ? draft.body : null, parameters };
}

/**
 * The statements of a body that is written without quotes.
 *
 * @param text `RETURN x`, or `BEGIN ATOMIC … END` (what `pg_get_function_sqlbody` prints)
 * @returns null when it is neither
 */
export function standardBody(text: string): string | null {
  const single = /^\s*RETURN\b([\s\S]+)$/i.exec(text);
  if (single) return `SELECT ${(single[1] ?? '').trim()}`;
  return /^\s*BEGIN\s+ATOMIC\b([\s\S]*)\bEND\s*;?\s*$/i.exec(text)?.[1]?.trim() ?? null;
}

function closing(tokens: readonly Token[], at: number): number {
  if (tokens[at]?.text !== '(') return -1;
  let depth = 0;
  for (let i = at; i < tokens.length; i++) {
    if (tokens[i]?.text === '(') depth++;
    if (tokens[i]?.text === ')' && --depth === 0) return i;
  }
  return -1;
}

/** Where the next option begins. The body of BEGIN ATOMIC and the expression of RETURN are the last. */
function optionEnd(tokens: readonly Token[], at: number): number {
  const first = tokens[at]?.upper;
  if (first === 'BEGIN' || first === 'RETURN') return tokens.length;
  let depth = 0;
  for (let i = at + 1; i < tokens.length; i++) {
    const token = tokens[i];
    if (token?.text === '(') depth++;
    if (token?.text === ')') depth--;
    // RETURNS NULL ON NULL INPUT, SECURITY DEFINER and the like have no option's word inside
    if (depth === 0 && token && OPTIONS.has(token.upper) && !(first === 'SET' && i === at + 1)) return i;
  }
  return tokens.length;
}

function parametersOf(text: string, tokens: readonly Token[]): FunctionParameter[] {
  return commaSeparated(tokens).flatMap((part) => {
    const [mode, words] = modeOf(part);
    const at = words.findIndex((word) => word.upper === 'DEFAULT' || word.text === '=');
    const typed = at < 0 ? words : words.slice(0, at);
    if (typed.length === 0) return [];
    const { name, type } = nameAndType(text, typed);
    return [{ name, type, mode, default: at < 0 ? null : sliceOf(text, words.slice(at + 1)) }];
  });
}

function commaSeparated(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.text === '(' || token.text === '[') depth++;
    if (token.text === ')' || token.text === ']') depth--;
    if (token.text === ',' && depth === 0) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.filter((part) => part.length > 0);
}

function modeOf(words: readonly Token[]): [Mode, readonly Token[]] {
  const mode = MODES[words[0]?.upper ?? ''];
  if (mode === undefined) return ['in', words];
  if (mode === 'in' && words[1]?.upper === 'OUT') return ['inout', words.slice(2)];
  return [mode, words.slice(1)];
}

/** `x integer`, or the type alone: `integer`, `double precision`. */
function nameAndType(text: string, words: readonly Token[]): { name: string | null; type: string } {
  const [first, ...rest] = words;
  const known = (part: readonly Token[]): boolean =>
    part.length > 0 && typeFamily(sliceOf(text, part), 'postgresql') !== 'other';
  const named =
    first !== undefined && rest.length > 0 && rest[0]?.text !== '.' && (known(rest) || !known(words));
  // of "x pg_catalog.int4", and of types that only the database knows
  if (
    named &&
    (first.kind === 'word' || first.kind === 'quotedIdentifier') &&
    !/^[([]/.test(rest[0]?.text ?? '')
  ) {
    return { name: folded(first), type: typeOfWords(text, rest) };
  }
  return { name: null, type: typeOfWords(text, words) };
}

function folded(token: Token): string {
  return token.kind === 'quotedIdentifier'
    ? token.text.slice(1, -1).replaceAll('""', '"')
    : token.text.toLowerCase();
}

function typeOfWords(text: string, words: readonly Token[]): string {
  // character alone would be character(1)
  return withoutModifiers(canonicalType(withoutModifiers(sliceOf(text, words)), 'postgresql'));
}

function withoutModifiers(type: string): string {
  return type
    .replace(/\([^)]*\)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function returnType(text: string, words: readonly Token[]): string {
  const [first] = words;
  if (first?.upper === 'TABLE') return 'record';
  return typeOfWords(text, first?.upper === 'SETOF' ? words.slice(1) : words);
}

/** Without RETURNS the parameters that give something back say it. */
function outType(parameters: readonly FunctionParameter[]): string {
  const out = parameters.filter(({ mode }) => mode === 'out' || mode === 'inout');
  return out.length === 1 ? (out[0]?.type ?? 'void') : out.length > 1 ? 'record' : 'void';
}

/** `search_path TO a, 'b'` → `search_path=a, "b"`, as `pg_proc.proconfig` has it. */
function settingOf(text: string, words: readonly Token[]): string {
  const [name, sign, ...value] = words;
  if (!name || !(sign?.upper === 'TO' || sign?.text === '=')) return sliceOf(text, words);
  const list = name.upper === 'SEARCH_PATH';
  const parts = value.map((token) => {
    if (token.kind !== 'string') return token.text;
    const plain = stringValue(token.text, false);
    return list ? `"${plain.replaceAll('"', '""')}"` : plain;
  });
  return `${name.text.toLowerCase()}=${parts.join('').replaceAll(',', ', ')}`;
}

function sliceOf(text: string, tokens: readonly Token[]): string {
  const first = tokens[0];
  const last = tokens.at(-1);
  return first && last ? text.slice(first.start, last.end) : '';
}
