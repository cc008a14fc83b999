import type { Pattern } from '../pattern.ts';
import {
  coalesceOfSubquery,
  dangerousCall,
  formatCall,
  functionPerRow,
  sysdateCall,
  userVariableAssignment,
  xmlValueCall,
} from './call-advice.ts';
import { multiStatementFunction, volatilityNotDeclared } from './definition-advice.ts';
import { sqlFunctionToExpression, sqlFunctionToSubquery } from './inline/sql-function.ts';
import { recursiveNumbers } from './number-generator.ts';
import { stableFunctionPerRow } from './stable-function.ts';
import { concatenationWithNull, dateFromText } from './text-advice.ts';

/** Patterns about functions, in the order in which matches of equal place are shown. */
export const functionPatterns: readonly Pattern[] = [
  stableFunctionPerRow,
  recursiveNumbers,
  sqlFunctionToSubquery,
  functionPerRow,
  sqlFunctionToExpression,
  sysdateCall,
  formatCall,
  concatenationWithNull,
  dateFromText,
  coalesceOfSubquery,
  xmlValueCall,
  userVariableAssignment,
  volatilityNotDeclared,
  multiStatementFunction,
  dangerousCall,
];
