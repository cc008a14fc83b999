/** Host keys of jump hosts that the user has trusted, and the question whether to. */
import * as vscode from 'vscode';
import type { HostKeyTrust, PresentedHostKey } from '../../databases/ssh/host-keys.ts';
import { placeName } from '../../databases/ssh/known-hosts.ts';

const STATE = 'trustedJumpHosts';

export class TrustedHosts implements HostKeyTrust {
  private readonly state: vscode.Memento;

  /** @param state the user's, for all workspaces */
  constructor(state: vscode.Memento) {
    this.state = state;
  }

  trusted(place: string): string | null {
    return this.all()[place] ?? null;
  }

  async ask(key: PresentedHostKey): Promise<boolean> {
    const chosen = await vscode.window.showWarningMessage(
      `Trust the jump host ${key.host}?`,
      {
        modal: true,
        detail: `It is not in your known_hosts. Its ${key.type} key has the fingerprint\n\n${key.fingerprint}\n\nCompare it with what its administrator says. It is remembered, and another key is refused from then on.`,
      },
      'Trust and Connect',
    );
    if (chosen !== 'Trust and Connect') return false;
    await this.state.update(STATE, { ...this.all(), [placeName(key)]: key.fingerprint });
    return true;
  }

  /** Let the user choose hosts to forget, for example one that was set up anew. */
  async forget(): Promise<void> {
    const items = Object.entries(this.all()).map(([label, description]) => ({ label, description }));
    if (items.length === 0) {
      void vscode.window.showInformationMessage('No jump host was trusted here yet.');
      return;
    }
    const chosen = await vscode.window.showQuickPick(items, {
      title: 'Trusted jump hosts',
      placeHolder: 'Which ones shall be forgotten? Their keys are asked about again.',
      canPickMany: true,
    });
    if (!chosen || chosen.length === 0) return;
    const gone = new Set(chosen.map(({ label }) => label));
    await this.state.update(
      STATE,
      Object.fromEntries(Object.entries(this.all()).filter(([place]) => !gone.has(place))),
    );
  }

  private all(): Readonly<Record<string, string>> {
    return this.state.get<Record<string, string>>(STATE) ?? {};
  }
}
