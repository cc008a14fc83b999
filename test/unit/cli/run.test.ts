import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCommandLine } from '../../../src/cli/run.ts';
import { EXIT } from '../../../src/cli/verb.ts';
import type { FileFinding } from '../../../src/cli/verbs/lint.ts';
import { applyEdits } from '../../../src/core/sql/text.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-cli-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const place = path.join(folder, name);
  await writeFile(place, content);
  return place;
}

async function sqlopt(...args: string[]) {
  const said = { output: '', errors: '' };
  const status = await runCommandLine(args, {
    env: {},
    stdout: (text) => {
      said.output += text;
    },
    stderr: (text) => {
      said.errors += text;
    },
  });
  return { status, ...said };
}

describe('wrong usage', () => {
  test('an unknown verb names the ones there are', async () => {
    const run = await sqlopt('optimise', 'a.sql');
    assert.equal(run.status, EXIT.usage);
    assert.match(run.errors, /There is no verb "optimise"\. The verbs are: optimize, lint/);
  });

  test('an unknown option shows how the verb is used', async () => {
    const run = await sqlopt('lint', '--fix', 'a.sql');
    assert.equal(run.status, EXIT.usage);
    assert.match(run.errors, /Unknown option '--fix'.*Usage: sqlopt lint FILE/s);
  });

  test('with --json the error is an object on standard output too', async () => {
    const run = await sqlopt('fingerprint', '/no/such/file.sql', '--json');
    assert.equal(run.status, EXIT.usage);
    assert.deepEqual(JSON.parse(run.output), {
      error: { kind: 'usage', message: 'Cannot read /no/such/file.sql: there is no such file.' },
    });
  });

  test('a dialect that does not exist is named with those that do', async () => {
    const run = await sqlopt('fingerprint', await file('d.sql', 'SELECT 1'), '--dialect', 'oracle');
    assert.match(
      run.errors,
      /There is no dialect "oracle"\. The dialects are: postgresql, mysql, mariadb, tsql/,
    );
  });

  test('a connection that cannot be made is exit status 3 and a sentence without the password', async () => {
    const place = await file('c.sql', 'SELECT 1');
    const run = await sqlopt(
      'optimize',
      place,
      '--connection',
      'postgres://me:hunter2@127.0.0.1:1/db',
      '--json',
    );
    assert.equal(run.status, EXIT.connection);
    assert.equal((JSON.parse(run.output) as { error: { kind: string } }).error.kind, 'refused');
    assert.doesNotMatch(run.errors + run.output, /hunter2/);
  });
});

describe('files that are no SQL', () => {
  test('a binary file named .sql is refused in one sentence', async () => {
    const run = await sqlopt('lint', await file('b.sql', Uint8Array.of(0x7f, 0x45, 0, 0, 1)));
    assert.equal(run.status, EXIT.usage);
    assert.match(run.errors, /is a binary file, not SQL text/);
  });

  test('half-typed, broken and empty statements are passed over without an error', async () => {
    const place = await file('h.sql', "SELECT 1 FROM;\nSELEC x;\n;;\nSELECT * FROM t WHERE a = 'unfinished");
    const run = await sqlopt('lint', place, '--json');
    assert.equal(run.status, EXIT.done, run.errors);
  });

  test('a file of 5 MB is read to its end', async () => {
    const many = 'SELECT a, b FROM some_table WHERE a = 1 AND b = 2;\n'.repeat(100_000);
    const run = await sqlopt('fingerprint', await file('m.sql', `${many}SELECT last_one FROM t;`), '--json');
    assert.equal(run.status, EXIT.done, run.errors);
    assert.match(run.output, /select last_one from t/i);
  });
});

describe('lint', () => {
  const risky = 'SELECT id FROM orders WHERE id NOT IN (SELECT order_id FROM returns);';

  test('findings at or above --fail-on are exit status 1', async () => {
    const place = await file('l.sql', risky);
    assert.equal((await sqlopt('lint', place)).status, EXIT.done);
    assert.equal((await sqlopt('lint', place, '--fail-on', 'warning')).status, EXIT.findings);
  });

  test('a suppression comment hides the finding of its statement only', async () => {
    const place = await file('s.sql', `-- sqlopt-ignore not-in-to-not-exists\n${risky}\n\n${risky}`);
    const run = await sqlopt('lint', place, '--json');
    const findings = JSON.parse(run.output) as { pattern: string; range: { line: number } }[];
    assert.deepEqual(
      findings.filter((f) => f.pattern === 'not-in-to-not-exists').map((f) => f.range.line),
      [4],
    );
  });

  test('SARIF names the rule, the file and the line', async () => {
    const run = await sqlopt('lint', await file('r.sql', `\n${risky}`), '--format', 'sarif');
    const log = JSON.parse(run.output) as {
      runs: {
        results: { ruleId: string; locations: { physicalLocation: { region: { startLine: number } } }[] }[];
      }[];
    };
    const result = log.runs[0]?.results.find((one) => one.ruleId === 'not-in-to-not-exists');
    assert.equal(result?.locations[0]?.physicalLocation.region.startLine, 2);
  });
});

