import type { Expression, FunctionCall, Query, TableRef } from '../../sql/ast.ts';
import { keyCoveredByEquality } from '../../sql/properties/keys.ts';
import type { AnalyzedStatement, Source } from '../../sql/query-model.ts';
import { contains, type TextRange } from '../../sql/text.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { sql, verbatim } from '../../sql/writing/fragment.ts';
import { allEngines, postgresqlOnly } from '../engines.ts';
import { advice, offerToTest } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { quote } from '../predicates/positive.ts';
import { fixesKey } from './unsafe-writes.ts';

/** UPDATE of a primary key. */
export const updatePrimaryKey: Pattern = {
  id: 'update-primary-key',
  title: 'UPDATE of a primary key',
  category: 'writes',
  engines: allEngines(
    'never faster: in InnoDB and SQL Server the row moves, and every secondary index is written',
  ),
  severity: 'info',
  description:
    'A new key means another row to everything that refers to it: foreign keys, caches, links. Where the table is stored by its key the whole row moves and every secondary index changes.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/innodb-index-types.html',
  precondition: 'An assignment writes a column of the primary key with something else than itself.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total int);',
    before: 'UPDATE orders SET id = id + 1000 WHERE total > 3',
    after: null,
  },
  rewrites: false,
  needs: ['write', 'update'],
  *find(statement) {
    for (const { statement: node, target } of statement.writes) {
      const primary = target?.table?.keys.find((key) => key.primary);
      if (node.kind !== 'update' || !primary) continue;
      for (const { targets, value } of node.assignments) {
        const hit = targets.find((one) => primary.columns.includes(one.parts.at(-1)?.name ?? ''));
        const same = value.kind === 'column' && value.parts.at(-1)?.name === hit?.parts.at(-1)?.name;
        if (hit && !same)
          yield advice(
            hit,
            `${hit.parts.at(-1)?.name} is the primary key of ${target?.alias}: what refers to the row must follow.`,
          );
      }
    }
  },
};

/** `UPDATE t SET c = s.v FROM s WHERE s.k = t.k` where several rows of s may meet one of t. */
export const ambiguousUpdateFrom: Pattern = {
  id: 'update-from-several-rows',
  title: 'UPDATE from a join that may meet several rows',
  category: 'writes',
  engines: allEngines('never faster: it is about which value is written'),
  severity: 'warning',
  description:
    'When a row of the table meets several rows of the other one, it is written once, with the values of one of them; which one depends on the plan.',
  source: 'https://www.postgresql.org/docs/current/sql-update.html, Notes',
  precondition:
    'A value comes from a table whose unique keys are known, and the conditions fix none of them.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, price int); CREATE TABLE offers (id int PRIMARY KEY, order_id int, price int);',
    before: 'UPDATE orders SET price = o.price FROM offers o WHERE o.order_id = orders.id',
    after: null,
  },
  rewrites: false,
  needs: ['write', 'update'],
  *find(statement) {
    for (const write of statement.writes) {
      const node = write.statement;
      const target = write.target ?? write.sources[0];
      if (node.kind !== 'update' || !target || !write.resolved || write.sources.length < 2) continue;
      if (write.joins.some((join) => join.using !== null)) continue;
      const conditions = [...write.where, ...write.joins.flatMap((join) => join.on)];
      for (const { value } of node.assignments) {
        const other = sourceIn(statement, value);
        if (!other || other === target || !write.sources.includes(other) || !other.table?.keys.length)
          continue;
        if (
          conditions.every((one) => !one.sources.includes(other)) ||
          keyCoveredByEquality(other, conditions, statement)
        )
          continue;
        yield advice(
          value,
          `Several rows of ${other.alias} may meet one of ${target.alias}: ${quote(statement, value)} is then the value of any of them. Join on a unique key, or aggregate first.`,
        );
        break;
      }
    }
  },
};

function sourceIn(statement: AnalyzedStatement, value: Expression): Source | null {
  let found: Source | null = null;
  walk(value, (node) => {
    if (node.kind === 'query') return false;
    if (node.kind === 'column') found = statement.resolve(node)?.source ?? found;
    return true;
  });
  return found;
}

