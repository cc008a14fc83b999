/** The core alone, in this process: what every step costs beside parsing. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../scripts/bootstrap.mjs';
import { catalogFromDdl } from '../src/core/catalog/from-ddl.ts';
import { findPatterns } from '../src/core/patterns/find.ts';
import { analyzeStatement } from '../src/core/sql/analyze.ts';
import { parseStatement } from '../src/core/sql/parse.ts';
import { splitStatements } from '../src/core/sql/splitter.ts';
import { type Timing, takeTurns } from './side-by-side.ts';

const shop = path.join(root, 'examples', 'shop');

/** The SQL statements of a script in PostgreSQL's dialect. */
export function statementTexts(script: string): string[] {
  return splitStatements(script, 'postgresql')
    .filter(({ kind }) => kind === 'sql')
    .map(({ start, end }) => script.slice(start, end));
}

/** Splitting, parsing, analysing and linting one long file. */
export async function benchFile(script: string): Promise<Timing[]> {
  const catalog = catalogFromDdl(readFileSync(path.join(shop, 'schema.sql'), 'utf8'), 'postgresql');
  const texts = statementTexts(script);
  return takeTurns(
    [
      { name: 'parse every statement', run: () => texts.map((text) => parseStatement(text, 'postgresql')) },
      { name: 'split the file', run: () => splitStatements(script, 'postgresql') },
      { name: 'parse and resolve names', run: () => texts.map((text) => analyzeStatement(text, catalog)) },
      {
        name: 'parse, resolve and find patterns',
        run: () => texts.map((text) => findPatterns(analyzeStatement(text, catalog))),
      },
    ],
    15_000,
  );
}
