import type { Expression, Update } from '../../sql/ast.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { allEngines } from '../engines.ts';
import { beginsWith, indexOfWords } from '../words.ts';
import { type Script, type ScriptPattern, type ScriptStatement, scriptAdvice, spoken } from './script.ts';

/** BEGIN, or COMMIT and ROLLBACK; null for other statements. */
function boundaryOf({ words }: ScriptStatement, script: Script): 'begin' | 'end' | null {
  const rest = words[1]?.upper ?? '';
  if (beginsWith(words, 'START', 'TRANSACTION')) return 'begin';
  if (beginsWith(words, 'BEGIN')) {
    if (script.dialect === 'tsql') return /^TRAN/.test(rest) ? 'begin' : null;
    return ['', 'TRANSACTION', 'WORK', 'ISOLATION', 'READ', ';'].includes(rest) ? 'begin' : null;
  }
  if (beginsWith(words, 'COMMIT') || beginsWith(words, 'ROLLBACK') || beginsWith(words, 'ABORT')) {
    return words.some((word) => word.upper === 'TO') ? null : 'end';
  }
  if (beginsWith(words, 'END')) return script.dialect === 'postgresql' ? 'end' : null;
  return null;
}

/** For every statement, the statement that opened the transaction in which it stands, or null. */
export function transactionsOf(script: Script): (ScriptStatement | null)[] {
  let open: ScriptStatement | null = null;
  return script.statements.map((statement) => {
    const boundary = boundaryOf(statement, script);
    const before: ScriptStatement | null = open;
    if (boundary === 'begin') open = statement;
    if (boundary === 'end') open = null;
    return boundary === 'end' ? before : open;
  });
}

/** BEGIN without COMMIT: the transaction stays open. */
export const openTransaction: ScriptPattern = {
  id: 'transaction-left-open',
  title: 'Transaction that is not ended',
  category: 'locking',
  engines: allEngines('never faster: its locks stay, and old row versions cannot be removed'),
  severity: 'warning',
  description:
    'The script begins a transaction and never ends it. The session then sits idle in it: its locks block others, and vacuum or purge cannot remove anything that was deleted since.',
  source:
    'https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT',
  precondition: 'A statement begins a transaction, statements follow, and none of them ends it.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total int);',
    before: `START TRANSACTION;
UPDATE orders SET total = 1 WHERE id = 1;`,
    after: null,
  },
  rewrites: false,
  *find(script) {
    const open = transactionsOf(script).at(-1);
    const last = script.statements.at(-1);
    if (!open || !last || open === last || boundaryOf(last, script) === 'end') return;
    // a procedure's body may end it where the splitter does not look
    if (script.statements.some(({ words }) => indexOfWords(words, 'COMMIT') > 0)) return;
    yield scriptAdvice(
      open,
      'The transaction is not ended in this script: its locks stay until the session ends. Add COMMIT.',
    );
  },
};

const SLEEP = new Set(['pg_sleep', 'pg_sleep_for', 'pg_sleep_until', 'sleep']);

/** A pause inside a transaction. */
export const sleepInTransaction: ScriptPattern = {
  id: 'sleep-in-transaction',
  title: 'Pause inside a transaction',
  category: 'locking',
  engines: allEngines('never faster: everybody who needs the locks waits as long'),
  severity: 'warning',
  description: 'The transaction keeps its locks and its snapshot while it sleeps. Commit before the pause.',
  source: 'https://www.postgresql.org/docs/current/explicit-locking.html',
  precondition:
    'A call of a sleep function, or WAITFOR DELAY, stands between the begin and the end of a transaction.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total int);',
    before: `START TRANSACTION;
DELETE FROM orders WHERE id = 1;
SELECT pg_sleep(10);
COMMIT;`,
    after: null,
  },
  rewrites: false,
  *find(script) {
    const transactions = transactionsOf(script);
    for (const [i, statement] of script.statements.entries()) {
      const { words } = statement;
      if (!transactions[i]) continue;
      const sleeps =
        beginsWith(words, 'WAITFOR', 'DELAY|TIME') ||
        words.some((word, at) => SLEEP.has(word.text.toLowerCase()) && words[at + 1]?.text === '(');
      if (sleeps)
        yield scriptAdvice(
          statement,
          'The transaction keeps its locks while it sleeps. Commit before the pause.',
        );
    }
  },
};

