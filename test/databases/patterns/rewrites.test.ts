import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import pg from 'pg';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { findMatches } from '../../../src/core/patterns/find.ts';
import { patternById } from '../../../src/core/patterns/library.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { applyEdits } from '../../../src/core/sql/text.ts';
import { FACTS_DATA, FACTS_SCHEMA } from '../../fixtures/patterns/facts.ts';
import { availableServers } from '../../servers/servers.ts';
import type { ServerName } from '../../servers/test-server.ts';
import { withDatabase } from '../../servers/with-database.ts';
import { goldenCases } from '../../unit/patterns/golden-cases.ts';
import { generatedPredicates } from './generated-predicates.ts';
import { generatedStatements } from './generated-statements.ts';

/** The golden cases over the tables of facts.ts whose rewrite is known. */
const REWRITTEN = goldenCases().flatMap(({ pattern, title, schema, timeZone, sql, expected }) =>
  schema === FACTS_SCHEMA && expected.kind === 'gives'
    ? [{ pattern, title, timeZone, before: sql, after: expected.sql, soundness: expected.soundness }]
    : [],
);

interface Outcome {
  readonly columns: string;
  readonly rows: readonly string[];
}

async function outcomeOf(client: pg.Client, sql: string): Promise<Outcome> {
  const parameters = sql.includes('$1') ? ['2024-12-31'] : [];
  const result = await client.query<(string | null)[]>({
    text: sql,
    values: parameters,
    rowMode: 'array',
    types: { getTypeParser: () => String },
  });
  const columns = result.fields.map((field) => `${field.name} ${field.dataTypeID}`).join();
  return { columns, rows: result.rows.map((row) => JSON.stringify(row)) };
}

/** As lists where the statement orders without ties, else as multisets. */
function comparable({ columns, rows }: Outcome, ordered: boolean): readonly string[] {
  return [columns, ...(ordered ? rows : [...rows].sort())];
}

const servers: readonly ServerName[] = ['PostgreSQL 18', 'PostgreSQL 15'];
for (const server of servers) {
  const skip = availableServers().includes(server) ? false : `no ${server} here`;
  describe(`rewrites of predicates, pages and set operations on ${server}`, { skip }, () => {
    const database = withDatabase(server, skip ? '' : FACTS_SCHEMA + FACTS_DATA);

    async function connected<T>(timeZone: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      try {
        await client.query("SELECT set_config('timezone', $1, false)", [timeZone]);
        return await run(client);
      } finally {
        await client.end();
      }
    }

    for (const one of REWRITTEN) {
      it(`gives the same rows: ${one.pattern}: ${one.title}`, async () => {
        await connected(one.timeZone, async (client) => {
          const before = await outcomeOf(client, one.before);
          const after = await outcomeOf(client, one.after);
          const ordered = /ORDER BY (?!.*\()/i.test(one.before) && one.soundness !== 'likely';
          if (one.soundness === 'likely' && /LIMIT/.test(one.before)) {
            // which of the rows that tie are shown is open; how many is not
            assert.equal(after.rows.length, before.rows.length);
            return;
          }
          assert.deepEqual(comparable(after, ordered), comparable(before, ordered));
        });
      });
    }

    it('shows something: hardly a case has an empty result', async () => {
      await connected('UTC', async (client) => {
        const empty: string[] = [];
        for (const one of REWRITTEN) {
          if ((await outcomeOf(client, one.before)).rows.length === 0) empty.push(one.title);
        }
        assert.deepEqual(empty, EMPTY_BY_NATURE);
      });
    });

    it('gives the same rows for statements put together by chance', async () => {
      const hits = await connected('UTC', (client) => checkGenerated(client));
      for (const pattern of GENERATED)
        assert.ok((hits.get(pattern) ?? 0) >= 5, `${pattern}: ${hits.get(pattern) ?? 0} times`);
    });

    for (const timeZone of ['UTC', 'Europe/Berlin', 'America/Havana']) {
      it(`picks the same rows for every boundary, operator and unit, in ${timeZone}`, async () => {
        const catalog = catalogFromDdl(FACTS_SCHEMA, 'postgresql');
        const settings = { ...catalog.settings, timezone: timeZone };
        const checked = await connected(timeZone, (client) => checkAll(client, { ...catalog, settings }));
        // outside of UTC nothing is offered for timestamps with time zone
        assert.ok(checked > (timeZone === 'UTC' ? 900 : 700), `only ${checked} rewrites were offered`);
      });
    }
  });
}

/** It asks for rows of the month in which the test runs. */
const EMPTY_BY_NATURE = ['this month, in a session in UTC'];

interface Pair {
  readonly before: string;
  readonly after: string;
}

/** Compares all generated predicates with their rewrites, on every row; gives how many there were. */
async function checkAll(client: pg.Client, catalog: Catalog): Promise<number> {
  const pairs = [...generatedPredicates()].flatMap(({ pattern, predicate }) =>
    rewriteOf(catalog, pattern, predicate),
  );
  // many in one query: each round trip would cost more than its comparison
  for (let at = 0; at < pairs.length; at += PAIRS_PER_QUERY) {
    const some = pairs.slice(at, at + PAIRS_PER_QUERY);
    const counts = some.map(
      ({ before, after }, i) =>
        `count(*) FILTER (WHERE ((${before}) IS TRUE) <> ((${after}) IS TRUE))::integer AS c${i}`,
    );
    const { rows } = await client.query<Record<string, number>>(`SELECT ${counts.join(', ')} FROM facts`);
    const wrong = some.filter((_, i) => rows[0]?.[`c${i}`] !== 0);
    assert.deepEqual(wrong, []);
  }
  return pairs.length;
}

const PAIRS_PER_QUERY = 50;

function rewriteOf(catalog: Catalog, pattern: string, predicate: string): Pair[] {
  const prefix = 'SELECT id FROM facts WHERE ';
  const found = patternById(pattern);
  assert.ok(found);
  const match = findMatches(analyzeStatement(prefix + predicate, catalog), { among: [found] })[0]?.match;
  if (!match?.rewrite) return [];
  return [
    { before: predicate, after: applyEdits(prefix + predicate, match.rewrite.edits).slice(prefix.length) },
  ];
}

const GENERATED = [
  'union-to-union-all',
  'union-all-to-one-scan',
  'intersect-except-to-exists',
  'limit-into-union-all',
  'offset-paging',
  'order-by-in-subquery',
  'transitive-range',
];

/** These say themselves that no ties are left open; under another rule's LIMIT the rows that tie may be others. */
const ABOUT_LIMITS = new Set(['limit-into-union-all', 'offset-paging']);

/** Runs generated statements and all their rewrites that are called proved; gives how often each pattern was met. */
async function checkGenerated(client: pg.Client): Promise<Map<string, number>> {
  const catalog = catalogFromDdl(FACTS_SCHEMA, 'postgresql');
  const among = GENERATED.map(patternById).filter((pattern) => pattern !== null);
  const hits = new Map<string, number>();
  for (const sql of generatedStatements(700, 20)) {
    const before = comparable(await outcomeOf(client, sql), false);
    for (const { pattern, match } of findMatches(analyzeStatement(sql, catalog), { among })) {
      const open = sql.includes(' LIMIT ') && !ABOUT_LIMITS.has(pattern.id);
      if (match.rewrite?.soundness !== 'proved' || open) continue;
      hits.set(pattern.id, (hits.get(pattern.id) ?? 0) + 1);
      const after = applyEdits(sql, match.rewrite.edits);
      assert.deepEqual(comparable(await outcomeOf(client, after), false), before, `${sql}\nbecame\n${after}`);
    }
  }
  return hits;
}
