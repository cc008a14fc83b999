/**
 * The door for text that a language model wrote. What does not pass is never sent to a database, not even to be
 * planned.
 */
import { findTable } from '../catalog/catalog.ts';
import { analyzeStatement } from '../sql/analyze.ts';
import type { TableRef } from '../sql/ast.ts';
import { tokenize } from '../sql/lexer.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { splitStatements } from '../sql/splitter.ts';
import { statementKind, writes } from '../sql/statement-facts.ts';
import { applyEdits, type TextEdit } from '../sql/text.ts';
import { tokenEdits } from '../sql/token-diff.ts';
import { walk } from '../sql/walk.ts';
import { compareStructure } from '../verification/structure.ts';

export type Admission =
  | {
      readonly admitted: true;
      /** the original with the edits applied: the user's layout and comments where nothing changed */
      readonly statement: AnalyzedStatement;
      readonly edits: readonly TextEdit[];
    }
  | {
      readonly admitted: false;
      /** one sentence that whoever wrote it can act on */
      readonly problem: string;
    };

/** Why no proposal for this statement could be checked; null when one can. */
export function reasonNotToAsk(original: AnalyzedStatement): string | null {
  const itself = compareStructure(original, original);
  return itself.verdict === 'unknown' ? itself.message : null;
}

/**
 * Admit a proposal when it is one statement that the parser understands fully, of the original's kind, on the
 * original's tables, with its columns, and without a function that could have an effect.
 *
 * @param text as a model wrote it
 */
export function admitProposal(original: AnalyzedStatement, text: string): Admission {
  const single = onlyStatement(text, original);
  if ('problem' in single) return { admitted: false, problem: single.problem };
  const edits = tokenEdits(original.text, single.text, original.dialect);
  if (edits.length === 0) return no('It is the original statement.');
  const statement = analyzeStatement(applyEdits(original.text, edits), original.catalog);
  const problem =
    unreadable(statement) ??
    otherKind(original, statement) ??
    foreignTable(original, statement) ??
    otherStructure(original, statement);
  return problem === null ? { admitted: true, statement, edits } : no(problem);
}

function no(problem: string): Admission {
  return { admitted: false, problem };
}

function onlyStatement(
  text: string,
  { dialect }: AnalyzedStatement,
): { readonly text: string } | { readonly problem: string } {
  const parts = splitStatements(text, dialect);
  const [first] = parts;
  if (!first) return { problem: 'It holds no statement.' };
  if (parts.length > 1) return { problem: `It holds ${parts.length} statements instead of one.` };
  if (first.kind !== 'sql') return { problem: 'It is a command of a client, not an SQL statement.' };
  return { text: text.slice(first.start, first.end) };
}

function unreadable(statement: AnalyzedStatement): string | null {
  const { tree, dialect, text } = statement;
  const unknown = tokenize(text, dialect).find((token) => token.kind === 'unknown');
  if (unknown) return `It has something that is no ${dialect} syntax: ${excerpt(text, unknown.start)}`;
  if (tree.kind === 'opaque') return `It could not be parsed: ${tree.reason}.`;
  const [opaque] = statement.opaque;
  return opaque ? `It could not be parsed from here on: ${excerpt(text, opaque.start)}` : null;
}

function excerpt(text: string, start: number): string {
  const part = text
    .slice(start, start + 60)
    .replace(/\s+/g, ' ')
    .trim();
  return start + 60 < text.length ? `${part} …` : part;
}

function otherKind(original: AnalyzedStatement, statement: AnalyzedStatement): string | null {
  const [before, after] = [statementKind(original.tree), statementKind(statement.tree)];
  if (before !== after) return `It is a statement of another kind: ${after} instead of ${before}.`;
  if (writes(statement) && !writes(original)) return 'It changes data, and the original only reads.';
  return null;
}

/** A table that the original does not read. */
function foreignTable(original: AnalyzedStatement, statement: AnalyzedStatement): string | null {
  const allowed = new Set(tableNames(original));
  const foreign = tableNames(statement).find((name) => !allowed.has(name));
  return foreign === undefined ? null : `It uses the table ${foreign}, which the original does not.`;
}

/** The tables behind the names, as the catalog knows them; as written where it knows none. */
function tableNames(statement: AnalyzedStatement): string[] {
  const ctes = new Set(statement.ctes.map((cte) => cte.name));
  const names: string[] = [];
  walk(statement.tree, (node) => {
    if (node.kind === 'table' && !(node.name.length === 1 && ctes.has(node.name[0].name))) {
      names.push(tableName(node, statement));
    }
  });
  return names;
}

function tableName(node: TableRef, { catalog }: AnalyzedStatement): string {
  const parts = node.name.map((part) => part.name);
  const table = findTable(catalog, parts);
  return table ? `${table.schema}.${table.name}` : parts.join('.');
}

function otherStructure(original: AnalyzedStatement, statement: AnalyzedStatement): string | null {
  const structure = compareStructure(original, statement);
  if (structure.verdict === 'unknown') return structure.message;
  if (structure.verdict === 'comparable') return null;
  const { before, after } = structure.counterexample;
  return `It returns something else. The original: ${before}. The rewrite: ${after}.`;
}
