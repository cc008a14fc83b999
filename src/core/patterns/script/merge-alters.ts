import type { AlterTable } from '../../sql/ast.ts';
import type { EngineSupport } from '../pattern.ts';
import {
  hasCommentBetween,
  runsOf,
  type Script,
  type ScriptMatch,
  type ScriptPattern,
  type ScriptStatement,
} from './script.ts';

const ENGINES: readonly EngineSupport[] = [
  { dialect: 'mysql', pays: 'where a change copies the table: several changes copy it once' },
  { dialect: 'mariadb', pays: 'where a change copies the table: several changes copy it once' },
  {
    dialect: 'postgresql',
    pays: 'where a change rewrites or checks the table: several need one pass and one lock',
  },
];

/** Several ALTER TABLE of one table. */
export const severalAlters: ScriptPattern = {
  id: 'several-alters-of-one-table',
  title: 'Several ALTER TABLE of one table',
  category: 'locking',
  engines: ENGINES,
  severity: 'info',
  description:
    'Each ALTER TABLE takes its exclusive lock, waits for all others, and may copy or check the whole table. One statement with all the actions does so once.',
  source:
    'https://www.postgresql.org/docs/current/sql-altertable.html, Notes; https://dev.mysql.com/doc/refman/8.4/en/alter-table.html',
  precondition: 'They follow each other and only add columns and constraints.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY);',
    before: `ALTER TABLE orders ADD COLUMN state varchar(10);
ALTER TABLE orders ADD COLUMN note varchar(80);`,
    after: 'ALTER TABLE orders ADD COLUMN state varchar(10), ADD COLUMN note varchar(80);',
  },
  rewrites: true,
  *find(script) {
    const same = (a: ScriptStatement, b: ScriptStatement): boolean => {
      const [first, next] = [alterOf(a), alterOf(b)];
      return first !== null && next !== null && tableOf(first) === tableOf(next);
    };
    for (const run of runsOf(script, 2, same)) {
      const match = matchOf(script, run);
      if (match) yield match;
    }
  },
};

function alterOf({ tree }: ScriptStatement): AlterTable | null {
  return tree.kind === 'alterTable' ? tree : null;
}

function tableOf({ name }: AlterTable): string {
  return name.map((part) => part.name).join('.');
}

function matchOf(script: Script, run: readonly ScriptStatement[]): ScriptMatch | null {
  const [first, ...others] = run;
  const table = first && alterOf(first);
  if (!first || !table || run.some(renames)) return null;
  const message = `${run.length} ALTER TABLE of ${tableOf(table)} follow each other. One with all the actions takes the lock, and passes over the table, once.`;
  const match = { statement: first, message };
  if (run.some((one) => !onlyAdds(one)))
    return { ...match, rewrite: null, blockedBy: 'not all of them only add columns or constraints' };
  if (run.some((one, i) => i > 0 && hasCommentBetween(script, run[i - 1] ?? one, one)))
    return { ...match, rewrite: null, blockedBy: 'a comment stands between them' };
  const edits = others.map((statement, i) => {
    const previous = run[i] ?? first;
    const name = alterOf(statement)?.name.at(-1);
    const from = name ? statement.words.find((word) => word.start >= name.end)?.start : undefined;
    return { start: previous.end, end: statement.start + (from ?? 0), text: ', ' };
  });
  return {
    ...match,
    rewrite: {
      edits,
      assumptions: ['the table ends up with the same columns and constraints'],
      soundness: 'likely',
    },
  };
}

function onlyAdds(statement: ScriptStatement): boolean {
  const alter = alterOf(statement);
  return (
    alter !== null &&
    statement.opaque.length === 0 &&
    alter.addColumns.length + alter.addConstraints.length > 0 &&
    alter.dropColumns.length + alter.setNotNull.length + alter.dropNotNull.length + alter.rest.length === 0
  );
}

/** PostgreSQL takes RENAME, ATTACH and SET SCHEMA only alone. */
function renames({ words }: ScriptStatement): boolean {
  return words.some((word) =>
    ['RENAME', 'ATTACH', 'DETACH', 'SCHEMA', 'OWNER', 'VALIDATE'].includes(word.upper),
  );
}
