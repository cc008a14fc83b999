import type { FunctionCall } from '../../sql/ast.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameEqualitySemantics, typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, ResolvedColumn, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, parenthesized, source, sql } from '../../sql/writing/fragment.ts';
import { aliasOf, columnOf, identifier, inventName } from '../../sql/writing/identifiers.ts';
import { rebase, withAlias } from '../../sql/writing/rebase.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { isPlainSelect } from '../subquery-shape.ts';

interface Funnel {
  readonly block: Block;
  readonly call: FunctionCall;
  readonly key: ResolvedColumn;
  /** the conditions of each step, in the order of FROM */
  readonly steps: readonly { readonly source: Source; readonly filters: readonly Conjunct[] }[];
  /** conditions between two steps other than the key: the order of events */
  readonly other: readonly Conjunct[];
}

/**
 * `SELECT count(DISTINCT a.user_id) FROM events a JOIN events b ON b.user_id = a.user_id WHERE a.type = 'view' AND
 * b.type = 'buy'`: how many users did both. The join pairs every view of a user with every purchase of the user; one
 * pass with a group per user asks the same.
 */
export const funnelSelfJoin: Pattern = {
  id: 'funnel-self-join',
  title: 'Funnel by a self-join: one group per user',
  category: 'joins',
  industries: ['analytics'],
  engines: allEngines(
    'when users have several events of each step: the join makes their product, and DISTINCT takes it back',
  ),
  severity: 'warning',
  description:
    'The table is read once for each step, and every event of one step is joined with every event of the other of the same user, only to count the user once. One pass that groups by user and asks for each step does the same.',
  source:
    'https://www.postgresql.org/docs/current/tutorial-agg.html; Kline et al., "SQL in a Nutshell": conditional aggregation',
  precondition:
    'All steps read the same table and are joined by equality of the counted column only; every other condition is about one step.',
  example: {
    schema: 'CREATE TABLE events (id int PRIMARY KEY, user_id int NOT NULL, type text NOT NULL);',
    before:
      "SELECT count(DISTINCT a.user_id) FROM events a JOIN events b ON b.user_id = a.user_id WHERE a.type = 'view' AND b.type = 'buy'",
    after:
      "SELECT count(*) FROM (SELECT a.user_id FROM events a WHERE (a.type = 'view') OR (a.type = 'buy') GROUP BY a.user_id HAVING count(CASE WHEN a.type = 'view' THEN 1 END) > 0 AND count(CASE WHEN a.type = 'buy' THEN 1 END) > 0) reached",
  },
  rewrites: true,
  needs: ['calls count', 'distinct call', 'one table twice'],
  *find(statement) {
    for (const block of statement.blocks) {
      const funnel = funnelOf(statement, block);
      if (funnel) yield matchOf(statement, funnel);
    }
  },
};

function funnelOf(statement: AnalyzedStatement, block: Block): Funnel | null {
  const [item, ...more] = block.select.items;
  const call = item ? unwrapParens(item.expression) : null;
  if (more.length > 0 || call?.kind !== 'call' || call.function !== 'count' || !call.distinct || call.over)
    return null;
  const argument = call.args[0] ? unwrapParens(call.args[0].value) : null;
  const key = argument?.kind === 'column' && call.args.length === 1 ? statement.resolve(argument) : null;
  const [first] = block.sources;
  if (!key || !first?.table || block.sources.length < 2 || !block.resolved) return null;
  const inner = block.joins.every(
    (join) =>
      ['inner', 'cross', 'comma'].includes(join.type ?? 'comma') &&
      join.using === null &&
      !join.node?.natural,
  );
  if (
    !inner ||
    block.select.groupBy ||
    block.sources.some((one) => one.table !== first.table || one.kind !== 'table')
  )
    return null;
  const steps = block.sources.map((one) => ({ source: one, filters: [] as Conjunct[] }));
  const other: Conjunct[] = [];
  const joined = new Set<Source>([first]);
  for (const conjunct of [...block.joins.flatMap((join) => join.on), ...block.where]) {
    const pair = pairOf(statement, conjunct, key.name);
    if (pair) for (const one of pair) joined.add(one);
    else if (conjunct.sources.length === 1 && !conjunct.correlated)
      steps.find((one) => one.source === conjunct.sources[0])?.filters.push(conjunct);
    else other.push(conjunct);
  }
  const everyStep = steps.every((step) => step.filters.length > 0 && joined.has(step.source));
  return everyStep ? { block, call, key, steps, other } : null;
}

