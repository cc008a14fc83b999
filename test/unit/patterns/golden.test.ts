import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { findMatches } from '../../../src/core/patterns/find.ts';
import { patternById, patterns } from '../../../src/core/patterns/library.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { applyEdits } from '../../../src/core/sql/text.ts';
import { type GoldenCase, goldenCases } from './golden-cases.ts';

const cases = goldenCases();

for (const id of [...new Set(cases.map((one) => one.pattern))]) {
  describe(id, () => {
    for (const one of cases.filter((other) => other.pattern === id)) test(one.title, () => check(one));
  });
}

function check(one: GoldenCase): void {
  const pattern = patternById(one.pattern);
  assert.ok(pattern, `there is a pattern ${one.pattern}`);
  const catalog = catalogFromDdl(one.schema, one.dialect);
  const settings = { ...catalog.settings, timezone: one.timeZone };
  const statement = analyzeStatement(one.sql, { ...catalog, settings });
  const [found] = findMatches(statement, { among: [pattern] });
  const { expected } = one;
  if (expected.kind === 'silent') {
    assert.equal(found?.match.message, undefined);
    return;
  }
  assert.ok(found, 'there is a finding');
  const { match } = found;
  if (expected.kind === 'gives') {
    assert.ok(match.rewrite, `there is a rewrite; blocked by: ${match.blockedBy}`);
    assert.equal(applyEdits(one.sql, match.rewrite.edits), expected.sql);
    assert.equal(match.rewrite.soundness, expected.soundness);
    return;
  }
  assert.equal(match.rewrite, null, 'there is no rewrite');
  if (expected.kind === 'stays') assert.match(match.blockedBy ?? '', new RegExp(escaped(expected.reason)));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

describe('the library', () => {
  test('every pattern has golden cases, and every one that rewrites has positive and negative ones', () => {
    for (const pattern of patterns) {
      const own = cases.filter((one) => one.pattern === pattern.id);
      const kinds = own.map((one) => one.expected.kind);
      assert.ok(own.length > 0, `${pattern.id} has cases`);
      if (!pattern.rewrites) continue;
      assert.ok(kinds.includes('gives'), `${pattern.id} has a positive case`);
      assert.ok(kinds.includes('stays') || kinds.includes('silent'), `${pattern.id} has a negative case`);
    }
  });

  test('ids are unique and every example does what it says', () => {
    assert.equal(new Set(patterns.map((pattern) => pattern.id)).size, patterns.length);
    for (const pattern of patterns) {
      const dialect = pattern.engines[0]?.dialect ?? 'postgresql';
      const before = pattern.example.before.replace(/;$/, '');
      const statement = analyzeStatement(before, catalogFromDdl(pattern.example.schema, dialect));
      const [found] = findMatches(statement, { among: [pattern] });
      assert.ok(found, `${pattern.id} finds its example`);
      const rewrite = found.match.rewrite;
      assert.equal(
        rewrite !== null,
        pattern.example.after !== null,
        `${pattern.id}: ${found.match.blockedBy}`,
      );
      if (rewrite) {
        assert.equal(applyEdits(before, rewrite.edits), pattern.example.after?.replace(/;$/, ''), pattern.id);
      }
    }
  });
});
