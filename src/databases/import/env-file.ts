/** `.env` files: names and values, as dotenv and Docker Compose read them. */

export interface EnvEntry {
  readonly name: string;
  readonly value: string;
  /** counted from 1 */
  readonly line: number;
}

/**
 * Read the text of a `.env` file. `${NAME}` and `$NAME` are replaced by values of the same file, never by those of this
 * process; an entry that names another variable is left out.
 *
 * Rules: https://github.com/motdotla/dotenv#what-rules-does-the-parsing-engine-follow
 */
export function readEnvFile(text: string): readonly EnvEntry[] {
  const values = new Map<string, string>();
  return text.split(/\r?\n/).flatMap((row, index) => {
    const match = /^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*[=:]\s*(.*?)\s*$/.exec(row);
    const name = match?.[1];
    if (name === undefined) return [];
    const value = readValue(match?.[2] ?? '', values);
    if (value === null) return [];
    values.set(name, value);
    return [{ name, value, line: index + 1 }];
  });
}

function readValue(text: string, values: ReadonlyMap<string, string>): string | null {
  const single = /^'([^']*)'/.exec(text);
  if (single) return single[1] ?? '';
  const double = /^"((?:[^"\\]|\\.)*)"/.exec(text);
  if (double) return expand((double[1] ?? '').replace(/\\(["\\])/g, '$1'), values);
  return expand(text.replace(/\s+#.*$/, ''), values);
}

/** @returns null when a variable is named that the file does not have */
function expand(text: string, values: ReadonlyMap<string, string>): string | null {
  let complete = true;
  const expanded = text.replace(/\$\{(\w+)(?::?-([^}]*))?\}|\$([A-Z_]\w*)/g, (_, braced, other, plain) => {
    const value = values.get(braced ?? plain) ?? other;
    if (value === undefined) complete = false;
    return value ?? '';
  });
  return complete ? expanded : null;
}
