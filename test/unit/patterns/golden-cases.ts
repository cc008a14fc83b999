/**
 * Golden cases of patterns: `test/fixtures/patterns/<pattern-id>.sql`. Lines that begin with `--- ` are directives:
 *
 *   --- schema [dialect]      DDL for the cases below, until the next schema
 *   --- tables: facts         instead: the tables of facts.ts
 *   --- session: Zone         the session's time zone for the next case, UTC when left out
 *   --- case: what it shows   the statement follows
 *   --- gives [likely]        the statement that the rewrite makes of it follows; likely: it needs tests
 *   --- stays: reason         instead: there is a finding, but no rewrite; its `blockedBy` holds that text
 *   --- advises               instead: there is a finding, and never a rewrite
 *   --- silent                instead: there is no finding at all
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type Dialect, isDialect } from '../../../src/core/sql/dialect.ts';
import { FACTS_SCHEMA } from '../../fixtures/patterns/facts.ts';

export type Expected =
  | { readonly kind: 'gives'; readonly sql: string; readonly soundness: 'proved' | 'likely' }
  | { readonly kind: 'stays'; readonly reason: string }
  | { readonly kind: 'advises' }
  | { readonly kind: 'silent' };

export interface GoldenCase {
  readonly pattern: string;
  readonly title: string;
  readonly dialect: Dialect;
  readonly schema: string;
  readonly timeZone: string;
  readonly sql: string;
  readonly expected: Expected;
}

const FOLDER = new URL('../../fixtures/patterns/', import.meta.url);

/** All cases of all files, in the order of the files. */
export function goldenCases(): GoldenCase[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .flatMap((name) => casesOf(name.slice(0, -'.sql'.length), readFileSync(new URL(name, FOLDER), 'utf8')));
}

/** A section: its directive and the text below it. */
interface Section {
  readonly directive: string;
  readonly text: string;
}

function casesOf(pattern: string, source: string): GoldenCase[] {
  const cases: GoldenCase[] = [];
  let schema = '';
  let dialect: Dialect = 'postgresql';
  let timeZone = 'UTC';
  let open: { title: string; sql: string } | null = null;
  for (const { directive, text } of sections(source)) {
    const [word = '', rest = ''] = split(directive);
    if (word === 'schema') {
      schema = text;
      dialect = isDialect(rest) ? rest : 'postgresql';
    } else if (word === 'tables' && rest === 'facts') {
      schema = FACTS_SCHEMA;
      dialect = 'postgresql';
    } else if (word === 'session') {
      timeZone = rest;
    } else if (word === 'case') {
      open = { title: rest, sql: text };
    } else if (open) {
      const expected = expectation(word, rest, text, pattern);
      cases.push({ pattern, ...open, dialect, schema, timeZone, expected });
      open = null;
      timeZone = 'UTC';
    }
  }
  if (open) throw new Error(`${pattern}: the case "${open.title}" says nothing of what is expected`);
  return cases;
}

function sections(source: string): Section[] {
  return source
    .split(/^--- /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return {
        directive: part.slice(0, end).trim(),
        text: part
          .slice(end + 1)
          .trim()
          .replace(/;$/, ''),
      };
    });
}

function split(directive: string): [string, string] {
  const match = /^(\w+):?\s*(.*)$/.exec(directive);
  return [match?.[1] ?? '', match?.[2] ?? ''];
}

function expectation(word: string, rest: string, text: string, pattern: string): Expected {
  switch (word) {
    case 'gives':
      return { kind: 'gives', sql: text, soundness: rest === 'likely' ? 'likely' : 'proved' };
    case 'stays':
      return { kind: 'stays', reason: rest };
    case 'advises':
      return { kind: 'advises' };
    case 'silent':
      return { kind: 'silent' };
    default:
      throw new Error(`${pattern}: "--- ${word}" is no directive`);
  }
}
