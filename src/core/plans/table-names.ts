/** Plans of MySQL and MariaDB name a table by its alias only; the statement tells which table that is. */

import { parseText } from '../sql/analyze.ts';
import type { Dialect } from '../sql/dialect.ts';
import { walk } from '../sql/walk.ts';
import type { Plan, PlanNode } from './plan.ts';

interface Named {
  readonly schema: string | null;
  readonly table: string;
}

/**
 * The plan with the tables' own names where an alias stands for one table in all of the statement.
 *
 * @param sql the statement that the plan is of
 */
export function withTableNames(plan: Plan, sql: string, dialect: Dialect): Plan {
  const names = namesByAlias(sql, dialect);
  const named = (node: PlanNode): PlanNode => {
    const found = node.alias === null ? undefined : names.get(node.alias.toLowerCase());
    return {
      ...node,
      ...(found ? { relation: found.table, schema: node.schema ?? found.schema } : {}),
      children: node.children.map(named),
    };
  };
  return { ...plan, root: named(plan.root) };
}

/** Aliases that mean one table everywhere; one that means several is left out. */
function namesByAlias(sql: string, dialect: Dialect): Map<string, Named> {
  const found = new Map<string, Named>();
  const several = new Set<string>();
  walk(parseText(sql, dialect).tree, (node) => {
    if (node.kind !== 'table') return;
    const table = node.name.at(-1)?.name;
    if (table === undefined) return;
    const alias = (node.alias?.name.name ?? table).toLowerCase();
    const schema = node.name.length > 1 ? (node.name.at(-2)?.name ?? null) : null;
    const known = found.get(alias);
    if (known && (known.table !== table || known.schema !== schema)) several.add(alias);
    found.set(alias, { schema, table });
  });
  for (const alias of several) found.delete(alias);
  return found;
}
