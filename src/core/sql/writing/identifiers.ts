/** Names that a rewrite writes: quoted where the dialect wants it, invented without collision. */

import type { Identifier } from '../ast.ts';
import type { Dialect } from '../dialect.ts';
import { dialectData } from '../dialects/dialect-data.ts';
import { oncePerStatement } from '../facts.ts';
import type { AnalyzedStatement, ResolvedColumn, Source } from '../query-model.ts';
import { type Fragment, joinFragments, verbatim } from './fragment.ts';

/** A name as the dialect must see it, quoted only when it has to be. */
export function identifier(name: string, dialect: Dialect): Fragment {
  return verbatim(identifierText(name, dialect));
}

/** The text of {@link identifier}. */
export function identifierText(name: string, dialect: Dialect): string {
  const plain = dialect === 'postgresql' ? /^[a-z_][a-z0-9_]*$/ : /^[A-Za-z_][A-Za-z0-9_]*$/;
  if (plain.test(name) && !dialectData(dialect).reserved.has(name.toUpperCase())) return name;
  if (dialect === 'tsql') return `[${name.replaceAll(']', ']]')}]`;
  const quote = dialect === 'postgresql' ? '"' : '`';
  return quote + name.replaceAll(quote, quote + quote) + quote;
}

/** The name that columns of a source are qualified by, as the statement writes it. */
export function aliasOf(source: Source, dialect: Dialect): Fragment {
  const written = writtenAlias(source);
  return written ? verbatim(written.text) : identifier(source.alias, dialect);
}

function writtenAlias(source: Source): Identifier | null {
  const { node } = source;
  switch (node.kind) {
    case 'table':
      return node.alias?.name ?? node.name.at(-1) ?? null;
    case 'derived':
    case 'tableFunction':
    case 'parenJoin':
      return node.alias?.name ?? null;
    default:
      return null;
  }
}

/** `alias.column` for what a reference means, the column as the statement writes it. */
export function qualified(column: ResolvedColumn, dialect: Dialect): Fragment {
  const name = column.reference.parts.at(-1);
  const written = name ? verbatim(name.text) : identifier(column.name, dialect);
  return joinFragments([aliasOf(column.source, dialect), written], verbatim('.'));
}

/** `alias.name` for a column of a source by its folded name. */
export function columnOf(source: Source, name: string, dialect: Dialect): Fragment {
  return joinFragments([aliasOf(source, dialect), identifier(name, dialect)], verbatim('.'));
}

/**
 * A readable name for a new alias or CTE that collides with nothing: no name in the statement, no table or function
 * of the catalog, no column of a table in the statement, no reserved word.
 *
 * @param base what it should be called
 * @param taken names invented before for the same rewrite
 */
export function inventName(
  statement: AnalyzedStatement,
  base: string,
  taken: readonly string[] = [],
): string {
  const used = namesIn(statement);
  const others = new Set(taken.map((name) => name.toLowerCase()));
  const { reserved } = dialectData(statement.dialect);
  const stem = plainName(base);
  for (let n = 1; ; n++) {
    const name = n === 1 ? stem : `${stem}_${n}`;
    if (!used.has(name) && !others.has(name) && !reserved.has(name.toUpperCase())) return name;
  }
}

/** Rules invent several names for one statement: those that it may collide with are collected once. */
const namesIn = oncePerStatement((statement: AnalyzedStatement): ReadonlySet<string> => {
  const used = new Set<string>();
  for (const token of statement.tokens) {
    if (token.kind === 'word') used.add(token.text.toLowerCase());
    if (token.kind === 'quotedIdentifier') used.add(token.text.slice(1, -1).toLowerCase());
  }
  for (const table of statement.catalog.tables) used.add(table.name.toLowerCase());
  for (const scope of [...statement.blocks, ...statement.writes]) {
    for (const source of scope.sources) for (const c of source.columns ?? []) used.add(c.name.toLowerCase());
  }
  return used;
});

/** `avg(x)` gives avg_x. */
function plainName(base: string): string {
  const plain = base
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .replace(/^(?=\d)/, 'x')
    .slice(0, 40);
  return plain || 'x';
}
