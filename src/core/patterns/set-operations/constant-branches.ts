import type { Expression, In } from '../../sql/ast.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { namesColumnByText } from '../select-item.ts';
import { unionAllBranches, unionBranches } from './branches.ts';

/** `x IN (SELECT 1 UNION ALL SELECT 2)` → `x IN (1, 2)`. */
export const inOfConstants: Pattern = {
  id: 'in-of-constants',
  title: 'IN over a UNION of literals: a list',
  category: 'set-operations',
  engines: allEngines(
    'when the column has an index: a list is looked up in it, and its selectivity is known',
  ),
  severity: 'warning',
  description:
    'A subquery of literals is a table to the planner: it is joined, with a guess of how many rows it finds. A list can be looked up in an index, and statistics say what it finds.',
  source:
    'https://www.postgresql.org/docs/current/functions-comparisons.html#FUNCTIONS-COMPARISONS-IN-SCALAR',
  precondition:
    'Every branch is one literal without FROM: whole numbers beside a column of numbers, or strings beside text or varchar.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, status int NOT NULL);',
    before: 'SELECT id FROM orders WHERE status IN (SELECT 1 UNION ALL SELECT 3 UNION ALL SELECT 7)',
    after: 'SELECT id FROM orders WHERE status IN (1, 3, 7)',
  },
  rewrites: true,
  needs: ['setOperation', 'as in'],
  *find(statement) {
    for (const block of statement.blocks) {
      const { query } = block;
      const holder = block.holder as Expression | null;
      if (block.role !== 'in' || holder?.kind !== 'in' || statement.blocksOfQuery(query)[0] !== block)
        continue;
      const branches = unionBranches(statement, query) ?? unionAllBranches(statement, query);
      if (!branches || query.limit || query.with || query.orderBy.length > 0) continue;
      const values = branches.map(literalOf);
      const known = values.filter((value) => value !== null);
      if (known.length === values.length) yield asList(statement, holder, known);
    }
  },
};

/** The one literal that a branch selects from nowhere. */
function literalOf({ select, where, grouped }: Block): Expression | null {
  const [item, ...more] = select.items;
  const plain =
    select.from.length === 0 &&
    where.length === 0 &&
    !grouped &&
    select.having === null &&
    select.top === null &&
    select.rest.length === 0 &&
    (select.distinct === null || typeof select.distinct === 'string');
  if (!item || more.length > 0 || !plain) return null;
  const e = unwrapParens(item.expression);
  if (e.kind === 'unary' && e.operator === '-') return e.operand.kind === 'literal' ? e : null;
  return e.kind === 'literal' && e.type !== 'default' ? e : null;
}

function asList(statement: AnalyzedStatement, holder: In, values: readonly Expression[]): Match {
  const range = { start: holder.start, end: holder.end };
  const message = `${values.length} literals are put together by UNION, which makes a table of them. A list can be looked up in an index.`;
  const family = typeOf(unwrapParens(holder.operand), statement)?.family;
  const numbers = (family === 'integer' || family === 'decimal') && values.every(isWhole);
  const texts =
    family === 'text' && values.every((value) => value.kind === 'literal' && value.type === 'string');
  if (!numbers && !texts)
    return blocked(range, message, 'the literals may be compared as another type in a list');
  if (namesColumnByText(statement, holder))
    return blocked(range, message, 'a column of the result would get another name');
  const list = joinFragments(values.map((value) => source(statement, value)));
  const operand = source(statement, holder.operand);
  const edits = () =>
    editing(statement)
      .replace(range, holder.negated ? sql`${operand} NOT IN (${list})` : sql`${operand} IN (${list})`)
      .done();
  return offer(range, message, edits, 'a list and a union of the same literals have the same values');
}

function isWhole(value: Expression): boolean {
  const e = value.kind === 'unary' ? unwrapParens(value.operand) : value;
  return e.kind === 'literal' && e.type === 'number' && /^\d{1,9}$/.test(e.value);
}