describe('optimize without a connection', () => {
  test('lists rewrites that the schema proves and calls none of them faster', async () => {
    const schema = await file(
      'schema.sql',
      'CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a_id int NOT NULL);',
    );
    const place = await file('o.sql', 'SELECT a.id FROM a WHERE a.id NOT IN (SELECT b.a_id FROM b);');
    const run = await sqlopt('optimize', place, '--schema', schema, '--no-model', '--json');
    const { statements } = JSON.parse(run.output) as {
      statements: {
        best: string | null;
        reason: string;
        candidates: { sql: string; evidence: { level: string } }[];
      }[];
    };
    assert.equal(statements[0]?.best, null);
    assert.match(statements[0]?.reason ?? '', /Connect a database/);
    assert.equal(statements[0]?.candidates[0]?.evidence.level, 'proved');
    assert.equal(
      statements[0]?.candidates[0]?.sql,
      'SELECT a.id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.a_id = a.id)',
    );
  });

  test('--write changes nothing when nothing is better', async () => {
    const text = 'SELECT 1;\n';
    const place = await file('w.sql', text);
    const run = await sqlopt('optimize', place, '--write');
    assert.equal(run.status, EXIT.done);
    assert.match(run.errors, /Nothing to write/);
    assert.equal(await readFile(place, 'utf8'), text);
  });
});

describe('lint of several statements', () => {
  test('finds rows that are inserted one by one, and gives the edits of the file', async () => {
    const source =
      'INSERT INTO t (a) VALUES (1);\nINSERT INTO t (a) VALUES (2);\nINSERT INTO t (a) VALUES (3);\n';
    const run = await sqlopt('lint', await file('rows.sql', source), '--json');
    const found = JSON.parse(run.output).find((one: FileFinding) => one.pattern === 'row-by-row-inserts');
    assert.equal(found.range.line, 1);
    assert.equal(applyEdits(source, found.edits), 'INSERT INTO t (a) VALUES (1),\n  (2),\n  (3);\n');
  });

  test('a comment above the statement hides it', async () => {
    const source = '-- sqlopt-ignore transaction-left-open\nBEGIN;\nUPDATE t SET a = 1 WHERE b = 2;\n';
    const run = await sqlopt('lint', await file('open.sql', source), '--json');
    assert.deepEqual(JSON.parse(run.output), []);
  });
});

describe('sqlopt indexes', () => {
  const SCHEMA = `CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, a int REFERENCES p);
    CREATE INDEX one ON c (id, a); CREATE INDEX two ON c (id, a);`;

  test('judges a schema without a connection, in the form of the contract', async () => {
    const schema = await file('indexes.sql', SCHEMA);
    const { status, output } = await sqlopt('indexes', '--schema', schema, '--json');
    assert.equal(status, EXIT.done);
    const advice = JSON.parse(output);
    assert.deepEqual(Object.keys(advice).sort(), [
      ...['duplicates', 'foreignKeys', 'invalid', 'recommendations', 'rejected', 'statistics', 'unused'],
      'workload',
    ]);
    assert.deepEqual(advice.recommendations, []);
    assert.deepEqual(advice.duplicates[0].index, 'two');
    assert.deepEqual(advice.foreignKeys[0].columns, ['a']);
  });

  test('says in words that there is nothing to say', async () => {
    const schema = await file('none.sql', 'CREATE TABLE p (id int PRIMARY KEY);');
    const { status, output } = await sqlopt('indexes', '--schema', schema);
    assert.equal(status, EXIT.done);
    assert.match(output, /Nothing was created or dropped\.\n.*not known\.\n-- Nothing is recommended\.\n$/s);
  });

  const WRONG: readonly (readonly [readonly string[], RegExp])[] = [
    [['--budget', 'much'], /--budget takes a size such as 500MB or 2GB, not "much"/],
    [['--what-if', 'guess'], /--what-if takes auto, hypopg, trial, estimate/],
    [['--max', '1.5'], /--max takes a whole number/],
    [['--min-saving', '-1'], /--min-saving/],
    [['queries.sql'], /--workload FILE/],
    [['--workload', '/no/such/file.sql'], /there is no such file/],
  ];
  for (const [args, words] of WRONG) {
    test(`${args.join(' ')} is wrong usage`, async () => {
      const run = await sqlopt('indexes', ...args);
      assert.equal(run.status, EXIT.usage);
      assert.match(run.errors, words);
    });
  }

  test('a workload without a statement is told', async () => {
    const empty = await file('empty.sql', '-- nothing\n');
    const run = await sqlopt('indexes', '--workload', empty);
    assert.deepEqual([run.status, /holds no statement/.test(run.errors)], [EXIT.usage, true]);
  });
});
