/** Tables that are in use when a script runs: those that it does not create itself. */
import { findTable, type Table } from '../../catalog/catalog.ts';
import type { AlterTable, Identifier } from '../../sql/ast.ts';
import { beginsWith, indexOfWords, nameAt } from '../words.ts';
import type { Script, ScriptStatement } from './script.ts';

/** Names of tables that the script itself creates before a statement: they are empty, so nothing waits for them. */
function createdBefore(script: Script): Set<string>[] {
  const created = new Set<string>();
  return script.statements.map(({ tree, words }) => {
    const before = new Set(created);
    if (tree.kind === 'createTable') created.add(tree.name.at(-1)?.name ?? '');
    if (tree.kind === 'createView' && tree.materialized) created.add(tree.name.at(-1)?.name ?? '');
    if (beginsWith(words, 'SELECT') && indexOfWords(words, 'INTO') > 0)
      created.add(nameAt(words, indexOfWords(words, 'INTO') + 1).name);
    return before;
  });
}

export interface LiveStatement {
  readonly statement: ScriptStatement;
  /** the script created a table of that name before */
  isNew(name: readonly Identifier[]): boolean;
}

/** Every statement of the script. */
export function liveStatements(script: Script): LiveStatement[] {
  const created = createdBefore(script);
  return script.statements.map((statement, i) => ({
    statement,
    isNew: (name) => created[i]?.has(name.at(-1)?.name ?? '') ?? false,
  }));
}

/** ALTER TABLE of tables that the script does not create before it. */
export function* liveAlters(
  script: Script,
): Generator<{ statement: ScriptStatement; alter: AlterTable; table: Table | null; name: string }> {
  for (const { statement, isNew } of liveStatements(script)) {
    const { tree } = statement;
    if (tree.kind !== 'alterTable' || isNew(tree.name)) continue;
    const parts = tree.name.map((part) => part.name);
    yield { statement, alter: tree, table: findTable(script.catalog, parts), name: parts.at(-1) ?? '' };
  }
}

/** Which lock each action takes. */
export const LOCKS = 'https://www.postgresql.org/docs/current/sql-altertable.html';
