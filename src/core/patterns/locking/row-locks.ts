import type { Block } from '../../sql/query-model.ts';
import { walk } from '../../sql/walk.ts';
import { postgresqlOnly } from '../engines.ts';
import { advice } from '../offer.ts';
import type { EngineSupport, Pattern } from '../pattern.ts';
import { referencesTo } from '../script/ddl.ts';

const LOCKING_ENGINES = (pays: string): readonly EngineSupport[] => [
  { dialect: 'postgresql', pays },
  { dialect: 'mysql', pays },
  { dialect: 'mariadb', pays },
];

/** FOR UPDATE of every row. */
export const lockWholeTable: Pattern = {
  id: 'for-update-without-where',
  title: 'FOR UPDATE without WHERE',
  category: 'locking',
  engines: LOCKING_ENGINES('always: every row of the table is locked, and in PostgreSQL written'),
  severity: 'warning',
  description:
    'Every row that is read is locked until the end of the transaction, one by one. PostgreSQL writes each of them to mark it. Name the rows in WHERE, or lock the table if all of it is meant.',
  source: 'https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS',
  precondition:
    'A SELECT of a table has FOR UPDATE or FOR SHARE and neither WHERE nor LIMIT nor an inner join.',
  example: {
    schema: 'CREATE TABLE jobs (id int PRIMARY KEY, state text);',
    before: 'SELECT id FROM jobs FOR UPDATE',
    after: null,
  },
  rewrites: false,
  needs: ['locking clause'],
  *find(statement) {
    for (const block of statement.blocks) {
      const [locking] = block.query.locking;
      const [source, ...more] = block.sources;
      if (!locking || locking.wait === 'SKIP LOCKED' || block.query.limit || block.where.length > 0) continue;
      if (source?.kind !== 'table' || more.length > 0) continue;
      yield advice(
        locking,
        `Every row of ${source.alias} is locked until the end of the transaction. Name the rows in WHERE.`,
      );
    }
  },
};

/** A queue: the first row that is free. */
export const queueWithoutSkipLocked: Pattern = {
  id: 'queue-without-skip-locked',
  title: 'Queue polled with FOR UPDATE and without SKIP LOCKED',
  category: 'locking',
  industries: ['e-commerce'],
  engines: [
    { dialect: 'postgresql', from: 9, pays: 'with two workers or more: they do not wait for each other' },
    { dialect: 'mysql', from: 8, pays: 'with two workers or more: they do not wait for each other' },
    {
      dialect: 'mariadb',
      from: 10,
      pays: 'with two workers or more (10.6): they do not wait for each other',
    },
    { dialect: 'tsql', pays: 'with two workers or more: they do not wait for each other (READPAST)' },
  ],
  severity: 'info',
  description:
    'All workers want the same first row: one gets it and all others wait until it commits, one after the other. SKIP LOCKED (READPAST in SQL Server) gives each the first row that nobody has. Which row that is depends on the others, which is what a queue wants and a report does not.',
  source: 'https://www.postgresql.org/docs/current/sql-select.html#SQL-FOR-UPDATE-SHARE',
  precondition:
    'FOR UPDATE (or UPDLOCK) with LIMIT or TOP, a condition, and neither NOWAIT nor SKIP LOCKED (READPAST).',
  example: {
    schema: 'CREATE TABLE jobs (id int PRIMARY KEY, state text);',
    before: "SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE",
    after: null,
  },
  rewrites: false,
  needs: ['where', 'few rows', ['locking clause', 'hints']],
  *find(statement) {
    for (const block of statement.blocks) {
      if (block.where.length === 0) continue;
      if (statement.dialect === 'tsql') {
        const hint = hintOf(statement.text, block);
        if (
          hint &&
          block.select.top &&
          /\bUPDLOCK\b/i.test(hint.text) &&
          !/\bREADPAST\b|\bNOWAIT\b/i.test(hint.text)
        )
          yield advice(
            hint.range,
            'Workers wait for each other at the same row. Add READPAST to take the first one that nobody has.',
          );
        continue;
      }
      const [locking, ...more] = block.query.locking;
      if (
        !locking ||
        more.length > 0 ||
        locking.wait !== null ||
        !block.query.limit?.count ||
        block.query.limit.offset
      )
        continue;
      if (locking.strength === 'UPDATE' || locking.strength === 'NO KEY UPDATE')
        yield advice(
          locking,
          'Workers wait for each other at the same row. Add SKIP LOCKED to take the first one that nobody has.',
        );
    }
  },
};

