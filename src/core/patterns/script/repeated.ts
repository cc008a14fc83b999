import type { Expression, Query, Select, TableRef } from '../../sql/ast.ts';
import { fingerprint } from '../../sql/fingerprint.ts';
import { conjunctsOf, unwrapParens, walk } from '../../sql/walk.ts';
import { allEngines } from '../engines.ts';
import {
  areNeighbours,
  runsOf,
  type Script,
  type ScriptPattern,
  type ScriptStatement,
  scriptAdvice,
  spoken,
} from './script.ts';

/** Fewer are not worth a word. */
const LEAST = 3;

/** `SELECT … WHERE id = 1; SELECT … WHERE id = 2; …` */
export const singleRowSelects: ScriptPattern = {
  id: 'single-row-selects',
  title: 'The same query for one value after the other',
  category: 'subqueries',
  engines: allEngines(
    'always with more than a few values: each is a round trip (2,000 of them: measured 70 times on PostgreSQL 15, 17 times on MariaDB 10.11, on a local socket)',
  ),
  severity: 'warning',
  description:
    'The statements differ in one constant only: what an application does that asks for each row of a list by itself ("N+1"). One query with IN (or = ANY of an array) gives all rows; it must return the column too, to tell them apart, and rows that are missing are simply not there.',
  source:
    'Fowler, "Patterns of Enterprise Application Architecture": lazy load, ripple loading; measured on PostgreSQL 15',
  precondition: 'At least three neighbours differ in exactly one constant, which is compared by = in WHERE.',
  example: {
    schema: 'CREATE TABLE users (id int PRIMARY KEY, name text);',
    before: `SELECT name FROM users WHERE id = 1;
SELECT name FROM users WHERE id = 2;
SELECT name FROM users WHERE id = 3;`,
    after: null,
  },
  rewrites: false,
  *find(script) {
    for (const run of likeRuns(script, 'queryStatement')) {
      const [first, second] = run;
      const column = first && second && differingColumn(first, second);
      if (!first || !column) continue;
      const values = run.map((one) => valueOfColumn(one, column)).filter((value) => value !== null);
      if (values.length < run.length || new Set(values).size < 2) continue;
      const list = values.length > 5 ? `${values.slice(0, 4).join(', ')}, …` : values.join(', ');
      yield scriptAdvice(
        first,
        `${run.length} queries differ in ${column} only. Ask once: WHERE ${column} IN (${list}), and select ${column} too.`,
      );
    }
  },
};

/** `UPDATE … WHERE id = 1; UPDATE … WHERE id = 2; …` with other values. */
export const rowByRowUpdates: ScriptPattern = {
  id: 'row-by-row-updates',
  title: 'Rows that are updated one by one',
  category: 'writes',
  engines: allEngines(
    'always with more than a few rows: each statement is a round trip, and a transaction of its own in autocommit',
  ),
  severity: 'info',
  description:
    'Each UPDATE is parsed, planned, sent and (in autocommit) written to disk by itself. One UPDATE joined with the list of keys and values does all of that once.',
  source:
    'https://www.postgresql.org/docs/current/sql-update.html; https://www.postgresql.org/docs/current/sql-values.html',
  precondition:
    'At least three neighbouring UPDATEs are the same but for their constants, and WHERE is one comparison by = with a constant.',
  example: {
    schema: 'CREATE TABLE stock (product_id int PRIMARY KEY, amount int);',
    before: `UPDATE stock SET amount = 5 WHERE product_id = 1;
UPDATE stock SET amount = 7 WHERE product_id = 2;
UPDATE stock SET amount = 0 WHERE product_id = 3;`,
    after: null,
  },
  rewrites: false,
  *find(script) {
    for (const run of likeRuns(script, 'update')) {
      const [first] = run;
      if (first?.tree.kind !== 'update' || !first.tree.where || first.tree.target.kind !== 'table') continue;
      const [test, ...more] = conjunctsOf(first.tree.where);
      const key = test && more.length === 0 ? equality(test) : null;
      if (!key) continue;
      const keys = new Set(
        run.map((one) => (one.tree.kind === 'update' && one.tree.where ? spoken(one, one.tree.where) : '')),
      );
      if (keys.size < run.length) continue;
      const join = {
        postgresql: `UPDATE … FROM (VALUES (key, value), …) v (${key.column}, value) WHERE …`,
        mysql: 'UPDATE … JOIN (VALUES ROW(key, value), …) AS v (…) ON … SET …',
        mariadb: 'INSERT … ON DUPLICATE KEY UPDATE with several rows, or a joined temporary table',
        tsql: 'UPDATE … FROM … JOIN (VALUES (key, value), …) AS v (…) ON …',
      }[script.dialect];
      yield scriptAdvice(first, `${run.length} UPDATEs write one row each. Write them at once: ${join}.`);
    }
  },
};

