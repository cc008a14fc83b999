import type { Expression, FunctionCall } from '../../sql/ast.ts';
import { orderOf } from '../../sql/properties/byte-order.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { type Fragment, source, sql, stringLiteral } from '../../sql/writing/fragment.ts';
import { offer, offerToTest } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { type Comparison, comparisonsOf } from './comparison.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn } from './indexed-column.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `left(x, 3) = 'abc'` → `x LIKE 'abc%'`. */
export const prefixFunctionOnColumn: Pattern = {
  id: 'prefix-function-on-column',
  title: 'left() or substr() of an indexed column',
  category: 'predicates',
  industries: ['e-commerce', 'saas'],
  engines: [
    {
      dialect: 'postgresql',
      pays: 'The column has an index with text_pattern_ops or the C collation, which LIKE with a prefix can search.',
    },
    ...(['mysql', 'mariadb', 'tsql'] as const).map((dialect) => ({
      dialect,
      pays: 'An index begins with the column, and few rows begin with the text.',
    })),
  ],
  severity: 'warning',
  description:
    'The beginning of the text is cut out in every row. LIKE with a trailing wildcard says the same and can search an index that orders by characters.',
  source: 'https://www.postgresql.org/docs/current/indexes-opclass.html',
  precondition:
    'The column is text or varchar whose collation compares byte by byte for equality, the text has as many characters as are cut out, and an index that begins with the column orders by characters (text_pattern_ops, collation C or a built-in one). Under C.UTF-8 of the operating system, which LIKE does not search, it is a range that is compared on data. Elsewhere the text is of letters, digits and hyphens, and under another than a binary collation, where LIKE may see other letters as the same than = does, the candidate is compared on data.',
  example: {
    schema:
      'CREATE TABLE orders (order_id bigint PRIMARY KEY, order_number text);\nCREATE INDEX ON orders (order_number text_pattern_ops);',
    before: "SELECT * FROM orders WHERE left(order_number, 7) = 'SO-2024'",
    after: "SELECT * FROM orders WHERE order_number LIKE 'SO-2024%'",
  },
  rewrites: true,
  needs: [
    'side call',
    [
      'calls left',
      'calls substr',
      'calls substring',
      'calls strpos',
      'calls instr',
      'calls position',
      'calls charindex',
      'calls locate',
    ],
  ],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const comparison = comparisonsOf(predicate.expression, (side) => prefixOf(side) !== null)?.[0];
      const prefix = comparison ? prefixOf(comparison.left) : null;
      const certain = statement.dialect === 'postgresql';
      if (comparison?.operator !== '=' || predicate.expression.kind === 'between' || !prefix) continue;
      const searchable = certain ? searchableText(statement, prefix.column) : null;
      const column = certain ? searchable : searchableColumn(statement, prefix.column);
      const text = literalText(comparison);
      if (!column || text === null || hasExpressionIndex(column, prefix.name)) continue;
      if (!certain && !isPlainPrefix(column, prefix, text)) continue;
      const { name } = column.resolved;
      if (searchable?.search === 'range') {
        const range = rangeOf(statement, prefix, text);
        if (range) {
          yield offerToTest(
            predicate.expression,
            `${quote(statement, predicate.expression)} cuts ${name} in every row. A range can use index ${column.name}.`,
            () => replacePredicate(statement, predicate, range),
            `The collation of ${name} orders by code points (C.UTF-8 of the operating system).`,
          );
        }
        continue;
      }
      const condition = conditionOf(statement, prefix, text);
      const edits = () => (condition ? replacePredicate(statement, predicate, [condition]) : null);
      if (!condition) continue;
      const message = `${quote(statement, predicate.expression)} cuts ${name} in every row. LIKE with a prefix can use index ${column.name}.`;
      const fact = `${column.table.name}.${name} is ${column.resolved.column?.type} and equal texts are the same characters.`;
      const bytewise = column.resolved.column?.deterministicCollation === true;
      yield bytewise
        ? offer(predicate.expression, message, edits, fact)
        : offerToTest(
            predicate.expression,
            message,
            edits,
            `LIKE and = see the same letters of ${name} as equal.`,
          );
    }
  },
};

interface Prefix {
  readonly column: Expression;
  /** characters from the beginning; null when the whole text is looked for at the beginning (strpos) */
  readonly length: number | null;
  readonly text: string | null;
  readonly name: string;
}

/** Outside of PostgreSQL blanks at the end may not count, and the escape character is another: plain characters only. */
function isPlainPrefix({ resolved }: SearchableColumn, prefix: Prefix, value: string): boolean {
  const text = prefix.text ?? value;
  const whole = prefix.text !== null || prefix.length === text.length;
  return resolved.column?.family === 'text' && whole && /^[A-Za-z0-9-]+$/.test(text);
}

