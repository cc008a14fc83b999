import type { Expression } from '../../sql/ast.ts';
import { oncePerStatement } from '../../sql/facts.ts';
import type { AnalyzedStatement, Block, Conjunct, JoinStep, Source, SqlType } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { mentionedIn } from './join-shape.ts';

/** `ON lower(a.email) = b.email`: no index on the column holds what is compared. */
export const functionInJoin: Pattern = {
  id: 'function-in-join',
  title: 'Join compares an expression of a column',
  category: 'joins',
  engines: allEngines('when the table has an index on the column, or few rows of it are looked up'),
  severity: 'info',
  description:
    'The rows of the other table cannot be looked up by an index on the column, and the planner does not know how many rows the expression finds.',
  source: 'https://use-the-index-luke.com/sql/where-clause/functions',
  precondition:
    'Advice: an equality between two relations, one side of which is a function, a cast or arithmetic.',
  example: {
    schema:
      'CREATE TABLE people (id int PRIMARY KEY, email text); CREATE TABLE leads (id int PRIMARY KEY, email text);',
    before: 'SELECT p.id, l.id FROM people p JOIN leads l ON lower(l.email) = p.email;',
    after: null,
  },
  rewrites: false,
  needs: ['operator =', ['side call', 'side cast', 'side binary', 'side atTimeZone']],
  *find(statement) {
    for (const { block, conjunct, left, right } of joinEqualities(statement)) {
      const wrapped = [left, right].find(isComputed);
      if (!wrapped) continue;
      const text = statement.text.slice(wrapped.start, wrapped.end);
      const [of] = mentionedIn(statement, wrapped, block);
      yield advice(
        conjunct.range,
        `The join compares ${text}, which no index on the column holds. Store it as it is compared (a generated column), or create an index on the expression in ${of?.table?.name ?? of?.alias ?? 'its table'}.`,
      );
    }
  },
};

/** `ON a.code = b.number` where one is text and the other a number. */
export const joinTypeMismatch: Pattern = {
  id: 'join-type-mismatch',
  title: 'Joined columns are of different types or collations',
  category: 'joins',
  engines: allEngines('always: one side is converted for every row, and its index is of no use'),
  severity: 'warning',
  description:
    'The server converts one of the columns for each row. An index on that column holds other values than those that are compared, and estimates are guesses.',
  source:
    'https://dev.mysql.com/doc/refman/8.4/en/type-conversion.html; "Data type precedence (Transact-SQL)"',
  precondition:
    'Advice: an equality between two columns whose types the engine does not compare as they are.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, total numeric); CREATE TABLE notes (id int PRIMARY KEY, amount float8);',
    before: 'SELECT o.id FROM orders o JOIN notes n ON n.amount = o.total;',
    after: null,
  },
  rewrites: false,
  needs: ['both column', 'operator ='],
  *find(statement) {
    for (const { conjunct, left, right } of joinEqualities(statement)) {
      const [a, b] = [left, right].map((side) => (side.kind === 'column' ? statement.resolve(side) : null));
      const [one, other] = [a?.sourceColumn?.type, b?.sourceColumn?.type];
      if (!a?.column || !b?.column || !one || !other) continue;
      const difference =
        differentTypes(statement, one, other, a.column.type, b.column.type) ??
        (a.column.collation !== b.column.collation && one.family === 'text'
          ? `${a.column.collation ?? 'the default collation'} and ${b.column.collation ?? 'the default collation'}`
          : null);
      if (difference === null) continue;
      yield advice(
        conjunct.range,
        `${a.name} and ${b.name} are compared though they are of ${difference}: one of them is converted for every row, past its index. Give both columns one type.`,
      );
    }
  },
};

