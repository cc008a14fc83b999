import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { declarations } from '../../../src/core/patterns/library.ts';
import { patternsMarkdown } from '../../../src/core/patterns/markdown.ts';

test('docs/patterns.md says what the library declares (npm run docs writes it)', () => {
  const page = readFileSync(new URL('../../../docs/patterns.md', import.meta.url), 'utf8');
  assert.equal(page, patternsMarkdown(declarations));
});
