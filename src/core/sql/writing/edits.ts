/** Edits that rules are made of. All of them refer to the statement's own text. */
import type { Expression } from '../ast.ts';
import type { AnalyzedStatement, Block, Conjunct } from '../query-model.ts';
import { applyEdits, contains, rangesOverlap, type TextEdit, type TextRange } from '../text.ts';
import { isTrivia } from '../tokens.ts';
import { unwrapParens } from '../walk.ts';
import { type Fragment, render, sql } from './fragment.ts';
import { beginsLine, lineIndent, type Style, styleOf } from './style.ts';

/** The text of a node, as written. */
export function source(statement: AnalyzedStatement, range: TextRange): string {
  return statement.text.slice(range.start, range.end);
}

/** The text of a range after edits that lie within it. */
export function editedSource(
  statement: AnalyzedStatement,
  range: TextRange,
  edits: readonly TextEdit[],
): string {
  const shifted = edits.map((edit) => ({
    start: edit.start - range.start,
    end: edit.end - range.start,
    text: edit.text,
  }));
  return applyEdits(source(statement, range), shifted);
}

/** The statement's style. */
export function style(statement: AnalyzedStatement): Style {
  return styleOf(statement.text, statement.tokens);
}

/** Put a fragment in the place of a range. */
export function replace(
  statement: AnalyzedStatement,
  range: TextRange,
  fragment: Fragment | string,
): TextEdit {
  const text =
    typeof fragment === 'string'
      ? fragment
      : render(fragment, style(statement), lineIndent(statement.text, range.start));
  return { start: range.start, end: range.end, text };
}

/** Put a fragment at an offset. */
export function insert(statement: AnalyzedStatement, offset: number, fragment: Fragment | string): TextEdit {
  return replace(statement, { start: offset, end: offset }, fragment);
}

/** Take a range away with the white space before it (a comment before it stays). */
export function remove(statement: AnalyzedStatement, range: TextRange): TextEdit {
  const before = statement.text.slice(0, range.start);
  return { start: endBeforeSpace(statement, before), end: range.end, text: '' };
}

/** White space before a removal goes too, but never the line break that ends a line comment. */
function endBeforeSpace(statement: AnalyzedStatement, before: string): number {
  const trimmed = before.trimEnd().length;
  const last = statement.tokens.find((token) => token.start < trimmed && token.end >= trimmed);
  return last?.kind === 'lineComment' ? before.length : trimmed;
}

/** A comment lies in the range: what replaces the whole of it would lose the comment. */
export function hasComment(statement: AnalyzedStatement, range: TextRange): boolean {
  return statement.tokens.some(
    (token) => (token.kind === 'lineComment' || token.kind === 'blockComment') && contains(range, token),
  );
}

/** No edit touches what the parser did not understand. */
export function editable(statement: AnalyzedStatement, ranges: readonly TextRange[]): boolean {
  return !ranges.some((range) => statement.opaque.some((opaque) => rangesOverlap(range, opaque)));
}

/**
 * Take conjuncts out of WHERE (or HAVING, or an ON that keeps another one), each with its AND; the whole clause when
 * none is left.
 *
 * @param conjuncts of one clause of one block
 * @returns null when the clause is an ON that would become empty
 */
export function removeConjuncts(
  statement: AnalyzedStatement,
  conjuncts: readonly Conjunct[],
): TextEdit[] | null {
  const [first] = conjuncts;
  if (!first) return [];
  const all = clauseOf(first);
  if (conjuncts.length === all.length) {
    const clause =
      first.place === 'where'
        ? first.block.select.clauses.where
        : first.place === 'having'
          ? first.block.select.clauses.having
          : null;
    return clause ? [remove(statement, clause)] : null;
  }
  const used = new Set<number>();
  const edits: TextEdit[] = [];
  for (const conjunct of conjuncts) {
    const edit = removalWithAnd(statement, conjunct.range, used);
    if (!edit) return rebuilt(statement, all, conjuncts);
    edits.push(edit);
  }
  return edits;
}

/** Take one conjunct away. See {@link removeConjuncts}. */
export function removeConjunct(statement: AnalyzedStatement, conjunct: Conjunct): TextEdit[] | null {
  return removeConjuncts(statement, [conjunct]);
}

function clauseOf(conjunct: Conjunct): readonly Conjunct[] {
  if (conjunct.place === 'having') return conjunct.block.having;
  if (conjunct.place === 'on') return conjunct.join?.on ?? [];
  return conjunct.block.where;
}

