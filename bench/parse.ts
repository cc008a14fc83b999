/** Our parser beside two others on the same statements, in turns: node-sql-parser and PostgreSQL's own (libpg-query, in WebAssembly). */
import { loadModule, parseSync } from 'libpg-query';
import nodeSqlParser from 'node-sql-parser';
import { parseStatement } from '../src/core/sql/parse.ts';
import { fixtureStatements } from '../test/unit/sql/reference-parser.ts';
import { type Timing, takeTurns } from './side-by-side.ts';

/** The fixtures that hold what people and mappers write. */
const FILES = new Set(['analytics.sql', 'orm.sql', 'queries.sql', 'writes.sql']);

/**
 * Parse the statements that all three parsers accept, again and again.
 *
 * @returns our timing first; `statements` is how many statements one run parses, `characters` how long they are
 */
export async function benchParse(): Promise<{ timings: Timing[]; statements: number; characters: number }> {
  await loadModule();
  const other = new nodeSqlParser.Parser();
  const options = { database: 'postgresql' };
  const texts = fixtureStatements('postgresql')
    .filter(
      ({ file, sql }) =>
        FILES.has(file) && accepts(() => other.astify(sql, options)) && accepts(() => parseSync(sql)),
    )
    .map(({ sql }) => sql);
  const timings = await takeTurns(
    [
      {
        name: 'ours, with every range and comment',
        run: () => texts.map((sql) => parseStatement(sql, 'postgresql')),
      },
      { name: 'libpg-query (WebAssembly)', run: () => texts.map((sql) => parseSync(sql)) },
      { name: 'node-sql-parser', run: () => texts.map((sql) => other.astify(sql, options)) },
    ],
    10_000,
  );
  return { timings, statements: texts.length, characters: texts.join('').length };
}

function accepts(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
