/** A query of the statement, written again at another place with some of its parts changed. */
import type { Query } from '../ast.ts';
import type { AnalyzedStatement, Block, Conjunct } from '../query-model.ts';
import type { TextRange } from '../text.ts';
import { type Fragment, joinFragments, type Piece, source, verbatim } from './fragment.ts';
import { type PredicateChange, planPredicate, predicateOf } from './predicates.ts';
import { indentAt, tokensWithin } from './ranges.ts';
import { styleOfStatement } from './style.ts';

interface Replacement {
  readonly range: TextRange;
  readonly by: Fragment;
}

/**
 * The text of a query (or a block without ORDER BY and LIMIT around it) as a fragment: its own text with its comments,
 * but for what is replaced, removed or added. {@link QueryCopy.done} gives null when that cannot be done.
 */
export class QueryCopy {
  private readonly statement: AnalyzedStatement;
  private readonly block: Block;
  private readonly range: TextRange;
  private readonly replacements: Replacement[] = [];
  private readonly removed = new Set<Conjunct>();
  private readonly replacedConjuncts = new Map<Conjunct, Fragment>();
  private readonly added: Fragment[] = [];

  /** @param whole the query with WITH, ORDER BY and LIMIT; the bare SELECT when left out */
  constructor(statement: AnalyzedStatement, block: Block, whole?: Query) {
    this.statement = statement;
    this.block = block;
    this.range = whole ?? block.select;
  }

  /** Write something else for a range of the query. */
  replace(range: TextRange, by: Fragment): this {
    this.replacements.push({ range, by });
    return this;
  }

  /** Write another select list. */
  selectList(by: Fragment): this {
    const first = this.block.select.items[0];
    const last = this.block.select.items.at(-1);
    return first && last ? this.replace({ start: first.start, end: last.end }, by) : this;
  }

  /** Leave conjuncts of WHERE out. */
  withoutConjuncts(conjuncts: readonly Conjunct[]): this {
    for (const conjunct of conjuncts) this.removed.add(conjunct);
    return this;
  }

  /** Write another predicate for a conjunct of WHERE. */
  replaceConjunct(conjunct: Conjunct, by: Fragment): this {
    this.replacedConjuncts.set(conjunct, by);
    return this;
  }

  /** Add a conjunct to WHERE. */
  addConjunct(by: Fragment): this {
    this.added.push(by);
    return this;
  }

  /** Add a clause at the end: begins with its own blank or line break. */
  append(by: Fragment): this {
    return this.replace({ start: this.range.end, end: this.range.end }, by);
  }

  /** The fragment for another place: indented there as it is here. Null when a part cannot be written so. */
  moved(): Fragment | null {
    const fragment = this.done();
    return fragment && this.movedToPlace(fragment);
  }

  /** The fragment for the place where the query stands. Null when a part cannot be written so. */
  done(): Fragment | null {
    const planned = this.predicateEdits();
    if (!planned) return null;
    const all = [...planned, ...this.replacements].sort((a, b) => a.range.start - b.range.start);
    const parts: Fragment[] = [];
    let at = this.range.start;
    for (const { range, by } of all) {
      if (range.start < at || range.end > this.range.end) return null;
      if (range.start > at) parts.push(source(this.statement, { start: at, end: range.start }));
      parts.push(by);
      at = range.end;
    }
    if (at < this.range.end) parts.push(source(this.statement, { start: at, end: this.range.end }));
    return joinFragments(parts, verbatim(''));
  }

  private predicateEdits(): Replacement[] | null {
    if (this.removed.size + this.replacedConjuncts.size + this.added.length === 0) return [];
    const [known] = [...this.removed, ...this.replacedConjuncts.keys()];
    const change: PredicateChange = {
      scope: this.block,
      place: 'where',
      predicate: known ? predicateOf(known) : this.block.select.where,
      removed: this.removed,
      replaced: this.replacedConjuncts,
      added: this.added,
    };
    const edits = planPredicate(this.statement, change, styleOfStatement(this.statement));
    return edits?.map((edit) => ({ range: edit, by: edit.fragment ?? verbatim(edit.text) })) ?? null;
  }

  /**
   * Line breaks of the copied text become breaks relative to the new place, so that it is indented there as it was
   * here. Text with strings or comments over several lines is kept as it is.
   */
  private movedToPlace(fragment: Fragment): Fragment {
    const { text, tokens } = this.statement;
    const here = tokensWithin(tokens, this.range);
    if (here.some((token) => token.kind !== 'whitespace' && token.text.includes('\n'))) return fragment;
    const unit = styleOfStatement(this.statement).indentUnit.length || 2;
    const column = this.range.start - (text.lastIndexOf('\n', this.range.start - 1) + 1);
    const base =
      text.slice(text.lastIndexOf('\n', this.range.start - 1) + 1, this.range.start).trim() === ''
        ? indentAt(text, this.range.start).length
        : column;
    return {
      kind: 'fragment',
      pieces: fragment.pieces.flatMap((piece) => relativeBreaks(piece, base, unit)),
    };
  }
}

function relativeBreaks(piece: Piece, base: number, unit: number): Piece[] {
  if (piece.kind !== 'exact' || !piece.text.includes('\n')) return [piece];
  const pieces: Piece[] = [];
  let at = piece.origin?.start ?? 0;
  piece.text.split(/(\r?\n[ \t]*)/).forEach((part, index) => {
    const origin = piece.origin ? { start: at, end: at + part.length } : null;
    at += part.length;
    if (index % 2 === 0) {
      if (part !== '') pieces.push({ kind: 'exact', text: part, origin });
      return;
    }
    const depth = part.replace(/^\r?\n/, '').replaceAll('\t', ' '.repeat(unit)).length - base;
    pieces.push({ kind: 'break', levels: Math.max(0, Math.floor(depth / unit)) });
    const rest = depth - Math.max(0, Math.floor(depth / unit)) * unit;
    if (rest > 0) pieces.push({ kind: 'exact', text: ' '.repeat(rest), origin: null });
  });
  return pieces;
}
