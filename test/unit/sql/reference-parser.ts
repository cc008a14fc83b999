/** PostgreSQL's own parser (libpg-query), to compare with. */
import { readdirSync, readFileSync } from 'node:fs';
import { loadModule, parseSync } from 'libpg-query';
import { tokenize } from '../../../src/core/sql/lexer.ts';

/** Load the parser; needed once before {@link referenceTree}. */
export const loadReferenceParser: () => Promise<void> = loadModule;

const PLACE = /^(?:location|stmt_len|\w+_location|list_start|list_end|rexpr_list_\w+)$/;

/**
 * The tree of PostgreSQL's parser as text, without the places in the source.
 *
 * @returns null when PostgreSQL rejects the statement
 */
export function referenceTree(sql: string): string | null {
  let tree: unknown;
  try {
    tree = parseSync(sql);
  } catch {
    return null;
  }
  return JSON.stringify(tree, (key, value) => (PLACE.test(key) ? undefined : value));
}

const FIXTURES = new URL('../../fixtures/sql/', import.meta.url);

/** The statements of a fixture folder with the name of their file. A statement ends with a semicolon at the end of a line. */
export function fixtureStatements(folder: string): { file: string; sql: string }[] {
  const directory = new URL(`${folder}/`, FIXTURES);
  return readdirSync(directory).flatMap((file) =>
    readFileSync(new URL(file, directory), 'utf8')
      .split(/;[ \t]*\n/)
      .map((sql) => ({ file, sql: sql.trim() }))
      .filter(({ sql }) => sql !== ''),
  );
}

/** The statement with every placeholder that PostgreSQL does not know written as $1, $2 … */
export function numberPlaceholders(sql: string): string {
  let count = 0;
  return tokenize(sql, 'postgresql')
    .map((token) => {
      if (token.kind !== 'placeholder' || token.text.startsWith('$')) return token.text;
      return `$${++count}`;
    })
    .join('');
}
