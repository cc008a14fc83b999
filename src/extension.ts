/** The extension's entry: builds the parts and registers them. Whatever takes time is loaded at its first use. */
import * as vscode from 'vscode';
import { ActiveConnections } from './editor/connections/active-connections.ts';
import { ConnectionCommands } from './editor/connections/connection-commands.ts';
import { ConnectionsTree } from './editor/connections/connections-tree.ts';
import { profileOpener } from './editor/connections/open-connection.ts';
import { Profiles } from './editor/connections/profiles.ts';
import { Sessions } from './editor/connections/sessions.ts';
import { TrustedHosts } from './editor/connections/trusted-hosts.ts';
import { FindingsDiagnostics } from './editor/diagnostics/findings-diagnostics.ts';
import { QuickFixes, suppress, turnRuleOff } from './editor/diagnostics/quick-fixes.ts';
import { AppliedRewrites } from './editor/diff/applied-rewrites.ts';
import { PreviewLenses } from './editor/diff/preview-lenses.ts';
import { Previews } from './editor/diff/previews.ts';
import { ShownDocuments } from './editor/diff/shown-documents.ts';
import { History } from './editor/history/history.ts';
import { recommendIndexes } from './editor/indexes/recommend-indexes.ts';
import { StatementLenses } from './editor/lenses/statement-lenses.ts';
import { Log } from './editor/log.ts';
import { registerAgentTools } from './editor/models/agent-tools.ts';
import { chooseModel } from './editor/models/choose-model.ts';
import { Consent } from './editor/models/consent.ts';
import { ExplainCommand } from './editor/models/explain-command.ts';
import { registerMcpServers } from './editor/models/mcp-servers.ts';
import { Models } from './editor/models/models.ts';
import { showSent } from './editor/models/show-sent.ts';
import { registerOptimizationCommands } from './editor/optimizations-view/optimization-commands.ts';
import { OptimizationsTree } from './editor/optimizations-view/optimizations-tree.ts';
import { OptimizeCommand } from './editor/optimize/optimize-command.ts';
import { Scratch } from './editor/optimize/scratch.ts';
import { PlanCommands } from './editor/plans/plan-commands.ts';
import { COMMANDS, VIEWS } from './editor/product.ts';
import { affects } from './editor/settings.ts';
import { SqlDocuments } from './editor/statements/sql-documents.ts';
import { ConnectionStatus } from './editor/status/connection-status.ts';
import { DocumentStatus } from './editor/status/document-status.ts';
import { VerifyCommand } from './editor/verify/verify-command.ts';
import { showServerSettings } from './editor/workload/server-settings.ts';
import { SlowestStatements } from './editor/workload/slowest-statements.ts';

/** What has to be ended, and waited for, when the window closes. */
let ending: (() => Promise<void>)[] = [];

export function activate(context: vscode.ExtensionContext): void {
  const own = <T extends vscode.Disposable>(part: T): T => {
    context.subscriptions.push(part);
    return part;
  };
  const log = own(new Log());
  const profiles = own(new Profiles(context, log));
  const trustedHosts = new TrustedHosts(context.globalState);
  const sessions = own(new Sessions(profileOpener(profiles, trustedHosts, log), log));
  const active = own(new ActiveConnections(context.workspaceState, profiles));
  const documents = own(new SqlDocuments(active, sessions, log));
  const history = own(new History(context, log));
  const scratch = new Scratch(log);
  ending = [() => sessions.closeAll(), () => scratch.close(), () => history.close()];

  const diagnostics = own(new FindingsDiagnostics(documents));
  own(new QuickFixes(diagnostics).register());
  own(new StatementLenses(documents));
  own(new ConnectionStatus(active, sessions));
  own(new DocumentStatus(documents));

  const shown = own(new ShownDocuments());
  const applied = own(new AppliedRewrites(history));
  const previews = own(new Previews(shown, history, applied, log));
  own(new PreviewLenses(previews));

  const connections = new ConnectionCommands(profiles, sessions, active, trustedHosts, log);
  const connectionsTree = own(new ConnectionsTree(profiles, sessions, active));
  own(vscode.window.registerTreeDataProvider(VIEWS.connections, connectionsTree));
  const tree = own(new OptimizationsTree(history));

  const consent = new Consent(context.globalState, shown);
  const models = new Models(context.globalState, consent, history, log);
  const optimize = new OptimizeCommand({
    ...{ documents, active, sessions, scratch, models },
    ...{ history, previews, shown, log },
  });
  const plans = new PlanCommands({ documents, active, sessions, connections, previews, shown, log });
  const verify = new VerifyCommand({ documents, active, sessions, scratch, shown, log });
  const slowest = own(new SlowestStatements({ connections, active, sessions, shown, log }));
  const words = new ExplainCommand({ models, documents, active, sessions, previews, shown, log });
  const on = (id: string, run: (argument: unknown) => unknown): void => {
    own(vscode.commands.registerCommand(id, run));
  };
  for (const command of connections.register()) own(command);
  for (const command of registerOptimizationCommands({ tree, history, documents, shown, log })) own(command);
  on(COMMANDS.optimize, (argument) => optimize.run(argument));
  on(COMMANDS.explain, (argument) => plans.explain(argument));
  on(COMMANDS.verifyRewrite, () => verify.run());
  on(COMMANDS.recommendIndexes, (argument) =>
    recommendIndexes({ connections, active, sessions, shown, log }, argument),
  );
  on(COMMANDS.showServerSettings, (argument) =>
    showServerSettings({ connections, sessions, shown, log }, argument),
  );
  on(COMMANDS.showSlowest, (argument) => slowest.show(argument));
  on(COMMANDS.openSlowStatement, (argument) => slowest.open(argument));
  on(COMMANDS.showFindings, (argument) => diagnostics.reveal(argument));
  on(COMMANDS.suppress, (argument) => suppress(documents, argument));
  on(COMMANDS.turnRuleOff, (argument) => turnRuleOff(argument));
  on(COMMANDS.showLog, () => log.show());
  on(COMMANDS.chooseModel, () => chooseModel(consent, log));
  on(COMMANDS.explainInWords, (argument) => words.run(argument));
  on(COMMANDS.showSent, (argument) =>
    showSent({ models, consent, documents, active, sessions, log }, argument),
  );
  on(COMMANDS.acceptRewrite, () => previews.accept());
  on(COMMANDS.rejectRewrite, () => previews.reject());
  on(COMMANDS.nextRewrite, () => previews.move(1));
  on(COMMANDS.previousRewrite, () => previews.move(-1));
  on(COMMANDS.showCounterexamples, () => previews.showCounterexamples());
  on(COMMANDS.showEvidence, () => previews.showEvidence());
  on(COMMANDS.comparePlans, () => plans.compare());

  own(registerMcpServers(context, profiles, trustedHosts));
  own(registerAgentTools({ profiles, sessions, scratch, log }));
  own(profiles.onDidChange(() => sessions.closeChanged((key) => profiles.find(key))));
  own(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (affects(event, 'history.keepLiterals')) void history.reopen();
    }),
  );
}

export async function deactivate(): Promise<void> {
  await Promise.all(ending.map((end) => end()));
}
