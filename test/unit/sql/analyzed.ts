/** Statements analyzed over one small schema, and ways to point at their parts. */
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import type { Expression, Node, Query } from '../../../src/core/sql/ast.ts';
import type { Dialect } from '../../../src/core/sql/dialect.ts';
import type { AnalyzedStatement, Block, Conjunct, Source } from '../../../src/core/sql/query-model.ts';
import { walk } from '../../../src/core/sql/walk.ts';

export const SCHEMA = `
  CREATE TABLE customers (
    id integer PRIMARY KEY,
    email text NOT NULL UNIQUE,
    phone text UNIQUE,
    name text,
    country char(2) NOT NULL,
    parent_id integer REFERENCES customers,
    credit numeric(10,2) NOT NULL,
    created_at timestamp NOT NULL,
    seen_at timestamptz
  );
  CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers (id),
    status text NOT NULL,
    total numeric(12,2) NOT NULL,
    qty integer,
    note text,
    placed_on date NOT NULL
  );
  CREATE TABLE items (
    order_id bigint NOT NULL,
    line integer NOT NULL,
    sku text,
    price numeric(10,2),
    PRIMARY KEY (order_id, line)
  );
  CREATE TABLE tags (a integer, b integer, c text, UNIQUE (a, b));
  CREATE TABLE slots (n integer UNIQUE DEFERRABLE INITIALLY DEFERRED, m integer UNIQUE NULLS NOT DISTINCT);
  CREATE FUNCTION pure(integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1';
  CREATE FUNCTION many() RETURNS SETOF integer LANGUAGE sql STABLE AS 'SELECT 1';
`;

const CATALOGS = new Map<string, ReturnType<typeof catalogFromDdl>>();

/** A statement over {@link SCHEMA} (or another one). */
export function analyzed(text: string, dialect: Dialect = 'postgresql', schema = SCHEMA): AnalyzedStatement {
  const key = `${dialect}\n${schema}`;
  const catalog = CATALOGS.get(key) ?? catalogFromDdl(schema, dialect);
  CATALOGS.set(key, catalog);
  return analyzeStatement(text, catalog);
}

/** The block of the statement; the statement has one. */
export function rootOf(statement: AnalyzedStatement): Block {
  if (!statement.root) throw new Error(`no root block: ${statement.text}`);
  return statement.root;
}

/** The block in that role. */
export function blockIn(statement: AnalyzedStatement, role: Block['role']): Block {
  const block = statement.blocks.find((candidate) => candidate.role === role);
  if (!block) throw new Error(`no block with role ${role}: ${statement.text}`);
  return block;
}

/** The source with that alias anywhere in the statement. */
export function sourceNamed(statement: AnalyzedStatement, alias: string): Source {
  for (const scope of [...statement.blocks, ...statement.writes]) {
    const found = scope.sources.find((source) => source.alias === alias);
    if (found) return found;
  }
  throw new Error(`no source ${alias}: ${statement.text}`);
}

/** The conjunct (of WHERE, ON or HAVING) with that text, parentheses included. */
export function conjunctNamed(statement: AnalyzedStatement, text: string): Conjunct {
  for (const scope of [...statement.blocks, ...statement.writes]) {
    const having = scope.kind === 'select' ? (scope as Block).having : [];
    const all = [...scope.where, ...having, ...scope.joins.flatMap((join) => join.on)];
    const found = all.find((one) => statement.text.slice(one.range.start, one.range.end) === text);
    if (found) return found;
  }
  throw new Error(`no conjunct ${text}: ${statement.text}`);
}

/** The expression of the first select item. */
export function selected(statement: AnalyzedStatement, at = 0): Expression {
  const item = statement.blocks[0]?.select.items[at];
  if (!item) throw new Error(`no select item ${at}: ${statement.text}`);
  return item.expression;
}

/** `SELECT expression FROM …` as an expression with its statement. */
export function expressionOf(
  expression: string,
  from = 'customers c',
  dialect: Dialect = 'postgresql',
): [Expression, AnalyzedStatement] {
  const statement = analyzed(`SELECT ${expression} FROM ${from}`, dialect);
  return [selected(statement), statement];
}

/** What every column reference of the statement means, in text order: `text → alias.column`. */
export function meanings(statement: AnalyzedStatement): string[] {
  const found: string[] = [];
  walk(statement.tree, (node: Node) => {
    if (node.kind !== 'column') return;
    const column = statement.resolve(node);
    const output = statement.outputOf(node);
    const text = statement.text.slice(node.start, node.end);
    const meaning = column
      ? `${column.source.alias}.${column.name}${column.depth > 0 ? `^${column.depth}` : ''}`
      : output
        ? `output ${output.name}`
        : '?';
    found.push(`${text} → ${meaning}`);
  });
  return found;
}

/** The query of the statement. */
export function queryOf(statement: AnalyzedStatement): Query {
  if (statement.tree.kind !== 'queryStatement') throw new Error(`no query: ${statement.text}`);
  return statement.tree.query;
}
