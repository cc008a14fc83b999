/** The settings, typed, as they are at the moment of asking. */
import * as vscode from 'vscode';
import type { Severity } from '../core/patterns/pattern.ts';
import { type Dialect, isDialect } from '../core/sql/dialect.ts';
import { SETTINGS } from './product.ts';

export type LensChoice = 'all' | 'optimize' | 'off';
export type RuleSeverity = Severity | 'off';

export interface OptimizeSettings {
  readonly measure: boolean;
  readonly runs: number;
  readonly timeoutMs: number;
}

export interface ModelSettings {
  readonly enabled: boolean;
  readonly provider: 'ollama' | 'vscode';
  /** address of the Ollama server */
  readonly url: string;
  /** '' for the one that suits best */
  readonly name: string;
  readonly maskLiterals: boolean;
  readonly maskIdentifiers: boolean;
  /** for all answers about one statement */
  readonly timeoutMs: number;
}

/** True when a change of configuration touches the setting of that name (without the prefix). */
export function affects(event: vscode.ConfigurationChangeEvent, ...names: readonly string[]): boolean {
  return names.some((name) => event.affectsConfiguration(`${SETTINGS}.${name}`));
}

/** The dialect of files without a connection. */
export function dialectSetting(scope?: vscode.Uri): Dialect {
  const value = get<string>('dialect', scope);
  return value !== undefined && isDialect(value) ? value : 'postgresql';
}

export function lensSetting(scope?: vscode.Uri): LensChoice {
  const value = get<string>('lenses', scope);
  return value === 'optimize' || value === 'off' ? value : 'all';
}

export function diagnosticsEnabled(scope?: vscode.Uri): boolean {
  return get<boolean>('diagnostics.enabled', scope) ?? true;
}

/** Severities that the user gave to rules, by pattern id. Unknown words are left out. */
export function ruleSeverities(scope?: vscode.Uri): ReadonlyMap<string, RuleSeverity> {
  const rules = get<Record<string, unknown>>('rules', scope) ?? {};
  const severities = new Map<string, RuleSeverity>();
  for (const [id, value] of Object.entries(rules)) {
    if (isRuleSeverity(value)) severities.set(id, value);
  }
  return severities;
}

/** Characters up to which a file is analysed while it is edited. */
export function liveLimit(scope?: vscode.Uri): number {
  return 1000 * (get<number>('liveAnalysisLimit', scope) ?? 1000);
}

export function optimizeSettings(scope?: vscode.Uri): OptimizeSettings {
  return {
    measure: get<boolean>('optimize.measure', scope) ?? true,
    runs: clamp(get<number>('optimize.runs', scope) ?? 10, 3, 100),
    timeoutMs: 1000 * clamp(get<number>('optimize.timeout', scope) ?? 30, 1, 3600),
  };
}

/** Which model is asked, and what it may see. All of them are of the machine: no workspace can change them. */
export function modelSettings(): ModelSettings {
  return {
    enabled: get<boolean>('model.enabled') ?? true,
    provider: get<string>('model.provider') === 'vscode' ? 'vscode' : 'ollama',
    url: get<string>('model.ollama.url') ?? '',
    name: get<string>('model.name') ?? '',
    maskLiterals: get<boolean>('model.maskLiterals') ?? true,
    maskIdentifiers: get<boolean>('model.maskIdentifiers') ?? false,
    timeoutMs: 1000 * clamp(get<number>('model.timeout') ?? 180, 10, 3600),
  };
}

/** The connections of folders, apart by who said it; nothing of a workspace that is not trusted. */
export function folderConnections(): {
  readonly user: Readonly<Record<string, unknown>>;
  readonly workspace: Readonly<Record<string, unknown>>;
} {
  const inspected = vscode.workspace
    .getConfiguration(SETTINGS)
    .inspect<Record<string, unknown>>('connectionByFolder');
  return {
    user: inspected?.globalValue ?? {},
    workspace: vscode.workspace.isTrusted ? (inspected?.workspaceValue ?? {}) : {},
  };
}

/** Names of the connections that agents may use. */
export function agentConnections(): readonly string[] {
  const names = get<unknown[]>('agents.connections') ?? [];
  return names.filter((name) => typeof name === 'string');
}

/** Whether the editor is offered MCP servers for those connections. */
export function agentServersEnabled(): boolean {
  return get<boolean>('agents.mcpServers') ?? false;
}

/** Keep a choice of the user's, for this machine. */
export async function setModelSetting(
  name: 'model.enabled' | 'model.provider' | 'model.name',
  value: string | boolean,
): Promise<void> {
  await vscode.workspace
    .getConfiguration(SETTINGS, null)
    .update(name, value, vscode.ConfigurationTarget.Global);
}

export function keepLiterals(): boolean {
  return get<boolean>('history.keepLiterals') ?? false;
}

function get<T>(name: string, scope?: vscode.Uri): T | undefined {
  return vscode.workspace.getConfiguration(SETTINGS, scope ?? null).get<T>(name);
}

function isRuleSeverity(value: unknown): value is RuleSeverity {
  return ['error', 'warning', 'info', 'hint', 'off'].includes(value as string);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
