/** A name as an identifier, whatever it holds. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A text as a literal that no sql_mode reads differently: hexadecimal knows no escapes. */
export function quoteLiteral(text: string): string {
  return text === '' ? "''" : `_utf8mb4 x'${Buffer.from(text, 'utf8').toString('hex')}'`;
}
