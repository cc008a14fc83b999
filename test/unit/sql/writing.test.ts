import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Dialect } from '../../../src/core/sql/dialect.ts';
import { tokenize } from '../../../src/core/sql/lexer.ts';
import type { AnalyzedStatement } from '../../../src/core/sql/query-model.ts';
import { applyEdits } from '../../../src/core/sql/text.ts';
import { editing, type RewriteEdits } from '../../../src/core/sql/writing/edits.ts';
import { joinFragments, render, source, sql, verbatim } from '../../../src/core/sql/writing/fragment.ts';
import { aliasOf, columnOf, identifierText, inventName } from '../../../src/core/sql/writing/identifiers.ts';
import { qualify, rebase, withAlias } from '../../../src/core/sql/writing/rebase.ts';
import { safelyEditable } from '../../../src/core/sql/writing/safety.ts';
import { styleOf } from '../../../src/core/sql/writing/style.ts';
import { analyzed, blockIn, conjunctNamed, queryOf, rootOf, selected, sourceNamed } from './analyzed.ts';

/** The statement after edits, or null when they cannot be done. */
function edited(
  text: string,
  change: (edits: RewriteEdits, statement: AnalyzedStatement) => RewriteEdits,
  dialect: Dialect = 'postgresql',
): string | null {
  const statement = analyzed(text, dialect);
  const edits = change(editing(statement), statement).done();
  return edits && applyEdits(text, edits);
}

/** The statement without some conjuncts. */
function without(text: string, ...conjuncts: readonly string[]): string | null {
  return edited(text, (edits, statement) => {
    for (const conjunct of conjuncts) edits.removeConjunct(conjunctNamed(statement, conjunct));
    return edits;
  });
}

describe('style', () => {
  const style = (text: string) => styleOf(text, tokenize(text, 'postgresql'), 'postgresql');

  test('is what most of the statement has', () => {
    const lower = style('select count(*)\n    , MAX(x), min(y)\n    , z\nfrom t\nwhere a = 1');
    assert.deepEqual(lower, {
      keywordCase: 'lower',
      functionCase: 'lower',
      indentUnit: '    ',
      newline: '\n',
      multiline: true,
      leadingCommas: true,
    });
    const upper = style('SELECT COUNT(*),\r\n\tMAX(x)\r\nFROM t');
    assert.deepEqual(upper, {
      keywordCase: 'upper',
      functionCase: 'upper',
      indentUnit: '\t',
      newline: '\r\n',
      multiline: true,
      leadingCommas: false,
    });
  });

  test('keywords and functions may differ, and names before a parenthesis are no functions', () => {
    assert.equal(style('SELECT count(*) FROM t').functionCase, 'lower');
    assert.equal(style('INSERT INTO orders(a) SELECT MAX(a) FROM t').functionCase, 'upper');
    assert.equal(style('SELECT a FROM t').functionCase, 'upper');
  });
});

describe('fragments', () => {
  const lower = styleOf(
    'select\n  max(a)\nfrom t',
    tokenize('select\n  max(a)\nfrom t', 'postgresql'),
    'postgresql',
  );
  const oneLine = styleOf('SELECT MAX(a)', tokenize('SELECT MAX(a)', 'postgresql'), 'postgresql');

  test('take the case of the statement, but names, strings and the text of the statement do not', () => {
    const fragment = sql`EXISTS (SELECT COALESCE(${'"Name"'}, 'KEEP Me') FROM ${verbatim('Orders')} AS "Keep")`;
    assert.equal(
      render(fragment, lower, ''),
      `exists (select coalesce("Name", 'KEEP Me') from Orders as "Keep")`,
    );
    assert.equal(render(sql`count(*) + ${1}`, oneLine, ''), 'COUNT(*) + 1');
  });

  test('are indented relative to their place, or on one line', () => {
    const inner = sql`
      SELECT 1
      FROM ${'t'}
    `;
    const fragment = sql`EXISTS (
        ${inner}
      )`;
    assert.equal(render(fragment, lower, '    '), 'exists (\n      select 1\n      from t\n    )');
    assert.equal(render(fragment, oneLine, ''), 'EXISTS (SELECT 1 FROM t)');
  });

  test('are joined by a separator', () => {
    assert.equal(render(joinFragments([verbatim('a'), verbatim('b')], sql` AND `), lower, ''), 'a and b');
  });
});

