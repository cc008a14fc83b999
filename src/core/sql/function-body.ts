/** The body of a function in SQL, read as a query of its own, with its parameters told apart from its columns. */
import type { Catalog, FunctionInfo } from '../catalog/catalog.ts';
import { analyzeStatement } from './analyze.ts';
import type { Cast, ColumnRef, FunctionCall, Identifier, Query } from './ast.ts';
import { catalogFunctions } from './properties/functions.ts';
import type { AnalyzedStatement } from './query-model.ts';
import { applyEdits, type TextRange } from './text.ts';
import { unwrapParens, walk } from './walk.ts';

/** A body of one query. */
export interface FunctionBody {
  /** the body with every parameter written as `CAST($n AS type)`, so that its types are known */
  readonly statement: AnalyzedStatement;
  readonly query: Query;
  /** the casts of parameters, in the order of the text, with the parameter's place counted from 0 */
  readonly uses: readonly ParameterUse[];
}

export interface ParameterUse {
  readonly cast: Cast;
  readonly parameter: number;
}

/**
 * The body of a function whose parameters only take values in.
 *
 * A name is a parameter where no column or relation of the query has it, and no output that ORDER BY or GROUP BY names: PostgreSQL looks for columns first
 * (sql_fn_post_column_ref in src/backend/executor/functions.c). Names that could be either are not told apart.
 *
 * @returns a sentence's end that says why it cannot be read: `its body …`
 */
export function functionBody(info: FunctionInfo, catalog: Catalog): FunctionBody | string {
  const ofCatalog = BODIES.get(catalog) ?? new Map<FunctionInfo, FunctionBody | string>();
  BODIES.set(catalog, ofCatalog);
  const known = ofCatalog.get(info);
  if (known !== undefined) return known;
  const read = readBody(info, catalog);
  ofCatalog.set(info, read);
  return read;
}

/** Each is read once for all statements that call it. */
const BODIES = new WeakMap<Catalog, Map<FunctionInfo, FunctionBody | string>>();

function readBody(info: FunctionInfo, catalog: Catalog): FunctionBody | string {
  const { definition } = info;
  if (!definition || definition.body === null) return 'is not known';
  const text = withoutOuterSelect(definition.body, catalog);
  const written = analyzeStatement(text, catalog);
  if (written.tree.kind !== 'queryStatement' || written.opaque.length > 0) {
    return 'is not one query that could be read';
  }
  const sites = parameterSites(written, info);
  if (typeof sites === 'string') return sites;
  const edits = sites.map(({ start, end, parameter }) => ({
    start,
    end,
    text: `CAST($${parameter + 1} AS ${definition.parameters[parameter]?.type ?? 'text'})`,
  }));
  const statement = analyzeStatement(applyEdits(text, edits), catalog);
  const { tree } = statement;
  if (tree.kind !== 'queryStatement') return 'is not one query that could be read';
  const uses: ParameterUse[] = [];
  walk(tree, (node, parent) => {
    if (node.kind !== 'placeholder' || parent?.kind !== 'cast') return;
    uses.push({ cast: parent, parameter: Number(node.text.slice(1)) - 1 });
  });
  if (uses.length !== sites.length || statement.opaque.length > 0) return 'could not be read';
  return { statement, query: tree.query, uses };
}

/** `SELECT (SELECT …)` is what is inside: so `RETURN (SELECT …)` reads. */
function withoutOuterSelect(text: string, catalog: Catalog): string {
  const { tree } = analyzeStatement(text, catalog);
  if (tree.kind !== 'queryStatement' || tree.query.body.kind !== 'select') return text;
  const { body, limit, orderBy, locking } = tree.query;
  const [item] = body.items;
  const bare =
    body.items.length === 1 &&
    body.from.length === 0 &&
    !body.where &&
    !body.groupBy &&
    !body.having &&
    !body.distinct;
  const inner = item ? unwrapParens(item.expression) : null;
  if (
    !bare ||
    limit ||
    orderBy.length > 0 ||
    locking.length > 0 ||
    tree.query.with ||
    inner?.kind !== 'subquery'
  ) {
    return text;
  }
  return withoutOuterSelect(text.slice(inner.query.start, inner.query.end), catalog);
}

type Site = TextRange & { readonly parameter: number };

/** Columns that every table has, and no catalog lists. */
const SYSTEM_COLUMNS = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid', 'oid']);

function parameterSites(body: AnalyzedStatement, info: FunctionInfo): Site[] | string {
  const parameters = info.definition?.parameters ?? [];
  const sites: Site[] = [];
  let trouble: string | null = null;
  const aliases = new Set(body.blocks.flatMap((block) => block.sources.map(({ alias }) => alias)));
  walk(body.tree, (node) => {
    if (node.kind === 'placeholder') {
      const number = /^\$(\d+)$/.exec(node.text)?.[1];
      const parameter = Number(number) - 1;
      if (number === undefined || !parameters[parameter]) trouble = 'has a placeholder that is no parameter';
      else sites.push({ start: node.start, end: node.end, parameter });
    }
    if (node.kind !== 'column' || body.resolve(node) || body.outputOf(node)) return;
    const parameter = namedParameter(node, info);
    const name = node.parts.at(-1)?.name ?? '';
    if (parameter < 0) trouble = `has a name that is neither a column nor a parameter (${name})`;
    else if (SYSTEM_COLUMNS.has(name) || node.parts.some((part) => aliases.has(part.name))) {
      trouble = `has a parameter (${name}) that is called like something else in it`;
    } else sites.push({ start: node.start, end: node.end, parameter });
  });
  // of a relation whose columns are not known any name may be a column
  const unseen = body.blocks.flatMap((block) => block.sources).find((source) => source.columns === null);
  if (unseen) trouble = `reads ${unseen.alias}, whose columns are not known`;
  return trouble ?? sites;
}

/** `name`, or `function.name`; -1 for another. */
function namedParameter({ parts }: ColumnRef, info: FunctionInfo): number {
  const parameters = info.definition?.parameters ?? [];
  const [first, second] = parts as readonly [Identifier, Identifier?];
  if (parts.length > 2 || (second && first.name !== info.name)) return -1;
  const name = (second ?? first).name;
  return parameters.findIndex((parameter) => parameter.name === name);
}

/** The functions of the catalog that the calls of a statement may mean: all overloads of their names. */
export function calledFunctions(statement: AnalyzedStatement): FunctionInfo[] {
  const found = new Set<FunctionInfo>();
  if (statement.catalog.functions.length === 0) return [];
  walk(statement.tree, (node) => {
    if (node.kind !== 'call') return;
    for (const info of catalogFunctions(node as FunctionCall, statement.catalog)) found.add(info);
  });
  return [...found];
}
