import { analyzeStatement } from '../../core/sql/analyze.ts';
import { fingerprint } from '../../core/sql/fingerprint.ts';
import { statementKind, tablesOf } from '../../core/sql/statement-facts.ts';
import { offlineCatalog } from '../connect.ts';
import { readSource } from '../read-source.ts';
import { statementsOf } from '../statements.ts';
import { EXIT, UsageError, type Verb } from '../verb.ts';

/** `sqlopt fingerprint`: the statements of a source with their normalized form. */
export const fingerprintVerb: Verb = {
  name: 'fingerprint',
  summary: 'normalize the statements of a file: constants become ?, equal shapes get an equal fingerprint',
  usage: 'FILE|- [--dialect DIALECT]',
  options: {},
  async run(context) {
    const [file] = context.positionals;
    if (file === undefined)
      throw new UsageError('Name a file, or - for standard input: sqlopt fingerprint FILE');
    const catalog = await offlineCatalog(context);
    const source = await readSource(file);
    const result = statementsOf(source, catalog.dialect).map(({ text }) => {
      const analyzed = analyzeStatement(text, catalog);
      return {
        text,
        ...fingerprint(text, catalog.dialect),
        kind: statementKind(analyzed.tree),
        tables: tablesOf(analyzed),
      };
    });
    context.print(result, () => result.map((row) => `${row.fingerprint}  ${row.normalized}\n`).join(''));
    return EXIT.done;
  },
};
