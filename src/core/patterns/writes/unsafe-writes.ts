import type { Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement, WriteBlock } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { EngineSupport, Pattern } from '../pattern.ts';
import { quote } from '../predicates/positive.ts';
import { wordsOf } from '../words.ts';

const MYSQL_FAMILY = (pays: string): readonly EngineSupport[] => [
  { dialect: 'mysql', pays },
  { dialect: 'mariadb', pays },
];

/** UPDATE or DELETE of all rows: seldom meant. */
export const writeWithoutWhere: Pattern = {
  id: 'write-without-where',
  title: 'UPDATE or DELETE without WHERE',
  category: 'writes',
  engines: allEngines('for large tables: TRUNCATE for all rows, batches for an UPDATE'),
  severity: 'warning',
  description:
    'Every row of the table is written. A DELETE of everything writes each row to the log and leaves its space to be cleaned up; TRUNCATE does not, but it fires no row triggers, needs another privilege, fails under foreign keys, and commits in MySQL.',
  source: 'https://www.postgresql.org/docs/current/sql-truncate.html; Karwin, soar CLA.014 and CLA.015',
  precondition:
    'The statement names one table that is no temporary one and has neither WHERE nor a join nor LIMIT.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, state text);',
    before: 'DELETE FROM orders',
    after: null,
  },
  rewrites: false,
  needs: ['write'],
  *find(statement) {
    for (const { statement: node, sources, target } of statement.writes) {
      if (node.kind !== 'update' && node.kind !== 'delete') continue;
      if (node.where || node.limit || sources.length > 1 || !target || node.rest.length > 0) continue;
      if (/^[#@]/.test(target.alias) || target.kind !== 'table') continue;
      const verb = node.kind === 'delete' ? 'deleted' : 'changed';
      const instead =
        node.kind === 'delete'
          ? 'If that is meant, TRUNCATE is faster (no row triggers, no foreign keys to it).'
          : 'If that is meant, write it in batches by the key.';
      yield advice(node.target, `Every row of ${target.alias} is ${verb}: there is no WHERE. ${instead}`);
    }
  },
};

/** REPLACE INTO deletes the old row and inserts a new one. */
export const replaceInto: Pattern = {
  id: 'replace-into',
  title: 'REPLACE deletes and inserts',
  category: 'writes',
  engines: MYSQL_FAMILY(
    'when rows exist already: one row is updated in place instead of deleted and inserted in every index',
  ),
  severity: 'warning',
  description:
    'REPLACE deletes every row that has one of the unique keys and inserts a new one: columns that are not named fall back to their defaults, ON DELETE CASCADE deletes the children, delete triggers fire, and auto-increment ids advance. INSERT … ON DUPLICATE KEY UPDATE changes the row.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/replace.html',
  precondition: 'Given for every REPLACE. Not a rewrite: what REPLACE deletes would stay.',
  example: {
    schema: 'CREATE TABLE stock (product_id int PRIMARY KEY, amount int);',
    before: 'REPLACE INTO stock (product_id, amount) VALUES (1, 5)',
    after: null,
  },
  rewrites: false,
  needs: ['write', 'insert'],
  *find(statement) {
    for (const { statement: node } of statement.writes) {
      if (node.kind !== 'insert' || node.verb !== 'REPLACE') continue;
      yield advice(
        node.target,
        `REPLACE deletes the old row of ${node.target.name.at(-1)?.name} first (cascades, triggers, other unique keys, defaults). Use INSERT … ON DUPLICATE KEY UPDATE to change it.`,
      );
    }
  },
};

/** INSERT IGNORE turns every error into a warning. */
export const insertIgnore: Pattern = {
  id: 'insert-ignore',
  title: 'IGNORE turns errors into warnings',
  category: 'writes',
  engines: MYSQL_FAMILY('never faster: it is about rows that are lost or changed in silence'),
  severity: 'info',
  description:
    'IGNORE is meant for duplicate keys, but it also cuts strings that are too long, puts 0 for what is no number, the nearest value for what is out of range, and drops rows that break a foreign key. ON DUPLICATE KEY UPDATE id = id says only what is meant.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html#ignore-effect-on-execution',
  precondition: 'The statement has the word IGNORE behind its verb.',
  example: {
    schema: 'CREATE TABLE tags (id int PRIMARY KEY, name varchar(20));',
    before: "INSERT IGNORE INTO tags (id, name) VALUES (1, 'x')",
    after: null,
  },
  rewrites: false,
  needs: ['write'],
  *find(statement) {
    for (const { statement: node } of statement.writes) {
      const modifier = node.rest.find((one) => one.kind === 'writeModifier');
      if (!modifier) continue;
      yield advice(
        modifier,
        'IGNORE hides every error, not only duplicate keys: values are cut and rows are dropped with a warning. Say what shall happen with ON DUPLICATE KEY UPDATE.',
      );
    }
  },
};

/** ON DUPLICATE KEY UPDATE with several unique keys: any of them may match. */
export const ambiguousDuplicateKey: Pattern = {
  id: 'on-duplicate-key-with-several-keys',
  title: 'ON DUPLICATE KEY UPDATE on a table with several unique keys',
  category: 'writes',
  engines: MYSQL_FAMILY('never faster: it is about which row is changed'),
  severity: 'warning',
  description:
    'When the new row meets two rows by two keys, only one of them is updated, and which one depends on the order of the keys. Statement-based replication calls it unsafe.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/insert-on-duplicate.html',
  precondition: 'The catalog knows two unique keys or more of the table, all of whose columns are inserted.',
  example: {
    schema: 'CREATE TABLE users (id int PRIMARY KEY, email varchar(40) UNIQUE, seen int);',
    before: "INSERT INTO users (id, email, seen) VALUES (1, 'a@b', 1) ON DUPLICATE KEY UPDATE seen = 2",
    after: null,
  },
  rewrites: false,
  needs: ['write', 'insert'],
  *find(statement) {
    for (const { statement: node, target } of statement.writes) {
      if (node.kind !== 'insert' || node.conflict?.action !== 'update' || !target?.table) continue;
      const given = new Set(node.columns.map((one) => one.name));
      const keys = target.table.keys.filter(
        (key) => given.size === 0 || key.columns.every((name) => given.has(name)),
      );
      if (keys.length < 2) continue;
      yield advice(
        node.conflict,
        `${target.alias} has the unique keys ${keys.map((key) => `(${key.columns.join(', ')})`).join(' and ')}: which row is updated depends on the one that is met first.`,
      );
    }
  },
};

/** `UPDATE t SET a = 1 AND b = 2`: a becomes 0 or 1. */
export const updateSetAnd: Pattern = {
  id: 'update-set-and',
  title: 'AND between the assignments of an UPDATE',
  category: 'writes',
  engines: MYSQL_FAMILY('never faster: it is an error'),
  severity: 'error',
  description:
    'Assignments are separated by commas. With AND, the first column is set to the truth value of the whole condition, 0 or 1, and the second one is not changed at all.',
  source: 'soar RES.005; https://dev.mysql.com/doc/refman/8.4/en/update.html',
  precondition:
    'A value that is no condition is joined by AND with an equality of a column of the same table.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total int, discount int);',
    before: 'UPDATE orders SET total = 5 AND discount = 2 WHERE id = 1',
    after: null,
  },
  rewrites: false,
  needs: ['write', 'update'],
  *find(statement) {
    for (const { statement: node } of statement.writes) {
      if (node.kind !== 'update') continue;
      for (const { value, targets } of node.assignments) {
        if (value.kind !== 'binary' || value.operator !== 'AND') continue;
        const right = unwrapParens(value.right);
        if (
          isTruth(value.left) ||
          right.kind !== 'binary' ||
          right.operator !== '=' ||
          right.left.kind !== 'column'
        )
          continue;
        yield advice(
          value,
          `AND makes ${targets[0]?.parts.at(-1)?.name} the truth value of ${quote(statement, value)}, and ${right.left.parts.at(-1)?.name} is not changed. Put a comma there.`,
        );
      }
    }
  },
};

