/** A catalog from DDL alone: for work without a server, and for the examples of patterns. */

import { parseText } from '../sql/analyze.ts';
import type {
  AlterAction,
  AlterTable,
  ColumnDefinition,
  CreateIndex,
  CreateTable,
  CreateView,
  Identifier,
  Query,
} from '../sql/ast.ts';
import type { Dialect } from '../sql/dialect.ts';
import { typeText } from '../sql/properties/types.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { resolveStatement } from '../sql/resolve.ts';
import { splitStatements } from '../sql/splitter.ts';
import type { Catalog, Column, Table, TypeFamily } from './catalog.ts';
import { type DraftTable, indexFromDdl, withConstraint } from './constraints-from-ddl.ts';
import { enumFromDdl, FunctionDraft, searchPathFromDdl } from './routines-from-ddl.ts';
import { canonicalType, typeFamily } from './type-family.ts';
import { dropNamed, droppedIndexes, forgetConstraints, undo } from './undone-by-ddl.ts';

const DEFAULT_SCHEMA: Readonly<Record<Dialect, string>> = {
  postgresql: 'public',
  mysql: '',
  mariadb: '',
  tsql: 'dbo',
};

/**
 * What CREATE TABLE, CREATE INDEX, ALTER TABLE, CREATE VIEW, CREATE TYPE … AS ENUM and CREATE FUNCTION of a script say.
 *
 * Other statements and what cannot be read are passed over, so that any script may be given. MySQL's unqualified tables
 * are in the schema '' unless the script has USE.
 *
 * @param script any number of statements
 */
export function catalogFromDdl(script: string, dialect: Dialect): Catalog {
  const draft = new CatalogDraft(dialect);
  for (const range of splitStatements(script, dialect)) {
    if (range.kind === 'sql') draft.read(script.slice(range.start, range.end));
  }
  return draft.catalog();
}

class CatalogDraft {
  private readonly dialect: Dialect;
  private readonly tables = new Map<string, DraftTable>();
  private readonly functions = new FunctionDraft();
  private readonly enums = new Set<string>();
  private searchPath: readonly string[];

  constructor(dialect: Dialect) {
    this.dialect = dialect;
    this.searchPath = [DEFAULT_SCHEMA[dialect]];
  }

  read(text: string): void {
    const parsed = parseText(text, this.dialect);
    const { tree } = parsed;
    switch (tree.kind) {
      case 'createTable':
        this.createTable(tree, text);
        return;
      case 'createIndex':
        this.createIndex(tree, text);
        return;
      case 'createView':
        this.createView(tree, resolveStatement(parsed, this.catalog()), text);
        return;
      case 'alterTable':
        this.alterTable(tree, text);
        return;
      default:
        this.readOther(text);
    }
  }

  catalog(): Catalog {
    const tables = [...this.tables.values()].map((table) => this.withReferencedKeys(table));
    return {
      dialect: this.dialect,
      origin: 'ddl',
      version: null,
      searchPath: this.searchPath,
      tables,
      functions: this.functions.all(this.searchPath),
      settings: {},
      gaps: [],
    };
  }

  private readOther(text: string): void {
    const path = searchPathFromDdl(text, this.dialect);
    if (path) this.searchPath = path;
    const name = enumFromDdl(text, this.dialect);
    if (name) this.enums.add(name);
    for (const index of droppedIndexes(text)) {
      for (const table of this.tables.values()) dropNamed(table, index);
    }
    this.functions.read(text, this.dialect, this.searchPath);
  }

  private createTable(node: CreateTable, text: string): void {
    const table = this.newTable(node.name);
    const key = keyOf(table);
    if (node.ifNotExists && this.tables.has(key)) return;
    if (node.partitionBy) {
      table.kind = 'partitioned';
      table.partitionKey = wordsInParentheses(text.slice(node.partitionBy.start, node.partitionBy.end));
    }
    for (const option of node.options) this.readOption(text.slice(option.start, option.end), table);
    if (node.query) table.columns.push(...this.columnsOfQuery(node.query, node, text));
    for (const definition of node.columns) {
      // half-typed, or a part of PARTITION OF that is no column
      if (definition.name.name !== '') this.addColumn(table, definition, text);
    }
    for (const constraint of node.constraints) withConstraint(table, constraint, text);
    this.tables.set(key, table);
  }

