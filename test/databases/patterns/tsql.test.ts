/**
 * Rewrites of T-SQL. SQL Server cannot run beside the tests, so golden cases are translated into what means the same in
 * PostgreSQL (test/databases/tsql/translate.ts), and original and rewrite run there on generated databases. Texts have a
 * collation that ignores case, as SQL Server's have, and NULL sorts first. What cannot be translated is listed.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { patternById } from '../../../src/core/patterns/library.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { type SearchResult, searchCounterexample } from '../../../src/core/verification/search/search.ts';
import { withDatabase } from '../../servers/with-database.ts';
import { goldenCases } from '../../unit/patterns/golden-cases.ts';
import { TransactScratch } from '../tsql/transact-scratch.ts';
import {
  looksIntoTexts,
  mayShowAnyOfEqualTexts,
  NoTranslation,
  postgresDdl,
  postgresStatement,
} from '../tsql/translate.ts';

/** Generated databases for each case. */
const DATABASES = 120;

/** Cases that may have no translation; what they are is printed. */
const UNTRANSLATED = 12;

interface Pair {
  readonly before: string;
  readonly after: string;
  readonly catalog: Catalog;
}

function translated(schema: string, before: string, after: string): Pair {
  const transact = catalogFromDdl(schema, 'tsql');
  return {
    before: postgresStatement(shallow(before), transact),
    after: postgresStatement(shallow(after), transact),
    catalog: catalogFromDdl(postgresDdl(schema), 'postgresql'),
  };
}

/** Generated tables are small: a page behind their last row would show nothing. */
function shallow(sql: string): string {
  return sql.replace(/\bOFFSET \d{3,}/gi, 'OFFSET 1');
}

describe('rewrites of T-SQL, translated, on generated databases of PostgreSQL 18', () => {
  let scratch: TransactScratch;
  after(() => scratch.close());
  const database = withDatabase('PostgreSQL 18');
  before(async () => {
    scratch = await TransactScratch.open(database.url);
  });
  const untranslated: string[] = [];
  const unrun: string[] = [];
  let compared = 0;
  let refuted = 0;

  const attack = async ({ before, after, catalog }: Pair): Promise<SearchResult> => {
    const original = analyzeStatement(before, catalog);
    // which of the texts that are equal stands for them is open, and would be taken for a difference
    scratch.texts = mayShowAnyOfEqualTexts(original)
      ? 'plain'
      : looksIntoTexts(original)
        ? 'anyCase'
        : 'padded';
    const options = { databases: DATABASES, budgetMs: 20_000 };
    return searchCounterexample(original, analyzeStatement(after, catalog), catalog, scratch, options);
  };

  for (const { pattern, title, dialect, schema, sql, expected } of goldenCases()) {
    if (dialect !== 'tsql' || patternById(pattern) === null) continue;
    const wrong = (expected.kind === 'stays' || expected.kind === 'silent') && expected.wrong;
    if (wrong === false || wrong === null) {
      if (expected.kind !== 'gives' || expected.soundness !== 'proved') continue;
      test(`${pattern}: ${title}`, async () => {
        const pair = orUntranslated(() => translated(schema, sql, expected.sql), `${pattern}: ${title}`);
        if (pair === null) return;
        const result = await attack(pair);
        if (result.verdict === 'refuted') {
          const { setup, before: original, after: rewrite } = result.counterexample;
          assert.fail(
            `${pair.before}\n→ ${pair.after}\nrefuted on\n${setup}\noriginal:\n${original}\nrewrite:\n${rewrite}`,
          );
        }
        if (result.verdict === 'unknown') unrun.push(`${pattern}: ${title} (${result.message})`);
        else {
          compared++;
          assert.ok(result.reached > 0, 'rows reached the output on some database');
        }
      });
    } else {
      test(`${pattern}: would be wrong: ${title}`, async () => {
        const pair = orUntranslated(() => translated(schema, sql, wrong), `${pattern}: ${title}`);
        if (pair === null) return;
        const result = await attack(pair);
        if (result.verdict === 'refuted') refuted++;
        else unrun.push(`${pattern}: would be wrong, not refuted: ${title} (${result.verdict})`);
      });
    }
  }

  function orUntranslated(work: () => Pair, name: string): Pair | null {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof NoTranslation)) throw error;
      untranslated.push(`${name} (${error.message})`);
      return null;
    }
  }

  test('nearly all golden rewrites of T-SQL were compared', (t) => {
    t.diagnostic(`${compared} rewrites compared, ${refuted} wrong ones refuted`);
    t.diagnostic(`${untranslated.length} not translated: ${untranslated.join('; ')}`);
    t.diagnostic(`${unrun.length} not decided: ${unrun.join('; ')}`);
    assert.ok(untranslated.length <= UNTRANSLATED, untranslated.join('\n'));
    assert.ok(compared >= 180, `only ${compared}`);
  });
});
