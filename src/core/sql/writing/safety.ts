/** What no rewrite may lose: comments, parts that the parser did not understand, template blocks, parameters. */

import { tokenize } from '../lexer.ts';
import type { AnalyzedStatement } from '../query-model.ts';
import { applyEdits, contains, rangesOverlap, type TextEdit, type TextRange } from '../text.ts';
import type { Token } from '../tokens.ts';
import { walk } from '../walk.ts';
import { carriedRanges, type Fragment } from './fragment.ts';

/** An edit together with the fragment that its text was rendered from. */
export interface PlannedEdit extends TextEdit {
  readonly fragment: Fragment | null;
}

/** Placeholders that are a new parameter at each place, whatever their text. */
const POSITIONAL = new Set(['?', '%s']);

/**
 * Edits lose nothing: they do not overlap, every comment in a removed range is carried into some fragment, no opaque
 * part, template block or unreadable token is touched or copied, positional parameters keep their order and named
 * ones stay.
 *
 * @param edits in the order of the text
 */
export function isSafe(statement: AnalyzedStatement, edits: readonly PlannedEdit[]): boolean {
  if (overlap(edits)) return false;
  const carried = edits.flatMap((edit) => (edit.fragment ? carriedRanges(edit.fragment) : []));
  const touched: TextRange[] = [...edits, ...carried];
  if (!safelyEditable(statement, touched)) return false;
  const comments = statement.tokens.filter((t) => t.kind === 'lineComment' || t.kind === 'blockComment');
  const lost = comments.some(
    (comment) =>
      edits.some((edit) => rangesOverlap(edit, comment)) &&
      !carried.some((range) => contains(range, comment)),
  );
  return !lost && keepsParameters(statement, edits) && !swallows(statement, comments, edits);
}

/** Code that was put behind a line comment would become a part of it: then the result has a comment that is new. */
function swallows(
  statement: AnalyzedStatement,
  comments: readonly Token[],
  edits: readonly TextEdit[],
): boolean {
  if (!comments.some((comment) => comment.kind === 'lineComment')) return false;
  const known = new Set(comments.map((comment) => comment.text.trimEnd()));
  return tokenize(applyEdits(statement.text, edits), statement.dialect).some(
    (token) => token.kind === 'lineComment' && !known.has(token.text.trimEnd()),
  );
}

/** No range crosses an opaque part, a template placeholder that is no value, or a token that cannot be read. */
export function safelyEditable(statement: AnalyzedStatement, ranges: readonly TextRange[]): boolean {
  const untouchable = [...statement.opaque, ...unreadableTokens(statement)];
  return !ranges.some((range) => untouchable.some((one) => rangesOverlap(range, one)));
}

/** Template blocks and unknown tokens. */
function unreadableTokens(statement: AnalyzedStatement): Token[] {
  const suspects = statement.tokens.filter((t) => t.kind === 'placeholder' || t.kind === 'unknown');
  if (suspects.length === 0) return [];
  const values = new Set<number>();
  walk(statement.tree, (node) => {
    if (node.kind === 'placeholder') values.add(node.start);
  });
  return suspects.filter((token) => token.kind === 'unknown' || !values.has(token.start));
}

function overlap(edits: readonly TextEdit[]): boolean {
  let end = 0;
  for (const edit of edits) {
    if (edit.start < end) return true;
    end = Math.max(end, edit.end);
  }
  return false;
}

function keepsParameters(statement: AnalyzedStatement, edits: readonly PlannedEdit[]): boolean {
  const before = statement.tokens.filter((token) => token.kind === 'placeholder');
  if (before.length === 0) return true;
  const after = parametersAfter(before, edits, statement.text.length);
  const positions = (tokens: readonly Token[]): string =>
    tokens
      .filter((token) => POSITIONAL.has(token.text))
      .map((token) => token.start)
      .join();
  if (positions(before) !== positions(after)) return false;
  const kept = new Set(after.map((token) => token.text));
  return before.every((token) => kept.has(token.text));
}

/** The placeholders of the edited text in its order, each as the token that it comes from. */
function parametersAfter(tokens: readonly Token[], edits: readonly PlannedEdit[], length: number): Token[] {
  const within = (range: TextRange): Token[] => tokens.filter((token) => contains(range, token));
  const after: Token[] = [];
  let at = 0;
  for (const edit of edits) {
    after.push(...within({ start: at, end: edit.start }));
    for (const range of edit.fragment ? carriedRanges(edit.fragment) : []) after.push(...within(range));
    at = edit.end;
  }
  return [...after, ...within({ start: at, end: length })];
}
