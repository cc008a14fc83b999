/** DDL that takes back what a catalog knows: later statements of a script of migrations. */
import type { DraftTable } from './constraints-from-ddl.ts';

const NAME = String.raw`(?:IF\s+EXISTS\s+)?("[^"]+"|\`[^\`]+\`|\[[^\]]+\]|[\w$]+)`;

/** What an action of ALTER TABLE changes in the catalog beyond columns and constraints that are added. */
export interface Undoing {
  /** the table that it now inherits from */
  readonly parent: readonly string[] | null;
  /** a column with the type that it now has */
  readonly retyped: { readonly column: string; readonly type: string } | null;
}

/**
 * Apply an action of ALTER TABLE that the parser does not read (`DROP CONSTRAINT`, `ENABLE ROW LEVEL SECURITY` …).
 * What cannot be told apart is taken back as a whole: nothing may be proved by a key that is gone.
 *
 * @returns what needs more than the table itself
 */
export function undo(table: DraftTable, action: string): Undoing {
  const nothing = { parent: null, retyped: null };
  if (/^\s*(?:WITH\s+\w+\s+)?NOCHECK\s+CONSTRAINT/i.test(action)) {
    // T-SQL: the constraint is there and not obeyed, or (CHECK CONSTRAINT alone) not known to be
    table.foreignKeys = table.foreignKeys.map((key) => ({ ...key, validated: false }));
    table.checks = table.checks.map((check) => ({ ...check, validated: false }));
    return nothing;
  }
  const constraint = named(action, String.raw`DROP\s+(?:CONSTRAINT|FOREIGN\s+KEY|INDEX|KEY)`);
  if (constraint !== null) {
    if (!dropNamed(table, constraint)) forgetConstraints(table);
    return nothing;
  }
  if (/^\s*DROP\s+PRIMARY\s+KEY/i.test(action)) {
    table.keys = table.keys.filter((key) => !key.primary);
    table.indexes = table.indexes.filter((index) => !index.primary);
    return nothing;
  }
  const security = /^\s*(ENABLE|DISABLE|FORCE)\s+ROW\s+LEVEL\s+SECURITY/i.exec(action)?.[1];
  if (security) {
    table.rowSecurity = !/^disable$/i.test(security);
    return nothing;
  }
  const parent = /^\s*INHERIT\s+([\w."]+)/i.exec(action)?.[1];
  if (parent !== undefined) return { ...nothing, parent: parent.replaceAll('"', '').split('.') };
  const type = /^\s*ALTER\s+(?:COLUMN\s+)?("[^"]+"|[\w$]+)\s+(?:SET\s+DATA\s+)?TYPE\s+(.+)$/is.exec(action);
  if (type?.[1] && type[2]) {
    const written = type[2].replace(/\s+(?:USING|COLLATE)\b.*$/is, '').trim();
    return { ...nothing, retyped: { column: unquoted(type[1]), type: written } };
  }
  const modified = named(action, String.raw`(?:MODIFY|CHANGE|ALTER)\s+(?:COLUMN\s+)?`);
  if (modified !== null && /^\s*(?:MODIFY|CHANGE)/i.test(action))
    return { ...nothing, retyped: { column: modified, type: '' } };
  return nothing;
}

/** The names in `DROP INDEX [CONCURRENTLY] [IF EXISTS] a, b`; empty for another statement. */
export function droppedIndexes(text: string): readonly string[] {
  const list =
    /^\s*DROP\s+INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+EXISTS\s+)?(.+?)(?:\s+(?:CASCADE|RESTRICT|ON\b.*))?\s*;?\s*$/is.exec(
      text,
    )?.[1];
  return list?.split(',').map((name) => unquoted(name.trim().split('.').at(-1) ?? '')) ?? [];
}

/** Take an index or constraint of that name away; false when the table has none. */
export function dropNamed(table: DraftTable, name: string): boolean {
  const sizeOf = (): number =>
    table.keys.length + table.indexes.length + table.foreignKeys.length + table.checks.length;
  const before = sizeOf();
  table.keys = table.keys.filter((key) => key.name !== name);
  table.indexes = table.indexes.filter((index) => index.name !== name);
  table.foreignKeys = table.foreignKeys.filter((key) => key.name !== name);
  table.checks = table.checks.filter((check) => check.name !== name);
  return sizeOf() < before;
}

/** Take all constraints back: something of the table was dropped, and it is not known what. */
export function forgetConstraints(table: DraftTable): void {
  table.keys = [];
  table.foreignKeys = [];
  table.checks = [];
  table.columns = table.columns.map((column) => ({ ...column, notNull: false }));
}

function named(action: string, words: string): string | null {
  const name = new RegExp(String.raw`^\s*${words}\s*${NAME}`, 'i').exec(action)?.[1];
  return name === undefined ? null : unquoted(name);
}

/** A name as it is stored: without quotes, in lower case unless it had them. */
function unquoted(name: string): string {
  return /^["`[]/.test(name) ? name.slice(1, -1) : name.toLowerCase();
}
