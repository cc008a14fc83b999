/** Telling the user what went wrong: once, in a sentence, with the next step as a button. */
import * as vscode from 'vscode';
import { DatabaseError, type DatabaseErrorReason } from '../core/database.ts';
import { withoutSecrets } from './connections/profile.ts';
import type { Log } from './log.ts';
import { COMMANDS } from './product.ts';

/** Reasons for which another try with the same settings may go well. */
const PASSING: readonly DatabaseErrorReason[] = [
  'refused',
  'connectionLost',
  'tooManyConnections',
  'timeout',
  'resources',
];
/** Reasons that lie in the connection's settings. */
const SETTINGS: readonly DatabaseErrorReason[] = [
  'refused',
  'unknownHost',
  'authentication',
  'tls',
  'unknownDatabase',
];

export interface ReportContext {
  /** what was tried: 'Optimizing the statement' */
  readonly what: string;
  /** key of the connection that was used */
  readonly connection?: string | undefined;
}

/** True for the error of a cancelled call, which is no news to the one who cancelled. */
export function isCancelled(error: unknown): boolean {
  if (DatabaseError.is(error, 'cancelled')) return true;
  return error instanceof Error && (error.name === 'AbortError' || error instanceof vscode.CancellationError);
}

/** Show an error. Cancellations are not shown. */
export async function report(log: Log, error: unknown, { what, connection }: ReportContext): Promise<void> {
  if (isCancelled(error)) return;
  log.error(what, error);
  const message = withoutSecrets(error instanceof Error ? error.message : String(error));
  const buttons: string[] = [];
  if (connection !== undefined && DatabaseError.is(error, ...PASSING)) buttons.push('Reconnect');
  if (connection !== undefined && DatabaseError.is(error, ...SETTINGS)) buttons.push('Edit Connection');
  buttons.push('Show Log');
  const chosen = await vscode.window.showErrorMessage(`${what} failed: ${message}`, ...buttons);
  if (chosen === 'Reconnect') await vscode.commands.executeCommand(COMMANDS.connect, { key: connection });
  if (chosen === 'Edit Connection')
    await vscode.commands.executeCommand(COMMANDS.editConnection, { key: connection });
  if (chosen === 'Show Log') log.show();
}
