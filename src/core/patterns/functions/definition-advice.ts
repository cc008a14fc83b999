/** Advice on CREATE FUNCTION and hints, which the parser keeps whole: told from the words of the statement. */
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { isReadByWords } from '../../sql/statement-facts.ts';
import { isTrivia, type Token } from '../../sql/tokens.ts';
import { postgresqlOnly } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS …` without IMMUTABLE or STABLE */
export const volatilityNotDeclared: Pattern = {
  id: 'function-volatility-not-declared',
  title: 'Function without a declared volatility',
  category: 'functions',
  engines: postgresqlOnly(
    'The function is called in WHERE: a volatile one is called for every row, and no index is searched for it.',
  ),
  severity: 'info',
  description:
    'Without a word a function is VOLATILE: it may give another result at each call, so it is never computed once, cannot be indexed and keeps subqueries from being flattened. IMMUTABLE and STABLE say what is promised.',
  source: 'https://www.postgresql.org/docs/current/xfunc-volatility.html',
  precondition:
    'CREATE FUNCTION in LANGUAGE sql or plpgsql has none of IMMUTABLE, STABLE and VOLATILE, and returns no trigger.',
  example: {
    schema: '',
    before: "CREATE FUNCTION net(gross numeric) RETURNS numeric LANGUAGE sql AS 'SELECT gross / 1.19'",
    after: null,
  },
  rewrites: false,
  needs: ['words alone'],
  *find(statement) {
    const words = createdFunction(statement);
    if (!words) return;
    const has = (...any: readonly string[]): boolean => words.some((word) => any.includes(word.upper));
    if (has('IMMUTABLE', 'STABLE', 'VOLATILE', 'TRIGGER', 'EVENT_TRIGGER') || !has('SQL', 'PLPGSQL')) return;
    const word = words[0];
    if (word)
      yield advice(
        word,
        'The function is VOLATILE, as nothing is said: declare it IMMUTABLE or STABLE if it is.',
      );
  },
};

/** `CREATE FUNCTION f() RETURNS @t TABLE (…) AS BEGIN … END` */
export const multiStatementFunction: Pattern = {
  id: 'multi-statement-table-function',
  title: 'Table function of several statements',
  category: 'functions',
  engines: [{ dialect: 'tsql', pays: 'The function gives many rows, or is joined.' }],
  severity: 'info',
  description:
    'Its result is a table variable without statistics (estimated at 1 or 100 rows), filled as a whole before the first row is read. An inline function (RETURNS TABLE AS RETURN SELECT …) is planned with the statement that calls it.',
  source:
    'https://learn.microsoft.com/sql/relational-databases/user-defined-functions/create-user-defined-functions-database-engine',
  precondition: 'CREATE FUNCTION returns a table variable (RETURNS @name TABLE).',
  example: {
    schema: '',
    before:
      'CREATE FUNCTION dbo.open_orders() RETURNS @found TABLE (order_id int) AS BEGIN INSERT @found SELECT order_id FROM orders; RETURN; END',
    after: null,
  },
  rewrites: false,
  needs: ['words alone'],
  *find(statement) {
    const words = createdFunction(statement);
    if (!words) return;
    const at = words.findIndex(
      (word, i) =>
        word.upper === 'RETURNS' && words[i + 1]?.text.startsWith('@') && words[i + 2]?.upper === 'TABLE',
    );
    const word = words[at];
    if (word)
      yield advice(
        word,
        'The rows are put into a table variable first: an inline function (RETURNS TABLE AS RETURN SELECT …) is planned with its caller.',
      );
  },
};

/** The words from the function's name on, when the statement creates one. */
function createdFunction({ tree, tokens }: AnalyzedStatement): readonly Token[] | null {
  if (!isReadByWords(tree)) return null;
  const words = tokens.filter((token) => !isTrivia(token));
  const at = words.findIndex((word) => word.upper === 'FUNCTION');
  const created = words[0]?.upper === 'CREATE' || words[0]?.upper === 'ALTER';
  return created && at > 0 && at <= 4 ? words.slice(at) : null;
}
