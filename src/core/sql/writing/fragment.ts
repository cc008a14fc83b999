/**
 * SQL that a rule writes. In the template `sql` the words in capitals are keywords and take the case of the file; words
 * before a parenthesis are functions and take theirs; a line break and two blanks become the file's own. What is
 * interpolated (slices of the user's text, names) stays byte for byte.
 */
import type { Style } from './style.ts';

/** Code in our own hand, or text to keep as it is. */
type Part = { readonly code: string } | { readonly verbatim: string };

export interface Fragment {
  readonly parts: readonly Part[];
}

/** A fragment from a template; strings are kept byte for byte, fragments are joined in. */
export function sql(strings: TemplateStringsArray, ...values: readonly (Fragment | string)[]): Fragment {
  const parts: Part[] = [];
  strings.forEach((code, index) => {
    if (code !== '') parts.push({ code });
    const value = values[index];
    if (typeof value === 'string') parts.push({ verbatim: value });
    else if (value) parts.push(...value.parts);
  });
  return { parts };
}

/** Fragments one after the other with code between them, for instance `', '` or `' AND '`. */
export function joinFragments(fragments: readonly (Fragment | string)[], separator: string): Fragment {
  const parts: Part[] = [];
  fragments.forEach((fragment, index) => {
    if (index > 0) parts.push({ code: separator });
    if (typeof fragment === 'string') parts.push({ verbatim: fragment });
    else parts.push(...fragment.parts);
  });
  return { parts };
}

/**
 * The text of a fragment in a file's style.
 *
 * @param indent the indentation of the line that it is put on: its later lines begin with it
 */
export function render(fragment: Fragment, style: Style, indent = ''): string {
  return fragment.parts
    .map((part) => ('code' in part ? renderCode(part.code, style, indent) : part.verbatim))
    .join('');
}

function renderCode(code: string, style: Style, indent: string): string {
  return code
    .replace(/\b[A-Z][A-Z_]*\b/g, (word) => (style.keywordCase === 'lower' ? word.toLowerCase() : word))
    .replace(/\b[a-z][a-z_]*(?=\()/g, (name) => (style.functionCase === 'upper' ? name.toUpperCase() : name))
    .replace(
      /\n((?: {2})*)/g,
      (_, levels: string) => style.newline + indent + style.indent.repeat(levels.length / 2),
    );
}
