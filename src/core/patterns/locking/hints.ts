import type { AnalyzedStatement } from '../../sql/query-model.ts';
import type { TextRange } from '../../sql/text.ts';
import type { Token } from '../../sql/tokens.ts';
import { walk } from '../../sql/walk.ts';
import { postgresqlOnly } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { beginsWith, indexOfWords, nameAt, spanOf, wordsWithoutTree } from '../words.ts';

/** The hints of tables in a T-SQL statement: `WITH (…)`, `(NOLOCK)`. */
function tableHints(statement: AnalyzedStatement): { range: TextRange; text: string }[] {
  const found: { range: TextRange; text: string }[] = [];
  walk(statement.tree, (node) => {
    if (node.kind !== 'table') return;
    for (const { start, end } of node.modifiers)
      found.push({ range: { start, end }, text: statement.text.slice(start, end) });
  });
  return found;
}

/** WITH (NOLOCK) */
export const nolockHint: Pattern = {
  id: 'nolock-hint',
  title: 'NOLOCK reads what was never committed',
  category: 'locking',
  engines: [
    { dialect: 'tsql', pays: 'never: READ_COMMITTED_SNAPSHOT reads without waiting and without wrong rows' },
  ],
  severity: 'warning',
  description:
    'NOLOCK does not only show what is rolled back later: while pages split, rows are read twice or not at all, and the query may fail (error 601). READ_COMMITTED_SNAPSHOT or SNAPSHOT isolation reads committed versions without waiting for writers.',
  source:
    'https://learn.microsoft.com/sql/t-sql/queries/hints-transact-sql-table; V7 of the wrong rewrites: never added by a rule',
  precondition: 'A table hint has NOLOCK or READUNCOMMITTED.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY);',
    before: 'SELECT id FROM orders WITH (NOLOCK)',
    after: null,
  },
  rewrites: false,
  *find(statement) {
    for (const { range, text } of tableHints(statement)) {
      if (/\b(NOLOCK|READUNCOMMITTED)\b/i.test(text))
        yield advice(
          range,
          'Rows may be read twice, not at all, or before they are committed. Use READ_COMMITTED_SNAPSHOT instead of the hint.',
        );
    }
  },
};

/** WITH (TABLOCKX) */
export const tableLockHint: Pattern = {
  id: 'table-lock-hint',
  title: 'Hint that locks the whole table',
  category: 'locking',
  engines: [{ dialect: 'tsql', pays: 'never faster for others: they wait until the end of the transaction' }],
  severity: 'info',
  description:
    'TABLOCKX keeps everybody from the table, TABLOCK with HOLDLOCK keeps writers from it, until the transaction ends. Only a bulk load into an empty table gains by TABLOCK.',
  source: 'https://learn.microsoft.com/sql/t-sql/queries/hints-transact-sql-table',
  precondition: 'A table hint has TABLOCKX, or TABLOCK together with HOLDLOCK or SERIALIZABLE.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY);',
    before: 'SELECT id FROM orders WITH (TABLOCKX) WHERE id = 1',
    after: null,
  },
  rewrites: false,
  *find(statement) {
    for (const { range, text } of tableHints(statement)) {
      const held = /\bTABLOCK\b/i.test(text) && /\b(HOLDLOCK|SERIALIZABLE)\b/i.test(text);
      if (/\bTABLOCKX\b/i.test(text) || held)
        yield advice(
          range,
          'The whole table stays locked until the transaction ends. Lock the rows that are needed.',
        );
    }
  },
};

/** SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED */
export const readUncommitted: Pattern = {
  id: 'read-uncommitted',
  title: 'Isolation level READ UNCOMMITTED',
  category: 'locking',
  engines: [
    { dialect: 'tsql', pays: 'never: READ_COMMITTED_SNAPSHOT does not wait either' },
    { dialect: 'mysql', pays: 'never: InnoDB reads committed versions without locks anyway' },
    { dialect: 'mariadb', pays: 'never: InnoDB reads committed versions without locks anyway' },
  ],
  severity: 'warning',
  description:
    'All queries of the session read rows that may be rolled back. InnoDB and SQL Server with READ_COMMITTED_SNAPSHOT read committed versions without waiting.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/innodb-transaction-isolation-levels.html',
  precondition: 'The statement sets that isolation level.',
  example: { schema: '', before: 'SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED', after: null },
  rewrites: false,
  needs: ['words alone'],
  *find(statement) {
    const words = wordsWithoutTree(statement);
    const at = indexOfWords(words, 'READ', 'UNCOMMITTED');
    if (beginsWith(words, 'SET') && at > 0 && words.some((word) => word.upper === 'ISOLATION'))
      yield advice(
        spanOf(words, at, at + 1),
        'Rows that are rolled back later are read. READ COMMITTED does not wait for writers either where row versions are kept.',
      );
  },
};

