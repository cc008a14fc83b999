/** Columns and tables as CREATE TABLE and ALTER TABLE define them, and advice about them. */
import type { ColumnDefinition, CreateTable, TableConstraint } from '../../sql/ast.ts';
import type { Dialect } from '../../sql/dialect.ts';
import { typeText } from '../../sql/properties/types.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** A column that a statement defines. */
export interface DefinedColumn {
  readonly node: ColumnDefinition;
  /** folded to lower case */
  readonly name: string;
  /** as written in lower case, with its modifiers: `varchar(20)` */
  readonly type: string;
  /** the type's name alone: `varchar` */
  readonly typeName: string;
  /** the folded name of the table */
  readonly table: string;
  /** it is the primary key by itself */
  readonly isPrimaryKey: boolean;
  readonly dialect: Dialect;
}

/** The columns that the statement defines, those of ALTER TABLE … ADD too. */
export function definedColumns({ tree, dialect }: AnalyzedStatement): DefinedColumn[] {
  if (tree.kind !== 'createTable' && tree.kind !== 'alterTable') return [];
  const nodes = tree.kind === 'createTable' ? tree.columns : tree.addColumns;
  const constraints = tree.kind === 'createTable' ? tree.constraints : tree.addConstraints;
  const table = tree.name.at(-1)?.name.toLowerCase() ?? '';
  return nodes
    .filter((node) => node.name.name !== '')
    .map((node) => ({
      node,
      name: node.name.name.toLowerCase(),
      type: node.type ? typeText(node.type).toLowerCase() : '',
      typeName: node.type?.name.toLowerCase() ?? '',
      table,
      isPrimaryKey: isKey(node.constraints) || isKey(constraints, node.name.name),
      dialect,
    }));
}

function isKey(constraints: readonly TableConstraint[], column?: string): boolean {
  return constraints.some(
    (one) =>
      one.type === 'primaryKey' &&
      (column === undefined || (one.columns.length === 1 && one.columns[0]?.name === column)),
  );
}

/** A new table of its own: not filled by a query, no partition, no copy of another one's columns. */
export function newTable({ tree }: AnalyzedStatement): CreateTable | null {
  return tree.kind === 'createTable' && !tree.query && !tree.temporary && tree.columns.length > 0
    ? tree
    : null;
}

/** What a pattern that only advises declares. */
export type AdviceDeclaration = Omit<Pattern, 'category' | 'rewrites' | 'find' | 'example'> & {
  readonly example: { readonly before: string };
};

/**
 * A pattern that looks at each column that a statement defines.
 *
 * @param say the advice for a column, null for none
 */
export function columnAdvice(
  declaration: AdviceDeclaration,
  say: (column: DefinedColumn) => string | null,
): Pattern {
  return {
    ...declaration,
    category: 'types',
    needs: [['createTable', 'alterTable']],
    example: { schema: '', before: declaration.example.before, after: null },
    rewrites: false,
    *find(statement) {
      for (const column of definedColumns(statement)) {
        const message = say(column);
        const { node } = column;
        if (message !== null)
          yield advice({ start: node.name.start, end: node.type?.end ?? node.name.end }, message);
      }
    },
  };
}

/** The words of a name in snake_case or CamelCase, in lower case. */
export function wordsOf({ node }: DefinedColumn): readonly string[] {
  return node.name.name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}

/** The length of `varchar(20)`, null without one. */
export function lengthOf({ node }: DefinedColumn): number | null {
  const [length] = node.type?.modifiers ?? [];
  return length?.kind === 'literal' && /^\d+$/.test(length.value) ? Number(length.value) : null;
}
