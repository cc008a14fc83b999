/** Collects the edits of one rewrite and checks that nothing is lost by them. */
import type { Cte, Expression, Join, Query, SelectClauses } from '../ast.ts';
import type { AnalyzedStatement, Block, Conjunct, Scope, Source } from '../query-model.ts';
import { sortEdits, type TextEdit, type TextRange } from '../text.ts';
import { keepsTextNames } from './column-names.ts';
import { type Fragment, render, sql } from './fragment.ts';
import { type PredicateChange, planPredicate, predicateOf, whereOf } from './predicates.ts';
import {
  afterLineComment,
  indentAt,
  orderByRange,
  startsLine,
  tokenAfter,
  tokenBefore,
  tokensWithin,
  withWhiteSpace,
} from './ranges.ts';
import { isSafe, type PlannedEdit } from './safety.ts';
import { type Style, styleOfStatement } from './style.ts';

/** Begin the edits of a rewrite. */
export function editing(statement: AnalyzedStatement): RewriteEdits {
  return new RewriteEdits(statement);
}

/**
 * The edits of one rewrite. Each call adds a change; {@link RewriteEdits.done} gives them all, or null when one was
 * impossible or would lose something: a comment, a part that the parser did not understand, a template block, the
 * order of positional parameters. Changes of WHERE may be given in any order: they are put together at the end.
 */
export class RewriteEdits {
  private readonly statement: AnalyzedStatement;
  private readonly planned: { readonly range: TextRange; readonly fragment: Fragment | null }[] = [];
  private readonly predicates = new Map<Expression | Scope, PredicateChange>();
  private failed = false;

  constructor(statement: AnalyzedStatement) {
    this.statement = statement;
  }

  /** How the statement is written. */
  get style(): Style {
    return styleOfStatement(this.statement);
  }

  /** Put a fragment in the place of a node or range. */
  replace(range: TextRange, fragment: Fragment): this {
    this.planned.push({ range, fragment });
    return this;
  }

  /** Insert a fragment; it brings its own blanks. */
  insert(at: number, fragment: Fragment): this {
    return this.replace({ start: at, end: at }, fragment);
  }

  /** Remove a range as it is. */
  remove(range: TextRange): this {
    this.planned.push({ range, fragment: null });
    return this;
  }

  /** Remove a clause or another range with the white space before it. */
  removeClause(range: TextRange | null): this {
    if (range === null) return this.fail();
    return this.remove(withWhiteSpace(this.statement, range));
  }

  /** Remove a conjunct of WHERE, HAVING or ON with its AND; the clause goes with its last one, ON becomes TRUE. */
  removeConjunct(conjunct: Conjunct): this {
    this.changeOf(conjunct).removed.add(conjunct);
    return this;
  }

  /** Put a fragment in the place of a conjunct; OR at its top is put in parentheses where needed. */
  replaceConjunct(conjunct: Conjunct, fragment: Fragment): this {
    this.changeOf(conjunct).replaced.set(conjunct, fragment);
    return this;
  }

  /** Add `AND fragment` to WHERE, or a WHERE. */
  addConjunct(scope: Scope, fragment: Fragment): this {
    this.changeAt(scope, 'where', whereOf(scope)).added.push(fragment);
    return this;
  }

  /** Move a conjunct into another block's WHERE, written there as the fragment says. */
  moveConjunct(conjunct: Conjunct, to: Scope, fragment: Fragment): this {
    return this.removeConjunct(conjunct).addConjunct(to, fragment);
  }

  /** Remove DISTINCT (not DISTINCT ON) from a block. */
  removeDistinct(block: Block): this {
    if (block.select.distinct !== 'distinct') return this.fail();
    const words = tokensWithin(this.statement.tokens, block.select.clauses.select);
    const word = words.find((token) => token.upper === 'DISTINCT' || token.upper === 'DISTINCTROW');
    return word ? this.removeClause(word) : this.fail();
  }

  /** Add DISTINCT to a block that has no such word yet. */
  addDistinct(block: Block): this {
    if (block.select.distinct !== null) return this.fail();
    const word = tokensWithin(this.statement.tokens, block.select.clauses.select)[0];
    return word ? this.insert(word.end, sql` DISTINCT`) : this.fail();
  }

  /** Put a fragment in the place of the whole select list. */
  replaceSelectList(block: Block, fragment: Fragment): this {
    const first = block.select.items[0];
    const last = block.select.items.at(-1);
    return first && last ? this.replace({ start: first.start, end: last.end }, fragment) : this.fail();
  }

  /** Put a fragment (with its keyword) in the place of a clause. */
  replaceClause(block: Block, clause: keyof SelectClauses, fragment: Fragment): this {
    const range = block.select.clauses[clause];
    return range ? this.replace(range, fragment) : this.fail();
  }

  /** Remove ORDER BY of a query. */
  removeOrderBy(query: Query): this {
    return this.removeClause(orderByRange(this.statement, query));
  }

  /** Remove LIMIT, OFFSET and FETCH of a query. */
  removeLimit(query: Query): this {
    return this.removeClause(query.limit);
  }

  /**
   * Add a join (`LEFT JOIN x ON …`) after the FROM item that holds the given sources: ON sees nothing of the items
   * beside it. Fails when they stand in several items.
   */
  addJoin(block: Block, seen: readonly Source[], fragment: Fragment): this {
    const items = block.select.from.filter((item) =>
      seen.some((source) => item.start <= source.node.start && source.node.end <= item.end),
    );
    const item = items.length === 0 && seen.length === 0 ? block.select.from.at(-1) : items[0];
    if (!item || items.length > 1) return this.fail();
    return this.insert(item.end, this.onNewLine(block.select.clauses.from, fragment));
  }