describe('removing conjuncts', () => {
  const cases: readonly (readonly [text: string, conjuncts: readonly string[], expected: string | null])[] = [
    ['SELECT 1 FROM orders WHERE qty = 1 AND id = 2', ['qty = 1'], 'SELECT 1 FROM orders WHERE id = 2'],
    ['SELECT 1 FROM orders WHERE qty = 1 AND id = 2', ['id = 2'], 'SELECT 1 FROM orders WHERE qty = 1'],
    [
      'SELECT 1 FROM orders WHERE qty = 1 AND id = 2 ORDER BY 1',
      ['qty = 1', 'id = 2'],
      'SELECT 1 FROM orders ORDER BY 1',
    ],
    [
      'SELECT 1 FROM orders WHERE qty = 1 AND id = 2 AND total = 3',
      ['id = 2'],
      'SELECT 1 FROM orders WHERE qty = 1 AND total = 3',
    ],
    [
      'SELECT 1 FROM orders WHERE qty = 1 AND id = 2 AND total = 3',
      ['qty = 1', 'id = 2'],
      'SELECT 1 FROM orders WHERE total = 3',
    ],
    [
      'SELECT 1 FROM orders WHERE qty = 1 AND id = 2 AND total = 3',
      ['qty = 1', 'total = 3'],
      'SELECT 1 FROM orders WHERE id = 2',
    ],
    [
      'SELECT 1 FROM orders WHERE (qty = 1 AND (id = 2)) AND total = 3',
      ['(id = 2)'],
      'SELECT 1 FROM orders WHERE (qty = 1) AND total = 3',
    ],
    [
      'SELECT 1 FROM orders WHERE (qty = 1 AND id = 2) AND total = 3',
      ['qty = 1', 'id = 2'],
      'SELECT 1 FROM orders WHERE total = 3',
    ],
    [
      'SELECT 1\nFROM orders\nWHERE qty = 1\n  AND id = 2\n  AND total = 3',
      ['id = 2'],
      'SELECT 1\nFROM orders\nWHERE qty = 1\n  AND total = 3',
    ],
    [
      'SELECT 1\nFROM orders\nWHERE qty = 1\n  AND id = 2',
      ['qty = 1'],
      'SELECT 1\nFROM orders\nWHERE id = 2',
    ],
    [
      'SELECT 1 FROM orders WHERE qty = 1 -- one\n  AND id = 2 -- two',
      ['id = 2'],
      'SELECT 1 FROM orders WHERE qty = 1 -- one\n   -- two',
    ],
    [
      'SELECT 1 FROM orders WHERE qty = 1 AND -- about id\n id = 2',
      ['qty = 1'],
      'SELECT 1 FROM orders WHERE -- about id\n id = 2',
    ],
    ['SELECT 1 FROM orders WHERE qty /* pieces */ = 1 AND id = 2', ['qty /* pieces */ = 1'], null],
    [
      'SELECT 1 FROM orders -- all\nWHERE qty = 1\nORDER BY 1',
      ['qty = 1'],
      'SELECT 1 FROM orders -- all\nORDER BY 1',
    ],
    [
      'SELECT 1 FROM orders GROUP BY status HAVING count(*) > 1',
      ['count(*) > 1'],
      'SELECT 1 FROM orders GROUP BY status',
    ],
    [
      'SELECT 1 FROM orders o JOIN customers c ON c.id = o.customer_id AND c.id > 1',
      ['c.id > 1'],
      'SELECT 1 FROM orders o JOIN customers c ON c.id = o.customer_id',
    ],
    [
      'SELECT 1 FROM orders o JOIN customers c ON c.id > 1',
      ['c.id > 1'],
      'SELECT 1 FROM orders o JOIN customers c ON TRUE',
    ],
    ['DELETE FROM orders WHERE qty = 1', ['qty = 1'], 'DELETE FROM orders'],
    [
      'UPDATE orders SET qty = 1 WHERE id = 2 AND total = 3',
      ['id = 2'],
      'UPDATE orders SET qty = 1 WHERE total = 3',
    ],
  ];
  for (const [text, conjuncts, expected] of cases) {
    test(`${conjuncts.join(' and ')} of ${text.replaceAll('\n', '⏎')}`, () => {
      assert.equal(without(text, ...conjuncts), expected);
    });
  }
});

