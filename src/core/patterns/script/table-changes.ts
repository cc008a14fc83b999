/** Changes of columns and tables that are in use. */
import { findColumn, type Table } from '../../catalog/catalog.ts';
import { allEngines } from '../engines.ts';
import type { EngineSupport } from '../pattern.ts';
import { beginsWith, indexOfWords, nameAt } from '../words.ts';
import { LOCKS, liveAlters } from './live-tables.ts';
import {
  type Script,
  type ScriptMatch,
  type ScriptPattern,
  type ScriptStatement,
  scriptAdvice,
} from './script.ts';

const WIDER: Readonly<Record<string, readonly string[]>> = {
  varchar: ['text', 'varchar'],
  'character varying': ['text', 'character varying'],
};

export const retypedColumn: ScriptPattern = {
  id: 'column-type-change',
  title: 'Change of a column type that rewrites the table',
  category: 'locking',
  engines: allEngines('never faster: a new column, filled in batches and then swapped, does not block'),
  severity: 'warning',
  description:
    'Most changes of a type write the whole table and its indexes anew, while nobody can use it. Only what needs no new bytes is free: varchar to a longer varchar or to text in PostgreSQL.',
  source: LOCKS,
  precondition:
    'ALTER COLUMN … TYPE, MODIFY or CHANGE on a table that the script does not create, unless the catalog shows that the text only gets longer.',
  example: {
    schema: 'CREATE TABLE users (id int PRIMARY KEY);',
    before: 'ALTER TABLE users ALTER COLUMN id TYPE bigint;',
    after: null,
  },
  rewrites: false,
  *find(script) {
    for (const { statement, table, name } of liveAlters(script)) {
      const { words } = statement;
      const at = typeChangeAt(script, words);
      if (!at || isWidened(table, at.column, words.slice(at.type))) continue;
      yield scriptAdvice(
        statement,
        `The type of ${at.column} changes: ${name} may be written anew under lock. Add a new column, fill it in batches and swap them if the table is large.`,
      );
    }
  },
};

/** The column and the word where its new type begins. */
function typeChangeAt(
  script: Script,
  words: ScriptStatement['words'],
): { column: string; type: number } | null {
  const at = words.findIndex((word) => ['ALTER', 'MODIFY'].includes(word.upper) && word !== words[0]);
  if (at < 0) return null;
  const { name, next } = nameAt(words, words[at + 1]?.upper === 'COLUMN' ? at + 2 : at + 1);
  if (words[at]?.upper === 'MODIFY')
    return script.dialect === 'mysql' || script.dialect === 'mariadb' ? { column: name, type: next } : null;
  if (words[next]?.upper === 'TYPE') return { column: name, type: next + 1 };
  if (words[next]?.upper === 'SET' && words[next + 1]?.upper === 'DATA')
    return { column: name, type: next + 3 };
  const isType =
    script.dialect === 'tsql' &&
    words[next]?.kind === 'word' &&
    !['ADD', 'DROP', 'SET'].includes(words[next]?.upper ?? '');
  return isType ? { column: name, type: next } : null;
}

/** varchar(20) to varchar(40) or text. */
function isWidened(table: Table | null, name: string, words: ScriptStatement['words']): boolean {
  const old = table && findColumn(table, name);
  const type = words[0]?.text.toLowerCase() ?? '';
  if (old?.family !== 'text') return false;
  const [base = ''] = old.type.split('(');
  if (!(WIDER[base.trim()] ?? ['text']).concat(base.includes('varying') ? ['varchar'] : []).includes(type))
    return false;
  const length = (text: string): number => Number(/\((\d+)\)/.exec(text)?.[1] ?? Number.POSITIVE_INFINITY);
  const written = words[1]?.text === '(' ? Number(words[2]?.text) : Number.POSITIVE_INFINITY;
  return written >= length(old.type);
}

export const droppedOrRenamed: ScriptPattern = {
  id: 'drop-or-rename-in-use',
  title: 'Table or column that is dropped or renamed',
  category: 'locking',
  engines: allEngines('never faster: it is about programs that still use the old name'),
  severity: 'info',
  description:
    'Programs that run while the script does still use the old name and fail. Add the new one first, let the programs write both, and drop the old one when nobody uses it any more.',
  source: 'Ambler and Sadalage, "Refactoring Databases", 2006: transition period',
  precondition:
    'DROP TABLE, DROP COLUMN or RENAME of a table that the script creates neither before nor after it.',
  example: {
    schema: 'CREATE TABLE users (id int PRIMARY KEY, email text);',
    before: 'ALTER TABLE users DROP COLUMN email;',
    after: null,
  },
  rewrites: false,
  *find(script) {
    const made = new Set(
      script.statements.flatMap(({ tree }) =>
        tree.kind === 'createTable' ? [tree.name.at(-1)?.name ?? ''] : [],
      ),
    );
    for (const statement of script.statements) {
      const { tree, words } = statement;
      if (tree.kind === 'alterTable') {
        const name = tree.name.at(-1)?.name ?? '';
        const renames = words.some(
          (word, i) => word.upper === 'RENAME' && !/^(CONSTRAINT|INDEX|KEY)$/.test(words[i + 1]?.upper ?? ''),
        );
        if (made.has(name) || (tree.dropColumns.length === 0 && !renames)) continue;
        const what = tree.dropColumns[0]
          ? `${name}.${tree.dropColumns[0].name} is dropped`
          : `${name} or a column of it is renamed`;
        yield scriptAdvice(statement, `${what}: programs that still use the old name fail.`);
      } else if (beginsWith(words, 'DROP', 'TABLE')) {
        const at = beginsWith(words, 'DROP', 'TABLE', 'IF') ? 4 : 2;
        const { name } = nameAt(words, at);
        if (name !== '' && !made.has(name) && !name.startsWith('#'))
          yield scriptAdvice(statement, `${name} is dropped: programs that still use it fail.`);
      }
    }
  },
};

