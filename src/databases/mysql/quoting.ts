/** A name as an identifier, whatever it holds. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A text as a literal that no sql_mode reads differently: hexadecimal knows no escapes. */
export function quoteLiteral(text: string): string {
  return text === '' ? "''" : `_utf8mb4 x'${Buffer.from(text, 'utf8').toString('hex')}'`;
}

/** An account as GRANT names it. @param user as CURRENT_USER() gives it: 'app@%' */
export function accountOf(user: string): string {
  const [name = '', host = '%'] = user.split(/@(?=[^@]*$)/);
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  return `${quoted(name)}@${quoted(host)}`;
}
