import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  AdviceRefused,
  DEFAULT_MIN_SAVING_PCT,
  WHAT_IF_CHOICES,
  type WhatIfChoice,
} from '../../core/indexes/advice-request.ts';
import { adviceText } from '../../core/indexes/advice-text.ts';
import { adviseOnIndexes } from '../../core/indexes/advise.ts';
import { type StatisticsWorkload, workloadFromTexts, workloadOfServer } from '../../core/indexes/workload.ts';
import { type Target, withTarget } from '../connect.ts';
import { readSource } from '../read-source.ts';
import { EXIT, numberOption, textOption, UsageError, type Verb, type VerbContext } from '../verb.ts';

/** `sqlopt indexes`: which indexes are missing, and which are needless. */
export const indexesVerb: Verb = {
  name: 'indexes',
  summary: 'recommend indexes for a workload, and judge those that are there; creates and drops nothing',
  usage:
    '[--workload FILE|DIR] [--budget 500MB] [--max N] [--min-saving PCT] [--what-if auto|hypopg|trial|estimate] --connection URL',
  options: {
    workload: { type: 'string' },
    budget: { type: 'string' },
    max: { type: 'string' },
    'min-saving': { type: 'string' },
    'what-if': { type: 'string' },
  },
  async run(context) {
    if (context.positionals.length > 0) {
      throw new UsageError('Name the statements by --workload FILE: sqlopt indexes --workload queries.sql');
    }
    const options = {
      budgetBytes: budgetOption(context),
      most: wholeOption(context, 'max'),
      minSavingPct: numberOption(context.options, 'min-saving') ?? DEFAULT_MIN_SAVING_PCT,
      whatIf: whatIfOption(context),
    };
    const file = textOption(context.options, 'workload');
    const sources = file === undefined ? null : await sourcesOf(file);
    return withTarget(context, async (target) => {
      const { database, catalog, timeoutMs } = target;
      const { workload, note } = await workloadOf(sources, target, context);
      const advice = await adviseOnIndexes({
        ...{ catalog, database, workload, options, timeoutMs, signal: context.signal },
        workloadNote: note,
        onProgress: (message) => context.progress(message),
      }).catch((error: unknown) => {
        throw error instanceof AdviceRefused ? new UsageError(error.message) : error;
      });
      const where = database
        ? `${database.info.database} (${database.info.product} ${database.info.version.join('.')})`
        : 'the schema';
      context.print(advice, () => adviceText(advice, where));
      return EXIT.done;
    });
  },
};

async function workloadOf(
  sources: readonly string[] | null,
  { database, catalog, timeoutMs }: Target,
  context: VerbContext,
): Promise<StatisticsWorkload> {
  if (sources !== null) {
    const workload = await workloadFromTexts(sources, catalog, context.signal);
    if (workload.statements.length + workload.skipped.length === 0)
      throw new UsageError('The workload holds no statement.');
    return { workload, note: undefined };
  }
  if (!database) return { workload: null, note: undefined };
  context.progress('Reading what the server has counted of statements …');
  return workloadOfServer(database, catalog, { timeoutMs, signal: context.signal });
}

/** The text of a file, or of every .sql file of a folder. */
async function sourcesOf(file: string): Promise<string[]> {
  const info = file === '-' ? null : await stat(file).catch(() => null);
  if (!info?.isDirectory()) return [await readSource(file)];
  const names = (await readdir(file)).filter((name) => name.toLowerCase().endsWith('.sql')).sort();
  if (names.length === 0) throw new UsageError(`${file} has no .sql file.`);
  return Promise.all(names.map((name) => readSource(path.join(file, name))));
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};

function budgetOption({ options }: VerbContext): number | null {
  const text = textOption(options, 'budget');
  if (text === undefined) return null;
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]?B)?$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  if (number === undefined || factor === undefined) {
    throw new UsageError(`--budget takes a size such as 500MB or 2GB, not "${text}".`);
  }
  return Number(number) * factor;
}

function wholeOption({ options }: VerbContext, name: string): number | null {
  const value = numberOption(options, name, 1);
  if (value !== undefined && !Number.isInteger(value))
    throw new UsageError(`--${name} takes a whole number.`);
  return value ?? null;
}

function whatIfOption({ options }: VerbContext): WhatIfChoice {
  const text = textOption(options, 'what-if') ?? 'auto';
  const choice = WHAT_IF_CHOICES.find((one) => one === text);
  if (!choice) throw new UsageError(`--what-if takes ${WHAT_IF_CHOICES.join(', ')}, not "${text}".`);
  return choice;
}
