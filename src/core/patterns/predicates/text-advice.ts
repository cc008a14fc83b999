import type { Expression } from '../../sql/ast.ts';
import { orderOf } from '../../sql/properties/byte-order.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { disjunctsOf, unwrapParens } from '../../sql/walk.ts';
import { conjunctAdvice, predicateAdvice } from '../advice-patterns.ts';
import { allEngines, postgresqlOnly } from '../engines.ts';
import { comparisonsOf } from './comparison.ts';
import { quote } from './positive.ts';

/** `CONCAT(a, '-', b) = 'x-y'` */
export const concatenatedKey = predicateAdvice(
  {
    id: 'concatenated-key',
    needs: [['operator ||', 'operator +', 'calls concat', 'calls concat_ws']],
    title: 'Columns put together to be compared',
    category: 'predicates',
    engines: allEngines('An index holds the columns, and few rows match.'),
    severity: 'warning',
    description:
      "Every row's columns are put together, and no index holds the result. It is also ambiguous: 'a-b' and 'c' give the same as 'a' and 'b-c'. Compare the columns one by one.",
    source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/concatenation',
    precondition: 'Two or more columns are concatenated and compared.',
    example: {
      schema: 'CREATE TABLE seats (hall text, number text, PRIMARY KEY (hall, number));',
      before: "SELECT * FROM seats WHERE hall || '-' || number = 'A-17'",
    },
  },
  (expression, statement) => {
    const operand =
      expression.kind === 'in'
        ? unwrapParens(expression.operand)
        : comparisonsOf(expression, (side) => columnsIn(statement, side) >= 2)?.[0]?.left;
    return operand && columnsIn(statement, operand) >= 2
      ? `${quote(statement, operand)} is put together for every row: compare the columns one by one.`
      : null;
  },
);

/** How many columns a concatenation puts together. */
function columnsIn(statement: AnalyzedStatement, side: Expression): number {
  let count = 0;
  let isSum = false;
  const open: Expression[] = [side];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const inner = unwrapParens(next);
    if (inner.kind === 'column') count++;
    else if (inner.kind === 'cast') open.push(inner.operand);
    else if (inner.kind === 'binary' && isConcatenation(statement, inner)) {
      isSum = true;
      open.push(inner.left, inner.right);
    } else if (inner.kind === 'call' && ['concat', 'concat_ws'].includes(inner.function)) {
      isSum = true;
      open.push(...inner.args.map((argument) => argument.value));
    } else if (inner.kind !== 'literal') return 0;
  }
  return isSum ? count : 0;
}

function isConcatenation(
  statement: AnalyzedStatement,
  node: Extract<Expression, { kind: 'binary' }>,
): boolean {
  if (statement.dialect === 'postgresql') return node.operator === '||';
  if (statement.dialect !== 'tsql' || node.operator !== '+') return false;
  return (
    ['text', 'char'].includes(typeOf(node, statement)?.family ?? '') ||
    [node.left, node.right].some(isTextual)
  );
}

function isTextual(expression: Expression): boolean {
  const inner = unwrapParens(expression);
  if (inner.kind === 'binary') return isTextual(inner.left) || isTextual(inner.right);
  return inner.kind === 'literal' && inner.type === 'string';
}

/** `name = ' Ana'` */
export const blanksInLiteral = predicateAdvice(
  {
    id: 'blanks-in-literal',
    needs: ['literal string'],
    title: 'Blank at the end of a literal',
    category: 'predicates',
    engines: allEngines('never: it is about rows that are not found'),
    severity: 'hint',
    description:
      'Blanks at the beginning count everywhere; those at the end count in some types and collations only. They often come from a copied text, as do full-width characters.',
    source: 'https://dev.mysql.com/doc/refman/8.4/en/charset-binary-collations.html',
    precondition:
      'A column is compared with a string that begins or ends with white space, or has full-width letters or digits.',
    example: {
      schema: 'CREATE TABLE customers (customer_id integer PRIMARY KEY, city text);',
      before: "SELECT * FROM customers WHERE city = 'Paris '",
    },
  },
  (expression, statement) => {
    const values =
      (expression.kind === 'in'
        ? expression.list
        : comparisonsOf(expression, (side) => side.kind === 'column')?.map(({ right }) => right)) ?? [];
    const odd = values
      .map(unwrapParens)
      .find((value) => value.kind === 'literal' && value.type === 'string' && isOdd(value.value));
    return odd
      ? `${quote(statement, odd)} has blanks at an end, or full-width characters: are they meant?`
      : null;
  },
);