/** Something that is true or false: then AND may be meant. */
function isTruth(expression: Expression): boolean {
  const e = unwrapParens(expression);
  if (e.kind === 'binary') return ['AND', 'OR', '=', '<>', '<', '>', '<=', '>=', '<=>'].includes(e.operator);
  if (e.kind === 'literal') return e.type === 'boolean';
  return ['is', 'in', 'between', 'like', 'exists', 'column', 'unary', 'call'].includes(e.kind);
}

/** UPDATE or DELETE with LIMIT and no order. */
export const writeLimitWithoutOrder: Pattern = {
  id: 'write-limit-without-order-by',
  title: 'UPDATE or DELETE with LIMIT and without ORDER BY',
  category: 'writes',
  engines: MYSQL_FAMILY('never faster: it is about which rows are written'),
  severity: 'info',
  description:
    'Which rows are written depends on the plan. With statement-based replication the replica may write others, and a repeated run does not continue where the first one ended.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/replication-features-limit.html',
  precondition: 'LIMIT without ORDER BY, and WHERE does not fix a unique key.',
  example: {
    schema: 'CREATE TABLE jobs (id int PRIMARY KEY, state varchar(10), owner int);',
    before: "UPDATE jobs SET owner = 7 WHERE state = 'new' LIMIT 5",
    after: null,
  },
  rewrites: false,
  needs: ['write'],
  *find(statement) {
    for (const write of statement.writes) {
      const node = write.statement;
      if ((node.kind !== 'update' && node.kind !== 'delete') || !node.limit || node.orderBy.length > 0)
        continue;
      if (fixesKey(write)) continue;
      yield advice(node.limit, 'Which rows are written is left to chance. Add ORDER BY over a unique key.');
    }
  },
};

