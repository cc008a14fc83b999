/** The operators that compare two values. */

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

const MIRRORED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

export function isComparison(operator: string): operator is ComparisonOperator {
  return Object.hasOwn(MIRRORED, operator);
}

/** The operator that says the same with its sides exchanged. */
export function mirrored(operator: ComparisonOperator): ComparisonOperator {
  return MIRRORED[operator];
}