/** `UPDATE t SET state = 'x' WHERE …` writes rows that have the value already. */
export const unchangedRows: Pattern = {
  id: 'update-unchanged-rows',
  title: 'UPDATE of an indexed column that may write the same value again',
  category: 'writes',
  engines: postgresqlOnly(
    'When many of the rows have the value already: each is written anew, with all its index entries (measured 2.8 times on 15).',
  ),
  severity: 'hint',
  description:
    'PostgreSQL writes a new version of every row that an UPDATE meets, also when nothing changes, and new entries in all indexes because an indexed column is set. `AND column IS DISTINCT FROM value` leaves these rows alone. It changes the row count and skips triggers, so it is not done by itself.',
  source: 'https://www.postgresql.org/docs/current/storage-hot.html; measured on PostgreSQL 15',
  precondition:
    'Every assignment is a constant, a set column is indexed, and WHERE neither mentions it nor fixes a unique key.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, state text); CREATE INDEX orders_state ON orders (state);',
    before: "UPDATE orders SET state = 'closed' WHERE customer_id = 7",
    after: null,
  },
  rewrites: false,
  needs: ['write', 'update'],
  *find(statement) {
    for (const write of statement.writes) {
      const node = write.statement;
      const table = write.target?.table;
      if (node.kind !== 'update' || !table || !node.where || write.sources.length > 1 || fixesKey(write))
        continue;
      const constant = node.assignments.every(
        ({ value, targets }) =>
          targets.length === 1 && ['literal', 'placeholder'].includes(unwrapParens(value).kind),
      );
      if (!constant || node.assignments.length !== 1) continue;
      const [column] = node.assignments[0]?.targets ?? [];
      const name = column?.parts.at(-1)?.name;
      const indexed = table.indexes.some((index) => index.columns.some((key) => key.column === name));
      const mentioned = write.references.some((one) => one.parts.at(-1)?.name === name && one !== column);
      if (!column || !indexed || mentioned) continue;
      yield advice(
        column,
        `Rows whose ${name} has the value already are written again, with all their index entries. Add AND ${name} IS DISTINCT FROM the value if their count and triggers do not matter.`,
      );
    }
  },
};

/** `INSERT … VALUES ((SELECT max(n) + 1 FROM t))`: two sessions take the same number. */
export const maxPlusOne: Pattern = {
  id: 'max-plus-one',
  title: 'Next number by max() + 1',
  category: 'writes',
  industries: ['e-commerce'],
  engines: allEngines('always: a sequence does not read the table'),
  severity: 'warning',
  description:
    'Two sessions that insert at the same time read the same maximum and take the same number: one of them fails, or both rows have it. A sequence, an identity column or a counter row that is locked hands out each number once.',
  source:
    'https://www.postgresql.org/docs/current/functions-sequence.html; Karwin, "SQL Antipatterns": pseudokey neat-freak',
  precondition: 'The INSERT writes max(column) + 1 of the table that it inserts into.',
  example: {
    schema: 'CREATE TABLE invoices (number int PRIMARY KEY, total int);',
    before: 'INSERT INTO invoices (number, total) SELECT max(number) + 1, 20 FROM invoices',
    after: null,
  },
  rewrites: false,
  needs: ['write', 'insert'],
  *find(statement) {
    for (const { statement: node, target } of statement.writes) {
      if (node.kind !== 'insert' || !node.source) continue;
      const call = incrementedMaximum(node.source, node.target);
      if (!call) continue;
      yield advice(
        call,
        `Two sessions read the same maximum of ${target?.alias} and insert the same number. Use a sequence or an identity column.`,
      );
    }
  },
};

/** `max(…)`, perhaps within COALESCE, in `… + 1` of a SELECT from the table. VALUES may hold that SELECT. */
function incrementedMaximum(query: Query, table: TableRef): FunctionCall | null {
  const sums: TextRange[] = [];
  const selects: TextRange[] = [];
  const calls: FunctionCall[] = [];
  const name = table.name.at(-1)?.name;
  walk(query, (node) => {
    if (node.kind === 'binary' && node.operator === '+') {
      const one = [node.left, node.right].some((side) => side.kind === 'literal' && side.value === '1');
      if (one) sums.push(node);
    }
    const reads =
      node.kind === 'select' &&
      node.from.some((item) => item.kind === 'table' && item.name.at(-1)?.name === name);
    if (reads) selects.push(node);
    if (node.kind === 'call' && node.function === 'max' && node.over === null) calls.push(node);
  });
  const within = (ranges: readonly TextRange[], call: TextRange) =>
    ranges.some((range) => contains(range, call));
  return calls.find((call) => within(sums, call) && within(selects, call)) ?? null;
}