/** The two types as words, when the engine converts one of them. */
function differentTypes(
  { dialect }: AnalyzedStatement,
  a: SqlType,
  b: SqlType,
  written: string,
  other: string,
): string | null {
  const words = `${written} and ${other}`;
  if (a.family === b.family) {
    // nvarchar wins over varchar, whose index then is scanned
    const wide = [written, other].filter((text) => /^n(var)?char/.test(text)).length;
    return dialect === 'tsql' && wide === 1 ? words : null;
  }
  const pair = [a.family, b.family];
  const within = (...families: readonly string[]): boolean =>
    pair.every((family) => families.includes(family));
  if (within('text', 'char') || within('date', 'timestamp', 'timestamptz')) return null;
  // PostgreSQL has no operator family for integer and numeric; the others look an integer up by a decimal
  if (dialect !== 'postgresql' && within('integer', 'decimal')) return null;
  return pair.includes('other') || pair.includes('enum') ? null : words;
}

/** `ON e.at BETWEEN p.begins AND p.ends`: each row is compared with each. */
export const rangeJoin: Pattern = {
  id: 'range-join',
  title: 'Join by a range alone',
  category: 'joins',
  industries: ['time-series', 'analytics'],
  engines: allEngines('when both tables are large: every pair of rows is looked at'),
  severity: 'warning',
  description:
    'Without an equality there is nothing to hash or to merge by: all rows of one table are compared with all of the other, or an index gives half of them for each row.',
  source:
    'https://www.postgresql.org/docs/current/rangetypes.html#RANGETYPES-INDEXING; Dignös et al., "Overlap interval partition join", SIGMOD 2014',
  precondition: 'Advice: two relations are connected by <, <=, >, >= or BETWEEN, and by no equality.',
  example: {
    schema:
      'CREATE TABLE events (id int PRIMARY KEY, at timestamp NOT NULL); CREATE TABLE periods (id int PRIMARY KEY, begins timestamp NOT NULL, ends timestamp NOT NULL);',
    before: 'SELECT e.id, p.id FROM events e JOIN periods p ON e.at BETWEEN p.begins AND p.ends;',
    after: null,
  },
  rewrites: false,
  needs: ['join step', ['between', 'operator <', 'operator <=', 'operator >', 'operator >=']],
  *find(statement) {
    for (const { source, conjuncts } of connections(statement)) {
      const ranges = conjuncts.filter(({ expression }) => isRange(expression));
      const [first] = ranges;
      if (!first || conjuncts.some(({ expression }) => !isRange(expression) && !isUnequal(expression)))
        continue;
      const help =
        statement.dialect === 'postgresql'
          ? 'A GiST index on a range of the two bounds finds them, or, where periods do not overlap, LATERAL with ORDER BY … LIMIT 1.'
          : 'Where periods do not overlap, the last one that begins before is found by an index with ORDER BY … and one row; or join by a day or another bucket first.';
      yield advice(
        first.range,
        `${source.alias} is joined by a range and by no equality, so every row is compared with many. ${help}`,
      );
    }
  },
};

/** `ON a.id <> b.id`: nearly every row meets every row. */
export const unequalJoin: Pattern = {
  id: 'unequal-join',
  title: 'Join by <> alone',
  category: 'joins',
  engines: allEngines('always: the result is nearly the product of both tables'),
  severity: 'warning',
  description:
    'All but the equal pairs come out. To find rows without a partner, NOT EXISTS is meant; to find pairs, another condition is missing.',
  source: 'SQL antipatterns: <> joins for set difference',
  precondition: 'Advice: two relations are connected by nothing but <>.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, customer_id int); CREATE TABLE customers (id int PRIMARY KEY);',
    before: 'SELECT c.id FROM customers c JOIN orders o ON o.customer_id <> c.id;',
    after: null,
  },
  rewrites: false,
  needs: ['join step', 'operator <>'],
  *find(statement) {
    for (const { source, conjuncts } of connections(statement)) {
      const [first] = conjuncts;
      if (!first || !conjuncts.every(({ expression }) => isUnequal(expression))) continue;
      yield advice(
        first.range,
        `${source.alias} is joined by <> alone: nearly every row meets every row. NOT EXISTS finds rows without a partner; pairs need another condition.`,
      );
    }
  },
};

