/**
 * Values, and names where that is wanted, replaced by placeholders before a prompt is sent, and put back into the
 * answer. Placeholders look like named parameters (`:v1`), which models copy faithfully.
 */

import type { Table } from '../../core/catalog/catalog.ts';
import { dialectData } from '../../core/sql/dialects/dialect-data.ts';
import { tokenize } from '../../core/sql/lexer.ts';
import type { AnalyzedStatement } from '../../core/sql/query-model.ts';
import type { Token } from '../../core/sql/tokens.ts';
import { describeValue, isStructural } from '../../core/sql/value-kinds.ts';
import { identifierText } from '../../core/sql/writing/identifiers.ts';

export interface MaskingOptions {
  /** values of literals */
  readonly literals: boolean;
  /** names of tables and columns */
  readonly identifiers: boolean;
}

/** A text with its originals back, or the sentence that says what stands for nothing. */
export type Restored = { readonly sql: string } | { readonly problem: string };

const LITERALS: ReadonlySet<Token['kind']> = new Set(['string', 'number', 'bitString']);

export class Masking {
  private readonly statement: AnalyzedStatement;
  private readonly options: MaskingOptions;
  private readonly prefix: string;
  /** placeholders by the literal as written */
  private readonly values = new Map<string, string>();
  /** stand-ins by folded name */
  private readonly standIns = new Map<string, string>();
  private readonly words: Set<string>;

  /**
   * @param tables whose names, and whose columns' names, are masked
   */
  constructor(statement: AnalyzedStatement, tables: readonly Table[], options: MaskingOptions) {
    this.statement = statement;
    this.options = options;
    this.prefix = freePrefix(statement);
    this.words = new Set(
      statement.tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text.toLowerCase()),
    );
    if (options.identifiers) this.addNames(tables);
  }

  /** SQL with its values and names masked and its comments left out. */
  sql(text: string): string {
    return this.replace(text, (literal) => this.placeholder(literal));
  }

  /** SQL of ours that may hold values of the statement, such as a generated database: only those are masked. */
  generated(text: string): string {
    return this.replace(text, (literal) => this.values.get(literal) ?? literal);
  }

  /** Our own sentences: what they quote of the statement's values and names is masked. */
  prose(text: string): string {
    let result = text;
    for (const [literal, placeholder] of this.longestFirst()) {
      result = result.replaceAll(bounded(literal), placeholder);
      const content = contentOf(literal);
      if (content !== null && content.length > 2) result = result.replaceAll(content, placeholder);
    }
    return this.namesIn(result);
  }

  /** Figures of ours with names masked. */
  namesIn(text: string): string {
    let result = text;
    for (const [name, standIn] of this.standIns) result = result.replace(wholeWord(name), standIn);
    return result;
  }

  /** What the placeholders stand for, one line each, without telling the values. */
  legend(): string[] {
    return [...this.values].map(([literal, placeholder]) => `${placeholder} is ${describeValue(literal)}`);
  }

  /** The SQL of an answer with values and names back in their places. */
  restore(sql: string): Restored {
    const back = new Map([...this.values].map(([literal, placeholder]) => [placeholder, literal]));
    const parts: string[] = [];
    for (const token of tokenize(sql, this.statement.dialect)) {
      const text = token.kind === 'string' ? (contentOf(token.text) ?? token.text) : token.text;
      if (this.isPlaceholder(text)) {
        const literal = back.get(text);
        if (literal === undefined) return { problem: `It uses ${text}, which stands for nothing.` };
        parts.push(literal);
      } else if (token.kind === 'string' && this.values.size > 0 && text.includes(this.prefix)) {
        return { problem: `It has a placeholder inside of a string: ${token.text}. Use it as a value.` };
      } else parts.push(this.nameBack(token));
    }
    return { sql: parts.join('') };
  }

  /** A sentence of an answer with values and names back, for the user to read. */
  reveal(text: string): string {
    let result = text;
    for (const [literal, placeholder] of this.longestFirst().reverse()) {
      result = result.replace(bounded(placeholder), () => literal);
    }
    for (const [name, standIn] of this.standIns) result = result.replace(wholeWord(standIn), () => name);
    return result;
  }

  /** SQL of ours whose values are masked already, with its names masked. */
  names(text: string): string {
    return tokenize(text, this.statement.dialect)
      .map((token) => this.nameOf(token))
      .join('');
  }

  private replace(text: string, value: (literal: string) => string): string {
    const inType = new TypeLengths();
    return tokenize(text, this.statement.dialect)
      .map((token) => {
        if (token.kind === 'lineComment') return '';
        if (token.kind === 'blockComment') return ' ';
        const length = inType.read(token);
        if (!LITERALS.has(token.kind)) return this.nameOf(token);
        return this.options.literals && !length ? value(token.text) : token.text;
      })
      .join('');
  }

  private placeholder(literal: string): string {
    if (isStructural(literal)) return literal;
    const known = this.values.get(literal);
    if (known !== undefined) return known;
    const placeholder = `${this.prefix}${this.values.size + 1}`;
    this.values.set(literal, placeholder);
    return placeholder;
  }

  private isPlaceholder(text: string): boolean {
    return text.startsWith(this.prefix) && /^\d+$/.test(text.slice(this.prefix.length));
  }

  private longestFirst(): [string, string][] {
    return [...this.values].sort(([a], [b]) => b.length - a.length);
  }

  private addNames(tables: readonly Table[]): void {
    for (const table of tables) {
      this.addName(table.name, 'table');
      for (const column of table.columns) this.addName(column.name, 'column');
      for (const index of table.indexes) this.addName(index.name, 'index');
      if (!DEFAULT_SCHEMAS.has(table.schema)) this.addName(table.schema, 'schema');
    }
  }

  private addName(name: string, kind: string): void {
    const { reserved } = dialectData(this.statement.dialect);
    // a word of the language says nothing of the user, and cannot be told from its other uses here
    if (this.standIns.has(name) || reserved.has(name.toUpperCase()) || COMMON_WORDS.has(name)) return;
    let number = this.standIns.size + 1;
    while (this.words.has(`${kind}_${number}`)) number += 1000;
    this.standIns.set(name, `${kind}_${number}`);
  }

  private nameOf(token: Token): string {
    return this.standIns.get(this.folded(token) ?? '') ?? token.text;
  }

  private nameBack(token: Token): string {
    const name = this.folded(token)?.toLowerCase();
    if (name === undefined) return token.text;
    const found = [...this.standIns].find(([, standIn]) => standIn === name);
    return found ? identifierText(found[0], this.statement.dialect) : token.text;
  }

  private folded(token: Token): string | null {
    const { foldIdentifier } = dialectData(this.statement.dialect);
    if (token.kind === 'word') return foldIdentifier(token.text, false);
    return token.kind === 'quotedIdentifier' ? foldIdentifier(token.text.slice(1, -1), true) : null;
  }
}

