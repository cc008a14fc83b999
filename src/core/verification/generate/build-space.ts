/** From two statements and a catalog to the search space of their small databases. */
import { type Catalog, type Column, findTable, type Table } from '../../catalog/catalog.ts';
import { typeFamily } from '../../catalog/type-family.ts';
import { analyzeStatement } from '../../sql/analyze.ts';
import type { Node } from '../../sql/ast.ts';
import type { Dialect } from '../../sql/dialect.ts';
import type { AnalyzedStatement, Source } from '../../sql/query-model.ts';
import { walk } from '../../sql/walk.ts';
import { identifierText } from '../../sql/writing/identifiers.ts';
import { Associations, associate } from './associations.ts';
import { functionNotes, type ScratchFunction, scratchFunctions } from './scratch-functions.ts';
import { ScratchTypes } from './scratch-types.ts';
import {
  type ColumnShape,
  columnKey,
  type ForeignKeyShape,
  isEnforced,
  isMysql,
  type KeyShape,
  NotReproducible,
  type ParameterShape,
  type SearchSpace,
  type TableShape,
  type ViewShape,
} from './search-space.ts';
import { type NamedValue, valuePool } from './values.ts';

/** A statement of the pair and how its placeholders are named over both. */
export interface NamedStatement {
  readonly statement: AnalyzedStatement;
  /** the common name of the placeholder at that offset */
  readonly parameterKey: (start: number) => string | null;
}

/** The space without its parameters; {@link SpaceBuilder.withParameters} adds them when their types are known. */
export class SpaceBuilder {
  private readonly catalog: Catalog;
  private readonly statements: readonly NamedStatement[];
  private readonly associations = new Associations();
  private readonly notes = new Set<string>();
  private readonly groups = new Map<string, number>();
  private readonly types: ScratchTypes;
  /** the bodies of the functions that are called, read as statements */
  private functions: readonly ScratchFunction[] = [];
  readonly space: SearchSpace;

  /**
   * @param statements original and candidate
   * @throws NotReproducible when a table is not in the catalog or has a type that cannot be created
   */
  constructor(statements: readonly NamedStatement[], catalog: Catalog) {
    this.catalog = catalog;
    this.statements = statements;
    const views = new Map<string, ViewShape>();
    const tables = inOrderOfReference(this.collectTables(views));
    for (const { statement, parameterKey } of statements) {
      associate(statement, this.associations, parameterKey);
    }
    for (const { body } of this.functions) associate(body, this.associations, () => null);
    const checks = new Map(tables.map((table) => [table, this.checksOf(table)]));
    for (const table of tables) this.joinForeignKeys(table, tables);
    const used = this.usedNames();
    this.types = new ScratchTypes(this.notes, orderedNames(this.readStatements()), catalog.dialect);
    const columns = new Map(
      tables.map((table) => [table, keptColumns(table, tables, used, checks.get(table))]),
    );
    this.space = {
      dialect: catalog.dialect,
      tables: tables.map((table) => this.shape(table, tables, columns, checks.get(table) ?? [])),
      domains: this.types.domains,
      views: [...views.values()].reverse(),
      functions: this.functions.map(({ info }) => info),
      parameters: [],
      thresholds: [...this.associations.thresholds].sort((a, b) => a - b),
      page: this.associations.page,
      notes: [...this.notes],
    };
  }

  /** The space with the placeholders, whose types the server has inferred. */
  withParameters(types: ReadonlyMap<string, string>): SearchSpace {
    const parameters = [...types].map(([key, type]): ParameterShape => {
      const family = typeFamily(type, this.catalog.dialect);
      const values = this.associations.valuesOf(`?${key}`);
      return { key, type, group: this.groupNumber(`?${key}`), pool: valuePool(family, type, values) };
    });
    return { ...this.space, parameters };
  }

