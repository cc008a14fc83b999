import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Expression, Node, Query, Select } from '../../../src/core/sql/ast.ts';
import type { Dialect } from '../../../src/core/sql/dialect.ts';
import { parseStatement } from '../../../src/core/sql/parse.ts';
import { conjunctsOf, disjunctsOf, nodeText, unwrapParens, walk } from '../../../src/core/sql/walk.ts';

function query(sql: string, dialect: Dialect = 'postgresql'): Query {
  const { tree, errors } = parseStatement(sql, dialect);
  assert.deepEqual(errors, []);
  assert.ok(tree.kind === 'queryStatement');
  return tree.query;
}

function select(sql: string, dialect: Dialect = 'postgresql'): Select {
  const { body } = query(sql, dialect);
  assert.ok(body.kind === 'select');
  return body;
}

/** The first select item of `SELECT …`. */
function expression(sql: string, dialect: Dialect = 'postgresql'): Expression {
  const [item] = select(`SELECT ${sql}`, dialect).items;
  assert.ok(item);
  return item.expression;
}

/** The tree of an expression in short: operators with their operands in brackets. */
function shape(node: Expression): string {
  switch (node.kind) {
    case 'column':
      return node.parts.map(({ name }) => name).join('.');
    case 'literal':
      return node.value;
    case 'binary':
      return `[${shape(node.left)} ${node.operator} ${shape(node.right)}]`;
    case 'unary':
      return `[${node.operator} ${shape(node.operand)}]`;
    case 'paren':
      return `(${shape(node.expression)})`;
    case 'is':
      return `[${shape(node.operand)} is ${node.negated ? 'not ' : ''}${node.test}]`;
    case 'cast':
      return `[${shape(node.operand)} as ${node.type.name}]`;
    case 'between':
      return `[${shape(node.operand)} between ${shape(node.low)} and ${shape(node.high)}]`;
    case 'like':
      return `[${shape(node.operand)} ${node.operator} ${shape(node.pattern)}]`;
    case 'atTimeZone':
      return `[${shape(node.operand)} at ${node.zone ? shape(node.zone) : 'local'}]`;
    default:
      return node.kind;
  }
}

describe('expressions', () => {
  const shapes: Record<string, string> = {
    'a OR b AND NOT c = d': '[a OR [b AND [NOT [c = d]]]]',
    'a AND b AND c': '[[a AND b] AND c]',
    '- a ^ b * c': '[[[- a] ^ b] * c]',
    '-a::int': '[- [a as int]]',
    'a || b + c': '[a || [b + c]]',
    'a != b': '[a <> b]',
    'a = b IS NULL': '[[a = b] is null]',
    'a BETWEEN b + 1 AND c AND d': '[[a between [b + 1] and c] AND d]',
    'a LIKE b || c AND d': '[[a LIKE [b || c]] AND d]',
    'a + b AT TIME ZONE c': '[a + [b at c]]',
    '@ a * b': '[@ [a * b]]',
    '(a OR b) AND c': '[([a OR b]) AND c]',
  };
  for (const [sql, expected] of Object.entries(shapes)) {
    test(`${sql} nests as PostgreSQL nests it`, () => assert.equal(shape(expression(sql)), expected));
  }

  test('MySQL reads || as OR and knows XOR, DIV and <=>', () => {
    assert.equal(shape(expression('a || b XOR c', 'mysql')), '[a OR [b XOR c]]');
    assert.equal(shape(expression('a DIV b <=> c', 'mysql')), '[[a DIV b] <=> c]');
  });

  test('T-SQL gives + and & one level', () => {
    assert.equal(shape(expression('a + b & c * d', 'tsql')), '[[a + b] & [c * d]]');
  });

  test('a string that goes on in the next line is one literal', () => {
    const literal = expression("'one'\n  'two'");
    assert.ok(literal.kind === 'literal');
    assert.equal(literal.value, 'onetwo');
  });

  test('escapes, doubled quotes, dollar quotes and Unicode escapes give the value', () => {
    const values: [string, string][] = [
      ["'it''s'", "it's"],
      ["E'a\\n\\x41\\u0042\\''", "a\nAB'"],
      ['$x$a$$b$x$', 'a$$b'],
      ["U&'d\\0061t!'", 'dat!'],
      ["U&'d!0061t' UESCAPE '!'", 'dat'],
    ];
    for (const [sql, value] of values) {
      const literal = expression(sql);
      assert.ok(literal.kind === 'literal');
      assert.equal(literal.value, value);
    }
  });

  test('names are folded unless they are quoted', () => {
    const column = expression('Orders."Total ""Net"""');
    assert.ok(column.kind === 'column');
    assert.deepEqual(
      column.parts.map(({ name, quoted }) => [name, quoted]),
      [
        ['orders', false],
        ['Total "Net"', true],
      ],
    );
  });

  test('types keep their words, modifiers and array bounds apart', () => {
    const cast = expression('a::timestamp(3) WITH TIME ZONE[]');
    assert.ok(cast.kind === 'cast');
    assert.equal(cast.type.name, 'timestamp with time zone');
    assert.equal(cast.type.modifiers.length, 1);
    assert.equal(cast.type.arrayDimensions, 1);
  });

  test('EXTRACT has its field, its argument and no column for the field', () => {
    const call = expression('EXTRACT(YEAR FROM a)');
    assert.ok(call.kind === 'call');
    assert.equal(call.function, 'extract');
    assert.equal(call.field, 'year');
    assert.equal(call.args.length, 1);
  });

  test('two slices with one bound differ', () => {
    const slices = ['a[1:]', 'a[:1]', 'a[1:2]', 'a[:]', 'a[1]'].map((sql) => {
      const subscript = expression(sql);
      assert.ok(subscript.kind === 'subscript');
      return subscript.slice;
    });
    assert.deepEqual(slices, ['lower', 'upper', 'both', 'none', null]);
  });

  test('MySQL: INTERVAL with an expression and a unit', () => {
    const sum = expression('NOW() + INTERVAL a + 1 DAY', 'mysql');
    assert.ok(sum.kind === 'binary' && sum.right.kind === 'typedLiteral');
    assert.equal(sum.right.unit, 'DAY');
    assert.ok(sum.right.operand !== null);
    assert.equal(shape(sum.right.operand), '[a + 1]');
  });
});

