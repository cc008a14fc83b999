import type { Placeholder, Variable } from '../sql/ast.ts';
import { oncePerStatement } from '../sql/facts.ts';
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

/** A place in a statement whose value comes when it is run. */
export interface Parameter {
  readonly node: Placeholder | Variable;
  /** the same for the same parameter; '#1', '#2' … for those that are a new one at each place */
  readonly key: string;
}

/** Placeholders that are a new parameter at each place, whatever their text. */
const POSITIONAL = new Set(['?', '%s']);

/** MySQL and MariaDB know parameters by their place alone, and plan for values only. */
export function plansForValuesOnly({ dialect }: Pick<AnalyzedStatement, 'dialect'>): boolean {
  return dialect === 'mysql' || dialect === 'mariadb';
}

/**
 * The parameters of a statement in the order of its text. In MySQL and MariaDB user variables are among them, when the
 * statement does not set them itself: they are NULL in another session.
 */
export const parametersOf = oncePerStatement((statement: AnalyzedStatement): readonly Parameter[] => {
  const named = plansForValuesOnly(statement) && !statement.tokens.some(({ text }) => text === ':=');
  const nodes: (Placeholder | Variable)[] = [];
  walk(statement.tree, (node) => {
    if (node.kind === 'placeholder') nodes.push(node);
    if (node.kind === 'variable' && named && !node.text.startsWith('@@')) nodes.push(node);
  });
  nodes.sort((a, b) => a.start - b.start);
  let position = 0;
  return nodes.map((node) => ({ node, key: keyOf(node) }));

  function keyOf({ kind, text }: Placeholder | Variable): string {
    if (kind === 'variable') return text.toLowerCase();
    return POSITIONAL.has(text) ? `#${++position}` : text;
  }
});

/**
 * Write every placeholder as the server knows it, so that it can plan the statement without values: `$n`, and `?` for
 * MySQL and MariaDB, where each place is a parameter of its own. In T-SQL variables are parameters too, and stay.
 *
 * @returns the statement, or null when something other than a value is left open (a template block, a table name)
 */
export function numberPlaceholders(statement: AnalyzedStatement): BoundStatement | null {
  const parameters = parametersOf(statement);
  const unnumbered = plansForValuesOnly(statement);
  // a name that no variable of the statement has
  const prefix = statement.dialect === 'tsql' ? '@sqlopt_' : '$';
  const numbers = new Map<string, number>();
  const edits = parameters.map(({ node: { start, end }, key }) => {
    const number = numbers.get(key) ?? numbers.size + 1;
    numbers.set(key, number);
    return { start, end, text: unnumbered ? '?' : `${prefix}${number}` };
  });
  if (leavesTemplate(statement, parameters)) return null;
  return { sql: applyEdits(statement.text, edits), parameters: numbers.size + variables(statement) };
}

/** The variables of T-SQL whose values the statement alone does not tell; `@@ROWCOUNT` and the like are functions. */
function variables({ dialect, tokens }: AnalyzedStatement): number {
  if (dialect !== 'tsql') return 0;
  const named = tokens.filter(({ kind, text }) => kind === 'variable' && !text.startsWith('@@'));
  return new Set(named.map(({ text }) => text.toLowerCase())).size;
}

/** A template placeholder stands where the parser saw no value: the text is not SQL yet. */
function leavesTemplate(statement: AnalyzedStatement, values: readonly Parameter[]): boolean {
  const isValue = new Set(values.map(({ node }) => node.start));
  return statement.tokens.some((token) => token.kind === 'placeholder' && !isValue.has(token.start));
}
