/** Transact-SQL ("Operator Precedence" of its manual). */
import { wordSet } from '../../dialects/word-set.ts';
import type { Grammar } from '../grammar.ts';
import { all, form, left, logical } from './infix.ts';

const ASSIGN = 5;
const OR = 10;
const AND = 20;
const NOT = 30;
const COMPARISON = 50;
const SUM = 80;
const PRODUCT = 90;
const SIGN = 100;
const COLLATE = 130;

export const TSQL_GRAMMAR: Grammar = {
  infixWords: new Map([
    ['OR', logical(OR, 'OR')],
    ['AND', logical(AND, 'AND')],
    ['NOT', form('not', COMPARISON)],
    ['IS', form('is', COMPARISON, 'none', true)],
    ['BETWEEN', form('between', COMPARISON)],
    ['IN', form('in', COMPARISON)],
    ['LIKE', form('like', COMPARISON)],
    ['COLLATE', form('collate', COLLATE, 'left')],
    ['AT', form('at', COLLATE, 'left', true)],
  ]),
  infixOperators: new Map([
    ...all('< > = <= >= <> !< !>', left(COMPARISON)),
    ...all('!=', left(COMPARISON, '<>')),
    ...all('+ - & ^ | ||', left(SUM)),
    ...all('* / %', left(PRODUCT)),
    ...all('<< >>', left(SUM)),
    // SELECT @x += a
    ...all('+= -= *= /= %= &= |= ^=', left(ASSIGN)),
  ]),
  otherOperator: null,
  prefixes: new Map([
    ['+', SIGN],
    ['-', SIGN],
    ['~', SIGN],
  ]),
  otherPrefix: null,
  notOperand: NOT,
  restrictedFrom: COMPARISON,
  predicateOperand: COMPARISON + 1,
  typedLiterals: 'none',
  valuesQuery: true,
  tableQuery: false,
  subscripts: false,
  fieldAccess: true,
  assignsFields: false,
  intervalExpressions: false,
  transact: true,
  limitWithComma: false,
  conditionlessJoins: false,
  selectModifiers: new Set(),
  tableModifiers: new Set(),
  properties: null,
  writeModifiers: new Set(),
  keywordCalls: wordSet('CURRENT_DATE CURRENT_TIMESTAMP CURRENT_USER SESSION_USER SYSTEM_USER USER'),
  exceptWords: wordSet('EXCEPT'),
  intervalUnits: new Set(),
};
