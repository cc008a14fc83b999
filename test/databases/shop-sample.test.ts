import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import pg from 'pg';
import { availableServers } from '../servers/servers.ts';
import type { ServerName } from '../servers/test-server.ts';
import { withDatabase } from '../servers/with-database.ts';

const SAMPLE = new URL('../../examples/shop/', import.meta.url);
const REWRITES = new URL('../fixtures/shop/rewrites.sql', import.meta.url);

interface Case {
  readonly title: string;
  readonly sql: string;
}

/** The statements of a file whose headings read `-- 7. title`. */
function casesOf(file: URL): Case[] {
  return readFileSync(file, 'utf8')
    .split(/^(?=-- \d+\. )/m)
    .slice(1)
    .map((text) => ({ title: text.slice(3, text.indexOf('\n')), sql: text.trim() }));
}

/** Column names and rows of a SELECT as sorted lines: equal for equal multisets, cell texts as the server prints them. */
async function multisetOf(client: pg.Client, sql: string): Promise<readonly string[]> {
  const result = await client.query<(string | null)[]>({
    text: sql,
    rowMode: 'array',
    types: { getTypeParser: () => String },
  });
  const columns = result.fields.map((field) => `${field.name} ${field.dataTypeID}`).join();
  return [columns, ...result.rows.map((row) => JSON.stringify(row)).sort()];
}

const slow = casesOf(new URL('slow.sql', SAMPLE));
const rewrites = casesOf(REWRITES);
const setup = ['schema.sql', 'data.sql']
  .map((name) => readFileSync(new URL(name, SAMPLE), 'utf8'))
  .join('\n');

describe('the sample shop', () => {
  it('has at least 25 slow queries and a rewrite made by hand for each', () => {
    assert.ok(slow.length >= 25);
    assert.deepEqual(
      slow.map((query) => query.title),
      rewrites.map((query) => query.title),
    );
  });

  const servers: ServerName[] = ['PostgreSQL 18', 'PostgreSQL 15'];
  for (const server of servers) {
    const skip = availableServers().includes(server) ? false : `no ${server} here`;
    describe(`on ${server}`, { skip }, () => {
      const database = withDatabase(server, skip ? '' : setup);

      it('holds the same rows as on every other version', async () => {
        const [row] = await database.run(
          "SELECT md5(string_agg(o::text, '|' ORDER BY order_id)) AS sum FROM orders o",
        );
        assert.equal(row?.['sum'], ORDERS_DIGEST);
      });

      it('has NULLs, duplicates, ties and parents without children to trip a wrong rewrite', async () => {
        const [row] = await database.run(`
          SELECT (SELECT count(*) FROM orders WHERE coupon_code IS NULL) > 0 AS nulls,
                 (SELECT count(*) - count(DISTINCT placed_at) FROM orders) > 0 AS ties,
                 EXISTS (SELECT FROM orders o WHERE NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = o.order_id)) AS childless,
                 EXISTS (SELECT FROM order_items GROUP BY order_id, product_id HAVING count(*) > 1) AS duplicates`);
        assert.deepEqual(row, { nulls: true, ties: true, childless: true, duplicates: true });
      });

      slow.forEach((query, index) => {
        it(`keeps its result when rewritten by hand: ${query.title}`, async () => {
          const client = new pg.Client({ connectionString: database.url });
          await client.connect();
          try {
            const before = await multisetOf(client, query.sql);
            const after = await multisetOf(client, rewrites[index]?.sql ?? '');
            assert.ok(before.length > 1, 'a query without rows shows nothing');
            assert.deepEqual(after, before);
          } finally {
            await client.end();
          }
        });
      });
    });
  }
});

/** Of all orders, in any version since 13, in the embedded database too. */
const ORDERS_DIGEST = 'b7488ea75f21dddd7f2a0fc05669e73e';
