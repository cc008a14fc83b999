import { mayReturnSets } from '../../sql/properties/keys.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { referencesTo } from '../../sql/properties/usage.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, CteDefinition, Output, Source } from '../../sql/query-model.ts';
import type { TextEdit, TextRange } from '../../sql/text.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, source } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { rewriteOf, whenAsked } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { isReadWhole } from './whole-row.ts';

/** A derived table or CTE with columns that nobody reads. */
interface Wide {
  readonly inner: Block;
  readonly name: string;
  readonly range: TextRange;
  readonly unused: readonly Output[];
}

/**
 * Matches columns of a derived table or CTE that nothing around it reads.
 *
 * What is stored or sorted gets narrower without them, and what they compute (a subquery, an aggregate) is not computed.
 */
export const unusedDerivedColumn: Pattern = {
  id: 'unused-derived-column',
  title: 'Columns of a derived table or CTE that nothing reads',
  category: 'subqueries',
  engines: allEngines(
    'when the columns are wide or costly and the derived table is stored, sorted or grouped; planners drop them from what they merge',
  ),
  severity: 'hint',
  description:
    'Every selected column of a stored derived table or CTE is read, computed and written, whether it is used or not. Unused ones also keep an index-only scan away.',
  source:
    'SQL Server and MySQL manuals on derived table materialization; measured on MariaDB 10.11 (wide rows)',
  precondition:
    'No reference and no star brings the column; the select has no DISTINCT and is no branch of a set operation; the column is deterministic and gives one row for a row.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, note text, total int);',
    before:
      'SELECT t.customer_id, t.total FROM (SELECT o.customer_id, max(o.note) AS note, sum(o.total) AS total FROM orders o GROUP BY o.customer_id) t;',
    after:
      'SELECT t.customer_id, t.total FROM (SELECT o.customer_id, sum(o.total) AS total FROM orders o GROUP BY o.customer_id) t;',
  },
  rewrites: true,
  needs: [['derived', 'cte']],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const derived of block.sources) {
        if (
          derived.kind !== 'derived' ||
          derived.node.kind !== 'derived' ||
          derived.node.alias?.columns.length
        )
          continue;
        const wide = wideOf(statement, [derived], derived.query, derived.alias, derived.node);
        if (wide) yield matchOf(statement, wide);
      }
    }
    for (const cte of statement.ctes) {
      const wide = isPlainCte(cte) ? wideOf(statement, cte.uses, cte.query, cte.name, cte.node.name) : null;
      if (wide) yield matchOf(statement, wide);
    }
  },
};

function isPlainCte({ recursive, node, uses }: CteDefinition): boolean {
  const renamed = uses.some((use) => use.node.kind === 'table' && use.node.alias?.columns.length);
  return !recursive && node.columns.length === 0 && node.clauses.length === 0 && uses.length > 0 && !renamed;
}

function wideOf(
  statement: AnalyzedStatement,
  uses: readonly Source[],
  query: Source['query'],
  name: string,
  range: TextRange,
): Wide | null {
  const [inner, ...more] = query ? statement.blocksOfQuery(query) : [];
  if (!inner || more.length > 0 || inner.query.body !== inner.select || !inner.outputsComplete) return null;
  // a star brings columns of its own, which are not written
  if (inner.select.items.some((item) => item.expression.kind === 'star')) return null;
  const read = new Set<string>();
  for (const use of uses) {
    const references = referencesTo(use, statement);
    if (!references || isReadWhole(statement, use)) return null;
    for (const reference of references) read.add(statement.resolve(reference)?.name ?? '');
  }
  const unused = inner.outputs.filter((output) => output.name !== null && !read.has(output.name));
  // one column stays: a table without columns is none
  if (unused.length === 0 || unused.length === inner.outputs.length) return null;
  return { inner, name, range, unused };
}

function matchOf(statement: AnalyzedStatement, wide: Wide): Match {
  const { inner, name, range, unused } = wide;
  const names = unused.map((output) => output.name ?? '');
  const message = `Nothing reads ${names.join(', ')} of ${name}. Leave ${names.length === 1 ? 'it' : 'them'} out.`;
  return whenAsked(range, message, () => {
    const why = obstacle(statement, wide);
    if (why !== null) return why;
    const raises = unused.some(({ expression }) => expression && canRaise(expression, statement));
    return rewriteOf(
      editsOf(statement, inner, unused),
      raises ? 'likely' : 'proved',
      `nothing reads ${names.join(', ')} of ${name}`,
    );
  });
}

function obstacle(statement: AnalyzedStatement, { inner, unused }: Wide): string | null {
  const { select, query } = inner;
  if (select.distinct !== null && select.distinct !== 'all') return 'DISTINCT looks at all columns';
  if (mayReturnSets(inner, statement)) return 'a function may return several rows';
  if (unused.some(({ expression }) => !expression || !isDeterministic(expression, statement)))
    return 'a volatile function is called';
  if (select.into !== null || query.locking.length > 0) return 'its rows are locked or stored';
  const aggregates = inner.aggregates.filter(
    (call) => !unused.some(({ expression: e }) => e && e.start <= call.start && call.end <= e.end),
  );
  if (inner.aggregates.length > 0 && aggregates.length === 0 && select.groupBy === null)
    return 'without an aggregate it would no longer be one row';
  return isReferred(statement, inner, unused)
    ? 'GROUP BY, ORDER BY or HAVING means the column by its name or position'
    : null;
}

/** A name or a number of GROUP BY, HAVING or ORDER BY means an output: numbers would mean other columns afterwards. */
function isReferred(statement: AnalyzedStatement, inner: Block, unused: readonly Output[]): boolean {
  const clauses = [inner.select.groupBy, inner.select.having, ...inner.query.orderBy];
  let referred = false;
  for (const clause of clauses) {
    if (!clause) continue;
    walk(clause, (node) => {
      if (node.kind !== 'column') return;
      const output = statement.outputOf(node);
      if (output && unused.includes(output)) referred = true;
    });
  }
  const positions = [
    ...(inner.select.groupBy?.items ?? []),
    ...inner.query.orderBy.map((item) => item.expression),
  ];
  return referred || positions.some((e) => unwrapParens(e).kind === 'literal');
}

function editsOf(statement: AnalyzedStatement, inner: Block, unused: readonly Output[]): TextEdit[] | null {
  const { items } = inner.select;
  const dropped = items.filter((item) => unused.some((output) => output.item === item));
  const edits = editing(statement);
  const kept = items.filter((item) => !dropped.includes(item));
  if (kept.length === 0) return null;
  const oneLine = !statement.text.slice(items[0]?.start, items.at(-1)?.end).includes('\n');
  if (oneLine)
    return edits.replaceSelectList(inner, joinFragments(kept.map((item) => source(statement, item)))).done();
  for (const item of dropped) {
    const at = items.indexOf(item);
    const next = items[at + 1];
    // with its comma: the one behind it, or, of the last ones, the one before it
    const isTail = items.slice(at).every((other) => dropped.includes(other));
    const previous = items[at - 1];
    if (isTail && previous) edits.remove({ start: previous.end, end: item.end });
    else if (next) edits.remove({ start: item.start, end: next.start });
  }
  return edits.done();
}
