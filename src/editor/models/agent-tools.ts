/**
 * The product's tools for the editor's agents. Each call is confirmed with the SQL in sight, and reaches only connections
 * that the user has opened to agents one by one.
 */
import * as vscode from 'vscode';
import type { Tool, ToolContext } from '../../core/agents/tools.ts';
import { DatabaseError } from '../../core/database.ts';
import type { ConnectionProfile } from '../connections/profile.ts';
import type { Profiles } from '../connections/profiles.ts';
import type { OpenSession, Sessions } from '../connections/sessions.ts';
import type { Log } from '../log.ts';
import type { OpenScratch, Scratch } from '../optimize/scratch.ts';
import { dialectSetting, optimizeSettings } from '../settings.ts';
import { openToAgents } from './mcp-servers.ts';

export interface AgentParts {
  readonly profiles: Profiles;
  readonly sessions: Sessions;
  readonly scratch: Scratch;
  readonly log: Log;
}

/** Their names in the manifest, by the names of the core's tools. */
export const AGENT_TOOLS = {
  optimize_sql: 'sqlopt_optimize_sql',
  explain_plan: 'sqlopt_explain_plan',
  verify_rewrite: 'sqlopt_verify_rewrite',
  workload_report: 'sqlopt_workload_report',
  recommend_indexes: 'sqlopt_recommend_indexes',
} as const;

type Input = Readonly<Record<string, unknown>>;

/** Register the tools with the editor. */
export function registerAgentTools(parts: AgentParts): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(AGENT_TOOLS).map(([name, registered]) =>
      vscode.lm.registerTool<Input>(registered, new AgentTool(name, parts)),
    ),
  );
}

class AgentTool implements vscode.LanguageModelTool<Input> {
  private readonly name: string;
  private readonly parts: AgentParts;

  constructor(name: string, parts: AgentParts) {
    this.name = name;
    this.parts = parts;
  }

  async prepareInvocation({
    input,
  }: vscode.LanguageModelToolInvocationPrepareOptions<Input>): Promise<vscode.PreparedToolInvocation> {
    const [tool, { fenced }] = await Promise.all([this.tool(), import('../../models/prompt/parts.ts')]);
    const profile = this.profile(input);
    const where =
      typeof profile === 'string' || profile === null ? 'without a database' : `on ${profile.name}`;
    const message = new vscode.MarkdownString(`${tool.title} ${where}. Nothing is written.\n\n`);
    for (const name of ['sql', 'before', 'after']) {
      const text = input[name];
      if (typeof text === 'string') message.appendMarkdown(`${fenced(text)}\n\n`);
    }
    if (this.name === 'workload_report') {
      message.appendMarkdown(
        'The agent gets the costliest statements that the server has counted, whoever ran them, with their values replaced by parameters. None of them is run.',
      );
    }
    if (this.name === 'recommend_indexes') {
      message.appendMarkdown(
        typeof input['sql'] === 'string'
          ? 'These statements are planned, not run. '
          : 'The statements that the server has counted, whoever ran them, are planned, not run; the agent gets them without their values. ',
      );
      message.appendMarkdown('Indexes are recommended, none is created or dropped.');
    }
    if (input['measure'] === true || input['analyze'] === true) {
      message.appendMarkdown('Statements that only read are **executed** for it.');
    }
    return {
      invocationMessage: `${tool.title} ${where}`,
      confirmationMessages: { title: `${tool.title}?`, message },
    };
  }

  async invoke(
    { input }: vscode.LanguageModelToolInvocationOptions<Input>,
    token: vscode.CancellationToken,
  ): Promise<vscode.LanguageModelToolResult> {
    const abort = new AbortController();
    const subscription = token.onCancellationRequested(() => abort.abort());
    try {
      return answer(JSON.stringify(await this.run(input, abort.signal), null, 2));
    } catch (error) {
      const { ToolError } = await import('../../core/agents/tools.ts');
      // what the agent can mend is told to it; anything else is a failure of the call
      if (error instanceof ToolError || DatabaseError.is(error)) return answer(`Error: ${error.message}`);
      this.parts.log.error(`The tool ${this.name}`, error);
      throw error;
    } finally {
      subscription.dispose();
    }
  }

  private async run(input: Input, signal: AbortSignal): Promise<object> {
    const { ToolArguments, ToolError } = await import('../../core/agents/tools.ts');
    const { sessions, scratch } = this.parts;
    const profile = this.profile(input);
    if (typeof profile === 'string') throw new ToolError(profile);
    const tool = await this.tool();
    const session = profile ? await sessions.open(profile, { signal, onProgress: () => {} }) : null;
    const work = (open: OpenSession | null): Promise<object> =>
      scratch.during(
        { dialect: open?.catalog.dialect ?? dialectSetting(), session: open },
        async (openScratch) =>
          tool.run(new ToolArguments(input), await this.context(open, openScratch), signal),
        signal,
      );
    return session ? sessions.use(session, work) : work(null);
  }

  private async context(session: OpenSession | null, openScratch: OpenScratch | null): Promise<ToolContext> {
    const { catalogFromDdl } = await import('../../core/catalog/from-ddl.ts');
    const catalog = session?.catalog ?? catalogFromDdl('', dialectSetting());
    return {
      catalog,
      database: session?.database ?? null,
      scratch: openScratch,
      proposer: null,
      timeoutMs: optimizeSettings().timeoutMs,
    };
  }

  /** The connection that a call may use; null for none; a sentence when it names one that it may not. */
  private profile(input: Input): ConnectionProfile | string | null {
    const allowed = openToAgents(this.parts.profiles);
    const wanted = input['connection'];
    if (typeof wanted !== 'string' || wanted === '')
      return allowed.length === 1 ? (allowed[0] ?? null) : null;
    const found = allowed.find(({ name }) => name === wanted);
    if (found) return found;
    const names = allowed.length > 0 ? allowed.map(({ name }) => name).join(', ') : 'none';
    return `The connection "${wanted}" is not open to agents (open: ${names}). The user opens it by its name in the setting aiSqlOptimizer.agents.connections.`;
  }

  private async tool(): Promise<Tool> {
    const { TOOLS } = await import('../../core/agents/tools.ts');
    const tool = TOOLS.find(({ name }) => name === this.name);
    if (!tool) throw new Error(`There is no tool ${this.name}.`);
    return tool;
  }
}

function answer(text: string): vscode.LanguageModelToolResult {
  return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
}
