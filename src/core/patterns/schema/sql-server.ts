/** What SQL Server's scripts and procedures do that its optimizer does not like. */
import { advice } from '../offer.ts';
import type { EngineSupport, Pattern } from '../pattern.ts';
import { beginsWith, indexOfWords, nameAt, spanOf, wordsWithoutTree } from '../words.ts';

const SERVER = (pays: string): readonly EngineSupport[] => [{ dialect: 'tsql', pays }];

/** DECLARE @t TABLE (…) */
export const tableVariable: Pattern = {
  id: 'table-variable',
  title: 'Table variable',
  category: 'schema',
  engines: SERVER('with more than about a hundred rows, and before 2019: it is estimated as one row'),
  severity: 'hint',
  description:
    'A table variable has no statistics: before SQL Server 2019 it is estimated as one row, later as many rows as it had at the first run. Writing to it keeps the plan serial. A temporary table (#t) has statistics and may get indexes.',
  source: 'https://learn.microsoft.com/sql/t-sql/data-types/table-transact-sql, best practices',
  precondition: 'DECLARE of a variable of type TABLE.',
  example: { schema: '', before: 'DECLARE @recent TABLE (id int)', after: null },
  rewrites: false,
  needs: ['words alone'],
  *find(statement) {
    const words = wordsWithoutTree(statement);
    const at = words.findIndex(
      (word, i) =>
        word.upper === 'TABLE' && (words[i - 1]?.text.startsWith('@') || words[i - 1]?.upper === 'AS'),
    );
    if (beginsWith(words, 'DECLARE') && at > 0)
      yield advice(
        spanOf(words, 1, at),
        `${words[1]?.text} has no statistics. With more than a few rows use a temporary table.`,
      );
  },
};

/** DECLARE c CURSOR FOR … */
export const cursor: Pattern = {
  id: 'cursor',
  title: 'Cursor',
  category: 'schema',
  engines: SERVER('nearly always: one statement for all rows; else LOCAL FAST_FORWARD'),
  severity: 'info',
  description:
    'A cursor fetches and works row by row. Most such loops are one UPDATE, INSERT … SELECT or MERGE. Where the loop stays, LOCAL FAST_FORWARD (or STATIC) is cheaper than the default, which is global, dynamic and may be updated through.',
  source: 'https://learn.microsoft.com/sql/t-sql/language-elements/declare-cursor-transact-sql',
  precondition: 'DECLARE … CURSOR without FAST_FORWARD, STATIC or READ_ONLY.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY);',
    before: 'DECLARE c CURSOR FOR SELECT id FROM orders',
    after: null,
  },
  rewrites: false,
  needs: ['words alone'],
  *find(statement) {
    const words = wordsWithoutTree(statement);
    const at = words.findIndex((word) => word.upper === 'CURSOR');
    const light = words.some((word) => ['FAST_FORWARD', 'STATIC', 'READ_ONLY'].includes(word.upper));
    if (beginsWith(words, 'DECLARE') && at > 0 && !light)
      yield advice(
        spanOf(words, 0, at),
        'Row by row is the slow way. Write one statement for all rows, or LOCAL FAST_FORWARD.',
      );
  },
};

/** EXEC ('…' + @x) */
export const concatenatedSql: Pattern = {
  id: 'concatenated-dynamic-sql',
  title: 'Dynamic SQL that is put together from values',
  category: 'schema',
  engines: SERVER('when it runs often: one plan for all values instead of one for each'),
  severity: 'warning',
  description:
    'What stands in the variable becomes SQL: whoever can set it can run anything. And every value makes a new text, which is compiled anew and kept in the plan cache. sp_executesql takes values as parameters.',
  source:
    'https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-executesql-transact-sql; OWASP, SQL injection',
  precondition: 'EXEC (…) with a + between a string and a variable that QUOTENAME does not guard.',
  example: {
    schema: '',
    before: "EXEC ('SELECT id FROM orders WHERE state = ''' + @state + '''')",
    after: null,
  },
  rewrites: false,
  needs: ['words alone'],
  *find(statement) {
    const words = wordsWithoutTree(statement);
    if (!beginsWith(words, 'EXEC|EXECUTE') || words[1]?.text !== '(') return;
    const joined = words.some(
      (word, i) => word.text === '+' && (isName(words[i + 1]?.text) || isName(words[i - 1]?.text)),
    );
    if (joined && !words.some((word) => word.upper === 'QUOTENAME'))
      yield advice(
        spanOf(words),
        'A value becomes part of the SQL. Pass it to sp_executesql as a parameter.',
      );
  },
};

