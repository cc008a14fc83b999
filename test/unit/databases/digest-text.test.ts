/** Digests of MySQL and MariaDB as SQL again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestText } from '../../../src/databases/mysql/digest-text.ts';

const CASES: readonly (readonly [digest: string, sql: string])[] = [
  ['SELECT COUNT ( * ) FROM `t` ', 'SELECT COUNT(*) FROM `t`'],
  [
    'SELECT `a` FROM `t` WHERE `a` IN (...) AND ( `b` = ? OR `c` IS NULL )',
    'SELECT `a` FROM `t` WHERE `a` IN (?) AND (`b` = ? OR `c` IS NULL)',
  ],
  ['INSERT INTO `t` ( `a` , `b` ) VALUES (...) /* , ... */ ', 'INSERT INTO `t` (`a`, `b`) VALUES (?)'],
  [
    'SELECT `x` . `a` FROM `s` . `t` AS `x` WHERE EXISTS ( SELECT ? FROM `u` ) ; ',
    'SELECT `x`.`a` FROM `s`.`t` AS `x` WHERE EXISTS (SELECT ? FROM `u`)',
  ],
  ['SELECT `odd ( . ) name` FROM `back``tick ,` ', 'SELECT `odd ( . ) name` FROM `back``tick ,`'],
  [
    'SELECT COALESCE ( SUM ( `a` ) , ? ) FROM `t` GROUP BY `b`',
    'SELECT COALESCE(SUM(`a`), ?) FROM `t` GROUP BY `b`',
  ],
  [
    'SELECT `CONCAT` ( `a` , ? ) , SUBSTRING ( `b` , ?, ... ) FROM `t` LIMIT ?, ... ',
    'SELECT CONCAT(`a`, ?), SUBSTRING(`b`, ?, ?) FROM `t` LIMIT ?, ?',
  ],
  [
    'INSERT INTO `concat` ( `a` ) SELECT `my_own` ( `a` ) FROM `t`',
    'INSERT INTO `concat` (`a`) SELECT `my_own` (`a`) FROM `t`',
  ],
];

for (const [digest, sql] of CASES) {
  test(`${digest} is ${sql}`, () => {
    assert.deepEqual(digestText(digest, 'mysql', 1024), { text: sql, truncated: false });
  });
}

test('tells a text that the server cut off from a list that it shortened', () => {
  assert.deepEqual(digestText('SELECT `a` FROM `t` WHERE `b` = ...', 'mysql', 1024), {
    text: 'SELECT `a` FROM `t` WHERE `b` =',
    truncated: true,
  });
  assert.equal(digestText('SELECT `a` FROM `t` WHERE `b` IN (...)', 'mysql', 1024).truncated, false);
});

test('takes a digest of MariaDB for cut off when the next name may not have fitted', () => {
  const names = (count: number) => Array.from({ length: count }, (_, n) => `\`name_${100 + n}\``).join(' , ');
  // 8 + 4 bytes for each name, 2 for each comma
  assert.equal(digestText(`SELECT ${names(68)}`, 'mariadb', 1024).truncated, false);
  assert.equal(digestText(`SELECT ${names(70)}`, 'mariadb', 1024).truncated, true);
});
