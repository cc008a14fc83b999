/** The user's functions in SQL as statements for a fresh database. */
import type { Catalog, FunctionInfo, FunctionParameter } from '../../catalog/catalog.ts';
import { analyzeStatement } from '../../sql/analyze.ts';
import { calledFunctions } from '../../sql/function-body.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { identifierText } from '../../sql/writing/identifiers.ts';

/** A function that can be created, with what its statements read. */
export interface ScratchFunction {
  readonly info: FunctionInfo;
  readonly body: AnalyzedStatement;
}

/**
 * The functions in SQL that statements call, and those that these call, a function behind those that it calls.
 *
 * A function whose body is not known (another language, an extension) is left out: a statement that calls it will not
 * run in the test databases, which then say so.
 *
 * @param statements the pair, and the views that it reads
 */
export function scratchFunctions(
  statements: readonly AnalyzedStatement[],
  catalog: Catalog,
): ScratchFunction[] {
  const ordered: ScratchFunction[] = [];
  const seen = new Set<FunctionInfo>();
  const place = (info: FunctionInfo): void => {
    if (seen.has(info)) return;
    seen.add(info);
    const text = info.definition?.body;
    if (text === null || text === undefined) return;
    const body = analyzeStatement(text, withPathOf(info, catalog));
    for (const other of calledFunctions(body)) place(other);
    ordered.push({ info, body });
  };
  for (const statement of statements) for (const info of calledFunctions(statement)) place(info);
  return ordered;
}

/** The catalog as the body sees it: under the function's own search path, if it sets one. */
function withPathOf({ definition }: FunctionInfo, catalog: Catalog): Catalog {
  const path = definition?.settings.find((setting) => setting.startsWith('search_path='));
  if (path === undefined) return catalog;
  const names = path
    .slice('search_path='.length)
    .split(',')
    .map((name) => name.trim())
    .map((name) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name));
  return { ...catalog, searchPath: names.filter((name) => name !== '' && name !== '$user') };
}

/** What of a function is not as in the user's database: sentences. */
export function functionNotes({ name, definition }: FunctionInfo): string[] {
  if (!definition?.securityDefiner) return [];
  return [`${name}() runs with the rights of its owner, which the generated databases do not have.`];
}

const MODES: Readonly<Record<FunctionParameter['mode'], string>> = {
  in: '',
  out: 'OUT ',
  inout: 'INOUT ',
  variadic: 'VARIADIC ',
  table: '',
};

/** CREATE FUNCTION; null for a function that has no known body. */
export function createFunction(info: FunctionInfo): string | null {
  const { definition } = info;
  if (!definition || definition.body === null) return null;
  const quoted = (name: string): string => identifierText(name, 'postgresql');
  const parameter = ({ name, type, mode, default: value }: FunctionParameter): string =>
    `${MODES[mode]}${name === null ? '' : `${quoted(name)} `}${type}${value === null ? '' : ` DEFAULT ${value}`}`;
  const columns = definition.parameters.filter(({ mode }) => mode === 'table');
  const parameters = definition.parameters.filter(({ mode }) => mode !== 'table').map(parameter);
  const returns =
    columns.length > 0
      ? `TABLE (${columns.map(parameter).join(', ')})`
      : `${info.returnsSet ? 'SETOF ' : ''}${definition.returns}`;
  const words = [
    `CREATE FUNCTION ${quoted(info.schema)}.${quoted(info.name)}(${parameters.join(', ')})`,
    `RETURNS ${returns} LANGUAGE sql ${info.volatility.toUpperCase()}${info.strict ? ' STRICT' : ''}`,
    ...definition.settings.flatMap((setting) => settingClause(setting) ?? []),
  ];
  const body = definition.body.replace(/[\s;]+$/, '');
  return definition.standardBody
    ? `${words.join(' ')}\nBEGIN ATOMIC\n  ${body};\nEND`
    : `${words.join(' ')} AS ${dollarQuoted(definition.body)}`;
}

/** `search_path=a, "b"` is a list of names already; other values are one text. */
function settingClause(setting: string): string | null {
  const [, name, value] = /^([\w.]+)=([\s\S]*)$/.exec(setting) ?? [];
  if (name === undefined || value === undefined) return null;
  return `SET ${name} TO ${name === 'search_path' ? value : `'${value.replaceAll("'", "''")}'`}`;
}

function dollarQuoted(text: string): string {
  let tag = '$$';
  for (let n = 1; text.includes(tag); n++) tag = `$body${n}$`;
  return `${tag}${text}${tag}`;
}
