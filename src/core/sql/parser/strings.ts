/** The values of string tokens. */

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * The value of a string as written, quotes and escapes resolved.
 *
 * @param text 'text', E'text', N'text', U&'text', $tag$text$tag$ or "text"
 * @param backslash the dialect reads backslashes in plain strings as escapes
 * @param unicodeEscape the escape character of U&''
 */
export function stringValue(text: string, backslash: boolean, unicodeEscape = '\\'): string {
  if (text.startsWith('$')) {
    const tag = text.indexOf('$', 1) + 1;
    return text.slice(tag, -tag);
  }
  const open = text.search(/['"]/);
  if (open < 0) return text;
  const prefix = text.slice(0, open).toUpperCase();
  const quote = text[open] ?? "'";
  const body = text.slice(open + 1, -1);
  if (prefix === 'E' || (backslash && prefix !== 'U&')) return resolveBackslashes(body, quote);
  const plain = body.includes(quote) ? body.replaceAll(quote + quote, quote) : body;
  return prefix === 'U&' ? decodeUnicode(plain, unicodeEscape) : plain;
}

function resolveBackslashes(body: string, quote: string): string {
  const plain = body.includes(quote + quote) ? body.replaceAll(quote + quote, quote) : body;
  if (!plain.includes('\\')) return plain;
  const escapes = /\\(?:([0-7]{1,3})|x([\da-fA-F]{1,2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g;
  return plain.replace(escapes, (_, octal, hex, short, long, simple) => {
    if (simple !== undefined) return SIMPLE_ESCAPES[simple] ?? simple;
    const code = octal === undefined ? Number.parseInt(hex ?? short ?? long, 16) : Number.parseInt(octal, 8);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  });
}

/** Resolve \XXXX and \+XXXXXX of U&'' and U&"". */
export function decodeUnicode(text: string, escapeBy: string): string {
  let result = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== escapeBy) {
      result += text[at];
      continue;
    }
    if (text[at + 1] === escapeBy) {
      result += escapeBy;
      at++;
      continue;
    }
    const long = text[at + 1] === '+';
    const digits = text.slice(at + (long ? 2 : 1), at + (long ? 8 : 5));
    const code = Number.parseInt(digits, 16);
    if (Number.isNaN(code) || code > 0x10ffff) {
      result += text[at];
      continue;
    }
    result += long ? String.fromCodePoint(code) : String.fromCharCode(code);
    at += long ? 7 : 4;
  }
  return result;
}
