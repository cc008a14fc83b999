/**
 * MariaDB's plans as JSON that can be parsed. The server writes conditions into them as they are: a quote, a tab or `\'` of
 * a literal ends or breaks the text (seen on 10.11). Each member stands on a line of its own there.
 */

/** A member or an item whose value is one text. */
const TEXT_LINE = /^(\s*(?:"[^"]*":\s*)?")(.*)(",?)$/;

/** The same text when it is JSON, else the same with its texts escaped. What is no JSON for another reason stays none. */
export function escapedJson(json: string): string {
  if (isJson(json)) return json;
  return json
    .split('\n')
    .map((line) => {
      const [, before = '', text = '', after = ''] = TEXT_LINE.exec(line) ?? [];
      return before === '' ? line : `${before}${JSON.stringify(text).slice(1, -1)}${after}`;
    })
    .join('\n');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
