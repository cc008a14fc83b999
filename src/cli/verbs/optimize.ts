import { rename, writeFile } from 'node:fs/promises';
import { captureTask } from '../../core/optimizer/capture-task.ts';
import type { Candidate, Optimization } from '../../core/optimizer/optimization.ts';
import { type OptimizeOptions, optimizeStatement } from '../../core/optimizer/optimize.ts';
import type { RewriteProposer } from '../../core/optimizer/rewrite-proposer.ts';
import { analyzeStatement } from '../../core/sql/analyze.ts';
import { fingerprint } from '../../core/sql/fingerprint.ts';
import { statementKind } from '../../core/sql/statement-facts.ts';
import { applyEdits, type TextEdit } from '../../core/sql/text.ts';
import { completionFor } from '../../models/model-proposer.ts';
import { sentText } from '../../models/prompt/sent-text.ts';
import { type Target, withTarget } from '../connect.ts';
import { type ChosenModel, chooseModel } from '../model.ts';
import { statementText, summaryText } from '../optimization-text.ts';
import { readSource } from '../read-source.ts';
import { type KeptScratch, keepScratch, SCRATCH_OPTION } from '../scratch.ts';
import { type SourceStatement, statementsOf } from '../statements.ts';
import { EXIT, numberOption, UsageError, type Verb, type VerbContext } from '../verb.ts';

/** One statement of the result: the contract of `--json`. */
export interface OptimizedStatement extends Optimization {
  readonly index: number;
  readonly range: SourceStatement['range'];
  readonly text: string;
  readonly fingerprint: string;
  readonly kind: string;
  /** the parser understood all of it */
  readonly parsed: boolean;
}

/** Version of the JSON result. */
const RESULT_VERSION = 1;

/** `sqlopt optimize`: the main job in a terminal. */
export const optimizeVerb: Verb = {
  name: 'optimize',
  summary:
    'find rewrites of the statements of a file, verify them, price them and, with --measure, time them',
  usage:
    'FILE|- [--measure] [--runs N] [--beam N] [--write] [--scratch-on-server] [--connection URL | --schema FILE.sql]\n' +
    '       [--model NAME] [--ollama URL] [--no-model] [--model-timeout SECONDS] [--send-values] [--show-prompt]',
  options: {
    measure: { type: 'boolean' },
    runs: { type: 'string' },
    beam: { type: 'string' },
    write: { type: 'boolean' },
    'send-values': { type: 'boolean' },
    'show-prompt': { type: 'boolean' },
    'model-timeout': { type: 'string' },
    ...SCRATCH_OPTION,
  },
  async run(context) {
    const [file] = context.positionals;
    if (file === undefined)
      throw new UsageError('Name a file, or - for standard input: sqlopt optimize FILE');
    if (context.options['write'] && file === '-')
      throw new UsageError('--write needs a file, not standard input.');
    const source = await readSource(file);
    return withTarget(context, async (target) => {
      const model = await chooseModel(context);
      if (context.options['show-prompt']) return showPrompts(source, target, model, context);
      const statements = await optimizeAll(source, target, model, context);
      context.print({ version: RESULT_VERSION, statements }, () => summaryText(statements));
      if (context.options['write']) await writeBest(file, source, statements, context);
      return EXIT.done;
    });
  },
};

async function optimizeAll(
  source: string,
  target: Target,
  model: ChosenModel | null,
  context: VerbContext,
): Promise<OptimizedStatement[]> {
  const scratch = keepScratch(target, context);
  const found = statementsOf(source, target.dialect);
  const results: OptimizedStatement[] = [];
  try {
    for (const statement of found) {
      context.progress(`Statement ${statement.index + 1} of ${found.length}, line ${statement.range.line}`);
      const result = await optimizeOne(statement, target, {
        scratch: scratch.open,
        proposer: model?.proposer ?? null,
        options: optionsOf(context, target),
        signal: context.signal,
      });
      if (result.model?.problem) context.progress(`The model: ${result.model.problem}`);
      context.printPart(() => statementText(result));
      results.push(result);
    }
  } finally {
    await scratch.close();
  }
  return results;
}

/** How a statement is optimized, beside what it is optimized on. */
interface OptimizeWith {
  readonly scratch: KeptScratch['open'];
  readonly proposer: RewriteProposer | null;
  readonly options: OptimizeOptions;
  readonly signal: AbortSignal;
}

/** One statement's result. @throws DatabaseError */
async function optimizeOne(
  statement: SourceStatement,
  target: Target,
  { scratch, proposer, options, signal }: OptimizeWith,
): Promise<OptimizedStatement> {
  const { text, index, range } = statement;
  const analyzed = analyzeStatement(text, target.catalog);
  const { catalog, database } = target;
  const result = await optimizeStatement({ text, catalog, database, scratch, proposer, options, signal });
  return {
    index,
    range,
    text,
    fingerprint: fingerprint(text, target.dialect).fingerprint,
    kind: statementKind(analyzed.tree),
    parsed: analyzed.opaque.length === 0,
    ...result,
  };
}

function optionsOf({ options }: VerbContext, { timeoutMs }: Target): OptimizeOptions {
  const modelSeconds = numberOption(options, 'model-timeout', 0.001);
  return {
    measure: options['measure'] === true,
    runs: numberOption(options, 'runs', 1),
    beam: numberOption(options, 'beam', 1),
    timeoutMs,
    modelTimeoutMs: modelSeconds === undefined ? undefined : 1000 * modelSeconds,
  };
}

/** What would be sent to the model about each statement; nothing is sent. */
async function showPrompts(
  source: string,
  target: Target,
  model: ChosenModel | null,
  context: VerbContext,
): Promise<number> {
  if (!model) throw new UsageError('There is no model to show a prompt for: see the line above.');
  const { provider, settings } = model;
  const tokens = await provider.contextLength(settings.model, { signal: context.signal });
  const { catalog, database, timeoutMs } = target;
  const prompts: { readonly index: number; readonly text: string }[] = [];
  for (const { index, text } of statementsOf(source, target.dialect)) {
    const task = await captureTask({ text, catalog, database, timeoutMs, signal: context.signal });
    if (typeof task === 'string') {
      prompts.push({ index, text: `Nothing is sent. ${task}\n` });
      continue;
    }
    const { prompt, request } = completionFor(task, settings, tokens);
    prompts.push({ index, text: sentText(prompt, request, provider.label) });
  }
  context.print({ model: settings.model, prompts }, () => prompts.map(({ text }) => text).join('\n'));
  return EXIT.done;
}

/** Write the best candidates into the file, all or nothing: a new file takes the old one's place. */
async function writeBest(
  file: string,
  source: string,
  statements: readonly OptimizedStatement[],
  context: VerbContext,
): Promise<void> {
  const edits = statements.flatMap((statement) => {
    const best = statement.candidates.find((candidate) => candidate.id === statement.best);
    return best ? shifted(best, statement.range.start) : [];
  });
  if (edits.length === 0) {
    context.progress('Nothing to write: no statement has a better rewrite.');
    return;
  }
  if ((await readSource(file)) !== source) {
    throw new UsageError(`${file} changed meanwhile, so nothing was written. Run it again.`);
  }
  const part = `${file}.sqlopt-${process.pid}`;
  await writeFile(part, applyEdits(source, edits));
  await rename(part, file);
  context.progress(`Wrote ${file}.`);
}

function shifted(candidate: Candidate, by: number): TextEdit[] {
  return candidate.edits.map((edit) => ({ start: edit.start + by, end: edit.end + by, text: edit.text }));
}