/** `LEFT JOIN b ON b.a_id = a.id AND a.kind = 1`: the condition on a drops no row of a. */
export const leftFilterInOn: Pattern = {
  id: 'left-filter-in-on',
  title: 'Condition on the preserved table in ON of an outer join',
  category: 'joins',
  engines: allEngines('not a matter of speed: the rows that it seems to drop stay'),
  severity: 'info',
  description:
    'ON of an outer join decides which rows are partners, not which rows stay. A condition on the preserved table alone only takes the partners away from its rows; to drop these it belongs into WHERE.',
  source:
    'https://www.postgresql.org/docs/current/queries-table-expressions.html, "… processed before the join"',
  precondition: 'Advice: a condition in ON of a LEFT JOIN that mentions tables of the left side only.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, city text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before:
      "SELECT c.id, o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND c.city = 'Rome';",
    after: null,
  },
  rewrites: false,
  needs: ['outer join'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const step of block.joins) {
        if (step.type !== 'left' || step.on.length < 2) continue;
        const found = step.on.find(
          ({ sources, resolved }) =>
            resolved && sources.length > 0 && sources.every((one) => step.left.includes(one)),
        );
        if (!found) continue;
        const text = statement.text.slice(found.range.start, found.range.end);
        yield advice(
          found.range,
          `${text} drops no row here: rows of ${found.sources[0]?.alias} for which it is false stay, without a partner. To drop them, write it in WHERE.`,
        );
      }
    }
  },
};

interface JoinEquality {
  readonly block: Block;
  readonly conjunct: Conjunct;
  readonly left: Expression;
  readonly right: Expression;
}

/** Equalities between an expression of one relation and one of another. */
const joinEqualities = oncePerStatement((statement: AnalyzedStatement): readonly JoinEquality[] => {
  const found: JoinEquality[] = [];
  for (const block of statement.blocks) {
    for (const conjunct of [...block.joins.flatMap((step) => step.on), ...block.where]) {
      const { expression } = conjunct;
      if (expression.kind !== 'binary' || expression.operator !== '=' || conjunct.hasSubquery) continue;
      const [left, right] = [unwrapParens(expression.left), unwrapParens(expression.right)];
      const [a, b] = [mentionedIn(statement, left, block), mentionedIn(statement, right, block)];
      const [one] = a;
      if (a.size !== 1 || b.size !== 1 || !one || b.has(one)) continue;
      found.push({ block, conjunct, left, right });
    }
  }
  return found;
});

function isComputed(e: Expression): boolean {
  return e.kind === 'call' || e.kind === 'cast' || e.kind === 'binary' || e.kind === 'atTimeZone';
}

/** A relation with all conditions that connect it with those before it. */
function* connections(
  statement: AnalyzedStatement,
): Generator<{ readonly source: Source; readonly conjuncts: readonly Conjunct[] }> {
  for (const block of statement.blocks) {
    if (!block.resolved) continue;
    for (const step of block.joins) {
      const [source, ...more] = step.right;
      if (!source || more.length > 0 || step.using || source.lateral || isOneRow(step)) continue;
      const conjuncts = [...step.on, ...block.where].filter(
        ({ sources }) => sources.includes(source) && sources.some((one) => step.left.includes(one)),
      );
      if (conjuncts.length > 0) yield { source, conjuncts };
    }
  }
}

function isOneRow({ right: [source] }: JoinStep): boolean {
  return source?.kind === 'function' || source?.kind === 'unknown';
}

function isRange(e: Expression): boolean {
  return (
    (e.kind === 'between' && !e.negated) ||
    (e.kind === 'binary' && ['<', '<=', '>', '>='].includes(e.operator))
  );
}

function isUnequal(e: Expression): boolean {
  return e.kind === 'binary' && e.operator === '<>';
}
