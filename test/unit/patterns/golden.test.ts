import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { findMatches } from '../../../src/core/patterns/find.ts';
import { declarations, patternById } from '../../../src/core/patterns/library.ts';
import { findScriptMatches } from '../../../src/core/patterns/script/find.ts';
import { scriptPatterns } from '../../../src/core/patterns/script/list.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { applyEdits, type TextEdit } from '../../../src/core/sql/text.ts';
import { type GoldenCase, goldenCases } from './golden-cases.ts';
import { scriptOf } from './script-of.ts';

const cases = goldenCases();

for (const id of [...new Set(cases.map((one) => one.pattern))]) {
  describe(id, () => {
    for (const one of cases.filter((other) => other.pattern === id)) test(one.title, () => check(one));
  });
}

function check(one: GoldenCase): void {
  const catalog = catalogFromDdl(one.schema, one.dialect);
  const settings = { ...catalog.settings, timezone: one.timeZone };
  const found = firstMatch(one.pattern, one.sql, { ...catalog, settings });
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

/** The first match of a pattern in a statement, or in a script where it looks at several statements. */
function firstMatch(id: string, sql: string, catalog: Catalog): { match: AnyMatch } | undefined {
  const pattern = patternById(id);
  if (pattern) return findMatches(analyzeStatement(sql, catalog), { among: [pattern] })[0];
  const ofScript = scriptPatterns.find((one) => one.id === id);
  assert.ok(ofScript, `there is a pattern ${id}`);
  return findScriptMatches(scriptOf(sql, catalog), { among: [ofScript] })[0];
}

interface AnyMatch {
  readonly message: string;
  readonly blockedBy?: string | undefined;
  readonly rewrite: { readonly edits: readonly TextEdit[]; readonly soundness: 'proved' | 'likely' } | null;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

describe('the library', () => {
  test('every pattern has golden cases, and every one that rewrites has positive and negative ones', () => {
    for (const pattern of declarations) {
      const own = cases.filter((one) => one.pattern === pattern.id);
      const kinds = own.map((one) => one.expected.kind);
      assert.ok(own.length > 0, `${pattern.id} has cases`);
      if (!pattern.rewrites) continue;
      assert.ok(kinds.includes('gives'), `${pattern.id} has a positive case`);
      assert.ok(kinds.includes('stays') || kinds.includes('silent'), `${pattern.id} has a negative case`);
    }
  });

  test('ids are unique and every example does what it says', () => {
    assert.equal(new Set(declarations.map((pattern) => pattern.id)).size, declarations.length);
    for (const pattern of declarations) {
      const dialect = pattern.engines[0]?.dialect ?? 'postgresql';
      const before = pattern.example.before.replace(/;$/, '');
      const found = firstMatch(pattern.id, before, catalogFromDdl(pattern.example.schema, dialect));
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
