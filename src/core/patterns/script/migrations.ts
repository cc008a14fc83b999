/** Indexes, constraints and columns that are added to tables in use: what locks them for long, and how to do without. */
import { findColumn } from '../../catalog/catalog.ts';
import { walk } from '../../sql/walk.ts';
import { postgresqlOnly } from '../engines.ts';
import { indexOfWords } from '../words.ts';
import { LOCKS, liveAlters, liveStatements } from './live-tables.ts';
import { type ScriptPattern, scriptAdvice } from './script.ts';

export const indexOnLiveTable: ScriptPattern = {
  id: 'index-without-concurrently',
  title: 'CREATE INDEX on a table in use',
  category: 'locking',
  engines: [
    { dialect: 'postgresql', pays: 'never faster, but nobody waits: it may not stand in a transaction' },
    { dialect: 'tsql', pays: 'never faster, but nobody waits: Enterprise and Azure only' },
  ],
  severity: 'warning',
  description:
    'While the index is built, nobody can write to the table. PostgreSQL builds it with CONCURRENTLY, SQL Server with ONLINE = ON, while the table is written.',
  source: 'https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY',
  precondition: 'The table is not created by the same script, and is no temporary one.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total int);',
    before: 'CREATE INDEX orders_total ON orders (total);',
    after: null,
  },
  rewrites: false,
  *find(script) {
    for (const { statement, isNew } of liveStatements(script)) {
      const { tree, words, text } = statement;
      if (tree.kind !== 'createIndex' || isNew(tree.table) || tree.table.at(-1)?.text.startsWith('#'))
        continue;
      if (words.some((word) => word.upper === 'CONCURRENTLY') || /\bONLINE\s*=\s*ON\b/i.test(text)) continue;
      const how = script.dialect === 'tsql' ? 'WITH (ONLINE = ON)' : 'CONCURRENTLY';
      yield scriptAdvice(
        statement,
        `Nobody can write to ${tree.table.at(-1)?.name} while the index is built. Use ${how} if the table is in use.`,
      );
    }
  },
};

export const constraintOnLiveTable: ScriptPattern = {
  id: 'constraint-without-not-valid',
  title: 'Foreign key or CHECK that is validated under lock',
  category: 'locking',
  engines: postgresqlOnly(
    'never faster, but the lock is short: the rows are checked later, while the table is written',
  ),
  severity: 'warning',
  description:
    'All rows are checked while the table (and, for a foreign key, the referenced one) is locked against writes. With NOT VALID only new rows are checked; VALIDATE CONSTRAINT then checks the old ones under a lock that lets others write.',
  source: LOCKS,
  precondition: 'The constraint is added without NOT VALID to a table that the same script does not create.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total int);',
    before: 'ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0);',
    after: null,
  },
  rewrites: false,
  *find(script) {
    for (const { statement, alter, name } of liveAlters(script)) {
      for (const constraint of alter.addConstraints) {
        if ((constraint.type !== 'foreignKey' && constraint.type !== 'check') || constraint.notValid)
          continue;
        const named = constraint.name ? constraint.name.text : 'the constraint';
        yield scriptAdvice(
          statement,
          `Every row of ${name} is checked under lock. Add ${named} as NOT VALID, then run ALTER TABLE ${name} VALIDATE CONSTRAINT in a statement of its own.`,
          constraint,
        );
      }
    }
  },
};

