/** The tools of the manifest are the core's, word for word. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { TOOLS } from '../../../src/core/agents/tools.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const source = readFileSync(path.join(root, 'src', 'editor', 'models', 'agent-tools.ts'), 'utf8');

interface Declared {
  readonly name: string;
  readonly displayName: string;
  readonly modelDescription: string;
  readonly inputSchema: { readonly properties: Record<string, unknown>; readonly required: string[] };
}

test('every tool is declared with its description and arguments, and with a connection', () => {
  const declared: readonly Declared[] = manifest.contributes.languageModelTools;
  assert.deepEqual(
    declared.map(({ name }) => name),
    TOOLS.map(({ name }) => `sqlopt_${name}`),
  );
  for (const [index, tool] of TOOLS.entries()) {
    const { connection, ...own } = declared[index]?.inputSchema.properties ?? {};
    assert.ok(connection, tool.name);
    assert.deepEqual(own, tool.inputSchema.properties);
    assert.deepEqual(declared[index]?.inputSchema.required, tool.inputSchema.required);
    assert.equal(declared[index]?.modelDescription, tool.description);
    assert.equal(declared[index]?.displayName, tool.title);
  }
});

test('every declared tool is registered', () => {
  for (const { name } of TOOLS) assert.ok(source.includes(`${name}: 'sqlopt_${name}'`), name);
});

test('no workspace can open a connection to agents', () => {
  const setting = 'aiSqlOptimizer.agents.connections';
  assert.equal(manifest.contributes.configuration.properties[setting].scope, 'machine');
  assert.ok(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.includes(setting));
});

test('the editor’s MCP servers are declared, and off unless they are turned on', () => {
  const servers = readFileSync(path.join(root, 'src', 'editor', 'models', 'mcp-servers.ts'), 'utf8');
  const [provider] = manifest.contributes.mcpServerDefinitionProviders;
  assert.ok(servers.includes(`MCP_PROVIDER = '${provider.id}'`));
  assert.equal(
    manifest.contributes.configuration.properties['aiSqlOptimizer.agents.mcpServers'].default,
    false,
  );
});
