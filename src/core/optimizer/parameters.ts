import type { Placeholder } from '../sql/ast.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { applyEdits } from '../sql/text.ts';
import { walk } from '../sql/walk.ts';

/**
 * A statement as the server can plan it: every placeholder written as $1, $2 …, as ? for MySQL and MariaDB, as a
 * variable for SQL Server.
 */
export interface BoundStatement {
  readonly sql: string;
  /** number of distinct parameters */
  readonly parameters: number;
}

/** Placeholders that are a new parameter at each place, whatever their text. */
const POSITIONAL = new Set(['?', '%s']);

/**
 * Write every placeholder as the server knows it, so that it can plan the statement without values: `$n`, and `?` for
 * MySQL and MariaDB, where each place is a parameter of its own. In T-SQL variables are parameters too, and stay.
 *
 * @returns the statement, or null when something other than a value is left open (a template block, a table name)
 */
export function numberPlaceholders(statement: AnalyzedStatement): BoundStatement | null {
  const placeholders: Placeholder[] = [];
  walk(statement.tree, (node) => {
    if (node.kind === 'placeholder') placeholders.push(node);
  });
  placeholders.sort((a, b) => a.start - b.start);
  const unnumbered = statement.dialect === 'mysql' || statement.dialect === 'mariadb';
  // a name that no variable of the statement has
  const prefix = statement.dialect === 'tsql' ? '@sqlopt_' : '$';
  const numbers = new Map<string, number>();
  let count = 0;
  const edits = placeholders.map((node) => {
    const known = POSITIONAL.has(node.text) ? undefined : numbers.get(node.text);
    const number = known ?? ++count;
    if (!POSITIONAL.has(node.text)) numbers.set(node.text, number);
    return { start: node.start, end: node.end, text: unnumbered ? '?' : `${prefix}${number}` };
  });
  if (leavesTemplate(statement, placeholders)) return null;
  return { sql: applyEdits(statement.text, edits), parameters: count + variables(statement) };
}

/** The variables of T-SQL whose values the statement alone does not tell; `@@ROWCOUNT` and the like are functions. */
function variables({ dialect, tokens }: AnalyzedStatement): number {
  if (dialect !== 'tsql') return 0;
  const named = tokens.filter(({ kind, text }) => kind === 'variable' && !text.startsWith('@@'));
  return new Set(named.map(({ text }) => text.toLowerCase())).size;
}

/** A template placeholder stands where the parser saw no value: the text is not SQL yet. */
function leavesTemplate(statement: AnalyzedStatement, values: readonly Placeholder[]): boolean {
  const isValue = new Set(values.map((value) => value.start));
  return statement.tokens.some((token) => token.kind === 'placeholder' && !isValue.has(token.start));
}