describe('queries', () => {
  const sql = `SELECT DISTINCT a, b AS c -- the items
FROM t x /* one */ JOIN u ON x.id = u.id
WHERE a = 1 AND b = 2
GROUP BY a
HAVING count(*) > 1
ORDER BY a DESC NULLS LAST
LIMIT 10 OFFSET 5`;

  test('every clause has its exact range', () => {
    const { clauses } = select(sql);
    const text = (range: { start: number; end: number } | null) => range && nodeText(sql, range);
    assert.equal(text(clauses.select), 'SELECT DISTINCT');
    assert.equal(text(clauses.from), 'FROM t x /* one */ JOIN u ON x.id = u.id');
    assert.equal(text(clauses.where), 'WHERE a = 1 AND b = 2');
    assert.equal(text(clauses.groupBy), 'GROUP BY a');
    assert.equal(text(clauses.having), 'HAVING count(*) > 1');
    const { limit } = query(sql);
    assert.equal(text(limit?.countRange ?? null), 'LIMIT 10');
    assert.equal(text(limit?.offsetRange ?? null), 'OFFSET 5');
  });

  test('a node holds no white space or comment around it', () => {
    walk(query(sql), ({ start, end }) => assert.equal(sql.slice(start, end).trim(), sql.slice(start, end)));
  });

  test('INTERSECT binds tighter than UNION', () => {
    const { body } = query('SELECT 1 UNION SELECT 2 INTERSECT SELECT 3');
    assert.ok(body.kind === 'setOperation');
    assert.equal(body.operator, 'UNION');
    assert.ok(body.right.kind === 'setOperation');
    assert.equal(body.right.operator, 'INTERSECT');
  });

  test('parentheses around a query and around a scalar subquery are told apart', () => {
    assert.equal(expression('((SELECT 1))').kind, 'paren');
    assert.equal(expression('((SELECT 1) UNION (SELECT 2))').kind, 'subquery');
    const list = expression('a IN ((SELECT 1), 2)');
    assert.ok(list.kind === 'in');
    assert.equal(list.list?.length, 2);
    const subquery = expression('a IN ((SELECT 1))');
    assert.ok(subquery.kind === 'in');
    assert.ok(subquery.query !== null);
  });

  test('a join without its condition takes the next join into its right side', () => {
    const [item] = select('SELECT 1 FROM a JOIN b JOIN c ON b.id = c.id ON a.id = b.id').from;
    assert.ok(item?.kind === 'join');
    assert.equal(item.left.kind, 'table');
    assert.equal(item.right.kind, 'join');
  });

  test('MySQL reads a join without a condition as the left side of the next one', () => {
    const [item] = select('SELECT 1 FROM a JOIN b LEFT JOIN c ON b.id = c.id', 'mysql').from;
    assert.ok(item?.kind === 'join');
    assert.equal(item.type, 'left');
    assert.equal(item.left.kind, 'join');
    assert.equal(item.right.kind, 'table');
  });

  test('MySQL: LIMIT offset, count', () => {
    const text = 'SELECT a FROM t LIMIT 5, 10';
    const { limit } = query(text, 'mysql');
    assert.ok(limit?.count && limit.offset);
    assert.equal(nodeText(text, limit.count), '10');
    assert.equal(nodeText(text, limit.offset), '5');
  });

  test('T-SQL: TOP, aliases before =, APPLY and hints', () => {
    const text = 'SELECT TOP (5) n = a FROM t WITH (NOLOCK) OUTER APPLY f(t.a) x OPTION (RECOMPILE)';
    const found = select(text, 'tsql');
    assert.ok(found.top);
    assert.equal(found.items[0]?.alias?.name, 'n');
    const [join] = found.from;
    assert.ok(join?.kind === 'join' && join.left.kind === 'table');
    assert.equal(join.type, 'outerApply');
    assert.equal(join.left.modifiers.length, 1);
    assert.equal(query(text, 'tsql').trailing.length, 1);
  });

  test('the columns of JSON_TABLE are those of its alias', () => {
    const [item] = select(
      `SELECT 1 FROM JSON_TABLE(j, '$' COLUMNS (a int, NESTED '$.b' COLUMNS (c text))) x`,
    ).from;
    assert.ok(item?.kind === 'tableFunction');
    const [call] = item.calls;
    assert.ok(call?.kind === 'call');
    assert.deepEqual(
      call.columns.map(({ name }) => name.name),
      ['a', 'c'],
    );
  });
});

