/**
 * `sqlopt mcp` as servers of the editor, one for each connection that is open to agents: for agents that speak the Model
 * Context Protocol and not the editor's own tools. Off unless a setting turns it on.
 */
import * as vscode from 'vscode';
import { placeName } from '../../databases/ssh/known-hosts.ts';
import { withAbsoluteFiles } from '../connections/open-connection.ts';
import type { ConnectionProfile } from '../connections/profile.ts';
import { NO_SECRETS, toConnectionSettings } from '../connections/profile.ts';
import type { Profiles } from '../connections/profiles.ts';
import type { TrustedHosts } from '../connections/trusted-hosts.ts';
import { affects, agentConnections, agentServersEnabled } from '../settings.ts';

/** As the manifest declares it. */
export const MCP_PROVIDER = 'aiSqlOptimizer.mcp';

/** Offer the servers to the editor. */
export function registerMcpServers(
  context: vscode.ExtensionContext,
  profiles: Profiles,
  trustedHosts: TrustedHosts,
): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const program = vscode.Uri.joinPath(context.extensionUri, 'dist', 'cli.js').fsPath;
  const open = (): readonly ConnectionProfile[] => openToAgents(profiles);
  return vscode.Disposable.from(
    changed,
    profiles.onDidChange(() => changed.fire()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (affects(event, 'agents')) changed.fire();
    }),
    vscode.lm.registerMcpServerDefinitionProvider(MCP_PROVIDER, {
      onDidChangeMcpServerDefinitions: changed.event,
      provideMcpServerDefinitions: async () => {
        if (!agentServersEnabled()) return [];
        return Promise.all(open().map((profile) => definition(profile, program, trustedHosts)));
      },
      // the password is read when a server starts, and goes to that process alone
      resolveMcpServerDefinition: async (server: vscode.McpStdioServerDefinition) => {
        const profile = open().find(({ name }) => labelOf(name) === server.label);
        const secrets = profile ? await profiles.secrets(profile) : NO_SECRETS;
        if (secrets.password !== null) server.env['SQLOPT_PASSWORD'] = secrets.password;
        if (secrets.ssh !== null) server.env['SQLOPT_SSH_PASSWORD'] = secrets.ssh;
        return server;
      },
    }),
  );
}

/** The user's own connections that are open to agents: a folder's own must not take the place of one by its name. */
export function openToAgents(profiles: Profiles): readonly ConnectionProfile[] {
  const names = agentConnections();
  return profiles.choices().filter(({ name, scope }) => scope !== 'workspace' && names.includes(name));
}

async function definition(
  profile: ConnectionProfile,
  program: string,
  trustedHosts: TrustedHosts,
): Promise<vscode.McpStdioServerDefinition> {
  const { connectionUrl } = await import('../../databases/connection-url.ts');
  const absolute = withAbsoluteFiles(profile);
  // that process cannot ask: it gets the key that the user has trusted here
  const { ssh } = absolute;
  const known = ssh ? { ...ssh, hostKey: ssh.hostKey ?? trustedHosts.trusted(placeName(ssh)) } : null;
  const url = connectionUrl(toConnectionSettings({ ...absolute, ssh: known }, NO_SECRETS));
  // the editor's own Node runs it, as it runs the embedded database
  const env = { ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '', SQLOPT_CONNECTION: url };
  return new vscode.McpStdioServerDefinition(labelOf(profile.name), process.execPath, [program, 'mcp'], env);
}

function labelOf(name: string): string {
  return `SQL Optimizer: ${name}`;
}