function prefixOf(side: Expression): Prefix | null {
  if (side.kind !== 'call' || side.name.length > 1) return null;
  const args = side.args.map((argument) => unwrapParens(argument.value));
  switch (side.function) {
    case 'left':
      return args.length === 2 ? cut(args[0], args[1], side) : null;
    case 'substr':
    case 'substring':
      return args.length === 3 && numberOf(args[1]) === 1 ? cut(args[0], args[2], side) : null;
    case 'strpos':
    case 'instr':
      return args.length === 2 ? found(args[0], args[1], side) : null;
    case 'position':
    case 'charindex':
    case 'locate':
      return args.length === 2 ? found(args[1], args[0], side) : null;
    default:
      return null;
  }
}

function cut(
  column: Expression | undefined,
  length: Expression | undefined,
  call: FunctionCall,
): Prefix | null {
  const count = numberOf(length);
  if (column?.kind !== 'column' || count === null || count < 1) return null;
  return { column, length: count, text: null, name: call.function };
}

function found(
  column: Expression | undefined,
  text: Expression | undefined,
  call: FunctionCall,
): Prefix | null {
  const isText = text?.kind === 'literal' && text.type === 'string' && text.value !== '';
  return column?.kind === 'column' && isText
    ? { column, length: null, text: text.value, name: call.function }
    : null;
}

function numberOf(expression: Expression | undefined): number | null {
  const isNumber =
    expression?.kind === 'literal' && expression.type === 'number' && /^\d{1,6}$/.test(expression.value);
  return isNumber ? Number(expression.value) : null;
}

/** How an index can be searched for a beginning: by LIKE, or only by a range that the order of code points makes right. */
type Search = 'like' | 'range';

interface SearchableText extends SearchableColumn {
  readonly search: Search;
}

/** A column whose index orders by characters, so that a prefix can be searched. */
function searchableText(statement: AnalyzedStatement, expression: Expression): SearchableText | null {
  const column = searchableColumn(statement, expression);
  const described = column?.resolved.column;
  if (!column || !described || described.family !== 'text' || !described.deterministicCollation) return null;
  const found = column.table.indexes.flatMap((one): { name: string; search: Search }[] => {
    const first = one.columns[0];
    if (!one.valid || one.predicate !== null || first?.column !== described.name) return [];
    if (one.method !== 'btree' && one.method !== 'spgist') return [];
    if (/_pattern_ops$/.test(first.operatorClass ?? '')) return [{ name: one.name, search: 'like' }];
    if (first.operatorClass !== null) return [];
    const order = orderOf(first.collation ?? described.collation, statement.catalog);
    if (order === 'bytes') return [{ name: one.name, search: 'like' }];
    // the range is compared under the column's own collation
    const own = first.collation === null || first.collation === described.collation;
    return order === 'code points' && own ? [{ name: one.name, search: 'range' }] : [];
  });
  const index = found.find(({ search }) => search === 'like') ?? found[0];
  return index ? { ...column, ...index } : null;
}

function literalText({ right }: Comparison): string | null {
  return right.kind === 'literal' && right.type !== 'null' ? right.value : null;
}

function conditionOf(statement: AnalyzedStatement, prefix: Prefix, value: string) {
  const column = source(statement, prefix.column);
  if (prefix.text !== null) return value === '1' ? sql`${column} LIKE ${beginning(prefix.text)}` : null;
  const characters = [...value].length;
  if (prefix.length === null || characters > prefix.length) return null;
  // shorter than what is cut out: then the column is no longer than that itself
  if (characters < prefix.length) return sql`${column} = ${stringLiteral(value)}`;
  return sql`${column} LIKE ${beginning(value)}`;
}

/** A LIKE pattern for texts that begin so, its own wildcards escaped. */
function beginning(text: string) {
  return stringLiteral(`${text.replace(/[\\%_]/g, '\\$&')}%`);
}

/** From the beginning itself to the first text behind all that begin so: by code points, its last character plus one. */
function rangeOf(statement: AnalyzedStatement, prefix: Prefix, value: string): readonly Fragment[] | null {
  const text = prefix.text ?? value;
  if (prefix.text !== null ? value !== '1' : prefix.length !== text.length) return null;
  if (!/^[\x20-\x7e]*[\x20-\x7d]$/.test(text)) return null;
  const next = String.fromCharCode(text.charCodeAt(text.length - 1) + 1);
  const column = source(statement, prefix.column);
  return [
    sql`${column} >= ${stringLiteral(text)}`,
    sql`${column} < ${stringLiteral(text.slice(0, -1) + next)}`,
  ];
}