/** LOCK TABLES, LOCK TABLE … IN ACCESS EXCLUSIVE MODE */
export const lockTable: Pattern = {
  id: 'lock-table',
  title: 'LOCK TABLE keeps everybody from the table',
  category: 'locking',
  engines: [
    { dialect: 'postgresql', pays: 'never faster for others: without a mode, even readers wait' },
    { dialect: 'mysql', pays: 'never faster for others: InnoDB locks the rows that are written by itself' },
    { dialect: 'mariadb', pays: 'never faster for others: InnoDB locks the rows that are written by itself' },
  ],
  severity: 'info',
  description:
    'Without a mode, PostgreSQL takes ACCESS EXCLUSIVE: not even a SELECT gets through. MySQL commits the open transaction, and the session can use no other table until UNLOCK TABLES. Row locks (SELECT … FOR UPDATE), an advisory lock or a weaker mode usually do.',
  source:
    'https://www.postgresql.org/docs/current/sql-lock.html; https://dev.mysql.com/doc/refman/8.4/en/lock-tables.html',
  precondition: 'LOCK TABLE without a weaker mode than EXCLUSIVE; LOCK TABLES … WRITE.',
  example: { schema: 'CREATE TABLE orders (id int PRIMARY KEY);', before: 'LOCK TABLE orders', after: null },
  rewrites: false,
  needs: ['words alone'],
  *find(statement) {
    const words = wordsWithoutTree(statement);
    if (!beginsWith(words, 'LOCK') || words.length < 2) return;
    const weaker =
      words.some((word) => ['SHARE', 'NOWAIT'].includes(word.upper)) ||
      (words.some((word) => word.upper === 'READ') && !words.some((word) => word.upper === 'WRITE'));
    if (beginsWith(words, 'LOCK', 'INSTANCE') || weaker) return;
    yield advice(
      spanOf(words),
      'Everybody waits for the table until the lock is released. Lock the rows, or take a weaker mode.',
    );
  },
};

/** TRUNCATE … CASCADE */
export const truncateCascade: Pattern = {
  id: 'truncate-cascade',
  title: 'TRUNCATE … CASCADE empties other tables too',
  category: 'locking',
  engines: postgresqlOnly('never faster: it is about tables that nobody named'),
  severity: 'warning',
  description:
    'Every table with a foreign key to the named ones is emptied as well, and those that refer to them, whatever their ON DELETE says, and also when the key is NULL. All of them are locked.',
  source: 'https://www.postgresql.org/docs/current/sql-truncate.html',
  precondition: 'The statement is TRUNCATE with CASCADE.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY);',
    before: 'TRUNCATE orders CASCADE',
    after: null,
  },
  rewrites: false,
  needs: ['words alone'],
  *find(statement) {
    const words = wordsWithoutTree(statement);
    const cascade = words.find((word) => word.upper === 'CASCADE');
    if (!beginsWith(words, 'TRUNCATE') || !cascade) return;
    const named = nameAt(words, words[1]?.upper === 'TABLE' ? 2 : 1).name;
    const children = statement.catalog.tables.filter((table) =>
      table.foreignKeys.some((key) => key.references.table === named),
    );
    const list = children.length > 0 ? ` (${children.map((table) => table.name).join(', ')})` : '';
    yield advice(
      cascade,
      `All tables that refer to ${named}${list} are emptied too. Name the tables that are meant.`,
    );
  },
};

/** VACUUM FULL, CLUSTER, REINDEX, REFRESH MATERIALIZED VIEW: the table is locked while it is written anew. */
export const blockingMaintenance: Pattern = {
  id: 'blocking-maintenance',
  title: 'Maintenance that keeps everybody from the table',
  category: 'locking',
  engines: postgresqlOnly('never faster, but others can work: CONCURRENTLY, or pg_repack'),
  severity: 'warning',
  description:
    'VACUUM FULL and CLUSTER write the table anew under ACCESS EXCLUSIVE: not even a SELECT gets through. REINDEX stops writers, REFRESH MATERIALIZED VIEW readers, DROP INDEX waits for everybody; these have a form with CONCURRENTLY.',
  source:
    'https://www.postgresql.org/docs/current/sql-vacuum.html; https://www.postgresql.org/docs/current/sql-reindex.html',
  precondition: 'One of these statements, without CONCURRENTLY.',
  example: { schema: 'CREATE TABLE orders (id int PRIMARY KEY);', before: 'VACUUM FULL orders', after: null },
  rewrites: false,
  needs: ['words alone'],
  *find(statement) {
    const words = wordsWithoutTree(statement);
    if (words.some((word) => word.upper === 'CONCURRENTLY')) return;
    const message = maintenance(words);
    if (message) yield advice(spanOf(words), message);
  },
};

function maintenance(words: readonly Token[]): string | null {
  if (beginsWith(words, 'VACUUM')) {
    const options =
      words[1]?.text === '('
        ? words.slice(
            2,
            words.findIndex((word) => word.text === ')'),
          )
        : words.slice(1, 2);
    return options.some((word) => word.upper === 'FULL')
      ? 'The table is written anew, and nobody can even read it meanwhile. Plain VACUUM makes the space usable again; pg_repack shrinks it beside the work.'
      : null;
  }
  if (beginsWith(words, 'CLUSTER'))
    return 'The table is written anew, and nobody can even read it meanwhile. pg_repack sorts it beside the work.';
  if (beginsWith(words, 'REINDEX'))
    return 'Nobody can write to the table meanwhile. REINDEX … CONCURRENTLY builds the index beside the work.';
  if (beginsWith(words, 'REFRESH', 'MATERIALIZED', 'VIEW'))
    return 'Nobody can read the view meanwhile. With a unique index on it, REFRESH MATERIALIZED VIEW CONCURRENTLY lets readers through.';
  if (beginsWith(words, 'DROP', 'INDEX'))
    return 'The statement waits for everybody who uses the table, and everybody waits behind it. Use DROP INDEX CONCURRENTLY.';
  return null;
}
