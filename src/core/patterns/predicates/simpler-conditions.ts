/** Conditions that are longer than what they say. */
import { TOTALLY_ORDERED } from '../../catalog/type-family.ts';
import type { Expression } from '../../sql/ast.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Conjunct, Scope } from '../../sql/query-model.ts';
import { disjunctsOf, unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, parenthesized, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { comparisonsOf } from './comparison.ts';
import { constantBounds, implies } from './ordered-constants.ts';
import { MOST_COMPARED, positiveConjuncts, positivePredicates, quote, replacePredicate } from './positive.ts';

/** `x BETWEEN 5 AND 5` → `x = 5`. */
export const betweenEqualBounds: Pattern = {
  id: 'between-equal-bounds',
  title: 'BETWEEN with one value',
  category: 'predicates',
  industries: ['analytics'],
  engines: allEngines(
    'An index goes on behind the column: after = its next column can be searched or ordered by, after a range it cannot.',
  ),
  severity: 'info',
  description:
    'A range of one value is an equality, but planners take it for a range: what follows in the index is then not searched, and the rows are estimated as for a range.',
  source:
    'https://use-the-index-luke.com/sql/where-clause/searching-for-ranges/greater-less-between-tuning-sql-access-filter-predicates',
  precondition: 'Both bounds are the same literal, and not NULL.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, placed_on date);',
    before: "SELECT * FROM orders WHERE placed_on BETWEEN '2024-05-01' AND '2024-05-01'",
    after: "SELECT * FROM orders WHERE placed_on = '2024-05-01'",
  },
  rewrites: true,
  needs: ['condition', 'between'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const { expression } = predicate;
      if (expression.kind !== 'between' || expression.negated || expression.symmetric) continue;
      const low = unwrapParens(expression.low);
      const isValue = (low.kind === 'literal' && low.type !== 'null') || low.kind === 'typedLiteral';
      const operand = unwrapParens(expression.operand);
      if (!isValue || operand.kind !== 'column' || !isTotal(statement, operand)) continue;
      if (!sameExpression(low, expression.high, statement)) continue;
      const condition = sql`${source(statement, expression.operand)} = ${source(statement, expression.low)}`;
      const edits = () => replacePredicate(statement, predicate, [condition]);
      yield offer(
        expression,
        `${quote(statement, expression)} is one value.`,
        edits,
        'Both bounds are the same literal.',
      );
    }
  },
};

function isTotal(statement: AnalyzedStatement, expression: Expression): boolean {
  return TOTALLY_ORDERED.has(typeOf(expression, statement)?.family ?? 'other');
}

/** `a.x >= b.y AND a.x <= b.y` → `a.x = b.y`. */
export const equalityByTwoBounds: Pattern = {
  id: 'equality-by-two-bounds',
  title: 'Equality of two columns written as >= and <=',
  category: 'predicates',
  engines: allEngines('The columns are of two tables: only an equality can be hashed or merged.'),
  severity: 'warning',
  description:
    'Two inequalities can only be joined by comparing each row with each. As one equality they are hashed, merged or searched for in an index.',
  source: 'https://www.postgresql.org/docs/current/planner-optimizer.html',
  precondition:
    'The same two columns, of one type with a total order, are compared by >= and by <= in one AND.',
  example: {
    schema:
      'CREATE TABLE a (id integer PRIMARY KEY, x integer);\nCREATE TABLE b (id integer PRIMARY KEY, y integer);',
    before: 'SELECT a.id FROM a JOIN b ON a.x >= b.y WHERE a.x <= b.y',
    after: 'SELECT a.id FROM a JOIN b ON a.x = b.y',
  },
  rewrites: true,
  needs: ['condition', ['operator <=', 'operator >=']],
  *find(statement) {
    const scopes: readonly Scope[] = [...statement.writes, ...statement.blocks];
    for (const scope of scopes) {
      const inner = scope.joins.filter(
        (join) =>
          join.type === 'inner' &&
          scope.joins.every((other) => ['inner', 'cross', 'comma'].includes(other.type)),
      );
      const conjuncts = [...inner.flatMap((join) => join.on), ...scope.where];
      if (conjuncts.length > MOST_COMPARED) continue;
      for (const [at, first] of conjuncts.entries()) {
        const second = conjuncts.slice(at + 1).find((other) => isOtherBound(statement, first, other));
        if (!second || first.expression.kind !== 'binary') continue;
        const { left, right } = first.expression;
        const edits = () =>
          editing(statement)
            .replaceConjunct(first, sql`${source(statement, left)} = ${source(statement, right)}`)
            .removeConjunct(second)
            .done();
        const message = `${quote(statement, first.expression)} and ${quote(statement, second.expression)} together are an equality, which can be hashed.`;
        yield offer(first.expression, message, edits, 'Both columns are of one type, whose order is total.');
      }
    }
  },
};

