import type { ColumnRef } from '../../sql/ast.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { referencesTo } from '../../sql/properties/usage.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, ResolvedColumn, Source } from '../../sql/query-model.ts';
import type { TextEdit } from '../../sql/text.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { aliasOf, identifier } from '../../sql/writing/identifiers.ts';
import { rebase } from '../../sql/writing/rebase.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { itemNamedBy } from '../select-item.ts';
import { isPlainSelect } from '../subquery-shape.ts';
import { qualifyBare } from './qualify-bare.ts';
import { isReadWhole } from './whole-row.ts';

/** A derived table that only chooses columns and rows of one table. */
interface Trivial {
  readonly outer: Block;
  readonly derived: Source;
  readonly inner: Block;
  readonly table: Source;
  readonly references: readonly ColumnRef[];
}

/**
 * Matches `FROM (SELECT t.a, t.b AS c FROM t WHERE …) d`: a table with another name, fewer columns and a filter.
 *
 * Planners merge it. Read as the table that it is, the statement is shorter, and other rules see through.
 */
export const trivialDerivedTable: Pattern = {
  id: 'trivial-derived-table',
  title: 'Derived table that only filters one table: read the table',
  category: 'subqueries',
  engines: allEngines('hardly: planners merge it (MySQL since 5.7); it opens the way for other rewrites'),
  severity: 'hint',
  description:
    'The derived table chooses columns and rows of one table, which the query around it can do itself. The nesting hides what is joined with what.',
  source: 'MySQL manual, "Optimizing Derived Tables … with Merging or Materialization"',
  precondition:
    'One table, plain columns, no DISTINCT, grouping, LIMIT or subquery inside; it is not on the outer side of a join, and no star brings its columns.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total int);',
    before:
      'SELECT c.name, d.amount FROM customers c JOIN (SELECT o.customer_id, o.total AS amount FROM orders o WHERE o.total > 5) d ON d.customer_id = c.id;',
    after:
      'SELECT c.name, d.total AS amount FROM customers c JOIN orders d ON d.customer_id = c.id WHERE d.total > 5;',
  },
  rewrites: true,
  styleOnly: true,
  needs: ['derived'],
  *find(statement) {
    for (const outer of statement.blocks) {
      for (const derived of outer.sources) {
        const trivial = trivialOf(statement, outer, derived);
        if (trivial) yield matchOf(statement, trivial);
      }
    }
  },
};

function trivialOf(statement: AnalyzedStatement, outer: Block, derived: Source): Trivial | null {
  if (derived.kind !== 'derived' || derived.lateral || !derived.query || derived.node.kind !== 'derived')
    return null;
  if (!derived.node.alias || derived.node.alias.columns.length > 0) return null;
  const [inner, ...more] = statement.blocksOfQuery(derived.query);
  if (!inner || more.length > 0 || !isPlainSelect(inner) || inner.select.distinct === 'distinct') return null;
  const [table, ...others] = inner.sources;
  if (table?.kind !== 'table' || others.length > 0 || inner.children.length > 0 || table.columns === null)
    return null;
  const { node } = table;
  if (node.kind !== 'table' || node.modifiers.length > 0 || node.only || node.alias?.columns.length)
    return null;
  const plain = inner.select.items.every((item) => unwrapParens(item.expression).kind === 'column');
  const references =
    plain && inner.resolved && inner.outerReferences.length === 0 ? referencesTo(derived, statement) : null;
  return references ? { outer, derived, inner, table, references } : null;
}

function matchOf(statement: AnalyzedStatement, trivial: Trivial): Match {
  const { derived, inner, table } = trivial;
  const message = `${derived.alias} only chooses rows and columns of ${table.table?.name ?? table.alias}. Read the table itself.`;
  const why = obstacle(statement, trivial);
  if (why !== null) return blocked(derived.node, message, why);
  const conditions = [
    ...inner.where,
    ...trivial.outer.where,
    ...trivial.outer.joins.flatMap((join) => join.on),
  ];
  const raises =
    inner.where.length > 0 && conditions.some(({ expression }) => canRaise(expression, statement));
  const give = raises ? offerToTest : offer;
  return give(
    derived.node,
    message,
    () => editsOf(statement, trivial),
    `${derived.alias} has the rows of the table that pass its filter`,
  );
}

function obstacle(statement: AnalyzedStatement, { outer, derived, inner }: Trivial): string | null {
  if (derived.nullSupplied) return 'it stands on the outer side of a join';
  if (isReadWhole(statement, derived)) return 'a star brings its columns';
  if (!isDeterministic(inner.query, statement)) return 'it calls a volatile function';
  if (isLocked(outer)) return 'the rows are locked with FOR UPDATE';
  if (outer.joins.some((join) => join.node?.natural || join.using !== null))
    return 'USING or NATURAL would see other columns';
  return outer.resolved ? null : 'a name is not known';
}

function editsOf(
  statement: AnalyzedStatement,
  { outer, derived, inner, table, references }: Trivial,
): TextEdit[] | null {
  const { dialect } = statement;
  if (derived.node.kind !== 'derived' || table.node.kind !== 'table' || !derived.node.alias) return null;
  const alias = aliasOf(derived, dialect);
  const last = table.node.name.at(-1);
  if (!last) return null;
  const edits = editing(statement).replace(
    { start: derived.node.start, end: derived.node.alias.start },
    joinFragments([source(statement, { start: table.node.start, end: last.end }), sql``], sql` `),
  );
  const column = (name: string) => sql`${alias}.${identifier(name, dialect)}`;
  for (const conjunct of inner.where) {
    const written = rebase(statement, conjunct.expression, (one) => column(one.name));
    if (!written) return null;
    edits.addConjunct(outer, written);
  }
  for (const reference of references) {
    const name = nameInside(statement, inner, statement.resolve(reference));
    if (name === null) return null;
    const written = reference.parts.at(-1)?.name;
    if (name === written && reference.parts.length > 1) continue;
    edits.replace(reference, column(name));
    const unnamed = name === written ? null : itemNamedBy(statement, reference);
    if (unnamed && dialect !== 'postgresql' && unwrapParens(unnamed.expression) !== reference) return null;
    if (unnamed && written) edits.insert(unnamed.end, sql` AS ${identifier(written, dialect)}`);
  }
  return qualifyBare(statement, outer, table, [inner.query, ...references], edits) ? edits.done() : null;
}

/** The table's column behind a column of the derived table. */
function nameInside(
  statement: AnalyzedStatement,
  inner: Block,
  column: ResolvedColumn | null,
): string | null {
  const output = column && inner.outputs.find((one) => one.name === column.name);
  const e = output?.expression ? unwrapParens(output.expression) : null;
  return e?.kind === 'column' ? (statement.resolve(e)?.name ?? null) : null;
}