export const uniqueOnLiveTable: ScriptPattern = {
  id: 'unique-without-using-index',
  title: 'UNIQUE or PRIMARY KEY that builds its index under lock',
  category: 'locking',
  engines: postgresqlOnly('never faster, but nobody waits for the index to be built'),
  severity: 'warning',
  description:
    'The constraint builds a unique index while nobody can read or write the table. CREATE UNIQUE INDEX CONCURRENTLY builds it beside the work, and ADD CONSTRAINT … USING INDEX takes it over at once.',
  source: LOCKS,
  precondition:
    'The constraint is added without USING INDEX to a table that the same script does not create.',
  example: {
    schema: 'CREATE TABLE users (id int PRIMARY KEY, email text);',
    before: 'ALTER TABLE users ADD CONSTRAINT users_email UNIQUE (email);',
    after: null,
  },
  rewrites: false,
  *find(script) {
    for (const { statement, alter, name } of liveAlters(script)) {
      for (const constraint of alter.addConstraints) {
        if (constraint.type !== 'unique' && constraint.type !== 'primaryKey') continue;
        if (indexOfWords(statement.words, 'USING', 'INDEX') >= 0) continue;
        yield scriptAdvice(
          statement,
          `${name} is locked while the index is built. Build it with CREATE UNIQUE INDEX CONCURRENTLY, then add the constraint USING INDEX.`,
          constraint,
        );
      }
    }
  },
};

export const setNotNullScan: ScriptPattern = {
  id: 'set-not-null-scan',
  title: 'SET NOT NULL reads the table under lock',
  category: 'locking',
  engines: postgresqlOnly('never faster, but the lock is short', 12),
  severity: 'warning',
  description:
    'All rows are read while nobody can read or write the table. With a valid CHECK (column IS NOT NULL), added as NOT VALID and validated before, PostgreSQL skips the scan.',
  source: LOCKS,
  precondition:
    'The column is not known to be NOT NULL, no CHECK of the catalog or of the script says so, and the table is not created by the script.',
  example: {
    schema: 'CREATE TABLE users (id int PRIMARY KEY, email text);',
    before: 'ALTER TABLE users ALTER COLUMN email SET NOT NULL;',
    after: null,
  },
  rewrites: false,
  *find(script) {
    for (const { statement, alter, table, name } of liveAlters(script)) {
      for (const column of alter.setNotNull) {
        const known = table && findColumn(table, column.name)?.notNull;
        const says = new RegExp(`\\b${column.name}"?\\s*\\)*\\s+IS\\s+NOT\\s+NULL`, 'i');
        const checked = table?.checks.some((check) => check.validated && says.test(check.expression));
        const before = script.source.slice(0, statement.start);
        if (known || checked || (/VALIDATE\s+CONSTRAINT/i.test(before) && says.test(before))) continue;
        yield scriptAdvice(
          statement,
          `All rows of ${name} are read under lock. Add CHECK (${column.text} IS NOT NULL) NOT VALID and validate it first: then the scan is skipped.`,
          column,
        );
      }
    }
  },
};

const VOLATILE = new Set([
  'random',
  'gen_random_uuid',
  'uuid_generate_v4',
  'uuidv7',
  'clock_timestamp',
  'timeofday',
  'nextval',
]);

export const rewritingColumn: ScriptPattern = {
  id: 'column-that-rewrites-the-table',
  title: 'New column that rewrites the table',
  category: 'locking',
  engines: postgresqlOnly(
    'never faster, but the lock is short: add the column empty, set the default, fill the old rows in batches',
    11,
  ),
  severity: 'warning',
  description:
    'A default that is another value for each row (random uuid, sequence, clock) and a stored generated column have to be written into every row: the whole table is written anew while nobody can read it. A constant default is not.',
  source: LOCKS,
  precondition:
    'ADD COLUMN with a volatile default, serial, identity or GENERATED … STORED, on a table that the script does not create.',
  example: {
    schema: 'CREATE TABLE users (id int PRIMARY KEY);',
    before: 'ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid();',
    after: null,
  },
  rewrites: false,
  *find(script) {
    for (const { statement, alter, name } of liveAlters(script)) {
      for (const column of alter.addColumns) {
        let volatile = false;
        if (column.default) {
          walk(column.default, (node) => {
            if (node.kind === 'call' && VOLATILE.has(node.function)) volatile = true;
          });
        }
        const filled =
          column.generated === 'stored' ||
          column.generated === 'identity' ||
          /^(small|big)?serial/.test(column.type?.name ?? '');
        if (volatile || filled)
          yield scriptAdvice(
            statement,
            `${column.name.text} gets another value in each row, so all of ${name} is written anew under lock. Add it without, then fill it in batches.`,
            column,
          );
      }
    }
  },
};