function isOtherBound(statement: AnalyzedStatement, first: Conjunct, second: Conjunct): boolean {
  const a = first.expression;
  const b = second.expression;
  if (
    a.kind !== 'binary' ||
    b.kind !== 'binary' ||
    !/^[<>]=$/.test(a.operator) ||
    !/^[<>]=$/.test(b.operator)
  )
    return false;
  const left = unwrapParens(a.left);
  const right = unwrapParens(a.right);
  if (left.kind !== 'column' || right.kind !== 'column') return false;
  const [own, other] = [typeOf(left, statement), typeOf(right, statement)];
  if (!own || own.text === null || own.text !== other?.text || !isTotal(statement, left)) return false;
  // an ON that is left empty cannot be written
  if (second.place === 'on' && second.join?.on.length === 1) return false;
  // two collations have two orders
  if (own.family === 'text' || own.family === 'char') return false;
  const same = sameExpression(left, b.left, statement) && sameExpression(right, b.right, statement);
  const turned = sameExpression(left, b.right, statement) && sameExpression(right, b.left, statement);
  return (same && a.operator !== b.operator) || (turned && a.operator === b.operator);
}

/** `x > 3 OR x > 5` → `x > 3`; `p AND (p OR q)` → `p`. */
export const impliedDisjunct: Pattern = {
  id: 'implied-disjunct',
  title: 'OR of conditions of which one is enough',
  category: 'predicates',
  engines: allEngines('An index serves the condition that is left, but not the OR.'),
  severity: 'info',
  description:
    'One side of the OR is true whenever the other one is, or a condition beside the OR makes it true. What is left is a plain condition, which planners estimate and search for.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/range-optimization.html',
  precondition:
    'The sides compare one column with constants whose order is known and one follows from the other, or a side stands beside the OR as a condition of its own (the same deterministic expression).',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, total decimal(10, 2));',
    before: 'SELECT * FROM orders WHERE total > 100 OR total > 500',
    after: 'SELECT * FROM orders WHERE total > 100',
  },
  rewrites: true,
  needs: ['condition', 'operator OR'],
  *find(statement) {
    for (const conjunct of positiveConjuncts(statement)) {
      const { expression, place, block, join } = conjunct;
      if (expression.kind !== 'binary' || expression.operator !== 'OR') continue;
      const sides = disjunctsOf(expression);
      const beside = place === 'where' ? block.where : (join?.on ?? []);
      if (sides.length + beside.length > MOST_COMPARED) continue;
      const absorbing = beside.find(
        (other) => other !== conjunct && sides.some((side) => isSame(statement, side, other.expression)),
      );
      if (absorbing) {
        const message = `${quote(statement, expression)} is true whenever ${quote(statement, absorbing.expression)} is, which must hold anyway.`;
        yield offer(
          expression,
          message,
          () => editing(statement).removeConjunct(conjunct).done(),
          'One side of the OR must hold anyway.',
        );
        continue;
      }
      const kept = sides.filter(
        (side, at) => !sides.some((other, i) => i !== at && follows(statement, side, other, at < i)),
      );
      if (kept.length === sides.length || kept.length === 0) continue;
      const rest = joinFragments(
        kept.map((side) => written(statement, side)),
        sql` OR `,
      );
      const edits = () => editing(statement).replaceConjunct(conjunct, rest).done();
      yield offer(
        expression,
        `Sides of ${quote(statement, expression)} are true only where another one is.`,
        edits,
        'One side is true whenever the other one is.',
      );
    }
  },
};