describe('adding and replacing conjuncts', () => {
  const added = (text: string, dialect: Dialect = 'postgresql'): string | null =>
    edited(
      text,
      (edits, s) => edits.addConjunct(s.blocks[0] ?? s.writes[0] ?? rootOf(s), sql`${'x'} IS NULL`),
      dialect,
    );
  const cases: readonly (readonly [text: string, expected: string])[] = [
    ['SELECT 1 FROM orders', 'SELECT 1 FROM orders WHERE x IS NULL'],
    ['SELECT 1 FROM orders ORDER BY 1', 'SELECT 1 FROM orders WHERE x IS NULL ORDER BY 1'],
    ['SELECT 1', 'SELECT 1 WHERE x IS NULL'],
    ['SELECT 1\nFROM orders\nORDER BY 1', 'SELECT 1\nFROM orders\nWHERE x IS NULL\nORDER BY 1'],
    ['SELECT 1 FROM orders WHERE qty = 1', 'SELECT 1 FROM orders WHERE qty = 1 AND x IS NULL'],
    [
      'SELECT 1 FROM orders WHERE qty = 1 OR id = 2',
      'SELECT 1 FROM orders WHERE (qty = 1 OR id = 2) AND x IS NULL',
    ],
    [
      'SELECT 1 FROM orders WHERE (qty = 1 OR id = 2)',
      'SELECT 1 FROM orders WHERE (qty = 1 OR id = 2) AND x IS NULL',
    ],
    ['select 1\nfrom orders\nwhere qty = 1', 'select 1\nfrom orders\nwhere qty = 1\n  and x is null'],
    [
      'SELECT 1\r\nFROM orders\r\nWHERE qty = 1\r\n    AND id = 2',
      'SELECT 1\r\nFROM orders\r\nWHERE qty = 1\r\n    AND id = 2\r\n    AND x IS NULL',
    ],
    [
      'SELECT 1\nFROM orders\nWHERE qty = 1 AND\n      id = 2',
      'SELECT 1\nFROM orders\nWHERE qty = 1 AND\n      id = 2 AND\n      x IS NULL',
    ],
    ['DELETE FROM orders', 'DELETE FROM orders WHERE x IS NULL'],
    ['UPDATE orders SET qty = 1', 'UPDATE orders SET qty = 1 WHERE x IS NULL'],
    [
      'UPDATE orders SET qty = 1 FROM customers c RETURNING qty',
      'UPDATE orders SET qty = 1 FROM customers c WHERE x IS NULL RETURNING qty',
    ],
    [
      'SELECT 1 FROM orders -- all\nWHERE qty = 1 -- one\nLIMIT 5',
      'SELECT 1 FROM orders -- all\nWHERE qty = 1\n  AND x IS NULL -- one\nLIMIT 5',
    ],
  ];
  for (const [text, expected] of cases) {
    test(`to ${text.replaceAll('\n', '⏎').replaceAll('\r', '')}`, () => {
      assert.equal(added(text), expected);
    });
  }

  test('an OR gets parentheses where others stand beside it', () => {
    const replaced = (text: string) =>
      edited(text, (edits, s) => edits.replaceConjunct(conjunctNamed(s, 'qty = 1'), sql`${'a'} OR ${'b'}`));
    assert.equal(replaced('SELECT 1 FROM orders WHERE qty = 1'), 'SELECT 1 FROM orders WHERE a OR b');
    assert.equal(
      replaced('SELECT 1 FROM orders WHERE qty = 1 AND id = 2'),
      'SELECT 1 FROM orders WHERE (a OR b) AND id = 2',
    );
  });

  test('removing, replacing and adding are put together', () => {
    const text = "SELECT 1 FROM orders WHERE qty = 1 AND id = 2 AND status = 'a'";
    const result = edited(text, (edits, s) =>
      edits
        .removeConjunct(conjunctNamed(s, 'qty = 1'))
        .replaceConjunct(conjunctNamed(s, 'id = 2'), sql`${'id'} > 1`)
        .addConjunct(rootOf(s), sql`${'total'} > 0`),
    );
    assert.equal(result, "SELECT 1 FROM orders WHERE id > 1 AND status = 'a' AND total > 0");
  });

  test('all removed and one added leaves the added one', () => {
    const result = edited('SELECT 1 FROM orders WHERE qty = 1 AND id = 2', (edits, s) =>
      edits
        .removeConjunct(conjunctNamed(s, 'qty = 1'))
        .removeConjunct(conjunctNamed(s, 'id = 2'))
        .addConjunct(rootOf(s), sql`${'a'} OR ${'b'}`),
    );
    assert.equal(result, 'SELECT 1 FROM orders WHERE a OR b');
  });

  test('a conjunct moves into another block with its text', () => {
    const text = 'SELECT 1 FROM (SELECT qty FROM orders) d WHERE qty > 1 AND true';
    const result = edited(text, (edits, s) => {
      const conjunct = conjunctNamed(s, 'qty > 1');
      return edits.moveConjunct(conjunct, blockIn(s, 'derived'), source(s, conjunct.range));
    });
    assert.equal(result, 'SELECT 1 FROM (SELECT qty FROM orders WHERE qty > 1) d WHERE true');
  });
});

