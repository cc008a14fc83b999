/** Writes the body of a function for the place of its call. */
import { analyzeStatement } from '../../../sql/analyze.ts';
import type { Expression, FromItem, Identifier, Query } from '../../../sql/ast.ts';
import { isAtMostOneRow } from '../../../sql/properties/keys.ts';
import { nodesOfKind } from '../../../sql/properties/nodes.ts';
import { canRaise } from '../../../sql/properties/raising.ts';
import { typeOf } from '../../../sql/properties/types.ts';
import { isDeterministic } from '../../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Source } from '../../../sql/query-model.ts';
import { applyEdits, type TextEdit, type TextRange } from '../../../sql/text.ts';
import { isTrivia } from '../../../sql/tokens.ts';
import { walk } from '../../../sql/walk.ts';
import { editing } from '../../../sql/writing/edits.ts';
import {
  type Fragment,
  lineBreak,
  type Piece,
  parenthesized,
  source,
  sql,
  verbatim,
} from '../../../sql/writing/fragment.ts';
import { identifier, inventName, qualified } from '../../../sql/writing/identifiers.ts';
import { orderByRange } from '../../../sql/writing/ranges.ts';
import { rebase } from '../../../sql/writing/rebase.ts';
import { rewriteOf } from '../../offer.ts';
import type { Rewrite } from '../../pattern.ts';
import { itemNamedBy } from '../../select-item.ts';
import { blockOf, isSubqueryBody, readsTables } from './body.ts';
import type { InlinableCall } from './call.ts';

/** Bodies longer than this many characters begin their clauses on lines of their own. */
const SHORT = 60;

/**
 * The rewrite that puts the body in the place of a call whose preconditions hold, or why there is none.
 *
 * What comes out is read once more: the subquery must mean there what the body meant in the function.
 */
export function inlined(statement: AnalyzedStatement, one: InlinableCall): Rewrite | string | null {
  const captured = capturedTable(statement, one);
  if (captured !== null) return `${captured} would mean the CTE of that name`;
  const values = argumentsOf(statement, one);
  if (!values) return 'an argument cannot be written at another place';
  const subquery = isSubqueryBody(one.body);
  const edits = editing(statement).replace(
    one.call,
    subquery ? subqueryOf(statement, one, values) : expressionOf(statement, one, values),
  );
  const unnamed = itemNamedBy(statement, one.call);
  const name = one.call.name.at(-1)?.name ?? one.info.name;
  if (unnamed) edits.insert(unnamed.end, sql` AS ${identifier(name, 'postgresql')}`);
  const done = edits.done();
  if (!done) return rewriteOf(null, 'proved');
  const found = placed(statement, one, done, subquery);
  if (typeof found === 'string') return found;
  return rewriteOf(
    done,
    found.raises ? 'likely' : 'proved',
    `${one.info.name}() is the only function of its name, in SQL, and ${one.info.volatility.toUpperCase()}`,
    subquery ? 'its body finds one row at most' : null,
    one.info.strict ? 'an argument that is NULL makes its body give NULL' : null,
  );
}

/** A table of the body whose name a CTE of the statement has. */
function capturedTable(statement: AnalyzedStatement, { body }: InlinableCall): string | null {
  const ctes = new Set(statement.ctes.map(({ name }) => name));
  for (const node of nodesOfKind(body.statement, 'table')) {
    const name = node.name.at(-1)?.name ?? '';
    if (node.name.length === 1 && ctes.has(name)) return name;
  }
  return null;
}

// ------------------------------------------------------------ arguments

/** Each argument for another scope, of the parameter's type; null when one cannot be written. */
function argumentsOf(
  statement: AnalyzedStatement,
  { call, definition, body }: InlinableCall,
): Fragment[] | null {
  const written: Fragment[] = [];
  for (const [at, { value }] of call.args.entries()) {
    const type = definition.parameters[at]?.type ?? '';
    const moved = readsTables(body)
      ? rebase(statement, value, (column) => qualified(column, 'postgresql'))
      : source(statement, value);
    if (!moved) return null;
    const same = withoutModifiers(typeOf(value, statement)?.text ?? null) === type;
    if (!same) written.push(sql`CAST(${moved} AS ${type})`);
    else written.push(isPrimary(value) ? moved : parenthesized(moved));
  }
  return written;
}

/** A function keeps no lengths and scales of what it is given. */
function withoutModifiers(type: string | null): string | null {
  return type?.replace(/\([^)]*\)/g, '') ?? null;
}

function isPrimary({ kind }: Expression): boolean {
  return ['column', 'literal', 'call', 'paren', 'cast', 'placeholder', 'case'].includes(kind);
}

// ------------------------------------------------------------ the body

interface Replacement {
  readonly range: TextRange;
  readonly by: Fragment;
}

function expressionOf(
  statement: AnalyzedStatement,
  { body, definition }: InlinableCall,
  values: readonly Fragment[],
): Fragment {
  const { statement: own, query } = body;
  const item = blockOf(own, query)?.select.items[0]?.expression;
  if (!item) return verbatim('NULL');
  const text = copied(own, item, [...replacementsOf(body, values), ...renamed(statement, own)]);
  if (!hasType(own, item, definition.returns)) return sql`CAST(${text} AS ${definition.returns})`;
  return isPrimary(item) && item.kind !== 'case' ? text : parenthesized(text);
}

