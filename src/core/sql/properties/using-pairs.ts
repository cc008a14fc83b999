/** The equalities that USING and NATURAL state without writing them. */
import type { JoinStep, Source, SourceColumn } from '../query-model.ts';
import { sameEqualitySemantics } from './types.ts';

/** Two columns that a join makes equal. */
export interface UsingPair {
  readonly left: { readonly source: Source; readonly column: string };
  readonly right: { readonly source: Source; readonly column: string };
}

/** The pairs of a join with USING or NATURAL; those with an ambiguous side or types that compare differently are left out. */
export function usingPairs(step: JoinStep): UsingPair[] {
  return (step.using ?? []).flatMap((name) => {
    const left = only(step.left, name);
    const right = only(step.right, name);
    if (!left || !right || !sameEqualitySemantics(left.column.type, right.column.type)) return [];
    return [{ left: { source: left.source, column: name }, right: { source: right.source, column: name } }];
  });
}

function only(sources: readonly Source[], name: string): { source: Source; column: SourceColumn } | null {
  const found = sources.flatMap((source) =>
    (source.columns ?? []).filter((column) => column.name === name).map((column) => ({ source, column })),
  );
  const known = sources.every((source) => source.columns !== null);
  return known && found.length === 1 ? (found[0] ?? null) : null;
}
