import type { DialectData } from './dialect-data.ts';
import { CALLABLE, MYSQL, MYSQL_STATEMENT_STARTS, SHARED_RESERVED } from './mysql.ts';
import { wordSet } from './word-set.ts';

/**
 * Reserved in MariaDB and not in MySQL: tried on MariaDB 10.11. WINDOW is not reserved there, but begins a clause where
 * an alias could stand.
 */
const MARIADB_RESERVED = `
  CURRENT_ROLE DELETE_DOMAIN_ID DO_DOMAIN_IDS IGNORE_DOMAIN_IDS OFFSET PAGE_CHECKSUM PARSE_VCOL_EXPR REF_SYSTEM_ID
  RETURNING ROW_NUMBER STATS_AUTO_RECALC STATS_PERSISTENT STATS_SAMPLE_PAGES WINDOW`;

export const MARIADB: DialectData = {
  ...MYSQL,
  dialect: 'mariadb',
  comments: { ...MYSQL.comments, executable: ['/*!', '/*M!'] },
  // MariaDB reads JSON with functions only: -> and ->> are not operators there.
  operators: ['<=>', '<=', '>=', '<>', '!=', ':=', '||', '&&', '<<', '>>'],
  reserved: wordSet(SHARED_RESERVED, MARIADB_RESERVED),
  functionKeywords: wordSet(CALLABLE),
  bareAliasForbidden: wordSet(SHARED_RESERVED, MARIADB_RESERVED),
  statementStarts: wordSet(MYSQL_STATEMENT_STARTS, 'BACKUP'),
};
