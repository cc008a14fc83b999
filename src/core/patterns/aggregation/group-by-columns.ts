/** GROUP BY columns that make no more groups than the others do. */
import type { ColumnRef, Expression } from '../../sql/ast.ts';
import { equalitiesOf, isConstantFor } from '../../sql/properties/equalities.ts';
import { filteringConjuncts } from '../../sql/properties/not-null.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement, Block, ResolvedColumn, Scope } from '../../sql/query-model.ts';
import { contains, type TextRange } from '../../sql/text.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source, sql } from '../../sql/writing/fragment.ts';
import { identifier } from '../../sql/writing/identifiers.ts';
import { allEngines } from '../engines.ts';
import { removeListItems } from '../list-items.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { columnIn, isPlainlyGrouped } from './aggregates.ts';

/** `GROUP BY c.id, c.name, c.email` → `GROUP BY c.id`. */
export const groupByDetermined: Pattern = {
  id: 'group-by-determined-columns',
  title: 'GROUP BY of a key and of columns that depend on it',
  category: 'aggregation',
  engines: allEngines(
    'The columns are wide, or an index is in the order of the key alone. PostgreSQL drops them itself where the key is a primary key.',
  ),
  severity: 'hint',
  description:
    'The rows are sorted or hashed by more columns than are needed to tell the groups apart: the key alone does.',
  source:
    'SQL:1999 functional dependencies; https://dev.mysql.com/doc/refman/8.4/en/group-by-functional-dependence.html',
  precondition:
    'All columns of a primary key of a table are grouped by. Where the other columns are shown, the engine must know that they depend on the key: PostgreSQL and MySQL do, MariaDB and SQL Server do not.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before:
      'SELECT c.id, c.name, count(*) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.name',
    after:
      'SELECT c.id, c.name, count(*) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id',
  },
  rewrites: true,
  needs: ['groupBy'],
  *find(statement) {
    for (const block of statement.blocks) {
      const keys = plainKeys(statement, block);
      if (!keys) continue;
      for (const table of block.sources) {
        const own = keys.filter(({ column }) => column?.source === table);
        const key = table.table?.keys.find(
          (one) =>
            one.primary &&
            !one.deferrable &&
            one.columns.length < own.length &&
            one.columns.every((name) => own.some(({ column }) => column?.name === name)),
        );
        if (!key || table.kind !== 'table') continue;
        const others = own.filter(({ column }) => !key.columns.includes(column?.name ?? ''));
        if (others.length > 0) yield determined(statement, block, others, key.name, table.nullSupplied);
      }
    }
  },
};

interface GroupingKey {
  readonly item: Expression;
  readonly column: ResolvedColumn | null;
}

/** The items of a plain GROUP BY, each with the column that it is. */
function plainKeys(statement: AnalyzedStatement, block: Block): GroupingKey[] | null {
  const items = block.select.groupBy?.items ?? [];
  if (!isPlainlyGrouped(block) || !block.resolved || items.length !== block.groupBy.length) return null;
  if (block.select.items.some((item) => item.expression.kind === 'star')) return null;
  return items.map((item, at) => {
    const column = columnIn(statement, block.groupBy[at]);
    return { item, column: column?.source.block === block ? column : null };
  });
}

function determined(
  statement: AnalyzedStatement,
  block: Block,
  others: readonly GroupingKey[],
  key: string,
  nullSupplied: boolean,
): Match {
  const names = others.map(({ column }) => column?.name ?? '').join(', ');
  const [first] = others;
  const range = first?.item ?? block.select.clauses.select;
  const message = `The key alone tells the groups apart: ${names} need not be grouped by.`;
  const { dialect } = statement;
  const knows = dialect === 'postgresql' || (dialect === 'mysql' && !nullSupplied);
  if (!knows && others.some((one) => usesAfterGrouping(statement, block, one.column).length > 0))
    return blocked(
      range,
      message,
      'The engine does not know that the columns that are shown depend on the key.',
    );
  return offer(
    range,
    message,
    () => withoutKeys(statement, block, others).done(),
    `${key} determines ${names}.`,
  );
}

function withoutKeys(statement: AnalyzedStatement, block: Block, removed: readonly GroupingKey[]) {
  const items = block.select.groupBy?.items ?? [];
  return removeListItems(editing(statement), items, new Set(removed.map(({ item }) => item)));
}