describe('statements that are being typed', () => {
  /** The statement with what was noticed, and the names of the tables in it. */
  function typed(sql: string): { select: Select; tables: string[]; problems: number } {
    const { tree, errors } = parseStatement(sql, 'postgresql');
    assert.ok(tree.kind === 'queryStatement' && tree.query.body.kind === 'select');
    const tables: string[] = [];
    walk(tree, (node: Node) => {
      if (node.kind === 'table') tables.push(node.name.map(({ name }) => name).join('.'));
    });
    return { select: tree.query.body, tables, problems: errors.length };
  }

  test('a dot before FROM is an unfinished name, and the table is still known', () => {
    const { tables, problems } = typed('SELECT o. FROM orders o');
    assert.deepEqual(tables, ['orders']);
    assert.equal(problems, 1);
  });

  test('an empty select list leaves FROM and WHERE understood', () => {
    const found = typed('SELECT  FROM orders WHERE id = 1');
    assert.deepEqual(found.tables, ['orders']);
    assert.ok(found.select.where);
  });

  test('an unfinished condition leaves what stands before and after it', () => {
    const found = typed('SELECT a FROM t WHERE a = AND b = 2 ORDER BY a');
    assert.ok(found.select.where);
    assert.equal(conjunctsOf(found.select.where).length, 2);
    assert.equal(found.problems, 1);
  });

  test('what is not understood is no larger than it must be', () => {
    const sql = 'SELECT a, ] b, c FROM t WHERE d';
    const { opaque } = parseStatement(sql, 'postgresql');
    assert.deepEqual(
      opaque.map((range) => nodeText(sql, range)),
      [']'],
    );
  });

  test('a clause in the wrong place is opaque and the rest is not', () => {
    const found = typed('SELECT a WHERE b FROM t ORDER BY a');
    assert.deepEqual(
      found.select.rest.map(({ kind }) => kind),
      ['opaque'],
    );
  });
});

describe('writes and definitions', () => {
  test('ON CONFLICT has its target, its assignments and its condition', () => {
    const sql =
      'INSERT INTO t (a, b) VALUES (1, 2) ON CONFLICT (a) DO UPDATE SET b = excluded.b WHERE t.b < 3';
    const { tree } = parseStatement(sql, 'postgresql');
    assert.ok(tree.kind === 'insert' && tree.conflict);
    assert.equal(tree.conflict.target.length, 1);
    assert.equal(tree.conflict.assignments.length, 1);
    assert.ok(tree.conflict.where);
  });

  test('a write to a field names the column and says that only a part is written', () => {
    const { tree } = parseStatement('UPDATE t SET a.b = 1, c = 2', 'postgresql');
    assert.ok(tree.kind === 'update');
    assert.deepEqual(
      tree.assignments.map(({ targets, partial }) => [targets[0]?.parts.map(({ name }) => name), partial]),
      [
        [['a'], true],
        [['c'], false],
      ],
    );
  });

  test('CREATE TABLE has what a catalog needs', () => {
    const { tree } = parseStatement(
      `CREATE TABLE s.t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a numeric(10, 2) NOT NULL DEFAULT 0,
         b int REFERENCES u (id) DEFERRABLE, CONSTRAINT k UNIQUE NULLS NOT DISTINCT (a, b))`,
      'postgresql',
    );
    assert.ok(tree.kind === 'createTable');
    const [id, a, b] = tree.columns;
    assert.equal(id?.generated, 'identity');
    assert.equal(id?.constraints[0]?.type, 'primaryKey');
    assert.equal(a?.notNull, true);
    assert.ok(a?.default);
    assert.equal(b?.constraints[0]?.references?.table[0].name, 'u');
    assert.equal(b?.constraints[0]?.deferrable, true);
    assert.deepEqual(
      tree.constraints.map(({ name, type, nullsNotDistinct }) => [name?.name, type, nullsNotDistinct]),
      [['k', 'unique', true]],
    );
  });
});

describe('parts of conditions', () => {
  test('conjuncts and disjuncts are found through parentheses, in the order of the text', () => {
    const sql = 'SELECT 1 WHERE (a AND (b OR c)) AND ((d))';
    const { where } = select(sql);
    assert.ok(where);
    const conjuncts = conjunctsOf(where);
    assert.deepEqual(
      conjuncts.map((part) => nodeText(sql, part)),
      ['a', 'b OR c', 'd'],
    );
    const [, second] = conjuncts;
    assert.ok(second);
    assert.equal(disjunctsOf(second).length, 2);
    assert.equal(unwrapParens(where), where);
  });
});
