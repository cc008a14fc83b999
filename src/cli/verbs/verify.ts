import { EVIDENCE_MEANING } from '../../core/verification/evidence.ts';
import { type PairVerdict, verifyPair } from '../../core/verification/verify-pair.ts';
import { type Target, withTarget } from '../connect.ts';
import { readSource } from '../read-source.ts';
import { keepScratch, SCRATCH_OPTION } from '../scratch.ts';
import { statementsOf } from '../statements.ts';
import { EXIT, numberOption, textOption, UsageError, type Verb, type VerbContext } from '../verb.ts';

/** `sqlopt verify`: does a rewrite that somebody wrote return the same? */
export const verifyVerb: Verb = {
  name: 'verify',
  summary: 'try to prove that two statements return different results; exit status 4 when they do',
  usage:
    '--before A.sql --after B.sql [--budget SECONDS] [--scratch-on-server] [--connection URL | --schema FILE.sql]',
  options: {
    before: { type: 'string' },
    after: { type: 'string' },
    budget: { type: 'string' },
    ...SCRATCH_OPTION,
  },
  async run(context) {
    const before = textOption(context.options, 'before');
    const after = textOption(context.options, 'after');
    if (before === undefined || after === undefined) {
      throw new UsageError('Name both statements: sqlopt verify --before A.sql --after B.sql');
    }
    const sources = { before: await readSource(before), after: await readSource(after) };
    return withTarget(context, async (target) => {
      const verdict = await verdictOn(
        onlyStatement(sources.before, before, target),
        onlyStatement(sources.after, after, target),
        target,
        context,
      );
      context.print(verdict, () => verdictText(verdict));
      return verdict.verdict === 'refuted' ? EXIT.refuted : EXIT.done;
    });
  },
};

function onlyStatement(source: string, file: string, target: Target): string {
  const statements = statementsOf(source, target.dialect);
  const [first] = statements;
  if (!first) throw new UsageError(`${file} holds no statement.`);
  if (statements.length > 1) {
    throw new UsageError(
      `${file} holds ${statements.length} statements: put the one to compare into a file of its own.`,
    );
  }
  return first.text;
}

async function verdictOn(
  before: string,
  after: string,
  target: Target,
  context: VerbContext,
): Promise<PairVerdict> {
  const budget = numberOption(context.options, 'budget', 0.1);
  const scratch = keepScratch(target, context);
  try {
    return await verifyPair(before, after, target.catalog, scratch.open, target.database, {
      signal: context.signal,
      timeoutMs: target.timeoutMs,
      ...(budget === undefined ? {} : { budgetMs: budget * 1000 }),
    });
  } finally {
    await scratch.close();
  }
}

function verdictText(verdict: PairVerdict): string {
  const { counterexample } = verdict;
  if (verdict.verdict === 'refuted' && counterexample) {
    const setup = counterexample.setup === '' ? '' : `\nOn this database:\n\n${counterexample.setup}\n`;
    return `Refuted. ${verdict.reason}\n${setup}\nBefore:\n${counterexample.before}\n\nAfter:\n${counterexample.after}\n`;
  }
  const meaning =
    verdict.verdict === 'unknown' || verdict.verdict === 'refuted'
      ? 'Unknown:'
      : EVIDENCE_MEANING[verdict.verdict];
  const lines = [
    `${meaning} ${verdict.reason}`,
    ...verdict.assumptions.map((assumption) => `  ${assumption}`),
  ];
  if (verdict.databases > 0)
    lines.push(`${verdict.databases} generated databases, ${verdict.rowsCompared} rows compared.`);
  return `${lines.join('\n')}\n`;
}