/** Tells the lengths of types, `numeric(10, 2)` behind `::` or AS, from values: they are the statement's form. */
class TypeLengths {
  private before: readonly [string, string] = ['', ''];
  private inside = false;

  /** @returns true for a token between the parentheses of a type */
  read({ kind, text, upper }: Token): boolean {
    if (kind === 'whitespace') return this.inside;
    const [first, second] = this.before;
    if (text === '(' && (first === '::' || first === 'AS') && /^\w+$/.test(second)) this.inside = true;
    else if (text === ')') this.inside = false;
    this.before = [second, upper === '' ? text : upper];
    return this.inside;
  }
}

/** Types and functions that tables like to call their columns by. */
const COMMON_WORDS = new Set(
  'date time timestamp interval year month day hour minute second name type text value count sum min max avg text status key lower upper length integer numeric boolean'.split(
    ' ',
  ),
);

/** Schemas that every database has: their names say nothing. */
const DEFAULT_SCHEMAS = new Set(['', 'public', 'pg_catalog', 'information_schema', 'dbo']);

/** A beginning of placeholders that nothing in the statement begins with. */
function freePrefix({ text }: AnalyzedStatement): string {
  let prefix = ':v';
  while (text.includes(prefix)) prefix += 'v';
  return prefix;
}

/** What stands between the quotes of a plain string; null for other literals. */
function contentOf(literal: string): string | null {
  return /^'[^']*'$/.test(literal) ? literal.slice(1, -1) : null;
}

/** The text where it is not part of a longer word or number, '1,234' being one number. */
function bounded(text: string): RegExp {
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const left = /^\w/.test(text) ? '(?<![\\w.,])' : '';
  const right = /\w$/.test(text) ? '(?!\\w|[.,]\\d)' : '';
  return new RegExp(`${left}${escaped}${right}`, 'g');
}

function wholeWord(name: string): RegExp {
  return new RegExp(`(?<!\\w)${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?!\\w)`, 'g');
}