function hintOf(text: string, block: Block): { text: string; range: { start: number; end: number } } | null {
  for (const { node } of block.sources) {
    const hint = node.kind === 'table' ? node.modifiers.find((one) => one.kind === 'hints') : undefined;
    if (hint) return { text: text.slice(hint.start, hint.end), range: { start: hint.start, end: hint.end } };
  }
  return null;
}

/** FOR UPDATE of a table that others refer to. */
export const lockForKeyUpdate: Pattern = {
  id: 'for-update-to-no-key-update',
  title: 'FOR UPDATE of a table that foreign keys refer to',
  category: 'locking',
  engines: postgresqlOnly('when rows that refer to it are inserted meanwhile: they do not wait', 9),
  severity: 'hint',
  description:
    'FOR UPDATE also stops INSERTs of rows that refer to the locked one, because their foreign key needs to know that its key stays. FOR NO KEY UPDATE lets them through, and is what UPDATE takes by itself as long as no key column changes.',
  source: 'https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS',
  precondition:
    'A table of the catalog has a foreign key to the locked table. Right only if the transaction neither deletes the row nor changes its key.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers (id));',
    before: 'SELECT name FROM customers WHERE id = 7 FOR UPDATE',
    after: null,
  },
  rewrites: false,
  needs: ['locking clause', 'where'],
  *find(statement) {
    for (const block of statement.blocks) {
      const locking = block.query.locking.find((one) => one.strength === 'UPDATE');
      if (!locking || block.where.length === 0) continue;
      const of = new Set(locking.of.map((one) => one.name));
      for (const { table, alias } of block.sources) {
        if (!table || (of.size > 0 && !of.has(alias))) continue;
        const [first] = referencesTo(statement.catalog, table);
        if (!first) continue;
        yield advice(
          locking,
          `INSERTs into ${first.child.name} that refer to the row wait for it. FOR NO KEY UPDATE lets them through, if the key of ${alias} stays.`,
        );
        break;
      }
    }
  },
};

const ADVISORY = ['', 'try_'].flatMap((attempt) =>
  ['lock', 'lock_shared', 'xact_lock', 'xact_lock_shared'].map(
    (kind) => `pg_${attempt}advisory_${kind}` as const,
  ),
);
const ADVISORY_CALLS = ADVISORY.map((name) => `calls ${name}` as const);

/** `SELECT pg_advisory_lock(id) FROM jobs WHERE … LIMIT 1` */
export const advisoryLockInQuery: Pattern = {
  id: 'advisory-lock-in-query',
  title: 'Advisory lock of the rows of a query with LIMIT',
  category: 'locking',
  engines: postgresqlOnly('never faster: it is about locks that nobody knows of'),
  severity: 'warning',
  description:
    'The lock function may be called for rows that LIMIT or WHERE drop afterwards: those locks stay, and nobody knows that they are held. Choose the rows in a subquery, and lock around it.',
  source: 'https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS',
  precondition:
    'An advisory lock function of a column stands in WHERE, or in the select list of a query with LIMIT, that reads a table itself.',
  example: {
    schema: 'CREATE TABLE jobs (id int PRIMARY KEY, state text);',
    before: "SELECT pg_advisory_lock(id) FROM jobs WHERE state = 'new' LIMIT 1",
    after: null,
  },
  rewrites: false,
  needs: [ADVISORY_CALLS],
  *find(statement) {
    for (const block of statement.blocks) {
      if (!block.sources.some((one) => one.kind === 'table')) continue;
      const parts = [
        ...(block.query.limit ? block.select.items : []),
        ...block.where.map((one) => one.expression),
      ];
      for (const part of parts) {
        let range: { start: number; end: number } | null = null;
        walk(part, (node) => {
          if (node.kind === 'query') return false;
          if (
            node.kind === 'call' &&
            ADVISORY.some((name) => name === node.function) &&
            node.args.some((one) => one.value.kind === 'column')
          )
            range ??= node;
          return true;
        });
        if (range)
          yield advice(
            range,
            'Rows that are dropped afterwards may be locked too. Choose the rows in a subquery (with OFFSET 0 or a materialized CTE), and lock around it.',
          );
      }
    }
  },
};
