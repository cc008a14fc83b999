import { findTable } from '../../catalog/catalog.ts';
import type { Expression, Insert } from '../../sql/ast.ts';
import type { Dialect } from '../../sql/dialect.ts';
import type { TextEdit } from '../../sql/text.ts';
import { allEngines } from '../engines.ts';
import {
  gapTokens,
  runsOf,
  type Script,
  type ScriptMatch,
  type ScriptPattern,
  type ScriptRewrite,
  type ScriptStatement,
  spoken,
} from './script.ts';

/** Fewer are not worth a word. */
const LEAST = 3;
/** More rows than that belong into COPY, LOAD DATA or a bulk copy; T-SQL's VALUES takes no more. */
const MOST_ROWS = 1000;

const BULK: Readonly<Record<Dialect, string>> = {
  postgresql: 'COPY',
  mysql: 'LOAD DATA',
  mariadb: 'LOAD DATA',
  tsql: 'BULK INSERT or bcp',
};

/** `INSERT INTO t (a) VALUES (1); INSERT INTO t (a) VALUES (2); …`: one statement a row. */
export const rowByRowInserts: ScriptPattern = {
  id: 'row-by-row-inserts',
  title: 'Rows that are inserted one by one',
  category: 'writes',
  engines: allEngines(
    'Always with more than a few rows: each statement is a round trip, and a transaction of its own in autocommit (measured for 2,000 rows: 93 times on PostgreSQL 15, 89 times on MariaDB 10.11).',
  ),
  severity: 'warning',
  description:
    'Every INSERT is parsed, planned, sent and (in autocommit) written to disk by itself. One INSERT with several rows does all of that once. Unlike before, either all rows are inserted or none.',
  source:
    'https://www.postgresql.org/docs/current/populate.html; measured on PostgreSQL 15 and MariaDB 10.11',
  precondition:
    'The statements follow each other, name the same columns of the same table, give constants only, and have neither RETURNING nor ON CONFLICT; the table has no trigger.',
  example: {
    schema: 'CREATE TABLE tags (id int PRIMARY KEY, name text);',
    before: `INSERT INTO tags (id, name) VALUES (1, 'a');
INSERT INTO tags (id, name) VALUES (2, 'b');
INSERT INTO tags (id, name) VALUES (3, 'c');`,
    after: `INSERT INTO tags (id, name) VALUES (1, 'a'),
  (2, 'b'),
  (3, 'c');`,
  },
  rewrites: true,
  *find(script) {
    const heads = new Map<ScriptStatement, string>();
    for (const statement of script.statements) {
      const head = headOf(statement);
      if (head !== null) heads.set(statement, head);
    }
    const same = (a: ScriptStatement, b: ScriptStatement) => heads.has(a) && heads.get(a) === heads.get(b);
    for (const run of runsOf(script, LEAST, same)) yield matchOf(script, run);
  },
};

/** What must be the same: verb, table and columns. Null for another statement, and for one that does more. */
function headOf(statement: ScriptStatement): string | null {
  const insert = insertOf(statement);
  const [row] = insert?.source?.body.kind === 'values' ? insert.source.body.rows : [];
  if (!insert || !row || statement.opaque.length > 0) return null;
  if (insert.with || insert.conflict || insert.returning.length > 0 || insert.overriding) return null;
  if (insert.source?.orderBy.length || insert.source?.limit) return null;
  return spoken(statement, { start: 0, end: row.start });
}

function insertOf({ tree }: ScriptStatement): Insert | null {
  return tree.kind === 'insert' && tree.verb === 'INSERT' ? tree : null;
}

function rowsOf(
  statement: ScriptStatement,
): readonly { start: number; end: number; items: readonly Expression[] }[] {
  const body = insertOf(statement)?.source?.body;
  return body?.kind === 'values' ? body.rows : [];
}

function matchOf(script: Script, run: readonly ScriptStatement[]): ScriptMatch {
  const [first] = run;
  if (!first) throw new RangeError('a run has statements');
  const table = insertOf(first)?.target.name.at(-1)?.name ?? 'the table';
  const rows = run.flatMap(rowsOf);
  const message = `${run.length} INSERTs into ${table} follow each other. `;
  if (rows.length > MOST_ROWS)
    return {
      statement: first,
      message: `${message}Load ${rows.length} rows with ${BULK[script.dialect]}.`,
      rewrite: null,
      blockedBy: 'there are more than 1,000 rows',
    };
  const text = `${message}Insert their rows with one.`;
  const obstacle = obstacleOf(script, run);
  if (obstacle !== null) return { statement: first, message: text, rewrite: null, blockedBy: obstacle };
  return { statement: first, message: text, rewrite: rewriteOf(script, run) };
}

function obstacleOf(script: Script, run: readonly ScriptStatement[]): string | null {
  const [first] = run;
  const name = first ? insertOf(first)?.target.name.map((part) => part.name) : undefined;
  if (name && findTable(script.catalog, name)?.hasTriggers)
    return 'a trigger of the table runs for each statement';
  const rows = run.flatMap(rowsOf);
  if (new Set(rows.map((row) => row.items.length)).size > 1)
    return 'the rows have different numbers of values';
  if (!rows.every((row) => row.items.every(isConstant)))
    return 'a value is computed, so it may depend on the rows before';
  if (script.dialect === 'tsql' && hasMixedTypes(rows))
    return 'SQL Server would give texts and numbers of one column the same type';
  return run.some(hasCommentInHead) ? 'a comment stands before the values' : null;
}

function isConstant(value: Expression): boolean {
  switch (value.kind) {
    case 'literal':
    case 'placeholder':
      return true;
    case 'typedLiteral':
      return value.operand === null;
    case 'unary':
      return value.operator === '-' && value.operand.kind === 'literal';
    default:
      return false;
  }
}

function hasMixedTypes(rows: readonly { items: readonly Expression[] }[]): boolean {
  return (rows[0]?.items ?? []).some((_, i) => {
    const kinds = rows
      .map((row) => row.items[i])
      .map((item) => (item?.kind === 'unary' ? item.operand : item));
    const types = kinds.map((item) => (item?.kind === 'literal' ? item.type : (item?.kind ?? '')));
    return new Set(types.filter((type) => type !== 'null')).size > 1;
  });
}

/** Between INSERT and the first row something stands that is no word of the head. */
function hasCommentInHead(statement: ScriptStatement): boolean {
  const end = rowsOf(statement)[0]?.start ?? 0;
  return (
    /--|\/\*|#/.test(statement.text.slice(0, end)) ||
    /--|\/\*/.test(statement.text.slice(rowsOf(statement).at(-1)?.end ?? 0))
  );
}

function rewriteOf(script: Script, run: readonly ScriptStatement[]): ScriptRewrite {
  const edits: TextEdit[] = [];
  const eol = script.source.includes('\r\n') ? '\r\n' : '\n';
  run.forEach((statement, i) => {
    const previous = run[i - 1];
    const begin = rowsOf(statement)[0];
    const end = previous && rowsOf(previous).at(-1);
    if (!previous || !begin || !end) return;
    const comments = gapTokens(script, previous, statement).filter((token) => token.kind.endsWith('Comment'));
    const kept = comments.map((token) => `${eol}  ${token.text.trimEnd()}`).join('');
    edits.push({
      start: previous.start + end.end,
      end: statement.start + begin.start,
      text: `,${kept}${eol}  `,
    });
  });
  return {
    edits,
    assumptions: [
      'none of the statements fails by itself',
      'no row trigger or default looks at the rows before',
    ],
    soundness: 'proved',
  };
}
