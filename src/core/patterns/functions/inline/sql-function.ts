import type { AnalyzedStatement } from '../../../sql/query-model.ts';
import { postgresqlOnly } from '../../engines.ts';
import { whenAsked } from '../../offer.ts';
import type { Match, Pattern } from '../../pattern.ts';
import { quote } from '../../predicates/positive.ts';
import { obstacleOfBody, readsTables } from './body.ts';
import { callsOfSqlFunctions, type InlinableCall, obstacleOfCall } from './call.ts';
import { inlined } from './writing.ts';

const PRECONDITION =
  'The function is in SQL, its body is known and one plain SELECT of deterministic expressions, it is the only one of its name, and is neither SECURITY DEFINER nor has settings of its own; every argument is given, deterministic and no subquery; a STRICT one gives NULL for NULL by its body, or its arguments are NOT NULL.';

/** `spent(c.id)` → `(SELECT sum(o.total) FROM orders o WHERE o.customer_id = c.id)` */
export const sqlFunctionToSubquery: Pattern = {
  id: 'sql-function-to-subquery',
  title: 'SQL function that reads tables, called for every row',
  category: 'functions',
  industries: ['saas', 'e-commerce'],
  engines: postgresqlOnly(
    'many rows call it: its body becomes a part of the statement, and a later rule or the planner makes a join of it',
  ),
  severity: 'warning',
  description:
    'PostgreSQL writes the body of a function in the place of its call only when it reads no table. One that does is a statement of its own for every row, of whose cost the planner knows nothing. Written as a subquery it is planned with the rest, and can become a join.',
  source:
    'https://www.postgresql.org/docs/current/xfunc-optimization.html; inline_function() in src/backend/optimizer/util/clauses.c; measured on PostgreSQL 18: 5.4 times where a join followed, 1.5 to 3.0 times alone',
  precondition: `${PRECONDITION} It is STABLE or IMMUTABLE, its body finds one row at most, and its tables have no row security.`,
  example: {
    schema:
      "CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total int);\nCREATE FUNCTION spent(customer int) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT sum(total) FROM orders WHERE customer_id = customer';",
    before: 'SELECT c.name, spent(c.id) FROM customers c',
    after:
      'SELECT c.name, (SELECT sum(total) FROM orders WHERE customer_id = c.id) AS spent FROM customers c',
  },
  rewrites: true,
  hiddenCost: true,
  needs: ['call'],
  *find(statement) {
    for (const { match, subquery } of matchesIn(statement)) if (subquery) yield match;
  },
};

/** `gross(o.net)` → `o.net * 1.19` */
export const sqlFunctionToExpression: Pattern = {
  id: 'sql-function-to-expression',
  title: 'SQL function that hides an expression',
  category: 'functions',
  engines: postgresqlOnly(
    'never by itself: the planner does the same. Other rules see what the expression does with a column.',
  ),
  severity: 'hint',
  description:
    'What a function does with a column cannot be seen in the statement: that it takes the year of a date, that it is a comparison. Written out, rules about that apply.',
  source: 'https://wiki.postgresql.org/wiki/Inlining_of_SQL_functions',
  precondition: PRECONDITION,
  example: {
    schema:
      "CREATE TABLE orders (id int PRIMARY KEY, net numeric NOT NULL);\nCREATE FUNCTION gross(net numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT net * 1.19';",
    before: 'SELECT o.id FROM orders o WHERE gross(o.net) > 100',
    after: 'SELECT o.id FROM orders o WHERE (o.net * 1.19) > 100',
  },
  rewrites: true,
  styleOnly: true,
  needs: ['call'],
  *find(statement) {
    for (const { match, subquery } of matchesIn(statement)) if (!subquery) yield match;
  },
};

function* matchesIn(
  statement: AnalyzedStatement,
): Generator<{ readonly match: Match; readonly subquery: boolean }> {
  for (const { call, block, info, body } of callsOfSqlFunctions(statement)) {
    const { definition } = info;
    if (!definition || info.returnsSet) continue;
    const readable = typeof body !== 'string';
    const subquery = readable ? readsTables(body) : /\bFROM\b/i.test(definition.body ?? '');
    const said = quote(statement, call);
    const message = subquery
      ? `${said} is a query of its own for each row. Written in its place, the body of ${info.name}() is planned with the statement.`
      : `${said} hides an expression: written out, it can be seen what is done with the columns.`;
    const match = whenAsked({ start: call.start, end: call.end }, message, () => {
      if (!readable) return `its body ${body}`;
      const one: InlinableCall = { call, block, info, definition, body };
      return (
        obstacleOfCall(statement, one) ?? obstacleOfBody(info, definition, body) ?? inlined(statement, one)
      );
    });
    yield { match, subquery };
  }
}
