import type { Cte, Expression, Query, Select } from '../../sql/ast.ts';
import type { AnalyzedStatement, CteDefinition } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, sql, verbatim } from '../../sql/writing/fragment.ts';
import { identifier } from '../../sql/writing/identifiers.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { comparisonsOf } from '../predicates/comparison.ts';

/** A recursive CTE that counts → `generate_series`. */
export const recursiveNumbers: Pattern = {
  id: 'recursive-numbers',
  title: 'Recursive CTE that only counts',
  category: 'functions',
  industries: ['analytics', 'time-series'],
  engines: [
    {
      dialect: 'postgresql',
      pays: 'Hundreds of numbers or more; the planner then also knows how many there are.',
    },
    { dialect: 'tsql', from: 16, pays: 'Hundreds of numbers or more: recursion keeps each in a work table.' },
  ],
  severity: 'info',
  description:
    'Each number is one round of the recursion, with a work table of its own, and the planner cannot know how many there will be. A series is made at once.',
  source: 'https://www.postgresql.org/docs/current/functions-srf.html',
  precondition:
    'The CTE has one column: it begins with a whole number, adds one in each round and stops at a whole number.',
  example: {
    schema: '',
    before:
      'WITH RECURSIVE days (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM days WHERE n < 366) SELECT n FROM days',
    after: 'WITH RECURSIVE days (n) AS (SELECT n FROM generate_series(1, 366) AS n) SELECT n FROM days',
  },
  rewrites: true,
  needs: ['cte'],
  *find(statement) {
    for (const cte of statement.ctes) {
      const series = seriesOf(cte);
      if (!series) continue;
      const edits = () => editing(statement).replace(cte.node.body, written(statement, series)).done();
      const message = `${cte.node.name.text} counts from ${series.from} to ${series.to}, one round of the recursion each. generate_series makes them at once.`;
      yield offer(cte.node.name, message, edits, 'Every round adds one.');
    }
  },
};

interface Series {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

function written({ dialect }: AnalyzedStatement, { name, from, to }: Series): Fragment {
  const bounds = sql`${verbatim(String(from))}, ${verbatim(String(to))}`;
  const column = identifier(name, dialect);
  return dialect === 'tsql'
    ? sql`SELECT ${verbatim('value')} AS ${column} FROM GENERATE_SERIES(${bounds})`
    : sql`SELECT ${column} FROM ${verbatim('generate_series')}(${bounds}) AS ${column}`;
}

function seriesOf({ node, recursive, query }: CteDefinition): Series | null {
  if (!recursive || !query || !isPlain(query) || query.body.kind !== 'setOperation') return null;
  const { operator, left, right } = query.body;
  if (operator !== 'UNION' || left.kind !== 'select' || right.kind !== 'select' || node.clauses.length > 0)
    return null;
  const from = startOf(left);
  const name = node.columns[0]?.name ?? left.items[0]?.alias?.name;
  if (from === null || name === undefined || node.columns.length > 1 || !countsUp(right, node, name))
    return null;
  const last = lastOf(right, name);
  return last === null ? null : { name, from, to: Math.max(from, last) };
}

function isPlain(query: Query): boolean {
  const { limit, locking, orderBy, trailing } = query;
  return !query.with && !limit && locking.length === 0 && orderBy.length === 0 && trailing.length === 0;
}

/** SELECT 1 and nothing else. */
function startOf(select: Select): number | null {
  if (select.from.length > 0 || select.where || !hasOneItem(select)) return null;
  return wholeOf(select.items[0]?.expression);
}

function hasOneItem(select: Select): boolean {
  const more =
    select.groupBy || select.having || select.qualify || select.top || select.into || select.distinct;
  return select.items.length === 1 && !more && select.windows.length === 0 && select.rest.length === 0;
}

function wholeOf(expression: Expression | undefined): number | null {
  const inner = expression ? unwrapParens(expression) : undefined;
  const isWhole = inner?.kind === 'literal' && inner.type === 'number' && /^\d{1,8}$/.test(inner.value);
  return isWhole ? Number(inner.value) : null;
}

/** SELECT n + 1 FROM the CTE itself. */
function countsUp(select: Select, cte: Cte, name: string): boolean {
  const [from] = select.from;
  const isItself =
    select.from.length === 1 &&
    from?.kind === 'table' &&
    from.name.length === 1 &&
    from.name[0].name === cte.name.name;
  if (!isItself || from.modifiers.length > 0 || (from.alias?.columns.length ?? 0) > 0 || !hasOneItem(select))
    return false;
  const next = select.items[0] ? unwrapParens(select.items[0].expression) : null;
  if (next?.kind !== 'binary' || next.operator !== '+') return false;
  const sides = [next.left, next.right].map(unwrapParens);
  return sides.some((side) => isColumn(side, name)) && sides.some((side) => wholeOf(side) === 1);
}

/** The last number: what the condition on the one before lets through, and one more. */
function lastOf(select: Select, name: string): number | null {
  const where = select.where ? unwrapParens(select.where) : null;
  if (where?.kind !== 'binary') return null;
  const comparison = comparisonsOf(where, (side) => isColumn(side, name))?.[0];
  const bound = wholeOf(comparison?.right);
  if (bound === null) return null;
  if (comparison?.operator === '<') return bound;
  return comparison?.operator === '<=' ? bound + 1 : null;
}

function isColumn(expression: Expression, name: string): boolean {
  return expression.kind === 'column' && expression.parts.at(-1)?.name === name;
}
