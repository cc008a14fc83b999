/** The statements of a document that is being edited: after a change, only what the change touches is read again. */
import type { Dialect } from './dialect.ts';
import type { StatementRange } from './splitter.ts';
import {
  type SplitState,
  type SplitStep,
  START_STATE,
  StatementReader,
  sameState,
} from './statement-reader.ts';

/** A piece of the document with its analysis. */
export interface IndexedStatement<T> {
  /** where it stands in the document, and whether it is a statement at all */
  readonly range: StatementRange;
  /** its text, without terminator */
  readonly text: string;
  /** computed when first asked for, then kept: statements of equal text share it */
  readonly analysis: T;
}

/** How many analyses of statements that are no longer in the document are kept, for undo and for typing back. */
const KEPT_ANALYSES = 200;

/** A step with the state from which it was read. */
interface Entry {
  readonly before: SplitState;
  readonly step: SplitStep;
}

/**
 * Keeps the statements of one document up to date.
 *
 * @typeParam T what is computed for a statement
 */
export class StatementIndex<T> {
  private readonly dialect: Dialect;
  private readonly analyses: Analyses<T>;
  private source = '';
  private entries: readonly Entry[] = [];
  private statements: readonly IndexedStatement<T>[] = [];

  /**
   * @param compute the analysis of a statement's text; it must depend on nothing else. What it throws is passed on to
   *   who asks for the analysis, and is not kept.
   */
  constructor(dialect: Dialect, compute: (text: string) => T) {
    this.dialect = dialect;
    this.analyses = new Analyses(compute);
  }

  /**
   * The statements of the document's new text, in order, the same as `splitStatements` finds. Statements before the
   * change, and behind it once the old boundaries are met again, are taken over.
   */
  update(text: string): readonly IndexedStatement<T>[] {
    if (text === this.source) return this.statements;
    this.entries = reread(this.source, this.entries, text, this.dialect);
    this.source = text;
    this.statements = this.entries.map(({ step }) =>
      indexed(step.range, text.slice(step.range.start, step.range.end), this.analyses),
    );
    this.analyses.keep(this.statements.map((statement) => statement.text));
    return this.statements;
  }
}

function indexed<T>(range: StatementRange, text: string, analyses: Analyses<T>): IndexedStatement<T> {
  return {
    range,
    text,
    get analysis() {
      return analyses.of(text);
    },
  };
}

/** Read the new text, taking over what the change does not touch. */
function reread(before: string, old: readonly Entry[], after: string, dialect: Dialect): Entry[] {
  const prefix = commonPrefix(before, after);
  const suffix = commonSuffix(before, after, prefix);
  const shift = after.length - before.length;
  const changeEnd = after.length - suffix;

  let kept = 0;
  while (kept < old.length && (old[kept]?.step.reach ?? Number.POSITIVE_INFINITY) <= prefix) kept++;
  const entries = old.slice(0, kept);

  const reader = new StatementReader(after, dialect);
  let state = entries.at(-1)?.step.next ?? START_STATE;
  let candidate = kept;
  for (;;) {
    if (state.position >= changeEnd && state.position > 0) {
      while (candidate < old.length && (old[candidate]?.before.position ?? 0) + shift < state.position)
        candidate++;
      const met = old[candidate];
      if (met !== undefined && met.before.position > 0 && sameState(met.before, state, shift)) {
        return entries.concat(old.slice(candidate).map((entry) => shifted(entry, shift)));
      }
    }
    const step = reader.read(state);
    if (step === null) return entries;
    entries.push({ before: state, step });
    state = step.next;
  }
}

function shifted({ before, step }: Entry, by: number): Entry {
  if (by === 0) return { before, step };
  const { range, next, reach } = step;
  return {
    before: { ...before, position: before.position + by },
    step: {
      range: {
        kind: range.kind,
        leadingStart: range.leadingStart + by,
        start: range.start + by,
        end: range.end + by,
        terminatorEnd: range.terminatorEnd + by,
      },
      next: { ...next, position: next.position + by },
      reach: reach + by,
    },
  };
}

/** Analyses by text: those of the document and the last ones that were in it. */
class Analyses<T> {
  private readonly compute: (text: string) => T;
  /** in the order of their last use */
  private readonly known = new Map<string, { readonly value: T }>();

  constructor(compute: (text: string) => T) {
    this.compute = compute;
  }

  of(text: string): T {
    const known = this.known.get(text);
    if (known !== undefined) return known.value;
    const value = this.compute(text);
    this.known.set(text, { value });
    return value;
  }

  /** Forget what was used longest ago, but nothing of the given texts. */
  keep(texts: readonly string[]): void {
    for (const text of texts) {
      const known = this.known.get(text);
      if (known === undefined) continue;
      this.known.delete(text);
      this.known.set(text, known);
    }
    let surplus = this.known.size - new Set(texts).size - KEPT_ANALYSES;
    for (const text of this.known.keys()) {
      if (surplus-- <= 0) break;
      this.known.delete(text);
    }
  }
}

const BLOCK = 4096;

function commonPrefix(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let length = 0;
  while (length + BLOCK <= shorter && a.slice(length, length + BLOCK) === b.slice(length, length + BLOCK)) {
    length += BLOCK;
  }
  while (length < shorter && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

/** The length of the common end that does not overlap the common beginning. */
function commonSuffix(a: string, b: string, prefix: number): number {
  const limit = Math.min(a.length, b.length) - prefix;
  let length = 0;
  while (
    length + BLOCK <= limit &&
    a.slice(a.length - length - BLOCK, a.length - length) ===
      b.slice(b.length - length - BLOCK, b.length - length)
  ) {
    length += BLOCK;
  }
  while (length < limit && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length))
    length++;
  return length;
}
