// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${x} is a placeholder of SQL templates here
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { loadModule, parseSync, scanSync } from 'libpg-query';
import { DIALECTS, type Dialect } from '../../../src/core/sql/dialect.ts';
import { dialectData } from '../../../src/core/sql/dialects/dialect-data.ts';
import { tokenize } from '../../../src/core/sql/lexer.ts';
import { isTrivia, type TokenKind } from '../../../src/core/sql/tokens.ts';
import { sqlText } from './arbitraries.ts';

/** The tokens that the grammar sees, as `kind text`. */
function kinds(source: string, dialect: Dialect = 'postgresql'): string[] {
  return tokenize(source, dialect)
    .filter((token) => token.kind !== 'whitespace')
    .map((token) => `${token.kind} ${token.text}`);
}

function texts(source: string, dialect: Dialect = 'postgresql'): string[] {
  return tokenize(source, dialect)
    .filter((token) => !isTrivia(token))
    .map((token) => token.text);
}

function kindOf(text: string, source: string, dialect: Dialect = 'postgresql'): TokenKind | null {
  return tokenize(source, dialect).find((token) => token.text === text)?.kind ?? null;
}

function placeholders(source: string, dialect: Dialect = 'postgresql'): string[] {
  return tokenize(source, dialect)
    .filter((token) => token.kind === 'placeholder')
    .map((token) => token.text);
}

describe('every character belongs to exactly one token', () => {
  const check = (source: string) => {
    for (const dialect of DIALECTS) {
      const tokens = tokenize(source, dialect);
      let at = 0;
      for (const token of tokens) {
        assert.equal(token.start, at);
        assert.ok(token.end > token.start);
        assert.equal(token.text, source.slice(token.start, token.end));
        assert.equal(token.upper, token.kind === 'word' ? token.text.toUpperCase() : '');
        at = token.end;
      }
      assert.equal(at, source.length);
    }
  };
  it('whatever the text is', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), check), { numRuns: 300 });
  });
  it('in texts made of the pieces of SQL, complete or cut off', () => {
    fc.assert(fc.property(sqlText, check), { numRuns: 1000 });
  });
  it('with NUL bytes, lone surrogates and a byte order mark', () => {
    check('\u0000\u0001\ud800select\udfff \uffff\ufeff\u0000;\\\u0007');
    assert.deepEqual(texts('\ufeffselect 1'), ['select', '1']);
  });
});

describe('PostgreSQL', () => {
  before(loadModule);

  it('reads the same tokens as the server itself', () => {
    const statements = [
      'select a*-1, b@-c, d>-1, e<->f, g!=-h, i||j, k::int, l->>0, m#>>n from t',
      "select E'a\\'b', U&'\\0041', B'01', X'ff', $$a'b$$, $t$ $$ $t$, \"a\"\"b\", U&\"x\"",
      'select 1.5e10, .5, 0x1F, 0b01, 0o17, 1_000, 1., 1e-5, a.b.c, t.*, x[1:2], y[i:j], f(a => 1)',
      'select /* a /* b */ c */ 1 -- d\n + 2 --e',
      "select a @> b, a <@ c, a @@ d, a @? '$', a ~ 'x', a !~~* b, a <% b, c %> d, @ -5, |/ 4, a ?| b, a ?& c",
      "select '{}'::jsonb ? 'a', (x) ? 'b', x ->> 'y' ? 'c', a+-b, a-+b, a=-1, a<=-1, a%-1, a*/**/b",
      'select über, $1, a$b, _x from "Ü"',
    ];
    for (const source of statements) {
      const bytes = Buffer.from(source);
      const expected = scanSync(source)
        .tokens.map((token) => bytes.subarray(token.start, token.end).toString())
        .filter((text) => !/^(?:\/\*|--)/.test(text));
      assert.deepEqual(texts(source), expected, source);
    }
  });

  it('splits runs of operator characters where the server does', () => {
    const piece = fc.constantFrom('+', '-', '*', '/', '<', '>', '=', '~', '!', '@', '^', '&', '|');
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), (pieces) => {
        const run = pieces.join('');
        fc.pre(!run.includes('--') && !run.includes('/*'));
        const source = `a${run} b`;
        const expected = scanSync(source).tokens.map((token) => source.slice(token.start, token.end));
        assert.deepEqual(texts(source), expected);
      }),
      { numRuns: 500 },
    );
  });

  it('knows which words can stand without quotes', () => {
    const data = dialectData('postgresql');
    const accepts = (sql: string) => {
      try {
        parseSync(sql);
        return true;
      } catch {
        return false;
      }
    };
    for (const word of [...data.reserved, ...data.bareAliasForbidden, ...data.statementStarts]) {
      assert.equal(accepts(`create table ${word} (a int)`), !data.reserved.has(word), word);
      // (1) ISNULL is an operator, not an alias
      if (!/NULL$/.test(word)) {
        assert.equal(accepts(`select (1) ${word}`), !data.bareAliasForbidden.has(word), word);
      }
    }
  });

  it('keeps an unfinished string or comment as one unknown token', () => {
    for (const open of ["'a\nb", '"a', '/* a /* */', '$$ a', "E'a\\'", '$x$ $$']) {
      assert.deepEqual(kinds(`select ${open}`), ['word select', `unknown ${open}`]);
    }
  });

  it('folds names as the server does', () => {
    const { foldIdentifier } = dialectData('postgresql');
    assert.equal(foldIdentifier('OrderÄ', false), 'orderÄ');
    assert.equal(foldIdentifier('Order', true), 'Order');
  });
});