/** WHERE has `column = …` for every column of a key. */
export function fixesKey({ where, target }: WriteBlock): boolean {
  const fixed = new Set<string>();
  for (const { expression } of where) {
    if (expression.kind !== 'binary' || expression.operator !== '=') continue;
    for (const side of [expression.left, expression.right]) {
      if (side.kind === 'column') fixed.add(side.parts.at(-1)?.name ?? '');
    }
  }
  return target?.table?.keys.some((key) => key.columns.every((name) => fixed.has(name))) ?? false;
}

/** `DELETE a, b FROM a JOIN b …` */
export const deleteFromSeveralTables: Pattern = {
  id: 'delete-from-several-tables',
  title: 'DELETE from several tables at once',
  category: 'writes',
  engines: MYSQL_FAMILY('never faster: it is about foreign keys between the tables'),
  severity: 'hint',
  description:
    'The optimizer chooses the order in which the tables lose their rows. With a foreign key between them the statement fails in some plans and succeeds in others. Delete the children first, or declare ON DELETE CASCADE.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/delete.html: multi-table deletes and foreign keys',
  precondition: 'More than one table is named before FROM.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE items (order_id int);',
    before: 'DELETE o, i FROM orders o JOIN items i ON i.order_id = o.id WHERE o.id = 1',
    after: null,
  },
  rewrites: false,
  needs: ['write', 'delete'],
  *find(statement) {
    for (const { statement: node } of statement.writes) {
      if (node.kind !== 'delete') continue;
      const more = node.rest.find((one) => one.kind === 'furtherTargets');
      if (more)
        yield advice(
          more,
          'The order in which the tables lose their rows is open: a foreign key between them may refuse it. Delete the children first.',
        );
    }
  },
};

/** INSERT … SELECT locks what it reads at REPEATABLE READ. */
export const insertSelectLocks: Pattern = {
  id: 'insert-select-locks-source',
  title: 'INSERT … SELECT locks the rows that it reads',
  category: 'writes',
  engines: MYSQL_FAMILY(
    'when others write the source meanwhile: at READ COMMITTED the rows are read without locks',
  ),
  severity: 'hint',
  description:
    'At REPEATABLE READ, InnoDB sets shared next-key locks on all rows that the SELECT of an INSERT … SELECT reads: others wait until the whole copy is committed. At READ COMMITTED it reads a snapshot.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/innodb-locks-set.html',
  precondition:
    'Rows of another table that the catalog knows are copied, and the isolation level is not known to be READ COMMITTED.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE archive (id int);',
    before: 'INSERT INTO archive (id) SELECT id FROM orders WHERE id < 1000',
    after: null,
  },
  rewrites: false,
  needs: ['write', 'insert'],
  *find(statement) {
    if (/read-committed/i.test(isolationOf(statement))) return;
    for (const { statement: node, target } of statement.writes) {
      if (node.kind !== 'insert' || !node.source) continue;
      const read = statement
        .blocksOfQuery(node.source)
        .flatMap((block) => block.sources)
        .find((one) => one.kind === 'table' && one.table !== null && one.table !== target?.table);
      if (read)
        yield advice(
          read.node,
          `At REPEATABLE READ every row of ${read.alias} that is read stays locked until the end of the transaction.`,
        );
    }
  },
};

function isolationOf(statement: AnalyzedStatement): string {
  const { settings } = statement.catalog;
  return settings['transaction_isolation'] ?? settings['tx_isolation'] ?? '';
}

/** `SELECT … FROM t INTO OUTFILE`, LOAD DATA. */
export const serverFiles: Pattern = {
  id: 'server-side-file',
  title: 'INTO OUTFILE and LOAD DATA use files of the server',
  category: 'writes',
  engines: MYSQL_FAMILY('never: it is about what the server may read and write'),
  severity: 'info',
  description:
    'The file is written or read by the server with its own rights, needs the FILE privilege and secure_file_priv, and is not there for a client elsewhere. LOAD DATA LOCAL lets a server ask the client for any file.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/load-data-local-security.html',
  precondition: 'The statement is LOAD DATA, or has INTO OUTFILE or INTO DUMPFILE.',
  example: {
    schema: 'CREATE TABLE t (a int);',
    before: "SELECT a FROM t INTO OUTFILE '/tmp/t.csv'",
    after: null,
  },
  rewrites: false,
  *find(statement) {
    const words = wordsOf(statement);
    const [first, second] = words;
    if (first?.upper === 'LOAD' && (second?.upper === 'DATA' || second?.upper === 'XML')) {
      yield advice(
        first,
        'LOAD DATA reads a file with the rights of the server (or, with LOCAL, of the client).',
      );
    }
    const into = words.findIndex(
      (word, i) => word.upper === 'INTO' && /^(OUTFILE|DUMPFILE)$/.test(words[i + 1]?.upper ?? ''),
    );
    const word = words[into + 1];
    if (into >= 0 && word)
      yield advice(word, `${word.upper} writes a file on the server: fetch the rows with a client instead.`);
  },
};
