/** The rule behind date_trunc, casts to date, EXTRACT(YEAR): a column cut to a unit of time and compared. */
import type { Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { source } from '../../sql/writing/fragment.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match } from '../pattern.ts';
import type { Unit } from './calendar.ts';
import { type Comparison, comparisonsOf } from './comparison.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { type PositivePredicate, positivePredicates, quote, replacePredicate } from './positive.ts';
import { allBounds, type Boundary, zoneBlock, zoneFact } from './time-range.ts';

/** A column inside of a function that cuts it to a unit of time. */
export interface Floored {
  readonly column: Expression;
  readonly unit: Unit;
  /** what an expression index on it would contain: `date_trunc` */
  readonly indexedAs: string;
}

export interface FlooredRule {
  /** the cut that an expression is, or null */
  floored(side: Expression): Floored | null;
  /** what the other side of the comparison says about the column, or null when it cannot be told */
  boundary(value: Expression, column: SearchableColumn, unit: Unit): Boundary | null;
  /** families of columns that the rule is for */
  readonly families: readonly string[];
}

/** All comparisons of a cut column that can search an index or leave out partitions when written as a range. */
export function* findFloored(statement: AnalyzedStatement, rule: FlooredRule): Generator<Match> {
  for (const predicate of positivePredicates(statement)) {
    const comparisons = comparisonsOf(predicate.expression, (side) => rule.floored(side) !== null);
    const first = comparisons?.[0];
    const floored = first ? rule.floored(first.left) : null;
    if (!comparisons || !floored) continue;
    const column = searchableColumn(statement, floored.column);
    if (!column || !rule.families.includes(column.resolved.column?.family ?? '')) continue;
    if (hasExpressionIndex(column, floored.indexedAs)) continue;
    const match = matchOf(statement, rule, { predicate, comparisons, column, floored });
    if (match) yield match;
  }
}

interface Found {
  readonly predicate: PositivePredicate;
  readonly comparisons: readonly Comparison[];
  readonly column: SearchableColumn;
  readonly floored: Floored;
}

function matchOf(statement: AnalyzedStatement, rule: FlooredRule, found: Found): Match | null {
  const { predicate, comparisons, column, floored } = found;
  const assumptions: string[] = [];
  const bounds = allBounds(source(statement, floored.column), comparisons, floored.unit, (value) => {
    const boundary = rule.boundary(value, column, floored.unit);
    if (boundary?.assumes) assumptions.push(boundary.assumes);
    return boundary;
  });
  if (!bounds) return null;
  const message = `${quote(statement, predicate.expression)} computes a value for every row. A range on ${
    column.resolved.name
  } itself can use ${serving(column)}.`;
  const fact = zoneFact(statement, column);
  if (!fact.sound) return blocked(predicate.expression, message, zoneBlock(statement, column));
  const edits = () => replacePredicate(statement, predicate, bounds);
  const type = `${column.table.name}.${column.resolved.name} is ${column.resolved.column?.type ?? 'a point in time'}.`;
  const made = assumptions.length > 0 ? offerToTest : offer;
  return made(predicate.expression, message, edits, type, fact.assumption, ...assumptions);
}
