/** The tree of connections; an open one shows its tables. */
import * as vscode from 'vscode';
import type { Catalog, CatalogGap, Column, Table } from '../../core/catalog/catalog.ts';
import type { RoleAdvice } from '../../core/database.ts';
import { roleSentence } from '../../databases/role-sentence.ts';
import { COMMANDS } from '../product.ts';
import type { ActiveConnections } from './active-connections.ts';
import { type ConnectionProfile, type ProfileColor, target } from './profile.ts';
import type { Profiles } from './profiles.ts';
import type { SessionState, Sessions } from './sessions.ts';

export type ConnectionNode =
  | { readonly kind: 'group'; readonly name: string; readonly profiles: readonly ConnectionProfile[] }
  | { readonly kind: 'connection'; readonly key: string; readonly profile: ConnectionProfile }
  | { readonly kind: 'table'; readonly key: string; readonly table: Table; readonly qualified: boolean }
  | { readonly kind: 'column'; readonly key: string; readonly table: Table; readonly column: Column }
  /** something of the catalog that could not be read */
  | { readonly kind: 'gap'; readonly key: string; readonly gap: CatalogGap }
  /** the connection's role may do more than is needed */
  | { readonly kind: 'role'; readonly key: string; readonly role: RoleAdvice }
  | { readonly kind: 'note'; readonly key: string; readonly text: string };

const COLORS: Readonly<Record<ProfileColor, string>> = {
  red: 'charts.red',
  orange: 'charts.orange',
  yellow: 'charts.yellow',
  green: 'charts.green',
  blue: 'charts.blue',
  purple: 'charts.purple',
};

/** The theme's colour of a profile, undefined when it has none. */
export function themeColor(color: ProfileColor | null): vscode.ThemeColor | undefined {
  return color === null ? undefined : new vscode.ThemeColor(COLORS[color]);
}

export class ConnectionsTree implements vscode.TreeDataProvider<ConnectionNode>, vscode.Disposable {
  private readonly profiles: Profiles;
  private readonly sessions: Sessions;
  private readonly active: ActiveConnections;
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly subscriptions: vscode.Disposable[];
  readonly onDidChangeTreeData = this.changed.event;

  constructor(profiles: Profiles, sessions: Sessions, active: ActiveConnections) {
    this.profiles = profiles;
    this.sessions = sessions;
    this.active = active;
    const refresh = (): void => this.changed.fire(undefined);
    this.subscriptions = [
      this.changed,
      sessions.onDidChange(refresh),
      active.onDidChange(refresh),
      vscode.window.onDidChangeActiveTextEditor(refresh),
    ];
  }

  getChildren(node?: ConnectionNode): ConnectionNode[] {
    if (!node) return grouped(this.profiles.listed());
    if (node.kind === 'group') return node.profiles.map(connectionNode);
    if (node.kind === 'connection') {
      const state = this.sessions.state(node.key);
      return state.kind === 'open' ? sessionNodes(node.key, state.catalog, state.role) : [];
    }
    if (node.kind === 'table') {
      const { key, table } = node;
      return table.columns.map((column) => ({ kind: 'column', key, table, column }));
    }
    return [];
  }

