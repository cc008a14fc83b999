import type { DialectData } from './dialect-data.ts';
import { wordSet } from './word-set.ts';

/** Keywords that are reserved except as the name of a function or a type ("type_func_name" in the grammar). */
const FUNCTION_KEYWORDS = `
  AUTHORIZATION BINARY COLLATION CONCURRENTLY CROSS CURRENT_SCHEMA FREEZE FULL ILIKE INNER IS ISNULL JOIN LEFT
  LIKE NATURAL NOTNULL OUTER OVERLAPS RIGHT SIMILAR TABLESAMPLE VERBOSE`;

/** "reserved" in the manual's appendix of key words, PostgreSQL 13 to 18. */
const RESERVED = `
  ALL ANALYSE ANALYZE AND ANY ARRAY AS ASC ASYMMETRIC BOTH CASE CAST CHECK COLLATE COLUMN CONSTRAINT CREATE
  CURRENT_CATALOG CURRENT_DATE CURRENT_ROLE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEFAULT DEFERRABLE DESC
  DISTINCT DO ELSE END EXCEPT FALSE FETCH FOR FOREIGN FROM GRANT GROUP HAVING IN INITIALLY INTERSECT INTO LATERAL
  LEADING LIMIT LOCALTIME LOCALTIMESTAMP NOT NULL OFFSET ON ONLY OR ORDER PLACING PRIMARY REFERENCES RETURNING
  SELECT SESSION_USER SOME SYMMETRIC SYSTEM_USER TABLE THEN TO TRAILING TRUE UNION UNIQUE USER USING VARIADIC
  WHEN WHERE WINDOW WITH`;

/** "requires AS" in the same appendix. */
const REQUIRES_AS = `
  ARRAY AS CHAR CHARACTER CREATE DAY EXCEPT FETCH FILTER FOR FROM GRANT GROUP HAVING HOUR INTERSECT INTO ISNULL
  LIMIT MINUTE MONTH NOTNULL OFFSET ON ORDER OVER OVERLAPS PRECISION RETURNING SECOND TO UNION VARYING WHERE
  WINDOW WITH WITHIN WITHOUT YEAR`;

const STATEMENT_STARTS = `
  ABORT ALTER ANALYZE BEGIN CALL CHECKPOINT CLOSE CLUSTER COMMENT COMMIT COPY CREATE DEALLOCATE DECLARE DELETE
  DISCARD DO DROP END EXECUTE EXPLAIN FETCH GRANT IMPORT INSERT LISTEN LOAD LOCK MERGE MOVE NOTIFY PREPARE
  REASSIGN REFRESH REINDEX RELEASE RESET REVOKE ROLLBACK SAVEPOINT SECURITY SELECT SET SHOW START TABLE TRUNCATE
  UNLISTEN UPDATE VACUUM VALUES WITH`;

export const POSTGRESQL: DialectData = {
  dialect: 'postgresql',
  identifiers: { quotes: { '"': '"' }, start: '', part: '$', mayStartWithDigit: false },
  strings: { quotes: "'", backslash: false, escapePrefixes: true, bitPrefixes: true, dollar: true },
  numbers: { hexadecimal: 'number', underscores: true, money: false },
  comments: { nested: true, hash: false, dashesNeedBlank: false, executable: [] },
  operators: 'munch',
  placeholders: { questionMarkOperators: true, at: 'placeholder', dollarNumber: true },
  reserved: wordSet(RESERVED, FUNCTION_KEYWORDS),
  functionKeywords: wordSet(FUNCTION_KEYWORDS),
  bareAliasForbidden: wordSet(REQUIRES_AS),
  statementStarts: wordSet(STATEMENT_STARTS),
  // In a UTF-8 database the server folds ASCII letters only (downcase_identifier in scansup.c).
  foldIdentifier: (name, quoted) =>
    quoted || !/[A-Z]/.test(name) ? name : name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()),
};
