import type { DialectData } from './dialect-data.ts';
import { CALLABLE, MYSQL, MYSQL_STATEMENT_STARTS, SHARED_RESERVED } from './mysql.ts';
import { wordSet } from './word-set.ts';

/** Reserved in MariaDB and not in MySQL. */
const MARIADB_RESERVED = `
  CURRENT_ROLE DELETE_DOMAIN_ID DO_DOMAIN_IDS GENERAL IGNORE_DOMAIN_IDS IGNORE_SERVER_IDS INTERSECT EXCEPT
  MASTER_HEARTBEAT_PERIOD OFFSET PAGE_CHECKSUM PARSE_VCOL_EXPR REF_SYSTEM_ID RETURNING ROW_NUMBER SLOW STATS_AUTO_RECALC
  STATS_PERSISTENT STATS_SAMPLE_PAGES WINDOW`;

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
