import { catalogFunctions } from '../../sql/properties/functions.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { callAdvice, callsOf } from '../advice-patterns.ts';
import { allEngines } from '../engines.ts';
import type { Part } from '../needs.ts';
import { advice } from '../offer.ts';
import type { EngineSupport, Pattern } from '../pattern.ts';
import { quote } from '../predicates/positive.ts';
import { hasColumn } from './columns-in.ts';

function mysqlEngines(pays: string): readonly EngineSupport[] {
  return [
    { dialect: 'mysql', pays },
    { dialect: 'mariadb', pays },
  ];
}

/** `SYSDATE()` */
export const sysdateCall = callAdvice(
  {
    id: 'sysdate-call',
    title: 'SYSDATE() instead of NOW()',
    category: 'functions',
    industries: ['time-series', 'analytics'],
    engines: mysqlEngines('The call stands beside an indexed column, or the statement is replicated.'),
    severity: 'warning',
    description:
      'SYSDATE() is the time of the call and differs from row to row: it cannot be computed once, so no index is searched for it, and statement-based replication writes other values. NOW() is the time at which the statement began.',
    source: 'https://dev.mysql.com/doc/refman/8.4/en/date-and-time-functions.html#function_sysdate',
    precondition: 'SYSDATE() is called.',
    example: {
      schema: 'CREATE TABLE orders (order_id int PRIMARY KEY, due datetime);',
      before: 'SELECT order_id FROM orders WHERE due < SYSDATE()',
    },
  },
  (call) =>
    call.function === 'sysdate' && call.name.length === 1
      ? 'SYSDATE() is another time in every row: NOW() is the time of the statement, and can be searched for.'
      : null,
);

/** `FORMAT(x, 'yyyy-MM')` in SQL Server */
export const formatCall = callAdvice(
  {
    id: 'format-call',
    title: 'FORMAT() for many rows',
    category: 'functions',
    industries: ['analytics'],
    engines: [{ dialect: 'tsql', pays: 'Thousands of rows or more.' }],
    severity: 'info',
    description:
      'FORMAT() goes through .NET for every row and takes ten times as long as CONVERT with a style or more, depends on the language of the session, and keeps a statement remote. Format in the application, or use CONVERT(char(10), x, 23) and its kind.',
    source: 'https://learn.microsoft.com/sql/t-sql/functions/format-transact-sql',
    precondition: 'FORMAT() is called with a column.',
    example: {
      schema: 'CREATE TABLE orders (order_id int PRIMARY KEY, placed_at datetime2);',
      before: "SELECT FORMAT(placed_at, 'yyyy-MM-dd') FROM orders",
    },
  },
  (call, statement) =>
    call.function === 'format' && call.name.length === 1 && hasColumn(call)
      ? `${quote(statement, call)} is slow and depends on the language of the session: CONVERT with a style does not.`
      : null,
);

const DANGEROUS: Readonly<Record<string, string>> = {
  sleep: 'keeps its connection and its locks for as long as it sleeps',
  pg_sleep: 'keeps its connection and its locks for as long as it sleeps',
  benchmark: 'keeps a processor busy for as long as the caller likes',
  load_file: 'reads files of the server',
  pg_read_file: 'reads files of the server',
  pg_read_binary_file: 'reads files of the server',
  lo_import: 'reads files of the server',
  lo_export: 'writes files of the server',
  pg_terminate_backend: 'ends the connections of others',
  dblink: 'connects to other servers',
  openrowset: 'connects to other servers or reads files',
  opendatasource: 'connects to other servers',
  sys_exec: 'runs programs on the server',
  sys_eval: 'runs programs on the server',
};

/** `pg_sleep(10)`, `BENCHMARK(…)`, `xp_cmdshell` */
export const dangerousCall: Pattern = {
  id: 'dangerous-call',
  title: 'Function that reaches beyond the data',
  category: 'functions',
  industries: ['saas'],
  engines: allEngines('never: it is about what a statement may do'),
  severity: 'warning',
  description:
    'In a statement of an application these functions are rarely meant. They are what injected SQL calls: to wait, to read files, to run programs.',
  source: 'https://owasp.org/www-community/attacks/Blind_SQL_Injection',
  precondition:
    'A function is called that sleeps, reads or writes files, runs programs or connects to other servers.',
  example: { schema: '', before: 'SELECT pg_sleep(10)', after: null },
  rewrites: false,
  // xp_cmdshell is a word after EXEC
  needs: [
    [
      ...Object.keys(DANGEROUS).map((name): Part => `calls ${name}`),
      'words alone',
      'procedureCall',
      'opaque',
    ],
  ],
  *find(statement) {
    for (const call of callsOf(statement)) {
      const why = Object.hasOwn(DANGEROUS, call.function) ? DANGEROUS[call.function] : undefined;
      if (why) yield advice(call, `${call.function}() ${why}.`);
    }
    if (statement.dialect !== 'tsql') return;
    const shell = statement.tokens.find((token) => token.kind === 'word' && token.upper === 'XP_CMDSHELL');
    if (shell) yield advice(shell, 'xp_cmdshell runs programs on the server.');
  },
};

