/** The status bar's item: which connection the shown SQL file works with, and whether it stands. */
import * as vscode from 'vscode';
import type { ActiveConnections } from '../connections/active-connections.ts';
import { stateText, themeColor } from '../connections/connections-tree.ts';
import { target } from '../connections/profile.ts';
import type { Sessions } from '../connections/sessions.ts';
import { COMMANDS } from '../product.ts';
import { isSqlDocument } from '../statements/sql-languages.ts';

const ICONS = {
  open: 'database',
  opening: 'loading~spin',
  lost: 'debug-disconnect',
  failed: 'error',
  closed: 'plug',
} as const;

export class ConnectionStatus implements vscode.Disposable {
  private readonly active: ActiveConnections;
  private readonly sessions: Sessions;
  private readonly item: vscode.StatusBarItem;
  private readonly subscriptions: vscode.Disposable[];

  constructor(active: ActiveConnections, sessions: Sessions) {
    this.active = active;
    this.sessions = sessions;
    this.item = vscode.window.createStatusBarItem('connection', vscode.StatusBarAlignment.Right, 90);
    this.item.name = 'AI SQL Optimizer: Connection';
    this.item.command = COMMANDS.chooseConnection;
    const update = (): void => this.update();
    this.subscriptions = [
      this.item,
      active.onDidChange(update),
      sessions.onDidChange(update),
      vscode.window.onDidChangeActiveTextEditor(update),
    ];
    this.update();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private update(): void {
    const document = vscode.window.activeTextEditor?.document;
    if (!document || !isSqlDocument(document)) {
      this.item.hide();
      return;
    }
    const profile = this.active.of(document.uri);
    if (profile) {
      const state = this.sessions.state(profile.key);
      this.item.text = `$(${ICONS[state.kind]}) ${profile.name}`;
      this.item.color = themeColor(profile.color);
      this.item.backgroundColor =
        state.kind === 'lost' || state.kind === 'failed'
          ? new vscode.ThemeColor('statusBarItem.warningBackground')
          : undefined;
      const problem = state.kind === 'lost' || state.kind === 'failed' ? `\n${state.message}` : '';
      this.item.tooltip = `SQL Optimizer: ${stateText(state)}\n${target(profile)}${problem}\nClick to choose another connection.`;
      this.item.accessibilityInformation = {
        label: `SQL Optimizer connection ${profile.name}, ${stateText(state)}`,
      };
    } else {
      this.item.text = '$(plug) No database';
      this.item.color = undefined;
      this.item.backgroundColor = undefined;
      this.item.tooltip =
        'SQL Optimizer: choose a database for this file. Without one, rewrites are not measured.';
      this.item.accessibilityInformation = { label: 'SQL Optimizer: no database chosen' };
    }
    this.item.show();
  }
}