/** The AND before the conjunct goes with it, or the one behind it; null when both are gone or hidden by parentheses. */
function removalWithAnd(statement: AnalyzedStatement, range: TextRange, used: Set<number>): TextEdit | null {
  const tokens = statement.tokens.filter((token) => !isTrivia(token));
  const first = tokens.findIndex((token) => token.start >= range.start);
  const before = tokens[first - 1];
  if (before?.upper === 'AND' && !used.has(before.start)) {
    used.add(before.start);
    return remove(statement, { start: before.start, end: range.end });
  }
  const after = tokens.find((token) => token.start >= range.end);
  if (after?.upper === 'AND' && !used.has(after.start)) {
    used.add(after.start);
    const next = tokens.find((token) => token.start >= after.end);
    const gap = statement.text.slice(after.end, next?.start ?? after.end);
    // a comment behind the AND belongs to what stays
    return { start: range.start, end: gap.trim() === '' ? (next?.start ?? after.end) : after.end, text: '' };
  }
  return null;
}

/** The clause written anew from the conjuncts that stay; null when that would lose a comment. */
function rebuilt(
  statement: AnalyzedStatement,
  all: readonly Conjunct[],
  gone: readonly Conjunct[],
): TextEdit[] | null {
  const start = Math.min(...all.map((conjunct) => conjunct.range.start));
  const end = Math.max(...all.map((conjunct) => conjunct.range.end));
  const whole = wholeCondition(all[0]);
  if (!whole || hasComment(statement, whole) || whole.start > start || whole.end < end) return null;
  const kept = all
    .filter((conjunct) => !gone.includes(conjunct))
    .map((conjunct) => source(statement, conjunct.range));
  return [replace(statement, whole, kept.join(` ${keyword(statement, 'AND')} `))];
}

function wholeCondition(conjunct: Conjunct | undefined): Expression | null {
  if (!conjunct) return null;
  if (conjunct.place === 'having') return conjunct.block.select.having;
  if (conjunct.place === 'on') return conjunct.join?.node?.on ?? null;
  return conjunct.block.select.where;
}

/** A keyword in the case of the file. */
export function keyword(statement: AnalyzedStatement, word: string): string {
  return style(statement).keywordCase === 'lower' ? word.toLowerCase() : word;
}

/** Add a condition to a block's WHERE, or a WHERE with it behind its FROM. */
export function addConjunct(statement: AnalyzedStatement, block: Block, condition: Fragment): TextEdit[] {
  const { where, clauses } = block.select;
  const last = block.where.at(-1);
  if (!where || !last) {
    const at = clauses.from?.end ?? clauses.select.end;
    const oneLine = !beginsLine(statement.text, clauses.from?.start ?? 0);
    return [
      insertBehind(
        statement,
        at,
        oneLine ? sql` WHERE ${condition}` : sql`\nWHERE ${condition}`,
        clauses.from?.start,
      ),
    ];
  }
  const and = lastAnd(statement, where);
  const ownLine = and !== null && beginsLine(statement.text, and);
  const indent = ownLine ? lineIndent(statement.text, and) : null;
  const text = ownLine
    ? `${style(statement).newline}${indent}${render(sql`AND ${condition}`, style(statement), indent ?? '')}`
    : ` ${render(sql`AND ${condition}`, style(statement), lineIndent(statement.text, where.start))}`;
  if (unwrapParens(where) === where && where.kind === 'binary' && where.operator === 'OR') {
    return [insert(statement, where.start, '('), { start: where.end, end: where.end, text: `)${text}` }];
  }
  return [{ start: where.end, end: where.end, text }];
}

function lastAnd(statement: AnalyzedStatement, within: TextRange): number | null {
  return (
    statement.tokens.findLast((token) => token.upper === 'AND' && contains(within, token))?.start ?? null
  );
}

/** Insert behind an offset with the indentation of another line. */
function insertBehind(
  statement: AnalyzedStatement,
  offset: number,
  fragment: Fragment,
  like: number | undefined,
): TextEdit {
  const indent = lineIndent(statement.text, like ?? offset);
  return { start: offset, end: offset, text: render(fragment, style(statement), indent) };
}

/**
 * Add a join behind the last item of a block's FROM, on a line of its own.
 *
 * @param join begins with the join's words: sql`JOIN … ON …`
 * @returns null for a block without FROM
 */
export function addJoin(statement: AnalyzedStatement, block: Block, join: Fragment): TextEdit[] | null {
  const { from } = block.select.clauses;
  if (!from) return null;
  return [insertBehind(statement, from.end, sql`\n${join}`, from.start)];
}
