/**
 * The code that builds and queries small databases inside the sandbox: one call of a function does many of them,
 * so that a database costs about a millisecond instead of a dozen messages. For PostgreSQL 13 and later (the
 * embedded one is 18).
 *
 * Each database lives in a subtransaction that is always undone. Rows that break a constraint are left out and
 * reported. Statements run in blocks of their own, so that an error is an outcome and not the end.
 *
 * A scratch database may bring it along ({@link CREATE_HARNESS} run before the first transaction); a search creates it
 * for itself otherwise. Created anew for each search in one session it would cost more and more: PostgreSQL keeps the
 * plans of every function that a session has called, dropped or not, and walks through all of them whenever a table
 * changes. After some hundred searches that was a third of the time.
 */
export const HARNESS_SCHEMA = 'sqlopt_harness';

/** Says 1 where the harness is there. */
export const FIND_HARNESS = `SELECT count(to_regprocedure('${HARNESS_SCHEMA}.trial(jsonb)'))`;

export const CREATE_HARNESS: readonly string[] = [
  `CREATE SCHEMA ${HARNESS_SCHEMA}`,
  // job: { settings: [text], tables: [{insert, rows: [text]}], reads: [text], writes: [text], watch: [text], cap }
  // result: { failed: [[table, row]], outcomes: [{rows: [text]} | {error, code} | {over: true}] }
  `CREATE FUNCTION ${HARNESS_SCHEMA}.trial(job jsonb) RETURNS jsonb LANGUAGE plpgsql AS $trial$
DECLARE
  step jsonb;
  line text;
  failed jsonb := '[]';
  outcomes jsonb := '[]';
  cap int := (job->>'cap')::int;
  t int := 0;
  i int;
BEGIN
  BEGIN
    FOR line IN SELECT jsonb_array_elements_text(job->'settings') LOOP
      EXECUTE line;
    END LOOP;
    FOR step IN SELECT jsonb_array_elements(job->'tables') LOOP
      IF jsonb_array_length(step->'rows') > 0 THEN
        BEGIN
          EXECUTE (step->>'insert')
            || (SELECT string_agg(v, ',' ORDER BY n) FROM jsonb_array_elements_text(step->'rows') WITH ORDINALITY AS x(v, n));
        EXCEPTION WHEN OTHERS THEN
          i := 0;
          FOR line IN SELECT jsonb_array_elements_text(step->'rows') LOOP
            BEGIN
              EXECUTE (step->>'insert') || line;
            EXCEPTION WHEN OTHERS THEN
              failed := failed || jsonb_build_array(jsonb_build_array(t, i));
            END;
            i := i + 1;
          END LOOP;
        END;
      END IF;
      t := t + 1;
    END LOOP;
    FOR line IN SELECT jsonb_array_elements_text(job->'reads') LOOP
      outcomes := outcomes || jsonb_build_array(${HARNESS_SCHEMA}.read(line, cap));
    END LOOP;
    FOR line IN SELECT jsonb_array_elements_text(job->'writes') LOOP
      outcomes := outcomes || jsonb_build_array(${HARNESS_SCHEMA}.write(line, job->'watch', cap));
    END LOOP;
    RAISE EXCEPTION USING ERRCODE = 'SQ000';
  EXCEPTION WHEN SQLSTATE 'SQ000' THEN
    NULL;
  END;
  RETURN jsonb_build_object('failed', failed, 'outcomes', outcomes);
END $trial$`,
  `CREATE FUNCTION ${HARNESS_SCHEMA}.read(statement text, cap int) RETURNS jsonb LANGUAGE plpgsql AS $read$
DECLARE
  line record;
  found_rows text[] := '{}';
  n int := 0;
BEGIN
  FOR line IN EXECUTE statement LOOP
    n := n + 1;
    IF n > cap THEN
      RETURN '{"over": true}';
    END IF;
    found_rows := found_rows || line::text;
  END LOOP;
  RETURN jsonb_build_object('rows', to_jsonb(found_rows));
EXCEPTION WHEN OTHERS THEN
  RETURN jsonb_build_object('code', SQLSTATE, 'error', SQLERRM);
END $read$`,
  // A write is undone before the next one; its outcome is what it returned, its row count and the tables after it.
  `CREATE FUNCTION ${HARNESS_SCHEMA}.write(statement text, watch jsonb, cap int) RETURNS jsonb LANGUAGE plpgsql AS $write$
DECLARE
  returned jsonb := '{"rows": []}';
  counted bigint;
  tables jsonb := '[]';
  source text;
BEGIN
  BEGIN
    IF statement ~ '^/\\*returning\\*/' THEN
      returned := ${HARNESS_SCHEMA}.read(statement, cap);
      IF returned ? 'error' THEN
        RETURN returned;
      END IF;
      counted := jsonb_array_length(returned->'rows');
    ELSE
      EXECUTE statement;
      GET DIAGNOSTICS counted = ROW_COUNT;
    END IF;
    FOR source IN SELECT jsonb_array_elements_text(watch) LOOP
      tables := tables || jsonb_build_array(${HARNESS_SCHEMA}.read(source, cap)->'rows');
    END LOOP;
    RAISE EXCEPTION USING ERRCODE = 'SQ001';
  EXCEPTION WHEN SQLSTATE 'SQ001' THEN
    NULL;
  END;
  RETURN returned || jsonb_build_object('count', counted, 'tables', tables);
EXCEPTION WHEN OTHERS THEN
  RETURN jsonb_build_object('code', SQLSTATE, 'error', SQLERRM);
END $write$`,
];

/** Marks a write that returns rows, for the harness. */
export const RETURNING_MARK = '/*returning*/';

/** The work for one small database. */
export interface Job {
  /** SET LOCAL … statements: other plans, to see whether a result depends on the plan */
  readonly settings: readonly string[];
  readonly tables: readonly { readonly insert: string; readonly rows: readonly string[] }[];
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** queries for the state after a write */
  readonly watch: readonly string[];
  /** rows of one result, at most */
  readonly cap: number;
}

/** The outcome of one statement. Rows are record texts. */
export interface RawOutcome {
  readonly rows?: readonly string[];
  readonly error?: string;
  readonly code?: string;
  readonly over?: boolean;
  readonly count?: number;
  readonly tables?: readonly (readonly string[])[];
}

export interface JobResult {
  /** rows that broke a constraint: [table, row] */
  readonly failed: readonly (readonly [number, number])[];
  /** reads first, then writes */
  readonly outcomes: readonly RawOutcome[];
}