function isName(text: string | undefined): boolean {
  return text?.startsWith('@') ?? false;
}

/** CREATE PROCEDURE sp_… */
export const systemPrefix: Pattern = {
  id: 'procedure-named-sp',
  title: 'Procedure that is named sp_…',
  category: 'schema',
  engines: SERVER('a little at each call: it is looked for in master first'),
  severity: 'hint',
  description:
    'Names that begin with sp_ are looked up in the master database first. A system procedure of that name, also one of a later version, hides yours.',
  source: 'https://learn.microsoft.com/sql/t-sql/statements/create-procedure-transact-sql, best practices',
  precondition: 'CREATE or ALTER PROCEDURE of a name that begins with sp_.',
  example: { schema: '', before: 'CREATE PROCEDURE dbo.sp_orders AS SELECT 1', after: null },
  rewrites: false,
  needs: ['words alone'],
  *find(statement) {
    const words = wordsWithoutTree(statement);
    const at = words.findIndex((word) => word.upper === 'PROCEDURE' || word.upper === 'PROC');
    if (!beginsWith(words, 'CREATE|ALTER') || at < 1 || at > 3) return;
    const { name, next } = nameAt(words, at + 1);
    if (name.startsWith('sp_'))
      yield advice(
        spanOf(words, at + 1, next - 1),
        `${name} is looked for in master first. Give it another prefix.`,
      );
  },
};

/** CREATE PROCEDURE without SET NOCOUNT ON */
export const missingNocount: Pattern = {
  id: 'missing-set-nocount',
  title: 'Procedure without SET NOCOUNT ON',
  category: 'schema',
  engines: SERVER('with many statements or a loop: a message less for each'),
  severity: 'hint',
  description:
    'After every statement the count of its rows is sent to the client. SET NOCOUNT ON leaves these messages out; some clients even take them for results.',
  source: 'https://learn.microsoft.com/sql/t-sql/statements/set-nocount-transact-sql',
  precondition:
    'CREATE or ALTER PROCEDURE that writes (INSERT, UPDATE, DELETE, MERGE) and has no SET NOCOUNT.',
  example: {
    schema: '',
    before: 'CREATE PROCEDURE dbo.close_orders AS BEGIN UPDATE orders SET state = 1 END',
    after: null,
  },
  rewrites: false,
  needs: ['words alone'],
  *find(statement) {
    const words = wordsWithoutTree(statement);
    const at = words.findIndex((word) => word.upper === 'PROCEDURE' || word.upper === 'PROC');
    if (!beginsWith(words, 'CREATE|ALTER') || at < 1 || at > 3) return;
    const writes = words.some((word) => ['INSERT', 'UPDATE', 'DELETE', 'MERGE'].includes(word.upper));
    if (writes && indexOfWords(words, 'SET', 'NOCOUNT') < 0)
      yield advice(
        spanOf(words, at, at + 1),
        'A message is sent after every statement. Begin the body with SET NOCOUNT ON.',
      );
  },
};

/** server.database.schema.table in a join */
export const linkedServerJoin: Pattern = {
  id: 'linked-server-join',
  title: 'Join with a table of a linked server',
  category: 'joins',
  engines: SERVER('when the other side is large: its rows may all be fetched before they are joined'),
  severity: 'info',
  description:
    'Statistics of the other server are often not seen, and its whole table may be fetched, row by row. Fetch what is needed into a temporary table first (OPENQUERY lets the other server filter), then join that.',
  source:
    'https://learn.microsoft.com/sql/relational-databases/linked-servers/linked-servers-database-engine',
  precondition: 'A name of four parts stands beside another relation in FROM.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before: 'SELECT o.id FROM orders o JOIN crm.sales.dbo.customers c ON c.id = o.customer_id',
    after: null,
  },
  rewrites: false,
  needs: ['several sources'],
  *find(statement) {
    for (const scope of [...statement.writes, ...statement.blocks]) {
      if (scope.sources.length < 2) continue;
      for (const { node } of scope.sources) {
        if (node.kind === 'table' && node.name.length === 4)
          yield advice(
            node,
            `All of ${node.name.at(-1)?.text} may be fetched from ${node.name[0].text}. Fetch what is needed into a temporary table first.`,
          );
      }
    }
  },
};
