import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { COMMANDS, CONTEXT, PREVIEW_LANGUAGE, SETTINGS, VIEWS } from '../../../src/editor/product.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const { contributes } = manifest;
const sources = readdirSync(path.join(root, 'src', 'editor'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(path.join(root, 'src', 'editor', file), 'utf8'))
  .concat(readFileSync(path.join(root, 'src', 'extension.ts'), 'utf8'))
  .join('\n');

const declared: readonly { command: string; title: string; category: string }[] = contributes.commands;

test('every command of the code is declared with a title, and every declared one exists', () => {
  assert.deepEqual(declared.map(({ command }) => command).sort(), Object.values(COMMANDS).sort());
  for (const { title, category } of declared) {
    assert.ok(title.length > 3);
    assert.equal(category, 'SQL Optimizer');
  }
});

test('every command is registered', () => {
  for (const name of Object.keys(COMMANDS)) {
    assert.match(
      sources,
      new RegExp(`(registerCommand|\\bon|onProfile|on<\\w+>)\\(\\s*COMMANDS\\.${name}\\b`),
      name,
    );
  }
});

test('menus, links of empty views and clauses name only what exists', () => {
  const commands = new Set<string>(Object.values(COMMANDS));
  const known = new Set<string>([
    ...commands,
    ...Object.values(VIEWS),
    ...Object.values(CONTEXT),
    ...Object.keys(contributes.configuration.properties),
  ]);
  const text = JSON.stringify([contributes.menus, contributes.viewsWelcome, contributes.commands]);
  for (const [name] of text.matchAll(/aiSqlOptimizer\.[\w.]+/g)) {
    assert.ok(known.has(name.replace(/\.$/, '')), name);
  }
  for (const entries of Object.values<{ command: string }[]>(contributes.menus)) {
    for (const { command } of entries) assert.ok(commands.has(command), command);
  }
});

test('every setting that is read is declared, and every declared one is read', () => {
  const settings = readFileSync(path.join(root, 'src', 'editor', 'settings.ts'), 'utf8');
  const read = [...settings.matchAll(/get<[^>]+(?:>)?>\('([\w.]+)'/g)].map(
    ([, name]) => `${SETTINGS}.${name}`,
  );
  const declaredSettings = Object.keys(contributes.configuration.properties);
  assert.deepEqual(
    [...new Set([...read, `${SETTINGS}.connections`, `${SETTINGS}.connectionByFolder`])].sort(),
    declaredSettings.sort(),
  );
});

test('nothing is taken from others: no key, no run button, no change of the language of .sql files', () => {
  assert.equal(contributes.keybindings, undefined);
  assert.deepEqual(
    contributes.languages.map((language: { id: string }) => language.id),
    [PREVIEW_LANGUAGE],
  );
  assert.deepEqual(Object.keys(contributes.configurationDefaults), [`[${PREVIEW_LANGUAGE}]`]);
  assert.ok(!declared.some(({ title }) => /\brun\b/i.test(title)));
});

test('activation waits for SQL, and untrusted folders cannot bring connections', () => {
  assert.ok(manifest.activationEvents.includes('onLanguage:sql'));
  assert.ok(!manifest.activationEvents.includes('*'));
  assert.deepEqual(manifest.extensionKind, ['workspace']);
  assert.equal(manifest.capabilities.untrustedWorkspaces.supported, 'limited');
  const restricted: string[] = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  const leading = ['aiSqlOptimizer.connections', 'aiSqlOptimizer.connectionByFolder'];
  assert.deepEqual([...restricted].sort(), [...leading, ...machineSettings].sort());
});

const machineSettings = Object.keys(contributes.configuration.properties).filter((name) =>
  /^aiSqlOptimizer\.(model|agents)\./.test(name),
);

test('no workspace, trusted or not, can say which model is asked, what it may see and what agents may use', () => {
  assert.ok(machineSettings.includes('aiSqlOptimizer.model.ollama.url'));
  for (const name of machineSettings) {
    assert.equal(contributes.configuration.properties[name].scope, 'machine', name);
  }
});

test('icons, grammars and language files are there', () => {
  const files = [
    manifest.icon,
    contributes.viewsContainers.activitybar[0].icon,
    ...contributes.grammars.map((grammar: { path: string }) => grammar.path),
    contributes.languages[0].configuration,
  ];
  for (const file of files) assert.ok(existsSync(path.join(root, file)), file);
});
