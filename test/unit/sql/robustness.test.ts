import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DIALECTS } from '../../../src/core/sql/dialect.ts';
import { fingerprint } from '../../../src/core/sql/fingerprint.ts';
import { tokenize } from '../../../src/core/sql/lexer.ts';
import { splitStatements } from '../../../src/core/sql/splitter.ts';

/**
 * Pieces that, repeated, once made or could make the work grow with the square of the length: searches without an
 * end, nested openers, strings that are mended again and again. A quadratic step makes this file take minutes.
 */
const PIECES = [
  ...[
    "'",
    '"\n\nselect "',
    '`\n\nselect `x',
    "'a\n\nselect 1 where 'x\n\n",
    "'\n\nselect \\'",
    '$a$ AS $a$\n\nselect ;',
  ],
  ...[
    '/* \n\nselect 1\n\n',
    '/*',
    '*/',
    '-- a\n',
    '--',
    '#',
    '{{ ',
    '{% ',
    '{# ',
    '#{',
    '${',
    '%(',
    '%(a)s',
    ':',
    ':a',
  ],
  ...[
    '? ',
    'a ? ',
    '@',
    '@a',
    '+',
    '+-@<',
    '1_',
    '.',
    '.1',
    '0x',
    '1e',
    '$1',
    '$',
    'a',
    'é',
    '\u0000\ud800',
    '\ufeff',
  ],
  ...['(', ')', '[', ']', '[(', ' ', '\n', '\r', ';', '\\', '\\\n', '\\;', '\\copy t from stdin\n', '\\.\n'],
  ...['begin ', 'case ', 'end ', 'if x select 1; ', 'create function f() begin atomic select 1; ', 'else '],
  ...[
    'copy t from stdin; ',
    'copy t from stdin;\n\n',
    '\nGO',
    '\nGO 5 ',
    '\nDELIMITER a\n',
    '\ndelimiter ',
    '\nuse a',
  ],
  ...[
    '\n\nselect ',
    '\n\nupdate           ',
    '\n\nwith a (',
    '\n\nwith a as (',
    'in (',
    'in (1),',
    'values (1),',
    '=any(array[1',
  ],
];
const LENGTH = 20_000;

describe('text of any kind and length', () => {
  it('is read in one pass when it is hostile', () => {
    for (const piece of PIECES) {
      const source = piece.repeat(Math.ceil(LENGTH / piece.length));
      for (const dialect of DIALECTS) {
        assert.equal(
          tokenize(source, dialect).reduce((length, token) => length + token.text.length, 0),
          source.length,
        );
        splitStatements(source, dialect);
        fingerprint(source, dialect);
      }
    }
  });

  it('is read in one pass when each dollar quote has another tag', () => {
    const source = Array.from({ length: 5000 }, (_, n) => `$a${n}$ \n\nselect 1\n\n`).join('');
    assert.ok(splitStatements(source, 'postgresql').length > 1);
  });

  it('is split when it is a script of 5 MB', () => {
    const statement =
      "SELECT o.id, 'it''s' FROM orders o\nWHERE o.a >= $1 -- c\n  AND o.status IN ('a', 'b');\n";
    const count = Math.ceil(5_000_000 / statement.length);
    assert.equal(splitStatements(statement.repeat(count), 'postgresql').length, count);
  });

  it('is split when it is one INSERT of 5 MB', () => {
    const rows = "(1, 'abc', NULL),\n".repeat(280_000);
    assert.equal(splitStatements(`INSERT INTO t VALUES ${rows}(2, 'd', 3);\nSELECT 1;`, 'mysql').length, 2);
  });

  it('is taken when it is binary or in another encoding', () => {
    const bytes = new Uint8Array(200_000);
    let seed = 7;
    for (let at = 0; at < bytes.length; at++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      bytes[at] = seed >>> 16;
    }
    for (const encoding of ['utf-8', 'utf-16le', 'latin1']) {
      const source = new TextDecoder(encoding).decode(bytes);
      for (const dialect of DIALECTS) {
        assert.equal(
          tokenize(source, dialect)
            .map((token) => token.text)
            .join(''),
          source,
        );
        splitStatements(source, dialect);
        fingerprint(source, dialect);
      }
    }
  });
});
