import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sarifLog } from '../../../src/cli/sarif.ts';

test('a finding becomes a result with its place, its level and the rule that it refers to', () => {
  const log = sarifLog([
    {
      pattern: 'select-star',
      category: 'schema',
      severity: 'hint',
      message: 'm',
      fixable: false,
      file: 'a b/q.sql',
      range: { start: 0, end: 3, line: 2, column: 5 },
      end: { line: 2, column: 8 },
    },
  ]);
  const [run] = log.runs;
  assert.equal(run?.tool.driver.rules[0]?.id, 'select-star');
  assert.deepEqual(run?.results[0], {
    ruleId: 'select-star',
    ruleIndex: 0,
    level: 'note',
    message: { text: 'm' },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'a%20b/q.sql' },
          region: { startLine: 2, startColumn: 5, endLine: 2, endColumn: 8 },
        },
      },
    ],
  });
});
