/** A name as an identifier, whatever it holds. */
export function quoteIdentifier(name: string): string {
  return `[${name.replaceAll(']', ']]')}]`;
}

/** A text as a literal; T-SQL knows no escape but the doubled quote. */
export function quoteLiteral(text: string): string {
  return `N'${text.replaceAll("'", "''")}'`;
}
