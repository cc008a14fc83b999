import type { Pattern } from '../pattern.ts';
import {
  entityAttributeValue,
  enumColumn,
  floatKey,
  listAsText,
  numberedColumns,
  randomClusteredKey,
  referenceWithoutForeignKey,
  widePrimaryKey,
} from './keys.ts';
import { displayWidth, floatForMoney, moneyType, narrowGeneratedKey, serialColumn } from './numbers.ts';
import {
  addressAsText,
  dateAsText,
  deprecatedLargeObject,
  flagAsText,
  jsonColumn,
  longChar,
  plainPassword,
  threeByteCharset,
  uuidAsText,
  varcharWithoutLength,
} from './texts.ts';
import { oldDatetime, timestampWithoutZone, timeWithZone } from './times.ts';

/** Patterns about data types, in the order in which matches of equal place are shown. */
export const typePatterns: readonly Pattern[] = [
  floatForMoney,
  moneyType,
  narrowGeneratedKey,
  serialColumn,
  displayWidth,
  longChar,
  dateAsText,
  flagAsText,
  addressAsText,
  plainPassword,
  uuidAsText,
  jsonColumn,
  varcharWithoutLength,
  deprecatedLargeObject,
  threeByteCharset,
  timestampWithoutZone,
  timeWithZone,
  oldDatetime,
  widePrimaryKey,
  randomClusteredKey,
  floatKey,
  referenceWithoutForeignKey,
  entityAttributeValue,
  numberedColumns,
  listAsText,
  enumColumn,
];
