/**
 * Golden cases of patterns: `test/fixtures/patterns/<pattern-id>.sql`. Lines that begin with `--- ` are directives:
 *
 *   --- schema [dialects]     DDL for the cases below, until the next schema; PostgreSQL when no dialect is named. Of
 *                             several ("postgresql, mysql, mariadb, tsql") each case is one case per dialect
 *   --- tables: facts         instead: the tables of facts.ts
 *   --- session: Zone         the session's time zone for the next case, UTC when left out
 *   --- case: what it shows   the statement follows
 *   --- gives [likely]        the statement that the rewrite makes of it follows; likely: it needs tests
 *   --- stays: reason         instead: there is a finding, but no rewrite; its `blockedBy` holds that text
 *   --- advises               instead: there is a finding, and never a rewrite
 *   --- silent                instead: there is no finding at all
 *   --- wrong                 after "stays" or "silent": the rewrite that would be given if the missing precondition
 *                             were not asked for. Generated databases must refute it, or the precondition is for nothing
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type Dialect, isDialect } from '../../../src/core/sql/dialect.ts';
import { FACTS_SCHEMA } from '../../fixtures/patterns/facts.ts';

export type Expected =
  | { readonly kind: 'gives'; readonly sql: string; readonly soundness: 'proved' | 'likely' }
  | { readonly kind: 'stays'; readonly reason: string; readonly wrong: string | null }
  | { readonly kind: 'advises' }
  | { readonly kind: 'silent'; readonly wrong: string | null };

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
  let dialects: readonly Dialect[] = ['postgresql'];
  let timeZone = 'UTC';
  let open: { title: string; sql: string } | null = null;
  const all = sections(source);
  for (const [at, { directive, text }] of all.entries()) {
    const [word = '', rest = ''] = split(directive);
    if (word === 'schema') {
      schema = text;
      dialects = dialectsOf(rest, pattern);
    } else if (word === 'tables' && rest === 'facts') {
      schema = FACTS_SCHEMA;
      dialects = ['postgresql'];
    } else if (word === 'session') {
      timeZone = rest;
    } else if (word === 'case') {
      open = { title: rest, sql: text };
    } else if (word === 'wrong') {
      if (!/^(stays|silent)/.test(all[at - 1]?.directive ?? ''))
        throw new Error(`${pattern}: "--- wrong" does not follow "--- stays" or "--- silent"`);
    } else if (open) {
      const next = all[at + 1];
      const wrong = next?.directive === 'wrong' ? next.text : null;
      const expected = expectation(word, rest, text, wrong, pattern);
      for (const dialect of dialects) {
        const title = dialects.length > 1 ? `${open.title} (${dialect})` : open.title;
        cases.push({ pattern, title, sql: open.sql, dialect, schema, timeZone, expected });
      }
      open = null;
      timeZone = 'UTC';
    }
  }
  if (open) throw new Error(`${pattern}: the case "${open.title}" says nothing of what is expected`);
  return cases;
}

function dialectsOf(names: string, pattern: string): Dialect[] {
  if (names === '') return ['postgresql'];
  return names.split(/,\s*/).map((name) => {
    if (!isDialect(name)) throw new Error(`${pattern}: "${name}" is no dialect`);
    return name;
  });
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

function expectation(
  word: string,
  rest: string,
  text: string,
  wrong: string | null,
  pattern: string,
): Expected {
  switch (word) {
    case 'gives':
      return { kind: 'gives', sql: text, soundness: rest === 'likely' ? 'likely' : 'proved' };
    case 'stays':
      return { kind: 'stays', reason: rest, wrong };
    case 'advises':
      return { kind: 'advises' };
    case 'silent':
      return { kind: 'silent', wrong };
    default:
      throw new Error(`${pattern}: "--- ${word}" is no directive`);
  }
}
