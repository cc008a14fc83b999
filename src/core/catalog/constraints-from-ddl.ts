/** Keys, foreign keys, checks and indexes of a table as DDL declares them. */
import type { CreateIndex, IndexColumn, TableConstraint } from '../sql/ast.ts';
import type { CheckConstraint, Column, ForeignKey, Index, IndexKey, Key, Table } from './catalog.ts';

type Open<T> = { -readonly [K in keyof T]: T[K] };

/** A table whose DDL is still being read. */
export interface DraftTable
  extends Omit<Open<Table>, 'columns' | 'keys' | 'foreignKeys' | 'checks' | 'indexes'> {
  columns: Column[];
  keys: Key[];
  foreignKeys: ForeignKey[];
  checks: CheckConstraint[];
  indexes: Index[];
}

/**
 * Add a constraint to a table.
 *
 * @param text the statement that the constraint stands in
 * @param column the column that it is written with, if it is
 */
export function withConstraint(
  table: DraftTable,
  node: TableConstraint,
  text: string,
  column?: string,
): void {
  const written = node.columns.map((name) => name.name);
  const columns = written.length === 0 && column !== undefined ? [column] : written;
  switch (node.type) {
    case 'primaryKey':
    case 'unique':
      // a key over an expression says nothing of its columns alone
      if (node.rest.some((part) => part.kind === 'property' && part.name === 'EXPRESSION')) return;
      addKey(table, node, columns);
      return;
    case 'foreignKey':
      addForeignKey(table, node, text, columns);
      return;
    case 'check':
      addCheck(table, node, text, columns);
      return;
    case 'index':
      table.indexes.push(plainIndex(node.name?.name ?? `${table.name}_${columns.join('_')}`, columns, false));
      return;
    case 'exclude':
      return;
  }
}

function addKey(table: DraftTable, node: TableConstraint, columns: readonly string[]): void {
  const primary = node.type === 'primaryKey';
  const fallback = primary ? `${table.name}_pkey` : `${table.name}_${columns.join('_')}_key`;
  const name = node.name?.name ?? fallback;
  table.keys.push({
    name,
    columns,
    primary,
    nullsNotDistinct: primary || node.nullsNotDistinct,
    deferrable: node.deferrable,
  });
  table.indexes.push({ ...plainIndex(name, columns, true), primary });
  if (!primary) return;
  table.columns = table.columns.map((c) => (columns.includes(c.name) ? { ...c, notNull: true } : c));
}

function addForeignKey(
  table: DraftTable,
  node: TableConstraint,
  text: string,
  columns: readonly string[],
): void {
  if (!node.references) return;
  table.foreignKeys.push({
    name: node.name?.name ?? `${table.name}_${columns.join('_')}_fkey`,
    columns,
    references: {
      schema: node.references.table.at(-2)?.name ?? '',
      table: node.references.table.at(-1)?.name ?? '',
      columns: node.references.columns.map((column) => column.name),
    },
    // of a PERIOD the parent's only has to cover the row's: they need not be equal
    validated: !node.notValid && !/\bPERIOD\b/i.test(text.slice(node.start, node.end)),
    deferrable: node.deferrable,
  });
}

function addCheck(table: DraftTable, node: TableConstraint, text: string, columns: readonly string[]): void {
  if (!node.check) return;
  table.checks.push({
    name: node.name?.name ?? [table.name, ...columns, 'check'].join('_'),
    expression: text.slice(node.check.start, node.check.end),
    validated: !node.notValid,
  });
}

/** Add CREATE INDEX to its table; a unique, whole, plain one is a key. */
export function indexFromDdl(table: DraftTable, node: CreateIndex, text: string): void {
  const keys = node.columns.map((column) => indexKey(column, text));
  const names = keys.flatMap((key) => (key.column === null ? [] : [key.column]));
  const name = node.name?.name ?? `${table.name}_${names.join('_') || 'expr'}_idx`;
  table.indexes.push({
    name,
    method: node.method ?? 'btree',
    unique: node.unique,
    primary: false,
    valid: true,
    columns: keys,
    include: node.include.map((column) => column.name),
    predicate: node.where ? text.slice(node.where.start, node.where.end) : null,
    definition: text,
    bytes: null,
  });
  const plain = names.length === keys.length && node.columns.every((column) => column.prefixLength === null);
  if (!node.unique || node.where || !plain) return;
  table.keys.push({
    name,
    columns: names,
    primary: false,
    nullsNotDistinct: node.nullsNotDistinct,
    deferrable: false,
  });
}

function indexKey(node: IndexColumn, text: string): IndexKey {
  const { expression } = node;
  const column = expression.kind === 'column' ? expression.parts : null;
  const descending = node.direction === 'desc';
  return {
    column: column?.length === 1 ? column[0].name : null,
    expression: column?.length === 1 ? null : text.slice(expression.start, expression.end),
    descending,
    nullsFirst: node.nulls === null ? descending : node.nulls === 'first',
    operatorClass: node.operatorClass,
    collation: null,
  };
}

function plainIndex(name: string, columns: readonly string[], unique: boolean): Index {
  return {
    name,
    method: 'btree',
    unique,
    primary: false,
    valid: true,
    columns: columns.map((column) => ({
      column,
      expression: null,
      descending: false,
      nullsFirst: false,
      operatorClass: null,
      collation: null,
    })),
    include: [],
    predicate: null,
    definition: null,
    bytes: null,
  };
}
