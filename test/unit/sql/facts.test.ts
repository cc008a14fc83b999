import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { once, oncePerStatement } from '../../../src/core/sql/facts.ts';
import type { AnalyzedStatement, Block } from '../../../src/core/sql/query-model.ts';

const nothing = catalogFromDdl('', 'postgresql');
const statement = (): AnalyzedStatement => analyzeStatement('SELECT a FROM t', nothing);

describe('facts of a statement', () => {
  test('are found once for each statement', () => {
    let count = 0;
    const words = oncePerStatement(({ text }: AnalyzedStatement) => {
      count++;
      return text.split(' ');
    });
    const one = statement();
    assert.equal(words(one), words(one));
    assert.equal(count, 1);
    words(statement());
    assert.equal(count, 2);
  });

  test('of its parts are found once for each part, be they nothing', () => {
    let count = 0;
    const first = once((block: Block, { text }: AnalyzedStatement) => {
      count++;
      return text.startsWith('WITH') ? block : null;
    });
    const one = statement();
    const [block] = one.blocks;
    assert.ok(block);
    assert.equal(first(block, one), null);
    assert.equal(first(block, one), null);
    assert.equal(count, 1);
  });

  test('are not kept while names are being resolved', () => {
    let count = 0;
    const find = once((_: object, names: { readonly facts?: AnalyzedStatement['facts'] }) => {
      count++;
      return names.facts ? 'resolved' : 'not yet';
    });
    const part = {};
    assert.equal(find(part, {}), 'not yet');
    assert.equal(find(part, statement()), 'resolved');
    assert.equal(find(part, {}), 'not yet');
    assert.equal(count, 3);
  });
});
