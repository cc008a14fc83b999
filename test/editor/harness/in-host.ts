/** Runs a test module inside the extension host, as `@vscode/test-electron` would. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Editor, isServerNoise } from './editor.ts';

export interface HostRun {
  readonly exitCode: number;
  /** What the module logged, one entry per line. */
  readonly log: readonly string[];
}

/**
 * Loads `module` (an absolute path; it exports `run()` that rejects on failure) in the extension host of `editor`, which
 * must have been opened with `inHost: true`.
 *
 * @param environment variables that the module sees
 * @param timeoutMs after which the run counts as failed
 */
export async function runInExtensionHost(
  editor: Editor,
  module: string,
  environment: Readonly<Record<string, string>> = {},
  timeoutMs = 120_000,
): Promise<HostRun> {
  const { page, server, workspace } = editor;
  const log: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<number>((resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`No end after ${timeoutMs} ms:\n${log.join('\n')}`)),
      timeoutMs,
    );
    void page.exposeFunction('codeAutomationLog', (type: string, args: readonly unknown[]) => {
      const text = args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(' ');
      if (!isServerNoise(text)) log.push(`${type}: ${text}`);
    });
    void page.exposeFunction('codeAutomationExit', (code: number) => resolve(code));
  });
  const remote = (file: string): string => `vscode-remote://${new URL(server.url).host}${file}`;
  // The extension itself is installed; the editor wants a development extension to go with a test module.
  const stub = path.join(path.dirname(workspace), 'test-stub');
  mkdirSync(stub, { recursive: true });
  writeFileSync(
    path.join(stub, 'package.json'),
    JSON.stringify({
      name: 'test-stub',
      publisher: 'test',
      version: '0.0.1',
      engines: { vscode: '^1.104.0' },
    }),
  );
  // Not every version hands an environment on, so a module of our own sets it.
  const start = path.join(stub, 'start.cjs');
  writeFileSync(
    start,
    `Object.assign(process.env, ${JSON.stringify(environment)});\nexports.run = require(${JSON.stringify(module)}).run;\n`,
  );
  const payload = [
    ['extensionDevelopmentPath', remote(stub)],
    ['extensionTestsPath', remote(start)],
    ['enableProposedApi', ''],
    ['skipWelcome', 'true'],
  ];
  const query = new URLSearchParams({ folder: workspace, payload: JSON.stringify(payload) });
  await page.goto(`${server.url}/?${query}`);
  try {
    return { exitCode: await ended, log };
  } finally {
    clearTimeout(timer);
  }
}