function subqueryOf(
  statement: AnalyzedStatement,
  { body, definition }: InlinableCall,
  values: readonly Fragment[],
): Fragment {
  const { statement: own, query } = body;
  const item = blockOf(own, query)?.select.items[0];
  const replacements = [...replacementsOf(body, values), ...renamed(statement, own)];
  if (item && !hasType(own, item.expression, definition.returns)) {
    const value = copied(own, item.expression, within(replacements, item.expression));
    const rest = replacements.filter(({ range }) => !contains(item, range));
    rest.push({ range: item, by: sql`CAST(${value} AS ${definition.returns})` });
    return bracketed(own, query, rest);
  }
  return bracketed(own, query, replacements);
}

function bracketed(own: AnalyzedStatement, query: Query, replacements: readonly Replacement[]): Fragment {
  const long = query.end - query.start > SHORT;
  if (!long) return parenthesized(copied(own, query, replacements));
  const starts = clauseStarts(own, query);
  const text = copied(own, query, replacements, starts);
  const around = [verbatim('('), lineBreak(1), text, lineBreak(), verbatim(')')];
  return { kind: 'fragment', pieces: around.flatMap(({ pieces }) => pieces) };
}

/** Where FROM, WHERE and so on of the outermost SELECT begin. */
function clauseStarts(own: AnalyzedStatement, query: Query): Set<number> {
  const block = blockOf(own, query);
  const clauses = block?.select.clauses;
  const starts = [clauses?.from, clauses?.where, clauses?.groupBy, clauses?.having].flatMap((range) =>
    range ? [range.start] : [],
  );
  for (const range of [orderByRange(own, query), query.limit]) if (range) starts.push(range.start);
  return new Set(starts);
}

function hasType(own: AnalyzedStatement, item: Expression, type: string): boolean {
  return withoutModifiers(typeOf(item, own)?.text ?? null) === type;
}

function replacementsOf({ uses }: InlinableCall['body'], values: readonly Fragment[]): Replacement[] {
  return uses.flatMap(({ cast, parameter }) => {
    const by = values[parameter];
    return by ? [{ range: cast, by }] : [];
  });
}

/** Relations of the body that are called like one of the statement get another name. */
function renamed(statement: AnalyzedStatement, own: AnalyzedStatement): Replacement[] {
  const taken = new Set(
    [...statement.blocks, ...statement.writes].flatMap(({ sources }) => sources.map(({ alias }) => alias)),
  );
  const names: string[] = [];
  const replacements: Replacement[] = [];
  for (const { sources } of own.blocks) {
    for (const source of sources) {
      if (!taken.has(source.alias)) continue;
      const name = inventName(statement, source.alias, [...names, ...wordsOf(own)]);
      names.push(name);
      replacements.push(...renaming(own, source, identifier(name, 'postgresql')));
    }
  }
  return replacements;
}

function wordsOf(own: AnalyzedStatement): string[] {
  return own.tokens.flatMap((token) => {
    if (token.kind === 'word') return [token.text];
    return token.kind === 'quotedIdentifier' ? [token.text.slice(1, -1)] : [];
  });
}

function renaming(own: AnalyzedStatement, source: Source, name: Fragment): Replacement[] {
  const replacements: Replacement[] = [];
  const written = aliasNode(source.node);
  if (written) replacements.push({ range: written, by: name });
  else {
    const { end } = source.node;
    replacements.push({ range: { start: end, end }, by: sql` AS ${name}` });
  }
  walk(own.tree, (node) => {
    if (node.kind === 'star') {
      const [qualifier] = node.qualifier;
      if (qualifier && sourceOfStar(own, node, qualifier.name) === source) {
        replacements.push({ range: qualifier, by: name });
      }
    }
    if (node.kind !== 'column' || node.parts.length < 2 || own.resolve(node)?.source !== source) return;
    // schema.table.column too
    const last = node.parts[node.parts.length - 1] as Identifier;
    replacements.push({ range: { start: node.start, end: last.start }, by: sql`${name}.` });
  });
  return replacements;
}

/** What `alias.*` is of: the relation of that name in the innermost block around. */
function sourceOfStar(own: AnalyzedStatement, star: TextRange, alias: string): Source | null {
  // a block comes before the blocks inside it
  const around = own.blocks.filter((block) => contains(block.select, star));
  return around.flatMap(({ sources }) => sources.filter((one) => one.alias === alias)).at(-1) ?? null;
}

function aliasNode(node: FromItem): Identifier | null {
  return node.kind === 'table' || node.kind === 'derived' ? (node.alias?.name ?? null) : null;
}

function within(replacements: readonly Replacement[], outer: TextRange): Replacement[] {
  return replacements.filter(({ range }) => contains(outer, range));
}