  private collectTables(views: Map<string, ViewShape>): Table[] {
    const tables = new Map<string, Table>();
    const visit = (statement: AnalyzedStatement, depth: number): void => {
      for (const source of sourcesOf(statement)) {
        if (source.kind === 'unknown' || (source.kind === 'table' && !source.table)) {
          throw new NotReproducible(
            `The table ${source.alias} is not in the schema, so no test databases were built.`,
          );
        }
        const { table } = source;
        if (!table) continue;
        const key = columnKey(table, '');
        if (table.kind !== 'view' && table.kind !== 'materializedView') tables.set(key, table);
        else if (!views.has(key)) {
          if (isMysql(this.catalog.dialect)) {
            // its definition names the user's own tables
            throw new NotReproducible(`${table.name} is a view, so no test databases were built.`);
          }
          if (table.definition === null || depth === 0) {
            throw new NotReproducible(`The definition of the view ${table.name} is not known.`);
          }
          views.set(key, { table, definition: table.definition });
          visit(analyzeStatement(table.definition, this.catalog), depth - 1);
        }
        if (table.rowSecurity) {
          this.notes.add(
            `${table.name} has row security or rules, which the generated databases do not have.`,
          );
        }
        if (table.hasTriggers && this.statements.some(({ statement: s }) => s.writes.length > 0)) {
          this.notes.add(`The triggers of ${table.name} were not reproduced.`);
        }
      }
    };
    for (const { statement } of this.statements) {
      if (isMysql(this.catalog.dialect)) refuseQualifiedNames(statement);
      visit(statement, 4);
    }
    if (!isMysql(this.catalog.dialect)) {
      this.functions = this.usableFunctions((body) => visit(body, 4), tables);
    }
    for (const view of views.values()) associateText(view.definition, this.catalog, this.associations);
    return [...tables.values()];
  }

  /** The functions that are called and whose tables can be rebuilt; what cannot be is left out with all that it reads. */
  private usableFunctions(
    visit: (body: AnalyzedStatement) => void,
    tables: Map<string, Table>,
  ): ScratchFunction[] {
    const called = scratchFunctions(
      this.statements.map(({ statement }) => statement),
      this.catalog,
    );
    return called.filter(({ info, body }) => {
      const before = new Set(tables.keys());
      try {
        visit(body);
        for (const note of functionNotes(info)) this.notes.add(note);
        return true;
      } catch (error) {
        if (!(error instanceof NotReproducible)) throw error;
        for (const key of tables.keys()) if (!before.has(key)) tables.delete(key);
        return false;
      }
    });
  }

  /** The statements of the pair, and the bodies of the functions that they call. */
  private readStatements(): AnalyzedStatement[] {
    return [...this.statements.map(({ statement }) => statement), ...this.functions.map(({ body }) => body)];
  }

  private checksOf(table: Table): string[] {
    const name = [table.schema, table.name]
      .map((part) => identifierText(part, this.catalog.dialect))
      .join('.');
    return table.checks
      .filter((check) => check.validated)
      .map((check) => {
        associateText(`SELECT 1 FROM ${name} WHERE ${check.expression}`, this.catalog, this.associations);
        return check.expression;
      });
  }

  private joinForeignKeys(table: Table, tables: readonly Table[]): void {
    for (const foreignKey of table.foreignKeys) {
      const parent = findTable(this.catalog, [foreignKey.references.schema, foreignKey.references.table]);
      if (!parent || !tables.includes(parent)) continue;
      foreignKey.columns.forEach((column, i) => {
        const referenced = foreignKey.references.columns[i];
        if (referenced === undefined) return;
        this.associations.join([columnKey(table, column), columnKey(parent, referenced)]);
      });
    }
  }

