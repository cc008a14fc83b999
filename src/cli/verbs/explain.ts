import { ExplainRefused, explainStatement } from '../../core/plans/explain-statement.ts';
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
    return withTarget(context, async (target) => {
      const { database, catalog, timeoutMs } = target;
      if (!database) throw new UsageError('A plan comes from a database: name one with --connection.');
      const [first] = statementsOf(source, target.dialect);
      if (!first) throw new UsageError(`${file} holds no statement.`);
      const explanation = await explainStatement(
        first.text,
        { database, catalog, timeoutMs },
        analyze,
        context.signal,
      ).catch((error: unknown) => {
        throw error instanceof ExplainRefused ? new UsageError(error.message) : error;
      });
      context.print(explanation, () =>
        [
          explanation.text,
          ...explanation.findings.map((f) => `\n${f.node}\n  ${f.message}\n  ${f.advice}\n`),
        ].join(''),
      );
      return EXIT.done;
    });
  },
};
