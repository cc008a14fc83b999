/** Plain facts about a whole statement that reports and guards ask for. */
import type { Statement, TableRef } from './ast.ts';
import { isDeterministic } from './properties/volatility.ts';
import type { AnalyzedStatement } from './query-model.ts';
import { walk } from './walk.ts';

export type StatementKind = 'select' | 'insert' | 'update' | 'delete' | 'merge' | 'ddl' | 'explain' | 'other';

/** The kind of a statement as reports name it. */
export function statementKind(tree: Statement): StatementKind {
  switch (tree.kind) {
    case 'queryStatement':
      return 'select';
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
    case 'explain':
      return tree.kind;
    case 'createTable':
    case 'createIndex':
    case 'createView':
    case 'alterTable':
      return 'ddl';
    case 'routine':
      return 'ddl';
    case 'procedureCall':
    case 'declare':
    case 'compound':
    case 'command':
    case 'opaque':
      return 'other';
    default:
      return tree satisfies never;
  }
}

/**
 * True for a statement that is no query, no write and no definition of a table, index or view: rules read it by its words,
 * whether the parser made a tree of it (T-SQL's DECLARE, IF, EXEC …) or not.
 */
export function isReadByWords(tree: Statement): boolean {
  switch (tree.kind) {
    case 'opaque':
    case 'procedureCall':
    case 'declare':
    case 'compound':
    case 'routine':
    case 'command':
      return true;
    default:
      return false;
  }
}

/** The tables that a statement names, as written without aliases, each once; names of its own CTEs are left out. */
export function tablesOf(statement: AnalyzedStatement): string[] {
  const tables = new Set<string>();
  const ctes = new Set(statement.ctes.map((cte) => cte.name));
  walk(statement.tree, (node) => {
    if (node.kind === 'table' && !isCte(node, ctes)) tables.add(node.name.map((part) => part.name).join('.'));
  });
  return [...tables];
}

function isCte(table: TableRef, ctes: ReadonlySet<string>): boolean {
  return table.name.length === 1 && ctes.has(table.name[0].name);
}

/** True when executing the statement can change data: anything but a query without data-modifying CTEs and SELECT INTO. */
export function writes(statement: AnalyzedStatement): boolean {
  if (statement.tree.kind !== 'queryStatement') return true;
  let found = false;
  walk(statement.tree, (node) => {
    if (node.kind === 'insert' || node.kind === 'update' || node.kind === 'delete' || node.kind === 'merge')
      found = true;
    if (node.kind === 'select' && node.into) found = true;
  });
  return found;
}

/**
 * Executing the statement for a measurement or a comparison has no effect that a rollback would not undo: it reads, and
 * calls nothing volatile. A volatile function may write a file, call another server or end a session, whatever the
 * transaction allows; an unknown function counts as volatile.
 */
export function isSafeToExecute(statement: AnalyzedStatement): boolean {
  const { tree } = statement;
  return tree.kind === 'queryStatement' && !writes(statement) && isDeterministic(tree.query, statement);
}
