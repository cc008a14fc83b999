/** Plans without and with running, the result's columns, and parameters without values. */
import { DatabaseError, type ResultColumn } from '../../core/database.ts';
import type { Plan } from '../../core/plans/plan.ts';
import { readShowplan } from '../../core/plans/read-showplan.ts';
import { tokenize } from '../../core/sql/lexer.ts';
import { applyEdits } from '../../core/sql/text.ts';
import type { Token } from '../../core/sql/tokens.ts';
import { quoteLiteral } from './quoting.ts';
import type { WireResult } from './wire.ts';
import { parseXml } from './xml.ts';

interface Runner {
  run(statement: string): Promise<WireResult>;
}

/**
 * The settings around a statement whose plan is wanted; each must be the only statement of its batch.
 * https://learn.microsoft.com/sql/t-sql/statements/set-showplan-xml-transact-sql
 * https://learn.microsoft.com/sql/t-sql/statements/set-statistics-xml-transact-sql
 */
export function explainSettings(analyze: boolean): { readonly on: string; readonly off: string } {
  const setting = analyze ? 'STATISTICS XML' : 'SHOWPLAN_XML';
  return { on: `SET ${setting} ON`, off: `SET ${setting} OFF` };
}

/** @throws DatabaseError when there is no plan, or none that can be read */
export async function readPlan(plans: readonly string[], analyze: boolean): Promise<Plan> {
  const text = plans.at(-1);
  if (text === undefined) {
    throw new DatabaseError('driver', 'The server returned no plan for the statement.');
  }
  try {
    return readShowplan(await parseXml(text), text, analyze);
  } catch (cause) {
    if (DatabaseError.is(cause)) throw cause;
    throw new DatabaseError(
      'driver',
      `The server returned a plan that cannot be read: ${(cause as Error).message}.`,
      { cause },
    );
  }
}

/**
 * The columns of a result without running the statement.
 * https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-describe-first-result-set-transact-sql
 */
export async function describeStatement(sql: string, { run }: Runner): Promise<readonly ResultColumn[]> {
  const names = parametersIn(sql);
  const declared = names.length > 0 ? await declarations(sql, names, { run }) : [];
  // a variable that is not declared is an error there
  const parameters = declared.length > 0 ? `, @params = ${quoteLiteral(declared.join(', '))}` : '';
  const result = await run(`EXEC sys.sp_describe_first_result_set @tsql = ${quoteLiteral(sql)}${parameters}`);
  const at = (name: string) => result.columns.findIndex(({ colName }) => colName === name);
  const [hidden, name, type] = [at('is_hidden'), at('name'), at('system_type_name')];
  return result.rows
    .filter((row) => row[hidden] !== '1')
    .map((row) => ({ name: row[name] ?? '', type: row[type] ?? '' }));
}

/**
 * The statement with its parameters declared, so that it can be planned without values: the server then plans for
 * values that it does not know.
 *
 * @throws DatabaseError when the statement is to be run and has parameters
 */
export async function withParameters(sql: string, analyze: boolean, { run }: Runner): Promise<string> {
  const names = parametersIn(sql);
  if (names.length === 0) return sql;
  if (analyze || names.some(({ kind }) => kind === 'placeholder')) {
    throw new DatabaseError(
      'other',
      'The statement has parameters without values. Put values in their place to run it or to see its plan.',
    );
  }
  const declared = await declarations(sql, names, { run });
  // on the statement's own first line, so that the lines of errors stay right
  return declared.length === 0 ? sql : `DECLARE ${declared.join(', ')}; ${sql}`;
}

function parametersIn(sql: string): Token[] {
  return tokenize(sql, 'tsql').filter(
    ({ kind, text }) => (kind === 'variable' || kind === 'placeholder') && !text.startsWith('@@'),
  );
}

/**
 * Parameters with the types that the server reads out of their use: '@customer int'.
 * https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-describe-undeclared-parameters-transact-sql
 */
async function declarations(sql: string, names: readonly Token[], { run }: Runner): Promise<string[]> {
  const asked = usedOnce(sql, names);
  const found = await run(`EXEC sys.sp_describe_undeclared_parameters @tsql = ${quoteLiteral(asked)}`);
  const at = (name: string) => found.columns.findIndex(({ colName }) => colName === name);
  const [name, type] = [at('name'), at('suggested_system_type_name')];
  const known = new Set(names.map(({ text }) => text.toLowerCase()));
  return found.rows
    .filter((row) => known.has((row[name] ?? '').toLowerCase()))
    .map((row) => `${row[name] ?? ''} ${row[type] ?? 'sql_variant'}`);
}

/**
 * The statement with another name at each further use of a parameter: the server refuses to tell the type of one that is
 * used twice (error 11508).
 */
function usedOnce(sql: string, names: readonly Token[]): string {
  const uses = new Map<string, number>();
  const edits = names.flatMap(({ text, start, end }) => {
    const use = (uses.get(text.toLowerCase()) ?? 0) + 1;
    uses.set(text.toLowerCase(), use);
    return use === 1 ? [] : [{ start, end, text: `${text}_use_${use}` }];
  });
  return applyEdits(sql, edits);
}