describe('other edits', () => {
  test('replace a node and keep the comments that are carried', () => {
    const text = 'SELECT 1 FROM orders WHERE (qty /* pieces */ + 1) > 2';
    const statement = analyzed(text);
    const [conjunct] = rootOf(statement).where;
    assert.ok(conjunct?.expression.kind === 'binary');
    const kept = editing(statement).replace(
      conjunct.range,
      sql`${source(statement, conjunct.expression.left)} >= 3`,
    );
    const edits = kept.done();
    assert.equal(edits && applyEdits(text, edits), 'SELECT 1 FROM orders WHERE (qty /* pieces */ + 1) >= 3');
    assert.equal(editing(statement).replace(conjunct.range, sql`TRUE`).done(), null);
  });

  test('remove and add DISTINCT', () => {
    assert.equal(
      edited('SELECT DISTINCT id FROM orders', (e, s) => e.removeDistinct(rootOf(s))),
      'SELECT id FROM orders',
    );
    assert.equal(
      edited('SELECT DISTINCT ON (id) id FROM orders', (e, s) => e.removeDistinct(rootOf(s))),
      null,
    );
    assert.equal(
      edited('select id from orders', (e, s) => e.addDistinct(rootOf(s))),
      'select distinct id from orders',
    );
  });

  test('remove ORDER BY and LIMIT', () => {
    const text = 'SELECT id\nFROM orders\nORDER BY id DESC, qty\nLIMIT 5 OFFSET 2';
    assert.equal(
      edited(text, (e, s) => e.removeOrderBy(queryOf(s))),
      'SELECT id\nFROM orders\nLIMIT 5 OFFSET 2',
    );
    assert.equal(
      edited(text, (e, s) => e.removeLimit(queryOf(s))),
      'SELECT id\nFROM orders\nORDER BY id DESC, qty',
    );
    assert.equal(
      edited('SELECT 1', (e, s) => e.removeOrderBy(queryOf(s))),
      null,
    );
  });

  test('remove relations from FROM', () => {
    const remove = (text: string, alias: string) =>
      edited(text, (e, s) => e.removeSource(sourceNamed(s, alias)));
    const joined = 'SELECT o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE true';
    assert.equal(remove(joined, 'c'), 'SELECT o.id FROM orders o WHERE true');
    assert.equal(remove(joined, 'o'), 'SELECT o.id FROM customers c WHERE true');
    const lines =
      'SELECT o.id\nFROM orders o\n  JOIN customers c ON c.id = o.customer_id\n  JOIN items i ON i.order_id = o.id';
    assert.equal(remove(lines, 'c'), 'SELECT o.id\nFROM orders o\n  JOIN items i ON i.order_id = o.id');
    assert.equal(
      remove(lines, 'i'),
      'SELECT o.id\nFROM orders o\n  JOIN customers c ON c.id = o.customer_id',
    );
    assert.equal(
      remove('SELECT 1 FROM orders o, customers c, items i', 'c'),
      'SELECT 1 FROM orders o, items i',
    );
    assert.equal(remove('SELECT 1 FROM orders o, customers c', 'o'), 'SELECT 1 FROM customers c');
    assert.equal(remove('SELECT 1 FROM orders o', 'o'), null);
  });

  test('add a join behind the item that it refers to', () => {
    const join = sql`LEFT JOIN ${'x'} ON ${'x.id = o.id'}`;
    const add = (text: string, ...aliases: string[]) =>
      edited(text, (e, s) =>
        e.addJoin(
          rootOf(s),
          aliases.map((alias) => sourceNamed(s, alias)),
          join,
        ),
      );
    assert.equal(
      add('SELECT 1 FROM orders o, items i', 'o'),
      'SELECT 1 FROM orders o LEFT JOIN x ON x.id = o.id, items i',
    );
    assert.equal(add('SELECT 1 FROM orders o, items i', 'o', 'i'), null);
    assert.equal(
      add('SELECT 1\nFROM orders o\nWHERE true', 'o'),
      'SELECT 1\nFROM orders o\nLEFT JOIN x ON x.id = o.id\nWHERE true',
    );
    // what is said of a line stays on it
    assert.equal(
      add('SELECT 1\nFROM orders o -- all of them\nWHERE true', 'o'),
      'SELECT 1\nFROM orders o -- all of them\nLEFT JOIN x ON x.id = o.id\nWHERE true',
    );
    assert.equal(
      add('SELECT 1\r\nFROM orders o /* all */ -- of them\r\nWHERE true', 'o'),
      'SELECT 1\r\nFROM orders o /* all */ -- of them\r\nLEFT JOIN x ON x.id = o.id\r\nWHERE true',
    );
    const addBoth = (text: string) =>
      edited(text, (e, s) =>
        e.addJoin(rootOf(s), [sourceNamed(s, 'o')], join).addConjunct(rootOf(s), sql`${'x.n'} > 1`),
      );
    // the condition stays behind the join
    assert.equal(
      addBoth('SELECT 1\nFROM orders o -- all of them\n'),
      'SELECT 1\nFROM orders o\nLEFT JOIN x ON x.id = o.id\nWHERE x.n > 1 -- all of them\n',
    );
    // and what is said of what follows stays before it
    assert.equal(
      add('SELECT 1\nFROM orders o /* never */ WHERE true', 'o'),
      'SELECT 1\nFROM orders o\nLEFT JOIN x ON x.id = o.id /* never */ WHERE true',
    );
  });

  test('add a CTE', () => {
    const definition = sql`${'t'} AS (SELECT 1)`;
    const add = (text: string, place?: 'first' | 'last') =>
      edited(text, (e, s) => e.addCte(queryOf(s), definition, place));
    assert.equal(add('SELECT 1'), 'WITH t AS (SELECT 1) SELECT 1');
    assert.equal(add('select 1\nfrom orders'), 'with t as (select 1)\nselect 1\nfrom orders');
    assert.equal(add('WITH a AS (SELECT 2) SELECT 1'), 'WITH a AS (SELECT 2), t AS (SELECT 1) SELECT 1');
    assert.equal(
      add('WITH a AS (SELECT 2) SELECT 1', 'first'),
      'WITH t AS (SELECT 1), a AS (SELECT 2) SELECT 1',
    );
  });

  test('change the words of a join and the select list', () => {
    const text = 'SELECT a, b FROM orders o LEFT OUTER JOIN customers c ON true';
    const result = edited(text, (e, s) => {
      const join = rootOf(s).joins[0]?.node;
      assert.ok(join);
      return e.setJoinWords(join, sql`JOIN`).replaceSelectList(rootOf(s), sql`count(*)`);
    });
    assert.equal(result, 'SELECT COUNT(*) FROM orders o JOIN customers c ON true');
  });
});