  /** PARTITION OF, LIKE and INHERITS bring columns of another table. */
  private readOption(text: string, table: DraftTable): void {
    const match = /^\s*(PARTITION\s+OF|LIKE|INHERITS)\s*\(?\s*([\w."]+)/i.exec(text);
    const parent = match ? this.named((match[2] ?? '').replaceAll('"', '').split('.')) : null;
    if (!match || !parent) return;
    table.columns.push(...parent.columns);
    if (/^\s*PARTITION/i.test(text)) table.kind = 'partition';
    if (/^\s*INHERITS/i.test(text)) inherited(parent);
  }

  private addColumn(table: DraftTable, node: ColumnDefinition, text: string): void {
    table.columns = table.columns.filter((column) => column.name !== node.name.name);
    table.columns.push(this.columnOf(node));
    for (const constraint of node.constraints) withConstraint(table, constraint, text, node.name.name);
  }

  private columnOf(node: ColumnDefinition): Column {
    const written = node.type ? typeText(node.type) : '';
    const serial = /^(small|big)?serial\d?$/.test(written);
    const collation = node.collation.at(-1)?.name ?? null;
    const family = this.familyOf(written);
    return {
      name: node.name.name,
      type: written === '' ? '' : canonicalType(written, this.dialect),
      family,
      notNull: node.notNull || serial || node.generated === 'identity',
      hasDefault: node.default !== null || serial || node.generated !== null,
      generated: node.generated,
      collation,
      deterministicCollation: this.comparesBytes(family, collation),
      statistics: null,
    };
  }

  private familyOf(type: string): TypeFamily {
    return this.enums.has(type.replace(/^.*\./, '')) ? 'enum' : typeFamily(type, this.dialect);
  }

  /** PostgreSQL's own collations are deterministic; MySQL's and SQL Server's ignore case unless they are binary. */
  private comparesBytes(family: TypeFamily, collation: string | null): boolean {
    if (family === 'other') return false;
    if (family !== 'text' && family !== 'char' && family !== 'enum') return true;
    if (this.dialect === 'postgresql') {
      return (
        collation === null ||
        /^(c|posix|default|ucs_basic|pg_c_utf8|pg_unicode_fast|c\.utf-?8)$/i.test(collation)
      );
    }
    return collation !== null && /_bin2?$/i.test(collation);
  }

  private createIndex(node: CreateIndex, text: string): void {
    const table = this.named(node.table.map((part) => part.name));
    if (table) indexFromDdl(table, node, text);
  }

  private createView(node: CreateView, statement: AnalyzedStatement, text: string): void {
    const view = this.newTable(node.name);
    view.kind = node.materialized ? 'materializedView' : 'view';
    view.definition = text.slice(node.query.start, node.query.end);
    const columns = outputColumns(statement, node.query);
    view.columns = columns.map((column, i) => ({ ...column, name: node.columns[i]?.name ?? column.name }));
    this.tables.set(keyOf(view), view);
  }

  private columnsOfQuery(query: Query, tree: CreateTable, text: string): Column[] {
    const statement = resolveStatement({ text, tree, tokens: [], opaque: [] }, this.catalog());
    return outputColumns(statement, query);
  }

  private alterTable(node: AlterTable, text: string): void {
    const table = this.named(node.name.map((part) => part.name));
    if (!table) return;
    const dropped = new Set(node.dropColumns.map((column) => column.name));
    table.columns = table.columns.filter((column) => !dropped.has(column.name));
    for (const definition of node.addColumns) this.addColumn(table, definition, text);
    for (const constraint of node.addConstraints) withConstraint(table, constraint, text);
    setNotNull(table, node.setNotNull, true);
    setNotNull(table, node.dropNotNull, false);
    for (const action of node.rest) {
      if (this.dialect === 'tsql' && action.kind === 'alterAction' && this.alterTransact(table, action))
        continue;
      const { parent, retyped } = undo(table, text.slice(action.start, action.end));
      const above = parent && this.named(parent);
      if (above) inherited(above);
      if (retyped) this.retype(table, retyped.column, retyped.type);
    }
  }

  /** ALTER COLUMN and DROP CONSTRAINT of T-SQL; false for another action. */
  private alterTransact(table: DraftTable, { action, names, definition }: AlterAction): boolean {
    if (action === 'DROP CONSTRAINT') {
      if (!names.every(({ name }) => dropNamed(table, name))) forgetConstraints(table);
      return true;
    }
    if (action !== 'ALTER COLUMN' || !definition) return false;
    // what is not written is the default: NULL, the collation of the database
    const changed = this.columnOf(definition);
    table.columns = table.columns.map((column) =>
      column.name === changed.name ? { ...changed, hasDefault: column.hasDefault } : column,
    );
    return true;
  }

  /** A column with another type; one that is not known may hold NULL as well. */
  private retype(table: DraftTable, name: string, written: string): void {
    const type = written === '' ? '' : canonicalType(written, this.dialect);
    const family = written === '' ? 'other' : this.familyOf(type);
    table.columns = table.columns.map((column) =>
      column.name === name
        ? {
            ...column,
            type,
            family,
            notNull: column.notNull && written !== '',
            deterministicCollation: this.comparesBytes(family, null) && column.deterministicCollation,
          }
        : column,
    );
  }

  private named(parts: readonly string[]): DraftTable | null {
    const schemas = parts.length > 1 ? [parts.at(-2) ?? ''] : this.searchPath;
    for (const schema of schemas) {
      const table = this.tables.get(`${schema}\u0000${parts.at(-1) ?? ''}`);
      if (table) return table;
    }
    return null;
  }

  private newTable(name: readonly Identifier[]): DraftTable {
    return {
      schema: name.at(-2)?.name ?? this.searchPath[0] ?? '',
      name: name.at(-1)?.name ?? '',
      kind: 'table',
      columns: [],
      keys: [],
      foreignKeys: [],
      checks: [],
      indexes: [],
      rows: null,
      bytes: null,
      partitionKey: [],
      rowSecurity: false,
      hasTriggers: false,
      definition: null,
    };
  }

  /** REFERENCES without columns means the primary key; without a schema it is looked up in the search path. */
  private withReferencedKeys(table: DraftTable): Table {
    const foreignKeys = table.foreignKeys.map((key) => {
      const { references } = key;
      const named = references.schema === '' ? [references.table] : [references.schema, references.table];
      const parent = this.named(named);
      const primary = parent?.keys.find((candidate) => candidate.primary)?.columns ?? [];
      const columns = references.columns.length > 0 ? references.columns : primary;
      const schema = references.schema || (parent?.schema ?? table.schema);
      return { ...key, references: { ...references, schema, columns } };
    });
    return { ...table, foreignKeys: foreignKeys.filter((key) => key.references.columns.length > 0) };
  }
}

/** A scan of a parent reads its children too, which its keys and foreign keys do not cover. */
function inherited(parent: DraftTable): void {
  parent.keys = [];
  parent.foreignKeys = parent.foreignKeys.map((key) => ({ ...key, validated: false }));
}

function keyOf(table: DraftTable): string {
  return `${table.schema}\u0000${table.name}`;
}

function setNotNull(table: DraftTable, columns: readonly Identifier[], notNull: boolean): void {
  const names = new Set(columns.map((column) => column.name));
  table.columns = table.columns.map((column) => (names.has(column.name) ? { ...column, notNull } : column));
}

/** The columns that a query gives a view or a table: none when a star cannot be expanded. */
function outputColumns(statement: AnalyzedStatement, query: Query): Column[] {
  const blocks = statement.blocksOfQuery(query);
  const [first] = blocks;
  if (!first?.outputsComplete) return [];
  const single = blocks.length === 1;
  return first.outputs.map((output) => ({
    name: output.name ?? '?column?',
    type: (single && output.type?.text) || '',
    family: (single && output.type?.family) || 'other',
    notNull: single && output.notNull,
    hasDefault: false,
    generated: null,
    collation: null,
    deterministicCollation: single && output.type?.deterministic === true,
    statistics: null,
  }));
}

/** The plain names in `RANGE (a, b)`; an expression among them gives none. */
function wordsInParentheses(text: string): string[] {
  const inside = /\(([^()]*)\)/.exec(text)?.[1];
  const names = inside?.split(',').map((part) => part.trim().replace(/^"|"$/g, '')) ?? [];
  return names.every((name) => /^\w+$/.test(name)) ? names : [];
}