/** `a.key = b.key`. */
function pairOf(statement: AnalyzedStatement, { expression }: Conjunct, key: string): Source[] | null {
  if (expression.kind !== 'binary' || expression.operator !== '=') return null;
  const sides = [expression.left, expression.right].map((side) =>
    side.kind === 'column' ? statement.resolve(side) : null,
  );
  const sources = sides.flatMap((one) => (one?.name === key ? [one.source] : []));
  return sources.length === 2 && sources[0] !== sources[1] ? sources : null;
}

function matchOf(statement: AnalyzedStatement, funnel: Funnel): Match {
  const { block, call, key, steps } = funnel;
  const message = `Every row of one step is joined with every row of the others of the same ${key.name}, to count it once. Group by ${key.name} and ask for each step.`;
  const obstacle = obstacleOf(statement, funnel);
  if (obstacle !== null) return blocked(call, message, obstacle);
  const edits = () => editsOf(statement, funnel);
  const raises = steps.some((step) => step.filters.some((one) => canRaise(one.expression, statement)));
  const assumption = `a ${key.name} is counted when it has a row of each step`;
  return raises || block.outerReferences.length > 0
    ? offerToTest(call, message, edits, assumption)
    : offer(call, message, edits, assumption);
}

function obstacleOf(statement: AnalyzedStatement, { block, call, key, steps, other }: Funnel): string | null {
  if (other.length > 0) return 'a condition compares the steps with each other';
  if (!isPlain(block) || call.filter || call.orderBy.length > 0) return 'the query does more than to count';
  if (block.sources.length > 4) return 'there are more than four steps';
  if (!sameEqualitySemantics(typeOf(key.reference, statement), typeOf(key.reference, statement)))
    return `values of ${key.name} may be equal without being the same`;
  if (
    steps.some((step) =>
      step.filters.some((one) => one.hasSubquery || !isDeterministic(one.expression, statement)),
    )
  )
    return 'a condition holds a subquery or a volatile function';
  if (
    steps.some(
      ({ source: one }) =>
        one.node.kind !== 'table' ||
        one.node.only ||
        one.node.modifiers.length > 0 ||
        (one.node.alias?.columns.length ?? 0) > 0,
    )
  )
    return 'a table has a hint or other names for its columns';
  const [item] = block.select.items;
  return statement.dialect !== 'postgresql' && !item?.alias && block.role === 'statement'
    ? 'the column of the result would get another name'
    : null;
}

/** Nothing but FROM, WHERE and the one aggregate. */
function isPlain(block: Block): boolean {
  return (
    isPlainSelect({ ...block, grouped: false }) &&
    block.select.distinct === null &&
    block.aggregates.length === 1
  );
}

function editsOf(statement: AnalyzedStatement, { block, key, steps }: Funnel) {
  const { dialect } = statement;
  const [first] = steps;
  const [item] = block.select.items;
  if (!first || !item) return null;
  const alias = aliasOf(first.source, dialect);
  const conditions: Fragment[] = [];
  for (const step of steps) {
    const parts = step.filters.map((one) => {
      const text = rebase(
        statement,
        one.expression,
        step === first ? () => 'keep' : withAlias(statement, step.source, alias),
      );
      return text && one.expression.kind === 'binary' && one.expression.operator === 'OR'
        ? parenthesized(text)
        : text;
    });
    const known = parts.filter((one) => one !== null);
    if (known.length < parts.length) return null;
    conditions.push(joinFragments(known, sql` AND `));
  }
  const column = columnOf(first.source, key.name, dialect);
  const any = joinFragments(conditions.map(parenthesized), sql` OR `);
  const isNotNull = first.source.columns?.find((one) => one.name === key.name)?.notNull ?? false;
  const where = isNotNull ? any : sql`${column} IS NOT NULL AND (${any})`;
  const having = joinFragments(
    conditions.map((condition) => sql`count(CASE WHEN ${condition} THEN 1 END) > 0`),
    sql` AND `,
  );
  const reached = identifier(inventName(statement, 'reached'), dialect);
  const from = sql`FROM (SELECT ${column} FROM ${source(statement, first.source.node)} WHERE ${where} GROUP BY ${column} HAVING ${having}) ${reached}`;
  const clause = block.select.clauses.from;
  const end = block.select.clauses.where?.end ?? clause?.end;
  if (!clause || end === undefined) return null;
  return editing(statement)
    .replace(unwrapParens(item.expression), sql`count(*)`)
    .replace({ start: clause.start, end }, from)
    .done();
}
