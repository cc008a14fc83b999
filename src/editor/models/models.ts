/** The language model that the settings name: asked when a statement is optimized, after consent where data would leave. */
import * as vscode from 'vscode';
import type { Proposal, ProposalTask, RewriteProposer } from '../../core/optimizer/rewrite-proposer.ts';
import { ModelError, type ModelErrorReason } from '../../models/model-error.ts';
import type { ProposerSettings } from '../../models/model-proposer.ts';
import { isCloudModel } from '../../models/ollama/address.ts';
import type { OllamaProvider } from '../../models/ollama/ollama-provider.ts';
import type { LanguageModelProvider } from '../../models/provider.ts';
import { type ConnectionProfile, sendingName } from '../connections/profile.ts';
import type { History } from '../history/history.ts';
import type { Log } from '../log.ts';
import { COMMANDS } from '../product.ts';
import { modelSettings } from '../settings.ts';
import type { Consent } from './consent.ts';

/** Milliseconds to wait for a server before the library's rewrites are shown without it. */
const QUICK_MS = 3000;
/** Optimizations of the history that are looked through for similar statements. */
const REMEMBERED = 200;
/** Reasons that mean: there is no model to ask. */
const MISSING: readonly ModelErrorReason[] = ['unreachable', 'noModel'];
const HINT_SHOWN = 'model.hintShown';

/** A provider with the model to ask. */
export interface ChosenModel {
  readonly provider: LanguageModelProvider;
  readonly settings: ProposerSettings;
  /** what is sent stays on this machine */
  readonly local: boolean;
  /** who gets it, for sentences and as the name that consent is kept under */
  readonly destination: string;
}

export interface ProposerRequest {
  /** `sendingName` of the connection whose tables are described; null without one */
  readonly connection: string | null;
  readonly connectionName: string | null;
}

export class Models {
  private readonly memory: vscode.Memento;
  private readonly consent: Consent;
  private readonly history: History;
  private readonly log: Log;
  /** of the last question */
  private failure: ModelError | null = null;

  constructor(memory: vscode.Memento, consent: Consent, history: History, log: Log) {
    this.memory = memory;
    this.consent = consent;
    this.history = history;
    this.log = log;
  }

  /** A proposer for one optimization; null when models are turned off. Nothing is asked of a server until it is used. */
  proposer(request: ProposerRequest): RewriteProposer | null {
    if (!modelSettings().enabled) return null;
    const settings = modelSettings();
    return new AskingProposer(`${settings.provider}/${settings.name}`, (task, options) =>
      this.propose(task, request, options),
    );
  }

  /**
   * The provider and model of the settings.
   * @throws ModelError when there is none
   */
  async chosen(signal?: AbortSignal): Promise<ChosenModel> {
    const { provider: kind, name, url, maskLiterals, maskIdentifiers } = modelSettings();
    const provider =
      kind === 'vscode' ? await editorProvider() : await ollamaProvider(url, { answerMs: QUICK_MS });
    const installed = name === '' ? await provider.listModels({ signal }) : [];
    // a model that runs elsewhere is taken only when it is named
    const model = name === '' ? installed.find(({ id }) => !isCloudModel(id))?.id : name;
    if (model === undefined) {
      throw new ModelError(
        'noModel',
        `${provider.label} has no model that can answer. Choose one to download.`,
      );
    }
    const local = provider.local && !isCloudModel(model);
    const destination =
      provider.local && !local
        ? `ollama.com, through ${provider.label.replace(/^The/, 'the')}`
        : provider.label;
    return { provider, settings: { model, maskLiterals, maskIdentifiers }, local, destination };
  }

  /**
   * The model, when what is sent stays here or the user has allowed this receiver before. For questions beside rewrites,
   * which never ask for leave themselves.
   *
   * @throws ModelError 'consent' when the receiver was not allowed yet
   */
  async allowed(connection: ConnectionProfile | null, signal: AbortSignal | undefined): Promise<ChosenModel> {
    const chosen = await this.chosen(signal);
    if (chosen.local || this.consent.given(chosen, connection && sendingName(connection))) return chosen;
    throw new ModelError(
      'consent',
      `${chosen.destination} is not on this machine, and you have not allowed it yet: “Optimize with AI” asks.`,
    );
  }