function isSame(statement: AnalyzedStatement, a: Expression, b: Expression): boolean {
  return sameExpression(a, b, statement) && isDeterministic(a, statement);
}

/** The second side is true whenever the first one is; of two that say the same the first one stays. */
function follows(
  statement: AnalyzedStatement,
  side: Expression,
  other: Expression,
  isFirst: boolean,
): boolean {
  if (isSame(statement, side, other)) return !isFirst;
  return boundsFollow(statement, side, other) && !(isFirst && boundsFollow(statement, other, side));
}

function boundsFollow(statement: AnalyzedStatement, strong: Expression, weak: Expression): boolean {
  const weaker = constantBounds(statement, weak);
  const stronger = weaker ? constantBounds(statement, strong) : null;
  if (!weaker || !stronger) return false;
  return weaker.every((bound) =>
    stronger.some((one) => sameExpression(bound.column, one.column, statement) && implies(one, bound)),
  );
}

function written(statement: AnalyzedStatement, side: Expression) {
  return side.kind === 'binary' && side.operator === 'AND'
    ? parenthesized(source(statement, side))
    : source(statement, side);
}

/** `a - b > 0` → `a > b`. */
export const differenceWithZero: Pattern = {
  id: 'difference-with-zero',
  title: 'Difference of two columns compared with zero',
  category: 'predicates',
  industries: ['analytics'],
  engines: allEngines(
    'An index begins with one of the columns, or the columns are of two tables that can then be joined by the comparison.',
  ),
  severity: 'info',
  description:
    'The difference is computed for every row, and neither an index nor a join by merging or hashing (= 0) can do anything with it. Compared with each other the columns can be searched and joined.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/math',
  precondition:
    'Both columns are integers (signed), or in PostgreSQL dates, and the number is the literal 0. (NaN - NaN is no zero: no decimals or floating-point numbers.)',
  example: {
    schema:
      'CREATE TABLE stock (item_id integer PRIMARY KEY, have integer, reserved integer);\nCREATE INDEX stock_have ON stock (have);',
    before: 'SELECT * FROM stock WHERE have - reserved > 0',
    after: 'SELECT * FROM stock WHERE have > reserved',
  },
  rewrites: true,
  needs: ['side binary', 'operator -'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const { expression } = predicate;
      if (expression.kind !== 'binary') continue;
      const comparison = comparisonsOf(expression, (side) => isDifference(statement, side))?.[0];
      const zero =
        comparison?.right.kind === 'literal' &&
        comparison.right.type === 'number' &&
        comparison.right.value === '0';
      if (!comparison || !zero || comparison.left.kind !== 'binary') continue;
      const { left, right } = comparison.left;
      const condition = sql`${source(statement, unwrapParens(left))} ${verbatim(comparison.operator)} ${source(statement, unwrapParens(right))}`;
      const edits = () => replacePredicate(statement, predicate, [condition]);
      const message = `${quote(statement, expression)} computes a difference in every row only to see its sign.`;
      yield offer(
        expression,
        message,
        edits,
        `${quote(statement, left)} and ${quote(statement, right)} are whole numbers or dates.`,
      );
    }
  },
};

function isDifference(statement: AnalyzedStatement, side: Expression): boolean {
  if (side.kind !== 'binary' || side.operator !== '-') return false;
  const operands = [side.left, side.right].map(unwrapParens);
  const columns = operands.map((one) =>
    one.kind === 'column' ? (statement.resolve(one)?.column ?? null) : null,
  );
  const [a, b] = columns;
  if (!a || !b || a.family !== b.family || [a, b].some(({ type }) => /unsigned|zerofill|year/.test(type)))
    return false;
  return a.family === 'integer' || (a.family === 'date' && statement.dialect === 'postgresql');
}