function contains(outer: TextRange, inner: TextRange): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** The text of a part of the body without its comments and line breaks, its keywords in the case of the statement. */
function copied(
  own: AnalyzedStatement,
  part: TextRange,
  replacements: readonly Replacement[],
  breaks: ReadonlySet<number> = new Set(),
): Fragment {
  const names = new Set(nodesOfKind(own, 'identifier').map(({ start }) => start));
  const types = nodesOfKind(own, 'type');
  const sorted = [...replacements].sort((a, b) => a.range.start - b.range.start);
  const pieces: Piece[] = [];
  let blank = false;
  let at = part.start;
  const put = (added: readonly Piece[], start: number): void => {
    if (breaks.has(start)) pieces.push({ kind: 'break', levels: 1 });
    else if (blank && pieces.length > 0) pieces.push({ kind: 'exact', text: ' ', origin: null });
    blank = false;
    pieces.push(...added);
  };
  const placeInserted = (until: number): void => {
    for (let next = sorted[0]; next && next.range.start <= until; next = sorted[0]) {
      sorted.shift();
      const inserted = next.range.start === next.range.end;
      if (inserted) pieces.push(...next.by.pieces);
      else put(next.by.pieces, next.range.start);
      at = Math.max(at, next.range.end);
    }
  };
  for (const token of own.tokens) {
    if (token.end <= part.start || token.start >= part.end) continue;
    // what is inserted stands right behind the token before, blanks come after it
    placeInserted(token.start);
    if (token.start < at && token.end <= at) continue;
    if (isTrivia(token)) {
      blank = true;
      continue;
    }
    const isName = names.has(token.start) || types.some((type) => contains(type, token));
    const keyword = token.kind === 'word' && !isName;
    put(
      [keyword ? { kind: 'code', text: token.text } : { kind: 'exact', text: token.text, origin: null }],
      token.start,
    );
  }
  placeInserted(part.end);
  return { kind: 'fragment', pieces };
}

// ------------------------------------------------------------ what came out

/** What was written, read in its place: it must be as sound there as it was in the function. */
function placed(
  statement: AnalyzedStatement,
  { call, body }: InlinableCall,
  edits: readonly TextEdit[],
  subquery: boolean,
): { readonly raises: boolean } | string {
  const after = analyzeStatement(applyEdits(statement.text, edits), statement.catalog);
  if (after.opaque.length > statement.opaque.length) return 'the body cannot be read in its new place';
  const inserted = edits.find((edit) => edit.start === call.start)?.text.length ?? 0;
  const range = { start: call.start, end: call.start + inserted };
  const own = after.blocks.filter((block) => contains(range, block.select));
  const expected = subquery ? body.statement.blocks : body.statement.blocks.slice(1);
  const resolved = (blocks: readonly Block[]): number => blocks.filter((block) => block.resolved).length;
  if (
    resolved(own) !== expected.length ||
    resolved(after.blocks) !== resolved(statement.blocks) + expected.length ||
    !sameTables(own, expected)
  ) {
    return 'a name of the body would mean something else';
  }
  if (!sameAggregates(own, expected)) return 'an aggregate of the body would belong elsewhere';
  const queries = nodesOfKind(after, 'query').filter((query) => contains(range, query));
  if (queries.some((query) => !isDeterministic(query, after))) return 'its body calls a volatile function';
  if (subquery) {
    const [query] = queries;
    if (!query || !isAtMostOneRow(query, after)) return 'its body may find several rows';
  }
  return { raises: raises(after, range) };
}

/**
 * What was written may raise an error. Values of placeholders are read when they are bound, in the function's types as
 * before: that their casts could fail is nothing new.
 */
function raises(after: AnalyzedStatement, range: TextRange): boolean {
  const bound = nodesOfKind(after, 'cast').flatMap(({ operand }) =>
    operand.kind === 'placeholder' && contains(range, operand) ? [operand] : [],
  );
  const edits = bound.map(({ start, end }) => ({ start, end, text: 'NULL' }));
  const grown = edits.reduce((sum, { start, end }) => sum + 4 - (end - start), 0);
  const statement =
    edits.length === 0 ? after : analyzeStatement(applyEdits(after.text, edits), after.catalog);
  const expression = expressionAt(statement, { start: range.start, end: range.end + grown });
  return !expression || canRaise(expression, statement);
}

function expressionAt(statement: AnalyzedStatement, range: TextRange): Expression | null {
  let found: Expression | null = null;
  walk(statement.tree, (node) => {
    if (node.start !== range.start || node.end !== range.end) return;
    if (statement.scopeOf(node as Expression)) found ??= node as Expression;
  });
  return found;
}

function sameTables(after: readonly Block[], before: readonly Block[]): boolean {
  const tables = (blocks: readonly Block[]): unknown[] =>
    blocks.flatMap(({ sources }) => sources.map(({ kind, table }) => table ?? kind));
  const [a, b] = [tables(after), tables(before)];
  return a.length === b.length && a.every((one, i) => one === b[i]);
}

function sameAggregates(after: readonly Block[], before: readonly Block[]): boolean {
  return (
    after.length === before.length &&
    after.every((block, i) => block.aggregates.length === before[i]?.aggregates.length)
  );
}
