/** A real editor for tests: a VS Code server with a fresh profile, opened in Chromium. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserContext, type ConsoleMessage, chromium, type Page } from 'playwright-core';
import { root } from '../../../scripts/bootstrap.mjs';
import {
  extensionFolder,
  type RunningServer,
  serverVersions,
  startServer,
} from '../../../scripts/vscode-server.mjs';

/** The extension as it was built (`dist/`), or a packaged file. */
export type ExtensionUnderTest =
  | { readonly kind: 'built' }
  | { readonly kind: 'vsix'; readonly file: string };

export interface EditorOptions {
  /** Folder that is copied to a throw-away place and opened; an empty one by default. */
  readonly workspace?: string;
  /** Defaults to the VSIX that `SQLOPT_TEST_VSIX` names, else to what is built. */
  readonly extension?: ExtensionUnderTest;
  /** `SQLOPT_TEST_VSCODE=oldest` makes the lower bound of `engines.vscode` the default. */
  readonly version?: keyof typeof serverVersions;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Settings of scope `machine`. Language models are off unless they turn them on: a suite asks no server by chance. */
  readonly machineSettings?: Readonly<Record<string, unknown>>;
  /** Environment variables of the extension host. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly theme?: 'light' | 'dark' | 'hc-light' | 'hc-dark';
  /** Whether suites may run inside the extension host (see `runInExtensionHost`). */
  readonly inHost?: boolean;
}

/** One window, and what stands behind it. Dispose of it (`await using`) to stop everything that it started. */
export interface Editor extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly server: RunningServer;
  /** The opened folder: a copy, so tests may write to it. */
  readonly workspace: string;
  /** Errors that the page or the extension host wrote to the console. */
  readonly consoleErrors: readonly string[];
  /** Opens one more window on the same profile and folder. */
  openWindow(): Promise<Page>;
}

const themes = {
  light: 'Default Light Modern',
  dark: 'Default Dark Modern',
  'hc-light': 'Default High Contrast Light',
  'hc-dark': 'Default High Contrast',
} as const;

/** Nothing moves by itself: pictures are the same each time, and a window that is waited for costs no processor time. */
const STILL = { 'workbench.reduceMotion': 'on', 'editor.cursorBlinking': 'solid' } as const;

/** What keeps a headless Chromium from doing anything of its own. */
export const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
] as const;

/**
 * Starts Chromium: the one that `SQLOPT_CHROMIUM` names, Debian's, or Chrome where it is usually installed.
 *
 * @throws Error that says what to install
 */
export async function launchChromium(): Promise<Browser> {
  const candidates = [
    process.env['SQLOPT_CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ];
  const executablePath = candidates.find((file) => file !== undefined && existsSync(file));
  if (executablePath === undefined) {
    throw new Error(
      'Chromium was not found. Install it (Debian: apt-get install chromium) or set SQLOPT_CHROMIUM.',
    );
  }
  return chromium.launch({ executablePath, args: [...chromiumArguments], headless: true });
}

/**
 * Opens a fresh editor with the extension and waits until its window is usable.
 *
 * A server starts in about half a second, so every suite has its own with its own profile: nothing that one suite
 * stored can help or harm another.
 */
export async function openEditor(options: EditorOptions = {}): Promise<Editor> {
  const place = mkdtempSync(path.join(os.tmpdir(), 'sqlopt-test-'));
  const workspace = path.join(place, 'workspace');
  if (options.workspace === undefined) mkdirSync(workspace);
  else cpSync(options.workspace, workspace, { recursive: true });
  const version = serverVersions[options.version ?? versionFromEnvironment()];
  const extension = options.extension ?? extensionFromEnvironment();
  const server = await startServer({
    version,
    profile: path.join(place, 'profile'),
    tests: options.inHost ?? false,
    settings: { ...STILL, 'workbench.colorTheme': themes[options.theme ?? 'light'], ...options.settings },
    machineSettings: { 'aiSqlOptimizer.model.enabled': false, ...options.machineSettings },
    environment: { ...options.environment },
    ...(extension.kind === 'vsix'
      ? { install: [extension.file] }
      : { link: [extensionFolder(path.join(place, 'extension', 'ai-sql-optimizer'), { copy: true })] }),
  });
  const stops: (() => Promise<unknown>)[] = [() => server.stop()];
  const dispose = async (): Promise<void> => {
    for (const stop of stops.reverse()) await stop();
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const browser = await launchChromium();
    stops.push(() => browser.close());
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    context.setDefaultTimeout(Number(process.env['SQLOPT_TEST_PATIENCE'] ?? 30_000));
    const consoleErrors: string[] = [];
    context.on('console', (message) => collectError(message, consoleErrors));
    const openWindow = async (): Promise<Page> => {
      const page = await context.newPage();
      await page.goto(`${server.url}/?folder=${encodeURIComponent(workspace)}`);
      await page.locator('.monaco-workbench').waitFor();
      await page.locator('.part.statusbar .statusbar-item').first().waitFor();
      return page;
    };
    const page = options.inHost === true ? await context.newPage() : await openWindow();
    return { page, context, server, workspace, consoleErrors, openWindow, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The profile's folder of this extension: its store lives there. */
export function globalStorage(editor: Editor): string {
  return path.join(editor.server.profile, 'User', 'globalStorage', 'ai-sql-optimizer.ai-sql-optimizer');
}

/** Writes the settings of scope `machine`, all of them, as somebody with another editor would: the window reads them anew. */
export function writeMachineSettings(editor: Editor, settings: Readonly<Record<string, unknown>>): void {
  writeFileSync(
    path.join(editor.server.profile, 'Machine', 'settings.json'),
    `${JSON.stringify(settings, null, 2)}\n`,
  );
}

function extensionFromEnvironment(): ExtensionUnderTest {
  const file = process.env['SQLOPT_TEST_VSIX'];
  if (file !== undefined && file !== '') return { kind: 'vsix', file };
  if (!existsSync(path.join(root, 'dist', 'extension.cjs'))) {
    throw new Error('dist/extension.cjs is missing: run `npm run build` first.');
  }
  return { kind: 'built' };
}

function versionFromEnvironment(): keyof typeof serverVersions {
  return process.env['SQLOPT_TEST_VSCODE'] === 'oldest' ? 'oldest' : 'current';
}

function collectError(message: ConsoleMessage, into: string[]): void {
  if (message.type() === 'error' && !isServerNoise(message.text())) into.push(message.text());
}

/**
 * Whether a console line comes from the server having been installed without a compiler (two native modules of its
 * log files are missing) or from its missing gallery, and so has nothing to do with the extension.
 */
export function isServerNoise(text: string): boolean {
  return /@vscode\/spdlog|native-watchdog|Failed to load resource: .* 404|extensions from gallery/.test(text);
}
