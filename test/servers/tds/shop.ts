/** The shop of the tests on SQL Server: its statement to optimize, and what is answered on it. */
import { readFile } from 'node:fs/promises';
import { type Answer, type BatchMode, showplan } from './answers.ts';
import { catalogAnswer, SHOP_DDL } from './shop-catalog.ts';

/** A statement that reads the orders of its customer again for each order. */
export const SLOW =
  'SELECT o.Id FROM sales.Orders o WHERE o.Total > (SELECT AVG(p.Total) FROM sales.Orders p WHERE p.CustomerId = o.CustomerId)';
const FILL = `
INSERT INTO sales.Orders (Id, CustomerId, Placed, Total)
  SELECT n, 1 + n % 2, '2024-01-01', n % 97 FROM (SELECT TOP 4000 ROW_NUMBER() OVER (ORDER BY (SELECT 1)) AS n FROM sys.all_objects a, sys.all_objects b) x;`;
/** Builds the shop on a real server. */
export const SHOP_SQL = SHOP_DDL + FILL;
/** Milliseconds that the slow form takes. */
const SLOW_MS = 60;
const PLAN = await readFile(new URL('../../unit/plans/showplans/actual.xml', import.meta.url), 'utf8');

/**
 * What the stand-in answers on the shop: correlated subqueries cost more and take longer, both forms give the same rows,
 * and a condition that is turned gives others.
 */
export function shopAnswer(sql: string, { plan, statistics }: BatchMode): Answer {
  const known = catalogAnswer(sql);
  if (known) return known;
  if (/sp_describe_first_result_set/.test(sql)) {
    return {
      columns: [{ name: 'is_hidden', type: 'bit' }, 'name', 'system_type_name'],
      rows: [['0', 'Id', 'bigint']],
    };
  }
  if (/sp_describe_undeclared_parameters/.test(sql)) {
    return { columns: ['name', 'suggested_system_type_name'], rows: [['@customer', 'int']] };
  }
  if (plan === 'estimated') {
    const cost = /> \(SELECT/i.test(sql) ? 50 : 1;
    return showplan(PLAN.replace('StatementSubTreeCost="0.9"', `StatementSubTreeCost="${cost}"`));
  }
  const rows = {
    columns: [{ name: 'Id', type: 'bigint' }],
    rows: /Total < /.test(sql) ? [['7']] : [['1'], ['2']],
  };
  if (plan === 'actual') return { sets: [rows, showplan(PLAN)] };
  const messages = statistics ? [{ number: 3612, message: 'CPU time = 3 ms,  elapsed time = 4 ms.' }] : [];
  return { ...rows, messages, ...(/> \(SELECT/i.test(sql) ? { delayMs: SLOW_MS } : {}) };
}
