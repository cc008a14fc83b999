/** What a catalog needs of CREATE FUNCTION, CREATE TYPE … AS ENUM and SET search_path, which the parser keeps whole. */
import type { Dialect } from '../sql/dialect.ts';
import { dialectData } from '../sql/dialects/dialect-data.ts';
import { tokenize } from '../sql/lexer.ts';
import { isTrivia, type Token } from '../sql/tokens.ts';
import type { FunctionInfo } from './catalog.ts';
import { functionDefinition } from './function-definition.ts';

function words(text: string, dialect: Dialect): Token[] {
  return tokenize(text, dialect).filter((token) => !isTrivia(token));
}

/** The folded name that begins at a token, its last part, and the index behind it. */
function nameAt(tokens: readonly Token[], at: number, dialect: Dialect): { parts: string[]; next: number } {
  const { foldIdentifier } = dialectData(dialect);
  const parts: string[] = [];
  let i = at;
  for (;;) {
    const token = tokens[i];
    if (token?.kind === 'word') parts.push(foldIdentifier(token.text, false));
    else if (token?.kind === 'quotedIdentifier') parts.push(foldIdentifier(token.text.slice(1, -1), true));
    else return { parts, next: i };
    if (tokens[i + 1]?.text !== '.') return { parts, next: i + 1 };
    i += 2;
  }
}

/** The type's name in CREATE TYPE name AS ENUM, null for anything else. */
export function enumFromDdl(text: string, dialect: Dialect): string | null {
  const tokens = words(text, dialect);
  if (tokens[0]?.upper !== 'CREATE' || tokens[1]?.upper !== 'TYPE') return null;
  const { parts, next } = nameAt(tokens, 2, dialect);
  const isEnum = tokens[next]?.upper === 'AS' && tokens[next + 1]?.upper === 'ENUM';
  return isEnum ? (parts.at(-1) ?? null) : null;
}

/** The function of a CREATE FUNCTION, null for anything else. */
export function functionFromDdl(text: string, dialect: Dialect, schema: string): FunctionInfo | null {
  const tokens = words(text, dialect);
  if (tokens[0]?.upper !== 'CREATE') return null;
  const at = tokens[1]?.upper === 'OR' ? 3 : 1;
  if (tokens[at]?.upper !== 'FUNCTION') return null;
  const { parts, next } = nameAt(tokens, at + 1, dialect);
  const name = parts.at(-1);
  if (name === undefined) return null;
  const has = (...wanted: string[]): boolean => {
    for (let i = next; i < tokens.length; i++) {
      if (wanted.every((word, j) => tokens[i + j]?.upper === word)) return true;
    }
    return false;
  };
  const definition = dialect === 'postgresql' ? functionDefinition(text, tokens, next) : null;
  return {
    schema: parts.at(-2) ?? schema,
    name,
    volatility: has('IMMUTABLE') ? 'immutable' : has('STABLE') ? 'stable' : 'volatile',
    strict: has('STRICT') || has('RETURNS', 'NULL', 'ON', 'NULL', 'INPUT'),
    returnsSet: has('RETURNS', 'SETOF') || has('RETURNS', 'TABLE'),
    kind: 'function',
    ...(definition ? { definition } : {}),
  };
}

/** The functions of a script, as far as it has been read. */
export class FunctionDraft {
  private functions: { readonly info: FunctionInfo; readonly searchPath: string }[] = [];

  /** Take CREATE, ALTER and DROP FUNCTION in; other statements are passed over. */
  read(text: string, dialect: Dialect, searchPath: readonly string[]): void {
    const info = functionFromDdl(text, dialect, searchPath[0] ?? '');
    if (info) {
      this.functions = this.functions.filter((one) => !isReplacedBy(one.info, info));
      this.functions.push({ info, searchPath: searchPath.join() });
      return;
    }
    const changed = changedFunction(text, dialect);
    if (changed === null) return;
    this.functions = this.functions.map((one) =>
      one.info.name === changed ? { ...one, info: forgotten(one.info) } : one,
    );
  }

  /** @param searchPath of the end of the script, under which statements will run */
  all(searchPath: readonly string[]): FunctionInfo[] {
    const path = searchPath.join();
    return this.functions.map(({ info, searchPath: before }) => {
      // its names mean what they meant then
      if (!info.definition?.standardBody || before === path) return info;
      return { ...info, definition: { ...info.definition, body: null } };
    });
  }
}

/** CREATE OR REPLACE of the same name and the same types of arguments. */
function isReplacedBy(old: FunctionInfo, info: FunctionInfo): boolean {
  if (old.schema !== info.schema || old.name !== info.name) return false;
  const [before, after] = [signature(old), signature(info)];
  return before !== null && before === after;
}

function signature({ definition }: FunctionInfo): string | null {
  if (!definition) return null;
  return definition.parameters
    .filter(({ mode }) => mode !== 'out' && mode !== 'table')
    .map(({ type }) => type)
    .join();
}

/** The name in ALTER FUNCTION and DROP FUNCTION, null for anything else. */
function changedFunction(text: string, dialect: Dialect): string | null {
  const tokens = words(text, dialect);
  const [first, second, third] = tokens;
  if (first?.upper !== 'ALTER' && first?.upper !== 'DROP') return null;
  if (second?.upper !== 'FUNCTION' && second?.upper !== 'ROUTINE') return null;
  return nameAt(tokens, third?.upper === 'IF' ? 4 : 2, dialect).parts.at(-1) ?? null;
}

/** What is left of a function that was changed by a statement that is not read: its name. */
function forgotten({ schema, name, returnsSet, kind }: FunctionInfo): FunctionInfo {
  return { schema, name, returnsSet, kind, volatility: 'volatile', strict: false };
}

/** The schemas of SET search_path TO a, b, or the database of MySQL's USE; null for anything else. */
export function searchPathFromDdl(text: string, dialect: Dialect): string[] | null {
  const tokens = words(text, dialect);
  if (dialect !== 'postgresql') {
    return tokens[0]?.upper === 'USE' && dialect !== 'tsql'
      ? nameAt(tokens, 1, dialect).parts.slice(0, 1)
      : null;
  }
  if (tokens[0]?.upper !== 'SET' || tokens[1]?.upper !== 'SEARCH_PATH') return null;
  const schemas = tokens
    .slice(3)
    .filter((token) => token.kind === 'word' || token.kind === 'quotedIdentifier');
  const { foldIdentifier } = dialectData(dialect);
  const names = schemas.map((token) =>
    token.kind === 'word' ? foldIdentifier(token.text, false) : token.text.slice(1, -1),
  );
  return names.length > 0 ? names : null;
}
