/** The output channel. Whatever goes into it is freed of passwords first. */
import * as vscode from 'vscode';
import { withoutSecrets } from './connections/profile.ts';

export class Log implements vscode.Disposable {
  private readonly channel: vscode.LogOutputChannel;

  constructor() {
    this.channel = vscode.window.createOutputChannel('AI SQL Optimizer', { log: true });
  }

  info(message: string): void {
    this.channel.info(withoutSecrets(message));
  }

  warn(message: string): void {
    this.channel.warn(withoutSecrets(message));
  }

  /** An error with its causes and its stack. */
  error(what: string, error: unknown): void {
    this.channel.error(withoutSecrets(`${what}: ${describe(error)}`));
  }

  show(): void {
    this.channel.show(true);
  }

  dispose(): void {
    this.channel.dispose();
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\n  caused by ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
