/** MySQL ("Operator Precedence" of its manual) and MariaDB, where the difference is small. */
import { wordSet } from '../../dialects/word-set.ts';
import type { Grammar } from '../grammar.ts';
import { all, form, left, logical } from './infix.ts';

const ASSIGN = 5;
const OR = 10;
const XOR = 15;
const AND = 20;
const NOT = 30;
const COMPARISON = 50;
/** "predicate" in sql_yacc.yy: its operands hold no comparison */
const PREDICATE = 55;
const BIT_OR = 60;
const BIT_AND = 70;
const SHIFT = 75;
const SUM = 80;
const PRODUCT = 90;
const POWER = 100;
const SIGN = 110;
const ARROW = 125;
const COLLATE = 130;

export const MYSQL_GRAMMAR: Grammar = {
  infixWords: new Map([
    ['OR', logical(OR, 'OR')],
    ['XOR', logical(XOR, 'XOR')],
    ['AND', logical(AND, 'AND')],
    ['NOT', form('not', PREDICATE)],
    ['IS', form('is', COMPARISON, 'left')],
    ['BETWEEN', form('between', PREDICATE, 'left')],
    ['IN', form('in', PREDICATE, 'left')],
    ['LIKE', form('like', PREDICATE, 'left')],
    ['REGEXP', form('like', PREDICATE, 'left')],
    ['RLIKE', form('like', PREDICATE, 'left')],
    ['MEMBER', form('memberOf', PREDICATE, 'left')],
    ['SOUNDS', form('like', PREDICATE, 'left')],
    ['DIV', left(PRODUCT)],
    ['MOD', left(PRODUCT, '%')],
    ['COLLATE', form('collate', COLLATE, 'left')],
  ]),
  infixOperators: new Map([
    ...all('< > = <= >= <> <=>', left(COMPARISON)),
    ...all('!=', left(COMPARISON, '<>')),
    // Without sql_mode PIPES_AS_CONCAT, which the parser cannot know, || is OR.
    ...all('||', logical(OR, 'OR')),
    ...all('&&', logical(AND, 'AND')),
    ...all(':=', left(ASSIGN)),
    ...all('|', left(BIT_OR)),
    ...all('&', left(BIT_AND)),
    ...all('<< >>', left(SHIFT)),
    ...all('+ -', left(SUM)),
    ...all('* / %', left(PRODUCT)),
    ...all('^', left(POWER)),
    ...all('-> ->>', left(ARROW)),
  ]),
  otherOperator: null,
  prefixes: new Map([
    ['+', SIGN],
    ['-', SIGN],
    ['~', SIGN],
    ['!', SIGN],
    ['BINARY', COLLATE],
  ]),
  otherPrefix: null,
  notOperand: NOT,
  restrictedFrom: COMPARISON,
  predicateOperand: PREDICATE + 1,
  typedLiterals: 'datetime',
  valuesQuery: true,
  tableQuery: true,
  subscripts: false,
  fieldAccess: false,
  assignsFields: false,
  intervalExpressions: true,
  transact: false,
  limitWithComma: true,
  conditionlessJoins: true,
  selectModifiers:
    wordSet(`HIGH_PRIORITY STRAIGHT_JOIN SQL_SMALL_RESULT SQL_BIG_RESULT SQL_BUFFER_RESULT SQL_NO_CACHE
    SQL_CACHE SQL_CALC_FOUND_ROWS DISTINCTROW`),
  tableModifiers: wordSet('USE FORCE IGNORE PARTITION'),
  properties: {
    valued: wordSet(`AFTER ALGORITHM AUTO_INCREMENT AUTOEXTEND_SIZE AVG_ROW_LENGTH CHARSET CHECKSUM COLLATE
    COLUMN_FORMAT COMMENT COMPRESSION CONNECTION DELAY_KEY_WRITE ENCRYPTED ENCRYPTION ENCRYPTION_KEY_ID ENGINE
    ENGINE_ATTRIBUTE IETF_QUOTES INSERT_METHOD KEY_BLOCK_SIZE LIKE LOCK MAX_ROWS MIN_ROWS PACK_KEYS PAGE_CHECKSUM
    PAGE_COMPRESSED PAGE_COMPRESSION_LEVEL PASSWORD ROW_FORMAT SECONDARY_ENGINE SECONDARY_ENGINE_ATTRIBUTE SEQUENCE
    SRID STATS_AUTO_RECALC STATS_PERSISTENT STATS_SAMPLE_PAGES STORAGE TABLESPACE TRANSACTIONAL UNION USING`),
    phrases: [
      'PERIOD FOR SYSTEM_TIME',
      'DEFAULT CHARACTER SET',
      'CHARACTER SET',
      'DEFAULT CHARSET',
      'DEFAULT COLLATE',
      'DATA DIRECTORY',
      'INDEX DIRECTORY',
      'ON UPDATE',
      'WITH PARSER',
      'WITH SYSTEM VERSIONING',
      'WITHOUT SYSTEM VERSIONING',
      'WITH CASCADED CHECK OPTION',
      'WITH LOCAL CHECK OPTION',
      'WITH CHECK OPTION',
      'NOT IGNORED',
      'NOT INVISIBLE',
    ],
    alone: new Set([
      ...wordSet('FIRST VISIBLE INVISIBLE IGNORED COMPRESSED IGNORE REPLACE'),
      'WITH SYSTEM VERSIONING',
      'WITHOUT SYSTEM VERSIONING',
      'WITH CASCADED CHECK OPTION',
      'WITH LOCAL CHECK OPTION',
      'WITH CHECK OPTION',
      'NOT IGNORED',
      'NOT INVISIBLE',
    ]),
  },
  writeModifiers: wordSet('LOW_PRIORITY DELAYED HIGH_PRIORITY IGNORE QUICK'),
  keywordCalls:
    wordSet(`CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER LOCALTIME LOCALTIMESTAMP UTC_DATE
    UTC_TIME UTC_TIMESTAMP`),
  exceptWords: wordSet('EXCEPT'),
  intervalUnits: wordSet(`MICROSECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR SECOND_MICROSECOND
    MINUTE_MICROSECOND MINUTE_SECOND HOUR_MICROSECOND HOUR_SECOND HOUR_MINUTE DAY_MICROSECOND DAY_SECOND DAY_MINUTE
    DAY_HOUR YEAR_MONTH`),
};

export const MARIADB_GRAMMAR: Grammar = {
  ...MYSQL_GRAMMAR,
  // TABLE t is a statement of MySQL 8 only.
  tableQuery: false,
  exceptWords: wordSet('EXCEPT MINUS'),
};
