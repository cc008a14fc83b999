/**
 * Rewrites of T-SQL. SQL Server cannot run beside the tests, so golden cases are translated into what means the same in
 * PostgreSQL (test/databases/tsql/translate.ts), and original and rewrite run there on generated databases. Texts have a
 * collation that ignores case, as SQL Server's have, and NULL sorts first. What cannot be translated is listed.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { findMatches } from '../../../src/core/patterns/find.ts';
import { patternById } from '../../../src/core/patterns/library.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { applyEdits } from '../../../src/core/sql/text.ts';
import { type SearchResult, searchCounterexample } from '../../../src/core/verification/search/search.ts';
import { withDatabase } from '../../servers/with-database.ts';
import { goldenCases } from '../../unit/patterns/golden-cases.ts';
import { mutations } from '../tsql/mutations.ts';
import { TransactScratch } from '../tsql/transact-scratch.ts';
import {
  looksIntoTexts,
  mayShowAnyOfEqualTexts,
  NoTranslation,
  postgresDdl,
  postgresStatement,
} from '../tsql/translate.ts';

/** Generated databases for each case that has to survive (`SQLOPT_TEST_DATABASES=400` tries more), and to be refuted. */
const DATABASES = Number(process.env['SQLOPT_TEST_DATABASES'] ?? 60);
const DATABASES_TO_REFUTE = 400;

/** Rewrites of changed statements that are run for each pattern; `SQLOPT_TSQL_ATTACK=50` runs more. */
const CHANGED = Number(process.env['SQLOPT_TSQL_ATTACK'] ?? 1);

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

interface ChangedRewrite {
  readonly pattern: string;
  readonly before: string;
  readonly after: string;
  readonly schema: string;
}

/** Rewrites that are called proved of golden statements that were changed: of each pattern some, from all over them. */
function changedRewrites(): ChangedRewrite[] {
  const found = new Map<string, ChangedRewrite[]>();
  for (const { dialect, schema, sql } of goldenCases()) {
    if (dialect !== 'tsql') continue;
    const catalog = catalogFromDdl(schema, 'tsql');
    for (const before of mutations(shallow(sql))) {
      for (const { pattern, match } of findMatches(analyzeStatement(before, catalog))) {
        if (match.rewrite?.soundness !== 'proved') continue;
        const after = applyEdits(before, match.rewrite.edits);
        const { id } = pattern;
        found.set(id, [...(found.get(id) ?? []), { pattern: id, before, after, schema }]);
      }
    }
  }
  return [...found.values()].flatMap((all) => {
    const step = Math.max(1, Math.floor(all.length / CHANGED));
    return all.filter((_, i) => i % step === 0).slice(0, CHANGED);
  });
}

describe('rewrites of T-SQL, translated, on generated databases of PostgreSQL 18', () => {
  let scratch: TransactScratch;
  after(() => scratch.close());
  const database = withDatabase('PostgreSQL 18');
  before(async () => {
    scratch = await TransactScratch.open(database.url);
  });
  const untranslated: string[] = [];
  let compared = 0;
  let refuted = 0;

  const attack = async ({ before, after, catalog }: Pair, databases = DATABASES): Promise<SearchResult> => {
    const original = analyzeStatement(before, catalog);
    const candidate = analyzeStatement(after, catalog);
    const options = { databases, budgetMs: 60_000 };
    scratch.texts = looksIntoTexts(original) ? 'anyCase' : 'padded';
    const result = await searchCounterexample(original, candidate, catalog, scratch, options);
    // which of the texts that are equal stands for them is open, and is taken for a difference
    if (result.verdict !== 'refuted' || !mayShowAnyOfEqualTexts(original)) return result;
    scratch.texts = 'plain';
    return searchCounterexample(original, candidate, catalog, scratch, options);
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
        assert.equal(result.verdict, 'survived', result.verdict === 'unknown' ? result.message : '');
        assert.ok(result.verdict === 'survived' && result.reached > 0, 'rows reached the output');
        compared++;
      });
    } else {
      test(`${pattern}: would be wrong: ${title}`, async () => {
        const pair = orUntranslated(() => translated(schema, sql, wrong), `${pattern}: ${title}`);
        if (pair === null) return;
        const result = await attack(pair, DATABASES_TO_REFUTE);
        assert.equal(result.verdict, 'refuted', result.verdict === 'unknown' ? result.message : '');
        refuted++;
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

  test('statements that TOP, WITH TIES, OFFSET, DISTINCT or APPLY changes keep their rows under every rule', async (t) => {
    const wrong: string[] = [];
    const undecided: string[] = [];
    const reached = new Map<string, number>();
    let tried = 0;
    for (const { pattern, before, after, schema } of changedRewrites()) {
      let pair: Pair;
      try {
        pair = translated(schema, before, after);
      } catch (error) {
        if (error instanceof NoTranslation) continue;
        throw error;
      }
      const result = await attack(pair, DATABASES / 2);
      if (result.verdict === 'refuted') {
        const { setup, before: original, after: rewrite } = result.counterexample;
        wrong.push(`${pattern}\n${before}\n→ ${after}\non\n${setup}\n${original}\n→ ${rewrite}`);
      } else if (result.verdict === 'unknown') undecided.push(`${pattern}: ${before} (${result.message})`);
      else {
        tried++;
        if (result.reached > 0) reached.set(pattern, (reached.get(pattern) ?? 0) + 1);
      }
    }
    t.diagnostic(`${tried} rewrites of ${reached.size} patterns compared`);
    t.diagnostic(`${undecided.length} not decided: ${undecided.slice(0, 10).join('; ')}`);
    assert.deepEqual(wrong, []);
    assert.ok(tried > 60 && undecided.length < tried / 10, `${tried} tried, ${undecided.length} undecided`);
  });

  test('nearly all golden rewrites of T-SQL were compared', (t) => {
    t.diagnostic(`${compared} rewrites compared, ${refuted} wrong ones refuted`);
    t.diagnostic(`${untranslated.length} not translated: ${untranslated.join('; ')}`);
    assert.ok(untranslated.length <= UNTRANSLATED, untranslated.join('\n'));
    assert.ok(compared >= 180, `only ${compared}`);
  });
});