  /**
   * Say why no model contributed: once in all when none is set up, each time when the one that is set up failed.
   * @param problem of the optimization's report
   */
  async explainProblem(problem: string): Promise<void> {
    this.log.info(`No rewrite of a language model: ${problem}`);
    const { failure } = this;
    this.failure = null;
    if (failure === null || failure.reason === 'consent' || failure.reason === 'cancelled') return;
    const missing = MISSING.includes(failure.reason);
    if (missing && this.memory.get(HINT_SHOWN)) return;
    if (missing) await this.memory.update(HINT_SHOWN, true);
    const message = missing
      ? `These rewrites come from the pattern library alone. With a language model, others are tried too. ${problem}`
      : `The language model contributed nothing: ${problem}`;
    const chosen = await vscode.window.showInformationMessage(message, 'Choose Model');
    if (chosen) await vscode.commands.executeCommand(COMMANDS.chooseModel);
  }

  /** The task with what the history knows of similar statements. */
  async withPast(task: ProposalTask): Promise<ProposalTask> {
    const [{ pastSuccesses }, { fingerprint }] = await Promise.all([
      import('../../core/learning/past-successes.ts'),
      import('../../core/sql/fingerprint.ts'),
    ]);
    const outcomes = (await this.history.recent(REMEMBERED)).flatMap(({ normalized, candidates }) =>
      candidates.map(({ patterns, speedup, significant, status }) => ({
        ...{ normalized, patterns, speedup },
        significant: significant ?? false,
        applied: status === 'applied',
      })),
    );
    const { text, dialect } = task.statement;
    return { ...task, past: pastSuccesses(fingerprint(text, dialect).normalized, outcomes) };
  }

  private async propose(
    asked: ProposalTask,
    request: ProposerRequest,
    options: { readonly signal: AbortSignal | undefined; readonly onProgress: (message: string) => void },
  ): Promise<{ readonly name: string; readonly proposals: readonly Proposal[] }> {
    try {
      const [chosen, task] = await Promise.all([this.chosen(options.signal), this.withPast(asked)]);
      if (!chosen.local) await this.consent.ensure(chosen, task, request, options.signal);
      const { ModelProposer } = await import('../../models/model-proposer.ts');
      const proposer = new ModelProposer(chosen.provider, chosen.settings);
      return { name: proposer.name, proposals: await proposer.propose(task, options) };
    } catch (error) {
      this.failure = ModelError.is(error) ? error : null;
      throw error;
    }
  }
}

type Propose = (
  task: ProposalTask,
  options: { readonly signal: AbortSignal | undefined; readonly onProgress: (message: string) => void },
) => Promise<{ readonly name: string; readonly proposals: readonly Proposal[] }>;

/** A proposer that learns its model's name when it is used. */
class AskingProposer implements RewriteProposer {
  private known: string;
  private readonly ask: Propose;

  constructor(name: string, ask: Propose) {
    this.known = name;
    this.ask = ask;
  }

  get name(): string {
    return this.known;
  }

  async propose(...[task, options]: Parameters<Propose>): Promise<readonly Proposal[]> {
    const { name, proposals } = await this.ask(task, options);
    this.known = name;
    return proposals;
  }
}

/** The Ollama server at an address. @throws ModelError when it is none */
export async function ollamaProvider(
  url: string,
  times: { readonly answerMs?: number } = {},
): Promise<OllamaProvider> {
  const { OllamaProvider: Provider } = await import('../../models/ollama/ollama-provider.ts');
  return new Provider({ url, ...times });
}

/** The editor's own models. */
export async function editorProvider(): Promise<LanguageModelProvider> {
  const [{ EditorProvider }, { editorChat }] = await Promise.all([
    import('../../models/editor-provider.ts'),
    import('./editor-chat.ts'),
  ]);
  return new EditorProvider(editorChat);
}
