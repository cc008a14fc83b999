import type { Expression, FunctionCall, Node } from '../../sql/ast.ts';
import { catalogFunctions } from '../../sql/properties/functions.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source, sql } from '../../sql/writing/fragment.ts';
import { postgresqlOnly } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { positivePredicates, quote } from '../predicates/positive.ts';

/** `owner_id = auth.uid()` → `owner_id = (SELECT auth.uid())`. */
export const stableFunctionPerRow: Pattern = {
  id: 'stable-function-per-row',
  title: 'STABLE function without row arguments called for every row',
  category: 'functions',
  industries: ['saas'],
  engines: postgresqlOnly(
    'No index is searched for the condition, so the function is called once per row: measured 4 times on PostgreSQL 15.',
  ),
  severity: 'warning',
  description:
    'A STABLE function gives the same within one statement, but a filter calls it for every row all the same. As a scalar subquery without references it is run once. Row security policies with auth.uid() or current_setting() are the common case.',
  source: 'https://supabase.com/docs/guides/database/postgres/row-level-security#call-functions-with-select',
  precondition:
    'The function is declared STABLE in the catalog, or is current_setting(); its arguments mention no column, and nothing beside it is volatile.',
  example: {
    schema: 'CREATE TABLE documents (document_id bigint PRIMARY KEY, owner text, body text);',
    before: "SELECT body FROM documents WHERE owner = current_setting('app.user')",
    after: "SELECT body FROM documents WHERE owner = (SELECT current_setting('app.user'))",
  },
  rewrites: true,
  needs: ['condition', ['catalog function', 'calls current_setting']],
  *find(statement) {
    for (const { expression } of positivePredicates(statement)) {
      for (const { node, call } of callsIn(statement, expression)) {
        const edits = () =>
          editing(statement)
            .replace(node, sql`(SELECT ${source(statement, node)})`)
            .done();
        const name = call.name.map((part) => part.text).join('.');
        const message = `${quote(statement, node)} is the same for every row, but ${name}() is called for each. A scalar subquery calls it once.`;
        yield offer(expression, message, edits, `${name}() is STABLE and is given no value of the row.`);
      }
    }
  },
};

interface Constant {
  /** the largest expression around the call that mentions no row */
  readonly node: Expression;
  readonly call: FunctionCall;
}

function callsIn(statement: AnalyzedStatement, expression: Expression): Constant[] {
  const found: Constant[] = [];
  walk(expression, (node) => {
    if (node.kind === 'query' || node.kind === 'subquery') return false;
    if (node.kind !== 'call' && node.kind !== 'cast') return true;
    if (!isRowless(node)) return true;
    const call = stableCallIn(statement, node);
    if (call && isDeterministic(node, statement)) found.push({ node, call });
    return false;
  });
  return found;
}

function stableCallIn(statement: AnalyzedStatement, node: Expression): FunctionCall | null {
  let stable: FunctionCall | null = null;
  walk(node, (part) => {
    if (part.kind === 'call' && isStable(statement, part)) stable ??= part;
    return stable === null;
  });
  return stable;
}

function isStable(statement: AnalyzedStatement, call: FunctionCall): boolean {
  const own = catalogFunctions(call, statement.catalog);
  if (own.length === 0) return call.function === 'current_setting' && call.name.length === 1;
  return own.every((one) => one.volatility === 'stable' && one.kind === 'function' && !one.returnsSet);
}

function isRowless(expression: Expression): boolean {
  let rowless = true;
  walk(expression, (node: Node) => {
    if (['column', 'star', 'query', 'variable', 'opaque'].includes(node.kind)) rowless = false;
    return rowless;
  });
  return rowless;
}
