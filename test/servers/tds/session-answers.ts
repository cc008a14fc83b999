/**
 * What SQL Server answers on the statements of `test/databases/session.test.ts`, for the stand-in: results, errors by
 * `sys.messages`, and plans by showplanxml.xsd. Written from the public documentation; no server was recorded.
 */
import { type Answer, type BatchMode, showplan } from './answers.ts';
import type { Column } from './tokens.ts';

const INT: Column = { name: 'id', type: 'int' };
const numbers = (count: number) => Array.from({ length: count }, (_, index) => [String(index + 1)]);
const row = (...cells: readonly (readonly [type: string, value: string])[]): Answer => ({
  columns: cells.map(([type], index) => ({ name: `c${index}`, type })),
  rows: [cells.map(([, value]) => value)],
});

/** @param runtime counters of a run, or nothing for an estimate */
function lookup(runtime: string): string {
  return `<ShowPlanXML xmlns="http://schemas.microsoft.com/sqlserver/2004/07/showplan" Version="1.564" Build="16.0.4105.2"><BatchSequence><Batch><Statements>
<StmtSimple StatementText="SELECT" StatementId="1" StatementType="SELECT" StatementSubTreeCost="0.0066" StatementEstRows="1">
<QueryPlan CachedPlanSize="24" CompileTime="1" CompileCPU="1" CompileMemory="200">${runtime === '' ? '' : '<QueryTimeStats CpuTime="1" ElapsedTime="2" />'}
<RelOp NodeId="0" PhysicalOp="Index Seek" LogicalOp="Index Seek" EstimateRows="1" EstimateIO="0.003" EstimateCPU="0.0002" AvgRowSize="40" EstimatedTotalSubtreeCost="0.0066" TableCardinality="2000" Parallel="0" EstimateRebinds="0" EstimateRewinds="0">
<OutputList />${runtime}<IndexScan Ordered="1" ScanDirection="FORWARD" Storage="RowStore"><DefinedValues />
<Object Database="[shop]" Schema="[dbo]" Table="[item]" Index="[item_label]" Alias="[i]" IndexKind="NonClustered" Storage="RowStore" />
</IndexScan></RelOp></QueryPlan></StmtSimple></Statements></Batch></BatchSequence></ShowPlanXML>`;
}
const RUNTIME =
  '<RunTimeInformation><RunTimeCountersPerThread Thread="0" ActualRows="1" ActualRowsRead="1" ActualExecutions="1" ActualElapsedms="1" ActualLogicalReads="2" /></RunTimeInformation>';

/** https://learn.microsoft.com/sql/t-sql/statements/set-statistics-io-transact-sql, and set-statistics-time */
const STATISTICS = [
  {
    number: 3615,
    message: "Table 'item'. Scan count 1, logical reads 9, physical reads 0, read-ahead reads 0.",
  },
  { number: 3612, message: ' SQL Server Execution Times:\n   CPU time = 2 ms,  elapsed time = 3 ms.' },
];

const ANSWERS: readonly (readonly [RegExp, Answer])[] = [
  [/item AS d WHERE a\.id/, 'hang'],
  [/, missing FROM/, { error: { number: 207, message: "Invalid column name 'missing'.", line: 1 } }],
  [/^SELECT nothing$/, { error: { number: 207, message: "Invalid column name 'nothing'.", line: 1 } }],
  [/1 \/ 0/, { error: { number: 8134, message: 'Divide by zero error encountered.' } }],
  [/FROM item a, item b/, { endless: { columns: [INT], rows: [['1']] } }],
  [/WHERE id <= 3$/, { columns: [INT], rows: numbers(3) }],
  [/^SELECT id FROM item/, { columns: [INT], rows: numbers(2000) }],
  [/^UPDATE item/, { ok: 10 }],
  [/sum\(CASE/, row(['int', '2000'], ['decimal(38,2)', '0.00'])],
  [/min\(price\)/, row(['int', '2000'], ['decimal(10,2)', '1.50'])],
  [/^SELECT count\(\*\), \(SELECT count/, row(['int', '2000'], ['int', '0'])],
  [/^SELECT count\(\*\) FROM item$/, row(['int', '2000'])],
  [/^SELECT count\(\*\) FROM log$/, row(['int', '0'])],
  [
    /1000000\) AS big FROM item/,
    {
      columns: [{ name: 'big', type: 'varchar(max)' }],
      rows: numbers(20).map(() => ['x'.repeat(1_000_000)]),
    },
  ],
  [/REPLICATE/, row(['nvarchar(max)', 'ä😀'.repeat(100_000)], ['varchar(1)', ''], ['varchar(5)', 'a\tb\nc'])],
  [
    /sp_describe_undeclared_parameters/,
    { columns: ['name', 'suggested_system_type_name'], rows: [['@wanted', 'varchar(40)']] },
  ],
  [
    /sp_describe_first_result_set .*@params = N'@wanted varchar\(40\)'/,
    {
      columns: [{ name: 'is_hidden', type: 'bit' }, 'name', 'system_type_name'],
      rows: [
        ['0', 'id', 'int'],
        ['0', 'l', 'varchar(40)'],
        ['0', 's', 'int'],
      ],
    },
  ],
  [
    /sp_describe_first_result_set/,
    { error: { number: 137, message: 'Must declare the scalar variable "@wanted".', line: 1 } },
  ],
];

/** A statement that nobody wrote an answer for is an error: a suite must not pass by chance. */
export function sessionAnswer(sql: string, { plan, statistics }: BatchMode): Answer {
  const found = ANSWERS.find(([pattern]) => pattern.test(sql))?.[1];
  const failing = typeof found === 'object' && 'error' in found;
  if (/item_?|item 7/.test(sql) && plan === 'estimated' && !failing) return showplan(lookup(''));
  if (plan === 'actual' && !failing)
    return { sets: [{ columns: [INT], rows: [['7']] }, showplan(lookup(RUNTIME))] };
  if (statistics && /ORDER BY price/.test(sql)) {
    return { columns: [INT], rows: numbers(2000), messages: STATISTICS };
  }
  if (found) return found;
  const number = /^SELECT (\d+)$/.exec(sql)?.[1];
  if (number !== undefined) return row(['int', number]);
  return { error: { number: 50000, message: `The stand-in knows no answer on: ${sql.slice(0, 200)}` } };
}
