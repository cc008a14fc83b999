import type { ColumnRef } from '../../sql/ast.ts';
import { referencesTo } from '../../sql/properties/usage.ts';
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing, type RewriteEdits } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { aliasOf, identifier, inventName } from '../../sql/writing/identifiers.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { itemNamedBy } from '../select-item.ts';
import {
  type FilteredTotals,
  filteredCall,
  filteredTotals,
  isDelicate,
  type SplitFilters,
  splitFilters,
} from './filtered-aggregates.ts';

/** `FROM (SELECT count(*) … WHERE p) a, (SELECT count(*) … WHERE q) b` → one derived table with FILTER. */
export const crossJoinedTotals: Pattern = {
  id: 'cross-joined-totals-to-one-scan',
  title: 'Several totals of one table joined side by side: one scan',
  category: 'aggregation',
  industries: ['analytics', 'e-commerce', 'saas'],
  engines: allEngines(
    'The filters have no selective indexes of their own: the table is read once instead of once for each total.',
  ),
  severity: 'warning',
  description:
    'Each derived table reads the whole table for a total of its own rows. One scan can keep all of them, each aggregate with its own filter.',
  source:
    'Apache Calcite, AggregateCaseToFilterRule; measured 2.4 times on PostgreSQL 15 and 1.8 on MariaDB 10.11 for four counts',
  precondition:
    'Each derived table is one row of plain aggregates over one and the same table, filtered by its own columns, and they are joined without a condition.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, state text, total numeric);',
    before:
      "SELECT a.n AS open, b.total AS paid FROM (SELECT count(*) AS n FROM orders o WHERE o.state = 'open') a CROSS JOIN (SELECT sum(o.total) AS total FROM orders o WHERE o.state = 'paid') b",
    after:
      "SELECT a.n AS open, a.total AS paid FROM (SELECT count(*) FILTER (WHERE o.state = 'open') AS n, sum(o.total) FILTER (WHERE o.state = 'paid') AS total FROM orders o) a",
  },
  rewrites: true,
  needs: ['derived', 'several sources'],
  *find(statement) {
    for (const block of statement.blocks) {
      const match = matchOf(statement, block);
      if (match) yield match;
    }
  },
};

interface Part {
  readonly derived: Source;
  readonly totals: FilteredTotals;
}

function matchOf(statement: AnalyzedStatement, block: Block): Match | null {
  if (block.sources.length < 2 || !block.resolved) return null;
  if (!block.joins.every((join) => (join.type === 'comma' || join.type === 'cross') && join.on.length === 0))
    return null;
  const known = block.sources.flatMap((derived) => {
    const part = partOf(statement, derived);
    return part ? [part] : [];
  });
  const [first] = known;
  const parts = known.filter(({ totals }) => totals.table.table === first?.totals.table.table);
  if (!first || parts.length < 2) return null;
  const table = first.totals.table.table?.name ?? '';
  const message = `${table} is read ${parts.length} times for ${parts.length} rows of totals. One scan can keep all of them, each with its own filter.`;
  const edits = merged(statement, block, parts);
  if (!edits) return blocked(first.derived.node, message, 'The totals cannot be named in one derived table.');
  const why = 'Each derived table is one row, whatever the table holds.';
  return parts.some(({ totals }) => isDelicate(statement, totals))
    ? offerToTest(first.derived.node, message, () => edits.done(), why)
    : offer(first.derived.node, message, () => edits.done(), why);
}

function partOf(statement: AnalyzedStatement, derived: Source): Part | null {
  const { node, query } = derived;
  if (derived.kind !== 'derived' || !query || derived.lateral || derived.nullSupplied) return null;
  if (node.kind !== 'derived' || node.alias?.columns.length || derived.alias === '') return null;
  const [inner, ...more] = statement.blocksOfQuery(query);
  if (
    !inner ||
    more.length > 0 ||
    query.body !== inner.select ||
    query.with ||
    query.limit ||
    query.orderBy.length > 0
  )
    return null;
  if (inner.outputs.some((output) => !output.name)) return null;
  const totals = filteredTotals(statement, inner, false);
  return totals && { derived, totals };
}

/** The columns of the one derived table, and how each part's columns are called in it. */
interface Named {
  readonly items: readonly Fragment[];
  readonly names: ReadonlyMap<Part, ReadonlyMap<string, string>>;
}

function merged(statement: AnalyzedStatement, block: Block, parts: readonly Part[]): RewriteEdits | null {
  const [first, ...others] = parts;
  if (!first) return null;
  const filters = splitFilters(
    statement,
    parts.map(({ totals }) => totals),
  );
  const named = nameAll(statement, parts, filters);
  if (!named) return null;
  const { dialect } = statement;
  const from = source(statement, first.totals.table.node);
  const common = filters.common.map((conjunct) => source(statement, conjunct.range));
  const where = common.length > 0 ? sql` WHERE ${joinFragments(common, sql` AND `)}` : sql``;
  const edits = editing(statement).replace(
    first.derived.node,
    sql`(SELECT ${joinFragments(named.items)} FROM ${from}${where}) ${aliasOf(first.derived, dialect)}`,
  );
  for (const part of others) {
    edits.removeSource(part.derived);
    const references = referencesTo(part.derived, statement);
    if (!references) return null;
    for (const ref of references) renameIn(statement, block, ref, first, named.names.get(part), edits);
  }
  return edits;
}

function nameAll(statement: AnalyzedStatement, parts: readonly Part[], filters: SplitFilters): Named | null {
  const [first] = parts;
  const items: Fragment[] = [];
  const names = new Map<Part, Map<string, string>>();
  const taken: string[] = [];
  for (const part of parts) {
    const own = new Map<string, string>();
    names.set(part, own);
    for (const { name, item } of part.totals.block.outputs) {
      const call = item ? unwrapParens(item.expression) : null;
      if (!first || !name || call?.kind !== 'call' || own.has(name)) return null;
      const text = filteredCall(
        statement,
        call,
        part.totals,
        first.totals,
        filters.own.get(part.totals) ?? [],
      );
      if (!text) return null;
      const free = taken.includes(name) ? inventName(statement, name, taken) : name;
      taken.push(free);
      own.set(name, free);
      items.push(sql`${text} AS ${identifier(free, statement.dialect)}`);
    }
  }
  return { items, names };
}

/** `b.n` as a column of the first derived table; the column of the result keeps its name. */
function renameIn(
  statement: AnalyzedStatement,
  block: Block,
  ref: ColumnRef,
  first: Part,
  names: ReadonlyMap<string, string> | undefined,
  edits: RewriteEdits,
): void {
  const { dialect } = statement;
  const old = ref.parts.at(-1)?.name ?? '';
  const now = names?.get(old);
  if (now === undefined) {
    edits.fail();
    return;
  }
  edits.replace(
    ref,
    joinFragments([aliasOf(first.derived, dialect), identifier(now, dialect)], verbatim('.')),
  );
  const item = itemNamedBy(statement, ref);
  if (!item) return;
  const bare = unwrapParens(item.expression) === ref;
  if (bare && now !== old) edits.insert(item.end, sql` AS ${identifier(old, dialect)}`);
  // MySQL names the column by the text of the whole expression
  if (!bare && (dialect === 'mysql' || dialect === 'mariadb') && block.role !== 'scalar') edits.fail();
}