const TIMEOUT: readonly EngineSupport[] = [
  {
    dialect: 'postgresql',
    pays: 'when the table is in use: the change gives up instead of holding up everybody',
  },
  { dialect: 'mysql', pays: 'when the table is in use: the default of lock_wait_timeout is a year' },
  { dialect: 'mariadb', pays: 'when the table is in use: the default of lock_wait_timeout is a day' },
  { dialect: 'tsql', pays: 'when the table is in use: the default waits for ever' },
];

export const ddlWithoutLockTimeout: ScriptPattern = {
  id: 'ddl-without-lock-timeout',
  title: 'Change of a table in use without a lock timeout',
  category: 'locking',
  engines: TIMEOUT,
  severity: 'hint',
  description:
    'ALTER TABLE waits for every transaction that uses the table, and everybody who comes later waits behind it. One forgotten transaction stops the whole application. With a short lock timeout the change fails instead and can be tried again.',
  source:
    'https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT; squawk, require-timeout-settings',
  precondition:
    'The first ALTER TABLE of a script on a table that the script does not create, with no lock timeout set before.',
  example: {
    schema: 'CREATE TABLE users (id int PRIMARY KEY);',
    before: 'ALTER TABLE users ADD COLUMN email varchar(80);',
    after: null,
  },
  rewrites: false,
  *find(script) {
    const [first] = liveAlters(script);
    if (!first) return;
    const set = script.statements.some(
      ({ words, start }) =>
        start < first.statement.start &&
        words.some((word) => ['LOCK_TIMEOUT', 'LOCK_WAIT_TIMEOUT'].includes(word.upper)),
    );
    const nowait = first.statement.words.some((word) => word.upper === 'NOWAIT' || word.upper === 'WAIT');
    if (set || nowait) return;
    const how = {
      postgresql: "SET lock_timeout = '3s'",
      mysql: 'SET lock_wait_timeout = 3',
      mariadb: 'SET lock_wait_timeout = 3',
      tsql: 'SET LOCK_TIMEOUT 3000',
    }[script.dialect];
    yield scriptAdvice(
      first.statement,
      `Everybody who uses ${first.name} waits as long as this statement waits for its lock. Put ${how} before it.`,
    );
  },
};

export const untrustedConstraint: ScriptPattern = {
  id: 'untrusted-constraint',
  title: 'Constraint added WITH NOCHECK',
  category: 'schema',
  engines: [
    { dialect: 'tsql', pays: 'when the optimizer could use it: an untrusted foreign key removes no join' },
  ],
  severity: 'warning',
  description:
    'The rows that are there are not checked, so SQL Server does not trust the constraint and the optimizer does not use it. WITH CHECK CHECK CONSTRAINT checks them later.',
  source:
    'https://learn.microsoft.com/sql/relational-databases/tables/disable-foreign-key-constraints-with-insert-and-update-statements',
  precondition: 'WITH NOCHECK ADD CONSTRAINT, and no WITH CHECK CHECK CONSTRAINT behind it in the script.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total int);',
    before: 'ALTER TABLE orders WITH NOCHECK ADD CONSTRAINT positive CHECK (total > 0);',
    after: null,
  },
  rewrites: false,
  *find(script) {
    for (const statement of script.statements) {
      if (indexOfWords(statement.words, 'WITH', 'NOCHECK', 'ADD') < 0) continue;
      const later = script.statements.slice(statement.index + 1);
      if (later.some(({ words }) => indexOfWords(words, 'WITH', 'CHECK', 'CHECK', 'CONSTRAINT') >= 0))
        continue;
      yield untrusted(statement);
    }
  },
};

function untrusted(statement: ScriptStatement): ScriptMatch {
  return scriptAdvice(
    statement,
    'The constraint stays untrusted, so the optimizer does not use it. Check the rows with WITH CHECK CHECK CONSTRAINT afterwards.',
  );
}
