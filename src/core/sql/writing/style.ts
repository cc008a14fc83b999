/** How a statement is written, so that what a rewrite adds looks like the rest. */

import type { Dialect } from '../dialect.ts';
import { dialectData } from '../dialects/dialect-data.ts';
import { oncePerStatement } from '../facts.ts';
import type { AnalyzedStatement } from '../query-model.ts';
import { isTrivia, type Token } from '../tokens.ts';

export interface Style {
  readonly keywordCase: 'upper' | 'lower';
  readonly functionCase: 'upper' | 'lower';
  /** one level of indentation: blanks or a tab */
  readonly indentUnit: string;
  readonly newline: '\n' | '\r\n';
  /** the statement stands on several lines: what is added may too */
  readonly multiline: boolean;
  /** lists are written with the comma at the start of a line */
  readonly leadingCommas: boolean;
}

/**
 * The style of a statement by majority; upper-case keywords and functions like them where nothing tells.
 *
 * @param tokens the statement's own tokens; for a statement of few words, those of the file say more
 */
export function styleOf(text: string, tokens: readonly Token[], dialect: Dialect): Style {
  const keywordCase = keywordCaseOf(tokens, dialect);
  return {
    keywordCase,
    functionCase: functionCaseOf(tokens, dialect) ?? keywordCase,
    indentUnit: indentUnitOf(text),
    newline: text.includes('\r\n') ? '\r\n' : '\n',
    multiline: tokens.some((token) => token.kind === 'whitespace' && token.text.includes('\n')),
    leadingCommas: commasLead(tokens),
  };
}

/** {@link styleOf} a whole statement. Many rules write into one statement: its style is read once. */
export const styleOfStatement = oncePerStatement(
  ({ text, tokens, dialect }: AnalyzedStatement): Style => styleOf(text, tokens, dialect),
);

/** Cases counted in words: mixed case counts for neither. */
class CaseVote {
  private upper = 0;
  private lower = 0;

  add({ text, upper }: Token): void {
    if (text === upper) this.upper++;
    else if (text === text.toLowerCase()) this.lower++;
  }

  result(): 'upper' | 'lower' | null {
    if (this.upper === this.lower) return null;
    return this.upper > this.lower ? 'upper' : 'lower';
  }
}

function keywordCaseOf(tokens: readonly Token[], dialect: Dialect): 'upper' | 'lower' {
  const { reserved } = dialectData(dialect);
  const vote = new CaseVote();
  for (const token of tokens) {
    if (token.kind === 'word' && reserved.has(token.upper)) vote.add(token);
  }
  return vote.result() ?? 'upper';
}

function functionCaseOf(tokens: readonly Token[], dialect: Dialect): 'upper' | 'lower' | null {
  const { reserved } = dialectData(dialect);
  const vote = new CaseVote();
  tokens.forEach((token, i) => {
    if (token.kind !== 'word') return;
    const called = tokens[i + 1]?.text === '(';
    if (called && !reserved.has(token.upper) && !namesWhatFollows(tokens, i)) {
      vote.add(token);
    }
  });
  return vote.result();
}

/** `INSERT INTO t(`, `REFERENCES t(`, `AS t(`: a word before a parenthesis that is no function. */
function namesWhatFollows(tokens: readonly Token[], at: number): boolean {
  for (let i = at - 1; i >= 0; i--) {
    const token = tokens[i];
    if (!token || isTrivia(token)) continue;
    return ['INTO', 'REFERENCES', 'AS', 'WITH', 'TABLE'].includes(token.upper);
  }
  return false;
}

/** The smallest indentation that any line has; two blanks when no line is indented. */
/** Three, five, six or seven blanks are no unit: something is aligned with a word of the line above. */
const UNITS = new Set([2, 4, 8]);

function indentUnitOf(text: string): string {
  let smallest: string | null = null;
  for (const match of text.matchAll(/\n([ \t]+)(?=\S)/g)) {
    const indent = match[1] ?? '';
    if (indent.startsWith('\t')) return '\t';
    if (smallest === null || indent.length < smallest.length) smallest = indent;
  }
  return smallest !== null && UNITS.has(smallest.length) ? smallest : '  ';
}

function commasLead(tokens: readonly Token[]): boolean {
  let leading = 0;
  let trailing = 0;
  tokens.forEach((token, i) => {
    if (token.text !== ',') return;
    if (tokens[i - 1]?.text.includes('\n')) leading++;
    if (tokens[i + 1]?.text.includes('\n')) trailing++;
  });
  return leading > trailing;
}
