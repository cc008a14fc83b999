/** What statements that write do to a database: run, looked at and rolled back. */
import type pg from 'pg';
import type { AnalyzedStatement } from '../../../src/core/sql/query-model.ts';
import type { World } from './world.ts';

/** What one statement did to one database. */
export interface Effect {
  readonly database: number;
  readonly statement: number;
  /** number of rows, the rows of RETURNING, then the rows of all tables, each a line; null when it raised an error */
  readonly effect: string | null;
  readonly error: string | null;
  /** SQLSTATE */
  readonly code: string | null;
}

/** Runs writes, each in a subtransaction that an exception ends once its effect is written down. */
export const WRITE_HARNESS = `
CREATE OR REPLACE FUNCTION fuzz.reverse(tables text[], columns text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  place tid;
BEGIN
  FOR i IN 1 .. cardinality(tables) LOOP
    FOR place IN EXECUTE format('SELECT ctid FROM %I ORDER BY ctid DESC', tables[i]) LOOP
      EXECUTE format('UPDATE %I SET %I = %I WHERE ctid = $1', tables[i], columns[i], columns[i]) USING place;
    END LOOP;
  END LOOP;
END $$;
CREATE OR REPLACE FUNCTION fuzz.write(
  databases text[], statements text[], returns boolean[], tables text[], columns text[], reversed boolean, off text[]
)
RETURNS TABLE (database int, statement int, effect text, error text, code text) LANGUAGE plpgsql AS $$
DECLARE
  found_row record;
  name text;
  lines text;
  affected bigint;
  returned text[];
BEGIN
  FOR d IN 1 .. cardinality(databases) LOOP
    PERFORM set_config('search_path', databases[d], true);
    FOR s IN 1 .. cardinality(statements) LOOP
      database := d - 1; statement := s - 1; effect := NULL; error := NULL; code := NULL;
      BEGIN
        IF reversed THEN PERFORM fuzz.reverse(tables, columns); END IF;
        FOREACH name IN ARRAY off LOOP PERFORM set_config(name, 'off', true); END LOOP;
        returned := '{}';
        IF returns[s] THEN
          FOR found_row IN EXECUTE statements[s] LOOP
            returned := returned || row_to_json(found_row)::text;
          END LOOP;
          affected := cardinality(returned);
        ELSE
          EXECUTE statements[s];
          GET DIAGNOSTICS affected = ROW_COUNT;
        END IF;
        SET CONSTRAINTS ALL IMMEDIATE;
        SELECT string_agg(line, chr(10) ORDER BY line COLLATE "C") INTO lines FROM unnest(returned) AS line;
        effect := affected || ' rows' || chr(10) || coalesce(lines || chr(10), '');
        FOREACH name IN ARRAY tables LOOP
          EXECUTE format('SELECT string_agg(line, chr(10) ORDER BY line COLLATE "C") FROM (SELECT row_to_json(x)::text AS line FROM %I x) y', name) INTO lines;
          effect := effect || name || chr(10) || coalesce(lines || chr(10), '');
        END LOOP;
        RAISE EXCEPTION USING ERRCODE = 'FZ001';
      EXCEPTION
        WHEN SQLSTATE 'FZ001' THEN NULL;
        WHEN query_canceled THEN RAISE;
        WHEN others THEN error := SQLERRM; code := SQLSTATE; effect := NULL;
      END;
      RETURN NEXT;
    END LOOP;
  END LOOP;
END $$;
`;

/** INSERT, UPDATE, DELETE or MERGE. */
export function isWrite({ tree }: AnalyzedStatement): boolean {
  return ['insert', 'update', 'delete', 'merge'].includes(tree.kind);
}

/** What is another thing each time, whatever the statement: a rollback does not take it back. */
const NEVER_THE_SAME =
  /\b(?:small|big)?serial\b|\bidentity\b|\bnextval\b|\brandom\b|clock_timestamp|gen_random_uuid|uuid_generate|\btxid_current\b/i;

/** The write can be compared with another one: it draws nothing from a sequence or from chance. */
export function isRepeatable(world: World, statement: AnalyzedStatement): boolean {
  return !NEVER_THE_SAME.test(world.schema) && !NEVER_THE_SAME.test(statement.text);
}

/** Other plans and another order of the rows on disk. */
export interface Circumstances {
  readonly reversed: boolean;
  /** settings of the planner that are turned off */
  readonly off: readonly string[];
}

const AS_THEY_ARE: Circumstances = { reversed: false, off: [] };
const OTHERS: readonly Circumstances[] = [
  { reversed: true, off: [] },
  { reversed: false, off: ['enable_hashjoin', 'enable_mergejoin', 'enable_hashagg'] },
  { reversed: true, off: ['enable_nestloop', 'enable_seqscan'] },
];

/** Run writes on databases of a world in one call. @throws what the server throws at the time limit */
export async function runWrites(
  client: pg.Client,
  world: World,
  databases: readonly string[],
  statements: readonly AnalyzedStatement[],
  { reversed, off }: Circumstances = AS_THEY_ARE,
): Promise<readonly Effect[]> {
  const tables = world.catalog.tables.flatMap((table) => {
    const column = table.columns.find(({ generated }) => generated === null);
    return table.kind === 'table' && column ? [{ name: table.name, column: column.name }] : [];
  });
  const { rows } = await client.query<Effect>('SELECT * FROM fuzz.write($1, $2, $3, $4, $5, $6, $7)', [
    databases,
    statements.map(({ text }) => text),
    statements.map(returnsRows),
    tables.map(({ name }) => name),
    tables.map(({ column }) => column),
    reversed,
    off,
  ]);
  return rows;
}

function returnsRows({ tree }: AnalyzedStatement): boolean {
  return 'returning' in tree && tree.returning.length > 0;
}

/**
 * The write itself does another thing under another plan: UPDATE … FROM with several partners for a row, ON CONFLICT DO
 * NOTHING with a key that comes twice. Then a difference says nothing.
 */
export async function dependsOnPlan(
  client: pg.Client,
  world: World,
  statement: AnalyzedStatement,
  before: Effect,
): Promise<boolean> {
  const name = world.databases[before.database];
  if (name === undefined) return false;
  for (const circumstances of OTHERS) {
    const [again] = await runWrites(client, world, [name], [statement], circumstances);
    if (again && (again.effect === null || !sameEffect(before, again))) return true;
  }
  return false;
}

/** The same rows; numbers are compared by value, and floating ones up to the order in which they were added. */
export function sameEffect(a: Effect, b: Effect): boolean {
  if (a.effect === b.effect) return true;
  return a.effect !== null && b.effect !== null && plain(a.effect) === plain(b.effect);
}

function plain(effect: string): string {
  return effect
    .replace(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi, (number) => String(Number(Number(number).toPrecision(12))))
    .split('\n')
    .sort()
    .join('\n');
}

/** Lines that only one of two effects has. */
export function effectDifference(before: Effect, after: Effect): string {
  const [own, other] = [before, after].map(({ effect }) => (effect ?? '').split('\n'));
  const only = (lines: readonly string[] = [], others: readonly string[] = []): string =>
    lines.filter((line) => !others.includes(line)).join('\n') || '(nothing else)';
  return `the original gives\n${only(own, other)}\nand the rewrite\n${only(other, own)}`;
}
