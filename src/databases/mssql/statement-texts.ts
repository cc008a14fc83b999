/** Statements out of the texts in which SQL Server keeps them. */

/**
 * One statement of a batch or a module.
 * https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/sys-dm-exec-query-stats-transact-sql
 *
 * @param start in bytes of UTF-16, as `statement_start_offset`
 * @param end in bytes of UTF-16, of the statement's last character; -1: the end of the text
 */
export function statementAt(text: string, start: number, end: number): string {
  // a JavaScript string counts units of UTF-16, which have two bytes each
  return text.slice(start / 2, end < 0 ? undefined : end / 2 + 1).trim();
}

/**
 * A statement of the Query Store without the parameters that stand before it: `(@id int,@name nvarchar(40))SELECT …`.
 * They are declared nowhere else, but what is planned here finds their types by itself.
 */
export function withoutDeclarations(text: string): string {
  if (!/^\(\s*@/.test(text)) return text.trim();
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return text.slice(at + 1).trim();
  }
  return text.trim();
}
