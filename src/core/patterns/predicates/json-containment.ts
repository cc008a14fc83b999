import type { Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement, ResolvedColumn } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { source, sql, stringLiteral } from '../../sql/writing/fragment.ts';
import { postgresqlOnly } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { comparisonsOf } from './comparison.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `data ->> 'k' = 'v'` → `data @> '{"k":"v"}'`. */
export const jsonTextToContains: Pattern = {
  id: 'json-text-to-contains',
  title: '->> compared with a text where a GIN index is on the jsonb column',
  category: 'predicates',
  industries: ['saas', 'e-commerce'],
  engines: postgresqlOnly('Few documents have the value, and a GIN index is on the whole jsonb column.'),
  severity: 'warning',
  description:
    'A GIN index over jsonb serves @>, ?, @? and @@, but not ->>: every document is read and taken apart.',
  source: 'https://www.postgresql.org/docs/current/datatype-json.html#JSON-INDEXING',
  precondition:
    'The keys are literals, and the text cannot be that of a number, a boolean, an object or an array: it is empty, or begins with a letter and is neither true nor false.',
  example: {
    schema:
      'CREATE TABLE events (event_id bigint PRIMARY KEY, data jsonb);\nCREATE INDEX ON events USING gin (data);',
    before: "SELECT * FROM events WHERE data ->> 'kind' = 'signup'",
    after: `SELECT * FROM events WHERE data @> '{"kind":"signup"}'`,
  },
  rewrites: true,
  needs: ['side binary', 'operator ->>'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const { expression } = predicate;
      if (expression.kind !== 'binary' || expression.operator !== '=') continue;
      const comparison = comparisonsOf(expression, (side) => pathOf(statement, side) !== null)?.[0];
      const path = comparison ? pathOf(statement, comparison.left) : null;
      const value = comparison?.right;
      if (!path || value?.kind !== 'literal' || value.type !== 'string') continue;
      const message = `${quote(statement, expression)} takes every document apart: the GIN index ${path.index} serves @>, not ->>.`;
      if (!isTextOnly(value.value)) {
        yield blocked(
          expression,
          message,
          `A number, a boolean, an object or an array may have the text ${quote(statement, value)}, too.`,
        );
        continue;
      }
      const document = path.keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value.value);
      const condition = sql`${source(statement, path.column)} @> ${stringLiteral(JSON.stringify(document))}`;
      const edits = () => replacePredicate(statement, predicate, [condition]);
      yield offer(expression, message, edits, 'Only a string has that text.');
    }
  },
};

interface JsonPath {
  readonly column: Expression;
  readonly keys: readonly string[];
  readonly index: string;
}

/** `column -> 'a' ->> 'b'` over a jsonb column with a GIN index. */
function pathOf(statement: AnalyzedStatement, side: Expression): JsonPath | null {
  const keys: string[] = [];
  let inner = unwrapParens(side);
  let operator = '->>';
  while (inner.kind === 'binary' && inner.operator === operator) {
    const key = unwrapParens(inner.right);
    // __proto__ would be lost in an object made here, and escapes mean something else in other literals
    if (key.kind !== 'literal' || key.type !== 'string' || !/^[A-Za-z][\w .-]*$/.test(key.value)) return null;
    keys.unshift(key.value);
    inner = unwrapParens(inner.left);
    operator = '->';
  }
  const column = inner.kind === 'column' && keys.length > 0 ? statement.resolve(inner) : null;
  const index = column ? ginIndexOf(column) : null;
  return column && index ? { column: inner, keys, index } : null;
}

function ginIndexOf(column: ResolvedColumn): string | null {
  if (column.column?.family !== 'jsonb') return null;
  const index = column.table?.indexes.find(
    (one) =>
      one.valid &&
      one.method === 'gin' &&
      one.predicate === null &&
      one.columns.some((key) => key.column === column.name),
  );
  return index?.name ?? null;
}

/** The text of a string and of no other JSON value, without what would have to be escaped. */
function isTextOnly(text: string): boolean {
  return text === '' || (/^[A-Za-z][\w .@:/+-]*$/.test(text) && text !== 'true' && text !== 'false');
}
