/** GROUP BY and HAVING that surprise. */
import type { Expression } from '../../sql/ast.ts';
import { equalitiesOf } from '../../sql/properties/equalities.ts';
import { determinesRow, keysOf } from '../../sql/properties/keys.ts';
import { filteringConjuncts } from '../../sql/properties/not-null.ts';
import { containsKind } from '../../sql/properties/usage.ts';
import type { AnalyzedStatement, Block, Output, ResolvedColumn } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { columnIn, isPlainlyGrouped } from './aggregates.ts';

/** `SELECT … HAVING x` without GROUP BY */
export const havingWithoutGroupBy: Pattern = {
  id: 'having-without-group-by',
  title: 'HAVING without GROUP BY',
  category: 'aggregation',
  engines: allEngines('It is a question of results, not of speed.'),
  severity: 'info',
  description:
    'All rows are one group, even when there are none: the condition keeps or drops that one row. It filters no rows; for that WHERE is meant. (MySQL takes HAVING without an aggregate for a late WHERE.)',
  source: 'https://www.postgresql.org/docs/current/sql-select.html#SQL-HAVING',
  precondition: 'A block has HAVING and no GROUP BY.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total numeric);',
    before: 'SELECT count(*) FROM orders o HAVING count(*) > 10',
    after: null,
  },
  rewrites: false,
  needs: ['having'],
  *find(statement) {
    for (const block of statement.blocks) {
      const { having } = block.select.clauses;
      if (!having || block.select.groupBy) continue;
      yield advice(
        having,
        block.aggregates.length > 0
          ? 'All rows are one group: HAVING keeps or drops one row of totals, it filters no rows.'
          : 'HAVING without GROUP BY and aggregates: if rows are to be filtered, WHERE does it before they are grouped.',
      );
    }
  },
};

/** MySQL's `SELECT k, other FROM t GROUP BY k` */
export const ungroupedColumn: Pattern = {
  id: 'ungrouped-column',
  title: 'A column that is neither grouped nor aggregated',
  category: 'aggregation',
  engines: (['mysql', 'mariadb'] as const).map((dialect) => ({
    dialect,
    pays: 'It is a question of results, not of speed.',
  })),
  severity: 'warning',
  description:
    'Without ONLY_FULL_GROUP_BY the value of any row of the group is shown, and with it the statement fails. Aggregate the column, group by it, or say ANY_VALUE() where it does not matter.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/group-by-handling.html; soar RES.001',
  precondition:
    'A plain column of the select list is no grouping column, and follows neither from a key that is grouped by nor from an equality.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total decimal(10, 2));',
    before: 'SELECT o.customer_id, o.total, count(*) FROM orders o GROUP BY o.customer_id',
    after: null,
  },
  rewrites: false,
  needs: ['groupBy'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (!isPlainlyGrouped(block) || !block.resolved || !block.outputsComplete) continue;
      const keys = block.groupBy.map((key) => columnIn(statement, key)).filter((key) => key !== null);
      const fields = keys.map((key) => ({ source: key.source, column: key.name }));
      if (determinesRow(block, fields, statement)) continue;
      for (const output of block.outputs) {
        if (output.source?.block !== block || !output.column || follows(statement, block, output, keys))
          continue;
        yield advice(
          output.item ?? block.select.clauses.select,
          `${output.column.name} is that of any row of the group. Aggregate it, group by it, or say ANY_VALUE().`,
        );
      }
    }
  },
};

/** The column is grouped by, of a row that a grouped key fixes, or equal to one that is grouped by or constant. */
function follows(
  statement: AnalyzedStatement,
  block: Block,
  output: Output,
  keys: readonly ResolvedColumn[],
): boolean {
  const { source, column } = output;
  if (!source || !column) return true;
  const grouped = (name: string): boolean => keys.some((key) => key.source === source && key.name === name);
  if (grouped(column.name)) return true;
  if (keysOf(source, statement).some((key) => key.nullSafe && key.columns.every(grouped))) return true;
  return filteringConjuncts(block)
    .flatMap((conjunct) => equalitiesOf(conjunct, statement))
    .some((one) => one.column.source === source && one.column.name === column.name);
}

/** `GROUP BY 1, 2`, `ORDER BY 3` */
export const ordinals: Pattern = {
  id: 'ordinal-in-group-by',
  title: 'GROUP BY or ORDER BY by the number of a column',
  category: 'aggregation',
  engines: allEngines('It is a question of clarity, not of speed.'),
  severity: 'hint',
  description:
    'The number means another column as soon as somebody changes the select list, and nothing warns. A name stays what it is.',
  source: 'https://www.postgresql.org/docs/current/sql-select.html#SQL-ORDERBY; soar CLA.004',
  precondition: 'An item of GROUP BY or ORDER BY of a single SELECT is a whole number.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, day date);',
    before: 'SELECT o.day, count(*) FROM orders o GROUP BY 1 ORDER BY 2 DESC',
    after: null,
  },
  rewrites: false,
  needs: ['literal', ['groupBy', 'orderItem']],
  *find(statement) {
    for (const block of statement.blocks) {
      const grouped = statement.dialect === 'tsql' ? [] : (block.select.groupBy?.items ?? []);
      const items: Expression[] = [...grouped, ...block.orderBy.map((item) => item.expression)];
      const [first] = items.filter((item) => item.kind === 'literal' && /^\d+$/.test(item.value));
      if (first && block.query.body === block.select)
        yield advice(first, 'The number means another column when the select list changes. Name the column.');
    }
  },
};

/** `GROUP BY date_trunc('day', ts)` */
export const groupByExpression: Pattern = {
  id: 'group-by-expression',
  title: 'GROUP BY of an expression',
  category: 'aggregation',
  industries: ['analytics', 'time-series'],
  engines: allEngines(
    'An index on the expression (or on a generated column) gives the groups in order, and statistics of their number.',
  ),
  severity: 'hint',
  description:
    'The expression is computed for every row, no index on the column gives its order, and the planner guesses the number of groups. An index on the expression, or a generated column with one, helps with all three; PostgreSQL also has CREATE STATISTICS for expressions.',
  source:
    'https://www.postgresql.org/docs/current/indexes-expressional.html; https://dev.mysql.com/doc/refman/8.4/en/create-index.html#create-index-functional-key-parts; soar CLA.010',
  precondition: 'A grouping expression is a call, a cast or arithmetic over a column of a table.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, email text);',
    before: 'SELECT lower(o.email), count(*) FROM orders o GROUP BY lower(o.email)',
    after: null,
  },
  rewrites: false,
  needs: ['groupBy'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (!isPlainlyGrouped(block) || !block.sources.some((source) => source.table)) continue;
      const computed = block.groupBy.find((key) => {
        const e = unwrapParens(key);
        return (
          ['call', 'cast', 'binary'].includes(e.kind) &&
          containsKind(e, 'column') &&
          !containsKind(e, 'query')
        );
      });
      const range = block.select.clauses.groupBy;
      if (computed && range)
        yield advice(
          range,
          `${statement.text.slice(computed.start, computed.end)} is computed for every row before it is grouped. An index on the expression or a generated column gives its order and its statistics.`,
        );
    }
  },
};