  /** Every name in the statements; null when all columns of all tables count (a star, a whole row). */
  private usedNames(): ReadonlySet<string> | null {
    const names = new Set<string>();
    let all = false;
    const statements = this.readStatements();
    const aliases = new Set(statements.flatMap((one) => sourcesOf(one).map((source) => source.alias)));
    for (const statement of statements) {
      walk(statement.tree, (node, parent) => {
        if (node.kind === 'identifier') names.add(node.name);
        if (node.kind === 'star' && parent?.kind !== 'argument') all = true;
        if (node.kind === 'join' && node.natural) all = true;
        if (node.kind === 'insert' && node.columns.length === 0) all = true;
        if (node.kind === 'field' && node.field === null) all = true;
        if (node.kind === 'opaque') all = true;
        // a whole row: row_to_json(o), count(o), o IS NULL
        if (node.kind === 'column' && node.parts.length === 1 && aliases.has(node.parts[0].name)) {
          if (!statement.resolve(node)) all = true;
        }
      });
    }
    return all ? null : names;
  }

  private shape(
    table: Table,
    tables: readonly Table[],
    kept: ReadonlyMap<Table, readonly string[]>,
    checks: readonly string[],
  ): TableShape {
    const names = kept.get(table) ?? [];
    const columns = table.columns
      .filter((column) => names.includes(column.name))
      .map((column): ColumnShape => {
        this.types.need(column, table);
        const { family } = column;
        const type = createdType(column, this.catalog.dialect);
        const key = columnKey(table, column.name);
        const values = [...this.associations.valuesOf(key), ...this.looseValues()];
        const labels = column.statistics?.mostCommon.slice(0, 4).map(({ value }) => value) ?? [];
        const literals =
          family === 'enum' ? [...values, ...[...labels, ...enumLabels(type)].map(asString)] : values;
        if (column.generated === 'stored' || column.generated === 'virtual') {
          this.notes.add(
            `${table.name}.${column.name} is computed: its values were generated like any other.`,
          );
        }
        return {
          name: column.name,
          type,
          family,
          notNull: column.notNull,
          group: this.groupNumber(key),
          pool: valuePool(family, type, literals),
        };
      });
    const at = (name: string): number => columns.findIndex((column) => column.name === name);
    return {
      table,
      columns,
      keys: keysOf(table, at),
      foreignKeys: this.foreignKeysOf(table, tables, at, kept),
      // a check of columns that are left out is left out with them
      checks: checks.filter((check) => columnsIn(check, table).every((name) => at(name) >= 0)),
    };
  }

  private foreignKeysOf(
    table: Table,
    tables: readonly Table[],
    at: (name: string) => number,
    kept: ReadonlyMap<Table, readonly string[]>,
  ): ForeignKeyShape[] {
    return table.foreignKeys.filter(isEnforced).flatMap((foreignKey): ForeignKeyShape[] => {
      const parent = findTable(this.catalog, [foreignKey.references.schema, foreignKey.references.table]);
      const index = parent ? tables.indexOf(parent) : -1;
      if (!parent || index < 0) return [];
      const names = parent.columns.map((c) => c.name).filter((name) => kept.get(parent)?.includes(name));
      const columns = foreignKey.columns.map(at);
      const references = foreignKey.references.columns.map((name) => names.indexOf(name));
      if ([...columns, ...references].includes(-1)) return [];
      return [{ columns, table: index, references }];
    });
  }

  private looseValues(): NamedValue[] {
    return this.associations.loose.slice(0, 12);
  }

  private groupNumber(key: string): number {
    const root = this.associations.groupOf(key);
    const known = this.groups.get(root);
    if (known !== undefined) return known;
    this.groups.set(root, this.groups.size);
    return this.groups.size - 1;
  }
}

/**
 * In MySQL a schema is a database: `shop.orders` would read the user's own table, whatever database is current.
 * @throws NotReproducible
 */
function refuseQualifiedNames({ tree }: AnalyzedStatement): void {
  walk(tree, (node) => {
    if (node.kind === 'table' && node.name.length > 1) {
      throw new NotReproducible(
        `${node.name.map((part) => part.name).join('.')} names a database, so no test databases were built.`,
      );
    }
  });
}

/** A column's type as CREATE TABLE has it. MySQL's does not tell the collation, on which equality of texts depends. */
function createdType(column: Column, dialect: Dialect): string {
  if (!isMysql(dialect) || column.collation === null) return column.type;
  return `${column.type} COLLATE ${column.collation}`;
}

