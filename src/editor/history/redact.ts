/** Literals are personal data: what is stored has them replaced unless the user allows to keep them. */
import type { Dialect } from '../../core/sql/dialect.ts';
import { tokenize } from '../../core/sql/lexer.ts';

const LITERALS = new Set(['string', 'number', 'bitString']);

/** A statement, or a piece of one, with every literal replaced by `?`. */
export function redactLiterals(sql: string, dialect: Dialect): string {
  return tokenize(sql, dialect)
    .map((token) => (LITERALS.has(token.kind) ? '?' : token.text))
    .join('');
}