/** `COALESCE((SELECT …), 0)` in SQL Server */
export const coalesceOfSubquery = callAdvice(
  {
    id: 'coalesce-of-subquery',
    needs: ['subquery'],
    title: 'COALESCE of a subquery runs it twice',
    category: 'functions',
    engines: [{ dialect: 'tsql', pays: 'The subquery reads more than a row or two.' }],
    severity: 'info',
    description:
      'SQL Server takes COALESCE(a, b) for CASE WHEN a IS NOT NULL THEN a ELSE b END: a subquery as its first argument is run twice, and may even give NULL the second time. ISNULL() runs it once (and has the type of its first argument), OUTER APPLY too.',
    source: 'https://learn.microsoft.com/sql/t-sql/language-elements/coalesce-transact-sql',
    precondition: 'An argument of COALESCE other than the last one is a subquery.',
    example: {
      schema: 'CREATE TABLE orders (order_id int PRIMARY KEY, total int);',
      before: 'SELECT COALESCE((SELECT MAX(total) FROM orders), 0)',
    },
  },
  (call) =>
    call.function === 'coalesce' &&
    call.args.slice(0, -1).some(({ value }) => unwrapParens(value).kind === 'subquery')
      ? 'The subquery is run twice: ISNULL(…) runs it once.'
      : null,
);

/** `doc.value('(/a)[1]', 'int')` in WHERE */
export const xmlValueCall = callAdvice(
  {
    id: 'xml-shredded-per-row',
    title: 'XML taken apart for every row',
    category: 'functions',
    engines: [{ dialect: 'tsql', pays: 'Thousands of documents or more, of which few match.' }],
    severity: 'info',
    description:
      'Each document is parsed and searched. A computed column of the value (through a schema-bound function) with an index, or an XML index, holds it.',
    source: 'https://learn.microsoft.com/sql/relational-databases/xml/xml-indexes-sql-server',
    precondition: 'The method value() of an XML column is called in a statement with WHERE.',
    example: {
      schema: 'CREATE TABLE orders (order_id int PRIMARY KEY, doc xml);',
      before: "SELECT order_id FROM orders WHERE doc.value('(/order/@kind)[1]', 'varchar(10)') = 'web'",
    },
  },
  (call, statement) => {
    // the parser gives a method its operand as the first argument
    const isMethod = call.function === '.value' && call.args.length === 3;
    const filters = [...statement.writes, ...statement.blocks].some(({ where }) =>
      where.some(({ expression }) => expression.start <= call.start && call.end <= expression.end),
    );
    return isMethod && filters
      ? `${quote(statement, call)} takes the document of every row apart: an indexed computed column or an XML index holds the value.`
      : null;
  },
);

/** `dbo.price_of(item_id)` for every row */
export const functionPerRow = callAdvice(
  {
    id: 'user-function-per-row',
    needs: ['catalog function'],
    title: 'User-defined function called for every row',
    category: 'functions',
    industries: ['saas', 'e-commerce'],
    engines: allEngines(
      'The function reads tables: written as a join it is planned with the rest. Measured 7.5 times on PostgreSQL 15.',
    ),
    severity: 'info',
    description:
      'A function that is not inlined is a statement of its own for each row, the planner knows nothing of its cost, and in SQL Server before 2019 it forbids parallel plans. If it only looks something up, a LEFT JOIN on its key says the same.',
    source: 'https://learn.microsoft.com/sql/relational-databases/user-defined-functions/scalar-udf-inlining',
    precondition:
      'A function of the catalog that is not declared IMMUTABLE is called with a column; of those in SQL whose body is known other rules speak.',
    example: {
      schema:
        "CREATE TABLE items (item_id integer PRIMARY KEY);\nCREATE FUNCTION price_of(integer) RETURNS numeric LANGUAGE plpgsql STABLE AS 'BEGIN RETURN 1; END';",
      before: 'SELECT price_of(item_id) FROM items',
    },
  },
  (call, statement) => {
    const own = catalogFunctions(call, statement.catalog);
    // of a function in SQL, sql-function-to-subquery and sql-function-to-expression speak
    const calls =
      own.length > 0 &&
      !(own[0]?.definition?.body && statement.writes.length === 0) &&
      own.every((one) => one.kind === 'function' && !one.returnsSet && one.volatility !== 'immutable');
    return calls && hasColumn(call)
      ? `${quote(statement, call)} is a call for each row: if it looks something up, a join does it for all rows at once.`
      : null;
  },
);

/** `@n := @n + 1` */
export const userVariableAssignment: Pattern = {
  id: 'user-variable-assignment',
  title: 'User variable set while rows are read',
  category: 'functions',
  industries: ['analytics'],
  engines: mysqlEngines('never: it is about results that depend on the plan'),
  severity: 'warning',
  description:
    'The order in which a statement sets and reads variables is up to the optimizer, and setting them in expressions is deprecated. Window functions (row_number(), lag(), sum() OVER) count and carry values in an order that is given.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/user-variables.html',
  precondition: 'A variable is set by := inside of a SELECT.',
  example: {
    schema: 'CREATE TABLE orders (order_id int PRIMARY KEY);',
    before: 'SELECT order_id, @n := @n + 1 AS number FROM orders',
    after: null,
  },
  rewrites: false,
  *find(statement) {
    if (statement.blocks.length === 0) return;
    const assignment = statement.tokens.find((token) => token.text === ':=');
    const block = statement.blocks.find(
      ({ select }) =>
        assignment &&
        select.from.length > 0 &&
        select.start <= assignment.start &&
        assignment.end <= select.end,
    );
    if (!assignment || !block) return;
    yield advice(
      assignment,
      'The order in which the variable is set and read is not given: a window function says it.',
    );
  },
};
