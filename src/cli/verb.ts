/** What every verb of the command line is made of. */
import type { ParseArgsConfig } from 'node:util';

export type OptionDefinitions = NonNullable<ParseArgsConfig['options']>;

/** The values of the options as `util.parseArgs` gives them. */
export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export interface VerbContext {
  readonly options: OptionValues;
  readonly positionals: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** a result: the whole of it with --json, the text otherwise */
  print(result: unknown, text: () => string): void;
  /** a part of the text as soon as it is known; nothing with --json */
  printPart(text: () => string): void;
  /** progress, on standard error; nothing with --quiet */
  progress(message: string): void;
}

export interface Verb {
  readonly name: string;
  /** one line for the help */
  readonly summary: string;
  /** the arguments and options of its own, as the help shows them */
  readonly usage: string;
  readonly options: OptionDefinitions;
  /** @returns the exit status */
  run(context: VerbContext): Promise<number>;
}

export const EXIT = { done: 0, findings: 1, usage: 2, connection: 3, refuted: 4, internal: 5 } as const;

/** Wrong usage: the sentence goes to standard error, the exit status is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Options that every verb takes. */
export const COMMON_OPTIONS = {
  connection: { type: 'string' },
  dialect: { type: 'string' },
  schema: { type: 'string' },
  json: { type: 'boolean' },
  timeout: { type: 'string' },
  'no-model': { type: 'boolean' },
  model: { type: 'string' },
  ollama: { type: 'string' },
  store: { type: 'string' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} satisfies OptionDefinitions;

/** The value of a text option, or undefined. */
export function textOption(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * The value of a number option.
 * @throws UsageError when it is not a number of at least `least`
 */
export function numberOption(options: OptionValues, name: string, least = 0): number | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least) {
    throw new UsageError(`--${name} takes a number of at least ${least}, not "${text}".`);
  }
  return value;
}
