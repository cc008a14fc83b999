/**
 * What MySQL and MariaDB say of a table, a column or an index beside its columns, types and keys: how it is stored and
 * shown.
 */
import type { Expression, Identifier, Property } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseRestricted } from './expressions.ts';
import { readValue } from './literals.ts';
import { isLabel, parseLabel, parseQualifiedName, readIdentifier } from './names.ts';
import { readTransactProperty } from './transact/properties.ts';

/** A property with a value after it, with or without `=`, or one that is a word alone; null where none begins. */
export function readProperty(c: Cursor): Property | null {
  if (c.grammar.transact) return readTransactProperty(c);
  const { properties } = c.grammar;
  if (properties === null) return null;
  const { start } = c.token;
  const phrase = phraseAt(c, properties.phrases);
  if (phrase !== null) {
    for (let i = 0; i < phrase.split(' ').length; i++) c.advance();
    return finish(c, start, phrase, properties.alone.has(phrase) ? null : readPropertyValue(c, phrase));
  }
  const word = c.token.upper;
  if (c.token.kind !== 'word' || !(properties.valued.has(word) || properties.alone.has(word))) return null;
  c.advance();
  return finish(c, start, word, properties.alone.has(word) ? null : readPropertyValue(c, word));
}

/** A property that was read. */
export function finish(
  c: Cursor,
  start: number,
  name: string,
  value: Property['value'],
  options: Property['options'] = [],
): Property {
  return { kind: 'property', start, end: c.lastEnd, name, value, options };
}

function phraseAt(c: Cursor, phrases: readonly string[]): string | null {
  return phrases.find((phrase) => phrase.split(' ').every((word, i) => c.peek(i).upper === word)) ?? null;
}

function readPropertyValue(c: Cursor, name: string): Expression | Identifier | null {
  if (name === 'ON UPDATE') return parseRestricted(c);
  c.acceptSymbol('=');
  if (name === 'LIKE') {
    // the table whose columns are taken over
    parseQualifiedName(c);
    return null;
  }
  if (c.isSymbol('(')) {
    // UNION = (a, b), PERIOD FOR SYSTEM_TIME (a, b)
    c.skip();
    return null;
  }
  if (isLabel(c.token)) return readIdentifier(c);
  return readValue(c) ?? parseLabel(c);
}