/** MERGE without HOLDLOCK is no upsert. */
export const mergeWithoutHoldlock: Pattern = {
  id: 'merge-without-holdlock',
  title: 'MERGE without HOLDLOCK',
  category: 'writes',
  engines: [{ dialect: 'tsql', pays: 'never faster: two sessions at once cannot both insert' }],
  severity: 'warning',
  description:
    'MERGE looks for the row and inserts it in two steps: two sessions may both find nothing, and one fails with a duplicate key. HOLDLOCK keeps the range locked between the steps.',
  source: 'https://learn.microsoft.com/sql/t-sql/statements/merge-transact-sql, concurrency considerations',
  precondition: 'The MERGE inserts rows that are not matched, and the target has no lock hint.',
  example: {
    schema:
      'CREATE TABLE stock (product_id int PRIMARY KEY, amount int); CREATE TABLE arrivals (product_id int, amount int);',
    before:
      'MERGE INTO stock AS s USING arrivals AS a ON a.product_id = s.product_id WHEN NOT MATCHED THEN INSERT (product_id, amount) VALUES (a.product_id, a.amount);',
    after:
      'MERGE INTO stock WITH (HOLDLOCK) AS s USING arrivals AS a ON a.product_id = s.product_id WHEN NOT MATCHED THEN INSERT (product_id, amount) VALUES (a.product_id, a.amount);',
  },
  rewrites: true,
  styleOnly: true,
  needs: ['write', 'merge'],
  *find(statement) {
    for (const { statement: node } of statement.writes) {
      if (node.kind !== 'merge' || node.target.modifiers.length > 0) continue;
      const last = node.target.name.at(-1);
      if (!last || /^[#@]/.test(last.text) || !node.branches.some((branch) => branch.action === 'insert'))
        continue;
      const edits = () => editing(statement).insert(last.end, sql` WITH (HOLDLOCK)`).done();
      yield offerToTest(
        node.target,
        'Two sessions may both find no row and insert it. WITH (HOLDLOCK) keeps the place locked.',
        edits,
        'the result of one session alone is the same',
      );
    }
  },
};

/** @@IDENTITY is the last identity of the session, of a trigger's table too. */
export const sessionIdentity: Pattern = {
  id: 'session-identity',
  title: '@@IDENTITY: SCOPE_IDENTITY()',
  category: 'writes',
  engines: [{ dialect: 'tsql', pays: 'never faster: it is about whose id it is' }],
  severity: 'warning',
  description:
    '@@IDENTITY is the last identity value of the session in any scope: a trigger that inserts into a table of its own changes it. SCOPE_IDENTITY() is that of this batch or procedure; OUTPUT gives the ids of several rows.',
  source: 'https://learn.microsoft.com/sql/t-sql/functions/identity-transact-sql',
  precondition:
    'The same value where no trigger inserts into a table with an identity; where one does, the id that was meant.',
  example: {
    schema: 'CREATE TABLE orders (id int IDENTITY PRIMARY KEY);',
    before: 'SELECT @@IDENTITY AS id',
    after: 'SELECT SCOPE_IDENTITY() AS id',
  },
  rewrites: true,
  styleOnly: true,
  needs: ['variable'],
  *find(statement) {
    const found: Expression[] = [];
    walk(statement.tree, (node) => {
      if (node.kind === 'variable' && node.text.toUpperCase() === '@@IDENTITY') found.push(node);
    });
    for (const node of found) {
      const edits = () => editing(statement).replace(node, verbatim('SCOPE_IDENTITY()')).done();
      yield offerToTest(
        node,
        '@@IDENTITY may be the id of a row that a trigger inserted. Use SCOPE_IDENTITY().',
        edits,
        'no trigger inserts into another table with an identity',
      );
    }
  },
};