function isOdd(text: string): boolean {
  return text.trim() !== '' && (text !== text.trim() || /[\uff01-\uff5e\u3000\u00a0\u200b]/.test(text));
}

/** `name ILIKE 'ana%'` */
export const caseInsensitiveLike = predicateAdvice(
  {
    id: 'ilike-without-index',
    needs: ['like'],
    title: 'ILIKE that no index serves',
    category: 'predicates',
    industries: ['saas', 'e-commerce'],
    engines: postgresqlOnly('The table is large and few rows match.'),
    severity: 'info',
    description:
      'A b-tree serves LIKE with a prefix, but not ILIKE: every row is read and folded. A trigram index serves ILIKE; for a prefix, lower(column) LIKE with an index on lower(column) text_pattern_ops does; for a whole text, lower(column) =.',
    source: 'https://www.postgresql.org/docs/current/pgtrgm.html#PGTRGM-INDEX',
    precondition:
      'A column without a trigram index is compared by ILIKE with a literal that does not begin with a wildcard.',
    example: {
      schema: 'CREATE TABLE customers (customer_id integer PRIMARY KEY, email text UNIQUE);',
      before: "SELECT * FROM customers WHERE email ILIKE 'ana@%'",
    },
  },
  (expression, statement) => {
    if (expression.kind !== 'like' || expression.operator !== 'ILIKE' || expression.negated) return null;
    const column = unwrapParens(expression.operand);
    const pattern = unwrapParens(expression.pattern);
    const resolved = column.kind === 'column' ? statement.resolve(column) : null;
    if (!resolved || pattern.kind !== 'literal' || /^[%_]/.test(pattern.value)) return null;
    const keys = resolved.table?.indexes.flatMap((index) => index.columns) ?? [];
    if (keys.some((key) => key.column === resolved.name && /trgm/.test(key.operatorClass ?? ''))) return null;
    const whole = !/[%_\\]/.test(pattern.value);
    return whole
      ? `${quote(statement, expression)} has no wildcard: lower(${resolved.name}) = lower(…) with an index on lower(${resolved.name}) can be searched.`
      : `${quote(statement, expression)} folds every ${resolved.name}: lower(${resolved.name}) LIKE with an index on lower(${resolved.name}) text_pattern_ops, or a trigram index, can be searched.`;
  },
);

/** `a ILIKE '%x%' OR a ILIKE '%y%' OR …` */
export const manyIlikes = conjunctAdvice(
  {
    id: 'many-ilikes-under-or',
    needs: ['like', 'operator OR'],
    title: 'Several ILIKEs of one column under OR',
    category: 'predicates',
    engines: postgresqlOnly(
      'The table is large: each pattern is matched against each row that the ones before did not match.',
    ),
    severity: 'info',
    description:
      "Each pattern folds the text again. One regular expression (column ~* '(a|b|c)') folds it once, and a trigram index serves it as one search.",
    source: 'https://www.postgresql.org/docs/current/pgtrgm.html',
    precondition:
      'Three or more sides of an OR are ILIKE or LIKE with a literal that begins with a wildcard.',
    example: {
      schema: 'CREATE TABLE posts (post_id integer PRIMARY KEY, body text);',
      before: "SELECT * FROM posts WHERE body ILIKE '%cat%' OR body ILIKE '%dog%' OR body ILIKE '%bird%'",
    },
  },
  ({ expression }, statement) => {
    const patterns = disjunctsOf(expression).filter(
      (part) =>
        part.kind === 'like' &&
        ['ILIKE', 'LIKE'].includes(part.operator) &&
        !part.negated &&
        isWild(part.pattern),
    );
    return patterns.length >= 3
      ? `${patterns.length} patterns are matched one after the other: one regular expression (~* '(…|…)') and a trigram index search for all of them. ${quote(statement, expression)}`
      : null;
  },
);

