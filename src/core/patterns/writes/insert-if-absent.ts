import type { Column, Key, Table } from '../../catalog/catalog.ts';
import type { Expression, Insert } from '../../sql/ast.ts';
import { equalitiesOf } from '../../sql/properties/equalities.ts';
import { isNotNullExpression } from '../../sql/properties/not-null.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, sql } from '../../sql/writing/fragment.ts';
import { identifier } from '../../sql/writing/identifiers.ts';
import { postgresqlOnly } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { isPlainSelect } from '../subquery-shape.ts';

/**
 * `INSERT INTO t (k, v) SELECT 1, 'x' WHERE NOT EXISTS (SELECT 1 FROM t WHERE k = 1)`.
 *
 * Two sessions may both find nothing, and the second one fails. With a unique key on k, ON CONFLICT (k) DO NOTHING is
 * the same for one session and right for two.
 */
export const insertIfAbsent: Pattern = {
  id: 'insert-where-not-exists',
  title: 'INSERT … WHERE NOT EXISTS: ON CONFLICT DO NOTHING',
  category: 'writes',
  engines: postgresqlOnly(
    'one search of the index instead of two; above all two sessions at once cannot fail',
    9,
  ),
  severity: 'warning',
  description:
    'Between the test and the INSERT another session may insert the row: then this one fails with a unique violation. ON CONFLICT tests and inserts in one step.',
  source: 'https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT',
  precondition:
    'NOT EXISTS asks for just the values of a unique key that are inserted, the table has neither trigger nor CHECK, takes the values as they are, and every column that is left out may be NULL and has no default (a sequence would advance).',
  example: {
    schema: 'CREATE TABLE tags (name text PRIMARY KEY, uses int);',
    before:
      "INSERT INTO tags (name, uses) SELECT 'new', 0 WHERE NOT EXISTS (SELECT 1 FROM tags WHERE name = 'new')",
    after: "INSERT INTO tags (name, uses) SELECT 'new', 0 ON CONFLICT (name) DO NOTHING",
  },
  rewrites: true,
  needs: ['write', 'insert'],
  *find(statement) {
    for (const { statement: node, target } of statement.writes) {
      if (node.kind !== 'insert' || !node.source || !target?.table) continue;
      const [outer] = statement.blocksOfQuery(node.source);
      const [test, ...more] = outer?.where ?? [];
      if (!outer || !test || more.length > 0 || outer.sources.length > 0) continue;
      const negated =
        test.expression.kind === 'unary' && test.expression.operator === 'NOT'
          ? unwrapParens(test.expression.operand)
          : null;
      const inner =
        negated?.kind === 'exists' ? statement.blocks.find((one) => one.holder === negated) : null;
      if (inner?.sources.length === 1 && inner.sources[0]?.table === target.table)
        yield matchOf(statement, node, outer, inner, test, target);
    }
  },
};

function matchOf(
  statement: AnalyzedStatement,
  node: Insert,
  outer: Block,
  inner: Block,
  test: Conjunct,
  target: Source,
): Match {
  const message = `Another session may insert the row between the test and the INSERT into ${target.alias}. ON CONFLICT DO NOTHING does both in one step.`;
  const key = keyOf(statement, node, outer, inner, target);
  if (typeof key === 'string') return blocked(test.range, message, key);
  const names = joinFragments(key.columns.map((name) => identifier(name, statement.dialect)));
  const edits = () =>
    editing(statement)
      .removeConjunct(test)
      .insert(outer.query.end, sql` ON CONFLICT (${names}) DO NOTHING`)
      .done();
  return offer(test.range, message, edits, `${key.name} is a unique key`);
}

