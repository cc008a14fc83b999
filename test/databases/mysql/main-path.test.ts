/** The main job through the command line on MariaDB: optimize, verify and explain. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCommandLine } from '../../../src/cli/run.ts';
import type { OptimizedStatement } from '../../../src/cli/verbs/optimize.ts';
import { availableServers } from '../../servers/servers.ts';
import { withDatabase } from '../../servers/with-database.ts';

const SETUP = `
  CREATE TABLE customers (id int PRIMARY KEY, email varchar(190) NOT NULL, region int NOT NULL);
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total decimal(10,2) NOT NULL, placed datetime NOT NULL, note varchar(60),
    KEY by_customer (customer_id), KEY by_placed (placed), CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers (id));
  CREATE TABLE called (at datetime);
  INSERT INTO customers SELECT seq, concat(seq, '@example.com'), seq % 20 FROM seq_1_to_600;
  INSERT INTO orders SELECT seq, 1 + seq % 400, seq % 97, '2024-01-01' + INTERVAL seq HOUR, repeat('x', seq % 50) FROM seq_1_to_12000;
  ANALYZE TABLE customers, orders`;

const CORRELATED =
  'SELECT o.id FROM orders o WHERE o.total > (SELECT avg(p.total) FROM orders p WHERE p.customer_id = o.customer_id)';

interface Run {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

async function sqlopt(...args: string[]): Promise<Run> {
  let output = '';
  let errors = '';
  const status = await runCommandLine(args, {
    env: {},
    stdout: (text) => {
      output += text;
    },
    stderr: (text) => {
      errors += text;
    },
  });
  return { status, output, errors };
}

describe('the command line on MariaDB 10.11', {
  skip: availableServers().includes('MariaDB 10.11') ? false : 'MariaDB is not installed',
}, () => {
  const database = withDatabase('MariaDB 10.11', SETUP);
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-mariadb-cli-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const fileOf = async (name: string, text: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, text);
    return file;
  };
  const optimize = async (text: string, ...more: string[]): Promise<OptimizedStatement[]> => {
    const file = await fileOf('slow.sql', text);
    const run = await sqlopt('optimize', '--json', '--connection', database.url, ...more, file);
    assert.equal(run.status, 0, run.errors);
    return (JSON.parse(run.output) as { statements: OptimizedStatement[] }).statements;
  };

  test('optimize finds, verifies and measures a rewrite, and writes it into the file', async () => {
    const [statement] = await optimize(`-- slow\n${CORRELATED};\n`, '--measure', '--runs', '5', '--write');
    const best = statement?.candidates.find((candidate) => candidate.id === statement.best);
    assert.equal(best?.evidence.level, 'proved');
    assert.ok(best.evidence.rowsCompared > 1000, 'it was compared on the data too');
    assert.ok((best.measured?.speedup ?? 0) > 3, statement?.reason);
    assert.equal(best.measured?.before.rows, best.measured?.after.rows);
    assert.deepEqual(statement?.refuted, []);
    const written = await readFile(path.join(folder, 'slow.sql'), 'utf8');
    // which of the two shapes is the faster one depends on the machine: a join with the groups, or a window
    assert.match(written, /^-- slow\nSELECT o\.id FROM (orders o JOIN )?\(SELECT /);
    assert.ok(written.endsWith(';\n'), written);
    assert.doesNotMatch(written, /WHERE o\.total > \(/, 'the correlated subquery is gone');
    const again = await sqlopt(
      ...['verify', '--connection', database.url, '--before', await fileOf('a.sql', CORRELATED)],
      ...['--after', path.join(folder, 'slow.sql')],
    );
    assert.match(again.output + again.errors, /observed|proved/i);
  });

  test('optimize only plans where it may not run, and writes nothing to the database', async () => {
    const [first, second, third] = await optimize(
      `${CORRELATED};
         DELETE FROM orders WHERE customer_id NOT IN (SELECT id FROM customers);
         SELECT missing FROM orders WHERE id NOT IN (SELECT id FROM customers);`,
    );
    const best = first?.candidates.find((candidate) => candidate.id === first.best);
    assert.ok(best?.cost && best.cost.after < best.cost.before);
    assert.equal(best.measured, null);
    for (const candidate of second?.candidates ?? []) assert.equal(candidate.measured, null);
    assert.match(third?.reason ?? '', /^The database refuses the statement: .*missing/);
    const [row] = await database.run('SELECT count(*) AS n FROM orders');
    assert.equal(Number(row?.['n']), 12_000);
  });

  test('optimize says of parameters that they were neither planned nor run', async () => {
    const [statement] = await optimize(
      'SELECT id FROM orders WHERE customer_id = ? OR customer_id = ? OR customer_id = 7',
      '--measure',
    );
    for (const candidate of statement?.candidates ?? []) {
      assert.deepEqual([candidate.cost, candidate.measured], [null, null]);
      assert.match(candidate.sql, /\?.*\?/);
    }
  });

  test('verify refutes a wrong rewrite with rows of the data', async () => {
    const before = await fileOf('before.sql', 'SELECT id FROM orders WHERE total >= 5');
    const run = await sqlopt(
      ...['verify', '--json', '--connection', database.url, '--before', before],
      ...['--after', await fileOf('after.sql', 'SELECT id FROM orders WHERE total > 5')],
    );
    const verdict = JSON.parse(run.output) as { verdict: string; counterexample: { before: string } };
    assert.equal(verdict.verdict, 'refuted');
    assert.match(verdict.counterexample.before, /12000 rows|11\d\d\d rows/);
  });

  test('explain shows the plan with what is wrong with it, and what it took when it may run', async () => {
    const file = await fileOf('explain.sql', "SELECT o.id FROM orders o WHERE o.note = 'never'");
    const planned = await sqlopt('explain', '--connection', database.url, file);
    assert.equal(planned.status, 0, planned.errors);
    assert.match(planned.output, /Table scan on orders o {2}\(cost/);
    assert.match(planned.errors, /is a superuser\. .*only read is enough.*\nCREATE USER sqlopt_reader/);
    const analyzed = await sqlopt('explain', '--analyze', '--connection', database.url, file);
    assert.match(analyzed.output, /actual .* ms, 0 rows/);
    assert.match(analyzed.output, /All 1\d,\d{3} rows of orders are read/);
  });
});