describe('placeholders of every habit', () => {
  it('are found in PostgreSQL', () => {
    const source =
      "a=$1 and b=? and c = ?2 and d=:name and e=@p and f=%s and g = %(name)s and h=#{x.y} and i=${z} and j={{ var('k') }} and l = :1";
    const expected = '$1 ? ?2 :name @p %s %(name)s #{x.y} ${z}'.split(' ');
    assert.deepEqual(placeholders(source), [...expected, "{{ var('k') }}", ':1']);
  });
  it('are found in MySQL and T-SQL', () => {
    for (const dialect of ['mysql', 'mariadb', 'tsql'] as const) {
      const source = 'a=? and d=:name and f=%s and g = %(name)s and h=#{x} and i=${z} and j={{ k }}';
      const expected = ['?', ':name', '%s', '%(name)s', '#{x}', '${z}', '{{ k }}'];
      assert.deepEqual(placeholders(source, dialect), expected, dialect);
    }
  });
  it('are found where no operand precedes them', () => {
    assert.deepEqual(placeholders('x between ? and ? limit ? offset ?'), ['?', '?', '?', '?']);
    assert.deepEqual(placeholders('fetch first ? rows only'), ['?']);
    assert.deepEqual(placeholders('values (?, ?), (?,?)'), ['?', '?', '?', '?']);
    assert.deepEqual(placeholders('select interval ?, date ?, f(?, a => ?), case when ? then ? else ? end'), [
      ...'???????',
    ]);
    assert.deepEqual(placeholders('x = any(?) and y in (?,?) or ? = z'), ['?', '?', '?', '?']);
    assert.deepEqual(placeholders('a<? and b>=? and c||? and d->>? = ? and e ?| ?'), [...'??????']);
  });
  it('leave PostgreSQL its operators', () => {
    assert.deepEqual(placeholders("tags ? 'k' and (a->'b') ? 'c' and d ?| array['e'] and f ?& g"), []);
    assert.deepEqual(placeholders('a % s and b %s and c @> d and e @@f and g <@h and i # j and k @? l'), []);
    assert.deepEqual(placeholders('a[lo:hi] and b[1:2] and c[:2] and d::text and f(x := 1)'), []);
    assert.equal(kindOf('??', "data ?? 'k'"), 'operator');
  });
  it('leave comments and strings alone', () => {
    assert.deepEqual(placeholders('\'? :a\' -- ?\n /* :b */ "$1" $$ ? $$'), []);
    assert.deepEqual(placeholders('select a # {x}\n', 'mysql'), []);
  });
  it('are psql variables too', () => {
    assert.deepEqual(placeholders('select * from :tbl where a = :\'value\' and :"col" > 1'), [
      ':tbl',
      ":'value'",
      ':"col"',
    ]);
  });
  it('do not include template blocks, which change the statement', () => {
    assert.deepEqual(kinds('{% set a = 1 %} {# why #} select 1 {% if a %}'), [
      'blockComment {% set a = 1 %}',
      'blockComment {# why #}',
      'word select',
      'number 1',
      'unknown {% if a %}',
    ]);
  });
});

describe('MySQL and MariaDB', () => {
  it('read their comments', () => {
    assert.deepEqual(kinds('a--1 -- b\n# c\n/* /* */ d', 'mysql'), [
      'word a',
      'operator -',
      'operator -',
      'number 1',
      'lineComment -- b',
      'lineComment # c',
      'blockComment /* /* */',
      'word d',
    ]);
  });
  it('do not hide what an executable comment does', () => {
    assert.equal(kindOf('/*!40101 SET x=1 */', '/*!40101 SET x=1 */', 'mysql'), 'unknown');
    assert.equal(kindOf('/*M!1 x */', '/*M!1 x */', 'mysql'), 'blockComment');
    assert.equal(kindOf('/*M!1 x */', '/*M!1 x */', 'mariadb'), 'unknown');
    assert.equal(kindOf('/*+ NO_ICP(t) */', 'select /*+ NO_ICP(t) */ 1', 'mysql'), 'blockComment');
  });
  it('read strings, names and numbers', () => {
    assert.deepEqual(
      kinds("\"it\\\"s\" 'a\\'b' `a``b` 0xff x'ff' 2fa 1e5 t.1e3 @x @@session.y @`z`", 'mysql'),
      [
        'string "it\\"s"',
        "string 'a\\'b'",
        'quotedIdentifier `a``b`',
        'bitString 0xff',
        "bitString x'ff'",
        'word 2fa',
        'number 1e5',
        'word t',
        'punctuation .',
        'word 1e3',
        'variable @x',
        'variable @@session.y',
        'variable @`z`',
      ],
    );
    assert.deepEqual(texts('a<=>b->>c||d:=e', 'mysql'), ['a', '<=>', 'b', '->>', 'c', '||', 'd', ':=', 'e']);
  });
});

describe('T-SQL', () => {
  it('reads names, variables, money and operators', () => {
    assert.deepEqual(kinds('[a]]b] #tmp ##g @x @@rowcount $1.50 N\'x\' 0xff a+=1 "q" $action', 'tsql'), [
      'quotedIdentifier [a]]b]',
      'word #tmp',
      'word ##g',
      'variable @x',
      'variable @@rowcount',
      'number $1.50',
      "string N'x'",
      'bitString 0xff',
      'word a',
      'operator +=',
      'number 1',
      'quotedIdentifier "q"',
      'word $action',
    ]);
  });
});