describe('what no edit may do', () => {
  test('overlap', () => {
    const statement = analyzed('SELECT 1 FROM orders WHERE qty = 1');
    const [conjunct] = rootOf(statement).where;
    assert.ok(conjunct);
    assert.equal(editing(statement).remove(conjunct.range).replace(conjunct.range, sql`TRUE`).done(), null);
  });

  test('touch or move what the parser did not understand, or a template block', () => {
    const unknown = 'SELECT id FROM orders WHERE {% if x %} qty = 1 {% endif %} AND id = 2';
    const statement = analyzed(unknown);
    assert.equal(editing(statement).remove({ start: 0, end: unknown.length }).done(), null);
    assert.equal(safelyEditable(statement, [{ start: 0, end: 6 }]), true);
  });

  test('change the order of positional parameters, copy or drop one', () => {
    const text = 'SELECT id FROM orders WHERE qty = ? AND id = ?';
    const swap = edited(text, (e, s) =>
      e
        .replaceConjunct(conjunctNamed(s, 'qty = ?'), source(s, conjunctNamed(s, 'id = ?').range))
        .replaceConjunct(conjunctNamed(s, 'id = ?'), source(s, conjunctNamed(s, 'qty = ?').range)),
    );
    assert.equal(swap, null);
    assert.equal(without(text, 'qty = ?'), null);
    const copied = edited(text, (e, s) =>
      e.addConjunct(rootOf(s), source(s, conjunctNamed(s, 'id = ?').range)),
    );
    assert.equal(copied, null);
  });

  test('lose a named parameter; moving one is fine', () => {
    const text = 'SELECT id FROM orders WHERE qty = $1 AND id = $2';
    assert.equal(without(text, 'qty = $1'), null);
    const swap = edited(text, (e, s) =>
      e
        .replaceConjunct(conjunctNamed(s, 'qty = $1'), source(s, conjunctNamed(s, 'id = $2').range))
        .replaceConjunct(conjunctNamed(s, 'id = $2'), source(s, conjunctNamed(s, 'qty = $1').range)),
    );
    assert.equal(swap, 'SELECT id FROM orders WHERE id = $2 AND qty = $1');
  });
});

