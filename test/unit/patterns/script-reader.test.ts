import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { ScriptFinder } from '../../../src/core/patterns/script/find.ts';
import { ScriptReader } from '../../../src/core/patterns/script/script.ts';
import { splitStatements } from '../../../src/core/sql/splitter.ts';

const catalog = catalogFromDdl('', 'postgresql');
const source = 'INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);\nINSERT INTO t VALUES (3);\n';
const places = splitStatements(source, 'postgresql');

describe('reading a script', () => {
  test('parses a statement once, whoever asks for it first', () => {
    const reader = new ScriptReader();
    const { tree } = reader.parse('INSERT INTO t VALUES (2)', 'postgresql');
    const script = reader.read(source, places, catalog);
    assert.equal(script.statements[1]?.tree, tree);
    assert.equal(reader.parse('INSERT INTO t VALUES (3)', 'postgresql').tree, script.statements[2]?.tree);
    assert.equal(reader.read(source, places, catalog).statements[0]?.words, script.statements[0]?.words);
  });

  test('forgets what is no longer in the source', () => {
    const reader = new ScriptReader();
    const { tree } = reader.parse('SELECT 1', 'postgresql');
    reader.read(source, places, catalog);
    assert.notEqual(reader.parse('SELECT 1', 'postgresql').tree, tree);
  });

  test('goes in steps of a statement and of a pattern, with the same findings as at once', () => {
    const steps = new ScriptFinder().finding(source, places, catalog);
    let count = 0;
    let step = steps.next();
    for (; !step.done; step = steps.next()) count++;
    assert.ok(count > places.length);
    const found = new ScriptFinder().find(source, places, catalog);
    assert.ok(found.length > 0);
    assert.deepEqual(step.value, found);
  });
});
