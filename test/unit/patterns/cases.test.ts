import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { findMatches } from '../../../src/core/patterns/find.ts';
import { patternById, patterns } from '../../../src/core/patterns/library.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { applyEdits } from '../../../src/core/sql/text.ts';
import { FACTS_SCHEMA } from '../../fixtures/patterns/facts.ts';
import { PAGINATION_CASES } from '../../fixtures/patterns/pagination.ts';
import { FINDING, NOTHING, type PatternCase } from '../../fixtures/patterns/pattern-case.ts';
import { PREDICATE_CASES } from '../../fixtures/patterns/predicates.ts';
import { SET_OPERATION_CASES } from '../../fixtures/patterns/set-operations.ts';

const CASES = [...PREDICATE_CASES, ...PAGINATION_CASES, ...SET_OPERATION_CASES];
const base = catalogFromDdl(FACTS_SCHEMA, 'postgresql');

function resultOf({ pattern, before, timeZone = 'UTC' }: PatternCase) {
  const found = patternById(pattern);
  assert.ok(found, `no pattern ${pattern}`);
  const statement = analyzeStatement(before, { ...base, settings: { ...base.settings, timezone: timeZone } });
  const match = findMatches(statement, { among: [found] })[0]?.match;
  if (!match) return { after: NOTHING, match };
  return { after: match.rewrite ? applyEdits(before, match.rewrite.edits) : FINDING, match };
}

describe('rules on predicates, pagination and set operations', () => {
  for (const one of CASES) {
    it(`${one.pattern}: ${one.title}`, () => {
      const { after, match } = resultOf(one);
      assert.equal(after, one.after, match?.blockedBy);
      if (one.blockedBy) assert.match(match?.blockedBy ?? '', one.blockedBy);
      if (match?.rewrite) assert.equal(match.rewrite.soundness, one.soundness ?? 'proved');
    });
  }

  it('each has a case in which it finds something and one in which it does not', () => {
    for (const id of new Set(CASES.map((one) => one.pattern))) {
      const own = CASES.filter((one) => one.pattern === id);
      assert.ok(
        own.some((one) => one.after !== NOTHING),
        `${id} finds nothing`,
      );
      assert.ok(
        own.some((one) => one.after === NOTHING || one.after === FINDING),
        `${id} has no negative case`,
      );
    }
  });

  for (const pattern of patterns.filter((one) => CASES.some((case_) => case_.pattern === one.id))) {
    it(`${pattern.id}: does what its own example says`, () => {
      const catalog = catalogFromDdl(pattern.example.schema, 'postgresql');
      const statement = analyzeStatement(pattern.example.before, {
        ...catalog,
        settings: { ...catalog.settings, timezone: 'UTC' },
      });
      const match = findMatches(statement, { among: [pattern] })[0]?.match;
      assert.ok(match);
      assert.equal(
        match.rewrite ? applyEdits(pattern.example.before, match.rewrite.edits) : null,
        pattern.example.after,
      );
    });
  }
});
