/** Nothing leaves the machine before the user has seen it and allowed it, per receiver and connection. */
import * as vscode from 'vscode';
import type { ProposalTask } from '../../core/optimizer/rewrite-proposer.ts';
import { ModelError } from '../../models/model-error.ts';
import type { ShownDocuments } from '../diff/shown-documents.ts';
import type { ChosenModel, ProposerRequest } from './models.ts';

const ALLOWED = 'model.allowed';
const REFUSED = 'model.refused';

const SEND = 'Send';
const NEVER = 'Never for This Connection';

export class Consent {
  private readonly memory: vscode.Memento;
  private readonly shown: ShownDocuments;

  constructor(memory: vscode.Memento, shown: ShownDocuments) {
    this.memory = memory;
    this.shown = shown;
  }

  /**
   * Ask, with the text to be sent open beside, unless the user has decided before.
   * @throws ModelError 'consent' when it is not allowed, 'cancelled' when the signal aborts
   */
  async ensure(
    chosen: ChosenModel,
    task: ProposalTask,
    request: ProposerRequest,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const key = keyOf(chosen, request.connection);
    if (this.list(ALLOWED).includes(key)) return;
    const of = request.connectionName === null ? 'statements' : `statements on ${request.connectionName}`;
    if (this.list(REFUSED).includes(key)) {
      throw new ModelError('consent', `Sending ${of} to ${chosen.destination} is not allowed.`);
    }
    await this.showSent(chosen, task, signal);
    const answer = await orAborted(
      vscode.window.showWarningMessage(
        `${chosen.destination} is not on this machine. May ${of} be sent there? The text beside is what would be sent now.`,
        SEND,
        NEVER,
        'Not Now',
      ),
      signal,
    );
    if (answer === SEND) return this.add(ALLOWED, key);
    if (answer === NEVER) await this.add(REFUSED, key);
    throw new ModelError('consent', `Sending ${of} to ${chosen.destination} was not allowed.`);
  }

  /** True when the user has allowed this receiver for this connection. */
  given(chosen: ChosenModel, connection: string | null): boolean {
    return this.list(ALLOWED).includes(keyOf(chosen, connection));
  }

  /** Forget all decisions: the next use asks again. */
  async forget(): Promise<void> {
    await this.memory.update(ALLOWED, undefined);
    await this.memory.update(REFUSED, undefined);
  }

  /** The exact text of a question as a document. @throws ModelError */
  async showSent(chosen: ChosenModel, task: ProposalTask, signal: AbortSignal | undefined): Promise<void> {
    const [{ completionFor }, { sentText }] = await Promise.all([
      import('../../models/model-proposer.ts'),
      import('../../models/prompt/sent-text.ts'),
    ]);
    const tokens = await chosen.provider.contextLength(chosen.settings.model, { signal });
    const { prompt, request } = completionFor(task, chosen.settings, tokens);
    const place = chosen.local ? `${chosen.destination}, which is this machine` : chosen.destination;
    const uri = await this.shown.text('Sent to the model.md', sentText(prompt, request, place), 'markdown');
    await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true });
  }

  private list(name: string): readonly string[] {
    return this.memory.get<readonly string[]>(name) ?? [];
  }

  private async add(name: string, key: string): Promise<void> {
    await this.memory.update(name, [...this.list(name), key]);
  }
}

function keyOf({ destination }: ChosenModel, connection: string | null): string {
  return JSON.stringify([destination, connection]);
}

/** A message that nobody answers must not hold up a run that was cancelled. */
async function orAborted<T>(answer: Thenable<T>, signal: AbortSignal | undefined): Promise<T> {
  const cancelled = new Promise<never>((_, reject) => {
    const giveUp = (): void => reject(new ModelError('cancelled', 'The model was stopped.'));
    if (signal?.aborted) giveUp();
    else signal?.addEventListener('abort', giveUp, { once: true });
  });
  return Promise.race([answer, cancelled]);
}