/** The very same query twice, and nothing was written in between. */
export const repeatedQuery: ScriptPattern = {
  id: 'repeated-query',
  title: 'The same query again',
  category: 'subqueries',
  engines: allEngines('always: the first result can be kept'),
  severity: 'hint',
  description:
    'The statement stands in the script before, word for word, and nothing in between writes. Unless others write meanwhile, it returns the same: keep the first result.',
  source: 'Fowler, "Patterns of Enterprise Application Architecture": identity map',
  precondition:
    'Two queries of a table are equal token for token, only queries stand between them, and they call nothing that changes.',
  example: {
    schema: 'CREATE TABLE users (id int PRIMARY KEY, name text);',
    before: `SELECT name FROM users WHERE id = 1;
SELECT count(*) FROM users;
SELECT name FROM users WHERE id = 1;`,
    after: null,
  },
  rewrites: false,
  *find(script) {
    let seen = new Set<string>();
    for (const statement of script.statements) {
      if (statement.tree.kind !== 'queryStatement') {
        seen = new Set();
        continue;
      }
      const words = wholeOf(statement);
      if (seen.has(words))
        yield scriptAdvice(
          statement,
          'The same query stands above, and nothing was written since: keep its result.',
        );
      else if (isStable(statement)) seen.add(words);
    }
  },
};

/** The values of the columns that were inserted are asked for again. */
export const insertThenSelect: ScriptPattern = {
  id: 'insert-then-select',
  title: 'INSERT, then a query for the newest row',
  category: 'writes',
  engines: allEngines('a round trip and a query less; above all it is the right row'),
  severity: 'warning',
  description:
    'The newest row may be that of another session that inserted meanwhile. RETURNING (PostgreSQL, MariaDB), OUTPUT (SQL Server) and LAST_INSERT_ID() (MySQL) give the values of the row that this statement inserted.',
  source: 'https://www.postgresql.org/docs/current/dml-returning.html',
  precondition:
    'The statement after an INSERT selects max(column), or the first row by descending order, of the same table without WHERE.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total int);',
    before: `INSERT INTO orders (total) VALUES (20);
SELECT max(id) FROM orders;`,
    after: null,
  },
  rewrites: false,
  *find(script) {
    for (const { first, second, table, select, query } of writesThenQueries(script)) {
      if (first.tree.kind !== 'insert' || select.where || select.from.length > 1) continue;
      const [item] = select.items;
      const call = item ? unwrapParens(item.expression) : null;
      const newest =
        (call?.kind === 'call' && call.function === 'max' && select.groupBy === null) ||
        (query.orderBy[0]?.direction === 'desc' && (query.limit !== null || select.top !== null));
      const instead = {
        postgresql: 'RETURNING',
        mariadb: 'RETURNING',
        tsql: 'OUTPUT inserted.…',
        mysql: 'LAST_INSERT_ID()',
      }[script.dialect];
      if (newest && table)
        yield scriptAdvice(
          second,
          `Another session may have inserted into ${table} meanwhile. Take the values with ${instead}.`,
        );
    }
  },
};

/** A query for a value, then an INSERT of that value. */
export const checkThenInsert: ScriptPattern = {
  id: 'check-then-insert',
  title: 'Query whether a row is there, then INSERT it',
  category: 'writes',
  engines: allEngines('a round trip less; above all two sessions at once cannot both insert'),
  severity: 'info',
  description:
    'Between the two statements another session may insert the row: then the INSERT fails, or the row is there twice. An upsert on a unique key (ON CONFLICT, ON DUPLICATE KEY UPDATE, MERGE WITH (HOLDLOCK)) does both in one step.',
  source: 'https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT',
  precondition:
    'The statement before an INSERT … VALUES selects from the same table by = with one of the inserted constants.',
  example: {
    schema: 'CREATE TABLE tags (id int PRIMARY KEY, name text);',
    before: `SELECT id FROM tags WHERE name = 'new';
INSERT INTO tags (id, name) VALUES (7, 'new');`,
    after: null,
  },
  rewrites: false,
  *find(script) {
    for (const [i, second] of script.statements.entries()) {
      const first = script.statements[i - 1];
      if (
        !first ||
        second.tree.kind !== 'insert' ||
        second.tree.conflict ||
        first.tree.kind !== 'queryStatement'
      )
        continue;
      const { body } = first.tree.query;
      const table = nameOf(second.tree.target);
      if (body.kind !== 'select' || !body.where || first.tree.query.locking.length > 0) continue;
      const [from, ...more] = body.from;
      if (
        from?.kind !== 'table' ||
        more.length > 0 ||
        nameOf(from) !== table ||
        !areNeighbours(script, first, second)
      )
        continue;
      const rows = second.tree.source?.body.kind === 'values' ? second.tree.source.body.rows : [];
      const inserted = new Set(rows.flatMap((row) => row.items.map((item) => spoken(second, item))));
      const asked = conjunctsOf(body.where).flatMap((one) => equality(one) ?? []);
      if (asked.some(({ value }) => inserted.has(spoken(first, value))))
        yield scriptAdvice(
          second,
          `Another session may insert the row into ${table} after the query above. Use an upsert on a unique key.`,
        );
    }
  },
};

