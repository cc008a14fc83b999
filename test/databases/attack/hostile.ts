/** The statements of test/fixtures/attack/hostile.sql with their schemas. */
import { readFileSync } from 'node:fs';
import type { Subject } from './mutations.ts';

const FILE = new URL('../../fixtures/attack/hostile.sql', import.meta.url);

/** All statements of the file, in its order. */
export function hostileStatements(): Subject[] {
  return readFileSync(FILE, 'utf8')
    .split(/^--- schema\n/m)
    .slice(1)
    .flatMap((part) => {
      const [schema = '', statements = ''] = part.split(/^--- statements\n/m);
      return statements
        .split('\n')
        .filter((sql) => sql.trim() !== '')
        .map((sql) => ({ schema, sql }));
    });
}