  /**
   * Remove a relation from FROM: the right side of a join with its ON, the left side with the join's words and ON, or
   * an item of the list with its comma. Fails for the only relation. Conjuncts of the removed ON are lost: add them
   * elsewhere where they are still needed.
   */
  removeSource(source: Source): this {
    if (source.block.kind !== 'select') return this.fail();
    const { select } = source.block as Block;
    const join = source.block.joins.find((step) => step.node && isSideOf(step.node, source))?.node;
    if (join) {
      const other = join.right === source.node ? join.left : join.right;
      const stays = other.kind === 'join' || other.kind === 'parenJoin';
      if (!stays && this.isParenthesized(join)) return this.fail();
      if (join.right === source.node) return this.removeClause({ start: join.left.end, end: join.end });
      this.remove({ start: join.start, end: join.right.start });
      return this.removeClause({ start: join.right.end, end: join.end });
    }
    const at = select.from.indexOf(source.node);
    const previous = select.from[at - 1];
    const next = select.from[at + 1];
    if (at < 0) return this.fail();
    if (previous) return this.remove({ start: previous.end, end: source.node.end });
    return next ? this.remove({ start: source.node.start, end: next.start }) : this.fail();
  }

  /** `(a JOIN b ON …)`: a table alone cannot stand in parentheses. */
  private isParenthesized(join: Join): boolean {
    const { tokens } = this.statement;
    return tokenBefore(tokens, join.start)?.text === '(' && tokenAfter(tokens, join.end)?.text === ')';
  }

  /** Put other words in the place of a join's: sql`INNER JOIN`. */
  setJoinWords(join: Join, fragment: Fragment): this {
    return this.replace(join.joinRange, fragment);
  }

  /**
   * Add a CTE to the statement's query: last in its WITH (or first, for the others to see), or with a new WITH.
   *
   * @param definition `name AS (…)`, without WITH
   */
  addCte(query: Query, definition: Fragment, place: 'first' | 'last' = 'last'): this {
    const ctes: readonly Cte[] = query.with?.ctes ?? [];
    const first = ctes[0];
    const last = ctes.at(-1);
    if (!first || !last) {
      // XMLNAMESPACES alone
      if (query.with !== null) return this.fail();
      return this.insert(
        query.start,
        sql`
          WITH ${definition}
          ${sql``}`,
      );
    }
    if (place === 'last') return this.insert(last.end, sql`, ${definition}`);
    return this.insert(first.start, sql`${definition}, `);
  }

  /** The rewrite cannot be done: {@link RewriteEdits.done} will give null. */
  fail(): this {
    this.failed = true;
    return this;
  }

  /** The edits in the order of the text, or null when the rewrite cannot be done without a loss. */
  done(): TextEdit[] | null {
    if (this.failed) return null;
    const clauses = this.planned.map(({ range, fragment }) => this.written(range, fragment));
    const conditions: PlannedEdit[] = [];
    for (const change of this.predicates.values()) {
      const planned = planPredicate(this.statement, change, this.style);
      if (!planned) return null;
      conditions.push(...planned);
    }
    const sorted = sortEdits([...this.belowComments(clauses, conditions), ...conditions]) as PlannedEdit[];
    if (!isSafe(this.statement, sorted) || !keepsTextNames(this.statement, sorted)) return null;
    return sorted.map(({ start, end, text }) => ({ start, end, text }));
  }

  private written({ start, end }: TextRange, fragment: Fragment | null): PlannedEdit {
    if (!fragment) return { start, end, text: '', fragment };
    const text = render(fragment, this.style, indentAt(this.statement.text, start));
    return { start, end, text, fragment };
  }

  /**
   * A clause that is written below a line comes after the comment that ends the line: what is said of the line stays on
   * it. Not when a condition is written there as well, which has to stay behind the clause.
   */
  private belowComments(
    clauses: readonly PlannedEdit[],
    conditions: readonly PlannedEdit[],
  ): readonly PlannedEdit[] {
    return clauses.map((edit) => {
      const at = beginsLine(edit) ? afterLineComment(this.statement, edit.start) : edit.start;
      const touches = ({ start, end }: PlannedEdit): boolean => end >= edit.start && start <= at;
      const together = clauses.filter(touches).every((each) => each.start === edit.start && beginsLine(each));
      const free = together && !conditions.some(touches);
      return at > edit.start && free ? { ...edit, start: at, end: at } : edit;
    });
  }

  /** The fragment on a line of its own where the clause begins one, after a blank otherwise. */
  private onNewLine(clause: TextRange | null, fragment: Fragment): Fragment {
    const breaks = this.style.multiline && clause !== null && startsLine(this.statement.text, clause.start);
    return breaks
      ? { kind: 'fragment', pieces: [{ kind: 'break', levels: 0 }, ...fragment.pieces] }
      : sql` ${fragment}`;
  }

  private changeOf(conjunct: Conjunct): PredicateChange {
    return this.changeAt(conjunct.block, conjunct.place, predicateOf(conjunct));
  }

  private changeAt(scope: Scope, place: Conjunct['place'], predicate: Expression | null): PredicateChange {
    const key = predicate ?? scope;
    const known = this.predicates.get(key);
    if (known) return known;
    const change: PredicateChange = {
      scope,
      place,
      predicate,
      removed: new Set(),
      replaced: new Map(),
      added: [],
    };
    this.predicates.set(key, change);
    return change;
  }
}

/** An insertion that begins with a line break. */
function beginsLine({ start, end, text }: PlannedEdit): boolean {
  return start === end && /^\r?\n/.test(text);
}

function isSideOf(join: Join, source: Source): boolean {
  return join.right === source.node || join.left === source.node;
}
