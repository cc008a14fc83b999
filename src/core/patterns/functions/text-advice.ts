import type { Expression } from '../../sql/ast.ts';
import { isNotNull } from '../../sql/properties/not-null.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { callAdvice } from '../advice-patterns.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { quote } from '../predicates/positive.ts';
import { hasColumn } from './columns-in.ts';

/** `first || ' ' || last` */
export const concatenationWithNull: Pattern = {
  id: 'concatenation-with-null',
  title: 'Concatenation that a NULL makes NULL',
  category: 'functions',
  engines: allEngines('never: it is about texts that are missing'),
  severity: 'hint',
  description:
    "One NULL makes the whole text NULL. COALESCE(column, '') says what is meant, and CONCAT_WS leaves NULLs out with their separator.",
  source: 'https://www.postgresql.org/docs/current/functions-string.html',
  precondition:
    'A text in the select list is put together of a literal and a column that may be NULL, by ||, + (SQL Server) or CONCAT (MySQL, MariaDB).',
  example: {
    schema: 'CREATE TABLE people (person_id integer PRIMARY KEY, first text NOT NULL, last text);',
    before: "SELECT first || ' ' || last FROM people",
    after: null,
  },
  rewrites: false,
  needs: ['literal string', ['operator ||', 'operator +', 'calls concat']],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const { expression } of block.select.items) {
        const parts = concatenated(statement, unwrapParens(expression));
        if (!parts?.some((part) => part.kind === 'literal' && part.type === 'string')) continue;
        const nullable = parts.find(
          (part) =>
            part.kind === 'column' &&
            statement.resolve(part)?.sourceColumn &&
            !isNotNull(part, block, statement),
        );
        if (!nullable) continue;
        yield advice(
          expression,
          `${quote(statement, expression)} is NULL where ${quote(statement, nullable)} is.`,
        );
      }
    }
  },
};

/** The parts of a concatenation for which NULL stays NULL. */
function concatenated(statement: AnalyzedStatement, expression: Expression): readonly Expression[] | null {
  const { dialect } = statement;
  if (dialect === 'mysql' || dialect === 'mariadb') {
    const isConcat = expression.kind === 'call' && expression.function === 'concat';
    return isConcat ? expression.args.map((argument) => unwrapParens(argument.value)) : null;
  }
  const operator = dialect === 'tsql' ? '+' : '||';
  if (expression.kind !== 'binary' || expression.operator !== operator) return null;
  const parts: Expression[] = [];
  const open: Expression[] = [expression];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const inner = unwrapParens(next);
    if (inner.kind === 'binary' && inner.operator === operator) open.push(inner.right, inner.left);
    else parts.push(inner);
  }
  const allText = parts.every((part) => ['text', 'char'].includes(typeOf(part, statement)?.family ?? 'text'));
  return allText ? parts : null;
}

/** `to_date(year || '-' || month, 'YYYY-MM')` */
export const dateFromText = callAdvice(
  {
    id: 'date-from-text',
    needs: [['calls to_date', 'calls to_timestamp', 'calls str_to_date', 'calls concat']],
    title: 'Date made by way of a text',
    category: 'functions',
    industries: ['analytics'],
    engines: allEngines('Many rows: a text is put together and read again for each.'),
    severity: 'info',
    description:
      'Numbers are made a text, which is then read as a date, by a format or by the settings of the session. make_date(), MAKEDATE(), DATEFROMPARTS() take the numbers.',
    source: 'https://www.postgresql.org/docs/current/functions-datetime.html',
    precondition: 'A function that reads dates, or a cast to date, is given a concatenation with columns.',
    example: {
      schema:
        'CREATE TABLE months (year integer NOT NULL, month integer NOT NULL, PRIMARY KEY (year, month));',
      before: "SELECT to_date(year || '-' || month, 'YYYY-MM') FROM months",
    },
  },
  (call, statement) => {
    const first = call.args[0] ? unwrapParens(call.args[0].value) : null;
    const reads = ['to_date', 'to_timestamp', 'str_to_date'].includes(call.function);
    if (reads && first && isPutTogether(first)) return putTogether(statement, call);
    return statement.dialect === 'tsql' && ['concat'].includes(call.function) && isCastToDate(statement, call)
      ? putTogether(statement, call)
      : null;
  },
);

function putTogether(statement: AnalyzedStatement, range: Expression): string {
  const better = {
    postgresql: 'make_date(year, month, day)',
    mysql: 'MAKEDATE(year, 1) + INTERVAL n MONTH',
    mariadb: 'MAKEDATE(year, 1) + INTERVAL n MONTH',
    tsql: 'DATEFROMPARTS(year, month, day)',
  };
  return `${quote(statement, range)} puts a text together to read a date from it: ${better[statement.dialect]} takes numbers.`;
}

function isPutTogether(expression: Expression): boolean {
  const isSum = expression.kind === 'binary' && expression.operator === '||';
  const isCall = expression.kind === 'call' && ['concat', 'concat_ws'].includes(expression.function);
  return (isSum || isCall) && hasColumn(expression);
}

/** The call is the operand of CAST(… AS date) or CONVERT(date, …). */
function isCastToDate(statement: AnalyzedStatement, call: Expression): boolean {
  if (!hasColumn(call)) return false;
  let found = false;
  walk(statement.tree, (node) => {
    if (node.kind === 'cast' && unwrapParens(node.operand) === call)
      found = /^(date|datetime2?)$/.test(node.type.name);
    return !found;
  });
  return found;
}
