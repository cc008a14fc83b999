/** Edits of WHERE, ON and HAVING: conjuncts removed, replaced, added, put together into one set of edits. */
import type { Expression } from '../ast.ts';
import { tokenize } from '../lexer.ts';
import type { AnalyzedStatement, Block, Conjunct, Scope, WriteBlock } from '../query-model.ts';
import type { TextRange } from '../text.ts';
import { unwrapParens } from '../walk.ts';
import { type Fragment, joinFragments, parenthesized, render, sql, verbatim } from './fragment.ts';
import { indentAt, startsLine, tokenBefore, tokensWithin, withWhiteSpace } from './ranges.ts';
import type { PlannedEdit } from './safety.ts';
import type { Style } from './style.ts';

/** What happens to one predicate. */
export interface PredicateChange {
  readonly scope: Scope;
  readonly place: Conjunct['place'];
  /** null: there is no such clause yet */
  readonly predicate: Expression | null;
  readonly removed: Set<Conjunct>;
  readonly replaced: Map<Conjunct, Fragment>;
  readonly added: Fragment[];
}

/** More conjuncts than any person writes; the removal below recurses over them. */
const MOST_CONJUNCTS = 1000;

/** The whole predicate that a conjunct is a part of. */
export function predicateOf(conjunct: Conjunct): Expression | null {
  if (conjunct.place === 'on' && conjunct.join) return conjunct.join.node?.on ?? null;
  if (conjunct.block.kind === 'select') {
    const { select } = conjunct.block as Block;
    return conjunct.place === 'having' ? select.having : select.where;
  }
  return whereOf(conjunct.block);
}

/** The WHERE expression of a scope (ON of a MERGE), null without one. */
export function whereOf(scope: Scope): Expression | null {
  if (scope.kind === 'select') return (scope as Block).select.where;
  const { statement } = scope as WriteBlock;
  switch (statement.kind) {
    case 'update':
    case 'delete':
      return statement.where;
    case 'merge':
      return statement.on;
    case 'insert':
      return null;
  }
}

/** The edits of one predicate, or null when they cannot be done. */
export function planPredicate(
  statement: AnalyzedStatement,
  change: PredicateChange,
  style: Style,
): PlannedEdit[] | null {
  const plan = new PredicatePlan(statement, change, style);
  return plan.edits();
}

class PredicatePlan {
  private readonly statement: AnalyzedStatement;
  private readonly change: PredicateChange;
  private readonly style: Style;
  private readonly planned: PlannedEdit[] = [];
  private readonly parts = new Map<Expression, Conjunct>();

  constructor(statement: AnalyzedStatement, change: PredicateChange, style: Style) {
    this.statement = statement;
    this.change = change;
    this.style = style;
    for (const conjunct of [...change.removed, ...change.replaced.keys()]) {
      this.parts.set(conjunct.expression, conjunct);
    }
  }

  edits(): PlannedEdit[] | null {
    const { predicate, added } = this.change;
    if (!predicate) return added.length > 0 ? this.newClause() : null;
    const all = this.conjunctCount(predicate);
    if (all > MOST_CONJUNCTS) return null;
    const left = all - this.change.removed.size + added.length;
    if (left === 0) return this.emptied(predicate);
    if (all === this.change.removed.size) {
      this.put(predicate, this.conjunction(added, left > 1));
      return this.planned;
    }
    this.plan(predicate, left > 1);
    if (added.length > 0) this.append(predicate, added);
    return this.planned;
  }