function isWild(pattern: Expression): boolean {
  const inner = unwrapParens(pattern);
  return inner.kind === 'literal' && inner.type === 'string' && inner.value.startsWith('%');
}

/** `name LIKE 'Ana%'` where the index orders by a language */
export const likePrefixWithoutPatternIndex = predicateAdvice(
  {
    id: 'like-prefix-without-pattern-index',
    needs: ['like'],
    title: 'LIKE with a prefix beside an index that orders by a language',
    category: 'predicates',
    industries: ['saas', 'e-commerce'],
    engines: postgresqlOnly('The table is large and few rows begin with the text.'),
    severity: 'info',
    description:
      'An ordinary index orders by the collation of the database, in which the texts with one beginning are not next to each other. It is searched for LIKE only under the C collation; an index with text_pattern_ops always is.',
    source: 'https://www.postgresql.org/docs/current/indexes-opclass.html',
    precondition:
      'The pattern begins with plain characters and ends in a wildcard; an index begins with the column, but none orders by characters, and the collation of the database is not known to be C.',
    example: {
      schema:
        'CREATE TABLE customers (customer_id integer PRIMARY KEY, name text);\nCREATE INDEX ON customers (name);',
      before: "SELECT * FROM customers WHERE name LIKE 'Ana%'",
    },
  },
  (expression, statement) => {
    if (expression.kind !== 'like' || expression.operator !== 'LIKE' || expression.negated) return null;
    const column = unwrapParens(expression.operand);
    const pattern = unwrapParens(expression.pattern);
    const resolved = column.kind === 'column' ? statement.resolve(column) : null;
    if (!resolved?.column || pattern.kind !== 'literal' || !/^[^%_\\]+.*%/.test(pattern.value)) return null;
    const { collation } = resolved.column;
    const keys = resolved.table?.indexes.flatMap((index) => index.columns.slice(0, 1)) ?? [];
    const own = keys.filter((key) => key.column === resolved.name);
    const served = own.some(
      (key) =>
        /_pattern_ops|trgm/.test(key.operatorClass ?? '') ||
        orderOf(key.collation ?? collation, statement.catalog) === 'bytes',
    );
    return own.length > 0 && !served
      ? `${quote(statement, expression)} cannot search the index on ${resolved.name} unless the collation is C: CREATE INDEX ON ${resolved.table?.name} (${resolved.name} text_pattern_ops) can be.`
      : null;
  },
);

/** `FIND_IN_SET('x', tags)` */
export const findInSet = predicateAdvice(
  {
    id: 'find-in-set',
    needs: ['call'],
    title: 'Search in a list that is kept as text',
    category: 'predicates',
    engines: [
      { dialect: 'mysql', pays: 'Few rows have the element.' },
      { dialect: 'mariadb', pays: 'Few rows have the element.' },
    ],
    severity: 'warning',
    description:
      'A list in a text is searched row by row. A table with a row for each element, with an index, is searched; in MySQL 8 a JSON array with a multi-valued index, too.',
    source: 'https://dev.mysql.com/doc/refman/8.4/en/create-index.html#create-index-multi-valued',
    precondition: 'FIND_IN_SET looks into a column in WHERE or ON.',
    example: {
      schema: 'CREATE TABLE posts (post_id int PRIMARY KEY, tags varchar(200));',
      before: "SELECT post_id FROM posts WHERE FIND_IN_SET('news', tags) > 0",
    },
  },
  (expression, statement) => {
    const operands = expression.kind === 'binary' ? [expression.left, expression.right] : [expression];
    const call = operands
      .map(unwrapParens)
      .find((one) => one.kind === 'call' && one.function === 'find_in_set');
    const list = call?.kind === 'call' ? call.args[1]?.value : undefined;
    return list && unwrapParens(list).kind === 'column'
      ? `${quote(statement, expression)} searches the list of every row: a table with a row for each element can be searched by an index.`
      : null;
  },
);