  getTreeItem(node: ConnectionNode): vscode.TreeItem {
    switch (node.kind) {
      case 'group':
        return groupItem(node.name);
      case 'connection':
        return this.connectionItem(node.profile);
      case 'table':
        return tableItem(node.table, node.qualified);
      case 'column':
        return columnItem(node.table, node.column);
      case 'gap':
        return gapItem(node.gap);
      case 'role':
        return roleItem(node.key, node.role);
      case 'note':
        return new vscode.TreeItem(node.text);
      default:
        return node satisfies never;
    }
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private connectionItem(profile: ConnectionProfile): vscode.TreeItem {
    const state = this.sessions.state(profile.key);
    const item = new vscode.TreeItem(
      profile.name,
      state.kind === 'open'
        ? vscode.TreeItemCollapsibleState.Collapsed
        : vscode.TreeItemCollapsibleState.None,
    );
    item.id = `${profile.key}/${state.kind}`;
    const editor = vscode.window.activeTextEditor;
    const inUse = editor !== undefined && this.active.of(editor.document.uri)?.key === profile.key;
    item.description = [inUse ? '● in use' : '', target(profile), profile.readOnly ? 'read-only' : '']
      .filter((part) => part !== '')
      .join(' · ');
    item.iconPath = stateIcon(state, profile);
    item.contextValue = ['connection', profile.scope, profile.engine, state.kind].join(' ');
    item.tooltip = tooltip(profile, state);
    item.accessibilityInformation = {
      label: `${profile.name}, ${stateText(state)}, ${target(profile)}${inUse ? ', in use for this file' : ''}`,
    };
    if (state.kind !== 'open') {
      item.command = { command: COMMANDS.connect, title: 'Connect', arguments: [{ key: profile.key }] };
    }
    return item;
  }
}

function connectionNode(profile: ConnectionProfile): ConnectionNode {
  return { kind: 'connection', key: profile.key, profile };
}

/** Groups by name, then the connections without one. */
function grouped(profiles: readonly ConnectionProfile[]): ConnectionNode[] {
  const names = [...new Set(profiles.flatMap(({ group }) => (group === null ? [] : [group])))];
  return [
    ...names
      .sort((a, b) => a.localeCompare(b))
      .map(
        (name): ConnectionNode => ({
          kind: 'group',
          name,
          profiles: profiles.filter(({ group }) => group === name),
        }),
      ),
    ...profiles.filter(({ group }) => group === null).map(connectionNode),
  ];
}

function groupItem(name: string): vscode.TreeItem {
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `group/${name}`;
  item.iconPath = new vscode.ThemeIcon('folder');
  item.contextValue = 'group';
  return item;
}

function roleItem(key: string, role: RoleAdvice): vscode.TreeItem {
  const item = new vscode.TreeItem('may do more than read');
  item.iconPath = new vscode.ThemeIcon('shield', new vscode.ThemeColor('problemsWarningIcon.foreground'));
  item.description = role.power === 'writer' ? 'the user may write' : `the user is ${role.power}`;
  item.contextValue = 'role';
  item.tooltip = new vscode.MarkdownString()
    .appendText(`${roleSentence(role)}\n\nThis would create one:\n`)
    .appendCodeblock(role.ddl, 'sql');
  item.command = {
    command: COMMANDS.showReader,
    title: 'Show a User That May Only Read',
    arguments: [{ key }],
  };
  return item;
}

function sessionNodes(key: string, catalog: Catalog, role: RoleAdvice | null): ConnectionNode[] {
  return [...(role ? [{ kind: 'role' as const, key, role }] : []), ...tableNodes(key, catalog)];
}

function tableNodes(key: string, catalog: Catalog): ConnectionNode[] {
  const gaps: ConnectionNode[] = catalog.gaps.map((gap) => ({ kind: 'gap', key, gap }));
  const tables = catalog.tables.filter((table) => table.kind !== 'partition');
  if (tables.length === 0) return [...gaps, { kind: 'note', key, text: 'No tables' }];
  const qualified = new Set(tables.map((table) => table.schema)).size > 1;
  const nodes: ConnectionNode[] = [...tables]
    .sort((a, b) => a.schema.localeCompare(b.schema) || a.name.localeCompare(b.name))
    .map((table) => ({ kind: 'table', key, table, qualified }));
  return [...gaps, ...nodes];
}

function gapItem({ what, reason, grant }: CatalogGap): vscode.TreeItem {
  const item = new vscode.TreeItem(`${what} not read`);
  item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('problemsWarningIcon.foreground'));
  item.description = reason;
  item.contextValue = 'gap';
  const tooltip = new vscode.MarkdownString();
  tooltip.appendText(`The ${what} could not be read: ${reason}. Rewrites that need them are not offered.\n`);
  if (grant !== null) tooltip.appendText('\nThis would allow it:\n').appendCodeblock(grant, 'sql');
  item.tooltip = tooltip;
  return item;
}

function tableItem(table: Table, qualified: boolean): vscode.TreeItem {
  const label = qualified ? `${table.schema}.${table.name}` : table.name;
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);
  const view = table.kind === 'view' || table.kind === 'materializedView';
  item.iconPath = new vscode.ThemeIcon(view ? 'eye' : 'table');
  item.contextValue = 'table';
  const rows = table.rows === null ? '' : `about ${table.rows.toLocaleString('en-US')} rows`;
  item.description = view ? (table.kind === 'view' ? 'view' : 'materialized view') : rows || 'never analysed';
  const indexes = table.indexes.map((index) => `- \`${index.definition ?? index.name}\``);
  item.tooltip = new vscode.MarkdownString(
    [`**${table.schema}.${table.name}**`, rows, ...(indexes.length > 0 ? ['Indexes:', ...indexes] : [])].join(
      '\n\n',
    ),
  );
  return item;
}

function columnItem(table: Table, column: Column): vscode.TreeItem {
  const item = new vscode.TreeItem(column.name);
  const primary = table.keys.some((key) => key.primary && key.columns.includes(column.name));
  item.description = `${column.type}${column.notNull ? ' not null' : ''}${primary ? ' · primary key' : ''}`;
  item.iconPath = new vscode.ThemeIcon(primary ? 'key' : 'symbol-field');
  item.contextValue = 'column';
  return item;
}

function stateIcon(state: SessionState, profile: ConnectionProfile): vscode.ThemeIcon {
  const color = themeColor(profile.color);
  switch (state.kind) {
    case 'open':
      return new vscode.ThemeIcon('database', color ?? new vscode.ThemeColor('charts.green'));
    case 'opening':
      return new vscode.ThemeIcon('loading~spin', color);
    case 'lost':
      return new vscode.ThemeIcon(
        'debug-disconnect',
        new vscode.ThemeColor('problemsWarningIcon.foreground'),
      );
    case 'failed':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('problemsErrorIcon.foreground'));
    case 'closed':
      return new vscode.ThemeIcon(profile.engine === 'embedded' ? 'package' : 'plug', color);
    default:
      return state satisfies never;
  }
}

/** The state in words. */
export function stateText(state: SessionState): string {
  switch (state.kind) {
    case 'open':
      return `connected, ${state.database.info.product} ${state.database.info.version.join('.')}`;
    case 'opening':
      return 'connecting';
    case 'lost':
      return 'connection lost';
    case 'failed':
      return 'could not connect';
    case 'closed':
      return 'not connected';
    default:
      return state satisfies never;
  }
}

function tooltip(profile: ConnectionProfile, state: SessionState): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown('**').appendText(profile.name).appendMarkdown('**\n\n');
  text.appendText(`${target(profile)}\n`);
  if (profile.engine !== 'embedded') text.appendText(`\nTLS: ${profile.tls}\n`);
  if (profile.engine === 'embedded' && profile.init !== null) text.appendText(`\n${profile.init}\n`);
  text.appendText(`\n${stateText(state)}\n`);
  if (state.kind === 'lost' || state.kind === 'failed') text.appendText(`\n${state.message}`);
  return text;
}