/** The key that the test asks for, or why it is none. */
function keyOf(
  statement: AnalyzedStatement,
  node: Insert,
  outer: Block,
  inner: Block,
  target: Source,
): Key | string {
  const { table } = target;
  if (!table) return 'the table is not known';
  if (node.conflict) return 'there is an ON CONFLICT already';
  if (table.kind !== 'table' && table.kind !== 'partitioned') return 'it is no table';
  if (table.rowSecurity) return 'a policy may hide the row from the test, but not from ON CONFLICT';
  if (table.hasTriggers) return 'a trigger would run for a row that is not inserted';
  if (!isPlainSelect(inner) || !isPlainSelect(outer) || outer.select.distinct !== null)
    return 'the query does more than to test and to insert';
  if (!isDeterministic(node.source ?? outer.query, statement)) return 'a volatile function is called';
  const columns = node.columns.map((one) => one.name);
  if (columns.length !== outer.select.items.length) return 'the columns are not named';
  if (table.columns.some((one) => !columns.includes(one.name) && (one.hasDefault || one.generated !== null)))
    return 'a column that is left out has a default, which is evaluated for a row that is not inserted too';
  const refused = mayBeRefused(statement, outer, table, columns);
  if (refused !== null) return refused;
  const asked = new Set<string>();
  for (const conjunct of inner.where) {
    const equality = equalitiesOf(conjunct, statement).find(({ column, value }) => {
      const inserted = outer.select.items[columns.indexOf(column.name)]?.expression;
      return (
        column.source === inner.sources[0] &&
        inserted &&
        isSameConstant(column.column?.family ?? null, value, unwrapParens(inserted))
      );
    });
    if (!equality) return 'the test asks for more than the values that are inserted';
    asked.add(equality.column.name);
  }
  const key = table.keys.find(
    (one) =>
      !one.deferrable && one.columns.length === asked.size && one.columns.every((name) => asked.has(name)),
  );
  return key ?? 'what the test asks for is not a unique key';
}

/**
 * ON CONFLICT looks for the key once the row is made and its constraints are checked: the row must be one that the table
 * takes, or the statement fails where it did nothing before.
 */
function mayBeRefused(
  statement: AnalyzedStatement,
  outer: Block,
  table: Table,
  columns: readonly string[],
): string | null {
  if (table.checks.length > 0) return 'a CHECK would be made of a row that is not inserted';
  for (const column of table.columns) {
    const inserted = outer.select.items[columns.indexOf(column.name)]?.expression;
    if (column.notNull && !(inserted && isNotNullExpression(inserted, statement)))
      return `${column.name} is NOT NULL, which is checked of a row that is not inserted, too`;
    if (inserted && mayNotFit(statement, unwrapParens(inserted), column))
      return `the value for ${column.name} might be refused for a row that is not inserted`;
  }
  return null;
}

/** Digits that always fit; smallint has four of them. */
const DIGITS: Readonly<Record<string, number>> = { integer: 9, bigint: 18 };

/** The value is no literal, or one that the column's type may cut or refuse. */
function mayNotFit(statement: AnalyzedStatement, value: Expression, { type, family }: Column): boolean {
  if (value.kind !== 'literal') return canRaise(value, statement) || typeOf(value, statement)?.text !== type;
  if (value.type === 'null') return false;
  if (family === 'integer')
    return value.type !== 'number' || !/^\d+$/.test(value.value) || value.value.length > (DIGITS[type] ?? 4);
  if (family === 'text') return value.type !== 'string' || type.includes('(');
  if (family === 'boolean') return value.type !== 'boolean';
  return family === 'decimal' ? value.type !== 'number' || type.includes('(') : true;
}

/** The same literal, of a kind that the column keeps as it is: an assignment may round, `=` does not. */
function isSameConstant(family: string | null, value: Expression, inserted: Expression): boolean {
  if (value.kind !== 'literal' || inserted.kind !== 'literal') return false;
  if (value.type !== inserted.type || value.value !== inserted.value) return false;
  if (family === 'integer') return value.type === 'number' && /^\d+$/.test(value.value);
  return family === 'text' && value.type === 'string';
}
