/** What the golden cases must show of every pattern, for each engine that it declares. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { declarations } from '../../../src/core/patterns/library.ts';
import type { PatternDeclaration } from '../../../src/core/patterns/pattern.ts';
import type { Dialect } from '../../../src/core/sql/dialect.ts';
import { type GoldenCase, goldenCases } from './golden-cases.ts';

const cases = goldenCases();

describe('golden cases', () => {
  for (const pattern of declarations) {
    test(`show ${pattern.id} on every engine that it declares, where it applies and where it does not`, () => {
      const missing = dialectsOf(pattern).flatMap((dialect) => lacking(pattern, dialect));
      assert.deepEqual(missing, []);
    });
  }

  for (const pattern of declarations.filter((one) => one.rewrites)) {
    // what is never called proved claims no precondition that could be shown to be needed
    if (!own(pattern, 'postgresql').some(isProved)) continue;
    test(`show that ${pattern.id} would be wrong without its precondition`, () => {
      const shown = own(pattern, 'postgresql').some(({ expected }) => 'wrong' in expected && expected.wrong);
      assert.ok(shown, `a case of test/fixtures/patterns/${pattern.id}.sql has "--- wrong"`);
    });
  }
});

function isProved({ expected }: GoldenCase): boolean {
  return expected.kind === 'gives' && expected.soundness === 'proved';
}

function dialectsOf(pattern: PatternDeclaration): Dialect[] {
  return [...new Set(pattern.engines.map((engine) => engine.dialect))];
}

function own(pattern: PatternDeclaration, dialect: Dialect): GoldenCase[] {
  return cases.filter((one) => one.pattern === pattern.id && one.dialect === dialect);
}

/** What no case of that dialect shows. */
function lacking(pattern: PatternDeclaration, dialect: Dialect): string[] {
  const kinds = new Set(own(pattern, dialect).map(({ expected }) => expected.kind));
  const positive = pattern.rewrites ? kinds.has('gives') : kinds.has('advises');
  const negative = kinds.has('silent') || (pattern.rewrites && kinds.has('stays'));
  return [
    ...(positive ? [] : [`${dialect}: a case where it applies`]),
    ...(negative ? [] : [`${dialect}: a case where it does not`]),
  ];
}