/** References to a column that are read after grouping: in SELECT, HAVING and ORDER BY, outside of aggregates. */
function usesAfterGrouping(
  statement: AnalyzedStatement,
  block: Block,
  column: ResolvedColumn | null,
): ColumnRef[] {
  const { from, where, groupBy } = block.select.clauses;
  const before: readonly TextRange[] = [from, where, groupBy, ...block.aggregates].filter((r) => r !== null);
  const found: ColumnRef[] = [];
  const collect = (scope: Scope): void => {
    for (const ref of scope.references) {
      const meaning = statement.resolve(ref);
      if (meaning?.source !== column?.source || meaning?.name !== column?.name) continue;
      if (!before.some((range) => contains(range, ref))) found.push(ref);
    }
    scope.children.forEach(collect);
  };
  collect(block);
  return found;
}

/** `WHERE tenant = 7 … GROUP BY tenant, day` → `GROUP BY day`. */
export const groupByFixed: Pattern = {
  id: 'group-by-fixed-column',
  title: 'GROUP BY of a column that WHERE fixes to one value',
  category: 'aggregation',
  engines: allEngines('An index is in the order of the other columns; few engines see it themselves.'),
  severity: 'hint',
  description:
    'All rows have the same value of the column, so it does not tell groups apart. It only makes sort keys and hash keys longer.',
  source:
    'Simmen, Shekita and Malkemus, "Fundamental techniques for order optimization", SIGMOD 1996; soar CLA.004',
  precondition:
    'WHERE or an inner join says `column = constant`, another grouping column is left, and the column is not shown, or is an integer that the constant can be shown for.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, tenant_id integer NOT NULL, day date);',
    before:
      'SELECT o.tenant_id, o.day, count(*) FROM orders o WHERE o.tenant_id = 7 GROUP BY o.tenant_id, o.day',
    after: 'SELECT 7 AS tenant_id, o.day, count(*) FROM orders o WHERE o.tenant_id = 7 GROUP BY o.day',
  },
  rewrites: true,
  needs: ['groupBy'],
  *find(statement) {
    for (const block of statement.blocks) {
      const keys = plainKeys(statement, block);
      if (!keys || keys.length < 2) continue;
      const fixed = keys.flatMap((key) => {
        const value = key.column && fixedValue(statement, block, key.column);
        return value ? [{ ...key, value }] : [];
      });
      // without any key a group would be made of no rows
      const left = keys.some((key) => !fixed.some((one) => one.item === key.item));
      const removed = left ? fixed : fixed.slice(1);
      for (const key of removed) yield fixedMatch(statement, block, key);
    }
  },
};

function fixedValue(statement: AnalyzedStatement, block: Block, column: ResolvedColumn): Expression | null {
  for (const conjunct of filteringConjuncts(block)) {
    for (const equality of equalitiesOf(conjunct, statement)) {
      const same = equality.column.source === column.source && equality.column.name === column.name;
      if (same && isConstantFor(equality.value, block, statement)) return equality.value;
    }
  }
  return null;
}

function fixedMatch(
  statement: AnalyzedStatement,
  block: Block,
  key: GroupingKey & { readonly value: Expression },
): Match {
  const { column, value, item } = key;
  const message = `WHERE fixes ${column?.name} to one value, so it does not tell groups apart.`;
  const edits = withoutKeys(statement, block, [key]);
  for (const ref of usesAfterGrouping(statement, block, column)) {
    const shown = block.select.items.find((one) => unwrapParens(one.expression) === ref);
    if (!shown || !standsFor(statement, value, ref))
      return blocked(item, message, 'The column is shown, and the constant cannot be shown in its place.');
    const text = source(statement, value);
    edits.replace(
      ref,
      shown.alias ? text : sql`${text} AS ${identifier(column?.name ?? '', statement.dialect)}`,
    );
  }
  return offer(
    item,
    message,
    () => edits.done(),
    `Every row that is grouped has one value of ${column?.name}.`,
  );
}

/** A whole number is of the column's own type, so that it can be shown for it. */
function standsFor(statement: AnalyzedStatement, value: Expression, ref: ColumnRef): boolean {
  const [own, other] = [typeOf(ref, statement), typeOf(value, statement)];
  return (
    value.kind === 'literal' && own?.family === 'integer' && own.text !== null && own.text === other?.text
  );
}