/** `UPDATE … SET a = a - 5 …; UPDATE … SET a = a + 5 …` outside of a transaction. */
export const transferWithoutTransaction: ScriptPattern = {
  id: 'transfer-without-transaction',
  title: 'Amount moved by two UPDATEs without a transaction',
  category: 'writes',
  industries: ['e-commerce'],
  engines: allEngines('never faster: it is about an amount that gets lost'),
  severity: 'warning',
  description:
    'The first UPDATE takes what the second one gives. When the second one fails, or the connection ends between them, the amount is gone. In one transaction both happen or none.',
  source: 'Gray and Reuter, "Transaction Processing", 1993: atomicity',
  precondition:
    'Two neighbouring UPDATEs of one table subtract from and add to the same column, and the script begins no transaction before them.',
  example: {
    schema: 'CREATE TABLE accounts (id int PRIMARY KEY, balance int);',
    before: `UPDATE accounts SET balance = balance - 50 WHERE id = 1;
UPDATE accounts SET balance = balance + 50 WHERE id = 2;`,
    after: null,
  },
  rewrites: false,
  *find(script) {
    const transactions = transactionsOf(script);
    for (const [i, first] of script.statements.entries()) {
      const second = script.statements[i + 1];
      if (!second || transactions[i]) continue;
      const [a, b] = [stepOf(first), stepOf(second)];
      if (!a || !b || a.table !== b.table || a.column !== b.column || a.by !== b.by) continue;
      if (a.operator !== b.operator)
        yield scriptAdvice(
          first,
          `When the second UPDATE fails, ${a.by} of ${a.column} is lost. Put both into one transaction.`,
        );
    }
  },
};

/** `SET column = column ± amount`, the only assignment. */
function stepOf(
  statement: ScriptStatement,
): { table: string; column: string; operator: string; by: string } | null {
  const { tree } = statement;
  const [assignment, ...more] = tree.kind === 'update' ? tree.assignments : [];
  if (tree.kind !== 'update' || !assignment || more.length > 0) return null;
  const value = unwrapParens(assignment.value);
  const column = assignment.targets[0]?.parts.at(-1)?.name;
  if (value.kind !== 'binary' || !column || !['+', '-'].includes(value.operator)) return null;
  if (!isColumn(value.left, column)) return null;
  return {
    table: spoken(statement, (tree as Update).target),
    column,
    operator: value.operator,
    by: spoken(statement, value.right),
  };
}

function isColumn(expression: Expression, name: string): boolean {
  const e = unwrapParens(expression);
  return e.kind === 'column' && e.parts.at(-1)?.name === name;
}

/** CREATE INDEX CONCURRENTLY in a transaction: an error. */
export const concurrentlyInTransaction: ScriptPattern = {
  id: 'concurrently-in-transaction',
  title: 'CONCURRENTLY inside a transaction',
  category: 'locking',
  engines: [{ dialect: 'postgresql', pays: 'always: the statement fails otherwise' }],
  severity: 'error',
  description:
    'CREATE INDEX CONCURRENTLY, DROP INDEX CONCURRENTLY, REINDEX CONCURRENTLY and VACUUM commit several times on their own: they fail inside a transaction.',
  source: 'https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY',
  precondition: 'Such a statement stands between the begin and the end of a transaction.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total int);',
    before: `BEGIN;
CREATE INDEX CONCURRENTLY orders_total ON orders (total);
COMMIT;`,
    after: null,
  },
  rewrites: false,
  *find(script) {
    const transactions = transactionsOf(script);
    for (const [i, statement] of script.statements.entries()) {
      const { words } = statement;
      const first = words[0]?.upper ?? '';
      const concurrent = words.find((word) => word.upper === 'CONCURRENTLY');
      const alone = (concurrent && ['CREATE', 'DROP', 'REINDEX'].includes(first)) || first === 'VACUUM';
      if (alone && transactions[i])
        yield scriptAdvice(
          statement,
          `${concurrent ? 'CONCURRENTLY' : 'VACUUM'} fails inside a transaction: end it before.`,
        );
    }
  },
};
