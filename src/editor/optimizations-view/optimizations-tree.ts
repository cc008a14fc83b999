/** The "Optimizations" tree: what was found and applied, with its figures. */
import * as vscode from 'vscode';
import { EVIDENCE_MEANING } from '../../core/verification/evidence.ts';
import { type History, sourceUri } from '../history/history.ts';
import { COMMANDS, VIEWS } from '../product.ts';
import { type CandidateNode, type HistoryNode, historyTree, type RunNode } from './tree-model.ts';

/** Runs that are listed; older ones stay in the store. */
const MOST_RUNS = 200;

export class OptimizationsTree implements vscode.TreeDataProvider<HistoryNode>, vscode.Disposable {
  private readonly history: History;
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly view: vscode.TreeView<HistoryNode>;
  private readonly subscriptions: vscode.Disposable[];
  readonly onDidChangeTreeData = this.changed.event;

  constructor(history: History) {
    this.history = history;
    this.view = vscode.window.createTreeView(VIEWS.optimizations, {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    this.subscriptions = [
      this.changed,
      this.view,
      history.onDidChange(() => this.refresh()),
      this.view.onDidChangeVisibility(({ visible }) => {
        history.watch(visible);
        if (visible) this.refresh();
      }),
    ];
    history.watch(this.view.visible);
  }

  refresh(): void {
    this.changed.fire(undefined);
  }

  async getChildren(node?: HistoryNode): Promise<HistoryNode[]> {
    if (!node) return historyTree(await this.history.recent(MOST_RUNS), new Date());
    return node.kind === 'candidate' ? [] : [...node.children];
  }

  getTreeItem(node: HistoryNode): vscode.TreeItem {
    switch (node.kind) {
      case 'file':
        return fileItem(node.source, node.children.length, node.applied);
      case 'run':
        return runItem(node);
      case 'candidate':
        return candidateItem(node);
      default:
        return node satisfies never;
    }
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}

function fileItem(source: string | null, runs: number, applied: number): vscode.TreeItem {
  const uri = source === null ? undefined : sourceUri(source);
  const label = uri ? vscode.workspace.asRelativePath(uri) : 'without a file';
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `file:${source ?? ''}`;
  item.iconPath = vscode.ThemeIcon.File;
  if (uri) item.resourceUri = uri;
  item.description = `${runs} optimized${applied > 0 ? `, ${applied} applied` : ''}`;
  item.contextValue = 'file';
  return item;
}

const RUN_ICONS = {
  applied: new vscode.ThemeIcon('pass-filled', new vscode.ThemeColor('charts.green')),
  suggested: new vscode.ThemeIcon('lightbulb'),
  nothing: new vscode.ThemeIcon('circle-outline'),
} as const;

function runItem(node: RunNode): vscode.TreeItem {
  const item = new vscode.TreeItem(
    node.label,
    node.children.length > 0
      ? vscode.TreeItemCollapsibleState.Collapsed
      : vscode.TreeItemCollapsibleState.None,
  );
  item.id = node.id;
  item.description = node.description;
  item.iconPath = RUN_ICONS[node.status];
  item.contextValue = 'run';
  const tooltip = new vscode.MarkdownString();
  tooltip.appendText(`${node.run.reason}\n`).appendCodeblock(node.run.text ?? node.run.normalized, 'sql');
  item.tooltip = tooltip;
  item.command = { command: COMMANDS.goToStatement, title: 'Go to Statement', arguments: [node] };
  return item;
}

const CANDIDATE_ICONS: Readonly<Record<CandidateNode['candidate']['status'], string>> = {
  applied: 'check',
  suggested: 'git-compare',
  rejected: 'close',
  reverted: 'discard',
  refuted: 'error',
};

function candidateItem(node: CandidateNode): vscode.TreeItem {
  const item = new vscode.TreeItem(node.label);
  item.id = node.id;
  item.description = node.description;
  item.iconPath = new vscode.ThemeIcon(CANDIDATE_ICONS[node.candidate.status]);
  item.contextValue = 'candidate';
  const tooltip = new vscode.MarkdownString();
  const { evidenceLevel } = node.candidate;
  if (evidenceLevel !== null) tooltip.appendText(`${EVIDENCE_MEANING[evidenceLevel]}\n`);
  for (const assumption of node.candidate.assumptions) tooltip.appendText(`${assumption}\n`);
  tooltip.appendCodeblock(node.candidate.sql, 'sql');
  item.tooltip = tooltip;
  item.command = { command: COMMANDS.showStoredRewrite, title: 'Show Rewrite', arguments: [node] };
  return item;
}
