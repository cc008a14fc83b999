/** What the DDL of a script, together with the catalog, lacks. */
import { type Catalog, type ForeignKey, findTable, type Table } from '../../catalog/catalog.ts';
import { catalogFromDdl } from '../../catalog/from-ddl.ts';
import type { TableConstraint } from '../../sql/ast.ts';
import { isReadByWords } from '../../sql/statement-facts.ts';
import { allEngines } from '../engines.ts';
import { beginsWith, indexOfWords, nameAt } from '../words.ts';
import { type Script, type ScriptPattern, type ScriptStatement, scriptAdvice } from './script.ts';

/** The tables as they are at the end of the script, computed once for all patterns. */
function afterScript(script: Script): Catalog {
  const known = AFTER.get(script);
  if (known) return known;
  const ddl = script.statements.filter(
    ({ tree, words }) => DDL.has(tree.kind) || beginsWith(words, 'DROP|SET|USE'),
  );
  const after = catalogFromDdl(ddl.map(({ text }) => text).join(';\n'), script.dialect);
  AFTER.set(script, after);
  return after;
}

/** What says which tables, keys and indexes there are. */
const DDL = new Set(['createTable', 'createIndex', 'alterTable']);

const AFTER = new WeakMap<Script, Catalog>();

/** A foreign key whose columns begin no index. */
export const unindexedForeignKey: ScriptPattern = {
  id: 'unindexed-foreign-key',
  title: 'Foreign key without an index',
  category: 'schema',
  engines: [
    {
      dialect: 'postgresql',
      pays: 'when rows of the parent are deleted or their key changes, and for joins from the parent',
    },
    {
      dialect: 'tsql',
      pays: 'when rows of the parent are deleted or their key changes, and for joins from the parent',
    },
  ],
  severity: 'info',
  description:
    'A foreign key gets no index of its own. To delete one row of the parent, the whole child table is read for rows that refer to it, once for each row that is deleted.',
  source: 'https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK',
  precondition:
    'No index, primary key or unique key of the script or the catalog begins with the columns of the foreign key.',
  example: {
    schema: '',
    before: `CREATE TABLE customers (id int PRIMARY KEY);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers (id));`,
    after: null,
  },
  rewrites: false,
  *find(script) {
    if (!script.statements.some(({ tree }) => tree.kind === 'createTable' || tree.kind === 'alterTable'))
      return;
    const after = afterScript(script);
    for (const statement of script.statements) {
      for (const { table, columns, range } of foreignKeysIn(statement)) {
        const tables = [findTable(after, table), findTable(script.catalog, table)].filter(
          (one) => one !== null,
        );
        if (tables.length === 0 || tables.some((one) => beginsIndex(one, columns))) continue;
        const list = columns.join(', ');
        yield scriptAdvice(
          statement,
          `No index begins with (${list}): every DELETE of a parent row reads all of ${table.at(-1)}. Create an index on (${list}).`,
          range,
        );
      }
    }
  },
};

interface WrittenKey {
  readonly table: readonly string[];
  readonly columns: readonly string[];
  readonly range: { readonly start: number; readonly end: number };
}

function foreignKeysIn({ tree }: ScriptStatement): WrittenKey[] {
  if (tree.kind !== 'createTable' && tree.kind !== 'alterTable') return [];
  const table = tree.name.map((part) => part.name);
  const of = (constraints: readonly TableConstraint[], column: string | null): WrittenKey[] =>
    constraints
      .filter((one) => one.type === 'foreignKey' && one.references !== null)
      .map((one) => ({
        table,
        columns: one.columns.length > 0 ? one.columns.map((part) => part.name) : column ? [column] : [],
        range: one,
      }));
  const definitions = tree.kind === 'createTable' ? tree.columns : tree.addColumns;
  const constraints = tree.kind === 'createTable' ? tree.constraints : tree.addConstraints;
  return [
    ...definitions.flatMap((one) => of(one.constraints, one.name.name)),
    ...of(constraints, null),
  ].filter((one) => one.columns.length > 0);
}

/** An index or key begins with the columns, in any order. */
export function beginsIndex(table: Table, columns: readonly string[]): boolean {
  const wanted = new Set(columns);
  const lists = [
    ...table.indexes
      .filter((index) => index.predicate === null)
      .map((index) => index.columns.map((key) => key.column)),
    ...table.keys.map((key) => key.columns),
  ];
  return lists.some((list) => {
    const first = new Set(list.slice(0, wanted.size));
    return first.size === wanted.size && [...wanted].every((name) => first.has(name));
  });
}

