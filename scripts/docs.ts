// `npm run docs`: writes the pages that are made from declarations.
import { writeFileSync } from 'node:fs';
import { declarations } from '../src/core/patterns/library.ts';
import { patternsMarkdown } from '../src/core/patterns/markdown.ts';

writeFileSync(new URL('../docs/patterns.md', import.meta.url), patternsMarkdown(declarations));
