import type { TypeFamily } from '../../catalog/catalog.ts';
import type { ColumnRef } from '../../sql/ast.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, ResolvedColumn, Scope } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { qualified } from '../../sql/writing/identifiers.ts';
import { type Correlation, correlationOf, outerReferencesIn } from '../correlation.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/** Families in which equal values are the same value, whatever looks at them. */
const IDENTICAL: ReadonlySet<TypeFamily> = new Set<TypeFamily>([
  'integer',
  'boolean',
  'date',
  'timestamp',
  'timestamptz',
  'uuid',
]);

/** An outer column in a condition, and the column of the subquery that equals it. */
interface Replacement {
  readonly outer: ColumnRef;
  readonly inner: ResolvedColumn;
}

/**
 * Matches a correlated subquery with a key (`o.customer_id = c.id`) that mentions the outer column once more, in another condition or
 * in a subquery of its own.
 *
 * In every row that passes, the two are equal: the subquery's own column can stand there. The correlation is then by the key alone,
 * and the subquery can be computed once for each key and joined. So subqueries that are nested two deep come apart.
 */
export const correlateByOwnKey: Pattern = {
  id: 'correlate-by-own-key',
  title: 'Outer column mentioned twice in a correlated subquery: its own key says the same',
  category: 'subqueries',
  engines: allEngines('not by itself: it makes the subquery one that other rules can turn into a join'),
  severity: 'hint',
  description:
    'The subquery is correlated by an equality, and mentions the same outer column in another condition or in a subquery inside. Its own column has the same value there. As it is, it cannot be computed for all outer rows at once.',
  source: 'Seshadri, Pirahesh and Leung, "Complex query decorrelation", ICDE 1996',
  precondition:
    'The equality is a condition of WHERE of its own, both columns have one type in which equal values are the same, and no relation inside hides the name.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int, day date); CREATE TABLE visits (customer_id int, day date);',
    before:
      'SELECT c.id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND EXISTS (SELECT 1 FROM visits v WHERE v.customer_id = c.id AND v.day = o.day)) AS n FROM customers c;',
    after:
      'SELECT c.id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND EXISTS (SELECT 1 FROM visits v WHERE v.customer_id = o.customer_id AND v.day = o.day)) AS n FROM customers c;',
  },
  rewrites: true,
  styleOnly: true,
  needs: [['as scalar', 'as exists', 'as in', 'as quantified']],
  *find(statement) {
    for (const block of statement.blocks) {
      if (!['scalar', 'exists', 'in', 'quantified'].includes(block.role)) continue;
      const correlation = correlationOf(statement, block);
      if (!correlation || correlation.keys.length === 0) continue;
      for (const conjunct of correlation.other) {
        const match = matchOf(statement, correlation, conjunct);
        if (match) yield match;
      }
    }
  },
};

function matchOf(statement: AnalyzedStatement, correlation: Correlation, conjunct: Conjunct): Match | null {
  const { inner } = correlation;
  const references = outerReferencesIn(statement, conjunct.expression, inner) ?? [];
  const replacements: Replacement[] = [];
  for (const column of references) {
    const own = equalColumn(statement, correlation, column);
    // with another outer column in it, the condition stays correlated
    if (!own) return null;
    replacements.push({ outer: column.reference, inner: own });
  }
  const [first] = replacements;
  if (!first) return null;
  const text = statement.text.slice(first.outer.start, first.outer.end);
  const message = `${text} equals ${first.inner.source.alias}.${first.inner.name} in every row of the subquery. Said so, the subquery is correlated by its key alone.`;
  const range = { start: first.outer.start, end: first.outer.end };
  if (!isDeterministic(inner.query, statement))
    return blocked(range, message, 'a volatile function is called');
  if (!replacements.every((one) => isCarried(statement, one)))
    return blocked(range, message, 'the types differ, or equal values may be different ones');
  if (replacements.some((one) => isHidden(statement, one, inner)))
    return blocked(range, message, 'a relation inside goes by the same name');
  const edits = editing(statement);
  for (const one of replacements) edits.replace(one.outer, qualified(one.inner, statement.dialect));
  // rows that the key drops may be tested first, with other values than before
  const give = canRaise(conjunct.expression, statement) ? offerToTest : offer;
  return give(
    range,
    message,
    () => edits.done(),
    'the two columns are equal in every row that the subquery keeps',
  );
}

/** The column of the subquery that a key makes equal to an outer column. */
function equalColumn(
  statement: AnalyzedStatement,
  { keys }: Correlation,
  column: ResolvedColumn,
): ResolvedColumn | null {
  for (const { inner, outer } of keys) {
    const around = outer.kind === 'column' ? statement.resolve(outer) : null;
    if (around?.source !== column.source || around.name !== column.name) continue;
    const own = inner.kind === 'column' ? statement.resolve(inner) : null;
    if (own) return own;
  }
  return null;
}

function isCarried(statement: AnalyzedStatement, { outer, inner }: Replacement): boolean {
  const [a, b] = [statement.resolve(outer)?.sourceColumn?.type, inner.sourceColumn?.type];
  return !!a?.text && a.text === b?.text && IDENTICAL.has(a.family);
}

/** A block between the reference and the subquery has a relation of that name. */
function isHidden(statement: AnalyzedStatement, { outer, inner }: Replacement, block: Block): boolean {
  for (let at: Scope | null = statement.scopeOf(outer); at && at !== block; at = at.parent) {
    if (at.sources.some((source) => source.alias === inner.source.alias)) return true;
  }
  return inner.source.alias === '';
}