  private conjunctCount(predicate: Expression): number {
    let count = 0;
    const open: Expression[] = [predicate];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const inner = unwrapParens(next);
      if (inner.kind === 'binary' && inner.operator === 'AND') open.push(inner.right, inner.left);
      else count++;
    }
    return count;
  }

  /** Removes and replaces below a node; true when nothing of it is left (its parent removes it then). */
  private plan(node: Expression, several: boolean): boolean {
    const inner = unwrapParens(node);
    if (inner.kind !== 'binary' || inner.operator !== 'AND') {
      const conjunct = this.parts.get(inner);
      if (!conjunct) return false;
      const replacement = this.change.replaced.get(conjunct);
      if (replacement) this.put(node, this.operand(replacement, several));
      return replacement === undefined;
    }
    const leftGone = this.plan(inner.left, several);
    const rightGone = this.plan(inner.right, several);
    if (leftGone && !rightGone) this.cut(this.withAndAfter(inner.left, inner.right));
    if (rightGone && !leftGone) this.cut(this.withAndBefore(inner.left, inner.right));
    return leftGone && rightGone;
  }

  /** `a AND ` of `a AND b`; a comment after AND stays. */
  private withAndAfter(left: TextRange, right: TextRange): TextRange {
    const and = tokenBefore(this.statement.tokens, right.start);
    const gap = { start: and?.end ?? left.end, end: right.start };
    const [first] = tokensWithin(this.statement.tokens, gap);
    const blank = first?.kind === 'whitespace' ? first.end : gap.start;
    return { start: left.start, end: this.hasComment(gap) ? blank : right.start };
  }

  /** ` AND b` of `a AND b`; a comment before AND stays. */
  private withAndBefore(left: TextRange, right: TextRange): TextRange {
    const and = tokenBefore(this.statement.tokens, right.start);
    const start = and?.start ?? left.end;
    return { start: this.hasComment({ start: left.end, end: start }) ? start : left.end, end: right.end };
  }

  private hasComment(range: TextRange): boolean {
    return tokensWithin(this.statement.tokens, range).some(
      (token) => token.kind === 'lineComment' || token.kind === 'blockComment',
    );
  }

  private cut(range: TextRange): void {
    this.planned.push({ start: range.start, end: range.end, text: '', fragment: null });
  }

  private put(range: TextRange, fragment: Fragment): void {
    const text = render(fragment, this.style, indentAt(this.statement.text, range.start));
    this.planned.push({ start: range.start, end: range.end, text, fragment });
  }

  /** Nothing is left: the clause goes; ON becomes TRUE where the dialect has it. */
  private emptied(predicate: Expression): PlannedEdit[] | null {
    const { place, scope } = this.change;
    if (place === 'on') {
      if (this.statement.dialect === 'tsql') return null;
      this.put(predicate, sql`TRUE`);
      return this.planned;
    }
    if (scope.kind === 'select') {
      const { clauses } = (scope as Block).select;
      const clause = place === 'having' ? clauses.having : clauses.where;
      if (!clause) return null;
      this.cut(withWhiteSpace(this.statement, clause));
      return this.planned;
    }
    const word = tokenBefore(this.statement.tokens, predicate.start);
    if (word?.upper !== 'WHERE') return null;
    this.cut(withWhiteSpace(this.statement, { start: word.start, end: predicate.end }));
    return this.planned;
  }

  /** AND and the added conjuncts behind the predicate, an OR at its top in parentheses first. */
  private append(predicate: Expression, added: readonly Fragment[]): void {
    if (isDisjunction(predicate, this.statement)) {
      this.put({ start: predicate.start, end: predicate.start }, verbatim('('));
      this.put({ start: predicate.end, end: predicate.end }, verbatim(')'));
    }
    const [before, after] = this.andStyle(predicate);
    const pieces = added.flatMap((fragment) => [before, sql`AND`, after, this.operand(fragment, true)]);
    const text = joinFragments(pieces, verbatim(''));
    // the new line is indented like the conjuncts' lines
    this.planned.push({
      start: predicate.end,
      end: predicate.end,
      text: render(text, this.style, ''),
      fragment: text,
    });
  }

  /** What stands before and after an AND: a new line where the statement's ANDs have one. */
  private andStyle(predicate: Expression): [Fragment, Fragment] {
    const { text, tokens } = this.statement;
    const blank = verbatim(' ');
    const inner = unwrapParens(predicate);
    const and =
      inner.kind === 'binary' && inner.operator === 'AND' ? tokenBefore(tokens, inner.right.start) : null;
    if (and) {
      if (startsLine(text, and.start)) return [this.lineBreak(indentAt(text, and.start)), blank];
      const ends = /^[ \t]*\r?\n/.test(text.slice(and.end));
      if (ends && inner.kind === 'binary') return [blank, this.lineBreak(indentAt(text, inner.right.start))];
      return [blank, blank];
    }
    const word = tokenBefore(tokens, predicate.start);
    if (!this.style.multiline || !word || !startsLine(text, word.start)) return [blank, blank];
    const indent = indentAt(text, word.start);
    return [this.lineBreak(indent + this.style.indentUnit), blank];
  }

  private lineBreak(indent: string): Fragment {
    return verbatim(this.style.newline + indent);
  }

  private newClause(): PlannedEdit[] | null {
    const at = this.endBeforeWhere();
    if (at === null || this.change.place !== 'where') return null;
    const clause = sql`WHERE ${this.conjunction(this.change.added, this.change.added.length > 1)}`;
    const { text } = this.statement;
    const from =
      this.change.scope.kind === 'select' ? (this.change.scope as Block).select.clauses.from : null;
    const breaks = this.style.multiline && (from ? startsLine(text, from.start) : true);
    const before = breaks ? this.lineBreak(indentAt(text, from?.start ?? at)) : verbatim(' ');
    this.put({ start: at, end: at }, joinFragments([before, clause], verbatim('')));
    return this.planned;
  }

  private endBeforeWhere(): number | null {
    const { scope } = this.change;
    if (scope.kind === 'select') {
      const { select } = scope as Block;
      return select.clauses.from?.end ?? select.into?.end ?? select.items.at(-1)?.end ?? null;
    }
    const { statement } = scope as WriteBlock;
    if (statement.kind === 'update')
      return statement.from.at(-1)?.end ?? statement.assignments.at(-1)?.end ?? null;
    return statement.kind === 'delete' ? (statement.using.at(-1)?.end ?? statement.target.end) : null;
  }

  private conjunction(fragments: readonly Fragment[], several: boolean): Fragment {
    return joinFragments(
      fragments.map((fragment) => this.operand(fragment, several)),
      sql` AND `,
    );
  }

  /** A fragment as an operand of AND: an OR at its top in parentheses. */
  private operand(fragment: Fragment, several: boolean): Fragment {
    if (!several) return fragment;
    let depth = 0;
    for (const token of tokenize(render(fragment, this.style, ''), this.statement.dialect)) {
      if (token.text === '(') depth++;
      else if (token.text === ')') depth--;
      else if (depth === 0 && (token.upper === 'OR' || token.upper === 'XOR')) return parenthesized(fragment);
    }
    return fragment;
  }
}

function isDisjunction(predicate: Expression, statement: AnalyzedStatement): boolean {
  if (predicate.kind !== 'binary') return false;
  if (predicate.operator === 'OR' || predicate.operator === 'XOR') return true;
  return predicate.operator === '||' && statement.dialect !== 'postgresql';
}