/** CREATE TABLE without a key. */
export const missingPrimaryKey: ScriptPattern = {
  id: 'missing-primary-key',
  title: 'Table without a primary key',
  category: 'schema',
  engines: allEngines(
    'for replication, for updates of single rows; InnoDB makes up a hidden key that serves nobody',
  ),
  severity: 'warning',
  description:
    'Nothing tells the rows apart: duplicates cannot be found or removed one by one, logical replication needs the whole row, and InnoDB keeps a hidden key that takes six bytes and a global lock.',
  source:
    'https://www.postgresql.org/docs/current/logical-replication-publication.html; https://dev.mysql.com/doc/refman/8.4/en/innodb-index-types.html',
  precondition:
    'Neither CREATE TABLE nor a later statement of the script nor the catalog has a primary key or a unique key of the table, and it is no temporary one, no partition and made by no query.',
  example: { schema: '', before: 'CREATE TABLE visits (at timestamp, page varchar(80));', after: null },
  rewrites: false,
  *find(script) {
    for (const statement of script.statements) {
      const { tree, words } = statement;
      if (tree.kind !== 'createTable' || tree.temporary || tree.query || tree.columns.length === 0) continue;
      const name = tree.name.map((part) => part.name);
      const isOther =
        tree.name.at(-1)?.text.startsWith('#') ||
        tree.options.some((one) =>
          /PARTITION\s+OF|INHERITS|LIKE|SERVER/i.test(statement.text.slice(one.start, one.end)),
        );
      if (isOther || indexOfWords(words, 'CREATE', 'FOREIGN') === 0) continue;
      const tables = [findTable(afterScript(script), name), findTable(script.catalog, name)];
      if (tables.some((one) => (one?.keys.length ?? 0) > 0)) continue;
      yield scriptAdvice(
        statement,
        `${name.at(-1)} has no key: its rows cannot be told apart. Add a primary key.`,
        tree.name.at(-1),
      );
    }
  },
};

/** CREATE TEMP TABLE … AS, then queries of it without ANALYZE. */
export const temporaryWithoutAnalyze: ScriptPattern = {
  id: 'temporary-table-without-analyze',
  title: 'Temporary table without ANALYZE',
  category: 'writes',
  engines: [{ dialect: 'postgresql', pays: 'when the table has more than a few rows and is joined' }],
  severity: 'hint',
  description:
    'Autovacuum cannot see temporary tables, so they have no statistics until ANALYZE is run: the planner guesses the number of rows and every selectivity, and often joins by nested loops.',
  source: 'https://www.postgresql.org/docs/current/sql-createtable.html: temporary tables and autovacuum',
  precondition:
    'A temporary table that is made from a query is joined in a later statement, and no ANALYZE of it stands between.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before: `CREATE TEMP TABLE recent AS SELECT id FROM orders WHERE id > 1000;
SELECT o.customer_id FROM orders o JOIN recent r ON r.id = o.id;`,
    after: null,
  },
  rewrites: false,
  *find(script) {
    for (const made of script.statements) {
      const { tree } = made;
      if (tree.kind !== 'createTable' || !tree.temporary || !tree.query) continue;
      const name = tree.name.at(-1)?.name ?? '';
      for (const later of script.statements.slice(made.index + 1)) {
        if (beginsWith(later.words, 'ANALYZE|VACUUM') && mentions(later, name)) break;
        if (beginsWith(later.words, 'ANALYZE') && later.words.length === 1) break;
        const joins = later.words.some((word) => word.upper === 'JOIN' || word.text === ',');
        if (!joins || isReadByWords(later.tree) || !mentions(later, name)) continue;
        yield scriptAdvice(made, `${name} has no statistics when it is joined. Run ANALYZE ${name} first.`);
        break;
      }
    }
  },
};

function mentions({ words }: ScriptStatement, name: string): boolean {
  return words.some((_, i) => nameAt(words, i).name === name);
}

/** The foreign keys of other tables that refer to a table. */
export function referencesTo(catalog: Catalog, parent: Table): { child: Table; key: ForeignKey }[] {
  return catalog.tables.flatMap((child) =>
    child.foreignKeys
      .filter(({ references }) => references.table === parent.name && references.schema === parent.schema)
      .map((key) => ({ child, key })),
  );
}
