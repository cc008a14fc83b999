import type { Expression, Query } from '../../sql/ast.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { identifier, inventName } from '../../sql/writing/identifiers.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';
import { unionAllBranches } from '../set-operations/branches.ts';
import {
  type FilteredTotals,
  filteredCall,
  filteredTotals,
  isDelicate,
  splitFilters,
} from './filtered-aggregates.ts';

const ENGINES: readonly EngineSupport[] = (['postgresql', 'tsql'] as const).map((dialect) => ({
  dialect,
  pays: 'The filters have no selective indexes of their own: the table is read once instead of once for each row.',
}));

/** `SELECT 'open', count(*) … WHERE p UNION ALL SELECT 'paid', count(*) … WHERE q` → one scan, then one row for each. */
export const unionOfTotals: Pattern = {
  id: 'union-of-totals-to-one-scan',
  title: 'Totals of one table under each other by UNION ALL: one scan',
  category: 'aggregation',
  industries: ['analytics', 'e-commerce', 'saas'],
  engines: ENGINES,
  severity: 'warning',
  description:
    'Each branch reads the whole table for a total of its own rows. One scan keeps all totals side by side, and VALUES puts them under each other.',
  source:
    'Apache Calcite, AggregateCaseToFilterRule; https://learn.microsoft.com/sql/t-sql/queries/from-using-pivot-and-unpivot',
  precondition:
    'Every branch is one row of plain aggregates over one and the same table and of literals, filtered by its own columns; each column holds aggregates of one type, or literals of one type.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, state text, total numeric);',
    before:
      "SELECT 'open' AS what, count(*) AS n FROM orders o WHERE o.state = 'open' UNION ALL SELECT 'large', count(*) FROM orders o WHERE o.total > 100",
    after:
      "SELECT total_rows.what, total_rows.n FROM (SELECT count(*) FILTER (WHERE o.state = 'open') AS n_1, count(*) FILTER (WHERE o.total > 100) AS n_2 FROM orders o) totals CROSS JOIN LATERAL (VALUES ('open', totals.n_1), ('large', totals.n_2)) AS total_rows (what, n)",
  },
  rewrites: true,
  needs: ['setOperation'],
  *find(statement) {
    const seen = new Set<Query>();
    for (const block of statement.blocks) {
      if (!block.setBranch || seen.has(block.query)) continue;
      seen.add(block.query);
      const match = matchOf(statement, block.query);
      if (match) yield match;
    }
  },
};

function matchOf(statement: AnalyzedStatement, query: Query): Match | null {
  const branches = unionAllBranches(statement, query);
  const totals = branches?.map((block) => filteredTotals(statement, block, true));
  if (!branches || !totals || totals.includes(null)) return null;
  const all = totals.filter((one) => one !== null);
  const table = all[0]?.table.table;
  if (!table || all.some((one) => one.table.table !== table)) return null;
  const message = `${table.name} is read ${all.length} times, once for each row of totals. One scan can keep all of them.`;
  const why = obstacle(statement, branches);
  if (why !== null) return blocked(query.body, message, why);
  const text = oneScan(statement, all);
  const edits = () => (text ? editing(statement).replace(query.body, text).done() : null);
  const fact = 'Each branch is one row, whatever the table holds.';
  return all.some((one) => isDelicate(statement, one))
    ? offerToTest(query.body, message, edits, fact)
    : offer(query.body, message, edits, fact);
}

/** Why the columns of the union cannot be those of VALUES, or null. */
function obstacle(statement: AnalyzedStatement, branches: readonly Block[]): string | null {
  const [first] = branches;
  const names = first?.outputs.map((output) => output.name) ?? [];
  if (names.includes(null) || new Set(names).size < names.length) return 'A column has no name of its own.';
  if (branches.some((block) => block.select.items.length !== names.length))
    return 'A branch has another number of columns.';
  const one = names.every((_, at) => {
    const kinds = branches.map((block) => kindOf(statement, block.select.items[at]?.expression));
    return kinds[0] !== null && kinds.every((kind) => kind === kinds[0]);
  });
  return one ? null : 'A column has values of several types, or of an unknown one.';
}

/** The type of a column, as far as it must be one for all branches. */
function kindOf(statement: AnalyzedStatement, expression: Expression | undefined): string | null {
  const e = expression ? unwrapParens(expression) : null;
  if (e?.kind === 'literal') {
    if (e.type === 'string') return 'text literal';
    return e.type === 'number' && /^\d{1,9}$/.test(e.value) ? 'integer literal' : null;
  }
  if (e?.kind !== 'call') return null;
  if (e.function === 'count') return 'count';
  return typeOf(e, statement)?.text ?? null;
}

function oneScan(statement: AnalyzedStatement, all: readonly FilteredTotals[]): Fragment | null {
  const [first] = all;
  if (!first) return null;
  const { dialect } = statement;
  const filters = splitFilters(statement, all);
  const inner = identifier(inventName(statement, 'totals'), dialect);
  const outer = identifier(inventName(statement, 'total_rows'), dialect);
  const columns: Fragment[] = [];
  const taken: string[] = [];
  const rows: Fragment[] = [];
  for (const [row, totals] of all.entries()) {
    const values: Fragment[] = [];
    for (const [at, item] of totals.block.select.items.entries()) {
      const e = unwrapParens(item.expression);
      if (e.kind !== 'call') {
        values.push(source(statement, e));
        continue;
      }
      const call = filteredCall(statement, e, totals, first, filters.own.get(totals) ?? []);
      if (!call) return null;
      const base = `${first.block.outputs[at]?.name ?? e.function}_${row + 1}`;
      const name = inventName(statement, base, taken);
      taken.push(name);
      columns.push(sql`${call} AS ${identifier(name, dialect)}`);
      values.push(joinFragments([inner, identifier(name, dialect)], verbatim('.')));
    }
    rows.push(sql`(${joinFragments(values)})`);
  }
  const names = first.block.outputs.map((output) => identifier(output.name ?? '', dialect));
  const list = joinFragments(names.map((name) => joinFragments([outer, name], verbatim('.'))));
  const common = filters.common.map((conjunct) => source(statement, conjunct.range));
  const from = source(statement, first.table.node);
  const where = common.length > 0 ? sql` WHERE ${joinFragments(common, sql` AND `)}` : sql``;
  const lateral = dialect === 'tsql' ? sql`CROSS APPLY` : sql`CROSS JOIN LATERAL`;
  return sql`SELECT ${list}
    FROM (SELECT ${joinFragments(columns)} FROM ${from}${where}) ${inner}
    ${lateral} (VALUES ${joinFragments(rows)}) AS ${outer} (${joinFragments(names)})`;
}
