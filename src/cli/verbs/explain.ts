import { numberPlaceholders } from '../../core/optimizer/parameters.ts';
import { planFindings } from '../../core/plans/plan-findings.ts';
import { planText } from '../../core/plans/plan-text.ts';
import { analyzeStatement } from '../../core/sql/analyze.ts';
import { isSafeToExecute } from '../../core/sql/statement-facts.ts';
import { withTarget } from '../connect.ts';
import { readSource } from '../read-source.ts';
import { statementsOf } from '../statements.ts';
import { EXIT, UsageError, type Verb } from '../verb.ts';

/** `sqlopt explain`: the plan of the first statement, with what it tells of trouble. */
export const explainVerb: Verb = {
  name: 'explain',
  summary: 'show the plan of a statement and what is wrong with it; --analyze executes it (reads only)',
  usage: 'FILE|- [--analyze] --connection URL',
  options: { analyze: { type: 'boolean' } },
  async run(context) {
    const [file] = context.positionals;
    if (file === undefined) throw new UsageError('Name a file, or - for standard input: sqlopt explain FILE');
    const analyze = context.options['analyze'] === true;
    const source = await readSource(file);
    return withTarget(context, async ({ database, catalog, dialect, timeoutMs }) => {
      if (!database) throw new UsageError('A plan comes from a database: name one with --connection.');
      const [first] = statementsOf(source, dialect);
      if (!first) throw new UsageError(`${file} holds no statement.`);
      const statement = analyzeStatement(first.text, catalog);
      const bound = numberPlaceholders(statement);
      if (!bound)
        throw new UsageError('The statement has template placeholders: fill them in to see a plan.');
      if (analyze && !isSafeToExecute(statement)) {
        throw new UsageError(
          'The statement writes or calls a volatile function, so it is not executed. Leave out --analyze to see its plan.',
        );
      }
      if (analyze && bound.parameters > 0) {
        throw new UsageError(
          'The statement has parameters without values, so it is not executed. Leave out --analyze to see its generic plan.',
        );
      }
      const plan = await database.readOnly(
        (session) => session.explain(bound.sql, { analyze, timeoutMs, signal: context.signal }),
        { signal: context.signal },
      );
      const findings = planFindings(plan, catalog);
      const text = planText(plan);
      context.print({ plan, findings, text }, () =>
        [text, ...findings.map((f) => `\n${f.node}\n  ${f.message}\n  ${f.advice}\n`)].join(''),
      );
      return EXIT.done;
    });
  },
};
