/** A table of a join of which only some columns are used: it can be made smaller before it is joined. */
import type { TypeFamily } from '../../catalog/catalog.ts';
import { keysOf } from '../../sql/properties/keys.ts';
import { referencesTo } from '../../sql/properties/usage.ts';
import type { AnalyzedStatement, Block, Conjunct, Source } from '../../sql/query-model.ts';
import type { TextRange } from '../../sql/text.ts';
import type { RewriteEdits } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { aliasOf } from '../../sql/writing/identifiers.ts';
import { conditionOf } from '../truth.ts';
import { stepOf } from './join-shape.ts';

/** What a block asks of one of its tables. */
export interface TablePart {
  /** conditions on the table alone, which can be asked before the join */
  readonly local: readonly Conjunct[];
  /** the columns that are used elsewhere */
  readonly keys: readonly string[];
  /** such a column is written with the schema of its table, which a derived table does not have */
  readonly schemaNamed: boolean;
}

/**
 * The part of a table that a join is about, when rows of the table can agree in it.
 *
 * @param except uses of the table that a rewrite replaces
 * @returns null when a use is not known, no column is used, or those that are contain a key of the table
 */
export function partOf(
  statement: AnalyzedStatement,
  block: Block,
  table: Source,
  except: readonly TextRange[],
): TablePart | null {
  const local = conditionsOf(block, table);
  const outside = referencesTo(table, statement, [...except, ...local.map((one) => one.range)]);
  if (!outside) return null;
  const keys = [...new Set(outside.map((reference) => statement.resolve(reference)?.name ?? ''))];
  const single = keysOf(table, statement).some((key) => key.columns.every((column) => keys.includes(column)));
  const schemaNamed = outside.some((reference) => reference.parts.length > 2);
  return keys.length === 0 || single ? null : { local, keys, schemaNamed };
}

/** The conditions that can be asked of the table alone, before the join. */
function conditionsOf(block: Block, table: Source): readonly Conjunct[] {
  const own = stepOf(block, table);
  const inOn = own && (own.type === 'inner' || own.type === 'left') ? own.on : [];
  const inWhere = table.nullSupplied ? [] : block.where;
  return [...inOn, ...inWhere].filter(
    ({ sources, correlated, hasSubquery, resolved }) =>
      sources.length === 1 && sources[0] === table && !correlated && !hasSubquery && resolved,
  );
}

/** Families of which equal values are the same value, and which repeat often enough to be worth grouping by. */
const KEY_FAMILIES: ReadonlySet<TypeFamily> = new Set<TypeFamily>([
  'integer',
  'text',
  'boolean',
  'date',
  'uuid',
  'enum',
]);

/** Why rows of the table that agree in the columns in use cannot be taken together, or null. */
export function groupingObstacle(table: Source, { keys, local, schemaNamed }: TablePart): string | null {
  for (const key of keys) {
    const type = table.columns?.find((column) => column.name === key)?.type;
    if (!type?.deterministic || !KEY_FAMILIES.has(type.family))
      return `grouped by ${key}, values that differ might become one, or there would be too many groups`;
  }
  if (local.some((one) => one.place === 'on' && one.join?.on.every((other) => local.includes(other))))
    return 'the join has no condition of its own';
  return schemaNamed ? 'a column is written with the schema of its table' : null;
}

/** Put a derived table of the part in the place of the table, under its name. */
export function replaceByPart(
  statement: AnalyzedStatement,
  edits: RewriteEdits,
  table: Source,
  local: readonly Conjunct[],
  select: Fragment,
  groupBy: Fragment | null,
): RewriteEdits {
  const conditions = joinFragments(
    local.map((conjunct) => conditionOf(statement, conjunct.expression)),
    sql` AND `,
  );
  const clauses = [select, sql`FROM ${source(statement, table.node)}`];
  if (local.length > 0) clauses.push(sql`WHERE ${conditions}`);
  if (groupBy) clauses.push(groupBy);
  const derived = joinFragments(clauses, { kind: 'fragment', pieces: [{ kind: 'break', levels: 0 }] });
  for (const conjunct of local) edits.removeConjunct(conjunct);
  return edits.replace(
    table.node,
    sql`(
      ${derived}
    ) ${aliasOf(table, statement.dialect)}`,
  );
}
