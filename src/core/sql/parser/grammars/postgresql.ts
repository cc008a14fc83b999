/** PostgreSQL 18: the precedences are those of gram.y (the manual's "Operator Precedence" shows them in short). */
import { wordSet } from '../../dialects/word-set.ts';
import type { Grammar } from '../grammar.ts';
import { all, form, left, logical, nonassociative } from './infix.ts';

const OR = 10;
const AND = 20;
const NOT = 30;
const IS = 40;
const COMPARISON = 50;
const PREDICATE = 60;
const OTHER = 70;
const SUM = 80;
const PRODUCT = 90;
const POWER = 100;
const AT = 110;
const COLLATE = 120;
const SIGN = 130;
const CAST = 150;

export const POSTGRESQL_GRAMMAR: Grammar = {
  infixWords: new Map([
    ['OR', logical(OR, 'OR')],
    ['AND', logical(AND, 'AND')],
    ['NOT', form('not', PREDICATE)],
    ['IS', form('is', IS, 'none', true)],
    ['ISNULL', form('isNull', IS)],
    ['NOTNULL', form('isNull', IS)],
    ['BETWEEN', form('between', PREDICATE)],
    ['IN', form('in', PREDICATE)],
    ['LIKE', form('like', PREDICATE)],
    ['ILIKE', form('like', PREDICATE)],
    ['SIMILAR', form('similar', PREDICATE)],
    ['OPERATOR', form('operator', OTHER, 'left', true)],
    ['AT', form('at', AT, 'left')],
    ['COLLATE', form('collate', COLLATE, 'left')],
    ['OVERLAPS', form('overlaps', CAST)],
  ]),
  infixOperators: new Map([
    ...all('< > = <= >= <>', nonassociative(COMPARISON)),
    ...all('!=', nonassociative(COMPARISON, '<>')),
    ...all('+ -', left(SUM)),
    ...all('* / %', left(PRODUCT)),
    ...all('^', left(POWER)),
    ...all('::', form('cast', CAST, 'left', true)),
  ]),
  otherOperator: left(OTHER),
  prefixes: new Map([
    ['+', SIGN + 1],
    ['-', SIGN + 1],
  ]),
  otherPrefix: OTHER + 1,
  notOperand: NOT,
  restrictedFrom: IS,
  predicateOperand: PREDICATE + 1,
  typedLiterals: 'any',
  valuesQuery: true,
  tableQuery: true,
  subscripts: true,
  fieldAccess: true,
  assignsFields: true,
  intervalExpressions: false,
  transact: false,
  limitWithComma: false,
  conditionlessJoins: false,
  selectModifiers: new Set(),
  tableModifiers: new Set(),
  properties: null,
  writeModifiers: new Set(),
  keywordCalls:
    wordSet(`CURRENT_CATALOG CURRENT_DATE CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP
    CURRENT_USER LOCALTIME LOCALTIMESTAMP SESSION_USER SYSTEM_USER USER`),
  exceptWords: wordSet('EXCEPT'),
  intervalUnits: wordSet('YEAR MONTH DAY HOUR MINUTE SECOND'),
};