/** Runs of neighbours of one kind that are the same but for constants. */
function likeRuns(script: Script, kind: 'queryStatement' | 'update'): ScriptStatement[][] {
  const prints = new Map<ScriptStatement, string>();
  const printOf = (statement: ScriptStatement): string => {
    const known = prints.get(statement);
    if (known !== undefined) return known;
    const print = fingerprint(statement.text, script.dialect).normalized;
    prints.set(statement, print);
    return print;
  };
  return runsOf(
    script,
    LEAST,
    (a, b) =>
      a.tree.kind === kind &&
      b.tree.kind === kind &&
      a.words.length === b.words.length &&
      printOf(a) === printOf(b),
  );
}

/** The column whose constant is the only difference of two queries. */
function differingColumn(first: ScriptStatement, second: ScriptStatement): string | null {
  const different = first.words.filter(
    (word, i) => (word.upper || word.text) !== (second.words[i]?.upper || second.words[i]?.text),
  );
  const [only, ...more] = different;
  const select = selectOf(first);
  if (!only || more.length > 0 || !select?.where || select.groupBy) return null;
  for (const test of conjunctsOf(select.where)) {
    const found = equality(test);
    if (found && found.value.start === only.start) return found.column;
  }
  return null;
}

function valueOfColumn(statement: ScriptStatement, column: string): string | null {
  const select = selectOf(statement);
  if (!select?.where) return null;
  const found = conjunctsOf(select.where)
    .map(equality)
    .find((one) => one?.column === column);
  return found ? statement.text.slice(found.value.start, found.value.end) : null;
}

function selectOf({ tree }: ScriptStatement): Select | null {
  return tree.kind === 'queryStatement' && tree.query.body.kind === 'select' ? tree.query.body : null;
}

/** `column = constant`, either way round. */
function equality(test: Expression): { column: string; value: Expression } | null {
  if (test.kind !== 'binary' || test.operator !== '=') return null;
  for (const [side, value] of [
    [test.left, test.right],
    [test.right, test.left],
  ] as const) {
    if (side.kind === 'column' && (value.kind === 'literal' || value.kind === 'placeholder'))
      return { column: side.parts.map((part) => part.text).join('.'), value };
  }
  return null;
}

/** The words of a statement, kept with them: they stay the same while the statement does. */
function wholeOf(statement: ScriptStatement): string {
  const known = WHOLE.get(statement.words);
  if (known !== undefined) return known;
  const whole = spoken(statement, { start: 0, end: statement.text.length });
  WHOLE.set(statement.words, whole);
  return whole;
}

const WHOLE = new WeakMap<ScriptStatement['words'], string>();

/** A query of a table that gives the same again; kept with the words as well. */
function isStable(statement: ScriptStatement): boolean {
  const known = STABLE.get(statement.words);
  if (known !== undefined) return known;
  const stable = readsTable(statement);
  STABLE.set(statement.words, stable);
  return stable;
}

const STABLE = new WeakMap<ScriptStatement['words'], boolean>();

function readsTable(statement: ScriptStatement): boolean {
  let reads = false;
  let changes = statement.opaque.length > 0;
  walk(statement.tree, (node) => {
    if (node.kind === 'table') reads = true;
    if (node.kind === 'locking' || node.kind === 'placeholder' || node.kind === 'variable') changes = true;
    if (
      node.kind === 'call' &&
      /random|rand|nextval|uuid|clock|newid|sleep|lock|changes|row_count|last_insert/.test(node.function)
    )
      changes = true;
  });
  return reads && !changes;
}

interface WriteThenQuery {
  readonly first: ScriptStatement;
  readonly second: ScriptStatement;
  readonly table: string;
  readonly select: Select;
  readonly query: Query;
}

/** A write, and right after it a query of the same table. */
function* writesThenQueries(script: Script): Generator<WriteThenQuery> {
  for (const [i, first] of script.statements.entries()) {
    const second = script.statements[i + 1];
    if (!second || first.tree.kind !== 'insert' || second.tree.kind !== 'queryStatement') continue;
    const { query } = second.tree;
    const select = selectOf(second);
    const [from] = select?.from ?? [];
    const table = nameOf(first.tree.target);
    if (!select || from?.kind !== 'table' || nameOf(from) !== table || !areNeighbours(script, first, second))
      continue;
    yield { first, second, table, select, query };
  }
}

function nameOf(table: TableRef): string {
  return table.name.at(-1)?.name ?? '';
}
