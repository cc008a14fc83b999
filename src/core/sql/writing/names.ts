/** Names that a rewrite writes: quoted where the dialect asks for it, invented without collision. */
import { findTable } from '../../catalog/catalog.ts';
import type { ColumnRef, Expression } from '../ast.ts';
import type { Dialect } from '../dialect.ts';
import { dialectData } from '../dialects/dialect-data.ts';
import type { AnalyzedStatement, ResolvedColumn } from '../query-model.ts';
import { applyEdits, type TextEdit } from '../text.ts';
import { walk } from '../walk.ts';

/** A folded name as it must be written to mean itself. */
export function identifier(name: string, dialect: Dialect): string {
  const data = dialectData(dialect);
  const plain =
    /^[a-z_][a-z0-9_]*$/.test(name) || (dialect !== 'postgresql' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  if (plain && !data.reserved.has(name.toUpperCase())) return name;
  if (dialect === 'tsql') return `[${name.replaceAll(']', ']]')}]`;
  const quote = dialect === 'postgresql' ? '"' : '`';
  return quote + name.replaceAll(quote, quote + quote) + quote;
}

/**
 * A name that stands for nothing yet: no word of the statement, no column of a table in it, no reserved word.
 *
 * @param base what the name should be; made plain (`avg(x)` gives avg_x)
 * @param taken further names that it must differ from
 */
export function inventName(
  statement: AnalyzedStatement,
  base: string,
  taken: readonly string[] = [],
): string {
  const used = new Set(taken);
  for (const token of statement.tokens) {
    if (token.kind === 'word') used.add(token.text.toLowerCase());
    if (token.kind === 'quotedIdentifier') used.add(token.text.slice(1, -1).toLowerCase());
  }
  walk(statement.tree, (node) => {
    if (node.kind !== 'table') return;
    const table = findTable(
      statement.catalog,
      node.name.map((part) => part.name),
    );
    for (const column of table?.columns ?? []) used.add(column.name.toLowerCase());
  });
  const plain =
    base
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .replace(/^_+|_+$/g, '')
      .replace(/^(?=\d)/, 'x')
      .slice(0, 40) || 'x';
  const reserved = dialectData(statement.dialect).reserved;
  for (let n = 1; ; n++) {
    const name = n === 1 ? plain : `${plain}_${n}`;
    if (!used.has(name) && !reserved.has(name.toUpperCase())) return name;
  }
}

/** The column references of an expression, those inside its subqueries too. */
export function columnRefsIn(expression: Expression): ColumnRef[] {
  const found: ColumnRef[] = [];
  walk(expression, (node) => {
    if (node.kind === 'column') found.push(node);
  });
  return found;
}

/**
 * The text of an expression with column references written differently, for the scope that it moves to.
 *
 * @param rename the new text of a reference, or null to keep it as it is
 * @returns null when a reference has no meaning (unknown, ambiguous): then nobody knows what it would mean elsewhere
 */
export function renamed(
  statement: AnalyzedStatement,
  expression: Expression,
  rename: (column: ResolvedColumn) => string | null,
): string | null {
  const edits: TextEdit[] = [];
  for (const reference of columnRefsIn(expression)) {
    const column = statement.resolve(reference);
    if (!column) return null;
    const text = rename(column);
    if (text !== null) {
      edits.push({ start: reference.start - expression.start, end: reference.end - expression.start, text });
    }
  }
  return applyEdits(statement.text.slice(expression.start, expression.end), edits);
}

/** The text of an expression in which every column is qualified by its source, so that no inner name captures it. */
export function qualified(statement: AnalyzedStatement, expression: Expression): string | null {
  return renamed(statement, expression, (column) =>
    column.reference.parts.length > 1
      ? null
      : `${sourceName(statement, column)}.${statement.text.slice(column.reference.start, column.reference.end)}`,
  );
}

/** The name that a column's source is qualified by, as it is written. */
export function sourceName(statement: AnalyzedStatement, column: ResolvedColumn): string {
  return identifier(column.source.alias, statement.dialect);
}