/** The values of `enum('a','b')`, which MySQL writes out in the type. */
function enumLabels(type: string): string[] {
  if (!/^enum\(/i.test(type)) return [];
  return [...type.matchAll(/'((?:[^']|'')*)'/g)].map(([, label = '']) => label.replaceAll("''", "'"));
}

function asString(text: string): NamedValue {
  return { text, type: 'string' };
}

function associateText(sql: string, catalog: Catalog, associations: Associations): void {
  associate(analyzeStatement(sql, catalog), associations, () => null);
}

function sourcesOf(statement: AnalyzedStatement): Source[] {
  return [...statement.blocks, ...statement.writes].flatMap((scope) => [...scope.sources]);
}

/** Parents before the tables that reference them; in a circle, as they come. */
function inOrderOfReference(tables: readonly Table[]): Table[] {
  const ordered: Table[] = [];
  const visiting = new Set<Table>();
  const place = (table: Table): void => {
    if (ordered.includes(table) || visiting.has(table)) return;
    visiting.add(table);
    for (const { references } of table.foreignKeys) {
      const parent = tables.find((t) => t.name === references.table && t.schema === references.schema);
      if (parent) place(parent);
    }
    ordered.push(table);
  };
  for (const table of tables) place(table);
  return ordered;
}

/** The columns that the small databases have: used ones, and those that a key, foreign key or check ties to them. */
function keptColumns(
  table: Table,
  tables: readonly Table[],
  used: ReadonlySet<string> | null,
  checks: readonly string[] = [],
): string[] {
  const all = table.columns.map((column) => column.name);
  if (used === null) return all;
  const kept = new Set(all.filter((name) => used.has(name)));
  const among = (schema: string, name: string): boolean =>
    tables.some((other) => other.name === name && other.schema === schema);
  for (const foreignKey of table.foreignKeys) {
    if (among(foreignKey.references.schema, foreignKey.references.table)) {
      for (const name of foreignKey.columns) kept.add(name);
    }
  }
  for (const other of tables) {
    for (const { references } of other.foreignKeys) {
      if (references.table === table.name && references.schema === table.schema) {
        for (const name of references.columns) kept.add(name);
      }
    }
  }
  for (const check of checks) {
    const mentioned = columnsIn(check, table);
    if (mentioned.some((name) => kept.has(name))) for (const name of mentioned) kept.add(name);
  }
  for (const key of table.keys) {
    if (key.columns.some((name) => kept.has(name))) for (const name of key.columns) kept.add(name);
  }
  const [first] = all;
  if (kept.size === 0 && first !== undefined) kept.add(first);
  return all.filter((name) => kept.has(name));
}

/** Names of columns that are sorted, compared by < or >, or the argument of MIN, MAX and the like. */
function orderedNames(statements: readonly AnalyzedStatement[]): Set<string> {
  const names = new Set<string>();
  const collect = (node: Node): void => {
    walk(node, (part) => {
      if (part.kind === 'column') names.add(part.parts[part.parts.length - 1]?.name ?? '');
    });
  };
  for (const { tree } of statements) {
    walk(tree, (node) => {
      const compares = node.kind === 'binary' && /^[<>]=?$/.test(node.operator);
      const extreme = node.kind === 'call' && /^(min|max|greatest|least)$/.test(node.function);
      if (compares || extreme || node.kind === 'between' || node.kind === 'orderItem') collect(node);
    });
  }
  return names;
}

/** The columns that an expression of the table's DDL names. */
function columnsIn(expression: string, table: Table): string[] {
  return table.columns
    .map((column) => column.name)
    .filter((name) => new RegExp(`\\b${escapeRegExp(name)}\\b`).test(expression));
}

function keysOf(table: Table, at: (name: string) => number): KeyShape[] {
  return table.keys.flatMap((key): KeyShape[] => {
    const columns = key.columns.map(at);
    if (key.deferrable || columns.includes(-1)) return [];
    return [{ columns, primary: key.primary, nullsNotDistinct: key.nullsNotDistinct }];
  });
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
