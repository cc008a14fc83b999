/** The table that a group column refers to: its key lists the groups. */
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import { type Fragment, joinFragments, sql, verbatim } from '../../sql/writing/fragment.ts';
import { identifier, inventName } from '../../sql/writing/identifiers.ts';

/** The groups' parent: one row for each possible group value. */
export interface Parent {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

/** The table that a validated foreign key of the one group column refers to. */
export function parentOf(table: Source, group: { readonly name: string }): Parent | null {
  const key = table.table?.foreignKeys.find(
    (foreign) =>
      foreign.validated &&
      !foreign.deferrable &&
      foreign.columns.length === 1 &&
      foreign.columns[0] === group.name,
  );
  const column = key?.references.columns[0];
  return key && column !== undefined
    ? { schema: key.references.schema, table: key.references.table, column }
    : null;
}

/** The parent's own name is that of no CTE and of no table that is found before it. */
export function isFoundByName({ ctes, catalog }: AnalyzedStatement, { schema, table }: Parent): boolean {
  if (ctes.some((cte) => cte.name === table)) return false;
  const path = catalog.searchPath;
  const before = path.includes(schema) ? path.slice(0, path.indexOf(schema)) : [];
  return !catalog.tables.some((other) => other.name === table && before.includes(other.schema));
}

/** A policy may hide rows of the parent, and without a key one may be there twice (tables that inherit from it). */
export function mayMissOrRepeat(statement: AnalyzedStatement, parent: Parent): boolean {
  const table = tableOf(statement, parent);
  const unique = table?.keys.some(
    (key) => !key.deferrable && key.columns.length === 1 && key.columns[0] === parent.column,
  );
  return !table || !unique || table.rowSecurity || (table.kind !== 'table' && table.kind !== 'partitioned');
}

function tableOf({ catalog }: AnalyzedStatement, { schema, table }: Parent) {
  return catalog.tables.find((one) => one.schema === schema && one.name === table);
}

/** The parent as a source of FROM, and its key there. */
export interface ListedGroups {
  readonly from: Fragment;
  readonly key: Fragment;
}

/**
 * The parent under a new name. Where a name without a table in the block is also a column of the parent, only the key is
 * brought in, by a name that is nowhere else.
 */
export function listedGroups(statement: AnalyzedStatement, parent: Parent, outer: Block): ListedGroups {
  const { dialect, catalog } = statement;
  const name = inventName(statement, 'each_group');
  const alias = identifier(name, dialect);
  const column = identifier(parent.column, dialect);
  const table = catalog.searchPath.includes(parent.schema)
    ? identifier(parent.table, dialect)
    : joinFragments([identifier(parent.schema, dialect), identifier(parent.table, dialect)], verbatim('.'));
  if (!isAmbiguous(statement, parent, outer))
    return { from: sql`${table} ${alias}`, key: sql`${alias}.${column}` };
  const key = identifier(inventName(statement, 'group_key', [name]), dialect);
  return {
    from: sql`(SELECT ${column} AS ${key} FROM ${table}) ${alias}`,
    key: sql`${alias}.${key}`,
  };
}

function isAmbiguous(statement: AnalyzedStatement, parent: Parent, outer: Block): boolean {
  const names = new Set(tableOf(statement, parent)?.columns.map((column) => column.name));
  const isBare = (block: {
    readonly references: Block['references'];
    readonly children: Block['children'];
  }): boolean =>
    block.references.some((one) => one.parts.length === 1 && names.has(one.parts[0].name)) ||
    block.children.some(isBare);
  return isBare(outer);
}