describe('names', () => {
  test('are quoted where the dialect wants it', () => {
    assert.equal(identifierText('plain', 'postgresql'), 'plain');
    assert.equal(identifierText('Mixed', 'postgresql'), '"Mixed"');
    assert.equal(identifierText('order', 'postgresql'), '"order"');
    assert.equal(identifierText('a"b', 'postgresql'), '"a""b"');
    assert.equal(identifierText('Mixed', 'mysql'), 'Mixed');
    assert.equal(identifierText('order', 'mysql'), '`order`');
    assert.equal(identifierText('order', 'tsql'), '[order]');
  });

  test('are invented without collision', () => {
    const statement = analyzed('SELECT id AS totals FROM orders');
    assert.equal(inventName(statement, 'sums'), 'sums');
    assert.equal(inventName(statement, 'totals'), 'totals_2');
    assert.equal(inventName(statement, 'totals', ['totals_2']), 'totals_3');
    assert.equal(inventName(statement, 'customers'), 'customers_2');
    assert.equal(inventName(statement, 'note'), 'note_2');
    assert.equal(inventName(statement, 'max(o.total)'), 'max_o_total');
    assert.equal(inventName(statement, 'select'), 'select_2');
  });

  test('of sources are as the statement writes them', () => {
    const statement = analyzed('SELECT 1 FROM orders "O", Customers');
    const style = styleOf(statement.text, statement.tokens, 'postgresql');
    const text = (alias: string) => render(aliasOf(sourceNamed(statement, alias), 'postgresql'), style, '');
    assert.deepEqual([text('O'), text('customers')], ['"O"', 'Customers']);
    assert.equal(render(columnOf(sourceNamed(statement, 'O'), 'id', 'postgresql'), style, ''), '"O".id');
  });
});

describe('expressions for another scope', () => {
  const moved = (expression: string): string | null => {
    const statement = analyzed(`SELECT ${expression} FROM orders o JOIN customers c ON true`);
    const fragment = qualify(statement, selected(statement));
    return fragment && render(fragment, styleOf('SELECT 1', [], 'postgresql'), '');
  };

  test('have every column qualified', () => {
    assert.equal(
      moved('qty + o.total /* sum */ + "email"::int'),
      'o.qty + o.total /* sum */ + c."email"::int',
    );
    assert.equal(
      moved('(SELECT max(line) FROM items WHERE order_id = qty)'),
      '(SELECT max(line) FROM items WHERE order_id = o.qty)',
    );
  });

  test('are refused when a name is unknown', () => {
    assert.equal(moved('nothing + 1'), null);
    assert.equal(moved('count(o.*)'), null);
  });

  test('are written under another name', () => {
    const statement = analyzed('SELECT o.qty + credit FROM orders o JOIN customers c ON true');
    const fragment = rebase(
      statement,
      selected(statement),
      withAlias(statement, sourceNamed(statement, 'o'), verbatim('d')),
    );
    assert.ok(fragment);
    assert.equal(render(fragment, styleOf('SELECT 1', [], 'postgresql'), ''), 'd.qty + c.credit');
  });
});
