/** Long work with a notification that shows how far it is and has a cancel button. */
import * as vscode from 'vscode';

/** Shows a sentence, and how far the work is (0 to 1) when that is known. */
export type Say = (message: string, fraction?: number) => void;

/**
 * @param work gets a signal that the cancel button aborts
 * @throws what `work` throws
 */
export async function withCancellableProgress<T>(
  title: string,
  work: (signal: AbortSignal, say: Say) => Promise<T>,
): Promise<T> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const abort = new AbortController();
      const subscription = token.onCancellationRequested(() => abort.abort());
      let shown = 0;
      try {
        return await work(abort.signal, (message, fraction) => {
          const increment = fraction === undefined ? 0 : Math.max(0, fraction - shown);
          shown += increment;
          progress.report({ message, ...(fraction === undefined ? {} : { increment: 100 * increment }) });
        });
      } finally {
        subscription.dispose();
      }
    },
  );
}
